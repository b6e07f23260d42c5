/*
 * text: what ASCII and UTF-8 (RFC 3629) say about bytes, in any locale.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- ASCII ---- */

/* These take a char, an unsigned char or an int. */
static inline bool text_is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_alnum(int c)
{
    return text_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is it unreserved in URIs (RFC 3986 section 2.3), and thus not encoded? */
bool text_is_unreserved(int c);

/* The value of a hexadecimal digit of either case, or -1. */
int text_hex(int c);

/* Are these n bytes a token of HTTP (RFC 9110 section 5.6.2)? */
bool text_is_token(const char *text, size_t n);

/* Can this be the value of an HTTP field (RFC 9110 section 5.5): does it have
   no control characters except tab? */
bool text_is_field(const char *text);

/*
 * Reads a number of n decimal digits, and nothing else. False, with *number
 * unchanged, if there is no digit, anything but digits, or a value above
 * `max`. Leading zeros are allowed.
 */
bool text_number(const char *digits, size_t n, uint64_t max, uint64_t *number);

/* ---- UTF-8 ---- */

/* The position of a decoder within a character: all zero between two. */
struct text_utf8 {
    unsigned char missing;       /* bytes that complete the character */
    unsigned char low, high;     /* bounds of the next of these bytes */
};

/*
 * Advances over the byte `c`. False if it cannot stand there, and `u` is then
 * unchanged. Inline because json.c calls it for each byte beyond ASCII.
 */
static inline bool text_utf8_step(struct text_utf8 *u, unsigned char c)
{
    if (u->missing > 0) {
        if (c < u->low || c > u->high)
            return false;
        u->missing--;
        u->low = 0x80;
        u->high = 0xbf;
        return true;
    }
    if (c < 0x80)
        return true;
    if (c < 0xc2 || c > 0xf4)
        return false;
    u->missing = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

/* Length in bytes (1 to 4) of the well-formed character at the start of these
   n bytes, or 0 if there is none. */
size_t text_utf8_length(const unsigned char *p, size_t n);

/*
 * How many bytes at `p`, n > 0, which are not the start of a well-formed
 * character, one U+FFFD replaces: the maximal subpart (Unicode 15, section
 * 3.9), 1 to 3.
 */
size_t text_utf8_subpart(const unsigned char *p, size_t n);

/* Writes a code point, which is not a surrogate, as UTF-8. Returns how many
   bytes it has. */
size_t text_utf8_encode(unsigned char out[4], uint32_t code);

/* Are these n bytes UTF-8 from end to end? */
bool text_is_utf8(const unsigned char *p, size_t n);

/*
 * How many of the first bytes at `p` any terminal or reader can be given as
 * they are: UTF-8 without control characters (U+0000 to U+001F, U+007F to
 * U+009F) and without the two ASCII characters in `except`.
 */
size_t text_printable(const unsigned char *p, size_t n, const char except[2]);

/* ---- what a user gives ---- */

enum {
    TEXT_MARK_SIZE = 3,          /* bytes of a UTF-8 byte order mark */
    TEXT_LOOK = 64               /* bytes that text_begin looks at, at most */
};

/* How a file begins. */
enum text_begin {
    TEXT_UNKNOWN,                /* more bytes are needed */
    TEXT_PLAIN,
    TEXT_MARK,                   /* with a UTF-8 byte order mark */
    TEXT_UTF16,                  /* with UTF-16's byte order mark */
    TEXT_UTF16LE,                /* without one: the NULs show that it is */
    TEXT_UTF16BE                 /* UTF-16 all the same */
};

/*
 * The first `n` bytes of a file tell how it begins. `eof`: the file has no
 * more, and the answer is not TEXT_UNKNOWN. `nul`: a NUL ends each record, so
 * NULs prove nothing, and only a mark does. What the answer is does not depend
 * on how many bytes beyond TEXT_LOOK are there.
 */
enum text_begin text_begin(const unsigned char *bytes, size_t n, bool eof,
                           bool nul);

/*
 * The sentence for a file in UTF-16, which `what` names ("the list"): what it
 * is, and how to convert it. NULL for a file that can be read.
 */
const char *text_utf16(enum text_begin begin, const char *what, char *sentence,
                       size_t size);

/*
 * What to add to "not UTF-8" for bytes that are not: " (Windows-1252?)" where
 * they make sense as that, or "".
 */
const char *text_hint(const unsigned char *bytes, size_t n);

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
