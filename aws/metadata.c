/*
 * metadata.c: asks the EC2 Instance Metadata Service, and chooses between its
 * versions.
 */
#include "aws/metadata.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/clock.h"
#include "aws/endpoint.h"

static const char service[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
static const char disabled[] = "AWS_EC2_METADATA_DISABLED";
static const char v1_disabled[] = "AWS_EC2_METADATA_V1_DISABLED";

void imds_init(struct imds *imds, const struct profile *p,
               const struct http_options *options)
{
    struct profile_value at = profile_setting(p, service);
    struct profile_value mode = profile_setting(
        p, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    char why[WHY_MAX];

    memset(imds, 0, sizeof *imds);
    imds->options = *options;
    imds->options.connect = imds->options.wait = CLOCK_SECOND;
    imds->options.total = 5 * CLOCK_SECOND;
    imds->options.body_max = IMDS_BODY_MAX;
    if (at.text == NULL)
        at = profile_string(profile_is(mode, "ipv6")
                            ? "http://[fd00:ec2::254]"
                            : "http://169.254.169.254");
    imds->no_v1 = profile_on(p, v1_disabled);
    if (profile_is(profile_string(env_get(disabled)), "true"))
        why_not(imds->error, "%s is set", disabled);
    else if (!endpoint_parse(&imds->url, at, true, why))
        why_not(imds->error, "%s: %s", service, why);
    else
        imds->state = IMDS_NEW;
}

/* Sends one request, for `folder` and then `name` under /latest/. */
static enum http_result ask(struct imds *imds, const char *method,
                            const char *folder, const char *name,
                            const struct http_field *field,
                            struct http_answer *answer)
{
    char target[sizeof imds->url.path + IMDS_NAME_MAX + 32];
    const struct http_request rq = {method, target, field, field != NULL, NULL,
        0, true};

    snprintf(target, sizeof target, "%s/latest/%s%s", imds->url.path, folder,
             name);
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
 * Fetches the token, or falls back to version 1. A proxy or an old emulator may
 * not support the request (403, 404, 405). In a container the answer may not
 * arrive, since its hop limit is 1.
 */
static bool begin(struct imds *imds, struct http_answer *answer)
{
    static const struct http_field age = {
        "X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    const char *host = imds->url.authority;
    enum http_result result = ask(imds, "PUT", "api/token", "", &age, answer);
    int status = result == HTTP_OK ? answer->status : 0;

    imds->state = IMDS_OFF;
    if (status == 200) {
        if (!is_token(&answer->body) ||
            answer->body.len >= sizeof imds->token)
            return why_not(imds->error, "its token is wrong");
        memcpy(imds->token, answer->body.data, answer->body.len);
        imds->state = IMDS_TOKEN;
        return true;
    }
    if (result == HTTP_UNSENT)
        return why_not(imds->error, "%s", answer->error);
    if (result == HTTP_ENCODED)
        return why_not(imds->error, "%s: %s", host, answer->error);
    if (result == HTTP_OK && (status < 403 || status > 405))
        return why_not(imds->error, "%s gives no token: status %d", host,
                       status);
    if (imds->no_v1)
        return why_not(imds->error, "%s gives no token (%s), and %s is set",
                       host, result == HTTP_OK ? "it refuses" : answer->error,
                       v1_disabled);
    imds->state = IMDS_VERSION_1;
    return true;
}

bool imds_get(struct imds *imds, const char *name, struct http_answer *answer)
{
    const struct http_field token = {"X-aws-ec2-metadata-token", imds->token};
    static const char folder[] = "meta-data/";

    if (imds->state == IMDS_OFF ||
        (imds->state == IMDS_NEW && !begin(imds, answer)))
        return false;
    if (ask(imds, "GET", folder, name, imds->state == IMDS_TOKEN ? &token
            : NULL, answer) != HTTP_OK) {
        if (imds->state == IMDS_VERSION_1)
            imds->state = IMDS_OFF;
        return why_not(imds->error, "%s: %s", imds->url.authority,
                       answer->error);
    }
    return answer->status == 200 ||
        why_not(imds->error, "%s: status %d for /latest/%s%s",
                imds->url.authority, answer->status, folder, name);
}

void imds_close(struct imds *imds)
{
    buf_wipe(imds->token, sizeof imds->token);
}
