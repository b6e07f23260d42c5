/*
 * table: the command that makes, shows, changes and deletes tables.
 *
 * It asks what is there before it changes anything: what is so already is
 * said, and is a success. A change is begun by one call and takes DynamoDB
 * from seconds to hours; --wait waits for its end, however long that takes.
 */
#ifndef TABLE_H
#define TABLE_H

#include "cli/options.h"

/* Does the whole job. Returns the exit status, for a signal, too. */
int table(const struct options *o);

#endif
