/* Unit tests of process.c: words of a command line, and what ends a program
   that does not end by itself. What it prints is tested with credentials. */
#include "aws/process.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "base/clock.h"
#include "tests/unit/test.h"

/* Words as Python's shlex.split has them, joined by "|"; NULL: refused. */
static const struct {
    const char *line, *words;
} lines[] = {
    {"a", "a"},
    {"  a\tb\r\n  c  ", "a|b|c"},
    {"'a b' \"c d\"e", "a b|c de"},
    {"a'b'\"c\"\\d", "abcd"},
    {"'' \"\" x", "||x"},
    {"'a\\b' \"a\\b\\\"\\\\\"", "a\\b|a\\b\"\\"},
    {"a\\ b \\' \\\" \\\\", "a b|'|\"|\\"},
    {"\"'\" '\"'", "'|\""},
    {"$HOME `a` ~ * # >x |y ;z &", "$HOME|`a`|~|*|#|>x||y|;z|&"},
    {"a 'b", NULL},
    {"a \"b", NULL},
    {"a \"b\\\"", NULL},
    {"a \\", NULL},
    {"", NULL},
    {"  ", NULL}
};

static void test_split(void)
{
    static char room[PROCESS_LINE_MAX + 1], line[2 * PROCESS_LINE_MAX];
    static char *words[PROCESS_WORDS_MAX + 1], error[WHY_MAX];
    size_t i, k, n;

    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char joined[256] = "";

        n = process_split(lines[i].line, strlen(lines[i].line), room,
                          words, error);
        for (k = 0; k < n; k++) {
            strcat(joined, k > 0 ? "|" : "");
            strcat(joined, words[k]);
        }
        CHECK((n > 0) == (lines[i].words != NULL) &&
              (n == 0 || (strcmp(joined, lines[i].words) == 0 &&
                          words[n] == NULL)), "<%s> is <%s>", lines[i].line,
              n > 0 ? joined : "refused");
    }
    memset(line, 'a', sizeof line);
    for (n = PROCESS_LINE_MAX; n <= PROCESS_LINE_MAX + 1; n++)
        CHECK((process_split(line, n, room, words, error) == 1) ==
              (n == PROCESS_LINE_MAX), "a line of %zu bytes", n);
    for (i = 0; i < sizeof line; i += 2)
        line[i] = ' ';
    for (n = PROCESS_WORDS_MAX; n <= PROCESS_WORDS_MAX + 1; n++)
        CHECK((process_split(line, 2 * n, room, words, error) == n) ==
              (n == PROCESS_WORDS_MAX), "%zu words", n);
}

/* (shell command, what is said of it or NULL) with a second's time */
static const struct {
    const char *command, *sentence;
} runs[] = {
    {"echo a", NULL},
    {"echo a; exit 3", "failed with status 3"},
    {"echo a; exec sleep 60", "did not end within 1 s"},
    {"exec >&-; exec sleep 60", "did not end within 1 s"},
    {"trap '' TERM; while :; do :; done", "did not end within 1 s"},
    {"sleep 5 & echo a; exit 0", "did not end within 1 s"},
    {"yes", "prints more than 100 bytes"},
    {"kill -TERM $$", "ended by signal 15"}
};

static void test_run(void)
{
    struct buf out;
    size_t i;

    for (i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        char shell[] = "/bin/sh", option[] = "-c", command[64], error[WHY_MAX];
        char *words[] = {shell, option, command, NULL};
        int64_t start = clock_now(CLOCK_STEADY);
        bool good;

        snprintf(command, sizeof command, "%s", runs[i].command);
        error[0] = '\0';
        buf_init(&out, 100);
        good = process_run(words, CLOCK_SECOND, &out, error);
        CHECK(good == (runs[i].sentence == NULL) &&
              (good || strcmp(error, runs[i].sentence) == 0), "%s: %s",
              command, error);
        CHECK(!good || (out.len == 2 && memcmp(out.data, "a\n", 2) == 0),
              "%s: its output", command);
        CHECK(clock_now(CLOCK_STEADY) - start < 3 * CLOCK_SECOND,
              "%s: it takes too long", command);
        buf_free(&out);
    }
}

static void ignore(int number)
{
    (void)number;
}

/* Signals that are caught while it runs change nothing. */
static void test_signals(void)
{
    const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {0};
    const struct sigaction action = {.sa_handler = ignore};
    char shell[] = "/bin/sh", option[] = "-c";
    char command[] = "sleep 0.2; echo a; exec >&-; sleep 0.2";
    char *words[] = {shell, option, command, NULL}, error[WHY_MAX] = "";
    struct buf out;
    bool good;

    buf_init(&out, 100);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    good = process_run(words, 5 * CLOCK_SECOND, &out, error);
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(good && out.len == 2 && memcmp(out.data, "a\n", 2) == 0,
          "with signals it prints %zu bytes: %s", out.len, error);
    buf_free(&out);
}

int main(void)
{
    test_split();
    test_run();
    test_signals();
    return test_done("test_process");
}
