/* plain: see plain.h. */
#include "dynamodb/plain.h"

#include <string.h>

#include "json.h"

/* What is open. */
enum {
    NOTHING,
    ITEM,                    /* {"name": TYPED, ...} */
    TYPED,                   /* {"S": "..."} */
    MAP,                     /* the {} in {"M": {}}; as an item */
    LIST,                    /* the [] in {"L": []}, of TYPED */
    SET                      /* the [] in {"SS": []}, of strings */
};

/* DynamoDB's types: what JSON they have, what that opens, and with what. */
enum {
    T_NULL, T_S, T_B, T_N, T_TRUE, T_FALSE, T_M, T_L, T_SS, T_BS, T_NS, TYPES
};

static const struct {
    char name[5];
    unsigned char json, level;
    char open[2];
} types[TYPES] = {
    [T_NULL] = {"NULL", JSON_TRUE, NOTHING, ""},
    [T_S] = {"S", JSON_STRING, NOTHING, ""},
    [T_B] = {"B", JSON_STRING, NOTHING, ""},
    [T_N] = {"N", JSON_STRING, NOTHING, ""},
    [T_TRUE] = {"BOOL", JSON_TRUE, NOTHING, ""},
    [T_FALSE] = {"BOOL", JSON_FALSE, NOTHING, ""},
    [T_M] = {"M", JSON_OBJECT, MAP, "{"},
    [T_L] = {"L", JSON_ARRAY, LIST, "["},
    [T_SS] = {"SS", JSON_ARRAY, SET, "["},
    [T_BS] = {"BS", JSON_ARRAY, SET, "["},
    [T_NS] = {"NS", JSON_ARRAY, SET, "["}
};

void plain_init(struct plain *p)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->name, PLAIN_MAX);
    buf_init(&p->value, PLAIN_MAX);
    buf_init(&p->string, PLAIN_MAX);
}

void plain_free(struct plain *p)
{
    buf_free(&p->name);
    buf_free(&p->value);
    buf_free(&p->string);
}

/* Is the value in hand the attribute's own? Else it is in a list, map or
   set. */
static bool is_top(const struct plain *p)
{
    return p->depth == 2;
}

static bool push(struct plain *p, unsigned char level)
{
    if (p->depth >= PLAIN_LEVELS)
        return false;
    p->levels[p->depth++] = level;
    p->first = true;
    return true;
}

/* ---- what a value is written as ---- */

bool plain_digits(const unsigned char *p, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (p[i] == '\0' || strchr("0123456789+-.eE", p[i]) == NULL)
            return false;
    return n > 0;
}

bool plain_number(const unsigned char *p, size_t n)
{
    struct json j;

    json_init(&j, NULL, 0, NULL, NULL);
    json_feed(&j, p, n);
    return plain_digits(p, n) && json_end(&j);
}

static bool is_number(const struct buf *b)
{
    return plain_number(b->data, b->len);
}

/* Where an element or a member begins. */
static void place(struct plain *p, bool member)
{
    if (!p->first)
        buf_byte(&p->value, ',');
    p->first = false;
    if (!member)
        return;
    json_quote(p->string.data, p->string.len, buf_put, &p->value);
    buf_byte(&p->value, ':');
}

/* ---- the values, as they begin and end ---- */

/* The value of {"S": ...} and so on begins: is it the only one there, and
   does it fit the type? */
static bool begin_typed(struct plain *p, enum json_type type)
{
    unsigned char i = 0;

    if (!p->first)
        return false;
    p->first = false;
    buf_reset(&p->string);
    while (types[i].json != type || strcmp(types[i].name, p->type) != 0)
        if (++i == TYPES)
            return false;
    p->kind = i;
    if (is_top(p))
        p->attribute = i;
    buf_str(&p->value, types[i].open);
    return types[i].level == NOTHING || push(p, types[i].level);
}

static bool begin(struct plain *p, enum json_type type)
{
    if (p->depth == 0)
        return type == JSON_OBJECT && push(p, ITEM);
    switch (p->levels[p->depth - 1]) {
    case ITEM:
        buf_reset(&p->value);
        return type == JSON_OBJECT && push(p, TYPED);
    case MAP:
    case LIST:
        place(p, p->levels[p->depth - 1] == MAP);
        return type == JSON_OBJECT && push(p, TYPED);
    case SET:
        place(p, false);
        buf_reset(&p->string);
        return type == JSON_STRING;
    default:
        return begin_typed(p, type);
    }
}

