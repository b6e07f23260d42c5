/*
 * sts: assumes a role with AWS's Security Token Service (API version
 * 2011-06-15: AssumeRole, AssumeRoleWithWebIdentity).
 *
 * After a transient error, the request is sent again, three times in all, one
 * second apart. If it fails because the local clock is wrong, it is signed
 * once more with the time of STS.
 */
#ifndef STS_H
#define STS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/credentials.h"
#include "http.h"
#include "aws/profile.h"
#include "base/error.h"

enum {
    STS_ARN,
    STS_SESSION,                 /* name of the session; has a default */
    STS_EXTERNAL_ID,
    STS_DURATION,
    STS_TOKEN,                   /* a web identity token */
    STS_FIELDS
};

struct sts_role {
    struct profile_value field[STS_FIELDS];
};

/*
 * Assumes the role with its token or, if it has none, with `keys`. Replaces
 * `keys`. Returns false and writes a sentence to `error`; it may quote STS,
 * and is not made safe for a terminal.
 */
bool sts_assume(struct credentials *keys, const struct sts_role *role,
                const struct profile *p, const char *region,
                const struct http_options *http, char error[WHY_MAX]);

/* Waits a second and returns true if another try is allowed after `tries` of
   them; returns false if not. The container endpoint has the same rule. */
bool sts_again(unsigned tries);

#endif
