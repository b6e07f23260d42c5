/*
 * aws: the AWS settings of a client of DynamoDB: credentials, region and
 * endpoint.
 *
 * Names and precedence are those of the AWS SDKs and command line ("AWS SDKs
 * and Tools Reference Guide", settings reference). Temporary credentials are
 * renewed before they expire.
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
    int64_t due;                 /* when to renew the keys, CLOCK_STEADY */
    char why[1280];              /* why the last renewal failed, or "" */
    char profile[128];           /* the value of --profile, or "" */
    char region[ENDPOINT_REGION_MAX];    /* for which requests are signed */
    struct url endpoint;            /* of DynamoDB */
    struct credentials keys;
    struct sigv4_key signing;            /* derived from `keys`, for DynamoDB */
};

struct aws_options {
    const char *profile, *region, *endpoint_url; /* NULL: not given */
    const struct http_options *http;     /* must outlive struct aws */
    bool offline;                /* make no call: values that need one are
                                    left empty */
};

/*
 * Finds the credentials (chain.h), the region and the endpoint (endpoint.h).
 * The region comes from `region`, AWS_REGION, AWS_DEFAULT_REGION, the profile
 * or the instance metadata, in this order. Returns false and writes one line
 * to `error`, or several lines about credentials; they contain no secret.
 */
bool aws_load(struct aws *aws, const struct aws_options *options,
              char error[CHAIN_ERROR]);

/*
 * Call this before each request. Renews the credentials in the last 15 minutes
 * before they expire, or in the second half of a remaining life of less than
 * 30 minutes. If that fails, keeps the old ones and tries again after a minute.
 */
void aws_fresh(struct aws *aws);

/* Renews the credentials, for instance after the service says that they have
   expired. Returns true if they changed; if it fails, sets `why`. */
bool aws_renew(struct aws *aws);

void aws_wipe(struct aws *aws);

#endif
