/* http: see http.h. */
#include "http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/clock.h"
#include "net/proxy.h"
#include "base/why.h"

/* --------------------------------------------------------------- client */

/* A body of this size goes out with the head: one record, one system call. */
enum { BODY_SMALL = 16384 };

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
    char line[2048], *p;
    va_list ap;
    int n;

    if (h->options.note == NULL)
        return;
    va_start(ap, format);
    n = vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if ((size_t)n >= sizeof line)
        why_cut(line, sizeof line);
    /* it may be in words of the other side's */
    for (p = line; *p != '\0'; p++)
        if (*p < 0x20 || *p >= 0x7f)
            *p = '?';
    h->options.note(line);
}

/* Closes the connection, and keeps what makes the next one quicker. */
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

/* A connection that was idle this long may be gone without a word. */
#define IDLE_MAX (50 * CLOCK_SECOND)

/* Drops an idle connection that should not be used again. */
static void drop_stale(struct http *h)
{
    if (!h->connected)
        return;
    if (net_stale(&h->net) || clock_now(CLOCK_STEADY) - h->used > IDLE_MAX) {
        note(h, "%s: the idle connection is closed", h->url.authority);
        hang_up(h);
    }
}

static long long ms_since(int64_t start)
{
    return (clock_now(CLOCK_STEADY) - start) / 1000000;
}

/* What an answer that is not 2xx means. The connection is closed after it:
   its body, if it has one, is not read. */
static enum net_result tunnel_refused(const struct proxy *proxy,
                                      struct net *net,
                               const char *target,
                               const struct http_response *r)
{
    const char *host = proxy->host;
    struct why_words said = {0};         /* "403 Forbidden" */
    const char *reason = http_response_field(r, "");
    char status[8];

    snprintf(status, sizeof status, "%d%s", r->status,
             *reason != '\0' ? " " : "");
    why_words_add(&said, status, strlen(status));
    why_words_add(&said, reason, strlen(reason));
    /* which tinyproxy says, too */
    if (r->status == 407 || r->status == 401)
        return net_fail(net, NET_REFUSED, "the proxy %s %s (%s): it is "
                        "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT", host,
                        *proxy->authorization != '\0' ? "refuses this user "
                        "and password" : "wants a user and a password",
                        said.text);
    if (r->status >= 500)
        return net_fail(net, NET_CUT, "the proxy %s could not connect to "
                        "%s (%s)", host, target, said.text);
    return net_fail(net, NET_REFUSED, "the proxy %s does not let anybody "
                    "connect to %s (%s): ask whoever runs it, or put the "
                    "host into NO_PROXY", host, target, said.text);
}

/* Takes the proxy's answer, up to the end of its header block: byte by byte,
   as what follows belongs to the tunnel, and stays in what `net` has read. */
static enum net_result tunnel_answer(struct net *net, struct http_response *r)
{
    http_response_init(r);
    r->tunnel = true;
    while (!r->done) {
        unsigned char byte;
        size_t n;
        enum net_result got = net_read(net, &byte, 1, &n);

        if (got != NET_OK)
            return got == NET_END ? NET_CUT : got;
        http_response_feed(r, &byte, 1, NULL, NULL);
        if (r->error != NULL)
            return net_fail(net, NET_CUT, "%s", r->error);
    }
    return NET_OK;
}

static enum net_result tunnel_request(const struct proxy *proxy,
                                      struct net *net,
                           const char *target, const char *agent,
                           struct http_response *r)
{
    enum net_result result = NET_OK;
    struct buf head;
    size_t at = 0;

    buf_init(&head, 4096);
    buf_format(&head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n",
               target, target, agent);
    if (*proxy->authorization != '\0') {
        buf_str(&head, "Proxy-Authorization: ");
        buf_str(&head, proxy->authorization);
        buf_str(&head, "\r\n");
    }
    if (!buf_str(&head, "\r\n"))
        result = net_fail(net, NET_CUT, "memory is out");
    while (result == NET_OK && at < head.len) {
        size_t sent = 0;

        result = net_write(net, head.data + at, head.len - at, &sent, false);
        at += sent;
    }
    buf_free(&head);
    return result == NET_OK ? tunnel_answer(net, r) : result;
}

static enum net_result tunnel_open(const struct proxy *proxy, struct net *net,
                           const struct url *url, const char *agent,
                           int64_t timeout, struct http_response *r)
{
    char target[sizeof url->authority + 8], why[sizeof net->error];
    enum net_result result = NET_CUT;

    /* with its port always (RFC 9112 section 3.2.3) */
    snprintf(target, sizeof target, "%s%s", url->authority,
             url->port == 443 ? ":443" : "");
    if (net_connect(net, proxy->host, proxy->port, timeout, false)) {
        net->wait = timeout;
        net->until = clock_now(CLOCK_STEADY) + timeout;
        result = tunnel_request(proxy, net, target, agent, r);
    }
    if (result == NET_OK && r->status >= 200 && r->status < 300)
        return NET_OK;
    net_close(net);
    if (result == NET_OK)
        return tunnel_refused(proxy, net, target, r);
    if (result == NET_LATE)
        net_late(net, "answer", timeout);
    memcpy(why, net->error, sizeof why);
    return net_fail(net, NET_CUT, "the proxy %s: %s", proxy->host,
                    why);
}

