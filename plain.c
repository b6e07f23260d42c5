/* plain: see plain.h. */
#include "plain.h"

#include <string.h>

#include "json.h"

/* What is open. */
enum {
    ITEM,                    /* {"name": TYPED, ...} */
    TYPED,                   /* {"S": "..."} */
    MAP,                     /* the {} in {"M": {}}; as an item */
    LIST,                    /* the [] in {"L": []}, of TYPED */
    SET                      /* the [] in {"SS": []}, of strings */
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

static bool is(const char *type, const char *name)
{
    return strcmp(type, name) == 0;
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

/* Does it look like a number, so that it may stand in JSON? */
static bool is_number(const struct buf *b)
{
    size_t i;

    if (b->len == 0 || (b->data[0] != '-' &&
                        (b->data[0] < '0' || b->data[0] > '9')))
        return false;
    for (i = 0; i < b->len; i++)
        if (b->data[i] == '\0' || strchr("0123456789+-.eE", b->data[i]) ==
            NULL)
            return false;
    return true;
}

/* A string that is over: S, N or B, in a list, map or set. */
static void put_nested(struct plain *p)
{
    if (p->type[0] == 'N' && is_number(&p->string))
        buf_add(&p->value, p->string.data, p->string.len);
    else
        json_quote(p->string.data, p->string.len, buf_put, &p->value);
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

/* The value of {"S": ...} and so on begins: does it fit the type? */
static bool begin_typed(struct plain *p, enum json_type type)
{
    const char *t = p->type;

    if (is_top(p))
        memcpy(p->attribute, t, sizeof p->attribute);
    buf_reset(&p->string);
    if (is(t, "S") || is(t, "N") || is(t, "B"))
        return type == JSON_STRING;
    if (is(t, "BOOL"))
        return type == JSON_TRUE || type == JSON_FALSE;
    if (is(t, "NULL"))
        return type == JSON_TRUE;
    if (is(t, "M")) {
        buf_byte(&p->value, '{');
        return type == JSON_OBJECT && push(p, MAP);
    }
    buf_byte(&p->value, '[');
    if (is(t, "L"))
        return type == JSON_ARRAY && push(p, LIST);
    return (is(t, "SS") || is(t, "NS") || is(t, "BS")) &&
        type == JSON_ARRAY && push(p, SET);
}

static bool begin(struct plain *p, enum json_type type)
{
    if (p->depth == 0)
        return type == JSON_OBJECT && push(p, ITEM);
    switch (p->levels[p->depth - 1]) {
    case ITEM:
        buf_reset(&p->value);
        p->attribute[0] = '\0';
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
    const char *type = p->attribute;
    struct plain_value v = {p->name.len > 0 ? p->name.data : nothing,
        p->name.len, type, true, p->value.len > 0 ? p->value.data : nothing,
        p->value.len};

    if (type[0] == '\0' || p->name.failed || p->value.failed ||
        p->string.failed)
        return false;
    if (is(type, "NULL"))
        v.bytes = NULL;
    v.json = !is(type, "NULL") && !is(type, "S") && !is(type, "B") &&
        !(is(type, "N") && !is_number(&p->value));
    p->ended = !p->fn(p->context, &v);
    return !p->ended;
}

/* What was open is closed. */
static bool pop(struct plain *p)
{
    unsigned char level = p->levels[--p->depth];

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
    bool top = is_top(p);

    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return pop(p);
    if (type == JSON_STRING && !top)
        put_nested(p);
    else if (is(p->type, "NULL") && !top)
        buf_str(&p->value, "null");
    else if (type == JSON_TRUE || type == JSON_FALSE)
        buf_str(&p->value, type == JSON_TRUE ? "true" : "false");
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
    const struct json_pick pick = {many ? "/*" : "", JSON_WANT_WALK, many, 0};
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

struct key {
    const char *names[2];
    struct buf values[2];
    bool found[2];
};

static bool take_key(void *context, const struct plain_value *v)
{
    struct key *key = context;
    int i;

    for (i = 0; v != NULL && i < 2; i++)
        if (key->names[i] != NULL && strlen(key->names[i]) == v->name_len &&
            memcmp(key->names[i], v->name, v->name_len) == 0) {
            buf_str(&key->values[i], v->type);
            buf_byte(&key->values[i], ':');
            buf_add(&key->values[i], v->bytes, v->bytes == NULL ? 0 : v->len);
            key->found[i] = true;
        }
    return true;
}

bool plain_key(struct plain *p, const unsigned char *json, size_t n,
               const char *hash, const char *range, struct buf *id)
{
    struct key key = {.names = {hash, range}};
    bool good;

    buf_init(&key.values[0], PLAIN_MAX);
    buf_init(&key.values[1], PLAIN_MAX);
    good = plain_read(p, json, n, false, take_key, &key) && key.found[0] &&
        (range == NULL || key.found[1]);
    buf_reset(id);
    buf_format(id, "%zu:", key.values[0].len);
    buf_add(id, key.values[0].data, key.values[0].len);
    buf_add(id, key.values[1].data, key.values[1].len);
    good = good && !key.values[0].failed && !key.values[1].failed &&
        !id->failed;
    buf_free(&key.values[0]);
    buf_free(&key.values[1]);
    return good;
}

void plain_string_key(const unsigned char *bytes, size_t n, struct buf *id)
{
    buf_reset(id);
    buf_format(id, "%zu:S:", n + 2);
    buf_add(id, bytes, n);
}
