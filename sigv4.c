/*
 * sigv4: see sigv4.h.
 *
 * Every text of the procedure (canonical request, string to sign, header) is
 * written by one function, to a sink: the caller's buffer, or straight into
 * the hash or HMAC that is wanted of it. What may be refused is looked at
 * before the secret key is touched.
 */
#include "sigv4.h"

#include <bearssl.h>
#include <string.h>

#include "base/text.h"
#include "base/buf.h"

enum {
    DAY = 8,                         /* of a date, "20150830" */
    STACK_USED = 4096                /* more than BearSSL's SHA-256 and HMAC
                                        need for their own frames */
};

static const char algorithm[] = "AWS4-HMAC-SHA256";
static const char request_type[] = "aws4_request";

/* ---- where text goes ---- */

struct sink {
    br_sha256_context *hash;         /* this one, */
    br_hmac_context *hmac;           /* or this one, */
    char *out;                       /* or this buffer, */
    size_t size, len;                /* of which len bytes are in use */
    bool full;                       /* something did not fit */
};

static void put_bytes(struct sink *s, const char *bytes, size_t n)
{
    if (s->hash != NULL) {
        br_sha256_update(s->hash, bytes, n);
    } else if (s->hmac != NULL) {
        br_hmac_update(s->hmac, bytes, n);
    } else if (!s->full && n < s->size - s->len) {
        memcpy(s->out + s->len, bytes, n);
        s->len += n;
    } else {
        s->full = true;
    }
}

static void put(struct sink *s, const char *text)
{
    put_bytes(s, text, strlen(text));
}

static void put_hex(struct sink *s, const unsigned char digest[br_sha256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * br_sha256_SIZE];

    for (size_t i = 0; i < br_sha256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    put_bytes(s, text, sizeof text);
}

/* Ends the text in the caller's buffer: its length, or 0 for a refusal. */
static size_t finish(struct sink *s, bool good)
{
    if (s->size == 0)
        return 0;
    if (!good || s->full)
        s->len = 0;
    s->out[s->len] = '\0';
    return s->len;
}

/* ---- characters ---- */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Printable, or a tab, or a line that is folded (RFC 7230, section 3.2.4). */
static bool is_field_value(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\r' && text[1] == '\n')
            continue;
        if (*text == '\n' && (text[1] == ' ' || text[1] == '\t'))
            continue;
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    }
    return true;
}

/* One of the parts of a credential, which are joined by "/". */
static bool is_part(const char *text)
{
    size_t i = 0;

    while (text[i] > ' ' && text[i] < 0x7f && text[i] != '/' && text[i] != ',')
        i++;
    return i > 0 && text[i] == '\0';
}

static bool is_date(const char *text)
{
    static const char form[] = "00000000T000000Z";
    size_t i = 0;

    while (form[i] == '0' ? text_is_digit(text[i]) : text[i] == form[i]) {
        if (form[i++] == '\0')
            return true;
    }
    return false;
}

/* ---- percent-encoding ---- */

struct slice {
    const char *at;
    size_t n;
};

/* Cuts off what stands before the next `separator`. *text goes behind that,
   and becomes NULL where there was none. */
static struct slice cut(const char **text, char separator)
{
    const char *end = strchr(*text, separator);
    struct slice piece = {*text, strlen(*text)};

    if (end != NULL)
        piece.n = (size_t)(end - *text);
    *text = end == NULL ? NULL : end + 1;
    return piece;
}

static bool slice_is(struct slice piece, const char *text)
{
    return piece.n == strlen(text) && memcmp(piece.at, text, piece.n) == 0;
}

/* Walks over the canonical encoding of a slice, one character at a time. */
struct encoder {
    struct slice rest;
    bool decode;                     /* take "%XX" for the byte it means */
    unsigned digits;                 /* of `byte` that are still to come */
    unsigned char byte;
};

static unsigned char encoder_take(struct encoder *e)
{
    const char *p = e->rest.at;
    size_t n = 1;
    unsigned char byte = (unsigned char)*p;

    if (e->decode && e->rest.n >= 3 && *p == '%' && text_hex(p[1]) >= 0 &&
        text_hex(p[2]) >= 0) {
        byte = (unsigned char)(text_hex(p[1]) << 4 | text_hex(p[2]));
        n = 3;
    }
    e->rest.at += n;
    e->rest.n -= n;
    return byte;
}

