/*
 * chain: AWS keys, from the first source that has them.
 *
 * The sources and their order are botocore's, and so those of AWS's command
 * line: the environment; the profile (a role to assume, web identity, keys in
 * the credentials file, credential_process, keys in the config file); the
 * container's endpoint (ECS, EKS Pod Identity); the instance's metadata. A
 * source that is not configured leaves it to the next one; one that is, and
 * fails, ends the search: else a run would go on as somebody else.
 *
 * Not here: SSO (the profile is told how credential_process serves it), codes
 * of MFA devices (there is no terminal for them).
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
    CHAIN_LINE = 1536,           /* and of one source's */
    CHAIN_ROLES_MAX = 8          /* roles, one assumed with another's keys */
};

struct chain_search {
    const struct profile *profile;
    struct imds *imds;
    const struct http_options *http;     /* for STS, and https endpoints */
    const char *region;          /* of STS */
    bool offline;                /* ask nobody, run nothing: keys that would
                                    come from there are left empty */
};

/*
 * False: `error` says so in its first line, and then has a line for each source
 * that was tried, with four blanks before it, and why it could not be used. No
 * line shows a secret.
 */
bool chain_find(struct credentials *keys, const struct chain_search *search,
                char error[CHAIN_ERROR]);

#endif
