/* dynamodb: see dynamodb.h. */
#include "dynamodb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sigv4.h"

/* -------------------------------------------------------------- answers */

/* What is taken from every answer; the caller's own picks follow. */
enum { P_TYPE, P_MESSAGE, P_MESSAGE2, P_OWN };

struct answer {
    struct json json;
    struct json_pick picks[P_OWN + DYNAMODB_PICKS_MAX];
    uint32_t crc;
    struct outcome_note notes[P_OWN];
    const struct dynamodb_want *want;
};

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    if (pick >= P_OWN)
        return a->want->fn(a->want->context, pick - P_OWN, event, type, bytes,
                           n);
    if (event == JSON_BYTES)
        outcome_note_add(&a->notes[pick], bytes, n);
    return true;
}

static void answer_begin(struct answer *a, const struct dynamodb_want *want)
{
    static const struct json_pick error[P_OWN] = {
        [P_TYPE] = {"/__type", JSON_WANT_TEXT, false, 0},
        [P_MESSAGE] = {"/message", JSON_WANT_TEXT, false, 0},
        [P_MESSAGE2] = {"/Message", JSON_WANT_TEXT, false, 0}
    };

    memcpy(a->picks, error, sizeof error);
    if (want->n > 0)
        memcpy(a->picks + P_OWN, want->picks, want->n * sizeof *want->picks);
    memset(a->notes, 0, sizeof a->notes);
    a->want = want;
    a->crc = 0;
    if (want->begin != NULL)
        want->begin(want->context);
    json_init(&a->json, a->picks, P_OWN + want->n, picked, a);
}

/* CRC-32 as zlib has it (ISO 3309), four bits at a time. */
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

/* ------------------------------------------------------------- outcomes */

enum outcome dynamodb_fail(struct dynamodb *db, enum outcome outcome,
                           const char *advice, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    outcome_say(db->error, "DynamoDB", advice, format, ap);
    va_end(ap);
    return outcome;
}

/*
 * What an error means ("Error handling with DynamoDB"; the AWS SDKs' lists of
 * transient and throttling errors, the latter are WAIT). The first line whose
 * text the error's name contains decides.
 */
static const struct {
    const char *name;
    enum outcome outcome;
    const char *advice;
} meanings[] = {
    {"ProvisionedThroughputExceeded", OUTCOME_WAIT, ""},
    {"Throttl", OUTCOME_WAIT, ""},
    {"RequestLimitExceeded", OUTCOME_WAIT, ""},
    {"TooManyRequests", OUTCOME_WAIT, ""},
    {"TransactionInProgress", OUTCOME_WAIT, ""},
    {"BandwidthLimitExceeded", OUTCOME_WAIT, ""},
    {"SlowDown", OUTCOME_WAIT, ""},
    {"PriorRequestNotComplete", OUTCOME_WAIT, ""},
    {"ItemCollectionSizeLimitExceeded", OUTCOME_BAD, ""},
    {"LimitExceeded", OUTCOME_WAIT,
        " (too much is being made or changed at once, or the account's limit "
        "is reached)"},
    {"InternalServerError", OUTCOME_RETRY, ""},
    {"InternalFailure", OUTCOME_RETRY, ""},
    {"ServiceUnavailable", OUTCOME_RETRY, ""},
    {"RequestTimeout", OUTCOME_RETRY, ""},
    {"ReplicatedWriteConflict", OUTCOME_RETRY, ""},
    {"ExpiredToken", OUTCOME_STOP,
        " (the session token has expired: get new credentials)"},
    {"UnrecognizedClient", OUTCOME_STOP,
        " (check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN)"},
    {"InvalidSignature", OUTCOME_STOP,
        " (check AWS_SECRET_ACCESS_KEY, the region and the clock)"},
    {"SignatureDoesNotMatch", OUTCOME_STOP, " (check AWS_SECRET_ACCESS_KEY)"},
    {"IncompleteSignature", OUTCOME_STOP, ""},
    {"MissingAuthenticationToken", OUTCOME_STOP, ""},
    {"AccessDenied", OUTCOME_STOP,
        " (the credentials do not allow this)"},
    {"ResourceNotFound", OUTCOME_STOP,
        " (no such table in this region and account; ocrdyn table create "
        "makes one)"},
    {"UnknownOperation", OUTCOME_STOP,
        " (check the endpoint: is it DynamoDB's?)"},
    {"Validation", OUTCOME_BAD, ""},
    {"Serialization", OUTCOME_BAD, ""},
    {"ConditionalCheckFailed", OUTCOME_BAD, ""},
    {"ResourceInUse", OUTCOME_BAD,
        " (it is there, or being made, changed or deleted: ocrdyn table show "
        "tells)"}
};

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

