/* keys: see keys.h. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "item.h"

enum { DEFINITIONS = 64 };       /* 20 indexes of two keys, and some more */

enum {
    P_KEY, P_KEY_NAME, P_KEY_ROLE,
    P_GLOBAL, P_GLOBAL_NAME, P_GLOBAL_KEY, P_GLOBAL_KEY_NAME,
    P_GLOBAL_KEY_ROLE,
    P_LOCAL, P_LOCAL_NAME, P_LOCAL_KEY, P_LOCAL_KEY_NAME, P_LOCAL_KEY_ROLE,
    P_DEF, P_DEF_NAME, P_DEF_TYPE,
    P_N
};

#define GLOBAL "/Table/GlobalSecondaryIndexes/*"
#define LOCAL "/Table/LocalSecondaryIndexes/*"
#define DEFINITION "/Table/AttributeDefinitions/*"

static const struct json_pick picks[P_N] = {
    {"/Table/KeySchema/*", JSON_WANT_TYPE, true, 0},
    {"/Table/KeySchema/*/AttributeName", JSON_WANT_TEXT, true, 0},
    {"/Table/KeySchema/*/KeyType", JSON_WANT_TEXT, true, 0},
    {GLOBAL, JSON_WANT_TYPE, true, 0},
    {GLOBAL "/IndexName", JSON_WANT_TEXT, true, 0},
    {GLOBAL "/KeySchema/*", JSON_WANT_TYPE, true, 0},
    {GLOBAL "/KeySchema/*/AttributeName", JSON_WANT_TEXT, true, 0},
    {GLOBAL "/KeySchema/*/KeyType", JSON_WANT_TEXT, true, 0},
    {LOCAL, JSON_WANT_TYPE, true, 0},
    {LOCAL "/IndexName", JSON_WANT_TEXT, true, 0},
    {LOCAL "/KeySchema/*", JSON_WANT_TYPE, true, 0},
    {LOCAL "/KeySchema/*/AttributeName", JSON_WANT_TEXT, true, 0},
    {LOCAL "/KeySchema/*/KeyType", JSON_WANT_TEXT, true, 0},
    {DEFINITION, JSON_WANT_TYPE, true, 0},
    {DEFINITION "/AttributeName", JSON_WANT_TEXT, true, 0},
    {DEFINITION "/AttributeType", JSON_WANT_TEXT, true, 0}
};

struct description {
    const char *index;           /* that is wanted, or NULL */
    struct keys *keys;
    struct outcome_note notes[P_N];
    struct keys_one hash, range; /* of the index in hand */
    unsigned n;
    struct keys_one definitions[DEFINITIONS];
};

static void begin(void *context)
{
    struct description *d = context;

    memset(d->keys, 0, sizeof *d->keys);
    memset(d->notes, 0, sizeof d->notes);
    d->n = 0;
}

static void set_key(struct keys_one *hash, struct keys_one *range,
                    const struct outcome_note *name,
                    const struct outcome_note *role)
{
    struct keys_one *key = strcmp(role->text, "HASH") == 0 ? hash : range;

    memcpy(key->name, name->text, sizeof key->name);
}

