/*
 * items: DynamoDB's operations on items, one function each.
 *
 * A function with a parameter `key` is for tables whose only key is the string
 * attribute of that name. Names are sent as expression attribute names, so
 * they can be reserved words. Outcomes are those of dynamodb_call.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include "dynamodb/dynamodb.h"
#include "dynamodb/item.h"
#include "dynamodb/plain.h"

enum {
    ITEMS_BATCH_MAX = 100,       /* keys in one BatchGetItem */
    ITEMS_WRITE_MAX = 25,        /* requests in one BatchWriteItem */
    ITEMS_WRITE_BYTES = 5 << 20, /* bytes of them; DynamoDB accepts 16 MB,
                                    but the program holds them twice */
    ITEMS_FOUND_MAX = 64 << 20,  /* bytes of JSON in an answer: 16 MB, in
                                    which escapes add bytes */
    ITEMS_PLACE_MAX = 65536      /* bytes of a LastEvaluatedKey: up to four
                                    key attributes, escaped in JSON */
};

/*
 * PutItem: ends the item with its "}" and stores it; it replaces an item with
 * the same key. Sending it twice does no harm.
 */
enum outcome items_put(struct dynamodb *db, const char *table,
                       struct item *item);

/*
 * PutItem on condition that no item with this key exists; sets *there to
 * whether one existed. `item` is n bytes of typed JSON. If an answer was lost,
 * the item that the repetition finds may be the one that an earlier
 * attempt stored: an equal item is taken for that, and *there is false.
 */
enum outcome items_put_new(struct dynamodb *db, const char *table,
                           const char *key, const unsigned char *item,
                           size_t n, bool *there);

/*
 * UpdateItem on condition that the item exists: sets attributes to strings and
 * removes others. Sets *there to whether the item exists; if it does not,
 * returns DONE.
 */
struct items_change {
    const char *name, *value;    /* value NULL: remove the attribute */
};

enum outcome items_update(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const struct items_change *changes,
                          unsigned n_changes, bool *there);

/*
 * GetItem, strongly consistent: sets *found to whether an item with this key
 * exists, and `text` to its attribute `name`, if that is a string, else to
 * nothing. Returns BAD if the answer contains something that is not an item.
 */
enum outcome items_get(struct dynamodb *db, const char *table,
                       const char *key, const unsigned char *id, size_t n,
                       const char *name, bool *found, struct buf *text);

struct items_id {
    const unsigned char *bytes;
    size_t n;
};

/* Items as typed JSON, as the answers contained them: the offset of each id's
   item in `json`, and its size in bytes, or 0 if the item does not exist. */
struct items_found {
    struct buf json;
    size_t at[ITEMS_BATCH_MAX], size[ITEMS_BATCH_MAX];
};

/* Which attributes to read: all, or the key and these. */
struct items_wanted {
    bool all;
    const char *const *names;
    unsigned n;
};

/*
 * BatchGetItem, strongly consistent: reads the items of n ids (at most
 * ITEMS_BATCH_MAX, all different). Requests again what DynamoDB leaves
 * unprocessed. The caller initializes and frees found->json.
 */
enum outcome items_fetch(struct dynamodb *db, const char *table,
                         const char *key, const struct items_wanted *wanted,
                         const struct items_id *ids, size_t n,
                         struct items_found *found);

/* The same for keys only: sets have[i] to whether the item of ids[i] exists. */
enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have);

/* A write in a batch. */
struct items_write {
    bool remove;
    const unsigned char *json;   /* typed JSON: the item, or the key of the
                                    item to remove */
    size_t n;
    enum outcome outcome;        /* result: DONE, BAD or STOP */
    char why[OUTCOME_SENTENCE];  /* the error, if it is not DONE */
};

/*
 * BatchWriteItem: n writes (at most ITEMS_WRITE_MAX), no two with the same key.
 * The key attributes are `hash` and `range` (may be NULL). Sends again what
 * DynamoDB leaves unprocessed; sends a batch that it refuses as a whole one by
 * one. Sets the outcome of each write, and returns STOP if one of them is STOP,
 * else DONE.
 */
enum outcome items_write(struct dynamodb *db, const char *table,
                         const char *hash, const char *range,
                         struct items_write *writes, size_t n);

/* A page of the results of a Scan or a Query. */
struct items_page {
    struct buf items;            /* a JSON array of typed items */
    struct buf last;             /* LastEvaluatedKey; empty after the last
                                    page */
    uint64_t scanned;            /* items that DynamoDB read for it */
    double units;                /* read capacity units that it consumed */
};

/*
 * Reads the page that starts after the key page->last (empty: the first page),
 * with at most `limit` items (0: no limit). `request` is the request of the
 * Scan or Query without the limit, the start key and the last "}". The caller
 * initializes and frees the buffers of `page`.
 */
enum outcome items_page(struct dynamodb *db, const char *operation,
                        const struct buf *request, uint64_t limit,
                        struct items_page *page);

#endif
