/*
 * plain.c: converts DynamoDB's typed JSON to plain text and JSON, in one pass
 * over the events of the JSON tokenizer. p->levels is the stack of what is
 * open; `begin` and `end` look at its top.
 */
#include "dynamodb/plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* The kinds of levels. */
enum {
    NOTHING,
    ITEM,                    /* {"name": TYPED, ...} */
    TYPED,                   /* {"S": "..."} */
    MAP,                     /* the {} in {"M": {}}; like an item */
    LIST,                    /* the [] in {"L": []}; elements are TYPED */
    SET                      /* the [] in {"SS": []}; elements are strings */
};

/* DynamoDB's types: the JSON type of their values, the level that a value opens
   and the character that begins it in plain JSON, and what error messages call
   such a value. BOOL has two rows. */
enum {
    T_NULL, T_S, T_B, T_N, T_TRUE, T_FALSE, T_M, T_L, T_SS, T_BS, T_NS, TYPES
};

static const struct {
    char name[5];
    unsigned char json, level;
    char open[2];
    const char *wanted;
} types[TYPES] = {
    [T_NULL] = {"NULL", JSON_TRUE, NOTHING, "", "true"},
    [T_S] = {"S", JSON_STRING, NOTHING, "", "a string"},
    [T_B] = {"B", JSON_STRING, NOTHING, "", "a string of base64"},
    [T_N] = {"N", JSON_STRING, NOTHING, "", "a number in quotes"},
    [T_TRUE] = {"BOOL", JSON_TRUE, NOTHING, "", "true or false"},
    [T_FALSE] = {"BOOL", JSON_FALSE, NOTHING, "", "true or false"},
    [T_M] = {"M", JSON_OBJECT, MAP, "{", "an object"},
    [T_L] = {"L", JSON_ARRAY, LIST, "[", "an array"},
    [T_SS] = {"SS", JSON_ARRAY, SET, "[", "an array of strings"},
    [T_BS] = {"BS", JSON_ARRAY, SET, "[", "an array of strings of base64"},
    [T_NS] = {"NS", JSON_ARRAY, SET, "[", "an array of numbers in quotes"}
};

void plain_init(struct plain *p)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->name, PLAIN_MAX);
    buf_init(&p->value, PLAIN_MAX);
    buf_init(&p->json, PLAIN_MAX);
    buf_init(&p->member, PLAIN_MAX);
    buf_init(&p->string, PLAIN_MAX);
    names_init(&p->names, PLAIN_MAX);
}

void plain_free(struct plain *p)
{
    buf_free(&p->name);
    buf_free(&p->value);
    buf_free(&p->json);
    buf_free(&p->member);
    buf_free(&p->string);
    names_free(&p->names);
}

