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
#include "net/tcp.h"
#include "net/tls.h"
#include "net/url.h"

enum {
    HTTP_HEAD_MAX = 32768,       /* bytes of a header block */
    HTTP_LINES_MAX = 128,        /* lines of a header block */
    HTTP_INTERIM_MAX = 8,        /* 1xx answers before the answer */
    HTTP_FRAME_MAX = 8192        /* bytes of one chunk's line, of trailers */
};

/*
 * ---- responses (response.c) ----
 *
 * What is taken is RFC 9112, and besides that what curl takes and what can be
 * read in one way only:
 *
 *   - the status line may lack its reason, and the space before it; there may
 *     be more than one space before the status;
 *   - blanks before a field's colon are no part of its name;
 *   - a line that begins with a blank goes on with the field before it
 *     (obs-fold), after one space;
 *   - a field whose name is not a token is passed over;
 *   - LF alone ends a line of the header block.
 *
 * None of these may be about Content-Length or Transfer-Encoding, which say
 * where the body ends: a proxy that reads them in another way sees another
 * body.
 */

typedef void http_body_fn(void *context, const unsigned char *bytes,
                          size_t n);

struct http_response {
    int status;                  /* 100 to 599; 0 until it is known */
    bool keep;                   /* may the connection be used again? */
    bool head_done, done;
    const char *error;           /* a sentence, once it is known to be wrong;
                                    sticks */
    bool head_only;              /* the request was HEAD */
    bool tunnel;                 /* for the caller to set: it was CONNECT, the
                                    answer ends with its header block (RFC 9110
                                    section 9.3.6) */
    bool encoded;                /* an error: its Content-Encoding is not
                                    identity, none of the body was told */
    int state, interim;          /* of http.c */
    bool until_close;
    unsigned digits;
    uint64_t left;               /* of the body or the chunk */
    size_t lines, line;          /* of the head; where the last one begins */
    size_t frame;
    size_t head_len;
    char head[HTTP_HEAD_MAX];    /* NAME NUL VALUE NUL ... once head_done; the
                                    first is the reason, without a name */
};

/* Begins a response to a request, which was HEAD or not. */
void http_response_init(struct http_response *r, bool head_only);

/*
 * Takes n bytes, tells `body` the bytes of the body among them, and returns
 * how many it took: all of them, or fewer if the response ended (`done`) or
 * went wrong (`error`) there.
 */
size_t http_response_feed(struct http_response *r, const unsigned char *bytes,
                          size_t n, http_body_fn *body, void *context);

/* The connection ended, in order. True if the response was whole. */
bool http_response_end(struct http_response *r);

/* The value of the first field of that name (any case), or NULL. The name ""
   is the reason's, of the status line. */
const char *http_response_field(const struct http_response *r,
                                const char *name);

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
