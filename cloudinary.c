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
    {420, 429, "too many concurrent", OUTCOME_RETRY,
        " (others call in the name of this account at the same time)"},
    {420, 420, NULL, OUTCOME_RETRY, ""},
    {423, 423, NULL, OUTCOME_RETRY, " (it is still being processed)"},
    {429, 429, NULL, OUTCOME_RETRY, ""},
    {401, 401, NULL, OUTCOME_STOP,
        " (check the cloud name, key and secret in CLOUDINARY_URL)"},
    {403, 403, NULL, OUTCOME_STOP,
        " (the API key's role does not allow it: ask for one that does, in "
        "the Cloudinary console)"},
    {300, 399, NULL, OUTCOME_STOP,
        " (a redirect, which is not followed: check upload_prefix)"},
    {500, 599, NULL, OUTCOME_LOST,
        " (trouble at Cloudinary's end: later it may work)"},
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

/* The outcome of an answer with another status than 200. `said` is its
   message, if it has one. */
static enum outcome refused(struct cloudinary *c, const struct json *json,
                            bool is_json, const struct outcome_note *said)
{
    const struct http_response *r = &c->http.response;
    const char *message = said->text;
    enum outcome outcome;
    size_t i = 0;

    if (!is_json || said->len == 0)
        message = http_response_field(r, "X-Cld-Error");
    if (message == NULL)
        message = is_json || json_error(json) == JSON_E_END
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
    fail(c, r->status == 400 ? c->hint : meanings[i].advice, "%d %s",
         r->status, message);
    outcome = meanings[i].outcome;
    c->wait = time_to_wait(c, message, outcome);
    /* a limit that says when it ends is one, whatever its words */
    if (outcome == OUTCOME_RETRY && c->wait >= 0 &&
        (r->status == 420 || r->status == 429))
        outcome = OUTCOME_WAIT;
    return outcome;
}

static void take_body(void *context, const unsigned char *bytes, size_t n)
{
    json_feed(context, bytes, n);
}

/* Sends a request and parses the answer with `json`, which picks the message
   of an error out of it: the outcome of anything but a 200 in JSON. */
static enum outcome call(struct cloudinary *c, const struct http_request *rq,
                         struct json *json, const struct outcome_note *said)
{
    enum http_result sent;
    bool is_json;

    c->error[0] = '\0';
    c->wait = -1;
    memset(&c->quota, 0, sizeof c->quota);
    sent = http_send(&c->http, rq, take_body, json);
    c->sent = sent == HTTP_OK || sent == HTTP_LOST;
    if (sent != HTTP_OK) {
        fail(c, "", "%s", c->http.error);
        return sent == HTTP_LOST ? OUTCOME_LOST
            : sent == HTTP_UNSENT ? OUTCOME_RETRY : OUTCOME_STOP;
    }
    read_quota(&c->quota, &c->http.response);
    is_json = json_end(json);
    if (c->http.response.status != 200)
        return refused(c, json, is_json, said);
    if (is_json)
        return OUTCOME_DONE;
    fail(c, "", "the answer is not JSON at byte %llu: %s",
         (unsigned long long)json_offset(json),
         json_sentence(json_error(json)));
    return OUTCOME_LOST;
}

/*
 * A public_id in a path: "/" is escaped, too, as Cloudinary's Node SDK does,
 * so that ".." segments are none. An id of nothing but dots would be one.
 */
static void escape_id(struct buf *out, const void *id, size_t n)
{
    const char *p = id;
    size_t dots = 0;

    while (dots < n && p[dots] == '.')
        dots++;
    if (dots < n)
        http_escape(out, id, n, "");
    else
        while (dots-- > 0)
            buf_str(out, "%2E");
}

/* "/v1_1/CLOUD/", after the path of upload_prefix. */
static void begin_target(const struct cloudinary *c, struct buf *target)
{
    buf_format(target, "%s%s/", c->http.url.path, c->base);
}

/* "name=value&" or "?name=value", escaped. */
static void add_field(struct buf *out, char before, const char *name,
                      const void *value, size_t n)
{
    buf_byte(out, (unsigned char)before);
    buf_str(out, name);
    buf_byte(out, '=');
    http_escape(out, value, n, "");
}

