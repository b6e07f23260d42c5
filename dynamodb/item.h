/*
 * item: builds a DynamoDB item: its typed JSON, as requests contain it, and its
 * size as DynamoDB counts it ("Item sizes and formats" in the developer guide).
 */
#ifndef ITEM_H
#define ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dynamodb/names.h"
#include "dynamodb/plain.h"

enum {
    ITEM_MAX = 409600,           /* bytes of all names and values */
    ITEM_JSON_MAX = 12 * ITEM_MAX + 65536,       /* bytes of typed JSON: an
                                    element {"SS":[""]}, has 12 bytes and counts
                                    as 1; a byte \u0001 has 6 */
    ITEM_KEY_MAX = 2048,         /* bytes of a partition key's value */
    ITEM_KEY_NAME_MAX = 255,     /* bytes of a key attribute's name */
    ITEM_NAME_MAX = 65535        /* bytes of another attribute's name */
};

struct item {
    struct buf json;             /* {"name":{"S":"value"},... without the
                                    last "}" */
    struct buf member;           /* the name of a map's member, until its
                                    value begins */
    struct buf scalar;           /* a string or number inside a JSON value,
                                    until it ends */
    struct names names;          /* the names in the open maps */
    uint64_t size;
    size_t replaced;             /* how many U+FFFD replaced bytes that were
                                    not UTF-8 */
};

void item_init(struct item *item);

/* Makes the item empty; keeps the memory. */
void item_reset(struct item *item);

/* Adds an attribute: a string of n bytes, or NULL if `value` is NULL. */
void item_string(struct item *item, const char *name, const void *value,
                 size_t n);

/* Adds a number ("N") from its digits, or binary ("B") from its base64. */
void item_typed(struct item *item, const char *name, const char *type,
                const unsigned char *text, size_t n);

/* Adds an attribute that plain_read reported with `typed`. */
void item_take(struct item *item, const struct plain_value *value);

/*
 * Adds an attribute from one JSON value of n bytes: strings, numbers, booleans
 * and null keep their type, arrays and objects become L and M. Returns NULL, or
 * why the value cannot be stored, as in "is nested deeper than 32 levels".
 */
const char *item_json(struct item *item, const char *name,
                      const unsigned char *value, size_t n);

/* Returns whether the item is within DynamoDB's limit. A lack of memory does
   not count: items_put fails then. */
bool item_fits(const struct item *item);

#endif
