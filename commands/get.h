/*
 * store: items by ids on standard input: get, update and delete.
 *
 * There is a row for each id, in the order of the list. Ids are taken in
 * batches of what has been read already, so that nobody waits for a row whose
 * id is in.
 *
 * DynamoDB deletes what is not there in silence. So that a row can say
 * `absent`, delete first asks which items of a batch are there, which costs a
 * read of each (a unit for 4 KB) besides the write, and deletes those.
 */
#ifndef STORE_H
#define STORE_H

#include "cli/options.h"

/* Does the command's work. Returns the exit status, for a signal, too. */
int store(const struct options *o);

#endif
