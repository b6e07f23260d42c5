/*
 * fuzz_json: any bytes, fed in two ways, must come out the same.
 *
 * The first byte chooses the picks, the second the sizes of the pieces; the
 * rest is the document. It is fed whole and in pieces, each in memory of just
 * its size, and events, error and offset are compared. What was accepted is
 * quoted, and must be accepted again as a string and give itself.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

enum { PICKS = 8 };

/* What a way of feeding came to: a hash of the events of each pick, in which
   pieces of the same text count as one. */
struct outcome {
    uint64_t hash[PICKS];
    uint64_t order;              /* of all begins and ends */
    unsigned last[PICKS];
    unsigned depth[PICKS];       /* begins without an end so far */
    enum json_error error;
    uint64_t offset;
};

static void mix(uint64_t *hash, unsigned value)
{
    *hash = (*hash ^ value) * UINT64_C(1099511628211);
}

static bool hear(void *context, unsigned pick, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    struct outcome *o = context;
    uint64_t *hash = &o->hash[pick];
    size_t i;

    if (event == JSON_BEGIN || event == JSON_END || event != o->last[pick])
        mix(hash, 256 + (unsigned)event * 16 + (unsigned)type);
    o->last[pick] = event;
    for (i = 0; i < n; i++)
        mix(hash, bytes[i]);
    if (event == JSON_BEGIN)
        o->depth[pick]++;
    else if (o->depth[pick] == 0 || (event == JSON_BYTES && n == 0))
        abort();
    if (event == JSON_END)
        o->depth[pick]--;
    if (event == JSON_BEGIN || event == JSON_END)
        mix(&o->order, pick * 2 + (event == JSON_END));
    return true;
}

static const struct json_pick sets[][PICKS] = {
    { { NULL, JSON_WANT_TYPE, false } },
    { { "", JSON_WANT_WALK, false } },
    { { "", JSON_WANT_RAW, false }, { "/a", JSON_WANT_TEXT, false },
      { "/*", JSON_WANT_TEXT, true }, { "/a/0", JSON_WANT_RAW, false },
      { "/*/*", JSON_WANT_RAW, true }, { "/0", JSON_WANT_WALK, false },
      { "/*/a*", JSON_WANT_WALK, true }, { "/a/1", JSON_WANT_TYPE, 0 } },
    { { "/info/ocr/adv_ocr*/status", JSON_WANT_TEXT, true },
      { "/info/ocr/adv_ocr*/data/*/textAnnotations/0/description",
        JSON_WANT_TEXT, true },
      { "/info/ocr/adv_ocr*/data/*/fullTextAnnotation/text", JSON_WANT_TEXT,
        true },
      { "/error/message", JSON_WANT_TEXT, false },
      { "/info", JSON_WANT_RAW, false }, { "/a~1b", JSON_WANT_TEXT, 0 },
      { "/m~0n", JSON_WANT_TEXT, false }, { "/", JSON_WANT_WALK, 0 } },
    { { "", JSON_WANT_TEXT, false }, { "", JSON_WANT_RAW, false },
      { "/0", JSON_WANT_TEXT, false }, { "/1", JSON_WANT_RAW, false },
      { "", JSON_WANT_WALK, false } },
    { { "/0", JSON_WANT_TEXT, false }, { "/1", JSON_WANT_TEXT, false },
      { "/2/a", JSON_WANT_TEXT, false }, { "/*/*/b", JSON_WANT_TEXT, 1 },
      { "/*/0/*", JSON_WANT_RAW, true } }
};

static void feed(struct json *j, const unsigned char *bytes, size_t n)
{
    unsigned char *copy = malloc(n > 0 ? n : 1);

    if (copy == NULL)
        abort();
    if (n > 0)
        memcpy(copy, bytes, n);
    json_feed(j, copy, n);
    free(copy);
}

/* Pieces of 1 to `most` bytes; all at once if that is 0. */
static bool parse(struct outcome *o, const struct json_pick *picks, unsigned n,
                  const unsigned char *bytes, size_t size, unsigned most)
{
    uint32_t random = most;
    struct json j;
    size_t i, step;
    bool good;

    memset(o, 0, sizeof *o);
    memset(&j, 0xa5, sizeof j);
    json_init(&j, picks, n, hear, o);
    for (i = 0; i < size || i == 0; i += step) {
        random = random * 1664525 + 1013904223;
        step = most == 0 ? size : 1 + (random >> 16) % most;
        step = step < size - i ? step : size - i;
        feed(&j, bytes + i, step);
        if (size == 0)
            break;
    }
    good = json_end(&j);
    o->error = json_error(&j);
    o->offset = json_offset(&j);
    for (i = 0; good && i < PICKS; i++)
        if (o->depth[i] != 0)
            abort();
    return good;
}

struct text {
    unsigned char *bytes;
    size_t n, size;
};

static void put(void *context, const void *piece, size_t n)
{
    struct text *t = context;

    if (n == 0 || n > t->size - t->n)
        abort();
    memcpy(t->bytes + t->n, piece, n);
    t->n += n;
}

static bool compare(void *context, unsigned pick, enum json_event event,
                    enum json_type type, const unsigned char *bytes, size_t n)
{
    struct text *t = context;

    (void)pick;
    (void)type;
    if (event == JSON_BYTES) {
        if (n > t->size - t->n || memcmp(t->bytes + t->n, bytes, n) != 0)
            abort();
        t->n += n;
    }
    return true;
}

static void quote(const unsigned char *bytes, size_t n)
{
    static const struct json_pick whole = { "", JSON_WANT_TEXT, false };
    struct text out = { malloc(6 * n + 2), 0, 6 * n + 2 };
    struct text original = { malloc(n + 1), 0, n };
    struct json j;
    bool utf8 = true;
    size_t i, k;

    if (out.bytes == NULL || original.bytes == NULL)
        abort();
    if (n > 0)
        memcpy(original.bytes, bytes, n);
    for (i = 0; utf8 && i < n; i += k) {
        k = text_utf8_length(bytes + i, n - i);
        utf8 = k > 0;
    }
    if ((json_quote(original.bytes, n, put, &out) == 0) != utf8)
        abort();
    json_init(&j, &whole, utf8, compare, &original);
    json_feed(&j, out.bytes, out.n);
    if (!json_end(&j) || (utf8 && original.n != n))
        abort();
    free(out.bytes);
    free(original.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_pick *picks;
    struct outcome a, b, none;
    unsigned n = 0;
    bool good;

    if (size < 2)
        return 0;
    picks = sets[data[0] % (sizeof sets / sizeof sets[0])];
    while (n < PICKS && picks[n].pointer != NULL)
        n++;
    good = parse(&a, picks, n, data + 2, size - 2, 0);
    if (parse(&b, picks, n, data + 2, size - 2, 1 + data[1] % 23u) != good
        || memcmp(a.hash, b.hash, sizeof a.hash) != 0 || a.order != b.order
        || a.error != b.error || a.offset != b.offset)
        abort();
    parse(&none, picks, 0, data + 2, size - 2, 0);
    if (none.error != a.error || none.offset != a.offset)
        abort();
    quote(data + 2, size - 2);
    return 0;
}
