/*
 * extract: prints the texts in saved OCR answers, or other values.
 *
 * Each file is one JSON document of any size, which is parsed as it is read.
 * The text is the one that a run takes from the same answer
 * (cloudinary/answer.h). A text is printed completely or not at all: it is kept
 * in memory, up to ANSWER_TEXT_MAX bytes, until its document has ended without
 * an error.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "cli/options.h"

/*
 * Prints what is in the files that the words of the command line name; "-", or
 * no word, is standard input.
 *
 * A newline is added to a text that does not end with one; nothing is printed
 * for an image without text. With --null, a NUL ends each text, and a NUL in a
 * text becomes U+FFFD. With --pointer, the value at this pointer is printed
 * instead: a string as its text, any other value as its JSON; with --null, a
 * value that contains a NUL is an error. A UTF-8 byte order mark at the start
 * of a file is ignored; a file in UTF-16 is an error.
 *
 * After an error in a file, the next file follows; an error of standard output
 * ends the command. Returns the exit status.
 */
int extract(const struct options *o);

#endif
