/*
 * check: would a run work? Asks everything that a run needs, changes nothing,
 * and pays for nothing: one line for each thing on standard output.
 */
#ifndef CHECK_H
#define CHECK_H

#include "cli/options.h"

/* Does the whole job. Returns the exit status, for a signal, too. */
int check(const struct options *o);

#endif
