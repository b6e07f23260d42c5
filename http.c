/*
 * http.c: an HTTP/1.1 client (RFC 9110, RFC 9112).
 *
 * Opens the connection (directly or through a proxy, plain or TLS), writes
 * requests, and feeds what arrives to the parser in http/response.c. Decides
 * when a dead connection is replaced and a request is sent again.
 */
#include "http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/error.h"
#include "base/outcome.h"
#include "net/proxy.h"

/* A body of at most this size is sent together with the head: one TLS record,
   one system call. */
enum { BODY_SMALL = 16384 };

/* A connection that was idle for longer may be dead without a sign of it. */
static const int64_t idle_max = 50 * CLOCK_SECOND;

void http_init(struct http *h, const struct url *url,
               const struct http_options *options)
{
    memset(h, 0, sizeof *h);
    h->url = *url;
    h->options = *options;
    h->net.fd = -1;
    buf_init(&h->request, 65536 + BODY_SMALL);
}

static void note(const struct http *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct http *h, const char *format, ...)
{
    char line[2048];
    va_list ap;

    if (h->options.note == NULL)
        return;
    va_start(ap, format);
    text_format(line, sizeof line, format, ap);
    va_end(ap);
    h->options.note(line);
}

/* Closes the connection. The TLS session stays, for the next one to resume. */
static void hang_up(struct http *h)
{
    if (h->connected && h->url.tls)
        tls_close(&h->stream.tls);
    h->connected = false;
    net_close(&h->net);
}

void http_close(struct http *h)
{
    hang_up(h);
    if (h->url.tls)
        tls_forget(&h->stream.tls);
    buf_free(&h->request);
}

static long long ms_since(int64_t start)
{
    return (clock_now(CLOCK_STEADY) - start) / 1000000;
}

/* Writes all n bytes. With `alert`, returns NET_EARLY if an answer arrives
   before that. */
static enum net_result write_all(struct net *net, const void *bytes, size_t n,
                                 bool alert)
{
    const unsigned char *p = bytes;
    enum net_result result = NET_OK;

    while (n > 0 && result == NET_OK) {
        size_t sent = 0;

        result = net_write(net, p, n, &sent, alert);
        p += sent;
        n -= sent;
    }
    return result;
}

/* ------------------------------- a tunnel through the proxy: CONNECT */

static enum net_result tunnel_request(struct http *h, const char *target)
{
    const char *authorization = h->options.proxy->authorization;
    enum net_result result;
    struct buf head;

    buf_init(&head, 4096);
    buf_format(&head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n",
               target, target, h->options.agent);
    if (*authorization != '\0') {
        buf_str(&head, "Proxy-Authorization: ");
        buf_str(&head, authorization);
        buf_str(&head, "\r\n");
    }
    result = buf_str(&head, "\r\n")
        ? write_all(&h->net, head.data, head.len, false)
        : net_fail(&h->net, NET_CUT, "out of memory");
    buf_free(&head);
    return result;
}

/* Reads the proxy's answer up to the end of its header block. Reads single
   bytes, because those that follow belong to the tunnel; `net` buffers them. */
static enum net_result tunnel_answer(struct http *h)
{
    struct http_response *r = &h->response;

    http_response_init(r);
    r->tunnel = true;
    while (!r->done) {
        unsigned char byte;
        size_t n;
        enum net_result got = net_read(&h->net, &byte, 1, &n);

        if (got != NET_OK)
            return got;
        http_response_feed(r, &byte, 1, NULL, NULL);
        if (r->error != NULL)
            return net_fail(&h->net, NET_CUT, "%s", r->error);
    }
    return NET_OK;
}

/* Reports an answer other than 2xx. The connection is closed, and the body of
   the answer is not read. */
static enum net_result tunnel_refused(struct http *h, const char *target)
{
    const char *host = h->options.proxy->host;
    const char *reason = http_response_field(&h->response, "");
    const int status = h->response.status;
    struct why_words said = {0};         /* "403 Forbidden" */
    char number[8];