/* The next character, or NUL after the last. */
static char encoder_next(struct encoder *e)
{
    static const char digits[] = "0123456789ABCDEF";
    char c;

    if (e->digits > 0) {
        e->digits--;
        return digits[e->byte >> 4 * e->digits & 15];
    }
    if (e->rest.n == 0)
        return '\0';
    e->byte = encoder_take(e);
    c = (char)e->byte;
    if (text_is_unreserved(c))
        return c;
    e->digits = 2;
    return '%';
}

static void put_encoded(struct sink *s, struct slice piece, bool decode)
{
    struct encoder e = {.rest = piece, .decode = decode};
    char c;

    while ((c = encoder_next(&e)) != '\0')
        put_bytes(s, &c, 1);
}

/* ---- the path ---- */

/* Does a segment outlive the ".." in `rest`, which is what follows it?
   Asking for each takes quadratic time; paths are short. */
static bool path_outlives(const char *rest)
{
    size_t depth = 1;

    while (rest != NULL && depth > 0) {
        struct slice segment = cut(&rest, '/');

        if (slice_is(segment, ".."))
            depth--;
        else if (segment.n > 0 && !slice_is(segment, "."))
            depth++;
    }
    return depth > 0;
}

/* `path` starts with a slash, unless it is empty. */
static void put_path(struct sink *s, const char *path, bool keep)
{
    const char *rest = *path == '\0' ? NULL : path + 1;
    struct slice segment = {path, 0};
    bool any = false;

    while (rest != NULL) {
        segment = cut(&rest, '/');
        if (keep || (segment.n > 0 && !slice_is(segment, ".") &&
                     !slice_is(segment, "..") && path_outlives(rest))) {
            put(s, "/");
            put_encoded(s, segment, keep);
            any = true;
        }
    }
    if (!any || (!keep && segment.n == 0))
        put(s, "/");
}

/* ---- the query ---- */

struct parameter {
    struct slice name, value;
};

static int compare_encoded(struct slice a, struct slice b)
{
    struct encoder e[2] = {{a, true, 0, 0}, {b, true, 0, 0}};
    char c, d;

    do {
        c = encoder_next(&e[0]);
        d = encoder_next(&e[1]);
    } while (c == d && c != '\0');
    return c - d;
}

static int compare_parameters(const struct parameter *a,
                              const struct parameter *b)
{
    int order = compare_encoded(a->name, b->name);

    return order != 0 ? order : compare_encoded(a->value, b->value);
}

static struct parameter parse_parameter(struct slice piece)
{
    const char *equals = memchr(piece.at, '=', piece.n);
    struct parameter p = {piece, {piece.at, 0}};

    if (equals != NULL) {
        p.name.n = (size_t)(equals - piece.at);
        p.value.at = equals + 1;
        p.value.n = piece.n - p.name.n - 1;
    }
    return p;
}

/* False if there are too many parameters. */
static bool put_query(struct sink *s, const char *query)
{
    struct parameter sorted[SIGV4_MAX_PARAMETERS];
    size_t n = 0;

    while (query != NULL) {
        struct slice piece = cut(&query, '&');
        struct parameter p = parse_parameter(piece);
        size_t i;

        if (piece.n == 0)
            continue;
        if (n == SIGV4_MAX_PARAMETERS)
            return false;
        for (i = n++; i > 0 && compare_parameters(&p, &sorted[i - 1]) < 0; i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = p;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put(s, "&");
        put_encoded(s, sorted[i].name, true);
        put(s, "=");
        put_encoded(s, sorted[i].value, true);
    }
    return true;
}

/* ---- the headers ---- */

struct headers {
    const struct sigv4_header *sorted[SIGV4_MAX_HEADERS];
    size_t n;
};

static int compare_names(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) - lower(*b);
}

/* Sorts by name; equal names keep their order. False if something among the
   headers cannot be sent. */
