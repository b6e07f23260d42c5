/*
 * plain: DynamoDB's items, as answers have them, without their types.
 *
 * Each attribute becomes a text that a person or another program reads: a
 * string is its text, a number its digits, binary its base64, a boolean true
 * or false; lists, maps and sets are plain JSON (a set is an array, binary in
 * it a string of base64). Follows "AttributeValue" in the Amazon DynamoDB API
 * Reference.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
    PLAIN_MAX = 16 << 20,    /* bytes of one value; an item's 400 KB, escaped
                                in JSON, are 2.4 MB */
    PLAIN_LEVELS = 80        /* JSON's levels: two for each of the 32 that
                                DynamoDB has, and the item's */
};

struct plain_value {
    const unsigned char *name;
    size_t name_len;
    const char *type;            /* DynamoDB's: "S", "N", "B", "BOOL", ... */
    bool json;                   /* the text is JSON by itself: what is no
                                    string, no binary and not NULL */
    const unsigned char *bytes;  /* NULL if it is NULL; any bytes */
    size_t len;
};

/* Is told each attribute of an item, valid during the call, and NULL where
   the item ends. False ends the reading. */
typedef bool plain_fn(void *context, const struct plain_value *value);

/* Is it the attribute of that name? */
bool plain_is(const struct plain_value *value, const char *name);

/* Room to work in, kept from one reading to the next. */
struct plain {
    plain_fn *fn;
    void *context;
    struct buf name, value, string;      /* attribute; text; nested string */
    unsigned depth;
    bool naming;                 /* a name is being read */
    bool first;                  /* nothing stands in the innermost yet */
    bool ended;                  /* by fn */
    char type[5];                /* as it is read, */
    unsigned char kind;          /* of the value in hand, */
    unsigned char attribute;     /* and of the attribute that it is in */
    unsigned char levels[PLAIN_LEVELS];
};

void plain_init(struct plain *p);
void plain_free(struct plain *p);

/*
 * Reads one item, or, with `many`, a JSON array of them. False if that is not
 * what the n bytes are, or memory is out; fn may have been called by then.
 */
bool plain_read(struct plain *p, const unsigned char *json, size_t n,
                bool many, plain_fn *fn, void *context);

/*
 * What identifies an item by the values of its keys (`range` may be NULL), in
 * place of what was in `id`: equal for equal keys, but for numbers that are
 * written in two ways. False if a key is missing, or as above.
 */
bool plain_key(struct plain *p, const unsigned char *json, size_t n,
               const char *hash, const char *range, struct buf *id);

/* The same of one key, which is a string of n bytes. */
void plain_string_key(const unsigned char *bytes, size_t n, struct buf *id);

/* Are these n bytes, 1 or more, such as numbers have, in any order? */
bool plain_digits(const unsigned char *bytes, size_t n);

/* Are they a number as JSON has it? */
bool plain_number(const unsigned char *bytes, size_t n);

#endif
