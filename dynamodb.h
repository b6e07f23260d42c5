/*
 * dynamodb: Amazon DynamoDB's low-level API (version 2012-08-10), one
 * function per call, and items as it wants them.
 *
 * Follows the "Amazon DynamoDB API Reference" and "Developer Guide". Every
 * request is signed; every answer's x-amz-crc32 is checked.
 */
#ifndef DYNAMODB_H
#define DYNAMODB_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws.h"
#include "buf.h"
#include "http.h"
#include "outcome.h"
#include "pace.h"

enum {
    DYNAMODB_ITEM_MAX = 409600,  /* bytes, by DynamoDB's own count of names
                                    and values ("Item sizes and formats") */
    DYNAMODB_KEY_MAX = 2048,     /* bytes of a partition key's value */
    DYNAMODB_KEY_NAME_MAX = 255, /* bytes of a key attribute's name */
    DYNAMODB_NAME_MAX = 65535,   /* bytes of another attribute's name */
    DYNAMODB_NESTING_MAX = 32,   /* levels of lists and maps */
    DYNAMODB_BATCH_MAX = 100     /* keys of one BatchGetItem */
};

struct dynamodb {
    struct http http;
    struct aws *aws;             /* fetched anew, once, when it expires */
    unsigned max_attempts;
    const volatile sig_atomic_t *stop;   /* ends waits, see below */
    struct pace_bucket bucket;
    int64_t offset;              /* the service's clock less ours, in s */
    uint64_t retries;            /* so far */
    char error[OUTCOME_SENTENCE];        /* why the last call was not DONE */
    char code[64];               /* DynamoDB's name of its error, or "" */
};

/*
 * A call is tried up to `max_attempts` times, by the SDKs' present rule: a
 * token bucket, exponential backoff with jitter, x-amz-retry-after. Calls that
 * only read end their waits when *stop is not 0; one that stores does not.
 * RETRY, WAIT and LOST never come out of here: what does not work after that
 * is STOP. `aws` must live as long as `db`.
 */
void dynamodb_init(struct dynamodb *db, struct aws *aws,
                   const struct http_options *options, unsigned max_attempts,
                   const volatile sig_atomic_t *stop);
void dynamodb_close(struct dynamodb *db);

/* Is it a table's name (3 to 255 of a-z A-Z 0-9 _ . -), or an ARN? */
bool dynamodb_table_name(const char *name);

/*
 * DescribeTable: DONE if the table is ready for items whose one key is the
 * string attribute `key`, or, with a sentence in `error`, if these credentials
 * may not ask. BAD if there is no such table, or it is another.
 */
enum outcome dynamodb_table_ready(struct dynamodb *db, const char *table,
                                  const char *key);

/* ---- items ---- */

/* An item in the making: DynamoDB's JSON of it, and its size as DynamoDB
   counts it. */
struct dynamodb_item {
    struct buf json;             /* {"name":{"S":"value"},... */
    struct buf spare;
    uint64_t size;
    size_t replaced;             /* bytes that were not UTF-8, now U+FFFD */
};

void dynamodb_item_init(struct dynamodb_item *item);
void dynamodb_item_free(struct dynamodb_item *item);

/* Empties it for the next item. */
void dynamodb_item_reset(struct dynamodb_item *item);

/* Adds an attribute: a string, or NULL where `value` is NULL. */
void dynamodb_item_string(struct dynamodb_item *item, const char *name,
                          const void *value, size_t n);

/*
 * Adds an attribute from one JSON value of n bytes: string, number, bool and
 * null keep their type, arrays and objects become L and M. False if the value
 * is nested too deep to be stored.
 */
bool dynamodb_item_json(struct dynamodb_item *item, const char *name,
                        const unsigned char *value, size_t n);

/* Does it fit? */
bool dynamodb_item_fits(const struct dynamodb_item *item);

/*
 * PutItem: stores the item, in place of one with the same key. To send it
 * twice does no harm.
 */
enum outcome dynamodb_put(struct dynamodb *db, const char *table,
                          struct dynamodb_item *item);

/*
 * GetItem, consistent: is there an item with this key? Its attribute `name`,
 * if that is a string, is put into `text`.
 */
enum outcome dynamodb_get(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const char *name, bool *found, struct buf *text);

struct dynamodb_id {
    const unsigned char *bytes;
    size_t n;
};

/* BatchGetItem, consistent, keys only: which of these (at most
   DYNAMODB_BATCH_MAX, no two equal) are there? */
enum outcome dynamodb_have(struct dynamodb *db, const char *table,
                           const char *key, const struct dynamodb_id *ids,
                           size_t n, bool *have);

#endif
