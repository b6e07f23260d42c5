/*
 * http: an HTTP/1.1 client (RFC 9110, RFC 9112) for one host at a time.
 *
 * One connection, kept alive; requests with a body in memory; the response's
 * body as a stream, handed over in place. https to anywhere, plain http to
 * loopback only, and for AWS's credentials to the addresses that it has on
 * the machine itself. No redirects, no cookies, no compression, no pipelining.
 *
 * The parser of responses is a part of its own, which takes any bytes.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/response.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/url.h"

/* ---- client ---- */

struct proxy;
struct proxy_variables;

struct http_options {
    const struct tls_trust *trust;
    const struct proxy *proxy;   /* see proxy.h; NULL: none */
    const struct proxy_variables *proxies;   /* for http_once, which chooses
                                    one for its URL; NULL: none */
    const char *agent;           /* User-Agent */
    int64_t connect;             /* ns, for each address, and for TLS */
    int64_t wait;                /* ns, longest silence */
    int64_t total;               /* ns, for a request and its answer */
    uint64_t body_max;           /* bytes of an answer */
    void (*note)(const char *line);      /* NULL, or is told what happens */
};

struct http {
    struct http_options options;
    bool connected;
    unsigned connections;        /* opened so far */
    int64_t used;                /* when it was last used, CLOCK_STEADY */
    size_t plain_at, plain_len;
    struct net net;
    struct url url;
    struct buf request;          /* in hand; the memory is for the next one */
    char error[NET_ERROR];       /* what went wrong with the last request */
    struct http_response response;
    union {
        struct tls tls;
        unsigned char plain[16384];
    } stream;
};

struct http_field {
    const char *name, *value;
};

struct http_request {
    const char *method;
    const char *target;          /* "/path?query", escaped */
    const struct http_field *fields;     /* beside Host, User-Agent,
                                    Accept-Encoding and Content-Length */
    size_t n_fields;
    const void *body;
    size_t body_len;
    bool repeatable;             /* to send it twice does no harm */
};

enum http_result {
    HTTP_OK,                     /* an answer, whole; see response.status */
    HTTP_UNSENT,                 /* the server never had the whole request */
    HTTP_REFUSED,                /* likewise, as TLS refused the server, or a
                                    proxy the client: it will the next time,
                                    too */
    HTTP_LOST,                   /* it may have had it; there is no answer */
    HTTP_ENCODED                 /* there is an answer, see response.status,
                                    but its body has a Content-Encoding that
                                    was not asked for, and is not told */
};

/* Neither connects nor allocates. http_close ends it. */
void http_init(struct http *h, const struct url *url,
               const struct http_options *options);

/*
 * Sends a request and takes the answer; connects before, if need be. An idle
 * connection that turns out to be dead is replaced, and a repeatable request
 * that was sent on it is sent once more. A CR, LF or NUL (or any other byte
 * that cannot stand there) in the request is refused (HTTP_UNSENT).
 */
enum http_result http_send(struct http *h, const struct http_request *rq,
                           http_body_fn *body, void *context);

/* Closes the connection for good, wipes its keys and frees what it has.
   Between requests it is closed and opened as need be, and its TLS session
   resumed. */
void http_close(struct http *h);

/* ---- a single request ---- */

struct http_answer {
    int status;
    int64_t date;                /* the server's clock, s since 1970, or -1 */
    struct buf body;             /* the caller's; emptied before */
    char error[NET_ERROR];       /* why there is no answer */
};

/*
 * Sends a request over a connection of its own, and keeps the whole answer,
 * as far as the body has room for it: HTTP_LOST above that. All else that was
 * held of it is wiped.
 */
enum http_result http_once(const struct url *url,
                           const struct http_options *options,
                           const struct http_request *rq,
                           struct http_answer *answer);

#endif
