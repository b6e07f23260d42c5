/*
 * fuzz_http: a libFuzzer target for http/response.c.
 *
 * The first byte of the input holds flags: bit 1, the connection ends after
 * the response; bit 2, a header that announces chunks precedes the input; bit
 * 3, the request was CONNECT. The second byte chooses the sizes of the pieces.
 * The rest is fed byte by byte, in those pieces, and as a whole, each piece in
 * memory of exactly its size; result, head and body must be equal. If a
 * chunked body was accepted, a few lines that share no code with response.c
 * decode it again.
 */
#include "http/response.h"

#include <stdlib.h>
#include <string.h>

enum { MAX = 1 << 16 };

static const char chunks_follow[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

struct outcome {
    struct http_response r;
    unsigned char body[MAX];
    size_t body_len;
    size_t taken;                /* bytes parsed */
    size_t head_taken;           /* bytes parsed when the head was complete */
};

static void expect(bool good)
{
    if (!good)
        abort();
}

static void add_body(void *context, const unsigned char *bytes, size_t n)
{
    struct outcome *o = context;

    expect(n > 0 && n <= MAX - o->body_len);
    expect(o->r.head_done && !o->r.done && o->r.error == NULL);
    memcpy(o->body + o->body_len, bytes, n);
    o->body_len += n;
}

static bool is_over(const struct outcome *o)
{
    return o->r.done || o->r.error != NULL;
}

static void feed_piece(struct outcome *o, const uint8_t *bytes, size_t n)
{
    const bool in_head = !o->r.head_done;
    unsigned char *copy;
    size_t got;

    expect(n > 0);
    copy = malloc(n);
    expect(copy != NULL);
    memcpy(copy, bytes, n);
    got = http_response_feed(&o->r, copy, n, add_body, o);
    free(copy);
    expect(got == n || (got < n && is_over(o)));
    o->taken += got;
    if (in_head)
        o->head_taken = o->taken;
}

/* Feeds pieces of 1 to `most` bytes, or all at once if `most` is 0. */
static void feed(struct outcome *o, const uint8_t *bytes, size_t n,
                 unsigned flags, unsigned most)
{
    uint32_t random = most;
    size_t at = 0, step;

    memset(&o->r, 0xa5, sizeof o->r);
    http_response_init(&o->r);
    o->r.tunnel = (flags & 8) != 0;
    o->body_len = o->taken = o->head_taken = 0;
    for (; at < n && !is_over(o); at += step) {
        random = random * 1664525 + 1013904223;
        step = most == 0 ? n : 1 + (random >> 16) % most;
        step = step < n - at ? step : n - at;
        feed_piece(o, bytes + at, step);
    }
    if (flags & 2)
        expect(http_response_end(&o->r) == (o->r.error == NULL));
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
    expect(a->r.status == b->r.status && a->r.keep == b->r.keep);
    expect(a->r.head_done == b->r.head_done && a->r.done == b->r.done);
    expect(a->r.error == b->r.error && a->taken == b->taken);
    expect(a->r.head_len == b->r.head_len);
    expect(memcmp(a->r.head, b->r.head, a->r.head_len) == 0);
    expect(a->body_len == b->body_len);
    expect(memcmp(a->body, b->body, a->body_len) == 0);
}

/* Checks that every name in the head is found, and that the head contains no
   byte that could break a line of a terminal or of a log. */
static void check_head(const struct http_response *r)
{
    const char *p = r->head, *end = r->head + r->head_len;
    size_t i;

    expect(r->head_len <= HTTP_HEAD_MAX);
    for (i = 0; i < r->head_len; i++)
        expect((unsigned char)r->head[i] >= ' ' || r->head[i] == '\0' ||
               r->head[i] == '\t');
    for (i = 0; p < end; i++) {
        /* only the first, which is the reason, has an empty name */
        expect((*p != '\0') == (i > 0) && http_response_field(r, p) != NULL);
        p += strlen(p) + 1;
        expect(p < end);
        p += strlen(p) + 1;
    }
    expect(p == end && i < HTTP_LINES_MAX);
    expect(r->status >= 200 && r->status <= 599);
}

/* Decodes chunks that are known to be valid (RFC 9112 section 7.1), and
   compares them with the body. */
static void check_chunks(const uint8_t *p, const struct outcome *o)
{
    size_t at = 0, n;

    for (;;) {
        n = (size_t)strtoull((const char *)p, NULL, 16);
        p = (const uint8_t *)strchr((const char *)p, '\n') + 1;
        if (n == 0)
            break;
        expect(n <= o->body_len - at && memcmp(p, o->body + at, n) == 0);
        at += n;
        p += n + 2;
    }
    expect(at == o->body_len);
}

/* Checks the body's length and whether the connection can be used again (RFC
   9112 section 6.3). */
static void check_framing(const struct outcome *o, const uint8_t *bytes,
                          bool bodiless)
{
    const struct http_response *r = &o->r;
    const char *length = http_response_field(r, "Content-Length");

    if (bodiless || r->status == 204 || r->status == 304) {
        expect(o->body_len == 0);
    } else if (http_response_field(r, "Transfer-Encoding") != NULL) {
        expect(length == NULL || !r->keep);
        check_chunks(bytes + o->head_taken, o);
    } else if (length != NULL) {
        expect(o->body_len == strtoull(length, NULL, 10));
    } else {
        expect(r->until_close && !r->keep);
    }
}

static void check(const struct outcome *o, const uint8_t *bytes,
                  unsigned flags)
{
    expect(!(o->r.done && o->r.error != NULL));
    expect(o->r.error == NULL || (*o->r.error != '\0' && !o->r.keep));
    expect(o->r.done || o->r.error != NULL || !(flags & 2));
    expect(o->r.interim <= HTTP_INTERIM_MAX + 1);
    if (o->r.head_done)
        check_head(&o->r);
    if (o->r.done)
        check_framing(o, bytes, (flags & 8) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct outcome bytewise, pieces, whole;
    static uint8_t text[MAX + 1];
    size_t len = 0;

    if (n < 2 || n - 2 > MAX - sizeof chunks_follow)
        return 0;
    if (data[0] & 4) {
        len = sizeof chunks_follow - 1;
        memcpy(text, chunks_follow, len);
    }
    memcpy(text + len, data + 2, n - 2);
    len += n - 2;
    text[len] = '\0';
    feed(&bytewise, text, len, data[0], 1);
    feed(&pieces, text, len, data[0], 2 + data[1]);
    feed(&whole, text, len, data[0], 0);
    expect_same(&bytewise, &pieces);
    expect_same(&bytewise, &whole);
    /* head_taken is exact only if the response was fed byte by byte */
    check(&bytewise, text, data[0]);
    if (is_over(&whole))         /* it stays over */
        expect(http_response_feed(&whole.r, text, len, add_body, &whole)
               == 0);
    return 0;
}
