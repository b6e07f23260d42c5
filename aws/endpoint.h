/*
 * endpoint: finds the endpoint of an AWS service.
 *
 * The settings and their order are those of the "AWS SDKs and Tools Reference
 * Guide" ("Service-specific endpoints", "Dual-stack and FIPS endpoints"). The
 * rules are those of botocore's endpoint rule sets and partitions.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "aws/profile.h"
#include "base/error.h"

enum { ENDPOINT_REGION_MAX = 64 };

/*
 * Finds the endpoint of `service` ("dynamodb" or "sts") in `region`. The first
 * of these that is set counts:
 *   - `option`, unless it is NULL or "";
 *   - AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL_STS; AWS_ENDPOINT_URL; the
 *     profile's endpoint_url in its [services] section, then its own. All of
 *     these are skipped if AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true;
 *   - http://localhost:8000 for DynamoDB in the region "local". `region` then
 *     becomes us-east-1, for which requests are signed;
 *   - the rule of the region, with AWS_USE_FIPS_ENDPOINT and
 *     AWS_USE_DUALSTACK_ENDPOINT.
 * Returns false and writes a sentence to `error` if the URL is not valid, or
 * if FIPS or dual-stack is set for an endpoint that is not from the rule.
 */
bool endpoint_find(struct url *url, char region[ENDPOINT_REGION_MAX],
                   const struct profile *p, const char *service,
                   const char *option, char error[WHY_MAX]);

/* Parses a URL of at most 511 bytes with url_parse, or with url_parse_metadata
   if `metadata`. Returns false and writes the reason to `why`, without any
   part of the URL. */
bool endpoint_parse(struct url *url, struct profile_value text,
                    bool metadata, char why[WHY_MAX]);

/* Returns whether the string has the form of a region's name. */
bool endpoint_region(const char *region);

#endif
