/*
 * process: runs another program and collects its output.
 *
 * No shell is involved. The program's standard input is /dev/null, its
 * standard error is ours, and it inherits no other descriptor (all of ours are
 * close-on-exec).
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum {
    PROCESS_LINE_MAX = 8191,     /* bytes of a command line */
    PROCESS_WORDS_MAX = 255
};

/*
 * Splits the `n` bytes of a command line into words at white space, as the
 * POSIX shell and Python's shlex.split do. In single quotes all characters are
 * literal. A backslash escapes a double quote or a backslash in double quotes,
 * and any character outside of quotes. Nothing is expanded.
 *
 * Returns the number of words. `words` points to them, in `room`, and ends
 * with NULL. Returns 0 if there are no words or too many, the line is too long
 * or ends in a backslash, or a quote is not closed; `error` then continues a
 * sentence that begins with the name of what was split ("is empty").
 */
size_t process_split(const char *line, size_t n,
                     char room[PROCESS_LINE_MAX + 1],
                     char *words[PROCESS_WORDS_MAX + 1],
                     char error[WHY_MAX]);

/* Whether a program has been run. If so, one may have to run again. */
extern bool process_used;

/*
 * Runs words[0], which is looked up in PATH, for at most `timeout` ns, and
 * appends its standard output to `out`. Kills the program after that time, or
 * if the output exceeds the maximum of `out`. Returns whether it ended with
 * status 0; if not, `error` continues a sentence that begins with the name of
 * the program ("failed with status 1").
 */
bool process_run(char *const *words, int64_t timeout, struct buf *out,
                 char error[WHY_MAX]);

#endif
