/*
 * help: what `ocrdyn COMMAND -h` prints: examples first, then what the command
 * does, its options as the one table has them (options.h), and its exit
 * statuses: 24 lines of 80 characters at most.
 */
#ifndef HELP_H
#define HELP_H

#include "cli/options.h"

/* Prints it to standard output; the caller sees to it that it got there. */
void help_print(enum options_command command);

#endif
