/*
 * http: an HTTP/1.1 client (RFC 9110, RFC 9112) for one host.
 *
 * One connection, which is kept alive; requests with a body in memory; the
 * body of an answer is streamed to a callback without a copy. https goes
 * anywhere, directly or through a proxy (CONNECT). Plain http goes to loopback
 * only, and for AWS credentials also to the link-local addresses in net/url.h.
 * No redirects, cookies, compression or pipelining.
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

struct proxy;
struct proxy_variables;

/* The pointers stay valid as long as the client is used. */
struct http_options {
    const struct anchors *trust;       /* for https */
    const struct proxy *proxy;           /* NULL: none */
    const struct proxy_variables *proxies;   /* from which http_once chooses
                                    the proxy for its URL; NULL: none */
    const char *agent;           /* User-Agent */
    int64_t connect;             /* ns, for each address, for the proxy's
                                    answer, and for the TLS handshake */
    int64_t wait;                /* ns, longest silence of the server */
    int64_t total;               /* ns, for a request and its answer */
    uint64_t body_max;           /* bytes of an answer */
    void (*note)(const char *line);      /* receives a line about each event,
                                    safe for a terminal; NULL: no notes */
};

struct http {
    struct http_options options;
    bool connected;
    int64_t used;                /* time of the last use, CLOCK_STEADY */
    size_t plain_at, plain_len;  /* the unread part of stream.plain */
    struct net net;
    struct url url;
    struct buf request;          /* being sent; its memory is reused */
    char error[NET_ERROR];       /* a sentence, if the last request failed */
    struct http_response response;       /* to the last request */
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
    const char *target;          /* "/path?query", percent-encoded */
    const struct http_field *fields;     /* in addition to Host, User-Agent,
                                    Accept-Encoding and Content-Length */
    size_t n_fields;
    const void *body;
    size_t body_len;
    bool repeatable;             /* sending it twice does no harm */
};

enum http_result {
    HTTP_OK,                     /* a complete answer, of any status */
    HTTP_UNSENT,                 /* the server did not get the whole request */
    HTTP_REFUSED,                /* like HTTP_UNSENT, and trying again will not
                                    help: the server's certificate is not
                                    trusted, or a proxy refused */
    HTTP_LOST,                   /* no complete answer; the server may have got
                                    the request */
    HTTP_ENCODED                 /* like HTTP_LOST, but response.status is
                                    known: the body has a Content-Encoding
                                    that was not asked for */
};

/* Neither connects nor allocates. Release with http_close. */
void http_init(struct http *h, const struct url *url,
               const struct http_options *options);

/*
 * Sends a request and reads the answer; connects first if necessary. Calls
 * `body` for each piece of the answer's body, of any status. If an idle
 * connection turns out to be dead, opens another one, which resumes the TLS
 * session, and sends a repeatable request once more. Returns HTTP_UNSENT if the request contains CR, LF, NUL or
 * another byte that is not allowed where it stands. After any result but
 * HTTP_OK, h->error has a sentence.
 */
enum http_result http_send(struct http *h, const struct http_request *rq,
                           http_body_fn *body, void *context);

/* Closes the connection, wipes its keys and the TLS session, and frees all
   memory. */
void http_close(struct http *h);

/* ---- a single request ---- */

struct http_answer {
    int status;
    int64_t date;                /* the server's clock, seconds since 1970, or
                                    -1 if unknown */
    struct buf body;             /* initialized and freed by the caller; its
                                    bound limits the answer */
    char error[NET_ERROR];       /* a sentence, if there is no answer */
};

/*
 * Sends a request over a connection of its own and stores the whole answer.
 * Empties answer->body first. Returns HTTP_LOST if the body does not fit.
 * Wipes all other memory that held a part of the answer.
 */
enum http_result http_once(const struct url *url,
                           const struct http_options *options,
                           const struct http_request *rq,
                           struct http_answer *answer);

#endif
