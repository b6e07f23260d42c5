/*
 * check.c: prints whether the account, its quotas, the credentials and the
 * table are ready for a run.
 */
#include "commands/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/services.h"
#include "base/report.h"
#include "rows/rows.h"
#include "dynamodb/tables.h"

enum {
    TRIES = 3,                   /* of a call: somebody is waiting */
    SKEW_MAX = 240               /* s: AWS's SDKs adjust above it */
};

static bool works;               /* no finding so far would stop a run */

enum verdict { GOOD, BAD, NOTE };

/* Prints "VERDICT WHAT: detail". BAD makes the command fail. */
__attribute__((format(printf, 2, 3)))
static void tell(enum verdict verdict, const char *format, ...)
{
    static const char words[][5] = {"ok  ", "FAIL", "note"};
    char safe[SERVICES_ERROR];
    va_list ap;

    va_start(ap, format);
    text_format(safe, sizeof safe, format, ap);
    va_end(ap);
    printf("%s %s\n", words[verdict], safe);
    works = works && verdict != BAD;
}

/* Prints how the server was reached, and by how much its clock (Date) differs
   from this machine's. */
static void tell_server(const char *what, const struct http *h)
{
    const char *date = http_response_field(&h->response, "Date");
    int64_t then = date == NULL ? -1 : clock_http_date(date);
    int64_t ahead = clock_seconds() - then;
    const bool far = llabs(ahead) >= SKEW_MAX;
    const char *signer = h->stream.tls.x509.signer;

    if (h->response.status == 0) {
        tell(BAD, "%s connection: %s", what, h->error);
        return;
    }
    if (h->url.tls) {
        tell(GOOD, "%s connection: TLS 1.2 with %s; its certificate is signed "
             "by %s", what, h->url.authority, *signer != '\0' ? signer
             : "a CA without a name");
    } else {
        tell(GOOD, "%s connection: plain http with %s, on this machine", what,
             h->url.authority);
    }
    if (then < 0)
        tell(NOTE, "%s clock: the answer does not tell the time (Date)", what);
    else if (llabs(ahead) < 2)
        tell(GOOD, "%s clock: as the service's", what);
    else
        tell(far ? BAD : GOOD, "%s clock: %" PRId64 " s %s the service's%s",
             what, ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind"
             : "ahead of", far ? "; set this machine's clock (signatures are "
             "mended by the service's, certificates are judged by this one)"
             : "");
}

/* ---- DynamoDB ---- */

/* Returns whether an error code is about credentials or the signature. */
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
    char units[80];

    snprintf(units, sizeof units, d->capacity.on_demand ? "on demand"
             : !tables_capacity_known(&d->capacity) ? "of an unknown capacity"
             : "with %" PRId64 " read and %" PRId64 " write units",
             d->capacity.read, d->capacity.write);
    if (strcmp(db->code, "AccessDeniedException") == 0)
        tell(NOTE, "table: %s: not looked at, but a run does not need that",
             db->error);
    else if (about_keys(db->code) || db->http.response.status == 0)
        tell(NOTE, "table: %s was not looked at", o->table);
    else if (outcome != OUTCOME_DONE ||
             tables_judge(db, o->table, o->key, d) != OUTCOME_DONE)
        tell(BAD, "table: %s", db->error);
    else
        tell(GOOD, "table: %s is %s, by %s (S), %s", o->table, d->status,
             o->key, units);
}

/* Prints where the credentials come from, when they expire, and whether
   DynamoDB accepts them. */
static void tell_keys(const struct dynamodb *db)
{
    const struct credentials *keys = &db->aws->keys;
    const char *until = "";
    char time[32] = "";

    if (keys->expires != INT64_MAX) {
        until = ", until ";
        report_time(time, keys->expires);
    } else if (keys->token[0] != '\0') {
        until = "; they are temporary, and do not say until when";
    }
    if (about_keys(db->code))
        tell(BAD, "credentials: %s%s%s; %s", keys->source, until, time,
             db->error);
    else
        tell(db->http.response.status == 0 ? NOTE : GOOD,
             "credentials: %s%s%s%s", keys->source, until, time,
             db->http.response.status == 0 ? "; not tried" : "");
}