static enum outcome refused(struct dynamodb *db, const struct answer *a,
                            bool is_json)
{
    int status = db->http.response.status;
    const char *message = a->notes[P_MESSAGE].len > 0
        ? a->notes[P_MESSAGE].text : a->notes[P_MESSAGE2].text;
    char *name = db->code;
    size_t i;

    if (is_json)
        error_name(name, sizeof db->code, a->notes[P_TYPE].text);
    if (!is_json || name[0] == '\0') {
        if (status == 413)
            return dynamodb_fail(db, OUTCOME_BAD, "", "413, the request is "
                                 "too large");
        return dynamodb_fail(db, status >= 500 || status == 429
                             ? OUTCOME_RETRY : OUTCOME_STOP, " (check the "
                             "endpoint: is it DynamoDB's?)", "status %d "
                             "without an error's name", status);
    }
    for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strstr(name, meanings[i].name) != NULL)
            return dynamodb_fail(db, meanings[i].outcome, meanings[i].advice,
                                 "%s%s%s", name, *message != '\0' ? ": "
                                 : "", message);
    /* nobody knows whether it is this item's fault: no more are paid for */
    return dynamodb_fail(db, status >= 500 ? OUTCOME_RETRY : OUTCOME_STOP, "",
                         "%d %s: %s", status, name, message);
}

/* Did the body arrive as it was sent? Without the field there is no check. */
static bool crc_good(const struct dynamodb *db, const struct answer *a)
{
    const char *crc = http_response_field(&db->http.response, "x-amz-crc32");

    return crc == NULL || strtoull(crc, NULL, 10) == a->crc;
}

/* -------------------------------------------------------------- calls */

enum {
    FIELDS = 6,
    AUTHORIZATION_MAX = 1024
};

/* Signs and sends a request once. */
static enum outcome attempt(struct dynamodb *db, const char *operation,
                            const struct buf *body,
                            const struct dynamodb_want *want)
{
    const struct aws *aws = db->aws;
    const struct sigv4_scope scope = {aws->keys.access, aws->keys.secret,
        aws->region, "dynamodb"};
    char date[SIGV4_DATE], target[64], authorization[AUTHORIZATION_MAX];
    bool token = aws->keys.token[0] != '\0';
    const struct sigv4_header signed_fields[] = {
        {"host", db->http.url.authority},
        {"content-type", "application/x-amz-json-1.0"},
        {"x-amz-date", date},
        {"x-amz-target", target},
        {"x-amz-security-token", aws->keys.token}
    };
    struct http_field fields[FIELDS] = {{"Authorization", authorization}};
    const size_t n = token ? 5 : 4;
    const char *path = db->http.url.path[0] != '\0' ? db->http.url.path : "/";
    struct sigv4_request rq = {"POST", path, signed_fields, n,
        body->data, body->len};
    struct http_request http = {"POST", path, fields, n, body->data,
        body->len, !db->counted};
    enum http_result sent;
    struct answer a;
    size_t i;

    snprintf(target, sizeof target, "DynamoDB_20120810.%s", operation);
    if (!sigv4_date(date, clock_now(CLOCK_CALENDAR) / CLOCK_SECOND +
                    db->offset) ||
        sigv4_authorization(&rq, &scope, date, authorization,
                            sizeof authorization) == 0)
        return dynamodb_fail(db, OUTCOME_STOP, "", "the request cannot be "
                             "signed");
    for (i = 1; i < n; i++) {    /* HTTP adds the host itself */
        struct http_field *field = &fields[i];

        field->name = signed_fields[i].name;
        field->value = signed_fields[i].value;
    }
    answer_begin(&a, want);
    sent = http_send(&db->http, &http, take_body, &a);
    buf_wipe(authorization, sizeof authorization);
    if (sent != HTTP_OK)
        return dynamodb_fail(db, sent == HTTP_REFUSED ? OUTCOME_STOP
                             : OUTCOME_RETRY, "", "%s", db->http.error);
    if (!crc_good(db, &a))
        return dynamodb_fail(db, OUTCOME_RETRY, "", "the answer was damaged "
                             "on its way (x-amz-crc32)");
    if (!json_end(&a.json) && db->http.response.status == 200)
        return dynamodb_fail(db, OUTCOME_RETRY, "", "the answer is not JSON");
    if (db->http.response.status != 200)
        return refused(db, &a, json_end(&a.json));
    return OUTCOME_DONE;
}

