/*
 * run: the main job. Reads ids, has each image read, stores the text, prints
 * a row; one image after the other.
 *
 * The order of things in it is what keeps the promises:
 *   - what can be checked is checked before an image is paid for;
 *   - an answer that got lost is looked for before it is paid for again;
 *   - a text is in the table and in its row before the next image is paid
 *     for, and only then does the checkpoint count it;
 *   - the first thing that cannot be mended ends the run.
 */
#ifndef RUN_H
#define RUN_H

#include "cli/options.h"

/* Does the whole job. Returns the exit status, for a signal, too. */
int run(const struct options *o);

#endif
