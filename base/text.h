/*
 * ascii: kinds of characters, by their ASCII codes whatever the locale.
 */
#ifndef ASCII_H
#define ASCII_H

#include <stdarg.h>
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

/*
 * Writes the escape that PostgreSQL's COPY text format has for the character
 * at `p` (n > 0 bytes are there), and a NUL. Returns how many bytes of `p` it
 * stands for.
 */
size_t text_escape(const unsigned char *p, size_t n, char text[9]);

/*
 * Writes `n` bytes for a person to read on a terminal: printable characters,
 * tab and backslash as they are, all others as escapes. Writes at most `size`
 * - 1 bytes and a NUL (nothing if `size` is 0); what does not fit is cut
 * between two characters, and "..." marks the cut.
 */
void text_visible(char *out, size_t size, const unsigned char *bytes,
                  size_t n);

/* Formats as vsnprintf(3) does, up to 4 KB, and makes the result visible. */
void text_format(char *out, size_t size, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif
