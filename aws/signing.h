/*
 * signing: dates and signs a POST request to an AWS service (Signature
 * Version 4, see sigv4.h).
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
    SIGNING_OWN = 3,             /* header fields that a request may have */
    SIGNING_FIELDS = SIGNING_OWN + 3
};

/* The keys and what they sign for; below that, space for the new fields. */
struct signing {
    const struct credentials *keys;
    const char *region, *service;
    struct sigv4_key *key;       /* as in struct sigv4_scope; can be NULL */
    int64_t offset;              /* s, the service's clock minus ours */
    char date[CLOCK_DATE];
    char authorization[1024];
    struct http_field fields[SIGNING_FIELDS];
};

/*
 * Signs a POST to `url`, whose target has no query, with its header fields, of
 * which it has at most SIGNING_OWN (including content-type). Replaces
 * rq->fields by s->fields, to which the date, the session token and the
 * signature are added; the caller wipes `s` after the request is sent. Returns
 * false if the request cannot be signed.
 */
bool signing_sign(struct signing *s, const struct url *url,
                  struct http_request *rq);

#endif
