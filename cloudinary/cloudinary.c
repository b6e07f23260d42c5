/*
 * cloudinary.c: builds the requests of Cloudinary's APIs, sends them, and maps
 * the answers to outcomes.
 */
#include "cloudinary/cloudinary.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json.h"

/* ---- connection ---- */

/* Appends the text `before` as it is, and `value` percent-encoded. Appends
   nothing if `value` is NULL. */
static void add(struct buf *out, const char *before, const char *value)
{
    if (value == NULL)
        return;
    buf_str(out, before);
    url_escape(out, value, strlen(value), "");
}

/* Moves the contents of a buffer to a string, and frees the buffer. The string
   is empty if the buffer failed; attempt() reports that. */
static void take(char *to, struct buf *from)
{
    size_t n = from->failed ? 0 : from->len;

    if (n > 0)
        memcpy(to, from->data, n);
    to[n] = '\0';
    buf_free(from);
}

void cloudinary_init(struct cloudinary *c,
                     const struct account *a,
                     const struct http_options *options)
{
    struct buf value, base;

    http_init(&c->http, &a->url, options);
    c->error[0] = '\0';
    buf_init(&c->target, 32768);
    buf_init(&c->body, 32768);
    buf_init(&base, sizeof c->base - 1);
    add(&base, "/v1_1/", a->cloud);
    take(c->base, &base);
    /* Bearer (RFC 6750) or Basic (RFC 7617) */
    buf_init(&value, sizeof c->authorization - 1);
    if (a->token[0] != '\0') {
        buf_str(&value, "Bearer ");
        buf_str(&value, a->token);
    } else {
        char pair[sizeof a->key + sizeof a->secret];

        snprintf(pair, sizeof pair, "%s:%s", a->key, a->secret);
        buf_str(&value, "Basic ");
        buf_base64(&value, pair, strlen(pair));
        buf_wipe(pair, sizeof pair);
    }
    take(c->authorization, &value);
}

void cloudinary_close(struct cloudinary *c)
{
    http_close(&c->http);
    buf_free(&c->target);
    buf_free(&c->body);
    buf_wipe(c->authorization, sizeof c->authorization);
}

/* ---- results ---- */

void cloudinary_result_init(struct cloudinary_result *result)
{
    unsigned i;

    memset(result, 0, sizeof *result);
    buf_init(&result->text, ANSWER_TEXT_MAX);
    for (i = 0; i < ANSWER_VALUES_MAX; i++)
        buf_init(&result->values[i], CLOUDINARY_VALUE_MAX);
}

/* ---- outcomes ---- */

static enum outcome fail(struct cloudinary *c, enum outcome outcome,
                         const char *advice, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets c->error, as in "Cloudinary: 404 Resource not found - x", followed by
   `advice`. Returns `outcome`. */
static enum outcome fail(struct cloudinary *c, enum outcome outcome,
                         const char *advice, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    outcome_say(c->error, "Cloudinary", advice, format, ap);
    va_end(ap);
    return outcome;
}

/* The phrases that distinguish the causes of 420 and 429, because Cloudinary's
   errors have no code. The whole message is searched, regardless of case. */
enum { W_SUBSCRIPTION, W_HOURLY, W_OPERATIONS, W_CONCURRENT, W_AGAIN };

static const char *const phrases[] = {
    [W_SUBSCRIPTION] = "active subscription",
    [W_HOURLY] = "api operations reached",
    [W_OPERATIONS] = "operations reached",
    [W_CONCURRENT] = "too many concurrent",
    [W_AGAIN] = "try again on ",         /* must be last: a time follows */
    NULL
};

/*
 * The meaning of every status but 200; the first row that matches decides. 420
 * and 429 have several causes. After 5xx the call is LOST: a server or a proxy
 * that failed in the middle of a call may have completed it.
 */
static const struct {
    unsigned short from, to;
    enum outcome outcome;
    unsigned words;              /* the phrases that the message must contain,
                                    one bit each */
    const char *advice;
} meanings[] = {
    {420, 429, OUTCOME_STOP, 1u << W_SUBSCRIPTION,
        " (subscribe to the OCR add-on in the Cloudinary console; it has a "
        "free plan)"},
    {420, 429, OUTCOME_WAIT, 1u << W_HOURLY,
        " (the account's hourly limit of Admin API calls)"},
    {420, 429, OUTCOME_STOP, 1u << W_OPERATIONS,
        " (the OCR add-on's quota is used up)"},
    {420, 429, OUTCOME_RETRY, 1u << W_CONCURRENT,
        " (others call in the name of this account at the same time)"},
    {420, 420, OUTCOME_RETRY, 0, ""},
    {423, 423, OUTCOME_RETRY, 0, " (it is still being processed)"},
    {429, 429, OUTCOME_RETRY, 0, ""},
    {401, 401, OUTCOME_STOP, 0,
        " (check the cloud name, key and secret in CLOUDINARY_URL)"},
    {403, 403, OUTCOME_STOP, 0,
        " (the API key's role does not allow it: see the Cloudinary console)"},
    {300, 399, OUTCOME_STOP, 0,
        " (a redirect, which is not followed: check upload_prefix)"},
    {500, 599, OUTCOME_LOST, 0,
        " (trouble at Cloudinary's end: later it may work)"},
    {100, 599, OUTCOME_BAD, 0, ""}
};

static const char *field(const struct cloudinary *c, const char *name)
{
    return http_response_field(&c->http.response, name);
}

/* Returns the time in an HTTP date, in seconds since 1970, or -1 if the field
   is missing or not a date. */
static int64_t date(const char *value)
{
    return value == NULL ? -1 : clock_http_date(value);
}

/* Returns the ns from the answer to `unix_time`, at most a day, or -1 if that
   is negative. The server's clock (Date) is used if the answer has it. */
static int64_t until(const struct cloudinary *c, int64_t unix_time)
{
    const int64_t longest = 86400;       /* a later time is not plausible */
    int64_t now = date(field(c, "Date"));

    if (unix_time < 0)
        return -1;
    if (now < 0)
        now = clock_seconds();
    if (unix_time - now > longest)
        return longest * CLOCK_SECOND;
    return unix_time > now ? (unix_time - now) * CLOCK_SECOND : 0;
}

/* Returns the number that a text of decimal digits stands for, or -1 for
   anything else. */
static int64_t number(const char *text)
{
    if (text == NULL || *text == '\0' ||
        strspn(text, "0123456789") != strlen(text))
        return -1;
    return strtoll(text, NULL, 10);
}

/* Returns the ns of Retry-After, which is a number of seconds or a date (RFC
   9110 section 10.2.3), or -1. */
static int64_t retry_after(const struct cloudinary *c)
{
    const char *value = field(c, "Retry-After");
    int64_t n = number(value);

    if (n < 0)
        return until(c, date(value));
    return (n < 1000000 ? n : 1000000) * CLOCK_SECOND;
}

/* Reads the fields X-FeatureRateLimit-*: the calls in the current window, the
   calls left, and the end of the window. */
static void read_quota(struct cloudinary *c)
{
    int64_t limit = number(field(c, "X-FeatureRateLimit-Limit"));
    int64_t left = number(field(c, "X-FeatureRateLimit-Remaining"));
    int64_t end = date(field(c, "X-FeatureRateLimit-Reset"));

    if (limit >= 0 && left >= 0 && end >= 0)
        c->quota = (struct pace_quota){.known = true, .limit = limit,
            .remaining = left, .reset = until(c, end)};
}

/* Returns the ns to wait before the next attempt, or -1. In this order: the
   time in the message ("Try again on 2024-10-04 14:00:00 UTC") and the reset of
   the quota, both only for OUTCOME_WAIT; Retry-After. */
static int64_t time_to_wait(const struct cloudinary *c,
                            const struct why_watch *watch,
                            enum outcome outcome)
{
    int64_t wait = -1;

    if (outcome == OUTCOME_WAIT && (watch->found & 1u << W_AGAIN) != 0)
        wait = until(c, clock_utc(watch->after));
    if (outcome == OUTCOME_WAIT && wait < 0 && c->quota.known)
        wait = c->quota.reset;
    return wait >= 0 ? wait : retry_after(c);
}

static const char starved[] = "memory is out";

/* Replaces the message by that of the field X-Cld-Error, for answers without a
   message in JSON. */
static void read_error(const struct cloudinary *c, struct why_words *said)
{
    const char *text = field(c, "X-Cld-Error");
    struct why_watch *watch = said->watch;

    memset(said, 0, sizeof *said);
    *watch = (struct why_watch){.phrases = phrases};
    said->watch = watch;
    if (text != NULL)
        why_words_add(said, text, strlen(text));
}

/* Returns the outcome of an answer with another status than 200. `said` is the
   message in its JSON, or empty. */
static enum outcome refused(struct cloudinary *c, const struct json *json,
                            bool is_json, struct why_words *said)
{
    const int status = c->http.response.status;
    const char *message = said->text;
    enum outcome outcome;
    size_t i = 0;

    if (!is_json || said->len == 0)
        read_error(c, said);
    why_watch_end(said->watch);
    if (said->len == 0)
        message = is_json || json_error(json) == JSON_E_END
            ? "without a reason" : "and a page instead of an answer";
    /* a wrong cloud name can lead to a page that is not part of the API */
    if (status == 404 && !is_json)
        return fail(c, OUTCOME_STOP, " (check the cloud name and "
                    "upload_prefix)", "404 %s", message);
    while (status < meanings[i].from || status > meanings[i].to ||
           (meanings[i].words & ~said->watch->found) != 0)
        i++;
    outcome = fail(c, meanings[i].outcome, status == 400 ? c->hint
                   : meanings[i].advice, "%d %s", status, message);
    c->wait = time_to_wait(c, said->watch, outcome);
    /* an answer that says when to try again reports a limit, even if its
       message has none of the known phrases */
    return outcome == OUTCOME_RETRY && c->wait >= 0 &&
        (status == 420 || status == 429) ? OUTCOME_WAIT : outcome;
}

/* Returns the outcome of a 200 whose JSON has an error. */
static enum outcome said_error(struct cloudinary *c,
                               const struct why_words *message)
{
    return fail(c, OUTCOME_BAD, "", "200 with an error%s%s", message->len > 0
                ? ": " : " without a reason", message->text);
}

static void take_body(void *context, const unsigned char *bytes, size_t n)
{
    json_feed(context, bytes, n);
}

static void begin(struct cloudinary *c)
{
    c->method = "GET";
    c->hint = "";
    c->json = true;
    c->once = false;
    buf_reset(&c->target);
    buf_reset(&c->body);
}

/* Appends the path of upload_prefix and "/v1_1/CLOUD/REST". */
static void begin_target(const struct cloudinary *c, struct buf *target,
                         const char *rest)
{
    buf_format(target, "%s%s/%s", c->http.url.path, c->base, rest);
}

/*
 * Returns the outcome of an answer with a Content-Encoding, which cannot be
 * read. 3xx and 4xx mean that the call was not done. After any other status, a
 * call that costs may have been done. A call that does not cost is not
 * repeated, because the same answer would come again; only 5xx may pass.
 */
static enum outcome encoded(struct cloudinary *c)
{
    const int status = c->http.response.status;
    const bool done = status < 300 && c->once;

    return fail(c, done || status >= 500 ? OUTCOME_LOST : OUTCOME_STOP, "",
                "%s", c->http.error);
}

static enum outcome attempt(struct cloudinary *c, struct json *json,
                            struct why_words *said)
{
    const struct http_field fields[] = {
        {"Authorization", c->authorization},
        {"Content-Type", c->json ? "application/json"
                         : "application/x-www-form-urlencoded"}
    };
    struct http_request http = {c->method, NULL, fields,
        c->body.len > 0 ? 2 : 1, c->body.data, c->body.len, !c->once};
    enum http_result sent;
    bool is_json;

    c->error[0] = '\0';
    c->wait = -1;
    c->sent = false;
    memset(&c->quota, 0, sizeof c->quota);
    if (!buf_byte(&c->target, '\0') || c->body.failed ||
        c->authorization[0] == '\0' || c->base[0] == '\0')
        return fail(c, OUTCOME_STOP, "", "%s", starved);
    http.target = (const char *)c->target.data;
    sent = http_send(&c->http, &http, take_body, json);
    c->sent = sent == HTTP_OK || sent == HTTP_LOST || sent == HTTP_ENCODED;
    if (sent == HTTP_ENCODED) {
        read_quota(c);
        return encoded(c);
    }
    if (sent != HTTP_OK)
        return fail(c, sent == HTTP_LOST ? OUTCOME_LOST
                    : sent == HTTP_UNSENT ? OUTCOME_RETRY : OUTCOME_STOP, "",
                    "%s", c->http.error);
    read_quota(c);
    is_json = json_end(json);
    if (c->http.response.status != 200)
        return refused(c, json, is_json, said);
    if (is_json)
        return OUTCOME_DONE;
    return fail(c, OUTCOME_LOST, "", "the answer is not JSON at byte %llu: %s",
                (unsigned long long)json_offset(json),
                json_sentence(json_error(json)));
}

/*
 * Sends the current call and parses the answer with `json`, whose picks must
 * add the message of an error to `said`. Returns OUTCOME_DONE after a 200 with
 * valid JSON. A call that may have been done becomes OUTCOME_RETRY if it does
 * not cost.
 */
static enum outcome call(struct cloudinary *c, struct json *json,
                         struct why_words *said)
{
    struct why_watch watch = {.phrases = phrases};
    enum outcome outcome;

    said->watch = &watch;
    outcome = attempt(c, json, said);
    said->watch = NULL;

    return outcome == OUTCOME_LOST && !c->once ? OUTCOME_RETRY : outcome;
}

/*
 * Appends a public_id as one path segment. As in Cloudinary's Node SDK, "/" is
 * escaped, too, so that an id cannot contain the segment "..". An id of dots
 * only would still be such a segment, so its dots are escaped.
 */
static void escape_id(struct buf *out, const void *id, size_t n)
{
    const char *p = id;
    size_t dots = 0;

    while (dots < n && p[dots] == '.')
        dots++;
    if (dots < n)
        url_escape(out, id, n, "");
    else
        while (dots-- > 0)
            buf_str(out, "%2E");
}

/* Appends the text `before` as it is, and `value` as a JSON string. */
static void quote(struct buf *out, const char *before, const char *value)
{
    buf_str(out, before);
    json_quote((const unsigned char *)value, strlen(value), buf_put, out);
}

/* ---- one image ---- */

/* Returns the outcome of a 200 with valid JSON. `asked`: the call requested
   OCR. */
static enum outcome understood(struct cloudinary *c,
                               const struct cloudinary_request *rq,
                               const struct answer *a, bool asked,
                               struct cloudinary_result *result)
{
    char sentence[ANSWER_SENTENCE];

    switch (answer_judge(a, sentence)) {
    case ANSWER_TEXT:
        result->complete = true;
        return OUTCOME_DONE;
    case ANSWER_PENDING:
        result->pending = true;
        return fail(c, OUTCOME_LOST, " (--reuse takes it once it is)", "%s",
                    sentence);
    case ANSWER_ERROR:
        return said_error(c, &a->message);
    case ANSWER_NONE:
        /* assumed: the OCR was done, as after an update; no example of the
           answer to "Explicit" shows whether it has info.ocr */
        result->unshown = asked && rq->explicit;
        return fail(c, result->unshown ? OUTCOME_LOST : OUTCOME_BAD, "",
                    "the answer has no OCR result (info.ocr)");
    default:
        return fail(c, OUTCOME_BAD, "", "%s", sentence);
    }
}

/* Appends the target of both calls of the Admin API about an image. */
static void image_target(const struct cloudinary *c,
                         const struct cloudinary_request *rq,
                         const unsigned char *id, size_t id_len,
                         struct buf *target)
{
    begin_target(c, target, "resources/");
    if (!rq->by_asset) {
        add(target, "", rq->resource_type);
        add(target, "/", rq->type);
        buf_byte(target, '/');
    }
    escape_id(target, id, id_len);
}

const char *cloudinary_ask(const struct cloudinary *c,
                           const struct cloudinary_request *rq,
                           const unsigned char *id, size_t id_len,
                           struct buf *target, struct buf *body)
{
    if (rq->explicit) {
        begin_target(c, target, "");
        add(target, "", rq->resource_type);
        buf_str(target, "/explicit");
        buf_str(body, "public_id=");
        url_escape(body, id, id_len, "");
        add(body, "&type=", rq->type);
        add(body, "&ocr=", rq->ocr);
        return "POST";
    }
    image_target(c, rq, id, id_len, target);
    if (!rq->by_asset) {
        add(body, "ocr=", rq->ocr);
        return "POST";
    }
    /* assumed: an update by asset_id takes ocr, like one by public_id */
    quote(body, "{\"ocr\":", rq->ocr);
    buf_str(body, "}");
    return "PUT";
}

/* Returns false if there was no memory for a part of the answer. Sets
   value_large for the values that were too large. */
static bool had_memory(const struct cloudinary_request *rq,
                       struct cloudinary_result *result)
{
    bool out = result->text.starved;
    unsigned i;

    for (i = 0; i < rq->n_pointers; i++) {
        result->value_large[i] = result->values[i].failed;
        out |= result->values[i].starved;
    }
    return !out;
}

/* Makes one call about an image: requests OCR, or reads the details. */
static enum outcome call_image(struct cloudinary *c,
                               const struct cloudinary_request *rq,
                               const unsigned char *id, size_t id_len,
                               bool ocr, struct cloudinary_result *result)
{
    enum outcome outcome;
    struct answer a;

    begin(c);
    if (ocr)
        c->method = cloudinary_ask(c, rq, id, id_len, &c->target, &c->body);
    else
        image_target(c, rq, id, id_len, &c->target);
    c->json = rq->by_asset;
    c->once = ocr;
    if (ocr && rq->by_asset)
        c->hint = " (update by asset_id may not take ocr: list with "
            "public_ids instead)";
    result->complete = result->pending = false;
    result->unshown = result->unusable = false;
    if (!answer_init(&a, rq->ocr, &result->text, rq->pointers, result->values,
                     rq->n_pointers))
        c->body.failed = true;
    outcome = call(c, &a.json, &a.message);
    if (!had_memory(rq, result) && outcome == OUTCOME_DONE)
        outcome = fail(c, ocr ? OUTCOME_LOST : OUTCOME_RETRY, "", "%s",
                       starved);
    if (outcome == OUTCOME_DONE && (ocr || a.exact)) {
        enum outcome said = understood(c, rq, &a, ocr, result);

        if (ocr)                 /* cloudinary_read reports this in `result` */
            outcome = said;
        else
            result->unusable = said == OUTCOME_BAD;
    }
    answer_free(&a);
    return outcome;
}

enum outcome cloudinary_ocr(struct cloudinary *c,
                            const struct cloudinary_request *rq,
                            const unsigned char *id, size_t id_len,
                            struct cloudinary_result *result)
{
    return call_image(c, rq, id, id_len, true, result);
}

enum outcome cloudinary_read(struct cloudinary *c,
                             const struct cloudinary_request *rq,
                             const unsigned char *id, size_t id_len,
                             struct cloudinary_result *result)
{
    return call_image(c, rq, id, id_len, false, result);
}

/* ---- listing ---- */

/* Returns whether a column is in `member`, which answers contain only on
   request. */
static bool wants(const struct cloudinary_listing *l, const char *member)
{
    const size_t skip = strlen("/resources/*/"), n = strlen(member);
    unsigned i;

    for (i = 0; i < l->n; i++)
        if (strncmp(l->columns[i] + skip, member, n) == 0 &&
            strchr("/", l->columns[i][skip + n]) != NULL)
            return true;
    return false;
}

static const char *const extras[] = {"tags", "context", "metadata"};
enum { EXTRAS = sizeof extras / sizeof extras[0] };

static void search_body(const struct cloudinary_listing *l, struct buf *body)
{
    const char *before = ",\"with_field\":[\"";
    unsigned i;

    quote(body, "{\"expression\":", l->search);
    buf_format(body, ",\"max_results\":%u", l->most);
    for (i = 0; i < EXTRAS; i++)
        if (wants(l, extras[i])) {
            buf_format(body, "%s%s", before, extras[i]);
            before = "\",\"";
        }
    if (*before == '"')
        buf_str(body, "\"]");
    if (*l->cursor != '\0')
        quote(body, ",\"next_cursor\":", l->cursor);
    buf_str(body, "}");
}

static void list_target(const struct cloudinary_listing *l, struct buf *target)
{
    const char *tag = l->tag != NULL ? l->tag : l->type;
    unsigned i;

    if (l->folder != NULL) {
        buf_str(target, "by_asset_folder");
    } else {
        add(target, "", l->resource_type);
        buf_str(target, l->tag != NULL ? "/tags/" : "/");
        escape_id(target, tag, strlen(tag));
    }
    buf_format(target, "?max_results=%u", l->most);
    add(target, "&asset_folder=", l->folder);
    add(target, "&prefix=", l->prefix);
    add(target, "&start_at=", l->since);
    if (l->since != NULL)
        buf_str(target, "&direction=asc");
    for (i = 0; i < EXTRAS; i++)
        if (wants(l, extras[i]))
            buf_format(target, "&%s=true", extras[i]);
    if (*l->cursor != '\0')
        add(target, "&next_cursor=", l->cursor);
}

/* Returns the outcome of a page that is valid JSON. */
static enum outcome page_outcome(struct cloudinary *c, struct listing *parse,
                                 const struct cloudinary_listing *l,
                                 bool *large)
{
    enum listing_verdict verdict = listing_judge(parse);
    const char *why = "the listing is not understood";

    *large = verdict == LISTING_LARGE;
    if (verdict == LISTING_ERROR)
        return said_error(c, &parse->message);
    if (verdict == LISTING_LARGE)
        why = "what --columns has of one resource is above 1 MB";
    if (verdict == LISTING_STARVED)
        why = starved;
    if (verdict == LISTING_PAGE) {
        if (*l->cursor == '\0' || strcmp(parse->page->cursor, l->cursor) != 0)
            return OUTCOME_DONE;
        why = "the listing goes in a circle: after a page comes the same one";
    }
    return fail(c, OUTCOME_BAD, "", "%s", why);
}

enum outcome cloudinary_list(struct cloudinary *c,
                             const struct cloudinary_listing *l,
                             struct listing_page *page, bool *large)
{
    bool mixed = l->tag != NULL || l->folder != NULL;
    struct listing parse;
    enum outcome outcome;

    listing_init(&parse, l->columns, l->n, mixed ? l->type : NULL,
                 mixed ? l->resource_type : NULL, page);
    begin(c);
    begin_target(c, &c->target, "resources/");
    if (l->search != NULL) {
        c->method = "POST";
        c->hint = " (check the expression of --search)";
        buf_str(&c->target, "search");
        search_body(l, &c->body);
    } else {
        list_target(l, &c->target);
    }
    if (*l->cursor != '\0')
        c->hint = " (where the listing had got to may not be known any "
            "more: begin it anew, without its checkpoint)";
    *large = false;
    outcome = call(c, &parse.json, &parse.message);
    if (outcome == OUTCOME_DONE)
        outcome = page_outcome(c, &parse, l, large);
    listing_free(&parse);
    return outcome;
}

/* ---- the account ---- */

enum { P_ERROR, P_MESSAGE, P_ADD_ON, P_USAGE, P_LIMIT, P_N };

static const struct json_pick picks[P_N] = {
    [P_ERROR] = {"/error", JSON_WANT_STRING, false},
    [P_MESSAGE] = {"/error/message", JSON_WANT_STRING, false},
    [P_ADD_ON] = {"/adv_ocr/*", JSON_WANT_TYPE, true},
    [P_USAGE] = {"/adv_ocr/usage", JSON_WANT_NUMBER, false},
    [P_LIMIT] = {"/adv_ocr/limit", JSON_WANT_NUMBER, false}
};

/* What is read from an answer about the account. */
struct about {
    bool error;
    bool add_on;                 /* the answer mentions the OCR add-on */
    struct outcome_note used, limit;
    struct why_words message;
};

static bool take_note(void *context, unsigned pick, enum json_event event,
                      enum json_type type, const unsigned char *bytes,
                      size_t n)
{
    struct about *about = context;

    (void)event;
    about->error |= pick == P_ERROR && type != JSON_NULL;
    about->add_on |= pick == P_ADD_ON;
    if (pick == P_USAGE)
        outcome_note_add(&about->used, bytes, n);
    else if (pick == P_LIMIT)
        outcome_note_add(&about->limit, bytes, n);
    else if (pick != P_ADD_ON)
        why_words_add(&about->message, bytes, n);
    return true;
}

/* Sends GET /v1_1/CLOUD/`what`, and reads the answer. */
static enum outcome ask(struct cloudinary *c, const char *what,
                        struct about *about)
{
    enum outcome outcome;
    struct json json;

    begin(c);
    begin_target(c, &c->target, what);
    memset(about, 0, sizeof *about);
    json_init(&json, picks, P_N, take_note, about);
    outcome = call(c, &json, &about->message);
    return outcome == OUTCOME_DONE && about->error
        ? said_error(c, &about->message) : outcome;
}

enum outcome cloudinary_ping(struct cloudinary *c)
{
    struct about about;

    return ask(c, "ping", &about);
}

/* Returns a number of images, or -1 if it is missing, too long or not a whole
   number. */
static int64_t images(const struct outcome_note *note)
{
    return note->len <= 18 ? number(note->text) : -1;
}

enum outcome cloudinary_usage(struct cloudinary *c,
                              struct cloudinary_units *units)
{
    struct about about;
    enum outcome outcome = ask(c, "usage", &about);

    units->named = about.add_on;
    units->used = images(&about.used);
    units->limit = images(&about.limit);
    return outcome;
}