static bool sort_headers(struct headers *h, const struct sigv4_request *rq)
{
    h->n = 0;
    if (rq->n_headers > SIGV4_MAX_HEADERS)
        return false;
    for (size_t k = 0; k < rq->n_headers; k++) {
        const struct sigv4_header *header = &rq->headers[k];
        size_t i;

        if (!text_is_token(header->name, strlen(header->name)) ||
            !is_field_value(header->value))
            return false;
        for (i = h->n++; i > 0; i--) {
            if (compare_names(header->name, h->sorted[i - 1]->name) >= 0)
                break;
            h->sorted[i] = h->sorted[i - 1];
        }
        h->sorted[i] = header;
    }
    return true;
}

/* The value of the only header with this name, or NULL. */
static const char *find_header(const struct headers *h, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < h->n; i++) {
        if (compare_names(h->sorted[i]->name, name) != 0)
            continue;
        if (value != NULL)
            return NULL;
        value = h->sorted[i]->value;
    }
    return value;
}

static void put_name(struct sink *s, const char *name)
{
    for (; *name != '\0'; name++) {
        char c = lower(*name);

        put_bytes(s, &c, 1);
    }
}

static void put_value(struct sink *s, const char *value)
{
    static const char white[] = " \t\r\n";
    const char *between = "";

    value += strspn(value, white);
    while (*value != '\0') {
        size_t n = strcspn(value, white);

        put(s, between);
        put_bytes(s, value, n);
        value += n;
        value += strspn(value, white);
        between = " ";
    }
}

static void put_signed_headers(struct sink *s, const struct headers *h)
{
    const char *last = "";

    for (size_t i = 0; i < h->n; i++) {
        const char *name = h->sorted[i]->name;

        if (compare_names(name, last) == 0)
            continue;
        put(s, *last == '\0' ? "" : ";");
        put_name(s, name);
        last = name;
    }
}

static void put_headers(struct sink *s, const struct headers *h)
{
    const char *last = "";

    for (size_t i = 0; i < h->n; i++) {
        const char *name = h->sorted[i]->name;

        if (compare_names(name, last) == 0) {
            put(s, ",");
        } else {
            put(s, *last == '\0' ? "" : "\n");
            put_name(s, name);
            put(s, ":");
            last = name;
        }
        put_value(s, h->sorted[i]->value);
    }
    put(s, "\n");
}

/* ---- the three texts ---- */

/* Also sorts the headers into `h`. False for a refusal. */
static bool put_canonical_request(struct sink *s,
                                  const struct sigv4_request *rq,
                                  struct headers *h)
{
    br_sha256_context hash;
    unsigned char digest[br_sha256_SIZE];

    if (!text_is_token(rq->method, strlen(rq->method)) ||
        (*rq->path != '/' && *rq->path != '\0') ||
        !sort_headers(h, rq) || find_header(h, "host") == NULL ||
        find_header(h, "x-amz-date") == NULL)
        return false;
    put(s, rq->method);
    put(s, "\n");
    put_path(s, rq->path, rq->keep_path);
    put(s, "\n");
    if (!put_query(s, rq->query))
        return false;
    put(s, "\n");
    put_headers(s, h);
    put(s, "\n");
    put_signed_headers(s, h);
    put(s, "\n");
    br_sha256_init(&hash);
    br_sha256_update(&hash, rq->payload, rq->payload_len);
    br_sha256_out(&hash, digest);
    put_hex(s, digest);
    return true;
}

/* The hash of the canonical request, once all else was found to be right,
   too. False for a refusal. */
static bool prepare(unsigned char digest[br_sha256_SIZE], struct headers *h,
                    const struct sigv4_request *rq,
                    const struct sigv4_scope *scope, const char *date)
{
    br_sha256_context hash;
    struct sink s = {.hash = &hash};
    size_t secret = strlen(scope->secret_key);

    if (!is_part(scope->access_key) || !is_part(scope->region) ||
        !is_part(scope->service) || !is_date(date) ||
        secret == 0 || secret > SIGV4_MAX_SECRET)
        return false;
    br_sha256_init(&hash);
    if (!put_canonical_request(&s, rq, h) ||
        strcmp(find_header(h, "x-amz-date"), date) != 0)
        return false;
    br_sha256_out(&hash, digest);
    return true;
}

static void put_scope(struct sink *s, const struct sigv4_scope *scope,
                      const char *date)
{
    put_bytes(s, date, DAY);
    put(s, "/");
    put(s, scope->region);
    put(s, "/");
    put(s, scope->service);
    put(s, "/");
    put(s, request_type);
}

