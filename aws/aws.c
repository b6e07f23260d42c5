/*
 * aws.c: loads and renews the credentials of DynamoDB's client, and finds its
 * region and its endpoint.
 */
#include "aws/aws.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/clock.h"

static const char no_region[] = " is not the name of an AWS region (such as "
    "us-east-1)";

/* Sets the time of the next renewal: 15 minutes before the keys expire, as in
   botocore. */
static void set_due(struct aws *aws)
{
    int64_t now = clock_now(CLOCK_STEADY), left, margin;

    aws->due = INT64_MAX;
    if (aws->keys.expires == INT64_MAX)
        return;
    left = aws->keys.expires - now;
    margin = 900 * CLOCK_SECOND;     /* 15 minutes */
    if (left < 2 * margin)
        margin = left / 2;
    aws->due = left > 0 ? now + left - margin : now + 60 * CLOCK_SECOND;
}

/* Asks the instance metadata for the region. */
static bool instance_region(struct imds *imds, char to[ENDPOINT_REGION_MAX])
{
    struct http_answer answer;
    bool good;

    buf_init(&answer.body, IMDS_BODY_MAX);
    good = imds_get(imds, "placement/region", &answer) &&
        profile_copy(to, ENDPOINT_REGION_MAX, (struct profile_value){
            (char *)answer.body.data, answer.body.len});
    buf_free(&answer.body);
    return good;
}

/* Finds the region. Returns true and an empty one if only a call could tell. */
static bool load_region(char to[ENDPOINT_REGION_MAX],
                        const struct aws_options *options,
                        const struct profile *p, struct imds *imds,
                        char error[WHY_MAX])
{
    const char *region = options->region, *from = "profile";
    struct profile_value value;

    if (region == NULL || *region == '\0')
        region = env_get("AWS_REGION");
    if (region == NULL)
        region = env_get("AWS_DEFAULT_REGION");
    value = region != NULL ? profile_string(region)
                           : profile_get(p, p->name, "region");
    profile_copy(to, ENDPOINT_REGION_MAX, value);
    if (value.text == NULL) {
        if (options->offline)
            return true;
        from = "instance metadata";
        if (!instance_region(imds, to))
            return why_not(error, "no AWS region: set AWS_REGION, or give "
                           "--region (the profile %s has none, nor the "
                           "instance metadata: %s)", p->name, imds->error);
    }
    if (endpoint_region(to))
        return true;
    if (region != NULL)
        return why_not(error, "\"%.64s\"%s", region, no_region);
    /* do not show the value: it may be a misplaced secret */
    return why_not(error, "the region of the %s%s", from, no_region);
}

/* Finds the keys and, unless `options` is NULL, first everything else. */
static bool load(struct aws *aws, const char *profile,
                 const struct aws_options *options, struct credentials *keys,
                 char error[CHAIN_ERROR])
{
    struct profile p;
    struct imds imds;
    const struct chain_search search = {&p, &imds, aws->http, aws->region,
        options != NULL && options->offline};
    bool good = profile_load(&p, profile, error);

    if (good && p.option)
        memcpy(aws->profile, p.name, sizeof aws->profile);
    imds_init(&imds, &p, aws->http);
    if (good && options != NULL)
        good = load_region(aws->region, options, &p, &imds, error) &&
            (aws->region[0] == '\0' ||
             endpoint_find(&aws->endpoint, aws->region, &p, "dynamodb",
                           options->endpoint_url, error));
    good = good && chain_find(keys, &search, error);
    imds_close(&imds);
    profile_free(&p);
    return good;
}

bool aws_load(struct aws *aws, const struct aws_options *options,
              char error[CHAIN_ERROR])
{
    bool good;

    memset(aws, 0, sizeof *aws);
    aws->http = options->http;
    good = load(aws, options->profile, options, &aws->keys, error);
    set_due(aws);
    return good;
}

bool aws_renew(struct aws *aws)
{
    char error[CHAIN_ERROR];
    struct credentials keys;
    const char *line;
    bool other = false;

    aws->why[0] = '\0';
    if (load(aws, aws->profile, NULL, &keys, error)) {
        other = strcmp(keys.access, aws->keys.access) != 0 ||
            strcmp(keys.secret, aws->keys.secret) != 0 ||
            strcmp(keys.token, aws->keys.token) != 0;
        aws->keys = keys;
        buf_wipe(&aws->signing, sizeof aws->signing);
        set_due(aws);
    } else {
        /* the last line says why the search ended */
        line = strrchr(error, '\n');
        line = line == NULL ? error : line + 1 + strspn(line + 1, " ");
        if ((size_t)snprintf(aws->why, sizeof aws->why, "no new credentials: "
                             "%s", line) >= sizeof aws->why)
            why_cut(aws->why, sizeof aws->why);
        aws->due = clock_now(CLOCK_STEADY) + 60 * CLOCK_SECOND;
    }
    buf_wipe(&keys, sizeof keys);
    return other;
}

void aws_fresh(struct aws *aws)
{
    if (clock_now(CLOCK_STEADY) >= aws->due)
        aws_renew(aws);
}

void aws_wipe(struct aws *aws)
{
    buf_wipe(aws, sizeof *aws);
}
