/*
 * completion: scripts that complete ocrdyn's command line in a shell, made of
 * the one table of options (options.h).
 *
 * How an option's value is completed: by files, by the words of a choice, or
 * by nothing. Words that are no option are completed by files where a command
 * takes files. Fish and zsh show what each option is for.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

/* Prints the script of bash (0), zsh (1) or fish (2) to standard output; the
   caller sees to it that it got there. */
void completion_print(unsigned shell);

#endif
