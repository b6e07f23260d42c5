/* cloudinary: see cloudinary.h. */
#include "cloudinary.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

/* ---------------------------------------------------------- connection */

/* Takes what was built, as a string: an empty one without memory, which the
   first call says. */
static void take(char *to, const struct buf *from, bool good)
{
    size_t n = good && !from->failed ? from->len : 0;

    if (n > 0)
        memcpy(to, from->data, n);
    to[n] = '\0';
}

/* The Authorization field: Bearer (RFC 6750) or Basic (RFC 7617). */
static void authorize(struct cloudinary *c, const struct account *a)
{
    struct buf pair, value;

    buf_init(&pair, sizeof a->key + sizeof a->secret);
    buf_init(&value, sizeof c->authorization - 1);
    if (a->token[0] != '\0') {
        buf_str(&value, "Bearer ");
        buf_str(&value, a->token);
    } else {
        buf_str(&pair, a->key);
        buf_byte(&pair, ':');
        buf_str(&pair, a->secret);
        buf_str(&value, "Basic ");
        buf_base64(&value, pair.data, pair.len);
    }
    take(c->authorization, &value, !pair.failed);
    buf_free(&pair);
    buf_free(&value);
}

void cloudinary_init(struct cloudinary *c,
                     const struct account *account,
                     const struct http_options *options)
{
    struct buf base;

    http_init(&c->http, &account->url, options);
    c->error[0] = '\0';
    authorize(c, account);
    buf_init(&base, sizeof c->base - 1);
    buf_str(&base, "/v1_1/");
    http_escape(&base, account->cloud, strlen(account->cloud), "");
    take(c->base, &base, true);
    buf_free(&base);
}

void cloudinary_close(struct cloudinary *c)
{
    http_close(&c->http);
    buf_wipe(c->authorization, sizeof c->authorization);
}

/* -------------------------------------------------------------- results */

void cloudinary_result_init(struct cloudinary_result *result)
{
    unsigned i;

    memset(result, 0, sizeof *result);
    buf_init(&result->text, ANSWER_TEXT_MAX);
    for (i = 0; i < ANSWER_VALUES_MAX; i++)
        buf_init(&result->values[i], CLOUDINARY_VALUE_MAX);
}

void cloudinary_result_free(struct cloudinary_result *result)
{
    unsigned i;

    buf_free(&result->text);
    for (i = 0; i < ANSWER_VALUES_MAX; i++)
        buf_free(&result->values[i]);
}

/* ------------------------------------------------------------- outcomes */

static void fail(struct cloudinary *c, const char *advice,
                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Why a call failed: "Cloudinary: 404 Resource not found - x". */
static void fail(struct cloudinary *c, const char *advice,
                 const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    outcome_say(c->error, "Cloudinary", advice, format, ap);
    va_end(ap);
}

/*
 * What a status other than 200 means. 420 and 429 are several things, which
 * only the message tells apart; `text` NULL matches any. The first line that
 * fits decides. A server or a proxy that failed in the middle of a call may
 * have done it all the same: LOST.
 */
static const struct {
    int from, to;
    const char *text;            /* in the message, any case */
    enum outcome outcome;
    const char *advice;
} meanings[] = {
    {420, 429, "active subscription", OUTCOME_STOP,
        " (the OCR add-on is not enabled for this account: subscribe to it "
        "in the Cloudinary console, free plan included)"},
    {420, 429, "api operations reached", OUTCOME_WAIT,
        " (the account's hourly limit of Admin API calls)"},
    {420, 429, "operations reached", OUTCOME_STOP,
        " (the OCR add-on's quota is used up)"},
    {420, 420, NULL, OUTCOME_RETRY, ""},
    {423, 423, NULL, OUTCOME_RETRY, ""},
    {429, 429, NULL, OUTCOME_RETRY, ""},
    {401, 401, NULL, OUTCOME_STOP,
        " (check the cloud name, key and secret in CLOUDINARY_URL)"},
    {403, 403, NULL, OUTCOME_STOP,
        " (the API key's role does not allow it)"},
    {300, 399, NULL, OUTCOME_STOP,
        " (a redirect, which is not followed: check upload_prefix)"},
    {500, 599, NULL, OUTCOME_LOST, ""},
    {100, 599, NULL, OUTCOME_BAD, ""}
};

/* ns from the answer to a time that it names, at most a day, or -1. Both are
   read from the service's own clock, where it tells it. */
static int64_t until(const struct http_response *r, int64_t unix_time)
{
    const int64_t longest = 86400;       /* what lies further off is absurd */
    const char *date = http_response_field(r, "Date");
    int64_t now = date == NULL ? -1 : clock_http_date(date);

    if (now < 0)
        now = clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;
    if (unix_time < 0)
        return -1;
    if (unix_time - now > longest)
        return longest * CLOCK_SECOND;
    return unix_time > now ? (unix_time - now) * CLOCK_SECOND : 0;
}

/* Retry-After: seconds, or a date (RFC 9110 section 10.2.3). In ns, or -1. */
static int64_t retry_after(const struct http_response *r)
{
    const char *value = http_response_field(r, "Retry-After");
    int64_t n = 0;

    if (value == NULL || *value == '\0')
        return -1;
    if (strspn(value, "0123456789") != strlen(value))
        return until(r, clock_http_date(value));
    for (; *value != '\0' && n < 1000000; value++)
        n = n * 10 + *value - '0';
    return n * CLOCK_SECOND;
}

/* A number of digits only, or -1. */
static int64_t number(const char *text)
{
    if (text == NULL || *text == '\0' ||
        strspn(text, "0123456789") != strlen(text))
        return -1;
    return strtoll(text, NULL, 10);
}

/* X-FeatureRateLimit-*: calls in this window, calls left, when it ends. */
static void read_quota(struct pace_quota *quota,
                       const struct http_response *r)
{
    int64_t limit = number(http_response_field(r, "X-FeatureRateLimit-Limit"));
    int64_t left = number(http_response_field(
        r, "X-FeatureRateLimit-Remaining"));
    const char *reset = http_response_field(r, "X-FeatureRateLimit-Reset");
    int64_t end = reset == NULL ? -1 : clock_http_date(reset);

    memset(quota, 0, sizeof *quota);
    if (limit < 0 || left < 0 || end < 0)
        return;
    quota->known = true;
    quota->limit = limit;
    quota->remaining = left;
    quota->reset = until(r, end);
}

/* How long to wait before the call is made again, as the answer has it: the
   time in the message ("Try again on 2024-10-04 14:00:00 UTC"), the quota's
   reset, Retry-After. */
static int64_t time_to_wait(const struct cloudinary *c, const char *message,
                            enum outcome outcome)
{
    const struct http_response *r = &c->http.response;
    const char *on = strcasestr(message, "try again on ");
    int64_t wait = -1;

    if (outcome == OUTCOME_WAIT && on != NULL)
        wait = until(r, clock_utc(on + 13));
    if (outcome == OUTCOME_WAIT && wait < 0 && c->quota.known)
        wait = c->quota.reset;
    return wait >= 0 ? wait : retry_after(r);
}

/* The outcome of an answer with another status than 200. */
static enum outcome refused(struct cloudinary *c, const struct answer *a,
                            bool is_json)
{
    const struct http_response *r = &c->http.response;
    const char *message = a->message.text;
    enum outcome outcome;
    size_t i = 0;

    if (!is_json || a->message.len == 0)
        message = http_response_field(r, "X-Cld-Error");
    if (message == NULL)
        message = is_json || json_error(&a->json) == JSON_E_END
            ? "without a reason" : "and a page instead of an answer";
    /* a wrong cloud name may end at a page that is not the API's */
    if (r->status == 404 && !is_json) {
        fail(c, " (check the cloud name and upload_prefix)", "404 %s",
             message);
        return OUTCOME_STOP;
    }
    while (r->status < meanings[i].from || r->status > meanings[i].to ||
           (meanings[i].text != NULL &&
            strcasestr(message, meanings[i].text) == NULL))
        i++;
    fail(c, meanings[i].advice, "%d %s", r->status, message);
    outcome = meanings[i].outcome;
    c->wait = time_to_wait(c, message, outcome);
    /* a limit that says when it ends is one, whatever its words */
    if (outcome == OUTCOME_RETRY && c->wait >= 0 &&
        (r->status == 420 || r->status == 429))
        outcome = OUTCOME_WAIT;
    return outcome;
}

/* The outcome of a 200. */
static enum outcome understood(struct cloudinary *c, const struct answer *a,
                               struct cloudinary_result *result)
{
    char sentence[ANSWER_SENTENCE];

    switch (answer_judge(a, sentence)) {
    case ANSWER_TEXT:
        result->complete = true;
        return OUTCOME_DONE;
    case ANSWER_PENDING:
        fail(c, "", "%s", sentence);
        result->pending = true;
        return OUTCOME_LOST;
    case ANSWER_ERROR:
        fail(c, "", "200 with %s", sentence);
        break;
    case ANSWER_NONE:
        fail(c, "", "the answer has no OCR result (info.ocr)");
        break;
    default:
        fail(c, "", "%s", sentence);
        break;
    }
    return OUTCOME_BAD;
}

static void take_body(void *context, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    json_feed(&a->json, bytes, n);
}

/* Sends a request and parses the answer: the outcome of anything but a 200
   in JSON. */
static enum outcome call(struct cloudinary *c, struct answer *a,
                         const struct http_request *rq)
{
    enum http_result sent;
    bool is_json;

    c->error[0] = '\0';
    c->wait = -1;
    memset(&c->quota, 0, sizeof c->quota);
    sent = http_send(&c->http, rq, take_body, a);
    c->sent = sent == HTTP_OK || sent == HTTP_LOST;
    if (sent != HTTP_OK) {
        fail(c, "", "%s", c->http.error);
        return sent == HTTP_LOST ? OUTCOME_LOST
            : sent == HTTP_UNSENT ? OUTCOME_RETRY : OUTCOME_STOP;
    }
    read_quota(&c->quota, &c->http.response);
    is_json = json_end(&a->json);
    if (c->http.response.status != 200)
        return refused(c, a, is_json);
    if (is_json)
        return OUTCOME_DONE;
    fail(c, "", "the answer is not JSON at byte %llu: %s",
         (unsigned long long)json_offset(&a->json),
         json_sentence(json_error(&a->json)));
    return OUTCOME_LOST;
}

/*
 * A public_id in a path: "/" is escaped, too, as Cloudinary's Node SDK does,
 * so that ".." segments are none. An id of nothing but dots would be one.
 */
static void escape_id(struct buf *out, const unsigned char *id, size_t n)
{
    size_t dots = 0;

    while (dots < n && id[dots] == '.')
        dots++;
    if (dots < n)
        http_escape(out, id, n, "");
    else
        while (dots-- > 0)
            buf_str(out, "%2E");
}

void cloudinary_target(const struct cloudinary *c,
                       const struct cloudinary_request *rq,
                       const unsigned char *id, size_t id_len,
                       struct buf *target)
{
    buf_format(target, "%s%s/resources/", c->http.url.path, c->base);
    http_escape(target, rq->resource_type, strlen(rq->resource_type), "");
    buf_byte(target, '/');
    http_escape(target, rq->type, strlen(rq->type), "");
    buf_byte(target, '/');
    escape_id(target, id, id_len);
}

/* One call about one image: with a body it asks for OCR, without it reads. */
static enum outcome call_image(struct cloudinary *c,
                               const struct cloudinary_request *rq,
                               const unsigned char *id, size_t id_len,
                               const struct buf *body,
                               struct cloudinary_result *result)
{
    const struct http_field fields[] = {
        {"Authorization", c->authorization},
        {"Content-Type", "application/x-www-form-urlencoded"}
    };
    struct http_request http = {"GET", NULL, fields, 1, NULL, 0, true};
    enum outcome outcome = OUTCOME_STOP;
    struct buf target;
    struct answer a;
    unsigned i;
    bool ready, starved;

    buf_init(&target, 32768);
    cloudinary_target(c, rq, id, id_len, &target);
    buf_byte(&target, '\0');
    result->complete = result->pending = result->unusable = false;
    ready = answer_init(&a, rq->ocr, &result->text, rq->pointers,
                        result->values, rq->n_pointers);
    if (target.failed || !ready || (body != NULL && body->failed) ||
        c->authorization[0] == '\0' || c->base[0] == '\0') {
        fail(c, "", "memory is out");
        goto out;
    }
    http.target = (const char *)target.data;
    if (body != NULL) {
        http.method = "POST";
        http.n_fields = 2;
        http.body = body->data;
        http.body_len = body->len;
        http.repeatable = false;
    }
    outcome = call(c, &a, &http);
    starved = result->text.starved;
    for (i = 0; i < rq->n_pointers; i++) {
        result->value_large[i] = result->values[i].failed;
        starved |= result->values[i].starved;
    }
    if (outcome == OUTCOME_DONE && starved) {    /* it can be read again */
        fail(c, "", "memory is out");
        outcome = OUTCOME_LOST;
    }
    if (outcome == OUTCOME_DONE && (body != NULL || a.exact)) {
        enum outcome said = understood(c, &a, result);

        if (body != NULL)        /* a reader looks at the result itself */
            outcome = said;
        else
            result->unusable = said == OUTCOME_BAD;
    }
out:
    answer_free(&a);
    buf_free(&target);
    return outcome;
}

enum outcome cloudinary_ocr(struct cloudinary *c,
                            const struct cloudinary_request *rq,
                            const unsigned char *id, size_t id_len,
                            struct cloudinary_result *result)
{
    enum outcome outcome;
    struct buf body;

    buf_init(&body, 2048);
    buf_str(&body, "ocr=");
    http_escape(&body, rq->ocr, strlen(rq->ocr), "");
    outcome = call_image(c, rq, id, id_len, &body, result);
    buf_free(&body);
    return outcome;
}

enum outcome cloudinary_read(struct cloudinary *c,
                             const struct cloudinary_request *rq,
                             const unsigned char *id, size_t id_len,
                             struct cloudinary_result *result)
{
    enum outcome outcome = call_image(c, rq, id, id_len, NULL, result);

    return outcome == OUTCOME_LOST ? OUTCOME_RETRY : outcome;
}
