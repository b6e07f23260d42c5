/*
 * buf.c: growing buffers with a maximum size, whose memory is wiped before it
 * is released.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes bytes_string(const char *string)
{
    struct bytes bytes = {(const unsigned char *)string,
        string != NULL ? strlen(string) : 0};

    return bytes;
}

bool bytes_is(struct bytes bytes, const char *string)
{
    return bytes.data != NULL && bytes.len == strlen(string) &&
        memcmp(bytes.data, string, bytes.len) == 0;
}

void buf_wipe(void *p, size_t n)
{
    explicit_bzero(p, n);
}

void buf_init(struct buf *b, size_t max)
{
    memset(b, 0, sizeof *b);
    b->max = max;
}

/* Makes room for n more bytes. realloc() would leave a copy of a key behind. */
static bool make_room(struct buf *b, size_t n)
{
    size_t size = b->size < 256 ? 256 : b->size;
    unsigned char *data;

    if (b->failed || n > b->max - b->len) {
        b->failed = true;
        return false;
    }
    if (n <= b->size - b->len)
        return true;
    while (size < b->len + n)
        size = size > b->max / 2 ? b->max : size * 2;
    data = malloc(size);
    if (data == NULL) {
        b->failed = b->starved = true;
        return false;
    }
    if (b->len > 0)
        memcpy(data, b->data, b->len);
    if (b->data != NULL)
        buf_wipe(b->data, b->size);
    free(b->data);
    b->data = data;
    b->size = size;
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!make_room(b, n))
        return false;
    if (n > 0)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    return true;
}

bool buf_str(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

bool buf_byte(struct buf *b, unsigned char c)
{
    return buf_add(b, &c, 1);
}

bool buf_format(struct buf *b, const char *format, ...)
{
    char text[1025];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text) {
        b->failed = true;
        return false;
    }
    return buf_add(b, text, (size_t)n);
}

void buf_base64(struct buf *b, const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;

    for (; n > 0; p += 3, n = n > 3 ? n - 3 : 0) {
        unsigned long bits = (unsigned long)p[0] << 16 |
            (n > 1 ? (unsigned long)p[1] << 8 : 0) |
            (n > 2 ? (unsigned long)p[2] : 0);

        for (size_t i = 0; i < 4; i++, bits <<= 6)
            buf_byte(b, i <= n ? (unsigned char)digits[bits >> 18 & 63] : '=');
    }
}

void buf_hex(struct buf *b, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;

    for (; n > 0; p++, n--) {
        buf_byte(b, (unsigned char)digits[*p >> 4]);
        buf_byte(b, (unsigned char)digits[*p & 15]);
    }
}

void buf_put(void *b, const void *bytes, size_t n)
{
    buf_add(b, bytes, n);
}

void buf_reset(struct buf *b)
{
    if (b->data != NULL)
        buf_wipe(b->data, b->len);
    b->len = 0;
    b->failed = b->starved = false;
}

void buf_free(struct buf *b)
{
    if (b->data != NULL)
        buf_wipe(b->data, b->size);
    free(b->data);
    buf_init(b, b->max);
}