/* An attribute is whole. */
static bool tell(struct plain *p)
{
    static const unsigned char nothing[1];
    const unsigned char type = p->attribute;
    const unsigned char *value = p->value.len > 0 ? p->value.data : nothing;
    const struct plain_value v = {p->name.len > 0 ? p->name.data : nothing,
        p->name.len, types[type].name, type > T_N ||
        (type == T_N && is_number(&p->value)), type == T_NULL ? NULL : value,
        p->value.len};

    if (p->name.failed || p->value.failed || p->string.failed)
        return false;
    p->ended = !p->fn(p->context, &v);
    return !p->ended;
}

/* What was open is closed. */
static bool pop(struct plain *p)
{
    unsigned char level = p->levels[--p->depth];

    if (level == TYPED && p->first)      /* {} has no type */
        return false;
    p->first = false;
    if (level == MAP)
        buf_byte(&p->value, '}');
    if (level == LIST || level == SET)
        buf_byte(&p->value, ']');
    if (level == TYPED && p->depth == 1)
        return tell(p);
    if (level == ITEM)
        p->ended = !p->fn(p->context, NULL);
    return !p->ended;
}

static bool end(struct plain *p, enum json_type type)
{
    const bool number = p->kind == T_N || p->kind == T_NS;

    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return pop(p);
    if (p->kind == T_NULL && is_top(p))
        return true;
    if (type != JSON_STRING)
        buf_str(&p->value, p->kind == T_NULL ? "null" : type == JSON_TRUE
                ? "true" : "false");
    else if (number && !is_top(p) && is_number(&p->string))
        buf_add(&p->value, p->string.data, p->string.len);
    else if (!is_top(p))
        json_quote(p->string.data, p->string.len, buf_put, &p->value);
    return true;
}

/* A piece of a member's name. */
static bool take_name(struct plain *p, const unsigned char *bytes, size_t n)
{
    unsigned char level = p->levels[p->depth - 1];
    struct buf *to = level == ITEM ? &p->name : &p->string;

    if (!p->naming) {
        buf_reset(to);
        memset(p->type, 0, sizeof p->type);
    }
    p->naming = true;
    if (level != TYPED)
        return buf_add(to, bytes, n);
    if (n >= sizeof p->type - strlen(p->type))
        return false;            /* no type of DynamoDB's is as long */
    memcpy(p->type + strlen(p->type), bytes, n);
    return true;
}

static bool take(void *context, unsigned pick, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    struct plain *p = context;

    (void)pick;
    if (event == JSON_NAME)
        return take_name(p, bytes, n);
    p->naming = false;
    if (event == JSON_BEGIN)
        return begin(p, type);
    if (event == JSON_END)
        return end(p, type);
    if (type == JSON_STRING)
        buf_add(is_top(p) ? &p->value : &p->string, bytes, n);
    return true;
}

bool plain_read(struct plain *p, const unsigned char *json, size_t n,
                bool many, plain_fn *fn, void *context)
{
    const struct json_pick pick = {many ? "/*" : "", JSON_WANT_WALK, many};
    struct json j;

    p->fn = fn;
    p->context = context;
    p->depth = 0;
    p->naming = p->ended = false;
    json_init(&j, &pick, 1, take, p);
    json_feed(&j, json, n);
    return json_end(&j) || p->ended;
}

/* ---- keys ---- */

bool plain_is(const struct plain_value *v, const char *name)
{
    return v != NULL && v->name_len == strlen(name) &&
        memcmp(v->name, name, v->name_len) == 0;
}

struct key {
    const char *name;
    struct buf *id;
    bool found;
};

static void add_key(struct buf *id, const char *type,
                    const unsigned char *bytes, size_t n)
{
    buf_format(id, "%s%zu:", type, n);
    buf_add(id, bytes, n);
}

static bool take_key(void *context, const struct plain_value *v)
{
    struct key *key = context;

    if (plain_is(v, key->name)) {
        add_key(key->id, v->type, v->bytes, v->len);
        key->found = true;
    }
    return true;
}

static bool read_key(struct plain *p, const unsigned char *json, size_t n,
                     const char *name, struct buf *id)
{
    struct key key = {name, id, false};

    return plain_read(p, json, n, false, take_key, &key) && key.found &&
        !id->failed;
}

bool plain_key(struct plain *p, const unsigned char *json, size_t n,
               const char *hash, const char *range, struct buf *id)
{
    buf_reset(id);
    return read_key(p, json, n, hash, id) &&
        (range == NULL || read_key(p, json, n, range, id));
}

void plain_string_key(const unsigned char *bytes, size_t n, struct buf *id)
{
    buf_reset(id);
    add_key(id, "S", bytes, n);
}
