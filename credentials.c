/* credentials: see credentials.h. */
#include "credentials.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"

void credentials_begin(struct credentials_answer *a)
{
    int i;

    for (i = 0; i < CREDENTIALS_FIELDS; i++)
        buf_init(&a->text[i], CREDENTIALS_TOKEN_MAX);
}

void credentials_end(struct credentials_answer *a)
{
    int i;

    for (i = 0; i < CREDENTIALS_FIELDS; i++)
        buf_free(&a->text[i]);
}

void credentials_put(struct credentials_answer *a,
                     enum credentials_field field, struct profile_value value)
{
    buf_reset(&a->text[field]);
    buf_add(&a->text[field], value.text, value.n);
}

bool credentials_is(const struct credentials_answer *a,
                    enum credentials_field field, const char *word)
{
    const struct buf *b = &a->text[field];

    return b->len == strlen(word) && memcmp(b->data, word, b->len) == 0;
}

const char *credentials_text(struct credentials_answer *a,
                             enum credentials_field field)
{
    struct buf *b = &a->text[field];

    if (!buf_byte(b, '\0'))
        return "";
    b->len--;
    return (const char *)b->data;
}

/* The text of the first element with that name: STS has no two of these. */
static void take_element(struct credentials_answer *a,
                         enum credentials_field field, const char *name,
                         const struct buf *body)
{
    const char *start, *end, *stop = (const char *)body->data + body->len;
    char tag[32];
    int n = snprintf(tag, sizeof tag, "<%s>", name);

    start = memmem(body->data, body->len, tag, (size_t)n);
    if (start == NULL)
        return;
    start += n;
    n = snprintf(tag, sizeof tag, "</%s>", name);
    end = memmem(start, (size_t)(stop - start), tag, (size_t)n);
    if (end == NULL)
        return;
    credentials_put(a, field, (struct profile_value){
        start, (size_t)(end - start)});
    /* base64 and times need no escapes: one is not what it looks like */
    if (field <= CREDENTIALS_EXPIRATION &&
        memchr(start, '&', (size_t)(end - start)) != NULL)
        a->text[field].failed = true;
}

void credentials_xml(struct credentials_answer *a, const struct buf *body)
{
    static const char *const names[] = {
        "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration",
        "Code", "Message"
    };
    int i;

    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_MESSAGE && body->len > 0;
         i++)
        take_element(a, (enum credentials_field)i, names[i], body);
}

/* Two names for one field are of different sources. */
static const enum credentials_field members[] = {
    CREDENTIALS_ACCESS, CREDENTIALS_SECRET, CREDENTIALS_TOKEN,
    CREDENTIALS_TOKEN, CREDENTIALS_EXPIRATION, CREDENTIALS_CODE,
    CREDENTIALS_CODE, CREDENTIALS_MESSAGE, CREDENTIALS_MESSAGE,
    CREDENTIALS_VERSION
};

static const struct json_pick picks[] = {
    {"/AccessKeyId", JSON_WANT_TEXT, false, 0},
    {"/SecretAccessKey", JSON_WANT_TEXT, false, 0},
    {"/Token", JSON_WANT_TEXT, false, 0},
    {"/SessionToken", JSON_WANT_TEXT, false, 0},
    {"/Expiration", JSON_WANT_TEXT, false, 0},
    {"/Code", JSON_WANT_TEXT, false, 0},
    {"/code", JSON_WANT_TEXT, false, 0},
    {"/Message", JSON_WANT_TEXT, false, 0},
    {"/message", JSON_WANT_TEXT, false, 0},
    {"/Version", JSON_WANT_TEXT, false, 0}
};

static bool take_member(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct credentials_answer *a = context;

    /* null is as good as not there */
    if (event == JSON_BYTES && (type == JSON_STRING || type == JSON_NUMBER))
        buf_add(&a->text[members[pick]], bytes, n);
    return true;
}

bool credentials_json(struct credentials_answer *a, const struct buf *body)
{
    struct json json;

    json_init(&json, picks, sizeof picks / sizeof picks[0], take_member, a);
    json_feed(&json, body->data, body->len);
    return json_end(&json);
}

/* Copies a value that will stand in a header: visible ASCII. */
static bool copy(char *to, size_t room, const struct buf *from,
                 const char *what, char *error, size_t size)
{
    size_t i;

    if (from->failed || from->len >= room) {
        snprintf(error, size, "%s is too long", what);
        return false;
    }
    for (i = 0; i < from->len; i++)
        if (from->data[i] <= 0x20 || from->data[i] >= 0x7f) {
            snprintf(error, size, "%s has a character that cannot be in it "
                     "(at position %zu)", what, i + 1);
            return false;
        }
    if (from->len > 0)
        memcpy(to, from->data, from->len);
    to[from->len] = '\0';
    return true;
}

static bool take_expiration(struct credentials *to, const struct buf *text,
                            int64_t date, bool stale, char *error,
                            size_t size)
{
    const int64_t most = 3650 * INT64_C(86400);
    int64_t at, left;
    char when[64];

    to->expires = INT64_MAX;
    if (text->len == 0)
        return true;
    snprintf(when, sizeof when, "%.*s", (int)text->len,
             (const char *)text->data);
    at = clock_iso(when);
    if (at < 0) {
        snprintf(error, size, "their expiration is not a time as ISO 8601 "
                 "has it");
        return false;
    }
    if (date < 0)
        date = clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;
    left = at - date < most ? at - date : most;
    if (left <= 0 && !stale) {
        snprintf(error, size, "they have expired (at %s)", when);
        return false;
    }
    to->expires = clock_now(CLOCK_STEADY) + left * CLOCK_SECOND;
    return true;
}

bool credentials_take(struct credentials *to, const struct
                      credentials_answer *a, int64_t date, bool stale,
                      char *error, size_t size)
{
    const struct buf *text = a->text;

    if (text[CREDENTIALS_ACCESS].len == 0 ||
        text[CREDENTIALS_SECRET].len == 0) {
        snprintf(error, size, "there is no %s",
                 text[CREDENTIALS_ACCESS].len == 0 ? "access key id"
                                                   : "secret access key");
        return false;
    }
    return copy(to->access, sizeof to->access, &text[CREDENTIALS_ACCESS],
                "the access key id", error, size) &&
        copy(to->secret, sizeof to->secret, &text[CREDENTIALS_SECRET],
             "the secret access key", error, size) &&
        copy(to->token, sizeof to->token, &text[CREDENTIALS_TOKEN],
             "the session token", error, size) &&
        take_expiration(to, &text[CREDENTIALS_EXPIRATION], date, stale, error,
                        size);
}
