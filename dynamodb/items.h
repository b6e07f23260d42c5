/*
 * items: DynamoDB's calls about items, one function each.
 *
 * Where a function takes one `key`, the table is one whose only key is that
 * string attribute. Names go as expression attribute names, so that reserved
 * words do no harm.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include "dynamodb/dynamodb.h"
#include "dynamodb/item.h"
#include "dynamodb/plain.h"

enum {
    ITEMS_BATCH_MAX = 100,       /* keys of one BatchGetItem */
    ITEMS_WRITE_MAX = 25,        /* requests of one BatchWriteItem, */
    ITEMS_WRITE_BYTES = 5 << 20, /* and bytes of them: DynamoDB takes 16 MB,
                                    but they are held here twice */
    ITEMS_FOUND_MAX = 64 << 20,  /* of JSON in an answer: 16 MB, escaped */
    ITEMS_PLACE_MAX = 65536      /* bytes of a LastEvaluatedKey: up to four
                                    keys, escaped in JSON */
};

/*
 * PutItem: ends the item and stores it, in place of one with the same key. To
 * send it twice does no harm.
 */
enum outcome items_put(struct dynamodb *db, const char *table,
                       struct item *item);

/*
 * PutItem, if there is no item with this `key`; *there is set to whether one
 * was there. Where an answer got lost, the item that is found on the second
 * try may be this very one: then, if it is equal, it was not there.
 */
enum outcome items_put_new(struct dynamodb *db, const char *table,
                           const char *key, const unsigned char *item,
                           size_t n, bool *there);

/*
 * UpdateItem: sets attributes to strings and removes others, of an item that
 * is there; *there is set to whether it is.
 */
struct items_change {
    const char *name, *value;    /* NULL: to be removed */
};

enum outcome items_update(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const struct items_change *changes,
                          unsigned n_changes, bool *there);

/*
 * GetItem, consistent: is there an item with this key? Its attribute `name`,
 * if that is a string, is put into `text`.
 */
enum outcome items_get(struct dynamodb *db, const char *table,
                       const char *key, const unsigned char *id, size_t n,
                       const char *name, bool *found, struct buf *text);

struct items_id {
    const unsigned char *bytes;
    size_t n;
};

/* Items in JSON, as the answers had them: of each id where it stands in
   `json`, or size 0 if there is none. */
struct items_found {
    struct buf json;
    size_t at[ITEMS_BATCH_MAX], size[ITEMS_BATCH_MAX];
};

/* The attributes of items that are wanted: all, or the key and these. */
struct items_wanted {
    bool all;
    const char *const *names;
    unsigned n;
};

/*
 * BatchGetItem, consistent: these ids' items (at most ITEMS_BATCH_MAX, no two
 * equal). What DynamoDB leaves unprocessed is asked for again. The caller inits
 * and frees found->json.
 */
enum outcome items_fetch(struct dynamodb *db, const char *table,
                         const char *key, const struct items_wanted *wanted,
                         const struct items_id *ids, size_t n,
                         struct items_found *found);

/* The same for keys only: which of these are there? */
enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have);

/* One write of many. */
struct items_write {
    bool remove;
    const unsigned char *json;   /* the item, or the key to be removed */
    size_t n;
    enum outcome outcome;        /* DONE, BAD or STOP, */
    char why[OUTCOME_SENTENCE];  /* and why, if not DONE */
};

/*
 * BatchWriteItem: at most ITEMS_WRITE_MAX, no two of the same key, whose names
 * are `hash` and `range` (or NULL). What DynamoDB leaves unprocessed is sent
 * again; a batch that it refuses as a whole is sent one by one. Each write
 * has its outcome; STOP is returned if it is any one's.
 */
enum outcome items_write(struct dynamodb *db, const char *table,
                         const char *hash, const char *range,
                         struct items_write *writes, size_t n);

/* A page of a Scan or a Query. */
struct items_page {
    struct buf items;            /* a JSON array, as the answer had it */
    struct buf last;             /* LastEvaluatedKey; empty: that was all */
    uint64_t scanned;            /* items that were read for it */
    double units;                /* of read capacity that it took */
};

/*
 * The next page: `request` is all of a Scan's or Query's request but for the
 * "}", the limit (0: none) and where it goes on, which is page->last. The
 * caller inits and frees the buffers.
 */
enum outcome items_page(struct dynamodb *db, const char *operation,
                        const struct buf *request, uint64_t limit,
                        struct items_page *page);

#endif
