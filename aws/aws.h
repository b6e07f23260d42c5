/*
 * aws: what a call to DynamoDB needs to know of AWS: whose keys, which
 * region, which endpoint.
 *
 * Names and precedence are those of the AWS SDKs and command line ("AWS SDKs
 * and Tools Reference Guide", settings reference). Temporary keys are fetched
 * anew before they expire.
 */
#ifndef AWS_H
#define AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/chain.h"
#include "aws/endpoint.h"
#include "http.h"
#include "sigv4.h"

struct aws {
    const struct http_options *http;
    int64_t due;                 /* when to fetch keys anew, CLOCK_STEADY */
    char why[1280];              /* why that failed the last time, or "" */
    char profile[128];           /* of --profile, or "" */
    char region[ENDPOINT_REGION_MAX];    /* that requests are signed for */
    struct url endpoint;            /* of DynamoDB */
    struct credentials keys;
    struct sigv4_key signing;            /* made of them, for DynamoDB */
};

struct aws_options {
    const char *profile, *region, *endpoint_url; /* NULL: not given */
    const struct http_options *http;     /* must live as long as the aws */
    bool offline;                /* make no call: what only a call can tell
                                    is left empty */
};

/*
 * Keys as in chain.h. The region from `region`, AWS_REGION,
 * AWS_DEFAULT_REGION, the profile, the instance's metadata; the endpoint as in
 * endpoint.h. False: `error` has one line or, about keys, several, without
 * secrets.
 */
bool aws_load(struct aws *aws, const struct aws_options *options,
              char error[CHAIN_ERROR]);

/*
 * To be called before each request: fetches the keys anew if they will expire
 * within 15 minutes (within half of their time, if that is less). Where that
 * fails the old ones stay, and it is tried again after a minute.
 */
void aws_fresh(struct aws *aws);

/* The service says that they have expired: fetches them anew. True if they
   are others now; see `why` if not. */
bool aws_renew(struct aws *aws);

void aws_wipe(struct aws *aws);

#endif
