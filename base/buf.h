/*
 * buf: bytes that grow up to a bound.
 *
 * The only place of the program that asks for memory while it runs. A buffer
 * never holds more than the maximum that it was given; whatever would go
 * above it, or finds no memory, is left out whole and remembered (`failed`),
 * so that a caller may add many times and test once. Memory that is given
 * back was wiped before: buffers carry keys.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    unsigned char *data;     /* NULL while empty; no terminator */
    size_t len;              /* bytes in use */
    size_t size;             /* bytes allocated */
    size_t max;              /* bytes at most */
    bool failed;             /* an addition was refused; sticks until reset */
    bool starved;            /* because memory was out, not for the bound */
};

/* An empty buffer for at most `max` bytes. Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/* Appends n bytes. False if that was refused, now or earlier. */
bool buf_add(struct buf *b, const void *bytes, size_t n);

/* Appends a string without its terminator; one byte; a formatted text of at
   most 1024 bytes (longer is refused; for no secrets). */
bool buf_str(struct buf *b, const char *s);
bool buf_byte(struct buf *b, unsigned char c);
bool buf_format(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends n bytes in base64 (RFC 4648 section 4). */
void buf_base64(struct buf *b, const void *bytes, size_t n);

/* buf_add in the shape that json_quote calls; `b` is a struct buf. */
void buf_put(void *b, const void *bytes, size_t n);

/* Empties it (memory is kept, and wiped). */
void buf_reset(struct buf *b);

/* Wipes and frees. The buffer may be used again afterwards. */
void buf_free(struct buf *b);

/* Overwrites memory in a way that the compiler keeps. */
void buf_wipe(void *p, size_t n);

#endif
