/*
 * credentials.c: reads AWS credentials from JSON, from the XML of STS and from
 * separate values, and checks them.
 */
#include "aws/credentials.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void credentials_begin(struct credentials_answer *a)
{
    int i;

    a->http.date = -1;
    memset(&a->message, 0, sizeof a->message);
    buf_init(&a->http.body, CREDENTIALS_ANSWER_MAX);
    for (i = 0; i < CREDENTIALS_FIELDS; i++) {
        buf_init(&a->text[i], CREDENTIALS_TOKEN_MAX);
        a->type[i] = JSON_NONE;
    }
}

void credentials_end(struct credentials_answer *a)
{
    int i;

    buf_free(&a->http.body);
    for (i = 0; i < CREDENTIALS_FIELDS; i++) {
        buf_free(&a->text[i]);
        a->type[i] = JSON_NONE;
    }
    memset(&a->message, 0, sizeof a->message);
}

void credentials_put(struct credentials_answer *a,
                     enum credentials_field field, struct profile_value value)
{
    if (field == CREDENTIALS_MESSAGE) {
        memset(&a->message, 0, sizeof a->message);
        why_words_add(&a->message, value.text, value.n);
        return;
    }
    buf_reset(&a->text[field]);
    a->type[field] = value.text == NULL ? JSON_NONE : JSON_STRING;
    if (value.n > 0)
        buf_add(&a->text[field], value.text, value.n);
}

const char *credentials_text(struct credentials_answer *a,
                             enum credentials_field field)
{
    struct buf *b = &a->text[field];

    if (field == CREDENTIALS_MESSAGE)
        return a->message.text;
    if (!buf_byte(b, '\0'))
        return "";
    b->len--;
    return (const char *)b->data;
}

bool credentials_is(struct credentials_answer *a,
                    enum credentials_field field, const char *word)
{
    return strcmp(credentials_text(a, field), word) == 0;
}

/* The names of the fields, in the order of enum credentials_field, and then
   names that some sources use instead. */
static const struct json_pick picks[] = {
    {"/AccessKeyId", JSON_WANT_STRING, false},
    {"/SecretAccessKey", JSON_WANT_STRING, false},
    {"/SessionToken", JSON_WANT_STRING, false},
    {"/Expiration", JSON_WANT_STRING, false},
    {"/Code", JSON_WANT_STRING, false},
    {"/Message", JSON_WANT_STRING, false},
    {"/Version", JSON_WANT_TEXT, false},
    {"/code", JSON_WANT_STRING, false},
    {"/message", JSON_WANT_STRING, false},
    {"/Token", JSON_WANT_STRING, false}
};

static const unsigned char members[] = {
    CREDENTIALS_ACCESS, CREDENTIALS_SECRET, CREDENTIALS_TOKEN,
    CREDENTIALS_EXPIRATION, CREDENTIALS_CODE, CREDENTIALS_MESSAGE,
    CREDENTIALS_VERSION, CREDENTIALS_CODE, CREDENTIALS_MESSAGE,
    CREDENTIALS_TOKEN
};

/* Takes the first element of each name; answers of STS have only one. */
void credentials_xml(struct credentials_answer *a)
{
    const struct buf *body = &a->http.body;
    const char *stop = (const char *)body->data + body->len;
    enum credentials_field i;

    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_MESSAGE; i++) {
        const char *start, *end;
        char tag[32];
        int n = snprintf(tag, sizeof tag, "<%s>", picks[i].pointer + 1);

        start = body->len == 0 ? NULL
            : memmem(body->data, body->len, tag, (size_t)n);
        if (start == NULL)
            continue;
        start += n;
        n = snprintf(tag, sizeof tag, "</%s>", picks[i].pointer + 1);
        end = memmem(start, (size_t)(stop - start), tag, (size_t)n);
        if (end == NULL)
            continue;
        credentials_put(a, i, (struct profile_value){
            start, (size_t)(end - start)});
        /* base64 and times need no character references: this is something
           else */
        if (i <= CREDENTIALS_EXPIRATION &&
            memchr(start, '&', (size_t)(end - start)) != NULL)
            a->text[i].failed = true;
    }
}

