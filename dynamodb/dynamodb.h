/*
 * dynamodb: a call of Amazon DynamoDB's low-level API (version 2012-08-10),
 * with all its tries, and what its errors mean. The operations themselves are
 * in items.h and tables.h.
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

#include "base/backoff.h"
#include "aws/aws.h"
#include "base/buf.h"
#include "http.h"
#include "json.h"
#include "base/outcome.h"
#include "cloudinary/pace.h"

enum {
    DYNAMODB_PICKS_MAX = 24,
    DYNAMODB_REQUEST_MAX = 8 << 20       /* bytes of a request: DynamoDB takes
                                            16 MB, but nothing here is more */
};

struct dynamodb {
    struct aws *aws;             /* fetched anew, once, when it expires */
    const volatile sig_atomic_t *stop;   /* ends waits, see below */
    unsigned max_attempts;
    bool counted;                /* no try is made that `retries` does not
                                    count: for the caller to set */
    uint64_t retries;            /* so far */
    int64_t offset;              /* the service's clock less ours, in s */
    struct backoff_bucket bucket;
    struct buf request;          /* of the next call, but for its last "}" */
    char code[64];               /* DynamoDB's name of its error, or "" */
    char error[OUTCOME_SENTENCE];        /* why the last call was not DONE */
    struct http http;
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

/* What a caller wants of an answer in JSON. */
struct dynamodb_want {
    const struct json_pick *picks;
    unsigned n;                  /* at most DYNAMODB_PICKS_MAX */
    json_fn *fn;                 /* is told of them, see json.h */
    void (*begin)(void *context);        /* an answer begins, all that an
                                    earlier one said is void */
    void *context;
};

/*
 * Makes the call `operation` ("PutItem") with db->request, as often as need
 * be. `stores`: it keeps a text from being lost. NULL wants nothing of the
 * answer. What was picked holds only if the outcome is DONE or, of an error's
 * body, BAD.
 */
enum outcome dynamodb_call(struct dynamodb *db, const char *operation,
                           const struct dynamodb_want *want, bool stores);

/*
 * The same, where what each pick comes to is put into a buffer of its own
 * (NULL: it is only looked at), which is emptied before. Each value of a pick
 * that is `wild` ends in NUL. STOP, too, if a buffer has not enough room, or a
 * value is not of a type that `types` allows: see dynamodb_strange.
 */
enum { DYNAMODB_KEPT_MAX = 10 };

struct dynamodb_kept {
    const struct json_pick *picks;
    const unsigned short *types; /* for each pick bits, 1 << enum json_type,
                                    where JSON_NONE allows that it is absent;
                                    0, as NULL for all, allows everything */
    unsigned n;
    struct buf *to[DYNAMODB_KEPT_MAX];
    size_t stays;                /* bytes at the beginning of the first buffer
                                    that are not emptied */
    size_t seen[DYNAMODB_KEPT_MAX];      /* values of each pick; set here, */
    unsigned strange;            /* and the picks, a bit each, that had a value
                                    of another type */
};

enum {
    DYNAMODB_ABSENT = 1 << JSON_NONE,
    DYNAMODB_NULL = 1 << JSON_NULL,
    DYNAMODB_OBJECT = 1 << JSON_OBJECT,
    DYNAMODB_ARRAY = 1 << JSON_ARRAY,
    DYNAMODB_STRING = 1 << JSON_STRING
};

/* Says that the value at a pointer is missing, or not what DynamoDB's answers
   have there. Returns STOP. */
enum outcome dynamodb_strange(struct dynamodb *db, const char *pointer);

enum outcome dynamodb_keep(struct dynamodb *db, const char *operation,
                           struct dynamodb_kept *kept, bool stores);

/* Waits before something is tried for the `retry`th time again, after RETRY
   or WAIT. False: it should not be. */
bool dynamodb_wait(struct dynamodb *db, enum outcome outcome, unsigned retry,
                   bool stores);

/* Writes "DynamoDB: ..." to db->error, see outcome_say. Returns `outcome`. */
enum outcome dynamodb_fail(struct dynamodb *db, enum outcome outcome,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds " (advice)" to it, unless that is "". */
void dynamodb_advise(struct dynamodb *db, const char *advice);

/* ---- requests ---- */

/* Begins db->request anew, as one about this table. */
struct buf *dynamodb_request(struct dynamodb *db, const char *table);

/* A string in quotes; {"TableName":"..." without the "}"; {"S":"..."} or
   another type; {"key":{"S":id}}. */
void dynamodb_quote(struct buf *body, const char *text);
void dynamodb_table(struct buf *body, const char *table);
void dynamodb_typed(struct buf *body, const char *type, const void *bytes,
                    size_t n);
void dynamodb_key(struct buf *body, const char *key, const unsigned char *id,
                  size_t n);

/* A comma, if this is not the first in its brackets; after it "name":, or
   "name":"text". */
void dynamodb_next(struct buf *body);
void dynamodb_name(struct buf *body, const char *name);
void dynamodb_text(struct buf *body, const char *name, const char *text);

#endif
