/* Unit tests of printf.c: against the printf() of this libc. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#undef __GLIBC__
#define vfprintf our_vfprintf
#define vsnprintf our_vsnprintf
#define snprintf our_snprintf
#define fprintf our_fprintf
#define printf our_printf

__attribute__((format(__printf__, 2, 0)))
int vfprintf(FILE *stream, const char *format, va_list ap);
__attribute__((format(__printf__, 3, 0)))
int vsnprintf(char *to, size_t size, const char *format, va_list ap);
__attribute__((format(__printf__, 3, 4)))
int snprintf(char *to, size_t size, const char *format, ...);
__attribute__((format(__printf__, 2, 3)))
int fprintf(FILE *stream, const char *format, ...);
__attribute__((format(__printf__, 1, 2)))
int printf(const char *format, ...);

#include "printf.c"

#undef vfprintf
#undef vsnprintf
#undef snprintf
#undef fprintf
#undef printf

static char in_full[512];        /* what the other one printed */
static int length;

/* Ours, into an array of each size, and onto a stream, as the libc's. */
__attribute__((format(printf, 1, 0)))
static bool same(const char *format, va_list ap)
{
    char got[600];
    size_t size;
    va_list again;
    FILE *stream;
    bool good = true;
    int n;

    for (size = 0; size <= (size_t)length + 2; size++) {
        memset(got, '#', sizeof got);
        va_copy(again, ap);
        n = our_vsnprintf(got, size, format, again);
        va_end(again);
        good = good && n == length && got[size] == '#' &&
            (size == 0 || (strlen(got) == (size <= (size_t)length
                           ? size - 1 : (size_t)length) &&
             strncmp(got, in_full, size - 1) == 0));
    }
    memset(got, 0, sizeof got);
    stream = fmemopen(got, sizeof got, "w");
    if (stream == NULL)
        return false;
    va_copy(again, ap);
    good = our_vfprintf(stream, format, again) == length && good;
    va_end(again);
    return fclose(stream) == 0 && strcmp(got, in_full) == 0 && good;
}

__attribute__((format(printf, 1, 2)))
static void compare(const char *format, ...)
{
    va_list ap, again;

    va_start(ap, format);
    va_copy(again, ap);
    length = vsnprintf(in_full, sizeof in_full, format, again);
    va_end(again);
    CHECK(same(format, ap), "\"%s\" prints \"%s\"", format, in_full);
    va_end(ap);
}

static void numbers(void)
{
    static const long long all[] = {
        0, 1, -1, 9, 10, -10, 99, 255, 65535, INT_MAX, INT_MIN, UINT_MAX,
        LLONG_MAX, LLONG_MIN
    };
    size_t i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        compare("%d %u %x", (int)all[i], (unsigned)all[i], (unsigned)all[i]);
        compare("%ld %lu %lx", (long)all[i], (unsigned long)all[i],
                (unsigned long)all[i]);
        compare("%lld %llu %llx", all[i], (unsigned long long)all[i],
                (unsigned long long)all[i]);
        compare("%zu,%zx", (size_t)all[i], (size_t)all[i]);
        compare("[%02u][%04u][%4d][%04d][%1d][%020lld][%20lld]",
                (unsigned)all[i], (unsigned)all[i], (int)all[i], (int)all[i],
                (int)all[i], all[i], all[i]);
    }
    /* beyond the registers that arguments come in */
    compare("%d%s%d%lld%d%d%d%d%lld%d%zu", 1, "2", 3, 4LL, 5, 6, 7, 8, 9LL,
            10, (size_t)11);
}

static void texts(void)
{
    static const char open[] = {'a', 'b', 'c'};

    compare("%s", "");
    compare("nothing");
    compare("100 %%, %s%%%s", "a", "b");
    compare("%s: %.2s|%.0s|%.80s", "abc", "abc", "abc", "abc");
    compare("%.*s|%.*s|%.3s", 2, open, 0, open, open);
    compare("%5s|%5s|%2.1s|%*s|%*.*s", "abc", "abcdefg", "xyz", 4, "w", 6, 2,
            "abc");
    compare("%c%c%3c", 'a', '\n', 'z');
}

static void streams(void)
{
    FILE *full = fopen("/dev/full", "w");

    if (full == NULL) {
        test_skip("there is no /dev/full");
        return;
    }
    setvbuf(full, NULL, _IONBF, 0);
    CHECK(our_fprintf(full, "%s", "text") == -1, "a full disk is said");
    fclose(full);
    CHECK(our_printf("%s", "") == 0, "nothing is printed to stdout");
}

int main(void)
{
    char text[8];

    numbers();
    texts();
    streams();
    CHECK(our_snprintf(text, sizeof text, "%s %d", "abcdef", 7) == 8 &&
          strcmp(text, "abcdef ") == 0, "what is cut is counted");
    return test_done("test_printf");
}
