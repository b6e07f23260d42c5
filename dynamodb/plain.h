/*
 * plain: DynamoDB's items, as answers and exports have them, read.
 *
 * Each attribute becomes a text that a person or another program reads: a
 * string is its text, a number its digits, binary its base64, a boolean true
 * or false; lists, maps and sets are plain JSON (a set is an array, binary in
 * it a string of base64). Follows "AttributeValue" in the Amazon DynamoDB API
 * Reference.
 *
 * With `typed` each attribute also comes in DynamoDB's own JSON, without white
 * space and safe for a terminal, with its size, and is checked, as far as the
 * documents say what DynamoDB takes: numbers have a number's characters, binary
 * is base64, sets are not empty, names are neither empty nor there twice, and
 * at most 32 lists and maps are inside one another.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dynamodb/names.h"

enum {
    PLAIN_MAX = 16 << 20,    /* bytes of one value; an item's 400 KB, escaped
                                in JSON, are up to 5 MB */
    PLAIN_LEVELS = 80,       /* JSON's levels: two for each of the 32 that
                                DynamoDB has, and the item's */
    PLAIN_NESTING = 32,      /* of lists and maps, for DynamoDB */
    PLAIN_WHY = 96
};

struct plain_value {
    const unsigned char *name;
    size_t name_len;
    const char *type;            /* DynamoDB's: "S", "N", "B", "BOOL", ... */
    bool json;                   /* the text is JSON by itself: what is no
                                    string, no binary and not NULL */
    const unsigned char *bytes;  /* NULL if it is NULL; any bytes */
    size_t len;
    const unsigned char *typed;  /* with `typed`: {"S":"..."}, else NULL */
    size_t typed_len;
    uint64_t size;               /* of name and value, as DynamoDB counts */
};

/* Is told each attribute of an item, valid during the call, and NULL where
   the item ends. False ends the reading. */
typedef bool plain_fn(void *context, const struct plain_value *value);

/* Is it the attribute of that name? */
bool plain_is(const struct plain_value *value, const char *name);

/* Scratch buffers, each with one purpose, reused between calls. */
struct plain {
    bool typed;                  /* see above; for the caller to set */
    char why[PLAIN_WHY];         /* why a reading failed */
    plain_fn *fn;
    void *context;
    struct buf name;             /* of the attribute, */
    struct buf value;            /* its text, */
    struct buf json;             /* and its JSON with types */
    struct buf member;           /* the name of a map's member */
    struct buf string;           /* a string that is not the attribute itself */
    struct names names;
    uint64_t size;
    unsigned depth;
    bool naming;                 /* a name is being read */
    bool first;                  /* nothing stands in the innermost yet */
    bool ended;                  /* by fn */
    char type[5];                /* as it is read, */
    unsigned char kind;          /* of the value in hand, */
    unsigned char attribute;     /* and of the attribute that it is in */
    unsigned char levels[PLAIN_LEVELS];
    size_t marks[PLAIN_LEVELS];  /* of names */
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

/* Adds an attribute to a line {"Item":{...}}; NULL ends the line. */
void plain_line(struct buf *line, const struct plain_value *value);

/* Bytes of the value of type "S", "N" or "B" that is written so, as DynamoDB
   counts. */
size_t plain_size(const char *type, const unsigned char *bytes, size_t n);

/* Are these n bytes base64 with its padding (RFC 4648 section 4)? */
bool plain_base64(const unsigned char *bytes, size_t n);

/* Are these n bytes, 1 or more, such as numbers have, in any order? */
bool plain_digits(const unsigned char *bytes, size_t n);

/* Are they a number as JSON has it? */
bool plain_number(const unsigned char *bytes, size_t n);

#endif
