/*
 * printf: the conversions of printf() that are used here, in the place of
 * musl's, which brings floating point and wide characters: 12 KB.
 *
 * They do as C11 7.21.6.1 says: %s %c %d %u %x, with the lengths l, ll and
 * z, the flag 0, a width below 64, and for %s a precision. Anything else ends
 * the program; `make check` looks for it in the sources. glibc keeps its own.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __GLIBC__

/* Of a number, with its zeros. */
enum { MAX = 64 };

/* Where it goes: to a stream, or into an array that may be too small. */
struct sink {
    FILE *stream;
    char *to;
    size_t size, n;              /* n: of all that was put */
    bool failed;
};

static void put(struct sink *s, const char *text, size_t n)
{
    if (s->stream != NULL)
        s->failed |= fwrite(text, 1, n, s->stream) != n;
    else if (s->n < s->size)
        memcpy(s->to + s->n, text, n < s->size - s->n ? n : s->size - s->n);
    s->n += n;
}

/* A number, of so many 'l', as its magnitude. */
static unsigned long long take(va_list *ap, int longs, bool *minus)
{
    long long n;

    if (!*minus)
        return longs == 0 ? va_arg(*ap, unsigned)
            : longs == 1 ? va_arg(*ap, unsigned long)
            : va_arg(*ap, unsigned long long);
    n = longs == 0 ? va_arg(*ap, int)
        : longs == 1 ? va_arg(*ap, long) : va_arg(*ap, long long);
    *minus = n < 0;
    return n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
}

/* A width or precision: digits, or the next argument. */
static size_t measure(const char **p, va_list *ap)
{
    size_t n = 0;

    if (**p == '*') {
        ++*p;
        return (size_t)va_arg(*ap, int);
    }
    while (**p >= '0' && **p <= '9')
        n = n * 10 + (size_t)(*(*p)++ - '0');
    return n;
}

/* One conversion, from behind its '%'; returns what follows it. */
static const char *convert(struct sink *s, const char *p, va_list *ap)
{
    const char *from;
    char text[MAX], *end = text + sizeof text, *start = end;
    size_t width, precision = (size_t)-1, n;
    bool zeros = *p == '0', minus;
    unsigned long long number;
    unsigned base = 10;
    int longs = 0;

    width = measure(&p, ap);
    if (*p == '.') {
        p++;
        precision = measure(&p, ap);
    }
    for (; *p == 'l' || *p == 'z'; p++)
        longs++;                 /* on Linux size_t is as large as long */
    minus = *p == 'd';
    switch (*p) {
    case 's':
        from = va_arg(*ap, const char *);
        n = strnlen(from, precision);
        break;
    case 'c':
        text[0] = (char)va_arg(*ap, int);
        from = text;
        n = 1;
        break;
    case 'x':
        base = 16;
        /* fall through */
    case 'd':
    case 'u':
        number = take(ap, longs, &minus);
        do
            *--start = "0123456789abcdef"[number % base];
        while ((number /= base) != 0);
        while (zeros && (size_t)(end - start) + minus < width)
            *--start = '0';
        if (minus)
            *--start = '-';
        from = start;
        n = (size_t)(end - start);
        break;
    default:
        abort();
    }
    for (; width > n; width--)
        put(s, " ", 1);
    put(s, from, n);
    return p + 1;
}

static int print(struct sink *s, const char *format, va_list args)
{
    va_list ap;

    va_copy(ap, args);
    for (;;) {
        size_t n = strcspn(format, "%");

        put(s, format, n);
        format += n;
        if (*format++ == '\0')
            break;
        if (*format != '%')
            format = convert(s, format, &ap);
        else
            put(s, format++, 1);
    }
    va_end(ap);
    return s->failed || s->n > INT_MAX ? -1 : (int)s->n;
}

int vfprintf(FILE *stream, const char *format, va_list ap)
{
    struct sink s = {stream, NULL, 0, 0, false};

    return print(&s, format, ap);
}

int vsnprintf(char *to, size_t size, const char *format, va_list ap)
{
    struct sink s = {NULL, to, size, 0, false};
    int n = print(&s, format, ap);

    if (size > 0)
        to[s.n < size ? s.n : size - 1] = '\0';
    return n;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(to, size, format, ap);
    va_end(ap);
    return n;
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vfprintf(stream, format, ap);
    va_end(ap);
    return n;
}

int printf(const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vfprintf(stdout, format, ap);
    va_end(ap);
    return n;
}

#endif
