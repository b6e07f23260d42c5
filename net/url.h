/*
 * url: the URLs of services, and percent-encoding.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { URL_HOST_MAX = 254 };

/* "https://host[:port][/path]", and nothing else of a URL. */
struct url {
    bool tls;
    bool metadata;               /* see url_parse_metadata */
    unsigned short port;
    char host[URL_HOST_MAX];            /* without brackets */
    char authority[URL_HOST_MAX + 10];  /* as the Host field has it: without
                                            the scheme's own port */
    char path[256];                      /* "" or "/..." without a last "/" */
};

/* False: `error`, of `size` bytes, says what is wrong with it; plain http to
   other than localhost, 127.0.0.0/8 and [::1] is wrong. */
bool url_parse(struct url *url, const char *text, char *error,
                    size_t size);

/*
 * The same, but plain http is right, too, to the link-local addresses where
 * AWS's machines are told their credentials: 169.254.169.254,
 * [fd00:ec2::254] (instance metadata), 169.254.170.2 (ECS), 169.254.170.23,
 * [fd00:ec2::23] (EKS). For nothing but these credentials.
 */
bool url_parse_metadata(struct url *url, const char *text,
                             char *error, size_t size);

/*
 * Percent-encodes n bytes (RFC 3986 section 2.1): all but the unreserved
 * characters, and those in `keep`.
 */
void url_escape(struct buf *out, const void *bytes, size_t n,
                 const char *keep);

/*
 * Percent-decodes n bytes into `to`, as a string; what is not "%XX" stays.
 * False: there is no room for it in `room` bytes, or it has a NUL.
 */
bool url_unescape(char *to, size_t room, const char *from, size_t n);

#endif
