/*
 * keys: the key attributes of a table, or of one of its indexes.
 */
#ifndef KEYS_H
#define KEYS_H

#include "dynamodb/dynamodb.h"

struct keys_one {
    char name[256];              /* "": there is none */
    char type[8];                /* "S", "N" or "B" */
};

enum { KEYS_MAX = 64 };

struct keys {
    struct keys_one hash, range;         /* of the table */
    struct keys_one index_hash, index_range;
    struct keys_one all[KEYS_MAX];       /* of the table and all its indexes,
                                            each name once */
    unsigned n;
};

/*
 * As tables_known has them. `index` is the index whose keys are wanted, too,
 * or NULL (then they are the table's); BAD if there is none of that name.
 */
enum outcome keys_read(struct dynamodb *db, const char *table,
                       const char *index, const char *key, struct keys *keys);

/* The type of an attribute that is a key of the table or of any index; "" if
   it is none, or these credentials may not ask for the table's. */
const char *keys_type(const struct keys *keys, const char *name);

/* Writes {"S":...}, {"N":...} or {"B":...}, after the key's type. */
void keys_value(struct buf *body, const struct keys_one *key,
                const unsigned char *bytes, size_t n);

/* What is wrong with this value, of which `max` bytes are allowed, as a
   sentence, or NULL. */
const char *keys_wrong(const struct keys_one *key, const unsigned char *bytes,
                       size_t n, size_t max);

#endif
