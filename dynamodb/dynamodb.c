/* dynamodb.c: sends signed requests to DynamoDB, checks and reads the answers,
   and repeats what failed. */
#include "dynamodb/dynamodb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "aws/signing.h"

/* ---- answers ---- */

/* What is read from every answer; the caller's picks follow. */
enum { P_TYPE, P_MESSAGE, P_MESSAGE2, P_OWN };

/* Phrases to find in the whole message of an error whose code is not specific:
   a query of an index that is being filled is a ValidationException. */
static const char *const phrases[] = {"backfilling", NULL};

struct answer {
    const struct dynamodb_want *want;
    uint32_t crc;
    struct why_watch watch;
    struct why_words said[P_OWN];
    struct json json;
    struct json_pick picks[P_OWN + DYNAMODB_PICKS_MAX];
};

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    if (pick >= P_OWN)
        return a->want->fn(a->want->context, pick - P_OWN, event, type, bytes,
                           n);
    if (event == JSON_BYTES)
        why_words_add(&a->said[pick], bytes, n);
    return true;
}

static void answer_begin(struct answer *a, const struct dynamodb_want *want)
{
    static const struct json_pick error[P_OWN] = {
        [P_TYPE] = {"/__type", JSON_WANT_STRING, false},
        [P_MESSAGE] = {"/message", JSON_WANT_STRING, false},
        [P_MESSAGE2] = {"/Message", JSON_WANT_STRING, false}
    };

    memcpy(a->picks, error, sizeof error);
    memset(a->said, 0, sizeof a->said);
    a->watch = (struct why_watch){.phrases = phrases};
    a->said[P_MESSAGE].watch = a->said[P_MESSAGE2].watch = &a->watch;
    a->want = want;
    a->crc = 0;
    if (want != NULL) {
        memcpy(a->picks + P_OWN, want->picks, want->n * sizeof *want->picks);
        want->begin(want->context);
    }
    json_init(&a->json, a->picks, P_OWN + (want != NULL ? want->n : 0),
              picked, a);
}

