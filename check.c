/* check: see check.h. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command.h"
#include "report.h"
#include "rows.h"
#include "tables.h"

enum {
    TRIES = 3,                   /* of a call: somebody is waiting */
    SKEW_MAX = 240               /* s: above it AWS's SDKs set their clock */
};

static bool works;               /* would a run, so far? */

enum verdict { GOOD, BAD, NOTE };

/* Prints a line: "VERDICT WHAT: detail". */
__attribute__((format(printf, 3, 4)))
static void tell(enum verdict verdict, const char *what, const char *format,
                 ...)
{
    static const char *const words[] = {"ok  ", "FAIL", "note"};
    char text[COMMAND_ERROR], safe[COMMAND_ERROR];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    printf("%s %s: %s\n", words[verdict], what, safe);
    works = works && verdict != BAD;
}

/* How a server was reached. */
static void tell_connection(const char *what, const struct http *h)
{
    const char *signer = h->stream.tls.x509.signer;

    if (h->response.status == 0) {
        tell(BAD, what, "%s", h->error);
        return;
    }
    if (!h->url.tls) {
        tell(GOOD, what, "plain http with %s, on this machine",
             h->url.authority);
        return;
    }
    tell(GOOD, what, "TLS 1.2 with %s; its certificate is signed by %s",
         h->url.authority, *signer != '\0' ? signer : "a CA without a name");
}

/* What a server's clock and ours have between them. */
static void tell_clock(const char *what, const struct http *h)
{
    const char *date = http_response_field(&h->response, "Date");
    int64_t then = date == NULL ? -1 : clock_http_date(date);
    long long ahead;

    if (h->response.status == 0)
        return;
    if (then < 0) {
        tell(NOTE, what, "the answer does not tell the time (Date)");
        return;
    }
    ahead = (long long)(clock_now(CLOCK_CALENDAR) / CLOCK_SECOND - then);
    if (llabs(ahead) < 2)
        tell(GOOD, what, "as the service's");
    else if (llabs(ahead) < SKEW_MAX)
        tell(GOOD, what, "%lld s %s the service's", llabs(ahead),
             ahead < 0 ? "behind" : "ahead of");
    else
        tell(BAD, what, "%lld s %s the service's; set this machine's clock "
             "(signatures are mended by the service's, certificates are "
             "judged by this one)", llabs(ahead),
             ahead < 0 ? "behind" : "ahead of");
}

/* -------------------------------------------------------------- DynamoDB */

/* Is this error about who asks, and where? */
static bool about_keys(const char *code)
{
    static const char *const names[] = {"ExpiredToken", "UnrecognizedClient",
        "Signature", "MissingAuthentication"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(code, names[i]) != NULL)
            return true;
    return false;
}

static void tell_table(struct dynamodb *db, const struct options *o,
                       enum outcome outcome,
                       const struct tables_description *d)
{
    if (strcmp(db->code, "AccessDeniedException") == 0)
        tell(NOTE, "table", "%s: not looked at, but a run does not need that",
             db->error);
    else if (about_keys(db->code) || db->http.response.status == 0)
        tell(NOTE, "table", "%s was not looked at", o->table);
    else if (outcome != OUTCOME_DONE ||
             tables_judge(db, o->table, o->key, d) != OUTCOME_DONE)
        tell(BAD, "table", "%s", db->error);
    else if (d->capacity.on_demand)
        tell(GOOD, "table", "%s is %s, by %s (S), on demand", o->table,
             d->status, o->key);
    else
        tell(GOOD, "table", "%s is %s, by %s (S), with %lld read and %lld "
             "write units", o->table, d->status, o->key,
             (long long)d->capacity.read, (long long)d->capacity.write);
}

/* Where the keys are from, and until when they are good. */
static void tell_keys(const struct dynamodb *db)
{
    const struct credentials *keys = &db->aws->keys;
    char source[sizeof keys->source + 64];

    snprintf(source, sizeof source, "%s", keys->source);
    if (keys->expires != INT64_MAX) {
        char until[32];

        report_time(until, keys->expires);
        snprintf(source, sizeof source, "%s, until %s", keys->source,
                 until);
    } else if (keys->token[0] != '\0') {
        snprintf(source, sizeof source, "%s; they are temporary, and do "
                 "not say until when", keys->source);
    }
    if (about_keys(db->code))
        tell(BAD, "credentials", "%s; %s", source, db->error);
    else if (db->http.response.status == 0)
        tell(NOTE, "credentials", "%s; not tried", source);
    else
        tell(GOOD, "credentials", "%s", source);
}

/* A message of several lines as one. */
static void join_lines(char *text)
{
    char *line;

    while ((line = strstr(text, "\n    ")) != NULL) {
        if (line == text || line[-1] != ':')
            *line++ = ';';
        *line++ = ' ';
        memmove(line, line + strspn(line, "\n "),
                strlen(line + strspn(line, "\n ")) + 1);
    }
}

