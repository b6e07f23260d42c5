/* ascii: see ascii.h. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

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

    vsnprintf(text, sizeof text, format, ap);
    text_visible(out, size, (const unsigned char *)text, strlen(text));
}
