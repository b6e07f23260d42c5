/* sts: see sts.h. */
#include "sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "sigv4.h"

static const char form_type[] = "application/x-www-form-urlencoded";

struct call {
    const struct credentials *keys;      /* to sign with, or NULL */
    struct http_url url;
    char region[ENDPOINT_REGION_MAX];
    struct http_options http;
    struct buf form;
    int64_t offset;              /* STS's clock less ours, in s */
};

static void parameter(struct buf *form, const char *name,
                      struct profile_value value)
{
    if (value.text == NULL)
        return;
    if (form->len > 0)
        buf_byte(form, '&');
    buf_str(form, name);
    buf_byte(form, '=');
    http_escape(form, value.text, value.n, "");
}

static void string_parameter(struct buf *form, const char *name,
                             const char *value)
{
    parameter(form, name, (struct profile_value){value, strlen(value)});
}

static void write_form(struct buf *form, const struct sts_role *role)
{
    char session[48];

    string_parameter(form, "Version", "2011-06-15");
    string_parameter(form, "Action", role->token.text != NULL
                     ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    parameter(form, "RoleArn", role->arn);
    snprintf(session, sizeof session, "ocrdyn-%lld",
             (long long)(clock_now(CLOCK_CALENDAR) / CLOCK_SECOND));
    if (role->session.text != NULL)
        parameter(form, "RoleSessionName", role->session);
    else
        string_parameter(form, "RoleSessionName", session);
    parameter(form, "ExternalId", role->external_id);
    parameter(form, "DurationSeconds", role->duration);
    parameter(form, "WebIdentityToken", role->token);
}

/* Sends the form once. False: there is no answer. */
static bool post(const struct call *c, struct http_answer *answer)
{
    const struct credentials *k = c->keys;
    const char *path = c->url.path[0] != '\0' ? c->url.path : "/";
    char date[SIGV4_DATE], authorization[1024];
    const struct sigv4_header headers[] = {
        {"host", c->url.authority}, {"content-type", form_type},
        {"x-amz-date", date},
        {"x-amz-security-token", k != NULL ? k->token : ""}
    };
    size_t n = k == NULL ? 1 : k->token[0] == '\0' ? 3 : 4;
    const struct http_field fields[] = {
        {"Content-Type", form_type}, {"X-Amz-Date", date},
        {"Authorization", authorization},
        {"X-Amz-Security-Token", headers[3].value}
    };
    const struct sigv4_request rq = {"POST", path, headers, n,
        c->form.data, c->form.len};
    const struct http_request http = {"POST", path, fields, n, c->form.data,
        c->form.len, true};
    bool good = true;

    if (k != NULL) {
        const struct sigv4_scope scope = {k->access, k->secret, c->region,
            "sts"};

        good = sigv4_date(date, clock_now(CLOCK_CALENDAR) / CLOCK_SECOND +
                          c->offset) &&
            sigv4_authorization(&rq, &scope, date, authorization,
                                sizeof authorization) > 0;
    }
    if (!good)
        snprintf(answer->error, sizeof answer->error, "the request cannot be "
                 "signed");
    else
        good = http_once(&c->url, &c->http, &http, answer) == HTTP_OK;
    buf_wipe(authorization, sizeof authorization);
    return good;
}

/* Is it worth another try? The last two are STS's own about web identity. */
static bool passes(const struct http_answer *answer,
                   const struct credentials_answer *a)
{
    return answer->status >= 500 || answer->status == 429 ||
        credentials_is(a, CREDENTIALS_CODE, "Throttling") ||
        credentials_is(a, CREDENTIALS_CODE, "IDPCommunicationError") ||
        credentials_is(a, CREDENTIALS_CODE, "InvalidIdentityToken");
}

/* Is its clock another, by as much as the SDKs say? Then ours is set right. */
static bool was_skewed(struct call *c, const struct http_answer *answer)
{
    int64_t skew = answer->date < 0 ? 0 : answer->date -
        clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;

    if (c->keys == NULL || c->offset != 0 || llabs(skew) < 240)
        return false;
    c->offset = skew;
    return true;
}

bool sts_again(unsigned tries)
{
    int64_t until = clock_now(CLOCK_STEADY) + CLOCK_SECOND;

    if (tries >= 3)
        return false;
    while (clock_sleep(until, -1, 0, NULL) == CLOCK_SIGNAL)
        ;
    return true;
}

/* Posts until there is an answer that counts. True if it is a good one. */
static bool ask(struct call *c, struct http_answer *answer,
                struct credentials_answer *a, char *error, size_t size)
{
    unsigned tries = 0;

    do {
        credentials_end(a);
        if (!post(c, answer)) {
            snprintf(error, size, "%s: %s", c->url.authority, answer->error);
            continue;
        }
        credentials_xml(a, &answer->body);
        if (answer->status == 200)
            return true;
        snprintf(error, size, "STS refuses: status %d%s%s%s%.400s",
                 answer->status, a->text[CREDENTIALS_CODE].len > 0 ? ", " : "",
                 credentials_text(a, CREDENTIALS_CODE),
                 a->text[CREDENTIALS_MESSAGE].len > 0 ? ": " : "",
                 credentials_text(a, CREDENTIALS_MESSAGE));
        if (was_skewed(c, answer))
            tries--;
        else if (!passes(answer, a))
            return false;
    } while (sts_again(++tries));
    return false;
}

bool sts_assume(struct credentials *keys, const struct sts_role *role,
                const struct profile *p, const char *region,
                const struct http_options *http, char *error, size_t size)
{
    struct call c = {.keys = role->token.text == NULL ? keys : NULL,
        .http = *http};
    struct credentials_answer a;
    struct http_answer answer;
    bool good;

    if (!endpoint_find(&c.url, c.region, p, "sts", region, NULL, error, size))
        return false;
    c.http.body_max = CREDENTIALS_ANSWER_MAX;
    buf_init(&c.form, 1 << 17);
    write_form(&c.form, role);
    buf_init(&answer.body, CREDENTIALS_ANSWER_MAX);
    credentials_begin(&a);
    good = !c.form.failed;
    if (!good)
        snprintf(error, size, "what STS is to be told is too long");
    good = good && ask(&c, &answer, &a, error, size) &&
        credentials_take(keys, &a, answer.date, false, error, size);
    credentials_end(&a);
    buf_free(&answer.body);
    buf_free(&c.form);
    return good;
}