/* ------------------------------------------------------------- one image */

/* The outcome of a 200. */
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
        fail(c, " (--reuse takes it once it is)", "%s", sentence);
        result->pending = true;
        return OUTCOME_LOST;
    case ANSWER_ERROR:
        fail(c, "", "200 with %s", sentence);
        break;
    case ANSWER_NONE:
        fail(c, "", "the answer has no OCR result (info.ocr)");
        /* assumed: it was done, as with update; no example of explicit's
           answer shows whether it has info.ocr */
        result->unshown = asked && rq->explicit;
        return result->unshown ? OUTCOME_LOST : OUTCOME_BAD;
    default:
        fail(c, "", "%s", sentence);
        break;
    }
    return OUTCOME_BAD;
}

/* The target of both calls of the Admin API. */
static void image_target(const struct cloudinary *c,
                         const struct cloudinary_request *rq,
                         const unsigned char *id, size_t id_len,
                         struct buf *target)
{
    begin_target(c, target);
    buf_str(target, "resources/");
    if (!rq->by_asset) {
        http_escape(target, rq->resource_type, strlen(rq->resource_type), "");
        buf_byte(target, '/');
        http_escape(target, rq->type, strlen(rq->type), "");
        buf_byte(target, '/');
    }
    escape_id(target, id, id_len);
}

const char *cloudinary_ask(const struct cloudinary *c,
                           const struct cloudinary_request *rq,
                           const unsigned char *id, size_t id_len,
                           struct buf *target, struct buf *body)
{
    const unsigned char *ocr = (const unsigned char *)rq->ocr;

    if (rq->explicit) {
        begin_target(c, target);
        http_escape(target, rq->resource_type, strlen(rq->resource_type), "");
        buf_str(target, "/explicit");
        buf_str(body, "public_id=");
        http_escape(body, id, id_len, "");
        add_field(body, '&', "type", rq->type, strlen(rq->type));
        add_field(body, '&', "ocr", ocr, strlen(rq->ocr));
        return "POST";
    }
    image_target(c, rq, id, id_len, target);
    if (!rq->by_asset) {
        buf_str(body, "ocr=");
        http_escape(body, ocr, strlen(rq->ocr), "");
        return "POST";
    }
    /* assumed: this update takes ocr, as that by public_id does */
    buf_str(body, "{\"ocr\":");
    json_quote(ocr, strlen(rq->ocr), buf_put, body);
    buf_str(body, "}");
    return "PUT";
}

/* Did all that the answer had find memory? What was too large is told. */
static bool had_memory(const struct cloudinary_request *rq,
                       struct cloudinary_result *result)
{
    bool starved = result->text.starved;
    unsigned i;

    for (i = 0; i < rq->n_pointers; i++) {
        result->value_large[i] = result->values[i].failed;
        starved |= result->values[i].starved;
    }
    return !starved;
}

