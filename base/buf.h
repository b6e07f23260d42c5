/*
 * buf: growing buffers with a maximum size; and references to bytes.
 *
 * No other part of the program allocates memory while it runs. A buffer never
 * holds more than its maximum. An addition that would exceed it, or for which
 * there is no memory, is refused as a whole, and so are all later ones; the
 * caller can add many times and test `failed` once. Memory is wiped before it
 * is released, because buffers also hold keys.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>

/* ---- references ---- */

/* Bytes that belong to somebody else. NULL is absent, which is not empty. */
struct bytes {
    const unsigned char *data;
    size_t len;
};

/* The bytes of a string, without its NUL. NULL gives absent bytes. */
struct bytes bytes_string(const char *string);

/* Are these the bytes of the string? Absent bytes are not. */
bool bytes_is(struct bytes bytes, const char *string);

/* ---- buffers ---- */

struct buf {
    unsigned char *data;     /* NULL before the first addition; not ended by
                                NUL */
    size_t len;              /* bytes in use */
    size_t size;             /* bytes allocated */
    size_t max;              /* the largest `len` allowed */
    bool failed;             /* an addition was refused; cleared by reset */
    bool starved;            /* it was refused because malloc failed */
};

/* Makes an empty buffer for at most `max` bytes. Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/* Appends n bytes. False if this or an earlier addition was refused. */
bool buf_add(struct buf *b, const void *bytes, size_t n);

/* Append a string without its NUL, and one byte. */
bool buf_str(struct buf *b, const char *s);
bool buf_byte(struct buf *b, unsigned char c);

/* Appends formatted text of up to 1024 bytes, and refuses longer text. It is
   not for secrets: the text is on the stack, which is not wiped. */
bool buf_format(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append n bytes in base64 (RFC 4648 section 4), and in lower-case
   hexadecimal. */
void buf_base64(struct buf *b, const void *bytes, size_t n);
void buf_hex(struct buf *b, const void *bytes, size_t n);

/* buf_add with the type of json_put; `b` is a struct buf. */
void buf_put(void *b, const void *bytes, size_t n);

/* Empties the buffer and clears `failed`. Keeps the memory, wiped. */
void buf_reset(struct buf *b);

/* Wipes and releases the memory. The buffer can be used again. */
void buf_free(struct buf *b);

/* Overwrites memory with zeros, even if it is not read afterwards. */
void buf_wipe(void *p, size_t n);

#endif