static bool take_member(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct credentials_answer *a = context;
    enum credentials_field field = members[pick];

    if (type == JSON_NULL)
        return true;             /* as if it were absent */
    if (event == JSON_BEGIN) {   /* the last of two equal names counts */
        buf_reset(&a->text[field]);
        a->type[field] = type;
    }
    if (event != JSON_BYTES)
        return true;
    if (field == CREDENTIALS_MESSAGE)
        why_words_add(&a->message, bytes, n);
    else
        buf_add(&a->text[field], bytes, n);
    return true;
}

bool credentials_json(struct credentials_answer *a)
{
    struct json json;

    json_init(&json, picks, sizeof picks / sizeof picks[0], take_member, a);
    json_feed(&json, a->http.body.data, a->http.body.len);
    return json_end(&json);
}

static bool take_expiration(struct credentials *to,
                            struct credentials_answer *a, bool stale,
                            char error[WHY_MAX])
{
    const int64_t most = 3650 * INT64_C(86400);
    enum json_type type = a->type[CREDENTIALS_EXPIRATION];
    const char *when = credentials_text(a, CREDENTIALS_EXPIRATION);
    int64_t left;

    to->expires = INT64_MAX;
    if (type == JSON_NONE)
        return true;
    if (type != JSON_STRING)
        return why_not(error, "their expiration is not a string");
    left = clock_iso(when);
    if (left < 0)
        return why_not(error, "their expiration \"%.64s\"%s is not a time "
                       "with its zone, such as 2026-01-31T08:00:00Z", when,
                       strlen(when) > 64 ? "..." : "");
    left -= a->http.date >= 0 ? a->http.date : clock_seconds();
    if (left <= 0 && !stale)
        return why_not(error, "they have expired (at %.64s): get new ones",
                       when);
    if (left > most)
        left = most;
    to->expires = clock_now(CLOCK_STEADY) + left * CLOCK_SECOND;
    return true;
}

/* The parts of a set of keys, with their places in struct credentials. */
static const struct {
    const char *what;
    unsigned short at, room;
} parts[] = {
    [CREDENTIALS_ACCESS] = {"access key id",
        offsetof(struct credentials, access),
        sizeof ((struct credentials *)0)->access},
    [CREDENTIALS_SECRET] = {"secret access key",
        offsetof(struct credentials, secret),
        sizeof ((struct credentials *)0)->secret},
    [CREDENTIALS_TOKEN] = {"session token",
        offsetof(struct credentials, token),
        sizeof ((struct credentials *)0)->token}
};

bool credentials_take(struct credentials *to, struct credentials_answer *a,
                      bool stale, char error[WHY_MAX])
{
    int i;

    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_TOKEN; i++) {
        const struct buf *text = &a->text[i];
        char *part = (char *)to + parts[i].at;
        size_t k;

        if (a->type[i] != JSON_NONE && a->type[i] != JSON_STRING)
            return why_not(error, "the %s is not a string", parts[i].what);
        if (text->failed || text->len >= parts[i].room)
            return why_not(error, "the %s is too long, or not a string",
                           parts[i].what);
        if (text->len == 0 && i != CREDENTIALS_TOKEN)
            return why_not(error, a->type[i] == JSON_NONE
                           ? "there is no %s" : "the %s is empty",
                           parts[i].what);
        for (k = 0; k < text->len; k++) {    /* it is sent in a header */
            part[k] = (char)text->data[k];
            if (part[k] <= 0x20 || part[k] >= 0x7f)
                return why_not(error, "the %s has a character that cannot be "
                               "in it (at position %zu)", parts[i].what,
                               k + 1);
        }
        part[k] = '\0';
    }
    return take_expiration(to, a, stale, error);
}
