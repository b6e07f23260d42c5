/*
 * put: stores rows from standard input.
 *
 * Rows are those that run or get wrote (public_id, status, text, detail): of
 * them what is complete, empty or unstored becomes an item of key and text, as
 * a run stores it, and the others are passed over. Or they are items: the
 * records of CSV with any header, of TSV with --columns, objects of JSON
 * Lines. A field that is absent is no attribute, but for the text attribute's,
 * which is NULL then; null in JSON Lines is NULL.
 *
 * There is a row for each record that was not passed over: its key, a status
 * (stored, skipped, failed) and a detail.
 */
#ifndef PUT_H
#define PUT_H

#include "cli/options.h"

/* Does the command's work. Returns the exit status, for a signal, too. */
int put(const struct options *o);

#endif
