/*
 * keys: the key attributes of a table or of one of its indexes, and values for
 * them.
 */
#ifndef KEYS_H
#define KEYS_H

#include "dynamodb/dynamodb.h"

struct keys_one {
    char name[256];              /* "": the table or index has no such key */
    char type[8];                /* "S", "N" or "B" */
};

enum { KEYS_MAX = 64 };

struct keys {
    struct keys_one hash, range;         /* of the table */
    struct keys_one index_hash, index_range;
    struct keys_one all[KEYS_MAX];       /* of the table and all its indexes,
                                            without repetitions */
    unsigned n;
};

/*
 * Reads the keys of a table. Sets index_hash and index_range to the keys of
 * `index`, or to the table's if it is NULL or the credentials do not allow
 * DescribeTable. Returns what tables_known does, and also BAD if the table has
 * no such index, and STOP if the answer lacks a key or its type.
 */
enum outcome keys_read(struct dynamodb *db, const char *table,
                       const char *index, const char *key, struct keys *keys);

/* Returns the type of an attribute that is a key of the table or of any of its
   indexes. Returns "" for other attributes, and for all but the table's
   assumed key if the credentials do not allow DescribeTable. */
const char *keys_type(const struct keys *keys, const char *name);

/* Appends {"S":...}, {"N":...} or {"B":...}, depending on the key's type. */
void keys_value(struct buf *body, const struct keys_one *key,
                const unsigned char *bytes, size_t n);

/* Returns why a value cannot be the key, as a sentence, or NULL if it can. The
   key may have `max` bytes. */
const char *keys_wrong(const struct keys_one *key, const unsigned char *bytes,
                       size_t n, size_t max);

#endif
