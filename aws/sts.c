/*
 * sts.c: sends AssumeRole requests as forms, and decides which errors are
 * worth another try.
 */
#include "aws/sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "base/clock.h"
#include "aws/endpoint.h"
#include "aws/signing.h"

struct call {
    const struct credentials *keys;
    bool sign;                   /* with `keys` */
    int64_t offset;              /* s, the clock of STS minus ours */
    struct buf form;
    struct http_options http;
    char region[ENDPOINT_REGION_MAX];
    struct url url;
};

static void parameter(struct buf *form, const char *name,
                      struct profile_value value)
{
    if (value.text == NULL)
        return;
    buf_byte(form, '&');
    buf_str(form, name);
    buf_byte(form, '=');
    url_escape(form, value.text, value.n, "");
}

static void write_form(struct buf *form, const struct sts_role *role)
{
    static const char *const names[STS_FIELDS] = {"RoleArn",
        "RoleSessionName", "ExternalId", "DurationSeconds",
        "WebIdentityToken"};
    int i;

    buf_str(form, "Version=2011-06-15&Action=AssumeRole");
    if (role->field[STS_TOKEN].text != NULL)
        buf_str(form, "WithWebIdentity");
    for (i = 0; i < STS_FIELDS; i++)
        parameter(form, names[i], role->field[i]);
    if (role->field[STS_SESSION].text == NULL) {
        char name[48];

        snprintf(name, sizeof name, "ocrdyn-%lld", (long long)clock_seconds());
        parameter(form, names[STS_SESSION], profile_string(name));
    }
}

/* Sends the form once. */
static enum http_result post(const struct call *c, struct http_answer *answer)
{
    const struct http_field type = {"content-type",
        "application/x-www-form-urlencoded"};
    struct http_request rq = {"POST", c->url.path[0] != '\0' ? c->url.path
        : "/", &type, 1, c->form.data, c->form.len, true};
    struct signing s = {.keys = c->keys, .region = c->region, .service = "sts",
        .offset = c->offset};
    enum http_result result = HTTP_UNSENT;

    if (c->sign && !signing_sign(&s, &c->url, &rq))
        snprintf(answer->error, sizeof answer->error, "the request cannot be "
                 "signed");
    else
        result = http_once(&c->url, &c->http, &rq, answer);
    buf_wipe(&s, sizeof s);
    return result;
}

/* Returns whether the error is transient. The last two only occur with
   web identity. */
static bool passes(struct credentials_answer *a)
{
    return a->http.status >= 500 || a->http.status == 429 ||
        credentials_is(a, CREDENTIALS_CODE, "Throttling") ||
        credentials_is(a, CREDENTIALS_CODE, "IDPCommunicationError") ||
        credentials_is(a, CREDENTIALS_CODE, "InvalidIdentityToken");
}

/* Returns whether the clocks differ by 240 s or more, for the first time; the
   limit is that of the SDKs. The next request uses the time of STS. */
static bool was_skewed(struct call *c, int64_t date)
{
    int64_t skew = date - clock_seconds();

    if (date < 0 || !c->sign || c->offset != 0 || llabs(skew) < 240)
        return false;
    c->offset = skew;
    return true;
}

bool sts_again(unsigned tries)
{
    int64_t until = clock_now(CLOCK_STEADY) + CLOCK_SECOND;

    if (tries >= 3)
        return false;
    while (wait_until(until, -1, 0, NULL) == WAIT_SIGNAL)
        ;
    return true;
}

/* Sends the form until there is a final answer. Returns whether it is a
   success. */
static bool ask(struct call *c, struct credentials_answer *a,
                char error[WHY_MAX])
{
    unsigned tries = 0;

    do {
        enum http_result result;

        credentials_end(a);
        result = post(c, &a->http);
        if (result != HTTP_OK)
            why_not(error, "%s: %s", c->url.authority, a->http.error);
        if (result == HTTP_ENCODED)      /* a retry would not help */
            return false;
        if (result != HTTP_OK)
            continue;
        credentials_xml(a);
        if (a->http.status == 200)
            return true;
        why_not(error, "STS refuses: status %d%s%s%s%s", a->http.status,
                a->text[CREDENTIALS_CODE].len > 0 ? ", " : "",
                credentials_text(a, CREDENTIALS_CODE),
                a->message.len > 0 ? ": " : "",
                credentials_text(a, CREDENTIALS_MESSAGE));
        if (was_skewed(c, a->http.date))
            tries--;
        else if (!passes(a))
            return false;
    } while (sts_again(++tries));
    return false;
}

bool sts_assume(struct credentials *keys, const struct sts_role *role,
                const struct profile *p, const char *region,
                const struct http_options *http, char error[WHY_MAX])
{
    struct call c = {.keys = keys, .http = *http,
        .sign = role->field[STS_TOKEN].text == NULL};
    struct credentials_answer a;
    bool good;

    snprintf(c.region, sizeof c.region, "%s", region);
    if (!endpoint_find(&c.url, c.region, p, "sts", NULL, error))
        return false;
    c.http.body_max = CREDENTIALS_ANSWER_MAX;
    buf_init(&c.form, 1 << 17);
    write_form(&c.form, role);
    credentials_begin(&a);
    good = (!c.form.failed ||
            why_not(error, "what STS is to be told is too long")) &&
        ask(&c, &a, error) && credentials_take(keys, &a, false, error);
    credentials_end(&a);
    buf_free(&c.form);
    return good;
}
