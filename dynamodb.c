/* dynamodb: see dynamodb.h. */
#include "dynamodb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "sigv4.h"

/* ---------------------------------------------------------------- items */

void dynamodb_item_init(struct dynamodb_item *item)
{
    memset(item, 0, sizeof *item);
    /* JSON may write each byte as six: \u0001 */
    buf_init(&item->json, 6 * DYNAMODB_ITEM_MAX + 65536);
    buf_init(&item->spare, DYNAMODB_ITEM_MAX);
}

void dynamodb_item_free(struct dynamodb_item *item)
{
    buf_free(&item->json);
    buf_free(&item->spare);
}

void dynamodb_item_reset(struct dynamodb_item *item)
{
    buf_reset(&item->json);
    buf_reset(&item->spare);
    item->size = 0;
    item->replaced = 0;
}

static void item_quote(struct dynamodb_item *item, const void *bytes, size_t n)
{
    item->replaced += json_quote(bytes, n, buf_put, &item->json);
}

static void item_name(struct dynamodb_item *item, const char *name)
{
    buf_byte(&item->json, item->json.len == 0 ? '{' : ',');
    item_quote(item, name, strlen(name));
    buf_byte(&item->json, ':');
    item->size += strlen(name);
}

void dynamodb_item_string(struct dynamodb_item *item, const char *name,
                          const void *value, size_t n)
{
    item_name(item, name);
    if (value == NULL) {
        buf_str(&item->json, "{\"NULL\":true}");
        item->size += 1;
        return;
    }
    buf_str(&item->json, "{\"S\":");
    item_quote(item, value, n);
    buf_byte(&item->json, '}');
    item->size += n;
}

/* A JSON value on its way into an item. */
struct typed {
    struct dynamodb_item *item;
    unsigned depth;
    uint64_t object;             /* a bit for each level: is it an object? */
    bool first;
};

/* Where an element or a member begins: the comma, the member's name. */
static void typed_place(struct typed *t)
{
    struct dynamodb_item *item = t->item;

    if (t->depth == 0)
        return;
    if (!t->first)
        buf_byte(&item->json, ',');
    t->first = false;
    item->size += 1;             /* for each element of a list or a map */
    if (t->object >> (t->depth - 1) & 1) {
        item_quote(item, item->spare.data, item->spare.len);
        buf_byte(&item->json, ':');
        item->size += item->spare.len;
    }
}

static bool typed_begin(struct typed *t, enum json_type type)
{
    struct dynamodb_item *item = t->item;

    typed_place(t);
    buf_reset(&item->spare);
    if (type == JSON_OBJECT || type == JSON_ARRAY) {
        if (t->depth >= DYNAMODB_NESTING_MAX)
            return false;
        t->object &= ~(UINT64_C(1) << t->depth);
        if (type == JSON_OBJECT)
            t->object |= UINT64_C(1) << t->depth;
        t->depth++;
        t->first = true;
        buf_str(&item->json, type == JSON_OBJECT ? "{\"M\":{" : "{\"L\":[");
        item->size += 3;
    }
    return true;
}

/*
 * Bytes of a number: 1, and 1 for each two significant digits. The developer
 * guide says "approximately", and so this is the least that it can mean: an
 * item is not refused here that DynamoDB might take.
 */
