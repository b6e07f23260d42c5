/*
 * text.c: characters in ASCII and UTF-8, whatever the locale. Everything that
 * asks what a byte means asks here.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

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

/* UTF-16 without a mark, as far as n bytes tell: more than half of the units
   are ASCII or Latin-1, beginning with the first, and so have a NUL as their
   high byte; no unit has one as its low byte. */
static bool is_utf16(const unsigned char *bytes, size_t n, bool little)
{
    size_t low = little ? 0 : 1, high = 1 - low, latin = 0, i;

    for (i = 0; i + 1 < n; i += 2) {
        if (bytes[i + low] == '\0')
            return false;
        latin += bytes[i + high] == '\0';
    }
    return n >= 2 && bytes[high] == '\0' && 2 * latin > n / 2;
}

enum text_begin text_begin(const unsigned char *bytes, size_t n, bool eof,
                           bool nul)
{
    static const unsigned char mark[TEXT_MARK_SIZE] = {0xef, 0xbb, 0xbf};
    size_t k = n < sizeof mark ? n : sizeof mark;

    if (n >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) ||
                   (bytes[0] == 0xfe && bytes[1] == 0xff)))
        return TEXT_UTF16;
    if (memcmp(bytes, mark, k) == 0 && (k == sizeof mark || !eof))
        return k == sizeof mark ? TEXT_MARK : TEXT_UNKNOWN;
    if (n < 2 && !eof)
        return nul && bytes[0] < 0xfe ? TEXT_PLAIN : TEXT_UNKNOWN;
    if (nul || n < 2 || (bytes[0] == '\0') == (bytes[1] == '\0'))
        return TEXT_PLAIN;
    if (n < TEXT_LOOK && !eof)
        return TEXT_UNKNOWN;
    n = n < TEXT_LOOK ? n : TEXT_LOOK;
    if (is_utf16(bytes, n, true))
        return TEXT_UTF16LE;
    return is_utf16(bytes, n, false) ? TEXT_UTF16BE : TEXT_PLAIN;
}

const char *text_utf16(enum text_begin begin, const char *what, char *sentence,
                       size_t size)
{
    if (begin < TEXT_UTF16)
        return NULL;
    snprintf(sentence, size, "%s is UTF-16: convert it with iconv -f %s -t "
             "UTF-8", what, begin == TEXT_UTF16LE ? "UTF-16LE"
             : begin == TEXT_UTF16BE ? "UTF-16BE" : "UTF-16");
    return sentence;
}

const char *text_hint(const unsigned char *bytes, size_t n)
{
    enum { RUN = 5 };            /* bytes above ASCII, one after the other: a
                                    longer run is a word in another script */
    size_t run = 0, i;

    for (i = 0; i < n; i++) {
        const unsigned char c = bytes[i];

        run = c >= 0x80 ? run + 1 : 0;
        if (run > RUN || c == 0x7f ||
            (c < ' ' && c != '\t' && c != '\n' && c != '\r'))
            return "";
        /* the five that Windows-1252 leaves undefined */
        if (c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d)
            return "";
        /* a lead byte and a continuation byte: damaged UTF-8 */
        if (c >= 0xc2 && c <= 0xf4 && i + 1 < n && bytes[i + 1] >= 0x80 &&
            bytes[i + 1] <= 0xbf)
            return "";
    }
    return " (Windows-1252?)";
}

size_t text_escape(const unsigned char *p, size_t n, char text[9])
{
    static const char digits[] = "0123456789ABCDEF";
    static const char letters[] = "\\\\\tt\nn\rr";
    size_t k = text_utf8_length(p, n) == 2 ? 2 : 1;     /* U+0080 to U+009F */

    *text++ = '\\';
    for (size_t i = 0; letters[i] != '\0'; i += 2) {
        if (*p == (unsigned char)letters[i]) {
            text[0] = letters[i + 1];
            text[1] = '\0';
            return k;
        }
    }
    for (size_t i = 0; i < k; i++) {
        if (i > 0)
            *text++ = '\\';
        *text++ = 'x';
        *text++ = digits[p[i] >> 4];
        *text++ = digits[p[i] & 15];
    }
    *text = '\0';
    return k;
}

void text_visible(char *out, size_t size, const unsigned char *bytes,
                  size_t n)
{
    static const char dots[] = "...";
    size_t len = 0, uncut = 0;       /* uncut: the dots fit behind it */

    if (size-- == 0)
        return;
    while (n > 0) {
        char text[9];
        const void *shown = bytes;
        size_t k = text_utf8_length(bytes, n), m = k;

        if (*bytes != '\t' && text_printable(bytes, k, "\0") == 0) {
            k = text_escape(bytes, n, text);
            m = strlen(text);
            shown = text;
        }
        if (m > size - len) {
            len = uncut;
            m = size - len < strlen(dots) ? size - len : strlen(dots);
            shown = dots;
            k = n;
        }
        memcpy(out + len, shown, m);
        len += m;
        bytes += k;
        n -= k;
        if (len + strlen(dots) <= size)
            uncut = len;
    }
    out[len] = '\0';
}

void text_format(char *out, size_t size, const char *format, va_list ap)
{
    char text[4096];

    if ((size_t)vsnprintf(text, sizeof text, format, ap) >= sizeof text)
        why_cut(text, sizeof text);
    text_visible(out, size, (const unsigned char *)text, strlen(text));
}
