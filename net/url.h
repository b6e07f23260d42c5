/*
 * url: the base URL of a service, and percent-encoding.
 *
 * Accepts "https://HOST[:PORT][/PATH]" only: no user, query, fragment or
 * characters that need encoding. Accepts http:// for this machine only, so
 * that a URL with a typing error cannot send keys in plain text.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { URL_HOST_MAX = 254 };     /* bytes of a host name and its NUL */

struct url {
    bool tls;                    /* https */
    bool metadata;               /* plain http to a link-local address, see
                                    url_parse_metadata */
    unsigned short port;
    char host[URL_HOST_MAX];     /* without brackets */
    char authority[URL_HOST_MAX + 10];   /* for the Host field: with brackets,
                                    and with the port unless it is the
                                    scheme's default */
    char path[256];              /* "" or "/...", without a "/" at the end */
};

/* Parses a URL. Plain http is accepted to localhost, 127.0.0.0/8 and [::1].
   Returns false with a sentence, which contains nothing of the URL, in `error`
   (`size` bytes). */
bool url_parse(struct url *url, const char *text, char *error, size_t size);

/*
 * Like url_parse, but also accepts plain http to the link-local addresses from
 * which AWS gives credentials to its machines: 169.254.169.254 and
 * [fd00:ec2::254] (instance metadata), 169.254.170.2 (ECS), 169.254.170.23 and
 * [fd00:ec2::23] (EKS). Use it for credentials only.
 */
bool url_parse_metadata(struct url *url, const char *text, char *error,
                        size_t size);

/* Percent-encodes n bytes, except unreserved characters (RFC 3986 section 2.3)
   and those in `keep`, and appends the result to `out`. */
void url_escape(struct buf *out, const void *bytes, size_t n,
                const char *keep);

/*
 * Percent-decodes n bytes into the string `to`, which has `room` > 0 bytes. A
 * "%" that two hexadecimal digits do not follow stays. Returns false if the
 * result does not fit or contains a NUL; `to` is then not terminated.
 */
bool url_unescape(char *to, size_t room, const char *from, size_t n);

#endif