/* One call about one image: asks for OCR, or reads. */
static enum outcome call_image(struct cloudinary *c,
                               const struct cloudinary_request *rq,
                               const unsigned char *id, size_t id_len,
                               bool ocr, struct cloudinary_result *result)
{
    const struct http_field fields[] = {
        {"Authorization", c->authorization},
        {"Content-Type", rq->by_asset ? "application/json"
                         : "application/x-www-form-urlencoded"}
    };
    struct http_request http = {"GET", NULL, fields, 1, NULL, 0, true};
    enum outcome outcome = OUTCOME_STOP;
    struct buf target, body;
    struct answer a;
    bool ready;

    buf_init(&target, 32768);
    buf_init(&body, 32768);
    if (ocr)
        http.method = cloudinary_ask(c, rq, id, id_len, &target, &body);
    else
        image_target(c, rq, id, id_len, &target);
    buf_byte(&target, '\0');
    result->complete = result->pending = false;
    result->unshown = result->unusable = false;
    ready = answer_init(&a, rq->ocr, &result->text, rq->pointers,
                        result->values, rq->n_pointers);
    if (target.failed || body.failed || !ready ||
        c->authorization[0] == '\0' || c->base[0] == '\0') {
        fail(c, "", "memory is out");
        goto out;
    }
    http.target = (const char *)target.data;
    if (ocr) {
        http.n_fields = 2;
        http.body = body.data;
        http.body_len = body.len;
        http.repeatable = false;
    }
    c->hint = !ocr || !rq->by_asset ? "" : " (update by asset_id may not take "
        "ocr: list with public_ids instead)";
    outcome = call(c, &http, &a.json, &a.message);
    if (!had_memory(rq, result) && outcome == OUTCOME_DONE) {
        fail(c, "", "memory is out");    /* it can be read again */
        outcome = OUTCOME_LOST;
    }
    if (outcome == OUTCOME_DONE && (ocr || a.exact)) {
        enum outcome said = understood(c, rq, &a, ocr, result);

        if (ocr)                 /* a reader looks at the result itself */
            outcome = said;
        else
            result->unusable = said == OUTCOME_BAD;
    }
out:
    answer_free(&a);
    buf_free(&target);
    buf_free(&body);
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
    enum outcome outcome = call_image(c, rq, id, id_len, false, result);

    return outcome == OUTCOME_LOST ? OUTCOME_RETRY : outcome;
}

/* -------------------------------------------------------------- listing */

/* Does a column want what is only shown when asked for? */
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

    buf_str(body, "{\"expression\":");
    json_quote((const unsigned char *)l->search, strlen(l->search), buf_put,
               body);
    buf_format(body, ",\"max_results\":%u", l->most);
    for (i = 0; i < EXTRAS; i++)
        if (wants(l, extras[i])) {
            buf_format(body, "%s%s", before, extras[i]);
            before = "\",\"";
        }
    if (*before == '"')
        buf_str(body, "\"]");
    if (*l->cursor != '\0') {
        buf_str(body, ",\"next_cursor\":");
        json_quote((const unsigned char *)l->cursor, strlen(l->cursor),
                   buf_put, body);
    }
    buf_str(body, "}");
}

static void list_target(const struct cloudinary_listing *l, struct buf *target)
{
    unsigned i;

    if (l->folder != NULL) {
        buf_str(target, "by_asset_folder");
    } else {
        http_escape(target, l->resource_type, strlen(l->resource_type), "");
        buf_str(target, l->tag != NULL ? "/tags/" : "/");
        escape_id(target, l->tag != NULL ? l->tag : l->type,
                  strlen(l->tag != NULL ? l->tag : l->type));
    }
    buf_format(target, "?max_results=%u", l->most);
    if (l->folder != NULL)
        add_field(target, '&', "asset_folder", l->folder, strlen(l->folder));
    if (l->prefix != NULL)
        add_field(target, '&', "prefix", l->prefix, strlen(l->prefix));
    if (l->since != NULL) {
        add_field(target, '&', "start_at", l->since, strlen(l->since));
        buf_str(target, "&direction=asc");
    }
    for (i = 0; i < EXTRAS; i++)
        if (wants(l, extras[i]))
            buf_format(target, "&%s=true", extras[i]);
    if (*l->cursor != '\0')
        add_field(target, '&', "next_cursor", l->cursor, strlen(l->cursor));
}

/* The outcome of a page that is JSON. */
static enum outcome page_outcome(struct cloudinary *c, struct listing *parse,
                                 const struct cloudinary_listing *l,
                                 bool *large)
{
    enum listing_verdict verdict = listing_judge(parse);

    *large = verdict == LISTING_LARGE;
    if (verdict == LISTING_ERROR)
        fail(c, "", "200 with an error: %s", parse->message.text);
    else if (verdict == LISTING_LARGE)
        fail(c, "", "what --columns has of one resource is above 1 MB");
    else if (verdict == LISTING_STARVED)
        fail(c, "", "memory is out");
    else if (verdict == LISTING_STRANGE)
        fail(c, "", "the listing is not understood");
    else if (*l->cursor != '\0' && strcmp(parse->page->cursor, l->cursor) == 0)
        fail(c, "", "the listing goes in a circle: after a page comes the "
             "same one");
    else
        return OUTCOME_DONE;
    return OUTCOME_BAD;
}

