/*
 * process: another program, run for what it prints.
 *
 * No shell has a part in it. The program has nothing to read, its errors go
 * where ours go, and of ours it has no descriptor.
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
 * Splits n bytes of a command line at blanks (and newlines) into words, as
 * POSIX's shell and Python's shlex.split do: what stands in single quotes as
 * it is; in double quotes a backslash goes before a double quote or another
 * backslash; outside of quotes before anything. Nothing is expanded. Returns
 * the number of words, in `words` and then a NULL, all of them in `room`; 0
 * if there are none or too many, or a quote does not end: `error` then goes on
 * after the name of what was split ("has a quote that does not end").
 */
size_t process_split(const char *line, size_t n,
                     char room[PROCESS_LINE_MAX + 1],
                     char *words[PROCESS_WORDS_MAX + 1],
                     char error[WHY_MAX]);

/* Has one been run? Then it may have to run again. */
extern bool process_used;

/*
 * Runs words[0], which is looked for in PATH, for at most `timeout` ns, and
 * puts what it prints into `out`; above its maximum, or after the time, the
 * program is killed. True if it has ended with status 0. False: `error` has a
 * sentence, without the words.
 */
bool process_run(char *const *words, int64_t timeout, struct buf *out,
                 char error[WHY_MAX]);

#endif
