/*
 * list: the account's images, as ids for a run or as rows with other columns.
 *
 * Page by page: a page is read to its end and found whole, then printed, then
 * the next one is asked for. So nothing is printed twice when a page is asked
 * for again, and a reader that is slow, as a run is, keeps no answer waiting:
 * in a pipeline the next page is asked for when the pipe has taken this one,
 * and the calls are left to the run until then.
 */
#ifndef LIST_H
#define LIST_H

#include "cli/options.h"

/* Does the whole job. Returns the exit status, for a signal, too. */
int list(const struct options *o);

#endif