static enum net_result open_connection(struct http *h)
{
    int64_t start = clock_now(CLOCK_STEADY);
    const struct proxy *proxy = h->options.proxy;
    bool proxied = proxy != NULL && *proxy->host != '\0';
    enum net_result r = NET_OK;

    if (proxied)
        r = tunnel_open(proxy, &h->net, &h->url, h->options.agent,
                       h->options.connect, &h->response);
    else if (!net_connect(&h->net, h->url.host, h->url.port,
                          h->options.connect,
                          !h->url.tls && !h->url.metadata))
        r = NET_CUT;
    if (r != NET_OK)
        return r;
    h->connections++;
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

/* Plain and TLS differ in these three only. */

static enum net_result stream_write(struct http *h, const void *bytes,
                                    size_t n)
{
    const unsigned char *p = bytes;
    enum net_result r = NET_OK;

    if (h->url.tls)
        return tls_write(&h->stream.tls, bytes, n);
    while (n > 0 && r == NET_OK) {
        size_t sent = 0;

        r = net_write(&h->net, p, n, &sent, true);
        p += sent;
        n -= sent;
    }
    return r;
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

static bool target_ok(const char *target)
{
    if (*target != '/')
        return false;
    for (; *target != '\0'; target++)
        if ((unsigned char)*target <= 0x20 || (unsigned char)*target >= 0x7f)
            return false;
    return true;
}

/* Writes a request, but for a body that is not small. False if something
   cannot stand in it. */
static bool make_request(const struct http *h, const struct http_request *rq,
                         struct buf *out)
{
    size_t i;

    if (!ascii_token(rq->method, strlen(rq->method)) ||
        !target_ok(rq->target) || !ascii_field(h->options.agent))
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

        if (!ascii_token(f->name, strlen(f->name)) ||
            !ascii_field(f->value))
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

/* Says that the answer has a Content-Encoding. */
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

/* Takes the answer. NET_OK, or why there is none. */
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
        if (taken < n)           /* bytes after the end of the answer */
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

/* One try over a connection that is open. */
static enum http_result attempt(struct http *h, const struct http_request *rq,
                                http_body_fn *body, void *context,
                                bool *silent)
{
    int64_t now = clock_now(CLOCK_STEADY);
    enum net_result w, r;
    char late[sizeof h->net.error];

    h->net.wait = h->options.wait;
    h->net.until = now + h->options.total;
    http_response_init(&h->response);
    w = stream_write(h, h->request.data, h->request.len);
    if (w == NET_OK && rq->body_len > BODY_SMALL)
        w = stream_write(h, rq->body, rq->body_len);
    memcpy(late, h->net.error, sizeof late);
    /* a server that refuses a request may answer without reading it all; one
       that has only a part of it and waits for the rest does not */
    if (w == NET_CUT)
        h->net.wait = 0;
    r = w == NET_LATE ? w : receive(h, body, context);
    if (w != NET_OK)
        h->response.keep = false;
    *silent = h->response.status == 0 && h->response.head_len == 0 &&
        r != NET_LATE;
    if (r == NET_OK)
        return HTTP_OK;
    h->response.keep = false;
    if (h->response.encoded)
        return HTTP_ENCODED;
    if (w != NET_OK && h->response.status == 0) {
        net_fail(&h->net, w, "while sending: %s", late);
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
        snprintf(h->error, sizeof h->error, "the request has a byte that HTTP "
                 "does not allow, or is too large");
        goto out;
    }
    drop_stale(h);
    do {
        bool reused = h->connected, silent;
        enum net_result opened = reused ? NET_OK : open_connection(h);

        result = opened == NET_OK
            ? attempt(h, rq, body, context, &silent)
            : opened == NET_REFUSED ? HTTP_REFUSED : HTTP_UNSENT;
        /* before there is something to say about the closing */
        memcpy(h->error, h->net.error, sizeof h->error);
        if (opened != NET_OK)
            goto out;
        h->used = clock_now(CLOCK_STEADY);
        if (!h->response.keep)
            hang_up(h);
        /* closed by the server just as it was used again */
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
        snprintf(answer->error, sizeof answer->error, "memory is out");
        return HTTP_UNSENT;
    }
    /* what is wrong with the variables is said where they are first used */
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
