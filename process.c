/* process: see process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

extern char **environ;

bool process_used;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t process_split(const char *line, size_t n,
                     char room[PROCESS_LINE_MAX + 1],
                     char *words[PROCESS_WORDS_MAX + 1])
{
    size_t count = 0, i;
    bool inside = false;         /* a word */
    char quote = '\0';

    if (n > PROCESS_LINE_MAX)
        return 0;
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
                return 0;
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
                return 0;
            *room++ = line[i];
        } else {
            *room++ = c;
        }
    }
    *room = '\0';
    words[count] = NULL;
    return quote == '\0' ? count : 0;
}

/* Starts it with its standard output in `fd`: 0, or an errno. */
static int start(char *const *words, int fd, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t ours;
    int error;

    error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        sigemptyset(&ours);      /* what we ignore is no concern of it */
        sigaddset(&ours, SIGPIPE);
        sigaddset(&ours, SIGXFSZ);
        posix_spawnattr_setsigdefault(&attributes, &ours);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
                                                 "/dev/null", O_RDONLY, 0);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&files, fd,
                                                     STDOUT_FILENO);
        if (error == 0)
            error = posix_spawnp(pid, words[0], &files, &attributes, words,
                                 environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Reads all that it prints. False: there is no room, or no time. */
static bool take(int fd, int64_t until, struct buf *out)
{
    unsigned char piece[4096];
    bool good = true;

    for (;;) {
        ssize_t n;
        enum clock_wait w;

        do
            w = clock_sleep(until, fd, POLLIN, NULL);
        while (w == CLOCK_SIGNAL);
        n = w == CLOCK_TIME ? -1 : read(fd, piece, sizeof piece);
        if (n < 0 && w != CLOCK_TIME && errno == EINTR)
            continue;
        if (n <= 0)
            good = n == 0;
        if (n <= 0 || !buf_add(out, piece, (size_t)n))
            break;
    }
    buf_wipe(piece, sizeof piece);
    return good && !out->failed;
}

/* Waits until it has ended; kills it when time is up, and then waits. */
static int end(pid_t pid, int64_t until)
{
    int64_t pause = CLOCK_SECOND / 1000;
    bool killed = false;
    int status = 0;

    for (;;) {
        int64_t now = clock_now(CLOCK_STEADY);
        pid_t ended = waitpid(pid, &status, killed ? 0 : WNOHANG);

        if (ended == pid || (ended < 0 && errno != EINTR))
            return status;
        if (!killed && now >= until) {
            kill(pid, SIGKILL);
            killed = true;
            continue;
        }
        while (!killed && clock_sleep(now + pause, -1, 0, NULL) ==
               CLOCK_SIGNAL)
            ;
        pause += pause / 2;
    }
}

bool process_run(char *const *words, int64_t timeout, struct buf *out,
                 char *error, size_t size)
{
    int64_t until = clock_now(CLOCK_STEADY) + timeout;
    int pipes[2], failed, status;
    bool whole, late;
    pid_t pid = -1;

    if (pipe2(pipes, O_CLOEXEC) < 0) {
        snprintf(error, size, "%s", strerror(errno));
        return false;
    }
    process_used = true;
    failed = start(words, pipes[1], &pid);
    close(pipes[1]);
    if (failed != 0) {
        close(pipes[0]);
        snprintf(error, size, "cannot be started: %s", strerror(failed));
        return false;
    }
    whole = take(pipes[0], until, out);
    late = !whole && !out->failed;
    close(pipes[0]);
    status = end(pid, whole ? until : 0);
    if (late || (whole && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
                 clock_now(CLOCK_STEADY) >= until))
        snprintf(error, size, "did not end within %lld s",
                 (long long)(timeout / CLOCK_SECOND));
    else if (!whole)
        snprintf(error, size, "prints more than %zu bytes", out->max);
    else if (WIFSIGNALED(status))
        snprintf(error, size, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(error, size, "failed with status %d", WEXITSTATUS(status));
    else
        return true;
    return false;
}
