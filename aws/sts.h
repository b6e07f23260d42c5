/*
 * sts: keys for a role, from AWS's Security Token Service (API version
 * 2011-06-15: AssumeRole, AssumeRoleWithWebIdentity).
 *
 * What may pass is tried three times, a second apart. A request that was
 * signed by a clock that is wrong is signed once more, by STS's.
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
    STS_SESSION,                 /* its name; one is made if there is none */
    STS_EXTERNAL_ID,
    STS_DURATION,
    STS_TOKEN,                   /* of a web identity */
    STS_FIELDS
};

struct sts_role {
    struct profile_value field[STS_FIELDS];
};

/*
 * Assumes the role: with its token, or where it has none, with the keys in
 * `keys`. These are replaced. False: `error` has a sentence, perhaps with
 * what STS said, which may be hostile.
 */
bool sts_assume(struct credentials *keys, const struct sts_role *role,
                const struct profile *p, const char *region,
                const struct http_options *http, char error[WHY_MAX]);

/* After so many tries: waits a second before the next, or says that there is
   none. Other sources of keys are tried by the same rule. */
bool sts_again(unsigned tries);

#endif
