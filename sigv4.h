/*
 * sigv4: AWS Signature Version 4, from a request, keys and a time to the
 * Authorization header.
 *
 * The result depends on the arguments alone. The steps are those of "Create a
 * signed AWS API request" (AWS IAM User Guide), with the rules of AWS's test
 * suite. Where that page leaves a question open, AWS's own signers decide:
 *   - Path: "." and ".." are resolved (RFC 3986 section 5.2.4), and empty
 *     segments are removed. A "/" at the end is kept, but "/a/b/.." becomes
 *     "/a". Then all characters are percent-encoded except the unreserved
 *     ones of RFC 3986 and "/"; a "%" is encoded again. (S3 has other rules
 *     and is not supported.)
 *   - Query: names and values are decoded ("%XX"; "+" is a plus sign) and
 *     encoded again, so that all spellings of a query have one signature.
 *     Parameters are sorted by encoded name, then by encoded value. Empty ones
 *     are left out; a name without "=" has an empty value.
 *   - Headers: names are converted to lower case and sorted. Runs of white
 *     space in a value, including line folds, become one space, also inside
 *     quotes; at both ends they are removed. Values of equal names are joined
 *     by "," in the given order.
 *
 * A request is refused, and never truncated, if it exceeds one of the limits
 * below or there is no memory. It is also refused if it could not be sent, or
 * if the receiver could read it in another way than it was signed: a method or
 * header name that is not a token (RFC 9110 section 5.6.2), a control
 * character in a header's value, a path that is neither empty nor begins with
 * "/", no host or x-amz-date header or more than one, and an access key,
 * region or service that is empty or contains "/", "," or anything except
 * visible ASCII.
 */
#ifndef SIGV4_H
#define SIGV4_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
    SIGV4_MAX_HEADERS = 64,
    SIGV4_MAX_PARAMETERS = 128,      /* of a query */
    SIGV4_MAX_SECRET = 256,          /* bytes of a secret key; at least 1 */
    SIGV4_MAX_TEXT = 65536           /* bytes of a canonical request */
};

struct sigv4_header {
    const char *name, *value;
};

struct sigv4_request {
    const char *method;              /* "POST" */
    const char *path;                /* "/", as it is sent */
    const char *query;               /* after the "?", or "" */
    const struct sigv4_header *headers;  /* all that are to be signed: host,
                                        x-amz-date and, with temporary
                                        credentials, x-amz-security-token */
    size_t n_headers;
    struct bytes payload;            /* of any length */
};

/*
 * A signing key, which is valid for one day, secret key, region and service.
 * A caller can keep it, as most of the work of a signature is to derive it.
 * All zero at first; the caller wipes it.
 */
struct sigv4_key {
    char day[8];                     /* "20150830" */
    unsigned char bytes[32];
};

struct sigv4_scope {
    const char *access_key;
    const char *secret_key;
    const char *region;              /* "us-east-1" */
    const char *service;             /* "dynamodb" */
    struct sigv4_key *key;           /* used if it is of the date's day, else
                                        replaced; NULL to keep none */
};

/*
 * Step 1: appends the canonical request to `out`. False: it is refused, and
 * what `out` holds is of no use.
 */
bool sigv4_canonical_request(const struct sigv4_request *rq, struct buf *out);

/*
 * Steps 2 and 3: appends the string to sign, which contains the hash of the
 * canonical request. `date` is the time of the request, "20150830T123600Z";
 * the x-amz-date header must have the same value. False as above.
 */
bool sigv4_string_to_sign(const struct sigv4_request *rq,
                          const struct sigv4_scope *scope, const char *date,
                          struct buf *out);

/*
 * Steps 4 and 5: writes the value of the Authorization header to `out`, of
 * `size` > 0 bytes, with a NUL. Returns its length, or 0 and an empty string
 * if the request is refused or `size` too small. 2 KB are enough for 30
 * headers with names of 30 bytes. Everything derived from the secret key is
 * wiped, on the stack too, except scope->key.
 */
size_t sigv4_authorization(const struct sigv4_request *rq,
                           const struct sigv4_scope *scope, const char *date,
                           char *out, size_t size);

#endif
