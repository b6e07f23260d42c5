/* item.c: converts values and JSON to DynamoDB's typed JSON, and counts its
   size. */
#include "dynamodb/item.h"

#include <string.h>

#include "json.h"

void item_init(struct item *item)
{
    memset(item, 0, sizeof *item);
    buf_init(&item->json, ITEM_JSON_MAX);
    buf_init(&item->member, ITEM_MAX);
    buf_init(&item->scalar, ITEM_MAX);
    names_init(&item->names, ITEM_MAX);
}

void item_reset(struct item *item)
{
    buf_reset(&item->json);
    buf_reset(&item->member);
    buf_reset(&item->scalar);
    names_reset(&item->names);
    item->size = 0;
    item->replaced = 0;
}

static void quote(struct item *item, const void *bytes, size_t n)
{
    item->replaced += json_quote(bytes, n, buf_put, &item->json);
}

/* Appends the separator and the name of an attribute. */
static void put_name(struct item *item, const void *name, size_t n)
{
    buf_byte(&item->json, item->json.len == 0 ? '{' : ',');
    quote(item, name, n);
    buf_byte(&item->json, ':');
}

static void begin_name(struct item *item, const char *name)
{
    put_name(item, name, strlen(name));
    item->size += strlen(name);
}

void item_take(struct item *item, const struct plain_value *v)
{
    put_name(item, v->name, v->name_len);
    buf_add(&item->json, v->typed, v->typed_len);
    item->size += v->size;
}

/* Appends the value of a string, a number from its digits, or binary from its
   base64. */
static void put_text(struct item *item, const char *type, const void *bytes,
                     size_t n)
{
    buf_format(&item->json, "{\"%s\":", type);
    quote(item, bytes, n);
    buf_byte(&item->json, '}');
    item->size += plain_size(type, bytes, n);
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

/* Empties a buffer without buf_reset, so that item_fits still sees `failed`. */
static void clear(struct buf *b)
{
    b->len = 0;
}

/* The conversion of a JSON value. */
struct typed {
    struct item *item;
    unsigned depth;
    uint64_t object;             /* a bit for each level: it is an object */
    bool first;
    const char *why;             /* why it cannot be stored, or NULL */
    size_t marks[PLAIN_NESTING]; /* of names_open, for each level */
};

/* Starts an element or a member: appends the comma and the member's name. */
static void typed_place(struct typed *t)
{
    struct item *item = t->item;

    if (t->depth == 0)
        return;
    if (!t->first)
        buf_byte(&item->json, ',');
    t->first = false;
    item->size += 1;             /* the overhead of each element or member */
    if (t->object >> (t->depth - 1) & 1) {
        quote(item, item->member.data, item->member.len);
        buf_byte(&item->json, ':');
        item->size += item->member.len;
        names_add(&item->names, item->member.data, item->member.len);
        clear(&item->member);
    }
}

static bool typed_begin(struct typed *t, enum json_type type)
{
    struct item *item = t->item;

    typed_place(t);
    if (type == JSON_OBJECT || type == JSON_ARRAY) {
        if (t->depth >= PLAIN_NESTING) {
            t->why = "is nested deeper than 32 levels";
            return false;
        }
        t->marks[t->depth] = names_open(&item->names);
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

static bool typed_end(struct typed *t, enum json_type type)
{
    struct item *item = t->item;

    switch (type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        t->depth--;
        t->first = false;
        buf_str(&item->json, type == JSON_OBJECT ? "}}" : "]}");
        if (!names_close(&item->names, t->marks[t->depth])) {
            t->why = "has two members of one name";
            return false;
        }
        break;
    case JSON_STRING:
    case JSON_NUMBER:            /* the value of "N" is a string */
        put_text(item, type == JSON_STRING ? "S" : "N", item->scalar.data,
                 item->scalar.len);
        break;
    default:
        put_literal(item, type);
        break;
    }
    clear(&item->scalar);
    return true;
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
        return typed_end(t, type);
    case JSON_NAME:
        buf_add(&t->item->member, bytes, n);
        break;
    case JSON_BYTES:
        buf_add(&t->item->scalar, bytes, n);
        break;
    }
    return true;
}

const char *item_json(struct item *item, const char *name,
                      const unsigned char *value, size_t n)
{
    static const struct json_pick whole = {"", JSON_WANT_WALK, false};
    struct typed typed = {.item = item, .first = true};
    struct json json;

    begin_name(item, name);
    json_init(&json, &whole, 1, typed_event, &typed);
    json_feed(&json, value, n);
    item->json.failed |= names_failed(&item->names);
    item->json.starved |= item->names.bytes.starved ||
        item->names.order.starved;
    if (json_end(&json))
        return NULL;
    return typed.why != NULL ? typed.why : "is not JSON";
}

/* If memory ran out, the size is unknown, and items_put reports the error. */
bool item_fits(const struct item *item)
{
    return (!item->json.failed || item->json.starved) &&
        (!item->member.failed || item->member.starved) &&
        (!item->scalar.failed || item->scalar.starved) &&
        item->size <= ITEM_MAX;
}
