/*
 * items: DynamoDB's calls about items, one function each.
 *
 * All of a table whose one key is the string attribute `key`. Names go as
 * expression attribute names, so that reserved words do no harm.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include "dynamodb.h"
#include "item.h"

enum { ITEMS_BATCH_MAX = 100 };  /* keys of one BatchGetItem */

/*
 * PutItem: stores the item, in place of one with the same key. To send it
 * twice does no harm.
 */
enum outcome items_put(struct dynamodb *db, const char *table,
                       struct item *item);

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

/* BatchGetItem, consistent, keys only: which of these (at most
   ITEMS_BATCH_MAX, no two equal) are there? */
enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have);

#endif
