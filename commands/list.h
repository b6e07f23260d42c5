/*
 * list: prints the account's images, as ids for a run or as rows with other
 * columns.
 *
 * A page is read and validated completely, then printed, and only then the next
 * page is requested. So nothing is printed twice when a request is repeated,
 * and a slow reader keeps no connection waiting: in a pipeline to a run, the
 * next page is requested when the pipe has taken the last one, and the
 * account's calls are left to the run until then.
 */
#ifndef LIST_H
#define LIST_H

#include "cli/options.h"

/* Runs the command. Returns the exit status, also after a signal. */
int list(const struct options *o);

#endif