static void put_string_to_sign(struct sink *s,
                               const unsigned char digest[br_sha256_SIZE],
                               const struct sigv4_scope *scope,
                               const char *date)
{
    put(s, algorithm);
    put(s, "\n");
    put(s, date);
    put(s, "\n");
    put_scope(s, scope, date);
    put(s, "\n");
    put_hex(s, digest);
}

/* ---- the signature ---- */

/* All that the secret key is turned into, so as to be wiped in one piece. */
struct signer {
    char secret[4 + SIGV4_MAX_SECRET];
    br_hmac_key_context key;
    br_hmac_context hmac;
    struct sigv4_key derived;
};

/* An HMAC with this key begins. */
static void signer_start(struct signer *g, const void *key, size_t n)
{
    br_hmac_key_init(&g->key, &br_sha256_vtable, key, n);
    br_hmac_init(&g->hmac, &g->key, 0);
}

/* Makes the signing key of the date's day. */
static void derive(struct signer *g, const struct sigv4_scope *scope,
                   const char *date)
{
    const struct slice steps[] = {
        {date, DAY},
        {scope->region, strlen(scope->region)},
        {scope->service, strlen(scope->service)},
        {request_type, strlen(request_type)}
    };
    size_t n = strlen(scope->secret_key);

    memcpy(g->secret, "AWS4", 4);
    memcpy(g->secret + 4, scope->secret_key, n);
    signer_start(g, g->secret, 4 + n);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        br_hmac_update(&g->hmac, steps[i].at, steps[i].n);
        br_hmac_out(&g->hmac, g->derived.bytes);
        signer_start(g, g->derived.bytes, sizeof g->derived.bytes);
    }
    memcpy(g->derived.day, date, DAY);
}

__attribute__((noinline))
static void sign(unsigned char signature[br_sha256_SIZE],
                 const unsigned char digest[br_sha256_SIZE],
                 const struct sigv4_scope *scope, const char *date)
{
    struct signer g;
    struct sink s = {.hmac = &g.hmac};

    if (scope->key != NULL && memcmp(scope->key->day, date, DAY) == 0) {
        signer_start(&g, scope->key->bytes, sizeof scope->key->bytes);
    } else {
        derive(&g, scope, date);
        if (scope->key != NULL)
            *scope->key = g.derived;
    }
    put_string_to_sign(&s, digest, scope, date);
    br_hmac_out(&g.hmac, signature);
    buf_wipe(&g, sizeof g);
}

/* BearSSL leaves padded keys and hash states in its own frames, which were
   where this function's frame is now. */
__attribute__((noinline))
static void wipe_stack(void)
{
    unsigned char frames[STACK_USED];

    buf_wipe(frames, sizeof frames);
}

/* ---- what sigv4.h promises ---- */

size_t sigv4_canonical_request(const struct sigv4_request *rq,
                               char *out, size_t size)
{
    struct sink s = {.out = out, .size = size};
    struct headers h;

    return finish(&s, put_canonical_request(&s, rq, &h));
}

size_t sigv4_string_to_sign(const struct sigv4_request *rq,
                            const struct sigv4_scope *scope, const char *date,
                            char *out, size_t size)
{
    struct sink s = {.out = out, .size = size};
    unsigned char digest[br_sha256_SIZE];
    struct headers h;

    if (!prepare(digest, &h, rq, scope, date))
        return finish(&s, false);
    put_string_to_sign(&s, digest, scope, date);
    return finish(&s, true);
}

size_t sigv4_authorization(const struct sigv4_request *rq,
                           const struct sigv4_scope *scope, const char *date,
                           char *out, size_t size)
{
    struct sink s = {.out = out, .size = size};
    unsigned char digest[br_sha256_SIZE], signature[br_sha256_SIZE];
    struct headers h;

    if (!prepare(digest, &h, rq, scope, date))
        return finish(&s, false);
    sign(signature, digest, scope, date);
    wipe_stack();
    put(&s, algorithm);
    put(&s, " Credential=");
    put(&s, scope->access_key);
    put(&s, "/");
    put_scope(&s, scope, date);
    put(&s, ", SignedHeaders=");
    put_signed_headers(&s, &h);
    put(&s, ", Signature=");
    put_hex(&s, signature);
    return finish(&s, true);
}
