/*
 * table: creates, shows, changes and deletes tables.
 *
 * The state of the table is read before anything is changed: if it is already
 * as requested, the command says so and succeeds. A call only starts a change,
 * which takes DynamoDB between seconds and hours; --wait waits for its end,
 * however long that takes.
 */
#ifndef TABLE_H
#define TABLE_H

#include "cli/options.h"

/* Runs the command. Returns the exit status, also after a signal. */
int table(const struct options *o);

#endif
