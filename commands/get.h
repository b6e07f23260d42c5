/*
 * get: the commands get, update and delete, for items whose ids come on
 * standard input.
 *
 * Each id has its row, in the order of the list (with -f dynamodb, get prints
 * no line for an item that does not exist). get and delete take ids in batches
 * of those that have been read already, so that no row waits for more input;
 * update takes them one by one.
 *
 * DynamoDB deletes an item that does not exist without saying so. For the
 * status `absent`, delete first asks which items of a batch exist, which
 * consumes a read for each id (one unit per 4 KB) besides the write, and
 * deletes only those.
 */
#ifndef STORE_H
#define STORE_H

#include "cli/options.h"

/* Runs get, update or delete. Returns the exit status, also after a signal. */
int store(const struct options *o);

#endif
