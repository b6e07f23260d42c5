/*
 * plain: reads DynamoDB's items, as answers and exports contain them.
 *
 * Each attribute becomes a text for people and other programs: a string is its
 * text, a number its digits, binary its base64, a boolean true or false; lists,
 * maps and sets become plain JSON (a set is an array, binary in it a string of
 * base64). Follows "AttributeValue" in the Amazon DynamoDB API Reference.
 *
 * With `typed` set, each attribute is also reported as DynamoDB's own JSON,
 * without white space and safe for a terminal, with its size. It is then
 * checked as far as the documentation says what DynamoDB accepts: numbers
 * consist of the characters of numbers, binary is base64, sets are not empty,
 * names are not empty and not repeated, lists and maps nest at most 32 levels
 * deep.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dynamodb/names.h"

enum {
    PLAIN_MAX = 16 << 20,    /* bytes of one value; 400 KB of an item become up
                                to 5 MB of JSON by escapes */
    PLAIN_LEVELS = 80,       /* levels of JSON: two for each of DynamoDB's 32,
                                and the item's own */
    PLAIN_NESTING = 32,      /* levels of lists and maps in DynamoDB */
    PLAIN_WHY = 96
};

struct plain_value {
    const unsigned char *name;
    size_t name_len;
    const char *type;            /* DynamoDB's: "S", "N", "B", "BOOL", ... */
    bool json;                   /* the text is itself JSON: always so for
                                    BOOL, M, L and sets, never for S, B and
                                    NULL, and for N if JSON allows it */
    const unsigned char *bytes;  /* the text, which can contain any bytes;
                                    NULL for the type NULL */
    size_t len;
    const unsigned char *typed;  /* with `typed`: {"S":"..."}; else NULL */
    size_t typed_len;
    uint64_t size;               /* bytes of name and value, as DynamoDB
                                    counts them; needs `typed` */
};

/* Receives each attribute of an item, valid during the call, and NULL at the
   item's end. Returning false stops plain_read. */
typedef bool plain_fn(void *context, const struct plain_value *value);

/* Returns whether this is the attribute of that name; false for NULL. */
bool plain_is(const struct plain_value *value, const char *name);

/* Scratch buffers, each with one purpose, reused between calls. */
struct plain {
    bool typed;                  /* see above; set by the caller */
    char why[PLAIN_WHY];         /* why plain_read failed */
    plain_fn *fn;
    void *context;
    struct buf name;             /* of the attribute */
    struct buf value;            /* its text */
    struct buf json;             /* its typed JSON */
    struct buf member;           /* the name of a map's member */
    struct buf string;           /* a string inside an attribute's value */
    struct names names;
    uint64_t size;
    unsigned depth;
    bool naming;                 /* a name is being read */
    bool first;                  /* the innermost level is empty so far */
    bool ended;                  /* fn returned false */
    char type[5];                /* the name of a type, as it is read */
    unsigned kind;               /* index of the current value's type */
    unsigned attribute;          /* and of its attribute's type */
    unsigned char levels[PLAIN_LEVELS];
    size_t marks[PLAIN_LEVELS];  /* of names_open, for each level */
};

void plain_init(struct plain *p);
void plain_free(struct plain *p);

/*
 * Reads one item, or a JSON array of items if `many` is set. Returns true also
 * if fn stopped it. Returns false and sets p->why if the n bytes are not that,
 * or if memory runs out; fn may have received attributes by then.
 */
bool plain_read(struct plain *p, const unsigned char *json, size_t n,
                bool many, plain_fn *fn, void *context);

/*
 * Sets `id` to bytes that identify an item by its keys (`range` may be NULL).
 * They are equal if the keys are, except for numbers written differently.
 * Returns false if a key is missing, or where plain_read does.
 */
bool plain_key(struct plain *p, const unsigned char *json, size_t n,
               const char *hash, const char *range, struct buf *id);

/* The same for an item with one key, a string of n bytes. */
void plain_string_key(const unsigned char *bytes, size_t n, struct buf *id);

/* Appends an attribute, which needs its typed JSON, to a line {"Item":{...}}.
   NULL ends the line, without a newline. */
void plain_line(struct buf *line, const struct plain_value *value);

/* Returns the bytes of a value, as DynamoDB counts them; the n bytes are the
   text of a value of type "S", "N" or "B", or of an element of a set. */
size_t plain_size(const char *type, const unsigned char *bytes, size_t n);

/* Returns whether n bytes are base64 with padding (RFC 4648 section 4). */
bool plain_base64(const unsigned char *bytes, size_t n);

/* Returns whether n bytes, at least 1, are characters that occur in numbers, in
   any order. */
bool plain_digits(const unsigned char *bytes, size_t n);

/* Returns whether n bytes are a number in the syntax of JSON. */
bool plain_number(const unsigned char *bytes, size_t n);

#endif