/* The CRC-32 of zlib (ISO 3309), four bits at a time. */
static uint32_t crc32(uint32_t crc, const unsigned char *p, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
    };

    crc = ~crc;
    while (n-- > 0) {
        crc ^= *p++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static void take_body(void *context, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    a->crc = crc32(a->crc, bytes, n);
    json_feed(&a->json, bytes, n);
}

/* ---- outcomes ---- */

enum outcome dynamodb_fail(struct dynamodb *db, enum outcome outcome,
                           const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    outcome_say(db->error, "DynamoDB", "", format, ap);
    va_end(ap);
    return outcome;
}

void dynamodb_advise(struct dynamodb *db, const char *advice)
{
    size_t n = strlen(db->error), room = sizeof db->error - n;

    if (*advice != '\0' &&
        (size_t)snprintf(db->error + n, room, " (%s)", advice) >= room)
        why_cut(db->error, sizeof db->error);
}

/*
 * What errors mean ("Error handling with DynamoDB", and the AWS SDKs' lists of
 * transient and of throttling errors; the latter are WAIT). The first row with
 * a name that is part of the error's code applies.
 */
static const struct meaning {
    enum outcome outcome;
    const char *names;           /* each ends with NUL, the last with two */
    const char *advice;
} meanings[] = {
    {OUTCOME_WAIT, "ProvisionedThroughputExceeded\0Throttl\0"
        "RequestLimitExceeded\0TooManyRequests\0TransactionInProgress\0"
        "BandwidthLimitExceeded\0SlowDown\0PriorRequestNotComplete\0", ""},
    {OUTCOME_BAD, "ItemCollectionSizeLimitExceeded\0Validation\0"
        "Serialization\0ConditionalCheckFailed\0", ""},
    {OUTCOME_WAIT, "LimitExceeded\0", "too much is being made or changed at "
        "once, or the account's limit is reached"},
    {OUTCOME_RETRY, "RequestTimeout\0ReplicatedWriteConflict\0", ""},
    {OUTCOME_STOP, "ExpiredToken\0", "the session token has expired: get new "
        "credentials"},
    {OUTCOME_STOP, "UnrecognizedClient\0", "check AWS_ACCESS_KEY_ID and "
        "AWS_SESSION_TOKEN"},
    {OUTCOME_STOP, "InvalidSignature\0", "check AWS_SECRET_ACCESS_KEY, the "
        "region and the clock"},
    {OUTCOME_STOP, "SignatureDoesNotMatch\0", "check AWS_SECRET_ACCESS_KEY"},
    {OUTCOME_STOP, "AccessDenied\0", "the credentials do not allow this"},
    {OUTCOME_STOP, "ResourceNotFound\0", "no such table in this region and "
        "account; ocrdyn table create makes one"},
    {OUTCOME_STOP, "UnknownOperation\0", "check the endpoint: is it "
        "DynamoDB's?"},
    {OUTCOME_BAD, "ResourceInUse\0", "it is there, or being made, changed or "
        "deleted: ocrdyn table show tells"}
}, unknown[2] = {
    /* it may concern every item: stop before more OCR is paid for */
    {OUTCOME_STOP, "", ""},
    {OUTCOME_RETRY, "", ""}      /* with a status of 500 and above */
};

static const struct meaning *find_meaning(const char *code, int status)
{
    const char *name;
    size_t i;

    for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        for (name = meanings[i].names; *name != '\0';
             name += strlen(name) + 1)
            if (strstr(code, name) != NULL)
                return &meanings[i];
    return &unknown[status >= 500];
}

/* "com.amazonaws.dynamodb.v20120810#Name:http://..." -> "Name" */
static void error_name(char *name, size_t size, const char *type)
{
    size_t n = strcspn(type, ":");
    const char *p = type, *end = type + n, *i;

    for (i = type; i < end; i++)
        if (*i == '#')
            p = i + 1;
    n = (size_t)(end - p);
    if (n >= size)
        n = size - 1;
    memcpy(name, p, n);
    name[n] = '\0';
}

static enum outcome refused(struct dynamodb *db, struct answer *a,
                            bool is_json)
{
    const int status = db->http.response.status;
    const char *message = a->said[P_MESSAGE].len > 0
        ? a->said[P_MESSAGE].text : a->said[P_MESSAGE2].text;
    const struct meaning *meaning;

    if (is_json)
        error_name(db->code, sizeof db->code, a->said[P_TYPE].text);
    if (db->code[0] == '\0' && status == 413)
        return dynamodb_fail(db, OUTCOME_BAD, "413, the request is too large");
    if (db->code[0] == '\0')
        return dynamodb_fail(db, status >= 500 || status == 429
                             ? OUTCOME_RETRY : OUTCOME_STOP, "status %d "
                             "without an error's name%s%s (check the endpoint: "
                             "is it DynamoDB's?)", status,
                             *message != '\0' ? ": " : "", message);
    meaning = find_meaning(db->code, status);
    dynamodb_fail(db, meaning->outcome, *message != '\0' ? "%s: %s" : "%s%s",
                  db->code, message);
    dynamodb_advise(db, meaning->advice);
    why_watch_end(&a->watch);
    if (a->watch.found != 0 && strcmp(db->code, "ValidationException") == 0)
        dynamodb_advise(db, "wait until it is ready: ocrdyn table index ... "
                        "--wait");
    return meaning->outcome;
}

/* Returns whether the body's CRC is the one in the answer, if it has one. */
static bool crc_good(const struct dynamodb *db, const struct answer *a)
{
    const char *crc = http_response_field(&db->http.response, "x-amz-crc32");

    return crc == NULL || strtoull(crc, NULL, 10) == a->crc;
}

/* ---- calls ---- */

/* Signs and sends a request once. */
static enum outcome attempt(struct dynamodb *db, const char *operation,
                            const struct dynamodb_want *want)
{
    const struct url *url = &db->http.url;
    char target[64];
    const struct http_field fields[] = {
        {"content-type", "application/x-amz-json-1.0"},
        {"x-amz-target", target}
    };
    struct http_request rq = {"POST", url->path[0] != '\0' ? url->path : "/",
        fields, 2, db->request.data, db->request.len, !db->counted};
    struct signing s = {.keys = &db->aws->keys, .region = db->aws->region,
        .service = "dynamodb", .key = &db->aws->signing, .offset = db->offset};
    enum http_result sent;
    struct answer a;

    snprintf(target, sizeof target, "DynamoDB_20120810.%s", operation);
    if (!signing_sign(&s, url, &rq))
        return dynamodb_fail(db, OUTCOME_STOP,
                             "the request cannot be signed");
    answer_begin(&a, want);
    sent = http_send(&db->http, &rq, take_body, &a);
    buf_wipe(&s, sizeof s);
    if (sent == HTTP_ENCODED)    /* a repetition would give the same */
        return dynamodb_fail(db, db->http.response.status >= 500
                             ? OUTCOME_RETRY : OUTCOME_STOP, "%s",
                             db->http.error);
    if (sent != HTTP_OK)
        return dynamodb_fail(db, sent == HTTP_REFUSED ? OUTCOME_STOP
                             : OUTCOME_RETRY, "%s", db->http.error);
    if (!crc_good(db, &a))
        return dynamodb_fail(db, OUTCOME_RETRY, "the answer was damaged on "
                             "its way (x-amz-crc32)");
    if (!json_end(&a.json) && db->http.response.status == 200)
        return dynamodb_fail(db, OUTCOME_RETRY, "the answer is not JSON");
    if (db->http.response.status != 200)
        return refused(db, &a, json_end(&a.json));
    return OUTCOME_DONE;
}

/*
 * Sets db->offset from the answer's Date, unless a cache delayed it (Age).
 * Returns true if the time in the request's signature was wrong by at least 4
 * minutes, as in the SDKs, so that this may be why it was refused.
 */
static bool was_skewed(struct dynamodb *db)
{
    const struct http_response *r = &db->http.response;
    const char *date = http_response_field(r, "Date");
    int64_t then = date == NULL ? -1 : clock_http_date(date);
    int64_t used = db->offset;

    if (then < 0 || http_response_field(r, "Age") != NULL)
        return false;
    db->offset = then - clock_seconds();
    return llabs(db->offset - used) >= 240;
}

/* Returns x-amz-retry-after in ms, or -1. */
static int64_t retry_after(const struct dynamodb *db)
{
    const char *ms = http_response_field(&db->http.response,
                                         "x-amz-retry-after");

    return ms == NULL || *ms < '0' || *ms > '9' ? -1 : strtoll(ms, NULL, 10);
}

bool dynamodb_wait(struct dynamodb *db, enum outcome outcome, unsigned retry,
                   bool stores)
{
    uint32_t random;
    int64_t delay, end;

    clock_random(&random, sizeof random);
    if (retry >= db->max_attempts) {
        backoff_failure(&db->bucket);
        return false;
    }
    if (!backoff_retry(&db->bucket, retry, outcome == OUTCOME_WAIT,
                    retry_after(db), random, &delay))
        return false;
    end = clock_now(CLOCK_STEADY) + delay;
    db->retries++;
    while (wait_until(end, -1, 0, stores ? NULL : db->stop) == WAIT_SIGNAL)
        if (!stores && *db->stop != 0)
            return false;
    return true;
}

enum outcome dynamodb_call(struct dynamodb *db, const char *operation,
                           const struct dynamodb_want *want, bool stores)
{
    enum outcome outcome;
    unsigned retry = 0;
    bool corrected = false, renewed = false;
    char given_up[48];

    if (!buf_byte(&db->request, '}'))
        return dynamodb_fail(db, OUTCOME_STOP, "memory is out");
    for (;;) {
        bool skewed;

        db->error[0] = db->code[0] = '\0';
        aws_fresh(db->aws);
        outcome = attempt(db, operation, want);
        skewed = was_skewed(db);
        if (outcome == OUTCOME_STOP && skewed && !corrected) {
            corrected = true;    /* sign again, with the service's time */
            continue;
        }
        if (!renewed && strcmp(db->code, "ExpiredTokenException") == 0) {
            renewed = true;
            if (aws_renew(db->aws))
                continue;
            dynamodb_advise(db, db->aws->why);
        }
        if (outcome != OUTCOME_RETRY && outcome != OUTCOME_WAIT)
            break;
        if (!dynamodb_wait(db, outcome, ++retry, stores)) {
            snprintf(given_up, sizeof given_up, "given up after %u tr%s",
                     retry, retry == 1 ? "y" : "ies");
            dynamodb_advise(db, given_up);
            return OUTCOME_STOP;
        }
    }
    if (outcome == OUTCOME_DONE)
        backoff_success(&db->bucket);
    return outcome;
}

static void keep_begin(void *context)
{
    struct dynamodb_kept *kept = context;
    unsigned i;

    for (i = 0; i < kept->n; i++) {
        if (kept->to[i] != NULL && (i > 0 || kept->stays == 0))
            buf_reset(kept->to[i]);
        kept->seen[i] = 0;
    }
    if (kept->to[0] != NULL)
        kept->to[0]->len = kept->stays;
    kept->strange = 0;
}

static bool keep_picked(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct dynamodb_kept *kept = context;
    struct buf *to = kept->to[pick];

    if (event == JSON_BEGIN) {
        kept->seen[pick]++;
        if (kept->types != NULL && kept->types[pick] != 0 &&
            (kept->types[pick] >> type & 1) == 0)
            kept->strange |= 1u << pick;
    } else if (event == JSON_BYTES && to != NULL) {
        buf_add(to, bytes, n);
    } else if (event == JSON_END && to != NULL && kept->picks[pick].wild) {
        buf_byte(to, '\0');
    }
    return true;
}

enum outcome dynamodb_strange(struct dynamodb *db, const char *pointer)
{
    dynamodb_fail(db, OUTCOME_STOP, "its answer is not understood at %s",
                  pointer);
    dynamodb_advise(db, "check the endpoint: is it DynamoDB's?");
    return OUTCOME_STOP;
}

/* Returns DONE, or STOP if a value is missing or has a wrong type, or if a
   buffer is full. */
static enum outcome keep_judge(struct dynamodb *db,
                               const struct dynamodb_kept *kept)
{
    unsigned i;

    for (i = 0; i < kept->n; i++) {
        const unsigned types = kept->types != NULL ? kept->types[i] : 0;
        const bool missing = kept->seen[i] == 0 && !kept->picks[i].wild &&
            types != 0 && (types & DYNAMODB_ABSENT) == 0;

        if (missing || (kept->strange >> i & 1) != 0)
            return dynamodb_strange(db, kept->picks[i].pointer);
        if (kept->to[i] != NULL && kept->to[i]->failed)
            return dynamodb_fail(db, OUTCOME_STOP, "its answer is larger "
                                 "than it may be, or memory is out");
    }
    return OUTCOME_DONE;
}

enum outcome dynamodb_keep(struct dynamodb *db, const char *operation,
                           struct dynamodb_kept *kept, bool stores)
{
    const struct dynamodb_want want = {kept->picks, kept->n, keep_picked,
        keep_begin, kept};
    enum outcome outcome = dynamodb_call(db, operation, &want, stores);

    return outcome == OUTCOME_DONE ? keep_judge(db, kept) : outcome;
}

void dynamodb_init(struct dynamodb *db, struct aws *aws,
                   const struct http_options *options, unsigned max_attempts,
                   const volatile sig_atomic_t *stop)
{
    http_init(&db->http, &aws->endpoint, options);
    buf_init(&db->request, DYNAMODB_REQUEST_MAX);
    db->aws = aws;
    db->max_attempts = max_attempts;
    db->stop = stop;
    backoff_bucket_init(&db->bucket);
    db->offset = 0;
    db->retries = 0;
    db->counted = false;
    db->error[0] = db->code[0] = '\0';
}

void dynamodb_close(struct dynamodb *db)
{
    http_close(&db->http);
    buf_free(&db->request);
}

/* ---- requests ---- */

void dynamodb_quote(struct buf *body, const char *text)
{
    json_quote((const unsigned char *)text, strlen(text), buf_put, body);
}

void dynamodb_table(struct buf *body, const char *table)
{
    buf_byte(body, '{');
    dynamodb_text(body, "TableName", table);
}

struct buf *dynamodb_request(struct dynamodb *db, const char *table)
{
    buf_reset(&db->request);
    dynamodb_table(&db->request, table);
    return &db->request;
}

void dynamodb_typed(struct buf *body, const char *type, const void *bytes,
                    size_t n)
{
    buf_byte(body, '{');
    dynamodb_name(body, type);
    json_quote(bytes, n, buf_put, body);
    buf_byte(body, '}');
}

void dynamodb_key(struct buf *body, const char *key, const unsigned char *id,
                  size_t n)
{
    buf_byte(body, '{');
    dynamodb_name(body, key);
    dynamodb_typed(body, "S", id, n);
    buf_byte(body, '}');
}

void dynamodb_next(struct buf *body)
{
    unsigned char last = body->len > 0 ? body->data[body->len - 1] : '{';

    if (last != '{' && last != '[')
        buf_byte(body, ',');
}

void dynamodb_name(struct buf *body, const char *name)
{
    dynamodb_next(body);
    dynamodb_quote(body, name);
    buf_byte(body, ':');
}

void dynamodb_text(struct buf *body, const char *name, const char *text)
{
    dynamodb_name(body, name);
    dynamodb_quote(body, text);
}