static bool wrong(struct plain *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets p->why. Returns false. */
static bool wrong(struct plain *p, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(p->why, sizeof p->why, format, ap);
    va_end(ap);
    return false;
}

/* Returns whether the current value is the attribute's own, and not inside a
   list, map or set. */
static bool is_top(const struct plain *p)
{
    return p->depth == 2;
}

/* Opens a level. Below the item's own level, each of DynamoDB's levels takes
   two. */
static bool push(struct plain *p, unsigned char level)
{
    const bool deep = (level == MAP || level == LIST) &&
        p->depth / 2 > PLAIN_NESTING;

    if (p->depth >= PLAIN_LEVELS || (p->typed && deep))
        return wrong(p, "it is nested deeper than %d levels", PLAIN_NESTING);
    p->marks[p->depth] = names_open(&p->names);
    p->levels[p->depth++] = level;
    p->first = true;
    return true;
}

/* ---- output of values ---- */

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

/* Returns how many "=" base64 ends with, at most 2. */
static size_t padding(const unsigned char *p, size_t n)
{
    if (n < 4 || p[n - 1] != '=')
        return 0;
    return p[n - 2] == '=' ? 2 : 1;
}

bool plain_base64(const unsigned char *p, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t letters_end = n - padding(p, n);
    size_t i;

    for (i = 0; i < letters_end; i++)
        if (p[i] == '\0' || strchr(letters, p[i]) == NULL)
            return false;
    return n % 4 == 0;
}

/*
 * Returns the bytes of a number: 1, and 1 for each two significant digits. The
 * developer guide says "approximately"; this is the smallest interpretation,
 * so that no item is refused here that DynamoDB might accept.
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

size_t plain_size(const char *type, const unsigned char *p, size_t n)
{
    if (*type == 'N')
        return number_size(p, n);
    return *type == 'B' ? n / 4 * 3 - padding(p, n) : n;
}

/* Appends a byte to the plain form and to the typed one. */
static void put_both(struct plain *p, unsigned char c)
{
    buf_byte(&p->value, c);
    if (p->typed)
        buf_byte(&p->json, c);
}

/* Appends a JSON string to both forms. */
static void quote_both(struct plain *p, const struct buf *text)
{
    json_quote(text->data, text->len, buf_put, &p->value);
    if (p->typed)
        json_quote(text->data, text->len, buf_put, &p->json);
}

/* Counts and checks a complete name of an attribute or a map's member. */
static bool take_whole_name(struct plain *p, const struct buf *name)
{
    p->size += name->len;
    if (!p->typed)
        return true;
    if (name->len == 0)
        return wrong(p, "a name is empty");
    names_add(&p->names, name->data, name->len);
    return true;
}

/* Starts an element or a member. */
static bool place(struct plain *p, unsigned char level)
{
    if (!p->first)
        put_both(p, ',');
    p->first = false;
    if (level != SET)
        p->size++;
    if (level != MAP)
        return true;
    quote_both(p, &p->member);
    put_both(p, ':');
    return take_whole_name(p, &p->member);
}

/* ---- events ---- */

/* Returns the index of the type named p->type whose values have this JSON type,
   or TYPES if there is none. Sets *known to an index with that name, or to
   TYPES. */
static unsigned find_type(const struct plain *p, enum json_type type,
                          unsigned *known)
{
    unsigned i;

    *known = TYPES;
    for (i = 0; i < TYPES; i++) {
        if (strcmp(types[i].name, p->type) != 0)
            continue;
        *known = i;
        if (types[i].json == type)
            break;
    }
    return i;
}

/* Starts the value in {"S": ...} and so on. Fails if it is not the only one
   there, or does not fit the type. */
static bool begin_typed(struct plain *p, enum json_type type)
{
    unsigned i, known;

    if (!p->first)
        return wrong(p, "a value has two types");
    p->first = false;
    buf_reset(&p->string);
    i = find_type(p, type, &known);
    if (known == TYPES)
        return wrong(p, "\"%s\" is not one of DynamoDB's types", p->type);
    if (i == TYPES)
        return wrong(p, "\"%s\" wants %s", p->type, types[known].wanted);
    p->kind = i;
    if (is_top(p))
        p->attribute = i;
    buf_str(&p->value, types[i].open);
    if (p->typed)
        buf_format(&p->json, "{\"%s\":%s", types[i].name, types[i].open);
    if (i == T_M || i == T_L)
        p->size += 3;
    return types[i].level == NOTHING || push(p, types[i].level);
}

/* Starts a value, which must be an object that contains its type. */
static bool begin_value(struct plain *p, enum json_type type)
{
    if (type != JSON_OBJECT)
        return wrong(p, "a value is not like {\"S\":\"text\"}");
    return push(p, TYPED);
}

static bool begin(struct plain *p, enum json_type type)
{
    const unsigned char level = p->depth > 0 ? p->levels[p->depth - 1]
        : NOTHING;

    switch (level) {
    case NOTHING:
        return type == JSON_OBJECT ? push(p, ITEM)
            : wrong(p, "it is not an object");
    case ITEM:
        buf_reset(&p->value);
        buf_reset(&p->json);
        p->size = 0;
        return take_whole_name(p, &p->name) && begin_value(p, type);
    case MAP:
    case LIST:
        return place(p, level) && begin_value(p, type);
    case SET:
        place(p, level);
        buf_reset(&p->string);
        return type == JSON_STRING ||
            wrong(p, "\"%s\" wants %s", types[p->kind].name,
                  types[p->kind].wanted);
    default:
        return begin_typed(p, type);
    }
}

/* Reports a complete attribute to p->fn. */
static bool tell(struct plain *p)
{
    static const unsigned char nothing[1];
    const unsigned type = p->attribute;
    const unsigned char *value = p->value.len > 0 ? p->value.data : nothing;
    const struct plain_value v = {p->name.len > 0 ? p->name.data : nothing,
        p->name.len, types[type].name, type > T_N ||
        (type == T_N && is_number(&p->value)), type == T_NULL ? NULL : value,
        p->value.len, p->typed ? p->json.data : NULL, p->json.len, p->size};

    if (p->name.failed || p->value.failed || p->json.failed ||
        p->member.failed || p->string.failed || names_failed(&p->names))
        return wrong(p, "memory is out");
    p->ended = !p->fn(p->context, &v);
    return !p->ended;
}

/* Closes the innermost level. */
static bool pop(struct plain *p)
{
    const unsigned char level = p->levels[--p->depth];

    if (level == TYPED && p->first)
        return wrong(p, "a value has no type");
    if (level == SET && p->first && p->typed)
        return wrong(p, "a set is empty");
    if ((level == MAP || level == ITEM) && p->typed &&
        !names_close(&p->names, p->marks[p->depth])) {
        if (level == MAP)
            return wrong(p, "a map has two members of one name");
        buf_reset(&p->name);     /* the duplicate name is unknown */
        return wrong(p, "it has two attributes of one name");
    }
    p->first = false;
    if (level == MAP)
        put_both(p, '}');
    if (level == LIST || level == SET)
        put_both(p, ']');
    if (level == TYPED && p->typed)
        buf_byte(&p->json, '}');
    if (level == TYPED && p->depth == 1)
        return tell(p);
    if (level == ITEM)
        p->ended = !p->fn(p->context, NULL);
    return !p->ended;
}

/* With `typed`: ends a scalar or an element of a set. */
static bool end_typed(struct plain *p, const struct buf *text)
{
    const char *type = types[p->kind].name;
    const bool good = *type == 'N' ? plain_digits(text->data, text->len)
        : *type != 'B' || plain_base64(text->data, text->len);

    if (!good)
        return wrong(p, "\"%s\" wants %s", type, types[p->kind].wanted);
    json_quote(text->data, text->len, buf_put, &p->json);
    p->size += plain_size(type, text->data, text->len);
    return true;
}

/* Ends a boolean or NULL. */
static bool end_literal(struct plain *p, enum json_type type)
{
    const char *text = type == JSON_TRUE ? "true" : "false";

    p->size++;
    if (p->typed)
        buf_str(&p->json, text);
    if (p->kind != T_NULL)
        buf_str(&p->value, text);
    else if (!is_top(p))
        buf_str(&p->value, "null");
    return true;
}

static bool end(struct plain *p, enum json_type type)
{
    const bool number = p->kind == T_N || p->kind == T_NS;
    const struct buf *text = is_top(p) ? &p->value : &p->string;

    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return pop(p);
    if (type != JSON_STRING)
        return end_literal(p, type);
    if (p->typed && !end_typed(p, text))
        return false;
    if (number && !is_top(p) && is_number(text))
        buf_add(&p->value, text->data, text->len);
    else if (!is_top(p))
        json_quote(text->data, text->len, buf_put, &p->value);
    return true;
}

/* Takes a piece of a type's name. */
static bool take_type(struct plain *p, const unsigned char *bytes, size_t n)
{
    const size_t have = strlen(p->type);

    if (n >= sizeof p->type - have || memchr(bytes, '\0', n) != NULL)
        return wrong(p, "a value has a type that DynamoDB does not have");
    memcpy(p->type + have, bytes, n);
    return true;
}

/* Takes a piece of the name of an attribute, a member or a type. */
static bool take_name(struct plain *p, const unsigned char *bytes, size_t n)
{
    const unsigned char level = p->levels[p->depth - 1];
    struct buf *to = level == ITEM ? &p->name : &p->member;

    if (!p->naming && level == TYPED)
        memset(p->type, 0, sizeof p->type);
    else if (!p->naming)
        buf_reset(to);
    p->naming = true;
    return level == TYPED ? take_type(p, bytes, n) : buf_add(to, bytes, n);
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
    p->why[0] = '\0';
    names_reset(&p->names);
    json_init(&j, &pick, 1, take, p);
    json_feed(&j, json, n);
    if (json_end(&j) || p->ended)
        return true;
    if (json_error(&j) != JSON_E_CALLER)
        wrong(p, "not JSON: %s", json_sentence(json_error(&j)));
    return false;
}

void plain_line(struct buf *line, const struct plain_value *v)
{
    if (line->len == 0)
        buf_str(line, "{\"Item\":{");
    else if (v != NULL)
        buf_byte(line, ',');
    if (v == NULL) {
        buf_str(line, "}}");
        return;
    }
    json_quote(v->name, v->name_len, buf_put, line);
    buf_byte(line, ':');
    buf_add(line, v->typed, v->typed_len);
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
