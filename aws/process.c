/*
 * process.c: splits a command line into words, runs the program without a
 * shell, and collects its output until a deadline.
 */
#include "aws/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"
#include "base/clock.h"

bool process_used;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t process_split(const char *line, size_t n,
                     char room[PROCESS_LINE_MAX + 1],
                     char *words[PROCESS_WORDS_MAX + 1], char error[WHY_MAX])
{
    size_t count = 0, i;
    bool inside = false;         /* in a word */
    char quote = '\0';

    if (n > PROCESS_LINE_MAX)
        return why_not(error, "is longer than %d bytes", PROCESS_LINE_MAX);
    for (i = 0; i < n; i++) {
        char c = line[i];

        if (quote == '\0' && is_space(c)) {
            if (inside)
                *room++ = '\0';
            inside = false;
            continue;
        }
        if (!inside) {
            if (count == PROCESS_WORDS_MAX)
                return why_not(error, "has more than %d words",
                               PROCESS_WORDS_MAX);
            words[count++] = room;
            inside = true;
        }
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '\\' && quote != '\'' &&
                   (quote == '\0' || (i + 1 < n && (line[i + 1] == '"' ||
                                                    line[i + 1] == '\\')))) {
            if (++i == n)
                return why_not(error, "ends in a backslash");
            *room++ = line[i];
        } else {
            *room++ = c;
        }
    }
    *room = '\0';
    words[count] = NULL;
    if (quote != '\0')
        return why_not(error, "has a quote (%c) that does not end", quote);
    return count > 0 ? count : why_not(error, "is empty");
}

/* Executes the program in the child, with standard output to `out`. If that
   fails, writes errno to `told`. */
static _Noreturn void become(char *const *words, int out, int told)
{
    signal(SIGPIPE, SIG_DFL);    /* exec keeps an ignored signal ignored */
    signal(SIGXFSZ, SIG_DFL);
    close(STDIN_FILENO);
    if (open("/dev/null", O_RDONLY) == STDIN_FILENO &&
        dup2(out, STDOUT_FILENO) == STDOUT_FILENO)
        execvp(words[0], words);
    _exit(write(told, &errno, sizeof errno) < 0);
}

/* Starts the program. Returns 0 or an errno. exec closes the pipe `told`; if
   it fails, the child writes errno to it. */
static int start(char *const *words, int out, pid_t *pid)
{
    int told[2], error = 0;
    ssize_t n;

    if (pipe2(told, O_CLOEXEC) < 0)
        return errno;
    *pid = fork();              /* safe, as there is only one thread */
    if (*pid == 0)
        become(words, out, told[1]);
    if (*pid < 0)
        error = errno;
    close(told[1]);
    do
        n = read(told[0], &error, sizeof error);
    while (n < 0 && errno == EINTR);
    close(told[0]);
    return error;
}

/* Reads the output to its end. Returns false if it does not fit into `out`, at
   the deadline, or after an error. */
static bool take(int fd, int64_t until, struct buf *out)
{
    unsigned char piece[4096];
    ssize_t n;

    for (;;) {
        enum wait_result wait = wait_until(until, fd, POLLIN, NULL);

        if (wait == WAIT_SIGNAL)
            continue;
        n = wait == WAIT_TIME ? -1 : read(fd, piece, sizeof piece);
        if (n <= 0 || !buf_add(out, piece, (size_t)n))
            break;
    }
    buf_wipe(piece, sizeof piece);
    return n == 0;
}

/* Waits for the program to end. Returns its wait status, or -1 if it had to be
   killed at the deadline. */
static int end(pid_t pid, int64_t until)
{
    bool killed = false;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        int64_t now = clock_now(CLOCK_STEADY);

        if (now >= until) {
            kill(pid, SIGKILL);
            killed = true;
        }
        wait_until(now + CLOCK_SECOND / 1000, -1, 0, NULL);
    }
    return killed ? -1 : status;
}

bool process_run(char *const *words, int64_t timeout, struct buf *out,
                 char error[WHY_MAX])
{
    int64_t until = clock_now(CLOCK_STEADY) + timeout;
    int pipes[2], failed, status = 0;
    pid_t pid = -1;
    bool whole;

    if (pipe2(pipes, O_CLOEXEC) < 0)
        return why_not(error, "cannot be started: %s", strerror(errno));
    process_used = true;
    failed = start(words, pipes[1], &pid);
    close(pipes[1]);
    whole = take(pipes[0], until, out);
    close(pipes[0]);
    if (pid > 0)
        status = end(pid, whole ? until : 0);
    if (failed != 0)
        return why_not(error, "cannot be started: %s", strerror(failed));
    if (out->failed)
        return why_not(error, "prints more than %zu bytes", out->max);
    if (!whole || status < 0)
        return why_not(error, "did not end within %lld s",
                       (long long)(timeout / CLOCK_SECOND));
    if (WIFSIGNALED(status))
        return why_not(error, "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ||
        why_not(error, "failed with status %d", WEXITSTATUS(status));
}
