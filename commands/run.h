/*
 * run: the main job: OCR each id, store the text, print its row, one image
 * after the other.
 *
 * The order of the steps keeps these promises:
 *   - what can be checked is checked before an image is paid for;
 *   - if an answer was lost, its result is looked for before it is paid for
 *     again;
 *   - a text is in the table and in its row before the next image is paid for,
 *     and only then does the checkpoint count it;
 *   - the first error that no further image could escape ends the run.
 */
#ifndef RUN_H
#define RUN_H

#include "cli/options.h"

/* Runs the command. Returns the exit status, also after a signal. */
int run(const struct options *o);

#endif
