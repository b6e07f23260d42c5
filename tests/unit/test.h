/*
 * test: the runner of the unit tests.
 *
 * A test program is a main() that calls CHECK and ends with test_done().
 * Each CHECK is one fact; one that fails prints where and what.
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int test_passed, test_failed, test_skipped;

__attribute__((format(printf, 4, 5)))
static void test_check(bool good, const char *file, int line,
                       const char *format, ...)
{
    va_list ap;

    if (good) {
        test_passed++;
        return;
    }
    test_failed++;
    printf("%s:%d: FAILED: ", file, line);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("\n");
}

/* CHECK(condition, "fact that it states, %s", ...) */
#define CHECK(good, ...) test_check((good), __FILE__, __LINE__, __VA_ARGS__)

/* Says what could not be tested, and why. */
static inline void test_skip(const char *what)
{
    test_skipped++;
    printf("skipped: %s\n", what);
}

/* Prints the counts; the exit status of main. */
static inline int test_done(const char *name)
{
    printf("%s: %d passed, %d failed, %d skipped\n", name, test_passed,
           test_failed, test_skipped);
    return test_failed > 0 || test_passed == 0;
}

#endif
