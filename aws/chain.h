/*
 * chain: finds AWS credentials in the first source that has them.
 *
 * The sources and their order are those of botocore and the AWS command line:
 * the environment; the profile (a role to assume, web identity, keys in the
 * credentials file, credential_process, keys in the config file); the
 * container endpoint (ECS, EKS Pod Identity); the instance metadata. A source
 * that is not configured is skipped. A configured source that fails ends the
 * search, since a later one could belong to another identity.
 *
 * Not supported: SSO (the error explains how to use credential_process
 * instead) and MFA codes (there is no terminal to ask for them).
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/credentials.h"
#include "http.h"
#include "aws/metadata.h"
#include "aws/profile.h"

enum {
    CHAIN_ERROR = 8192,          /* bytes of the lines about a failure, */
    CHAIN_LINE = 1536,           /* and of the reason in one line */
    CHAIN_ROLES_MAX = 8          /* roles, each assumed with the next's keys */
};

struct chain_search {
    const struct profile *profile;
    struct imds *imds;
    const struct http_options *http;     /* for STS, containers */
    const char *region;          /* for STS */
    bool offline;                /* make no call and run no program: keys that
                                    need one are left empty */
};

/*
 * Finds the credentials. If there are none, wipes `keys`, returns false and
 * writes lines to `error`: first a general one, then one for each source that
 * was tried, indented by four spaces, with the reason why it cannot be used.
 * The reasons are safe for a terminal. No line contains a secret.
 */
bool chain_find(struct credentials *keys, const struct chain_search *search,
                char error[CHAIN_ERROR]);

#endif
