/*
 * put: stores the rows of standard input as items.
 *
 * The input can be rows that run or get wrote (public_id, status, text,
 * detail). Those that are complete, empty, or unstored with a text become items
 * of a key and a text, as a run stores them; rows with another status are
 * skipped, and no row is printed for them.
 *
 * Otherwise each record is an item: of CSV with a header, of TSV with
 * --columns, an object of JSON Lines, or {"Item":{...}} with -f dynamodb. An
 * absent field adds no attribute, except that an absent text is stored as NULL.
 * null in JSON Lines is stored as NULL.
 *
 * Prints a row for each record that was not skipped: its key, a status (stored,
 * skipped, failed) and a detail.
 */
#ifndef PUT_H
#define PUT_H

#include "cli/options.h"

/* Runs the command. Returns the exit status, also after a signal. */
int put(const struct options *o);

#endif
