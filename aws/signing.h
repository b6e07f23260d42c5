/*
 * signing: makes of a POST one that AWS takes: dated and signed.
 */
#ifndef SIGNING_H
#define SIGNING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "aws/credentials.h"
#include "http.h"
#include "sigv4.h"

enum {
    SIGNING_OWN = 3,             /* fields of a request that it may have */
    SIGNING_FIELDS = SIGNING_OWN + 3
};

/* Whose keys, for what; and room. */
struct signing {
    const struct credentials *keys;
    const char *region, *service;
    struct sigv4_key *key;       /* see sigv4.h */
    int64_t offset;              /* the service's clock less ours, in s */
    char date[CLOCK_DATE];
    char authorization[1024];
    struct http_field fields[SIGNING_FIELDS];
};

/*
 * Signs a POST to `url` with its own fields, up to SIGNING_OWN, a content type
 * among them, and adds fields to it, which are in `s`: to be wiped once it has
 * been sent. False: it cannot be signed.
 */
bool signing_sign(struct signing *s, const struct url *url,
                  struct http_request *rq);

#endif
