/*
 * text.c: characters in ASCII and UTF-8, whatever the locale. Everything that
 * asks what a byte means asks here.
 */
#include "base/text.h"

#include <string.h>

/* ---- ASCII ---- */

/* An alphanumeric character, or one of `others`. */
static bool is_alnum_or(int c, const char *others)
{
    return text_is_alnum(c) || (c != '\0' && strchr(others, c) != NULL);
}

bool text_is_unreserved(int c)
{
    return is_alnum_or(c, "-._~");
}

int text_hex(int c)
{
    if (text_is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_is_token(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && is_alnum_or(text[i], "!#$%&'*+-.^_`|~"))
        i++;
    return n > 0 && i == n;
}

bool text_is_field(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

bool text_number(const char *digits, size_t n, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned digit = (unsigned char)digits[i] - (unsigned)'0';

        if (digit > 9 || digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (n > 0)
        *number = value;
    return n > 0;
}

/* ---- UTF-8 ---- */

/* Length of the longest prefix that begins a character; is it a whole one? */
static size_t character_prefix(const unsigned char *p, size_t n, bool *whole)
{
    struct text_utf8 u = {0, 0, 0};
    size_t i = 0;

    *whole = false;
    while (!*whole && i < n && text_utf8_step(&u, p[i])) {
        *whole = u.missing == 0;
        i++;
    }
    return i;
}

size_t text_utf8_length(const unsigned char *p, size_t n)
{
    bool whole;
    size_t length = character_prefix(p, n, &whole);

    return whole ? length : 0;
}

size_t text_utf8_subpart(const unsigned char *p, size_t n)
{
    bool whole;
    size_t length = character_prefix(p, n, &whole);

    return length > 0 ? length : 1;
}

size_t text_utf8_encode(unsigned char out[4], uint32_t code)
{
    const size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3
        : 4;

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    /* the first of n bytes begins with n ones and a zero */
    out[0] = (unsigned char)(n > 1 ? 0xf00U >> n | code : code);
    return n;
}

bool text_is_utf8(const unsigned char *p, size_t n)
{
    size_t length;

    for (; n > 0; p += length, n -= length) {
        length = text_utf8_length(p, n);
        if (length == 0)
            return false;
    }
    return true;
}

size_t text_printable(const unsigned char *p, size_t n, const char except[2])
{
    size_t i = 0;

    while (i < n) {
        const unsigned char c = p[i];
        size_t length;

        if (c < ' ' || c == 0x7f || c == (unsigned char)except[0] ||
            c == (unsigned char)except[1])
            break;
        length = c < 0x80 ? 1 : text_utf8_length(p + i, n - i);
        if (length == 0 || (c == 0xc2 && p[i + 1] < 0xa0))
            break;
        i += length;
    }
    return i;
}