/*
 * Sets our clock right by the answer's Date. True if the request was signed
 * with a time so wrong (the SDKs say: 4 minutes) that this may be why it was
 * refused.
 */
static bool was_skewed(struct dynamodb *db)
{
    const struct http_response *r = &db->http.response;
    const char *date = http_response_field(r, "Date");
    int64_t then = date == NULL ? -1 : clock_http_date(date);
    int64_t used = db->offset;

    if (then < 0 || http_response_field(r, "Age") != NULL)
        return false;
    db->offset = then - clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;
    return llabs(db->offset - used) >= 240;
}

/* x-amz-retry-after in ms, or -1. */
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
        pace_failure(&db->bucket);
        return false;
    }
    if (!pace_retry(&db->bucket, retry, outcome == OUTCOME_WAIT,
                    retry_after(db), random, &delay))
        return false;
    end = clock_now(CLOCK_STEADY) + delay;
    db->retries++;
    while (clock_sleep(end, -1, 0, stores ? NULL : db->stop) == CLOCK_SIGNAL)
        if (!stores && *db->stop != 0)
            return false;
    return true;
}

/* Adds to the sentence. */
static void add_reason(struct dynamodb *db, const char *reason)
{
    size_t n = strlen(db->error);

    if (*reason != '\0')
        snprintf(db->error + n, sizeof db->error - n, " (%s)", reason);
}

enum outcome dynamodb_call(struct dynamodb *db, const char *operation,
                           const struct buf *body,
                           const struct dynamodb_want *want, bool stores)
{
    enum outcome outcome;
    unsigned retry = 0;
    bool corrected = false, renewed = false;
    static const struct dynamodb_want nothing;

    if (body->failed)
        return dynamodb_fail(db, OUTCOME_STOP, "", "memory is out");
    for (;;) {
        bool skewed;

        db->error[0] = db->code[0] = '\0';
        aws_fresh(db->aws);
        outcome = attempt(db, operation, body,
                          want != NULL ? want : &nothing);
        skewed = was_skewed(db);
        if (outcome == OUTCOME_STOP && skewed && !corrected) {
            corrected = true;    /* signed anew, by the service's clock */
            continue;
        }
        if (!renewed && strcmp(db->code, "ExpiredTokenException") == 0) {
            renewed = true;
            if (aws_renew(db->aws))
                continue;
            add_reason(db, db->aws->why);
        }
        if (outcome != OUTCOME_RETRY && outcome != OUTCOME_WAIT)
            break;
        if (!dynamodb_wait(db, outcome, ++retry, stores)) {
            size_t n = strlen(db->error);

            snprintf(db->error + n, sizeof db->error - n,
                     " (given up after %u tr%s)", retry,
                     retry == 1 ? "y" : "ies");
            return OUTCOME_STOP;
        }
    }
    if (outcome == OUTCOME_DONE)
        pace_success(&db->bucket);
    return outcome;
}

void dynamodb_init(struct dynamodb *db, struct aws *aws,
                   const struct http_options *options, unsigned max_attempts,
                   const volatile sig_atomic_t *stop)
{
    http_init(&db->http, &aws->endpoint, options);
    db->aws = aws;
    db->max_attempts = max_attempts;
    db->stop = stop;
    pace_bucket_init(&db->bucket);
    db->offset = 0;
    db->retries = 0;
    db->counted = false;
    db->error[0] = db->code[0] = '\0';
}

void dynamodb_close(struct dynamodb *db)
{
    http_close(&db->http);
}

/* --------------------------------------------------- parts of requests */

void dynamodb_quote(struct buf *body, const char *text)
{
    json_quote((const unsigned char *)text, strlen(text), buf_put, body);
}

void dynamodb_table(struct buf *body, const char *table)
{
    buf_str(body, "{\"TableName\":");
    dynamodb_quote(body, table);
}

void dynamodb_key(struct buf *body, const char *key, const unsigned char *id,
                  size_t n)
{
    buf_byte(body, '{');
    dynamodb_quote(body, key);
    buf_str(body, ":{\"S\":");
    json_quote(id, n, buf_put, body);
    buf_str(body, "}}");
}
