/*
 * extract: the texts in saved answers, or other values of theirs, printed.
 *
 * Each file is one JSON document of any size, which streams by. Its text is
 * the one that a run would have taken from it (see answer.h). A text comes
 * whole or not at all: it is printed when its document has ended and is
 * right, and is held until then, up to ANSWER_TEXT_MAX bytes.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "cli/options.h"

/*
 * Prints what is in the files that are the command line's words; "-", or none,
 * is standard input. A newline ends each record, unless it does so itself, and
 * nothing is printed for an image without text. With -0 a NUL is added always,
 * and one in a text becomes U+FFFD. With --pointer it is the value that
 * stands there instead: a string's text, anything else as it stands; one with
 * a NUL fails then. A UTF-8 byte order mark at the start of a file is passed
 * over, and UTF-16 is named as such. What
 * fails is said on standard error, and the next file follows; standard output
 * that cannot be written ends it. Returns the exit status.
 */
int extract(const struct options *o);

#endif
