/* imds: see imds.h. */
#include "imds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

__attribute__((format(printf, 3, 4)))
static bool wrong(struct imds *imds, bool off, const char *format, ...)
{
    va_list ap;

    if (off)
        imds->state = IMDS_OFF;
    va_start(ap, format);
    vsnprintf(imds->error, sizeof imds->error, format, ap);
    va_end(ap);
    return false;
}

void imds_init(struct imds *imds, const struct profile *p,
               const struct http_options *options)
{
    struct profile_value at = profile_setting(
        p, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint");
    struct profile_value mode = profile_setting(
        p, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "ec2_metadata_service_endpoint_mode");
    bool v6 = mode.n == 4 && strncasecmp(mode.text, "ipv6", 4) == 0;
    char text[256], why[128] = "it is too long";
    const char *off;

    memset(imds, 0, sizeof *imds);
    imds->options = *options;
    imds->options.connect = imds->options.wait = CLOCK_SECOND;
    imds->options.total = 5 * CLOCK_SECOND;
    imds->options.body_max = IMDS_BODY_MAX;
    if (at.text == NULL) {
        const char *usual = v6 ? "http://[fd00:ec2::254]"
                               : "http://169.254.169.254";

        at = (struct profile_value){usual, strlen(usual)};
    }
    if (!profile_copy(text, sizeof text, at) ||
        !http_url_parse_metadata(&imds->url, text, why, sizeof why))
        wrong(imds, true, "AWS_EC2_METADATA_SERVICE_ENDPOINT: %s", why);
    imds->no_v1 = profile_true(profile_setting(
        p, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
    off = profile_variable("AWS_EC2_METADATA_DISABLED");
    if (off != NULL && strcasecmp(off, "true") == 0)
        wrong(imds, true, "AWS_EC2_METADATA_DISABLED is set");
}

/* Sends one request to the service. */
static enum http_result ask(struct imds *imds, const char *method,
                            const char *path, const struct http_field *field,
                            struct http_answer *answer)
{
    struct http_request rq = {method, path, field, field != NULL, NULL, 0,
        true};
    char target[512];

    if (snprintf(target, sizeof target, "%s%s", imds->url.path, path) >=
        (int)sizeof target) {
        snprintf(answer->error, sizeof answer->error, "a name is too long");
        answer->status = 0;
        return HTTP_UNSENT;
    }
    rq.target = target;
    return http_once(&imds->url, &imds->options, &rq, answer);
}

static bool is_token(const struct buf *body)
{
    size_t i;

    for (i = 0; i < body->len; i++)
        if (body->data[i] <= 0x20 || body->data[i] >= 0x7f)
            return false;
    return body->len > 0;
}

/*
 * Fetches the token. Without: a proxy or an old stand-in may not know the
 * request (403, 404, 405), and the answer may die on its way into a container
 * (its hop limit is 1), so that none comes.
 */
static bool begin(struct imds *imds, struct http_answer *answer)
{
    static const struct http_field age = {
        "X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    enum http_result result = ask(imds, "PUT", "/latest/api/token", &age,
                                  answer);
    int status = answer->status;

    if (result == HTTP_OK && status == 200) {
        if (!is_token(&answer->body) ||
            answer->body.len >= sizeof imds->token)
            return wrong(imds, true, "its token is wrong");
        memcpy(imds->token, answer->body.data, answer->body.len);
        imds->state = IMDS_TOKEN;
        return true;
    }
    if (result == HTTP_UNSENT)
        return wrong(imds, true, "%s", answer->error);
    if (result == HTTP_OK && status != 403 && status != 404 && status != 405)
        return wrong(imds, true, "%s gives no token: status %d",
                     imds->url.authority, status);
    if (imds->no_v1)
        return wrong(imds, true, "%s gives no token (%s), and "
                     "AWS_EC2_METADATA_V1_DISABLED is set",
                     imds->url.authority, result == HTTP_OK ? "it refuses"
                     : answer->error);
    imds->state = IMDS_VERSION_1;
    return true;
}

bool imds_get(struct imds *imds, const char *name, struct http_answer *answer)
{
    const struct http_field token = {"X-aws-ec2-metadata-token", imds->token};
    char path[320];

    if (imds->state == IMDS_OFF ||
        (imds->state == IMDS_NEW && !begin(imds, answer)))
        return false;
    if (snprintf(path, sizeof path, "/latest/meta-data/%s", name) >=
        (int)sizeof path)
        return wrong(imds, false, "a name in it is too long");
    if (ask(imds, "GET", path, imds->state == IMDS_TOKEN ? &token : NULL,
            answer) != HTTP_OK)
        return wrong(imds, imds->state == IMDS_VERSION_1, "%s: %s",
                     imds->url.authority, answer->error);
    if (answer->status != 200)
        return wrong(imds, false, "%s: status %d for %s",
                     imds->url.authority, answer->status, path);
    return true;
}

void imds_close(struct imds *imds)
{
    buf_wipe(imds->token, sizeof imds->token);
}