static void check_dynamodb(const struct options *o)
{
    static struct tables_description d;
    char error[COMMAND_ERROR];
    struct dynamodb *db;
    enum outcome outcome;

    if (o->table == NULL) {
        tell(NOTE, "table", "none is named (-t, OCRDYN_TABLE): rows are only "
             "printed, and DynamoDB is not needed");
        return;
    }
    db = command_try_dynamodb(o, error);
    if (db == NULL) {
        join_lines(error);
        tell(BAD, "dynamodb", "%s", error);
        return;
    }
    if (o->max_attempts == 0)
        db->max_attempts = TRIES;
    outcome = tables_describe(db, o->table, NULL, &d);
    tell_keys(db);
    tell(GOOD, "region", "%s", db->aws->region);
    tell(GOOD, "endpoint", "%s://%s%s", db->http.url.tls ? "https" : "http",
         db->http.url.authority, db->http.url.path);
    tell_connection("dynamodb connection", &db->http);
    tell_clock("dynamodb clock", &db->http);
    tell_table(db, o, outcome, &d);
}

/* ------------------------------------------------------------ Cloudinary */

/* Makes a call until it works, or is not worth another try. */
static enum outcome ask(struct cloudinary *c, unsigned max, bool usage,
                        int64_t *used, int64_t *limit)
{
    unsigned tries = 0;

    for (;;) {
        enum outcome outcome = usage
            ? cloudinary_usage(c, used, limit) : cloudinary_ping(c);

        if (outcome != OUTCOME_RETRY || ++tries >= max || command_stop != 0)
            return outcome;
        clock_sleep(clock_now(CLOCK_STEADY) + CLOCK_SECOND, -1, 0,
                    &command_stop);
    }
}

static void tell_quota(const struct pace_quota *quota)
{
    char text[32];

    if (!quota->known) {
        tell(NOTE, "cloudinary quota", "the answer says nothing of the hourly "
             "calls (X-FeatureRateLimit-*)");
        return;
    }
    report_time(text, clock_now(CLOCK_STEADY) + quota->reset);
    tell(quota->remaining > 0 ? GOOD : BAD, "cloudinary quota",
         "%lld of %lld hourly calls are left until %s%s",
         (long long)quota->remaining, (long long)quota->limit, text,
         quota->remaining > 0 ? "" : "; a run would wait until then");
}

static void tell_units(const struct cloudinary *c, enum outcome outcome,
                       int64_t used, int64_t limit)
{
    static const char what[] = "ocr units";

    if (outcome != OUTCOME_DONE)
        tell(BAD, what, "%s", c->error);
    /* not confirmed: what it says of an add-on that is not enabled */
    else if (used < 0 || limit < 0)
        tell(NOTE, what, "the account's usage does not name the OCR add-on "
             "(adv_ocr); is it enabled in the Cloudinary console?");
    else if (limit == 0)
        tell(BAD, what, "none: enable the OCR add-on in the Cloudinary "
             "console, free plan included");
    else
        tell(used < limit ? GOOD : BAD, what, "%lld of %lld are used%s",
             (long long)used, (long long)limit, used < limit ? ""
             : "; wait for the next month, or take a larger plan of the OCR "
             "add-on in the Cloudinary console");
}

static void check_cloudinary(const struct options *o)
{
    char error[COMMAND_ERROR];
    struct cloudinary *c = command_try_cloudinary(o, error);
    unsigned max = o->max_attempts > 0 ? (unsigned)o->max_attempts : TRIES;
    int64_t used, limit;
    enum outcome outcome;

    if (c == NULL) {
        tell(BAD, "cloudinary", "%s", error);
        return;
    }
    outcome = ask(c, max, false, &used, &limit);
    tell_connection("cloudinary connection", &c->http);
    tell_clock("cloudinary clock", &c->http);
    if (c->http.response.status == 0)
        return;
    /* a limit that is reached is reached by somebody who may ask */
    tell(outcome == OUTCOME_DONE ? GOOD : outcome == OUTCOME_WAIT ? NOTE
         : BAD, "cloudinary account", "%s", outcome == OUTCOME_DONE
         ? "key and secret are right" : c->error);
    if (outcome != OUTCOME_DONE && outcome != OUTCOME_WAIT)
        return;
    outcome = ask(c, max, true, &used, &limit);
    tell_quota(&c->quota);
    tell_units(c, outcome, used, limit);
}

int check(const struct options *o)
{
    works = true;
    command_signals();
    check_cloudinary(o);
    check_dynamodb(o);
    return command_printed(works ? 0 : COMMAND_FAILED);
}