/* What to do where a listing is refused with 400. */
static const char *list_hint(const struct cloudinary_listing *l)
{
    if (*l->cursor != '\0')
        return " (where the listing had got to may not be known there any "
            "more: begin it anew, without its checkpoint)";
    return l->search != NULL ? " (check the expression of --search)" : "";
}

enum outcome cloudinary_list(struct cloudinary *c,
                             const struct cloudinary_listing *l,
                             struct listing_page *page, bool *large)
{
    const struct http_field fields[] = {
        {"Authorization", c->authorization},
        {"Content-Type", "application/json"}
    };
    struct http_request http = {"GET", NULL, fields, 1, NULL, 0, true};
    bool mixed = l->tag != NULL || l->folder != NULL;
    enum outcome outcome = OUTCOME_STOP;
    struct buf target, body;
    struct listing parse;

    listing_init(&parse, l->columns, l->n, mixed ? l->type : NULL,
                 mixed ? l->resource_type : NULL, page);
    buf_init(&target, 32768);
    buf_init(&body, 32768);
    begin_target(c, &target);
    buf_str(&target, "resources/");
    if (l->search != NULL) {
        buf_str(&target, "search");
        search_body(l, &body);
        http.method = "POST";
        http.n_fields = 2;
        http.body = body.data;
        http.body_len = body.len;
    } else {
        list_target(l, &target);
    }
    buf_byte(&target, '\0');
    http.target = (const char *)target.data;
    c->hint = list_hint(l);
    *large = false;
    if (target.failed || body.failed || c->authorization[0] == '\0' ||
        c->base[0] == '\0')
        fail(c, "", "memory is out");
    else
        outcome = call(c, &http, &parse.json, &parse.message);
    if (outcome == OUTCOME_DONE)
        outcome = page_outcome(c, &parse, l, large);
    listing_free(&parse);
    buf_free(&target);
    buf_free(&body);
    return outcome == OUTCOME_LOST ? OUTCOME_RETRY : outcome;
}

/* ---------------------------------------------------------- the account */

/* GET /v1_1/CLOUD/`what`, for the numbers at n JSON Pointers of the answer: -1
   where one has none. */
static enum outcome ask(struct cloudinary *c, const char *what,
                        const char *const pointers[], int64_t numbers[],
                        unsigned n)
{
    const struct http_field fields[] = {{"Authorization", c->authorization}};
    struct http_request http = {"GET", NULL, fields, 1, NULL, 0, true};
    struct buf target, text, values[ANSWER_VALUES_MAX];
    enum outcome outcome = OUTCOME_STOP;
    struct answer a;
    unsigned i;

    buf_init(&target, 1024);
    buf_init(&text, ANSWER_TEXT_MAX);
    for (i = 0; i < n; i++)
        buf_init(&values[i], 32);
    buf_format(&target, "%s%s/%s", c->http.url.path, c->base, what);
    buf_byte(&target, '\0');
    http.target = (const char *)target.data;
    if (!answer_init(&a, "", &text, pointers, values, n) || target.failed)
        fail(c, "", "memory is out");
    else
        outcome = call(c, &http, &a.json, &a.message);
    for (i = 0; i < n; i++) {
        buf_byte(&values[i], '\0');
        numbers[i] = values[i].failed ? -1
            : number((const char *)values[i].data);
        buf_free(&values[i]);
    }
    answer_free(&a);
    buf_free(&text);
    buf_free(&target);
    return outcome == OUTCOME_LOST ? OUTCOME_RETRY : outcome;
}

enum outcome cloudinary_ping(struct cloudinary *c)
{
    return ask(c, "ping", NULL, NULL, 0);
}

enum outcome cloudinary_usage(struct cloudinary *c, int64_t *used,
                              int64_t *limit)
{
    static const char *const pointers[] = {"/adv_ocr/usage",
        "/adv_ocr/limit"};
    int64_t numbers[2];
    enum outcome outcome = ask(c, "usage", pointers, numbers, 2);

    *used = numbers[0];
    *limit = numbers[1];
    return outcome;
}