static size_t number_size(const unsigned char *p, size_t n)
{
    size_t digits = 0, zeros = 0, i;

    for (i = 0; i < n && p[i] != 'e' && p[i] != 'E'; i++) {
        if (p[i] == '0' && digits > 0)
            zeros++;
        if (p[i] >= '1' && p[i] <= '9') {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return 1 + (digits + 1) / 2;
}

static void typed_end(struct typed *t, enum json_type type)
{
    struct dynamodb_item *item = t->item;

    switch (type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        t->depth--;
        t->first = false;
        buf_str(&item->json, type == JSON_OBJECT ? "}}" : "]}");
        return;
    case JSON_STRING:
        buf_str(&item->json, "{\"S\":");
        item_quote(item, item->spare.data, item->spare.len);
        item->size += item->spare.len;
        break;
    case JSON_NUMBER:            /* "N" is a number as a string */
        buf_str(&item->json, "{\"N\":");
        item_quote(item, item->spare.data, item->spare.len);
        item->size += number_size(item->spare.data, item->spare.len);
        break;
    case JSON_NULL:
        buf_str(&item->json, "{\"NULL\":true");
        item->size += 1;
        break;
    default:
        buf_str(&item->json, type == JSON_TRUE ? "{\"BOOL\":true"
                                               : "{\"BOOL\":false");
        item->size += 1;
        break;
    }
    buf_byte(&item->json, '}');
    buf_reset(&item->spare);
}

static bool typed_event(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct typed *t = context;

    (void)pick;
    switch (event) {
    case JSON_BEGIN:
        return typed_begin(t, type);
    case JSON_END:
        typed_end(t, type);
        break;
    default:                     /* pieces of a name or of a scalar */
        buf_add(&t->item->spare, bytes, n);
        break;
    }
    return true;
}

bool dynamodb_item_json(struct dynamodb_item *item, const char *name,
                        const unsigned char *value, size_t n)
{
    static const struct json_pick whole = {"", JSON_WANT_WALK, false, 0};
    struct typed typed = {item, 0, 0, true};
    struct json json;

    item_name(item, name);
    buf_reset(&item->spare);
    json_init(&json, &whole, 1, typed_event, &typed);
    json_feed(&json, value, n);
    return json_end(&json);
}

/* Without memory nobody knows; dynamodb_put says so. */
bool dynamodb_item_fits(const struct dynamodb_item *item)
{
    return (!item->json.failed || item->json.starved) &&
        (!item->spare.failed || item->spare.starved) &&
        item->size <= DYNAMODB_ITEM_MAX;
}

/* -------------------------------------------------------------- answers */

/* What is taken from an answer: of an error, of DescribeTable, ... */
enum {
    P_TYPE, P_MESSAGE, P_MESSAGE2,
    P_STATUS, P_KEY, P_KEY_NAME, P_KEY_TYPE, P_DEF, P_DEF_NAME, P_DEF_TYPE,
    P_ITEM, P_ITEM_STRING, P_FOUND, P_LEFT,
    P_N
};

static const struct json_pick picks[P_N] = {
    [P_TYPE] = {"/__type", JSON_WANT_TEXT, false, 0},
    [P_MESSAGE] = {"/message", JSON_WANT_TEXT, false, 0},
    [P_MESSAGE2] = {"/Message", JSON_WANT_TEXT, false, 0},
    [P_STATUS] = {"/Table/TableStatus", JSON_WANT_TEXT, false, 0},
    [P_KEY] = {"/Table/KeySchema/*", JSON_WANT_TYPE, true, 0},
    [P_KEY_NAME] = {"/Table/KeySchema/*/AttributeName", JSON_WANT_TEXT, true,
        0},
    [P_KEY_TYPE] = {"/Table/KeySchema/*/KeyType", JSON_WANT_TEXT, true, 0},
    [P_DEF] = {"/Table/AttributeDefinitions/*", JSON_WANT_TYPE, true, 0},
    [P_DEF_NAME] = {"/Table/AttributeDefinitions/*/AttributeName",
        JSON_WANT_TEXT, true, 0},
    [P_DEF_TYPE] = {"/Table/AttributeDefinitions/*/AttributeType",
        JSON_WANT_TEXT, true, 0},
    /* of GetItem, where one attribute was asked for */
    [P_ITEM] = {"/Item", JSON_WANT_TYPE, false, 0},
    [P_ITEM_STRING] = {"/Item/*/S", JSON_WANT_TEXT, true, 0},
    /* of BatchGetItem, likewise: keys of items, and what was not looked up */
    [P_FOUND] = {"/Responses/*/*/*/S", JSON_WANT_TEXT, true, 0},
    [P_LEFT] = {"/UnprocessedKeys/*/Keys/*/*/S", JSON_WANT_TEXT, true, 0}
};

struct answer {
    struct json json;
    uint32_t crc;
    struct outcome_note notes[P_N];
    struct outcome_note hash, range;     /* names of the keys */
    const char *key;             /* whose type is wanted: */
    struct outcome_note key_type;
    bool item;                   /* there is an Item */
    struct buf *string;          /* gets the strings that follow, if wanted */
    const struct dynamodb_id *ids;
    size_t n_ids;
    bool *have, *left;           /* of the ids */
};

/* An element of KeySchema or AttributeDefinitions is whole. */
static void element_end(struct answer *a, unsigned pick)
{
    const struct outcome_note *name = &a->notes[pick + 1];
    const struct outcome_note *type = &a->notes[pick + 2];

    if (pick == P_KEY && strcmp(type->text, "HASH") == 0)
        a->hash = *name;
    else if (pick == P_KEY)
        a->range = *name;
    else if (a->key != NULL && strcmp(name->text, a->key) == 0)
        a->key_type = *type;
}

/* A key of a batch: marks it among the ids. */
static void mark(const struct answer *a, bool *marks)
{
    size_t i;

    for (i = 0; i < a->n_ids; i++)
        if (a->ids[i].n == a->string->len &&
            memcmp(a->ids[i].bytes, a->string->data, a->ids[i].n) == 0)
            marks[i] = true;
}

static void string_event(struct answer *a, unsigned pick,
                         enum json_event event, const unsigned char *bytes,
                         size_t n)
{
    if (a->string == NULL)
        return;
    if (event == JSON_BEGIN)
        buf_reset(a->string);
    else if (event == JSON_BYTES)
        buf_add(a->string, bytes, n);
    else if (pick == P_FOUND && a->have != NULL)
        mark(a, a->have);
    else if (pick == P_LEFT && a->left != NULL)
        mark(a, a->left);
}

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    (void)type;
    if (pick >= P_ITEM_STRING)
        string_event(a, pick, event, bytes, n);
    else if (event == JSON_BYTES)
        outcome_note_add(&a->notes[pick], bytes, n);
    else if (pick == P_ITEM)
        a->item = true;
    else if (pick == P_KEY || pick == P_DEF) {
        if (event == JSON_END)
            element_end(a, pick);
        else
            memset(&a->notes[pick + 1], 0, 2 * sizeof a->notes[0]);
    }
    return true;
}

/* Makes ready for an answer; what the caller wants of it stays. */
static void answer_begin(struct answer *a)
{
    memset(a->notes, 0, sizeof a->notes);
    memset(&a->hash, 0, sizeof a->hash);
    memset(&a->range, 0, sizeof a->range);
    memset(&a->key_type, 0, sizeof a->key_type);
    a->item = false;
    a->crc = 0;
    if (a->have != NULL)
        memset(a->have, 0, a->n_ids * sizeof *a->have);
    if (a->left != NULL)
        memset(a->left, 0, a->n_ids * sizeof *a->left);
    json_init(&a->json, picks, P_N, picked, a);
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

static enum outcome fail(struct dynamodb *db, enum outcome outcome,
                         const char *advice, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum outcome fail(struct dynamodb *db, enum outcome outcome,
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
    {"LimitExceeded", OUTCOME_WAIT, ""},
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
        " (no such table in this region and account)"},
    {"UnknownOperation", OUTCOME_STOP,
        " (check the endpoint: is it DynamoDB's?)"},
    {"Validation", OUTCOME_BAD, ""},
    {"Serialization", OUTCOME_BAD, ""},
    {"ConditionalCheckFailed", OUTCOME_BAD, ""},
    {"ResourceInUse", OUTCOME_BAD, ""}
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
            return fail(db, OUTCOME_BAD, "", "413, the request is too large");
        return fail(db, status >= 500 || status == 429 ? OUTCOME_RETRY
                    : OUTCOME_STOP, " (check the endpoint: is it "
                    "DynamoDB's?)", "status %d without an error's name",
                    status);
    }
    for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strstr(name, meanings[i].name) != NULL)
            return fail(db, meanings[i].outcome, meanings[i].advice,
                        "%s%s%s", name, *message != '\0' ? ": " : "",
                        message);
    /* nobody knows whether it is this item's fault: no more are paid for */
    return fail(db, status >= 500 ? OUTCOME_RETRY : OUTCOME_STOP, "",
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
static enum outcome attempt(struct dynamodb *db, struct answer *a,
                            const char *operation, const struct buf *body)
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
    struct sigv4_request rq = {"POST", path, "", signed_fields, n,
        body->data, body->len, false};
    struct http_request http = {"POST", path, NULL, n, body->data, body->len,
        true};
    enum http_result sent;
    size_t i;

    snprintf(target, sizeof target, "DynamoDB_20120810.%s", operation);
    if (!sigv4_date(date, clock_now(CLOCK_CALENDAR) / CLOCK_SECOND +
                    db->offset) ||
        sigv4_authorization(&rq, &scope, date, authorization,
                            sizeof authorization) == 0)
        return fail(db, OUTCOME_STOP, "", "the request cannot be signed");
    for (i = 1; i < n; i++) {    /* HTTP adds the host itself */
        fields[i].name = signed_fields[i].name;
        fields[i].value = signed_fields[i].value;
    }
    http.fields = fields;
    answer_begin(a);
    sent = http_send(&db->http, &http, take_body, a);
    buf_wipe(authorization, sizeof authorization);
    if (sent != HTTP_OK)
        return fail(db, sent == HTTP_REFUSED ? OUTCOME_STOP : OUTCOME_RETRY,
                    "", "%s", db->http.error);
    if (!crc_good(db, a))
        return fail(db, OUTCOME_RETRY, "", "the answer was damaged on its way "
                    "(x-amz-crc32)");
    if (!json_end(&a->json) && db->http.response.status == 200)
        return fail(db, OUTCOME_RETRY, "", "the answer is not JSON");
    if (db->http.response.status != 200)
        return refused(db, a, json_end(&a->json));
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

/* Waits before the call is tried again. False: it should not be. */
static bool wait_again(struct dynamodb *db, enum outcome outcome,
                       unsigned retry, bool stores)
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

/* A call, with all its tries. `stores`: it keeps a text from being lost. */
static enum outcome call(struct dynamodb *db, struct answer *a,
                         const char *operation, const struct buf *body,
                         bool stores)
{
    enum outcome outcome;
    unsigned retry = 0;
    bool corrected = false, renewed = false;

    for (;;) {
        bool skewed;

        db->error[0] = db->code[0] = '\0';
        outcome = attempt(db, a, operation, body);
        skewed = was_skewed(db);
        if (outcome == OUTCOME_STOP && skewed && !corrected) {
            corrected = true;    /* signed anew, by the service's clock */
            continue;
        }
        if (!renewed && strcmp(db->code, "ExpiredTokenException") == 0 &&
            aws_renew(db->aws)) {
            renewed = true;
            continue;
        }
        if (outcome != OUTCOME_RETRY && outcome != OUTCOME_WAIT)
            break;
        if (!wait_again(db, outcome, ++retry, stores)) {
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
    db->error[0] = db->code[0] = '\0';
}

void dynamodb_close(struct dynamodb *db)
{
    http_close(&db->http);
}

bool dynamodb_table_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                      "WXYZ0123456789_.-");

    if (strncmp(name, "arn:", 4) == 0)
        return strlen(name) <= 1024;
    return name[n] == '\0' && n >= 3 && n <= 255;
}

static void body_table(struct buf *body, const char *table)
{
    buf_str(body, "{\"TableName\":");
    json_quote((const unsigned char *)table, strlen(table), buf_put, body);
}

/* The table as the answer describes it: is it the one that is wanted? */
static enum outcome judge(struct dynamodb *db, const struct answer *a,
                          const char *name, const char *key)
{
    const char *status = a->notes[P_STATUS].text;

    if (strcmp(status, "ACTIVE") != 0 && strcmp(status, "UPDATING") != 0)
        return fail(db, OUTCOME_BAD, "", "the table %s is not ready: its "
                    "status is %s", name, status);
    if (a->range.len > 0)
        return fail(db, OUTCOME_BAD, " (a table with a partition key only is "
                    "wanted)", "the table %s has a sort key, %s", name,
                    a->range.text);
    if (strcmp(a->hash.text, key) != 0)
        return fail(db, OUTCOME_BAD, " (--key names it)", "the partition key "
                    "of the table %s is %s, not %s", name, a->hash.text, key);
    if (strcmp(a->key_type.text, "S") != 0)
        return fail(db, OUTCOME_BAD, "", "the partition key %s of the table "
                    "%s has the type %s, not S (string)", key, name,
                    a->key_type.text);
    return OUTCOME_DONE;
}

enum outcome dynamodb_table_ready(struct dynamodb *db, const char *table,
                                  const char *key)
{
    enum outcome outcome;
    struct answer *a = calloc(1, sizeof *a);
    struct buf body;

    buf_init(&body, 4096);
    body_table(&body, table);
    buf_byte(&body, '}');
    if (a == NULL || body.failed) {
        outcome = fail(db, OUTCOME_STOP, "", "memory is out");
    } else {
        a->key = key;
        outcome = call(db, a, "DescribeTable", &body, false);
        if (outcome == OUTCOME_DONE)
            outcome = judge(db, a, table, key);
        else if (strcmp(db->code, "AccessDeniedException") == 0)
            outcome = OUTCOME_DONE;
        else if (strcmp(db->code, "ResourceNotFoundException") == 0)
            outcome = OUTCOME_BAD;
    }
    free(a);
    buf_free(&body);
    return outcome;
}

enum outcome dynamodb_put(struct dynamodb *db, const char *table,
                          struct dynamodb_item *item)
{
    enum outcome outcome;
    struct answer a;
    struct buf body;

    memset(&a, 0, sizeof a);
    buf_init(&body, item->json.max + 4096);
    body_table(&body, table);
    buf_str(&body, ",\"Item\":");
    buf_add(&body, item->json.data, item->json.len);
    buf_str(&body, "}}");
    if (body.failed || item->json.failed || item->spare.failed)
        outcome = fail(db, OUTCOME_STOP, "", "memory is out");
    else
        outcome = call(db, &a, "PutItem", &body, true);
    buf_free(&body);
    return outcome;
}

/* Two of a request's members: the attribute that it is about is #a. */
static void body_attribute(struct buf *body, const char *name)
{
    buf_str(body, "\"ProjectionExpression\":\"#a\","
            "\"ExpressionAttributeNames\":{\"#a\":");
    json_quote((const unsigned char *)name, strlen(name), buf_put, body);
    buf_str(body, "},\"ConsistentRead\":true");
}

static void body_key(struct buf *body, const char *key,
                     const unsigned char *id, size_t n)
{
    buf_byte(body, '{');
    json_quote((const unsigned char *)key, strlen(key), buf_put, body);
    buf_str(body, ":{\"S\":");
    json_quote(id, n, buf_put, body);
    buf_str(body, "}}");
}

enum outcome dynamodb_get(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const char *name, bool *found, struct buf *text)
{
    enum outcome outcome;
    struct answer a;
    struct buf body;

    memset(&a, 0, sizeof a);
    a.string = text;
    buf_reset(text);
    buf_init(&body, 65536 + 6 * DYNAMODB_NAME_MAX);
    body_table(&body, table);
    buf_str(&body, ",\"Key\":");
    body_key(&body, key, id, n);
    buf_byte(&body, ',');
    body_attribute(&body, name);
    buf_byte(&body, '}');
    if (body.failed)
        outcome = fail(db, OUTCOME_STOP, "", "memory is out");
    else
        outcome = call(db, &a, "GetItem", &body, false);
    *found = a.item;
    buf_free(&body);
    return outcome;
}

/* One request for those of the ids that are `left`. */
static enum outcome batch(struct dynamodb *db, struct answer *a,
                          const char *table, const char *key,
                          const bool *left)
{
    enum outcome outcome;
    struct buf body;
    bool first = true;
    size_t i;

    buf_init(&body, (size_t)DYNAMODB_BATCH_MAX *
             (6 * DYNAMODB_KEY_MAX + 2048));
    buf_str(&body, "{\"RequestItems\":{");
    json_quote((const unsigned char *)table, strlen(table), buf_put, &body);
    buf_str(&body, ":{\"Keys\":[");
    for (i = 0; i < a->n_ids; i++) {
        if (!left[i])
            continue;
        if (!first)
            buf_byte(&body, ',');
        first = false;
        body_key(&body, key, a->ids[i].bytes, a->ids[i].n);
    }
    buf_str(&body, "],");
    body_attribute(&body, key);
    buf_str(&body, "}}}");
    if (body.failed)
        outcome = fail(db, OUTCOME_STOP, "", "memory is out");
    else
        outcome = call(db, a, "BatchGetItem", &body, false);
    buf_free(&body);
    return outcome;
}

enum outcome dynamodb_have(struct dynamodb *db, const char *table,
                           const char *key, const struct dynamodb_id *ids,
                           size_t n, bool *have)
{
    bool ask[DYNAMODB_BATCH_MAX] = {false}, got[DYNAMODB_BATCH_MAX] = {false},
        left[DYNAMODB_BATCH_MAX] = {false};
    enum outcome outcome = OUTCOME_DONE;
    unsigned retry = 0;
    struct buf string;
    struct answer a;
    bool any = n > 0;
    size_t i;

    memset(&a, 0, sizeof a);
    buf_init(&string, DYNAMODB_KEY_MAX);
    a.string = &string;
    a.ids = ids;
    a.n_ids = n;
    a.have = got;
    a.left = left;
    for (i = 0; i < n; i++) {
        ask[i] = true;
        have[i] = false;
    }
    while (any) {
        outcome = batch(db, &a, table, key, ask);
        if (outcome != OUTCOME_DONE)
            break;
        any = false;
        for (i = 0; i < n; i++) {
            have[i] |= got[i];
            ask[i] = left[i];
            any |= left[i];
        }
        if (any && !wait_again(db, OUTCOME_WAIT, ++retry, false)) {
            outcome = fail(db, OUTCOME_STOP, "", "it leaves keys of a batch "
                           "unprocessed, after %u tries", retry);
            break;
        }
    }
    buf_free(&string);
    return outcome;
}
