/*
 * dynamodb: calls Amazon DynamoDB's low-level API (version 2012-08-10), repeats
 * a call where that can help, and maps its errors to outcomes. The operations
 * are in items.h and tables.h.
 *
 * Follows the "Amazon DynamoDB API Reference" and "Developer Guide". Each
 * request is signed. The body of an answer is checked against x-amz-crc32, if
 * the answer has that field.
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
    DYNAMODB_REQUEST_MAX = 8 << 20       /* bytes of a request: DynamoDB accepts
                                            16 MB, but no request here needs
                                            more than this */
};

struct dynamodb {
    struct aws *aws;             /* if its keys have expired, a call fetches
                                    new ones once */
    const volatile sig_atomic_t *stop;   /* nonzero ends waits, see below */
    unsigned max_attempts;
    bool counted;                /* the HTTP layer does not repeat requests
                                    by itself, so that `retries` counts all
                                    repetitions; set by the caller */
    uint64_t retries;            /* repetitions since dynamodb_init */
    int64_t offset;              /* the service's clock minus ours, s */
    struct backoff_bucket bucket;
    struct buf request;          /* the next request, without its last "}" */
    char code[64];               /* DynamoDB's name for the error, or "" */
    char error[OUTCOME_SENTENCE];        /* why the last call failed */
    struct http http;
};

/*
 * Prepares calls. Each is attempted at most `max_attempts` times, in the
 * standard retry mode of the AWS SDKs: a token bucket, exponential backoff with
 * jitter, x-amz-retry-after. When *stop is not 0, waits between the attempts
 * end, except for calls that store a text. `aws` and `stop` must stay valid as
 * long as `db` is in use.
 *
 * Calls return DONE, BAD or STOP. A call whose last attempt ends with RETRY or
 * WAIT returns STOP.
 */
void dynamodb_init(struct dynamodb *db, struct aws *aws,
                   const struct http_options *options, unsigned max_attempts,
                   const volatile sig_atomic_t *stop);
void dynamodb_close(struct dynamodb *db);

/* What a caller wants from an answer, which is JSON. */
struct dynamodb_want {
    const struct json_pick *picks;
    unsigned n;                  /* at most DYNAMODB_PICKS_MAX */
    json_fn *fn;                 /* receives their events (json.h) */
    void (*begin)(void *context);        /* called before each attempt:
                                    what earlier ones reported is void */
    void *context;
};

/*
 * Ends db->request and sends it as `operation` ("PutItem"), repeatedly if
 * necessary. `stores`: the call stores a text that would otherwise be lost.
 * `want` may be NULL. What the picks reported is valid only if the outcome is
 * DONE, or BAD, where it comes from the error's body.
 */
enum outcome dynamodb_call(struct dynamodb *db, const char *operation,
                           const struct dynamodb_want *want, bool stores);

/*
 * dynamodb_keep is dynamodb_call with a buffer for each pick. It empties the
 * buffers first, and appends what the picks report. Where a buffer is NULL,
 * values are only counted and checked. A NUL follows each value of a pick that
 * is `wild`. dynamodb_keep also returns STOP if a buffer is full, or if a value
 * is missing or has a type that `types` does not allow (dynamodb_strange).
 */
enum { DYNAMODB_KEPT_MAX = 10 };

struct dynamodb_kept {
    const struct json_pick *picks;
    const unsigned short *types; /* for each pick a set of bits,
                                    1 << enum json_type; JSON_NONE allows that
                                    a pick that is not `wild` finds nothing. 0,
                                    or NULL for all, allows everything */
    unsigned n;
    struct buf *to[DYNAMODB_KEPT_MAX];
    size_t stays;                /* bytes at the start of the first buffer
                                    that are kept */
    size_t seen[DYNAMODB_KEPT_MAX];      /* result: the number of values of each
                                    pick */
    unsigned strange;            /* result: a bit for each pick that had a
                                    value of a wrong type */
};

enum {
    DYNAMODB_ABSENT = 1 << JSON_NONE,
    DYNAMODB_NULL = 1 << JSON_NULL,
    DYNAMODB_OBJECT = 1 << JSON_OBJECT,
    DYNAMODB_ARRAY = 1 << JSON_ARRAY,
    DYNAMODB_STRING = 1 << JSON_STRING
};

/* Sets db->error: the value at a pointer is missing, or not what DynamoDB's
   answers have there. Returns STOP. */
enum outcome dynamodb_strange(struct dynamodb *db, const char *pointer);

enum outcome dynamodb_keep(struct dynamodb *db, const char *operation,
                           struct dynamodb_kept *kept, bool stores);

/* Waits before the repetition number `retry` (1 is the first) of something that
   ended with RETRY or WAIT. Returns false if it may not be repeated: no attempt
   or token is left, or, unless `stores`, *stop ended the wait. */
bool dynamodb_wait(struct dynamodb *db, enum outcome outcome, unsigned retry,
                   bool stores);

/* Sets db->error to "DynamoDB: ..." (outcome_say). Returns `outcome`. */
enum outcome dynamodb_fail(struct dynamodb *db, enum outcome outcome,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends " (advice)" to db->error, unless the advice is "". */
void dynamodb_advise(struct dynamodb *db, const char *advice);

/* ---- requests ---- */

/* Empties db->request, starts a request about the table, and returns the
   buffer. */
struct buf *dynamodb_request(struct dynamodb *db, const char *table);

/* Append to a request: a JSON string; {"TableName":"..." without the "}";
   {"S":"..."} or another type; {"key":{"S":id}}. */
void dynamodb_quote(struct buf *body, const char *text);
void dynamodb_table(struct buf *body, const char *table);
void dynamodb_typed(struct buf *body, const char *type, const void *bytes,
                    size_t n);
void dynamodb_key(struct buf *body, const char *key, const unsigned char *id,
                  size_t n);

/* Append to a request: a comma, unless a "{" or "[" comes before; the comma and
   "name":; the comma and "name":"text". */
void dynamodb_next(struct buf *body);
void dynamodb_name(struct buf *body, const char *name);
void dynamodb_text(struct buf *body, const char *name, const char *text);

#endif
