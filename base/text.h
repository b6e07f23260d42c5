/*
 * text: kinds of characters, by their ASCII codes whatever the locale, and what
 * the bytes that a user gives are, where they are not UTF-8. All readers of a
 * user's files look at the beginning of a file here.
 */
#ifndef TEXT_H
#define TEXT_H

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
