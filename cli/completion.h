/*
 * completion: prints scripts that complete ocrdyn's command line in a shell,
 * made from the table in options.c.
 *
 * The value of an option is completed with files, with the words of a choice,
 * or not at all. Words that are not options are completed with files for the
 * command that takes files. fish and zsh show the purpose of each option.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

/* Prints the script for bash (0), zsh (1) or fish (2) to stdout. The caller
   checks that it was written. */
void completion_print(unsigned shell);

#endif