    snprintf(number, sizeof number, "%d%s", status,
             *reason != '\0' ? " " : "");
    why_words_add(&said, number, strlen(number));
    why_words_add(&said, reason, strlen(reason));
    /* tinyproxy answers 401 to a wrong password */
    if (status == 407 || status == 401)
        return net_fail(&h->net, NET_REFUSED, "the proxy %s %s (%s): set "
                        "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT", host,
                        *h->options.proxy->authorization != '\0'
                        ? "rejects this user name and password"
                        : "requires a user name and password", said.text);
    if (status >= 500)
        return net_fail(&h->net, NET_CUT, "the proxy %s could not connect to "
                        "%s (%s)", host, target, said.text);
    return net_fail(&h->net, NET_REFUSED, "the proxy %s does not allow "
                    "connections to %s (%s): ask its administrator, or add "
                    "the host to NO_PROXY", host, target, said.text);
}

/* Connects to the proxy, and has the proxy connect to the host. */
static enum net_result tunnel_open(struct http *h)
{
    const struct proxy *proxy = h->options.proxy;
    const int64_t timeout = h->options.connect;
    struct net *net = &h->net;
    char target[sizeof h->url.authority + 8], why[sizeof net->error];
    enum net_result result = NET_CUT;

    /* CONNECT needs the port in any case (RFC 9112 section 3.2.3) */
    snprintf(target, sizeof target, "%s%s", h->url.authority,
             h->url.port == 443 ? ":443" : "");
    if (net_connect(net, proxy->host, proxy->port, timeout, false)) {
        net->wait = timeout;
        net->until = clock_now(CLOCK_STEADY) + timeout;
        result = tunnel_request(h, target);
        if (result == NET_OK)
            result = tunnel_answer(h);
    }
    if (result == NET_OK && h->response.status / 100 == 2)
        return NET_OK;
    net_close(net);
    if (result == NET_OK)
        return tunnel_refused(h, target);
    if (result == NET_LATE)
        net_late(net, "answer", timeout);
    memcpy(why, net->error, sizeof why);
    return net_fail(net, NET_CUT, "the proxy %s: %s", proxy->host, why);
}

/* ------------------------------------------------------ the connection */

static enum net_result open_connection(struct http *h)
{
    const struct proxy *proxy = h->options.proxy;
    const bool proxied = proxy != NULL && *proxy->host != '\0';
    const int64_t start = clock_now(CLOCK_STEADY);
    enum net_result r = NET_OK;

    if (proxied)
        r = tunnel_open(h);
    else if (!net_connect(&h->net, h->url.host, h->url.port,
                          h->options.connect,
                          !h->url.tls && !h->url.metadata))
        r = NET_CUT;
    if (r != NET_OK)
        return r;
    h->plain_at = h->plain_len = 0;
    h->net.wait = h->options.connect;
    h->net.until = clock_now(CLOCK_STEADY) + h->options.connect;
    if (h->url.tls)
        r = tls_start(&h->stream.tls, &h->net, h->url.host, h->options.trust);
    if (r == NET_LATE)
        net_late(&h->net, "TLS handshake", h->options.connect);
    if (r != NET_OK) {
        net_close(&h->net);
        return r;
    }
    h->connected = true;
    note(h, "%s: connected in %lld ms%s", h->url.authority,
         ms_since(start), proxied ? " through the proxy" : "");
    return NET_OK;
}

/* Closes an idle connection that should not be used again. */
static void close_stale(struct http *h)
{
    if (!h->connected || (!net_stale(&h->net) &&
                          clock_now(CLOCK_STEADY) - h->used <= idle_max))
        return;
    note(h, "%s: closing the idle connection", h->url.authority);
    hang_up(h);
}

/* Only these three functions distinguish plain connections from TLS. */

static enum net_result stream_write(struct http *h, const void *bytes,
                                    size_t n)
{
    return h->url.tls ? tls_write(&h->stream.tls, bytes, n)
                      : write_all(&h->net, bytes, n, true);
}

