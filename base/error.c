/* error.c: sentences of bounded length about what failed. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool error_vadd(struct error *error, const char *format, va_list ap)
{
    const size_t n = strlen(error->text);

    text_format(error->text + n, sizeof error->text - n, format, ap);
    return false;
}

bool error_add(struct error *error, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vadd(error, format, ap);
    va_end(ap);
    return false;
}

bool error_set(struct error *error, const char *format, ...)
{
    va_list ap;

    error->text[0] = '\0';
    va_start(ap, format);
    error_vadd(error, format, ap);
    va_end(ap);
    return false;
}

bool why_not(char error[WHY_MAX], const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(error, WHY_MAX, format, ap);
    va_end(ap);
    if (n >= WHY_MAX)
        why_cut(error, WHY_MAX);
    return false;
}

void why_cut(char *text, size_t size)
{
    static const char mark[] = "[cut]";
    size_t n = size - sizeof mark;

    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(text + n, mark, sizeof mark);
}
