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

enum {
    ITEM_MAX = 409600,           /* bytes of all names and values */
    ITEM_KEY_MAX = 2048,         /* bytes of a partition key's value */
    ITEM_KEY_NAME_MAX = 255,     /* bytes of a key attribute's name */
    ITEM_NAME_MAX = 65535,       /* bytes of another attribute's name */
    ITEM_NESTING_MAX = 32        /* levels of lists and maps */
};

struct item {
    struct buf json;             /* {"name":{"S":"value"},... without "}" */
    struct buf spare;
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

/*
 * Adds an attribute from one JSON value of n bytes: string, number, bool and
 * null keep their type, arrays and objects become L and M. False if the value
 * is nested too deep to be stored.
 */
bool item_json(struct item *item, const char *name,
               const unsigned char *value, size_t n);

/* Does it fit? */
bool item_fits(const struct item *item);

#endif
