/* item: see item.h. */
#include "dynamodb/item.h"

#include <string.h>

#include "json.h"

void item_init(struct item *item)
{
    memset(item, 0, sizeof *item);
    /* JSON may write each byte as six: \u0001 */
    buf_init(&item->json, 6 * ITEM_MAX + 65536);
    buf_init(&item->spare, ITEM_MAX);
}

void item_reset(struct item *item)
{
    buf_reset(&item->json);
    buf_reset(&item->spare);
    item->size = 0;
    item->replaced = 0;
}

static void quote(struct item *item, const void *bytes, size_t n)
{
    item->replaced += json_quote(bytes, n, buf_put, &item->json);
}

static void begin_name(struct item *item, const char *name)
{
    buf_byte(&item->json, item->json.len == 0 ? '{' : ',');
    quote(item, name, strlen(name));
    buf_byte(&item->json, ':');
    item->size += strlen(name);
}

/*
 * Bytes of a number: 1, and 1 for each two significant digits. The developer
 * guide says "approximately", and so this is the least that it can mean: an
 * item is not refused here that DynamoDB might take.
 */
static size_t number_size(const unsigned char *p, size_t n)
{
    size_t digits = 0, zeros = 0, i;

    for (i = 0; i < n && p[i] != 'e' && p[i] != 'E'; i++) {
        if (p[i] == '0' && digits > 0)
            zeros++;
        if (p[i] >= '1' && p[i] <= '9') {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return 1 + (digits + 1) / 2;
}

/* The value of a string, a number by its digits, or binary by its base64. */
static void put_text(struct item *item, const char *type, const void *bytes,
                     size_t n)
{
    buf_format(&item->json, "{\"%s\":", type);
    quote(item, bytes, n);
    buf_byte(&item->json, '}');
    item->size += type[0] == 'N' ? number_size(bytes, n)
        : type[0] == 'B' ? n / 4 * 3 : n;
}

static void put_literal(struct item *item, enum json_type type)
{
    buf_str(&item->json, type == JSON_TRUE ? "{\"BOOL\":true}"
            : type == JSON_FALSE ? "{\"BOOL\":false}" : "{\"NULL\":true}");
    item->size += 1;
}

void item_typed(struct item *item, const char *name, const char *type,
                const unsigned char *text, size_t n)
{
    begin_name(item, name);
    put_text(item, type, text, n);
}

void item_string(struct item *item, const char *name, const void *value,
                 size_t n)
{
    begin_name(item, name);
    if (value != NULL)
        put_text(item, "S", value, n);
    else
        put_literal(item, JSON_NULL);
}

/* A JSON value on its way into an item. */
struct typed {
    struct item *item;
    unsigned depth;
    uint64_t object;             /* a bit for each level: is it an object? */
    bool first;
};

/* Where an element or a member begins: the comma, the member's name. */
static void typed_place(struct typed *t)
{
    struct item *item = t->item;

    if (t->depth == 0)
        return;
    if (!t->first)
        buf_byte(&item->json, ',');
    t->first = false;
    item->size += 1;             /* for each element of a list or a map */
    if (t->object >> (t->depth - 1) & 1) {
        quote(item, item->spare.data, item->spare.len);
        buf_byte(&item->json, ':');
        item->size += item->spare.len;
    }
}

static bool typed_begin(struct typed *t, enum json_type type)
{
    struct item *item = t->item;

    typed_place(t);
    buf_reset(&item->spare);
    if (type == JSON_OBJECT || type == JSON_ARRAY) {
        if (t->depth >= ITEM_NESTING_MAX)
            return false;
        t->object &= ~(UINT64_C(1) << t->depth);
        if (type == JSON_OBJECT)
            t->object |= UINT64_C(1) << t->depth;
        t->depth++;
        t->first = true;
        buf_str(&item->json, type == JSON_OBJECT ? "{\"M\":{" : "{\"L\":[");
        item->size += 3;
    }
    return true;
}

static void typed_end(struct typed *t, enum json_type type)
{
    struct item *item = t->item;

    switch (type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        t->depth--;
        t->first = false;
        buf_str(&item->json, type == JSON_OBJECT ? "}}" : "]}");
        break;
    case JSON_STRING:
    case JSON_NUMBER:            /* "N" is a number as a string */
        put_text(item, type == JSON_STRING ? "S" : "N", item->spare.data,
                 item->spare.len);
        break;
    default:
        put_literal(item, type);
        break;
    }
}

static bool typed_event(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct typed *t = context;

    (void)pick;
    switch (event) {
    case JSON_BEGIN:
        return typed_begin(t, type);
    case JSON_END:
        typed_end(t, type);
        break;
    default:                     /* pieces of a name or of a scalar */
        buf_add(&t->item->spare, bytes, n);
        break;
    }
    return true;
}

bool item_json(struct item *item, const char *name,
               const unsigned char *value, size_t n)
{
    static const struct json_pick whole = {"", JSON_WANT_WALK, false};
    struct typed typed = {item, 0, 0, true};
    struct json json;

    begin_name(item, name);
    buf_reset(&item->spare);
    json_init(&json, &whole, 1, typed_event, &typed);
    json_feed(&json, value, n);
    return json_end(&json);
}

/* Without memory nobody knows; who sends it says so. */
bool item_fits(const struct item *item)
{
    return (!item->json.failed || item->json.starved) &&
        (!item->spare.failed || item->spare.starved) &&
        item->size <= ITEM_MAX;
}