/* What `pick` stands for is whole. */
static void ended(struct description *d, unsigned pick)
{
    const struct outcome_note *name = &d->notes[pick + 1];
    struct keys_one *definition = &d->definitions[d->n];

    switch (pick) {
    case P_KEY:
        set_key(&d->keys->hash, &d->keys->range, name, name + 1);
        break;
    case P_GLOBAL_KEY:
    case P_LOCAL_KEY:
        set_key(&d->hash, &d->range, name, name + 1);
        break;
    case P_GLOBAL:
    case P_LOCAL:
        if (d->index == NULL || strcmp(name->text, d->index) != 0)
            break;
        d->keys->index_hash = d->hash;
        d->keys->index_range = d->range;
        break;
    default:
        if (d->n == DEFINITIONS)
            break;
        d->n++;
        memcpy(definition->name, name->text, sizeof definition->name);
        snprintf(definition->type, sizeof definition->type, "%.7s",
                 name[1].text);
        break;
    }
}

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct description *d = context;
    bool whole = picks[pick].want == JSON_WANT_TYPE;

    (void)type;
    if (event == JSON_BYTES)
        outcome_note_add(&d->notes[pick], bytes, n);
    else if (event == JSON_END && whole)
        ended(d, pick);
    if (event == JSON_BEGIN && whole)
        memset(&d->notes[pick + 1], 0, 2 * sizeof d->notes[0]);
    if (event == JSON_BEGIN && (pick == P_GLOBAL || pick == P_LOCAL)) {
        memset(&d->hash, 0, sizeof d->hash);
        memset(&d->range, 0, sizeof d->range);
    }
    return true;
}

static void set_type(const struct description *d, struct keys_one *key)
{
    unsigned i;

    for (i = 0; i < d->n; i++)
        if (strcmp(d->definitions[i].name, key->name) == 0)
            memcpy(key->type, d->definitions[i].type, sizeof key->type);
}

enum outcome keys_read(struct dynamodb *db, const char *table,
                       const char *index, const char *key, struct keys *keys)
{
    static struct description d;         /* 20 KB */
    const struct dynamodb_want want = {picks, P_N, picked, begin, &d};
    enum outcome outcome;
    struct buf body;

    d.index = index;
    d.keys = keys;
    buf_init(&body, 4096);
    dynamodb_table(&body, table);
    buf_byte(&body, '}');
    outcome = dynamodb_call(db, "DescribeTable", &body, &want, false);
    buf_free(&body);
    if (outcome != OUTCOME_DONE &&
        strcmp(db->code, "AccessDeniedException") == 0) {
        memset(keys, 0, sizeof *keys);
        snprintf(keys->hash.name, sizeof keys->hash.name, "%s", key);
        memcpy(keys->hash.type, "S", 2);
        keys->index_hash = keys->hash;
        return OUTCOME_DONE;
    }
    if (outcome != OUTCOME_DONE)
        return strcmp(db->code, "ResourceNotFoundException") == 0
            ? OUTCOME_BAD : outcome;
    set_type(&d, &keys->hash);
    set_type(&d, &keys->range);
    set_type(&d, &keys->index_hash);
    set_type(&d, &keys->index_range);
    if (keys->hash.name[0] == '\0')
        return dynamodb_fail(db, OUTCOME_STOP, "", "its answer says nothing "
                             "of the keys of the table %s", table);
    if (index != NULL && keys->index_hash.name[0] == '\0')
        return dynamodb_fail(db, OUTCOME_BAD, "", "the table %s has no index "
                             "%s", table, index);
    return OUTCOME_DONE;
}

void keys_value(struct buf *body, const struct keys_one *key,
                const unsigned char *bytes, size_t n)
{
    buf_format(body, "{\"%s\":", key->type);
    json_quote(bytes, n, buf_put, body);
    buf_byte(body, '}');
}

const char *keys_wrong(const struct keys_one *key, const unsigned char *bytes,
                       size_t n, size_t max)
{
    if (n == 0)
        return "its key is empty";
    if (!json_is_utf8(bytes, n))
        return "its key is not UTF-8";
    if (key->type[0] == 'N')
        for (size_t i = 0; i < n; i++)
            if (bytes[i] == '\0' || strchr("+-.0123456789eE", bytes[i]) ==
                NULL)
                return "its key is not a number, which the table wants";
    if (key->type[0] == 'B' ? n / 4 * 3 > max + 2 : n > max)
        return max == ITEM_KEY_MAX
            ? "its key is longer than the 2048 bytes of a partition key"
            : "its key is longer than the 1024 bytes of a sort key";
    return NULL;
}
