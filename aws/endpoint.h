/*
 * endpoint: where an AWS service is.
 *
 * The settings and their order are those of the "AWS SDKs and Tools Reference
 * Guide" ("Service-specific endpoints", "Dual-stack and FIPS endpoints"), the
 * rules those of botocore's endpoint rule sets and partitions.
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
 * Finds `service` ("dynamodb" or "sts") in `region`: the URL `option`, where
 * it is not NULL or ""; AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, and of
 * the profile endpoint_url in its [services] section and in itself, unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS; else by the region's rule, with
 * AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT. Where requests are
 * signed for another region, `region` becomes that one. False: `error` has a
 * sentence.
 */
bool endpoint_find(struct url *url, char region[ENDPOINT_REGION_MAX],
                   const struct profile *p, const char *service,
                   const char *option, char error[WHY_MAX]);

/* Parses a URL, as url_parse does, or url_parse_metadata. False:
   `why` says what is wrong with it, and shows nothing of it. */
bool endpoint_parse(struct url *url, struct profile_value text,
                    bool metadata, char why[WHY_MAX]);

/* Can it be a region's name? */
bool endpoint_region(const char *region);

#endif
