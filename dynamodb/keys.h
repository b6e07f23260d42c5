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

struct keys {
    struct keys_one hash, range;         /* of the table */
    struct keys_one index_hash, index_range;
};

/*
 * As tables_known has them. `index` is the index whose keys are wanted, too,
 * or NULL (then they are the table's); BAD if there is none of that name.
 */
enum outcome keys_read(struct dynamodb *db, const char *table,
                       const char *index, const char *key, struct keys *keys);

/* Writes {"S":...}, {"N":...} or {"B":...}, after the key's type. */
void keys_value(struct buf *body, const struct keys_one *key,
                const unsigned char *bytes, size_t n);

/* What is wrong with this value, of which `max` bytes are allowed, as a
   sentence, or NULL. */
const char *keys_wrong(const struct keys_one *key, const unsigned char *bytes,
                       size_t n, size_t max);

#endif
