/*
 * check: finds out whether a run would work.
 *
 * Asks the services for everything that a run needs, changes nothing and costs
 * nothing. Prints one line per finding to standard output.
 */
#ifndef CHECK_H
#define CHECK_H

#include "cli/options.h"

/* Runs the command. Returns the exit status, also after a signal. */
int check(const struct options *o);

#endif