static enum net_result stream_peek(struct http *h, const unsigned char **bytes,
                                   size_t *n)
{
    enum net_result r = NET_OK;

    if (h->url.tls)
        return tls_peek(&h->stream.tls, bytes, n);
    if (h->plain_at == h->plain_len) {
        h->plain_at = h->plain_len = 0;
        r = net_read(&h->net, h->stream.plain, sizeof h->stream.plain,
                     &h->plain_len);
    }
    *bytes = h->stream.plain + h->plain_at;
    *n = h->plain_len - h->plain_at;
    return r;
}

static void stream_consume(struct http *h, size_t n)
{
    if (h->url.tls)
        tls_consume(&h->stream.tls, n);
    else
        h->plain_at += n;
}

/* ----------------------------------------------- a request and its answer */

static bool is_target(const char *text)
{
    if (*text != '/')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* Writes the head, and the body too if it is small, to `out`. Returns false if
   a byte is not allowed where it stands, or `out` cannot hold it all. */
static bool make_request(const struct http *h, const struct http_request *rq,
                         struct buf *out)
{
    size_t i;

    if (!text_is_token(rq->method, strlen(rq->method)) ||
        !is_target(rq->target) || !text_is_field(h->options.agent))
        return false;
    buf_str(out, rq->method);
    buf_byte(out, ' ');
    buf_str(out, rq->target);
    buf_format(out, " HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
               "Accept-Encoding: identity\r\n", h->url.authority,
               h->options.agent);
    if (strcmp(rq->method, "GET") != 0)
        buf_format(out, "Content-Length: %zu\r\n", rq->body_len);
    for (i = 0; i < rq->n_fields; i++) {
        const struct http_field *f = &rq->fields[i];

        if (!text_is_token(f->name, strlen(f->name)) || !text_is_field(f->value))
            return false;
        buf_str(out, f->name);
        buf_str(out, ": ");
        buf_str(out, f->value);
        buf_str(out, "\r\n");
    }
    buf_str(out, "\r\n");
    return buf_add(out, rq->body, rq->body_len > BODY_SMALL ? 0
                   : rq->body_len);
}

/* Reports an answer with a Content-Encoding. */
static enum net_result fail_encoded(struct http *h)
{
    const struct http_response *r = &h->response;
    const char *value = http_response_field(r, "Content-Encoding");
    char shown[100], status[24] = "";

    if ((size_t)snprintf(shown, sizeof shown, "%s", value) >= sizeof shown)
        why_cut(shown, sizeof shown);
    if (r->status != 200)
        snprintf(status, sizeof status, " (status %d)", r->status);
    return net_fail(&h->net, NET_CUT, "the server answered with "
                    "Content-Encoding %s although ocrdyn asked for identity; "
                    "a proxy may have added it%s", shown, status);
}

/* Reads the answer. Returns NET_OK if it is complete, or why it is not, with
   the sentence in net.error. */
static enum net_result receive(struct http *h, http_body_fn *body,
                               void *context)
{
    struct http_response *r = &h->response;
    uint64_t total = 0;

    while (!r->done && r->error == NULL) {
        const unsigned char *bytes;
        size_t n, taken;
        enum net_result got = stream_peek(h, &bytes, &n);

        if (got == NET_END && http_response_end(r))
            break;
        if (got != NET_OK && r->error != NULL)
            net_fail(&h->net, got, "%s", r->error);
        if (got != NET_OK)
            return got;
        taken = http_response_feed(r, bytes, n, body, context);
        if (taken < n)           /* the server sent more than one answer */
            r->keep = false;
        stream_consume(h, taken);
        total += taken;
        if (total > h->options.body_max && r->error == NULL)
            r->error = "the answer is too large";
    }
    if (r->error == NULL)
        return NET_OK;
    return r->encoded ? fail_encoded(h)
        : net_fail(&h->net, NET_CUT, "%s", r->error);
}

/* Sends the request and reads the answer, once, on an open connection. Sets
   *silent to whether the connection ended without a byte of an answer. */
static enum http_result attempt(struct http *h, const struct http_request *rq,
                                http_body_fn *body, void *context,
                                bool *silent)
{
    enum net_result w, r;
    char why[sizeof h->net.error];       /* the error of writing */

    h->net.wait = h->options.wait;
    h->net.until = clock_now(CLOCK_STEADY) + h->options.total;
    http_response_init(&h->response);
    w = stream_write(h, h->request.data, h->request.len);
    if (w == NET_OK && rq->body_len > BODY_SMALL)
        w = stream_write(h, rq->body, rq->body_len);
    memcpy(why, h->net.error, sizeof why);
    /* A server that refuses a request may answer without reading all of it, so
       look for an answer. Do not wait for one: a server that still expects the
       rest of the request sends none. */
    if (w == NET_CUT)
        h->net.wait = 0;
    r = w == NET_LATE ? w : receive(h, body, context);
    if (w != NET_OK || r != NET_OK)
        h->response.keep = false;
    *silent = h->response.status == 0 && h->response.head_len == 0 &&
        r != NET_LATE;
    if (r == NET_OK)
        return HTTP_OK;
    if (h->response.encoded)
        return HTTP_ENCODED;
    if (w != NET_OK && h->response.status == 0) {
        net_fail(&h->net, w, "while sending: %s", why);
        return HTTP_UNSENT;
    }
    return HTTP_LOST;
}

enum http_result http_send(struct http *h, const struct http_request *rq,
                           http_body_fn *body, void *context)
{
    enum http_result result = HTTP_UNSENT;
    int64_t start = clock_now(CLOCK_STEADY);
    bool again;

    h->response.status = 0;
    h->response.head_done = false;
    if (!make_request(h, rq, &h->request)) {
        snprintf(h->error, sizeof h->error, "the request has a byte that "
                 "HTTP does not allow, or is too large");
        goto out;
    }
    close_stale(h);
    do {
        bool reused = h->connected, silent;
        enum net_result opened = reused ? NET_OK : open_connection(h);

        result = opened == NET_OK
            ? attempt(h, rq, body, context, &silent)
            : opened == NET_REFUSED ? HTTP_REFUSED : HTTP_UNSENT;
        /* before hang_up, which may overwrite it */
        memcpy(h->error, h->net.error, sizeof h->error);
        if (opened != NET_OK)
            goto out;
        h->used = clock_now(CLOCK_STEADY);
        if (!h->response.keep)
            hang_up(h);
        /* the server may have closed the idle connection at this moment */
        again = result != HTTP_OK && reused && silent && rq->repeatable;
    } while (again);
    note(h, "%s %s%s: %d in %lld ms%s%s", rq->method, h->url.authority,
         rq->target, h->response.status, ms_since(start),
         result == HTTP_OK ? "" : ": ", result == HTTP_OK ? "" : h->error);
out:
    buf_reset(&h->request);
    return result;
}

/* ------------------------------------------------------ a single request */

static void keep_body(void *context, const unsigned char *bytes, size_t n)
{
    buf_add(context, bytes, n);
}

enum http_result http_once(const struct url *url,
                           const struct http_options *options,
                           const struct http_request *rq,
                           struct http_answer *answer)
{
    struct http *h = malloc(sizeof *h);
    struct http_options own = *options;
    struct proxy proxy;
    enum http_result result;
    const char *date;
    char error[WHY_MAX];

    answer->status = 0;
    answer->date = -1;
    buf_reset(&answer->body);
    if (h == NULL) {
        snprintf(answer->error, sizeof answer->error, "out of memory");
        return HTTP_UNSENT;
    }
    /* errors in the variables were reported when the service was set up */
    if (own.proxies != NULL &&
        proxy_choose(&proxy, url, own.proxies, error, sizeof error))
        own.proxy = &proxy;
    http_init(h, url, &own);
    result = http_send(h, rq, keep_body, &answer->body);
    if (result == HTTP_OK && answer->body.failed) {
        snprintf(h->error, sizeof h->error, "the answer is too large");
        result = HTTP_LOST;
    }
    memcpy(answer->error, h->error, sizeof answer->error);
    answer->status = h->response.status;
    date = http_response_field(&h->response, "Date");
    if (date != NULL && http_response_field(&h->response, "Age") == NULL)
        answer->date = clock_http_date(date);
    http_close(h);
    buf_wipe(&proxy, sizeof proxy);
    buf_wipe(h, sizeof *h);
    free(h);
    return result;
}
