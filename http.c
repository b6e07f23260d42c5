/* http: see http.h. */
#include "http.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "proxy.h"

/* ------------------------------------------------------------------ URL */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void http_escape(struct buf *out, const void *bytes, size_t n,
                 const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *p = bytes;

    for (; n > 0; n--, p++) {
        /* RFC 3986 section 2.3 */
        if (is_alnum(*p) || (*p != '\0' && (strchr("-._~", *p) != NULL ||
                                            strchr(keep, *p) != NULL))) {
            buf_byte(out, *p);
        } else {
            buf_byte(out, '%');
            buf_byte(out, (unsigned char)hex[*p >> 4]);
            buf_byte(out, (unsigned char)hex[*p & 15]);
        }
    }
}

static int hex_digit(unsigned char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool http_unescape(char *to, size_t room, const char *from, size_t n)
{
    size_t len = 0, i;

    for (i = 0; i < n; i++) {
        int high = from[i] == '%' && n - i > 2
            ? hex_digit((unsigned char)from[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit((unsigned char)from[i + 2]);

        if (len + 1 >= room)
            return false;
        to[len] = from[i];
        if (low >= 0) {
            to[len] = (char)(high << 4 | low);
            i += 2;
        }
        if (to[len++] == '\0')
            return false;
    }
    to[len] = '\0';
    return true;
}

static bool url_wrong(char *error, size_t size, const char *sentence)
{
    snprintf(error, size, "%s", sentence);
    return false;
}

/* Takes the host off the front of a URL: what follows it, or NULL. */
static const char *url_host(struct http_url *url, const char *p)
{
    bool literal = *p == '[';
    struct in6_addr address;
    size_t n = 0;

    p += literal;
    while (is_alnum((unsigned char)p[n]) || p[n] == '.' ||
           (literal ? p[n] == ':' : p[n] == '-' || p[n] == '_'))
        n++;
    if (n == 0 || n >= sizeof url->host || (literal && p[n] != ']'))
        return NULL;
    memcpy(url->host, p, n);
    url->host[n] = '\0';
    if (literal && inet_pton(AF_INET6, url->host, &address) != 1)
        return NULL;
    return p + n + literal;
}

static bool is_loopback_name(const char *host)
{
    struct in_addr address;

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
        (inet_pton(AF_INET, host, &address) == 1 &&
         ntohl(address.s_addr) >> 24 == 127);
}

/* An address and no name: nobody's resolver is asked. */
static bool is_metadata_address(const char *host)
{
    static const char *const v6[] = {"fd00:ec2::254", "fd00:ec2::23"};
    struct in6_addr address, known;
    size_t i;

    for (i = 0; i < 2; i++)
        if (inet_pton(AF_INET6, host, &address) == 1 &&
            inet_pton(AF_INET6, v6[i], &known) == 1 &&
            memcmp(&address, &known, sizeof known) == 0)
            return true;
    return strcmp(host, "169.254.169.254") == 0 ||
        strcmp(host, "169.254.170.2") == 0 ||
        strcmp(host, "169.254.170.23") == 0;
}

/* The Host field's value (RFC 9110 section 7.2). */
static void url_authority(struct http_url *url)
{
    bool literal = strchr(url->host, ':') != NULL;
    char port[8] = "";

    if (url->port != (url->tls ? 443 : 80))
        snprintf(port, sizeof port, ":%u", (unsigned)url->port);
    snprintf(url->authority, sizeof url->authority, "%s%s%s%s",
             literal ? "[" : "", url->host, literal ? "]" : "", port);
}

static bool url_parse(struct http_url *url, const char *text, bool metadata,
                      char *error, size_t size)
{
    const char *p = text;
    size_t n;

    memset(url, 0, sizeof *url);
    url->tls = strncasecmp(text, "https://", 8) == 0;
    if (!url->tls && strncasecmp(text, "http://", 7) != 0)
        return url_wrong(error, size, "it must begin with https://");
    p = url_host(url, text + (url->tls ? 8 : 7));
    if (p == NULL)
        return url_wrong(error, size, "its host name is wrong");
    url->port = url->tls ? 443 : 80;
    if (*p == ':') {
        unsigned long port;
        char *end;

        port = is_digit((unsigned char)p[1]) ? strtoul(p + 1, &end, 10) : 0;
        if (port == 0 || port > 65535)
            return url_wrong(error, size, "its port is not 1 to 65535");
        url->port = (unsigned short)port;
        p = end;
    }
    n = strlen(p);
    while (n > 0 && p[n - 1] == '/')
        n--;
    if ((*p != '\0' && *p != '/') || n >= sizeof url->path)
        return url_wrong(error, size, "what follows its host is wrong");
    memcpy(url->path, p, n);
    for (p = url->path; *p != '\0'; p++)
        if (!is_alnum((unsigned char)*p) && strchr("/-._~%", *p) == NULL)
            return url_wrong(error, size, "its path is not a plain one");
    url->metadata = metadata && !url->tls && is_metadata_address(url->host);
    if (!url->tls && !url->metadata && !is_loopback_name(url->host))
        return url_wrong(error, size, "plain http is only for this machine "
                         "itself (localhost); use https://");
    url_authority(url);
    return true;
}

bool http_url_parse(struct http_url *url, const char *text, char *error,
                    size_t size)
{
    return url_parse(url, text, false, error, size);
}

bool http_url_parse_metadata(struct http_url *url, const char *text,
                             char *error, size_t size)
{
    return url_parse(url, text, true, error, size);
}

/* ------------------------------------------------------------ responses */

enum state {
    S_HEAD,                      /* in the header block */
    S_BODY,                      /* `left` bytes, or all until the end */
    S_SIZE,                      /* hexadecimal digits of a chunk's size */
    S_EXTENSION,                 /* after them, until CR */
    S_SIZE_LF,
    S_CHUNK,                     /* `left` bytes of a chunk */
    S_CHUNK_CR, S_CHUNK_LF,
    S_TRAILER,                   /* at the start of a trailer line */
    S_TRAILER_LINE, S_TRAILER_LF,
    S_END_LF                     /* after the CR of the last, empty line */
};

void http_response_init(struct http_response *r, bool head_only)
{
    /* the head is not worth wiping: it is written before it is read */
    memset(r, 0, offsetof(struct http_response, head));
    r->head_only = head_only;
    r->keep = true;
}

static bool wrong(struct http_response *r, const char *sentence)
{
    if (r->error == NULL)
        r->error = sentence;
    r->keep = false;
    return false;
}

const char *http_response_field(const struct http_response *r,
                                const char *name)
{
    const char *p = r->head, *end = r->head + r->head_len;

    while (r->head_done && p < end) {
        const char *value = p + strlen(p) + 1;

        if (strcasecmp(p, name) == 0)
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

/* "HTTP/1.1 200 OK" (RFC 9112 section 4), n bytes. */
static bool status_line(struct http_response *r, const char *line, size_t n)
{
    const char *p = line + 9;

    if (n < 13 || memcmp(line, "HTTP/1.", 7) != 0 ||
        (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return wrong(r, "this is not an HTTP/1.1 answer");
    if (p[0] < '1' || p[0] > '5' || !is_digit((unsigned char)p[1]) ||
        !is_digit((unsigned char)p[2]) || p[3] != ' ')
        return wrong(r, "the status line is wrong");
    r->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0';
    r->keep = line[7] == '1';
    return true;
}

static bool is_token(const char *p, const char *end)
{
    if (p == end)
        return false;
    for (; p < end; p++)
        if (!is_alnum((unsigned char)*p) &&
            (*p == '\0' || strchr("!#$%&'*+-.^_`|~", *p) == NULL))
            return false;
    return true;
}

/* Has a comma-separated list this member (any case)? */
static bool list_has(const char *list, const char *member)
{
    size_t n = strlen(member);

    while (*list != '\0') {
        list += strspn(list, " \t,");
        if (strncasecmp(list, member, n) == 0 &&
            (list[n] == '\0' || strchr(" \t,", list[n]) != NULL))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

/* Digits only; a list of equal ones passes (RFC 9110 section 8.6). */
static bool content_length(struct http_response *r, const char *value,
                           bool *have)
{
    const char *p = value;

    for (;;) {
        uint64_t n = 0;
        unsigned digits;

        for (digits = 0; is_digit((unsigned char)*p); digits++, p++)
            n = n * 10 + (uint64_t)(*p - '0');
        if (digits == 0 || digits > 18)
            return wrong(r, "the Content-Length is wrong");
        if (*have && n != r->left)
            return wrong(r, "there are two different Content-Lengths");
        *have = true;
        r->left = n;
        p += strspn(p, " \t");
        if (*p == '\0')
            return true;
        if (*p != ',')
            return wrong(r, "the Content-Length is wrong");
        p++;
        p += strspn(p, " \t");
    }
}

/* How long the body is (RFC 9112 section 6.3), and what comes after it. */
static bool framing(struct http_response *r)
{
    const char *p = r->head, *end = r->head + r->head_len;
    bool length = false, coded = false;

    for (; p < end; p += strlen(p) + 1) {
        const char *value = p + strlen(p) + 1;

        if (strcasecmp(p, "Content-Length") == 0 &&
            !content_length(r, value, &length))
            return false;
        if (strcasecmp(p, "Transfer-Encoding") == 0) {
            if (coded || strcasecmp(value, "chunked") != 0)
                return wrong(r, "the Transfer-Encoding is not just chunked");
            coded = true;
        }
        if (strcasecmp(p, "Connection") == 0 && list_has(value, "close"))
            r->keep = false;
        p = value;
    }
    if (coded && length)
        r->keep = false;
    r->chunked = coded;
    if (r->head_only || r->status == 204 || r->status == 304) {
        r->done = true;
    } else if (coded) {
        r->state = S_SIZE;
        r->digits = 0;
    } else if (length) {
        r->state = S_BODY;
        r->done = r->left == 0;
    } else {
        r->state = S_BODY;
        r->until_close = true;
        r->keep = false;
    }
    return true;
}

/* Splits one field line in place: its place in the new head. */
static char *field_line(struct http_response *r, char *to, char *line,
                        char *end)
{
    char *colon = memchr(line, ':', (size_t)(end - line));
    char *value;
    size_t n;

    if (*line == ' ' || *line == '\t') {
        wrong(r, "a header line is folded");
        return NULL;
    }
    if (colon == NULL || !is_token(line, colon)) {
        wrong(r, "a header line is wrong");
        return NULL;
    }
    value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    n = (size_t)(colon - line);
    memmove(to, line, n);
    to[n] = '\0';
    to += n + 1;
    n = (size_t)(end - value);
    memmove(to, value, n);
    to[n] = '\0';
    return to + n + 1;
}

/*
 * The header block is whole: checks it and packs it. Each "name: value" gives
 * its colon and its line end for the two NULs, so that it fits in place.
 */
static bool head_end(struct http_response *r)
{
    char *end = r->head + r->head_len, *to = r->head;
    char *line = (char *)memchr(r->head, '\n', r->head_len) + 1;

    while (line < end) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        char *stop = lf > line && lf[-1] == '\r' ? lf - 1 : lf;

        if (stop > line && (to = field_line(r, to, line, stop)) == NULL)
            return false;
        line = lf + 1;
    }
    r->head_len = (size_t)(to - r->head);
    if (r->status >= 200) {
        r->head_done = true;
        return framing(r);
    }
    if (r->status == 101)
        return wrong(r, "the server changes to a protocol that nobody "
                     "asked for");
    if (++r->interim > HTTP_INTERIM_MAX)
        return wrong(r, "too many interim answers");
    r->head_len = 0;
    r->lines = 0;
    r->status = 0;
    r->keep = true;
    return true;
}

/* A byte of the header block. LF alone ends a line (RFC 9112 section 2.2),
   CR alone is wrong, and so are all other control characters but tab. */
static bool head_byte(struct http_response *r, unsigned char c)
{
    size_t n = r->head_len;

    if (n > 0 && r->head[n - 1] == '\r' && c != '\n')
        return wrong(r, "a header line has a CR without LF");
    if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
        return wrong(r, "a header line has a control character");
    if (n >= sizeof r->head)
        return wrong(r, "the header is larger than 32 KB");
    r->head[r->head_len++] = (char)c;
    if (c != '\n')
        return true;
    if (++r->lines > HTTP_LINES_MAX)
        return wrong(r, "the header has more than 128 lines");
    if (r->lines == 1)
        return status_line(r, r->head, n);
    if ((n > 0 && r->head[n - 1] == '\n') ||
        (n > 1 && r->head[n - 1] == '\r' && r->head[n - 2] == '\n'))
        return head_end(r);
    return true;
}

/* A byte of a chunk's size, or what ends it (RFC 9112 section 7.1). */
static bool size_byte(struct http_response *r, unsigned char c)
{
    int digit = hex_digit(c);

    if (digit >= 0) {
        if (r->digits == 0)
            r->left = 0;
        if (++r->digits > 16)
            return wrong(r, "a chunk's size has more than 16 digits");
        r->left = r->left << 4 | (unsigned)digit;
        return true;
    }
    if (r->digits == 0)
        return wrong(r, "a chunk has no size");
    r->frame = 0;
    if (c == '\r')
        r->state = S_SIZE_LF;
    else if (c == ';' || c == ' ' || c == '\t')
        r->state = S_EXTENSION;
    else
        return wrong(r, "a chunk's size is wrong");
    return true;
}

static bool expect(struct http_response *r, unsigned char c, unsigned char want,
                   enum state next)
{
    if (c != want)
        return wrong(r, "a chunk does not end where it should");
    r->state = (int)next;
    return true;
}

/* A byte of what lies around the chunks. */
static bool frame_byte(struct http_response *r, unsigned char c)
{
    if (++r->frame > HTTP_FRAME_MAX && r->state != S_SIZE)
        return wrong(r, "a chunk's extension or the trailer is too long");
    switch ((enum state)r->state) {
    case S_SIZE:
        return size_byte(r, c);
    case S_EXTENSION:
    case S_TRAILER_LINE:
        if (c == '\r')
            r->state = r->state == S_EXTENSION ? S_SIZE_LF : S_TRAILER_LF;
        else if (c < 0x20 && c != '\t')
            return wrong(r, "a chunk's extension or the trailer has a "
                         "control character");
        return true;
    case S_SIZE_LF:
        r->frame = 0;
        return expect(r, c, '\n', r->left > 0 ? S_CHUNK : S_TRAILER);
    case S_CHUNK_CR:
        return expect(r, c, '\r', S_CHUNK_LF);
    case S_CHUNK_LF:
        r->digits = 0;
        return expect(r, c, '\n', S_SIZE);
    case S_TRAILER:
        r->state = c == '\r' ? S_END_LF : S_TRAILER_LINE;
        return c == '\r' || (c >= 0x20 ? true :
            wrong(r, "the trailer has a control character"));
    case S_TRAILER_LF:
        return expect(r, c, '\n', S_TRAILER);
    case S_END_LF:
        r->done = c == '\n';
        return expect(r, c, '\n', S_END_LF);
    default:
        return wrong(r, "the answer is wrong");
    }
}

size_t http_response_feed(struct http_response *r, const unsigned char *bytes,
                          size_t n, http_body_fn *body, void *context)
{
    size_t i = 0;

    while (i < n && !r->done && r->error == NULL) {
        size_t piece = n - i;

        if (r->state == S_HEAD) {
            head_byte(r, bytes[i++]);
        } else if (r->state == S_BODY || r->state == S_CHUNK) {
            if (!r->until_close && piece > r->left)
                piece = (size_t)r->left;
            body(context, bytes + i, piece);
            i += piece;
            if (r->until_close)
                continue;
            r->left -= piece;
            if (r->left == 0 && r->state == S_BODY)
                r->done = true;
            else if (r->left == 0)
                r->state = S_CHUNK_CR;
        } else {
            frame_byte(r, bytes[i++]);
        }
    }
    return i;
}

bool http_response_end(struct http_response *r)
{
    if (r->error == NULL && r->until_close)
        r->done = true;
    if (!r->done)
        wrong(r, r->head_done ? "the answer was cut short"
                              : "the connection ended without an answer");
    return r->error == NULL;
}

/* --------------------------------------------------------------- client */

void http_init(struct http *h, const struct http_url *url,
               const struct http_options *options)
{
    memset(h, 0, sizeof *h);
    h->url = *url;
    h->options = *options;
    h->net.fd = -1;
}

static void note(const struct http *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct http *h, const char *format, ...)
{
    char line[512];
    va_list ap;

    if (h->options.note == NULL)
        return;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
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

static enum net_result open_connection(struct http *h)
{
    int64_t start = clock_now(CLOCK_STEADY);
    const struct proxy *proxy = h->options.proxy;
    enum net_result r = NET_OK;

    if (proxy != NULL && *proxy->host != '\0')
        r = proxy_open(proxy, &h->net, &h->url, h->options.agent,
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
        net_fail(&h->net, r, "no TLS handshake within %lld s",
                 (long long)(h->options.connect / CLOCK_SECOND));
    if (r != NET_OK) {
        net_close(&h->net);
        return r;
    }
    h->connected = true;
    note(h, "%s: connected in %lld ms%s", h->url.authority,
         (long long)((clock_now(CLOCK_STEADY) - start) / 1000000),
         proxy != NULL && *proxy->host != '\0' ? " through the proxy" : "");
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

static bool field_ok(const char *value)
{
    for (; *value != '\0'; value++)
        if (((unsigned char)*value < 0x20 && *value != '\t') ||
            *value == 0x7f)
            return false;
    return true;
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

/* Writes the head of a request. False if something cannot stand in it. */
static bool make_head(const struct http *h, const struct http_request *rq,
                      struct buf *out)
{
    bool sends = strcmp(rq->method, "GET") != 0 &&
        strcmp(rq->method, "HEAD") != 0;
    size_t i;

    if (!is_token(rq->method, rq->method + strlen(rq->method)) ||
        !target_ok(rq->target) || !field_ok(h->options.agent))
        return false;
    buf_str(out, rq->method);
    buf_byte(out, ' ');
    buf_str(out, rq->target);
    buf_format(out, " HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
               "Accept-Encoding: identity\r\n", h->url.authority,
               h->options.agent);
    if (sends)
        buf_format(out, "Content-Length: %zu\r\n", rq->body_len);
    for (i = 0; i < rq->n_fields; i++) {
        const struct http_field *f = &rq->fields[i];

        if (!is_token(f->name, f->name + strlen(f->name)) ||
            !field_ok(f->value))
            return false;
        buf_str(out, f->name);
        buf_str(out, ": ");
        buf_str(out, f->value);
        buf_str(out, "\r\n");
    }
    return buf_str(out, "\r\n");
}

/* Takes the answer. NET_OK, or why there is none; `error` is set. */
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
        if (got != NET_OK) {
            snprintf(h->error, sizeof h->error, "%s",
                     r->error != NULL ? r->error : h->net.error);
            return got;
        }
        taken = http_response_feed(r, bytes, n, body, context);
        if (taken < n)           /* bytes after the end of the answer */
            r->keep = false;
        stream_consume(h, taken);
        total += taken;
        if (total > h->options.body_max)
            wrong(r, "the answer is too large");
    }
    if (r->error == NULL)
        return NET_OK;
    snprintf(h->error, sizeof h->error, "%s", r->error);
    return NET_CUT;
}

/* One try over a connection that is open. */
static enum http_result attempt(struct http *h, const struct http_request *rq,
                                const struct buf *head, http_body_fn *body,
                                void *context, bool *silent)
{
    int64_t now = clock_now(CLOCK_STEADY);
    enum net_result w, r;
    char late[sizeof h->net.error];

    h->net.wait = h->options.wait;
    h->net.until = now + h->options.total;
    http_response_init(&h->response, strcmp(rq->method, "HEAD") == 0);
    w = stream_write(h, head->data, head->len);
    if (w == NET_OK && rq->body_len > 0)
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
    if (w != NET_OK && h->response.status == 0) {
        snprintf(h->error, sizeof h->error, "while sending: %s", late);
        return HTTP_UNSENT;
    }
    return HTTP_LOST;
}

enum http_result http_send(struct http *h, const struct http_request *rq,
                           http_body_fn *body, void *context)
{
    enum http_result result = HTTP_UNSENT;
    int64_t start = clock_now(CLOCK_STEADY);
    struct buf head;
    bool again;

    buf_init(&head, 65536);
    h->response.status = 0;
    h->response.head_done = false;
    if (!make_head(h, rq, &head)) {
        snprintf(h->error, sizeof h->error, "the request has a byte that "
                 "HTTP does not allow, or is too large");
        goto out;
    }
    drop_stale(h);
    do {
        bool reused = h->connected, silent;
        enum net_result opened = reused ? NET_OK : open_connection(h);

        again = false;
        if (opened != NET_OK) {
            snprintf(h->error, sizeof h->error, "%s", h->net.error);
            result = opened == NET_REFUSED ? HTTP_REFUSED : HTTP_UNSENT;
            goto out;
        }
        result = attempt(h, rq, &head, body, context, &silent);
        h->used = clock_now(CLOCK_STEADY);
        if (!h->response.keep)
            hang_up(h);
        /* closed by the server just as it was used again */
        again = result != HTTP_OK && reused && silent && rq->repeatable;
    } while (again);
    note(h, "%s %s%s: %d in %lld ms%s%s", rq->method, h->url.authority,
         rq->target, h->response.status,
         (long long)((h->used - start) / 1000000),
         result == HTTP_OK ? "" : ": ", result == HTTP_OK ? "" : h->error);
out:
    buf_free(&head);
    return result;
}

/* ------------------------------------------------------ a single request */

static void keep_body(void *context, const unsigned char *bytes, size_t n)
{
    buf_add(context, bytes, n);
}

enum http_result http_once(const struct http_url *url,
                           const struct http_options *options,
                           const struct http_request *rq,
                           struct http_answer *answer)
{
    struct http *h = malloc(sizeof *h);
    struct http_options own = *options;
    struct proxy proxy;
    enum http_result result;
    const char *date;
    char error[256];

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
