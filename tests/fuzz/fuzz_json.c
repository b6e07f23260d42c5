/*
 * fuzz_json.c: a libFuzzer target for json.c.
 *
 * The first byte selects the picks, the second the sizes of the pieces; the
 * rest is the document. It is fed as a whole and in pieces, each from memory
 * of its size, and both must give the same events, error and offset, which
 * must not depend on the picks. Then the document is written as a JSON string,
 * which must be accepted and give the document again.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

enum { PICKS = 8 };

/* What happened to a document. Pieces of the same text have the same hash as
   the text. */
struct trace {
    uint64_t hash[PICKS];        /* of the events of each pick */
    uint64_t order;              /* hash of all begins and ends */
    unsigned last[PICKS];
    unsigned depth[PICKS];       /* begins without an end */
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
    struct trace *o = context;
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
    { { "/info/ocr/adv_ocr*/status", JSON_WANT_STRING, true },
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

/* Feeds pieces of 1 to `most` bytes, or all at once if that is 0. */
static bool parse(struct trace *o, const struct json_pick *picks, unsigned n,
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

/* Collects a string in a struct buf. */
static bool collect(void *context, unsigned pick, enum json_event event,
                    enum json_type type, const unsigned char *bytes, size_t n)
{
    (void)pick;
    (void)type;
    if (event == JSON_BYTES)
        buf_add(context, bytes, n);
    return true;
}

/* A written string must be accepted; UTF-8 must be read back as it was. */
static void write_string(const unsigned char *bytes, size_t n)
{
    static const struct json_pick whole = { "", JSON_WANT_TEXT, false };
    const bool utf8 = text_is_utf8(bytes, n);
    struct buf written, again;
    struct json j;

    buf_init(&written, 6 * n + 2);
    buf_init(&again, 3 * n);
    if ((json_write_string_bytes(&written, bytes, n) == 0) != utf8)
        abort();
    json_init(&j, &whole, 1, collect, &again);
    json_feed(&j, written.data, written.len);
    if (!json_end(&j) || written.failed || again.failed)
        abort();
    if (utf8 && n > 0 &&
        (again.len != n || memcmp(again.data, bytes, n) != 0))
        abort();
    buf_free(&written);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_pick *picks;
    struct trace a, b, none;
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
    write_string(data + 2, size - 2);
    return 0;
}
