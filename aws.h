/*
 * aws: where credentials, region and endpoint come from.
 *
 * Names and precedence are those of the AWS SDKs and command line ("AWS SDKs
 * and Tools Reference Guide", settings reference).
 */
#ifndef AWS_H
#define AWS_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

struct aws_keys {
    char access[129];
    char secret[129];
    char token[8192];            /* session token, or "" */
};

struct aws {
    struct aws_keys keys;
    char file[1024];             /* where they are from, or "": environment */
    char profile[128];           /* in that file */
    char region[64];
    struct http_url endpoint;    /* of DynamoDB */
};

/*
 * Keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; or
 * from the profile `profile`, AWS_PROFILE or "default" of the credentials file
 * (AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials), which goes first where
 * `profile` is given. Region from `region`, AWS_REGION, AWS_DEFAULT_REGION; endpoint from
 * `endpoint_url`, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, the region.
 * NULL and "" are "not given". False: `error` has a sentence without secrets.
 */
bool aws_load(struct aws *aws, const char *profile, const char *region,
              const char *endpoint_url, char *error, size_t size);

/* The keys have expired: fetches them anew from where they came. True if they
   are others now. */
bool aws_renew(struct aws *aws);

/* Where the keys are from, and until when they are good, as far as that is
   known: "the environment", as a part of a sentence. */
void aws_source(const struct aws *aws, char *text, size_t size);

void aws_wipe(struct aws *aws);

#endif
