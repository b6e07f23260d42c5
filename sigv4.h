/*
 * sigv4: AWS Signature Version 4, as a pure function.
 *
 * From a request, keys and a time to the Authorization header. Nothing is
 * read from the machine, nothing is kept but for the caller, nothing is
 * allocated.
 *
 * Follows "Create a signed AWS API request" (AWS IAM User Guide), with the
 * rules of its test suite, and then what AWS's own signers do, where the page
 * is silent:
 *   - the path is normalised: "." and ".." go as in RFC 3986 section 5.2.4,
 *     runs of "/" become one, a final "/" stays (and only that: "/a/b/.."
 *     is "/a"); then each segment is percent-encoded, all but the unreserved
 *     characters of RFC 3986, from the bytes as given: what is encoded
 *     already is encoded twice;
 *   - S3 wants neither: with keep_path the path has its segments as they are,
 *     and is encoded once, as the query is;
 *   - a query's names and values are decoded ("%XX"; "+" is a plus) and
 *     encoded again, so that every spelling of one query signs alike; they
 *     are sorted by encoded name, then by encoded value; empty ones between
 *     two "&" are left out, and a name without "=" has an empty value;
 *   - header names go to lower case and are sorted; values lose white space
 *     (space, tab, folded lines) at both ends, and runs of it inside, also
 *     in quotes, become one space; equal names are joined by "," in the order
 *     given.
 *
 * Everything has a bound and is refused above it, never cut. Refused is also
 * what could not be sent, or would be read differently than it was signed: a
 * method or header name that is not a token (RFC 9110 section 5.6.2), control
 * characters in a value, a path that does not start with "/" ("" is "/"), no
 * host or x-amz-date header or more than one, access key, region or service
 * that is empty or has a "/", a "," or anything but visible ASCII.
 */
#ifndef SIGV4_H
#define SIGV4_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SIGV4_MAX_HEADERS = 64,
    SIGV4_MAX_PARAMETERS = 128,      /* of the query */
    SIGV4_MAX_SECRET = 256           /* bytes of a secret key; 1 at least */
};

struct sigv4_header {
    const char *name, *value;
};

struct sigv4_request {
    const char *method;              /* "POST" */
    const char *path;                /* "/", as sent, but see above */
    const char *query;               /* what stands after "?", or "" */
    const struct sigv4_header *headers;  /* all that are to be signed: host
                                        and x-amz-date at the least, and
                                        x-amz-security-token with temporary
                                        keys */
    size_t n_headers;
    const void *payload;             /* of any length */
    size_t payload_len;
    bool keep_path;                  /* true: the path as S3 wants it */
};

/*
 * The signing key of a day, which the caller may keep from one request to the
 * next, as long as secret key, region and service stay what they were: four
 * fifths of the work are in it. All zero at first; to be wiped.
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
    struct sigv4_key *key;           /* NULL, or what was kept: it is used if
                                        it is of that day, else made anew */
};

/*
 * Writes the value of the Authorization header and a NUL to `out`. Returns
 * its length, or 0 when it refuses: `size` is too small (2 KB are enough for
 * any 30 headers with names of 30 bytes), something is above its bound or
 * cannot be sent, or `date` is not of the right form or not the value of the
 * x-amz-date header. Then `out` is an empty string, if `size` is not 0.
 * Everything that the secret key was turned into is wiped before the return,
 * also from the part of the stack that the hash used, but for scope->key.
 */
size_t sigv4_authorization(const struct sigv4_request *rq,
                           const struct sigv4_scope *scope, const char *date,
                           char *out, size_t size);

/*
 * The two steps before, for tests and for error messages: the canonical
 * request, and the string to sign. Same answer as above.
 */
size_t sigv4_canonical_request(const struct sigv4_request *rq,
                               char *out, size_t size);
size_t sigv4_string_to_sign(const struct sigv4_request *rq,
                            const struct sigv4_scope *scope, const char *date,
                            char *out, size_t size);

#endif
