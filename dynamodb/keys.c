/* keys.c: finds the keys of a table or index in its description, and checks
   values for them. */
#include "dynamodb/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dynamodb/item.h"
#include "dynamodb/plain.h"
#include "dynamodb/tables.h"

/* Sets a key from its name. Returns false if the description lacks its type. */
static bool set(struct keys_one *key, const struct tables_description *d,
                const char *name)
{
    snprintf(key->name, sizeof key->name, "%s", name);
    snprintf(key->type, sizeof key->type, "%s", tables_type(d, name));
    return *name == '\0' || key->type[0] != '\0';
}

_Static_assert((int)KEYS_MAX >= (int)TABLES_ATTRIBUTES_MAX,
               "all attributes of a description have room here");

const char *keys_type(const struct keys *keys, const char *name)
{
    unsigned i;

    for (i = 0; i < keys->n; i++)
        if (strcmp(keys->all[i].name, name) == 0)
            return keys->all[i].type;
    return "";
}

enum outcome keys_read(struct dynamodb *db, const char *table,
                       const char *index, const char *key, struct keys *keys)
{
    static struct tables_description d;  /* too large for the stack */
    enum outcome outcome = tables_known(db, table, index, key, &d);
    const struct tables_index *x = index == NULL ? NULL
        : tables_index(&d, index);
    const char *hash, *range, *untyped;

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (d.hash[0] == '\0')
        return tables_unsaid(db, "key", "table", table);
    if (index != NULL && x == NULL && db->error[0] == '\0')
        return dynamodb_fail(db, OUTCOME_BAD, "the table %s has no index %s",
                             table, index);
    if (x != NULL && x->hash[0] == '\0')
        return tables_unsaid(db, "key", "index", index);
    hash = x != NULL ? x->hash : d.hash;
    range = x != NULL ? x->range : d.range;
    untyped = !set(&keys->hash, &d, d.hash) ? d.hash
        : !set(&keys->range, &d, d.range) ? d.range
        : !set(&keys->index_hash, &d, hash) ? hash
        : !set(&keys->index_range, &d, range) ? range : NULL;
    if (untyped != NULL)
        return tables_unsaid(db, "type", "key", untyped);
    for (keys->n = 0; keys->n < d.n_attributes; keys->n++)
        set(&keys->all[keys->n], &d, d.attributes[keys->n].name);
    return OUTCOME_DONE;
}

void keys_value(struct buf *body, const struct keys_one *key,
                const unsigned char *bytes, size_t n)
{
    dynamodb_typed(body, key->type, bytes, n);
}

const char *keys_wrong(const struct keys_one *key, const unsigned char *bytes,
                       size_t n, size_t max)
{
    if (n == 0)
        return "its key is empty";
    if (!text_is_utf8(bytes, n))
        return *text_hint(bytes, n) != '\0'
            ? "its key is not UTF-8 (Windows-1252?)" : "its key is not UTF-8";
    if (key->type[0] == 'N' && !plain_digits(bytes, n))
        return "its key is not a number, which the table wants";
    if (key->type[0] == 'B' ? n / 4 * 3 > max + 2 : n > max)
        return max == ITEM_KEY_MAX
            ? "its key is longer than the 2048 bytes of a partition key"
            : "its key is longer than the 1024 bytes of a sort key";
    return NULL;
}
