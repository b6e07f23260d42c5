/*
 * item: a DynamoDB item in the making: its JSON with types, as requests have
 * it, and its size as DynamoDB counts it ("Item sizes and formats" in the
 * developer guide).
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
    ITEM_JSON_MAX = 12 * ITEM_MAX + 65536,       /* bytes of its typed JSON: an
                                    element {"SS":[""]}, is 12 bytes for 1 that
                                    counts, a byte as \u0001 is 6 */
    ITEM_KEY_MAX = 2048,         /* bytes of a partition key's value */
    ITEM_KEY_NAME_MAX = 255,     /* bytes of a key attribute's name */
    ITEM_NAME_MAX = 65535        /* bytes of another attribute's name */
};

struct item {
    struct buf json;             /* {"name":{"S":"value"},... without "}" */
    struct buf member;           /* the name of a map's member, until its value
                                    begins; */
    struct buf scalar;           /* a string or number inside a value, until
                                    it ends */
    struct names names;          /* of maps */
    uint64_t size;
    size_t replaced;             /* bytes that were not UTF-8, now U+FFFD */
};

void item_init(struct item *item);

/* Empties it for the next item. */
void item_reset(struct item *item);

/* Adds an attribute: a string, or NULL where `value` is NULL. */
void item_string(struct item *item, const char *name, const void *value,
                 size_t n);

/* Adds a number ("N") by its digits, or binary ("B") by its base64. */
void item_typed(struct item *item, const char *name, const char *type,
                const unsigned char *text, size_t n);

/* Adds an attribute that was read with its types. */
void item_take(struct item *item, const struct plain_value *value);

/*
 * Adds an attribute from one JSON value of n bytes: string, number, bool and
 * null keep their type, arrays and objects become L and M. Returns NULL, or why
 * the value cannot be stored: "is nested deeper than 32 levels".
 */
const char *item_json(struct item *item, const char *name,
                      const unsigned char *value, size_t n);

/* Does it fit? */
bool item_fits(const struct item *item);

#endif
