/*
 * help: the text that `ocrdyn COMMAND -h` prints: examples, a description, the
 * options (from the table in options.c) and the exit statuses, in at most 24
 * lines of 80 columns.
 */
#ifndef HELP_H
#define HELP_H

#include "cli/options.h"

/* Prints the help text to stdout. The caller checks that it was written. */
void help_print(enum options_command command);

#endif
