/*
 * ascii: kinds of characters, by their ASCII codes whatever the locale.
 */
#ifndef ASCII_H
#define ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool ascii_digit(int c)
{
    return c >= '0' && c <= '9';
}

bool ascii_alnum(int c);

/* One that percent-encoding leaves alone (RFC 3986 section 2.3)? */
bool ascii_unreserved(int c);

/* The value of a hexadecimal digit, or -1. */
int ascii_hex(int c);

/* Are these n bytes a token (RFC 9110 section 5.6.2)? */
bool ascii_token(const char *text, size_t n);

/* Can this be a field's value (RFC 9110 section 5.5): no control character
   but tab? */
bool ascii_field(const char *text);

#endif
