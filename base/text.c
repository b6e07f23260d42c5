/* ascii: see ascii.h. */
#include "base/text.h"

#include <string.h>

bool ascii_alnum(int c)
{
    return ascii_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* An alphanumeric character, or one of `others`. */
static bool is_one(int c, const char *others)
{
    return (c >= 'a' && c <= 'z') || ascii_alnum(c) ||
        (c != '\0' && strchr(others, c) != NULL);
}

bool ascii_unreserved(int c)
{
    return is_one(c, "-._~");
}

int ascii_hex(int c)
{
    if (ascii_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ascii_token(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && is_one(text[i], "!#$%&'*+-.^_`|~"))
        i++;
    return n > 0 && i == n;
}

bool ascii_field(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}
