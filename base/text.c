/* text: ASCII, and files that are not UTF-8. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/why.h"
#include "json.h"

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
    size_t k = json_utf8(p, n) == 2 ? 2 : 1;     /* U+0080 to U+009F */

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
        size_t k = json_utf8(bytes, n), m = k;

        if (*bytes != '\t' && json_printable(bytes, k, "\0") == 0) {
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
