/*
 * completion: scripts that complete ocrdyn's command line in a shell, made of
 * the one table of options (options.h).
 *
 * What an option's value is called says how it is completed: FILE by files,
 * words in small letters between bars (tsv|csv) by one of them, all else by
 * nothing. Words that are no option are completed by files where a command
 * takes files.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdbool.h>

/* Prints the script of "bash", "zsh" or "fish" to standard output; the caller
   sees to it that it got there. False, and nothing printed, for any other. */
bool completion_print(const char *shell);

#endif