/* Joins the lines of a message into one, with ";" between them. */
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
    char error[SERVICES_ERROR];
    struct dynamodb *db;
    enum outcome outcome;

    if (o->table == NULL) {
        tell(NOTE, "table: none is named (-t, OCRDYN_TABLE): rows are only "
             "printed, and DynamoDB is not needed");
        return;
    }
    db = services_dynamodb(o, error);
    if (db == NULL) {
        join_lines(error);
        tell(BAD, "dynamodb: %s", error);
        return;
    }
    if (o->net.max_attempts == 0)
        db->max_attempts = TRIES;
    outcome = tables_describe(db, o->table, NULL, &d);
    tell_keys(db);
    tell(GOOD, "region: %s", db->aws->region);
    tell(GOOD, "endpoint: http%s://%s%s", db->http.url.tls ? "s" : "",
         db->http.url.authority, db->http.url.path);
    tell_server("dynamodb", &db->http);
    tell_table(db, o, outcome, &d);
}

/* ---- Cloudinary ---- */

/* Calls "usage" if `units` is not NULL, else "ping", up to `max` times while
   the outcome is RETRY. */
static enum outcome ask(struct cloudinary *c, uint64_t max,
                        struct cloudinary_units *units)
{
    for (;;) {
        enum outcome outcome = units != NULL
            ? cloudinary_usage(c, units)
            : cloudinary_ping(c);

        if (outcome != OUTCOME_RETRY || --max == 0 || wait_stop != 0)
            return outcome;
        wait_until(clock_now(CLOCK_STEADY) + CLOCK_SECOND, -1, 0,
                    &wait_stop);
    }
}

static void tell_quota(const struct pace_quota *quota)
{
    const bool left = quota->remaining > 0;
    char text[32];

    if (!quota->known) {
        tell(NOTE, "cloudinary quota: the answer says nothing of the hourly "
             "calls (X-FeatureRateLimit-*)");
        return;
    }
    report_time(text, clock_now(CLOCK_STEADY) + quota->reset);
    tell(left ? GOOD : BAD, "cloudinary quota: %" PRId64 " of %" PRId64
         " hourly calls are left until %s%s", quota->remaining, quota->limit,
         text, left ? "" : "; a run would wait until then");
}

static void tell_units(const struct cloudinary *c, enum outcome outcome,
                       const struct cloudinary_units *units)
{
    const bool left = units->used < units->limit;

    if (outcome != OUTCOME_DONE)
        tell(BAD, "ocr units: %s", c->error);
    /* not confirmed: how usage describes an add-on that is not enabled */
    else if (!units->named)
        tell(NOTE, "ocr units: the account's usage does not name the OCR "
             "add-on (adv_ocr); is it enabled in the Cloudinary console?");
    else if (units->used < 0 || units->limit < 0)
        tell(NOTE, "ocr units: the account's usage does not say how many are "
             "used, or how many there are (adv_ocr.usage and .limit)");
    else if (units->limit == 0)
        tell(BAD, "ocr units: none: enable the OCR add-on in the Cloudinary "
             "console, free plan included");
    else
        tell(left ? GOOD : BAD, "ocr units: %" PRId64 " of %" PRId64
             " are used%s", units->used, units->limit, left ? "" : "; wait for "
             "the next month, or take a larger plan of the OCR add-on in the "
             "Cloudinary console");
}

static void check_cloudinary(const struct options *o)
{
    char error[SERVICES_ERROR];
    struct cloudinary *c = services_cloudinary(o, error);
    const uint64_t max = o->net.max_attempts > 0 ? o->net.max_attempts : TRIES;
    struct cloudinary_units units;
    enum outcome outcome;

    if (c == NULL) {
        tell(BAD, "cloudinary: %s", error);
        return;
    }
    outcome = ask(c, max, NULL);
    tell_server("cloudinary", &c->http);
    if (c->http.response.status == 0)
        return;
    /* WAIT: a limit is reached, so key and secret are right */
    tell(outcome == OUTCOME_DONE ? GOOD : outcome == OUTCOME_WAIT ? NOTE
         : BAD, "cloudinary account: %s", outcome == OUTCOME_DONE
         ? "key and secret are right" : c->error);
    if (outcome != OUTCOME_DONE && outcome != OUTCOME_WAIT)
        return;
    outcome = ask(c, max, &units);
    tell_quota(&c->quota);
    tell_units(c, outcome, &units);
}

int check(const struct options *o)
{
    works = true;
    wait_signals();
    check_cloudinary(o);
    check_dynamodb(o);
    return command_flush_stdout(works ? 0 : COMMAND_FAILED);
}
