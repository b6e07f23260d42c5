/*
 * sigv4.c: AWS Signature Version 4, from a request, keys and a time to the
 * Authorization header.
 *
 * One function for each step of "Create a signed AWS API request" (AWS IAM
 * User Guide): canonical request, string to sign, signing key and signature,
 * header. Whatever leads to a refusal is checked before the secret key is
 * used.
 */
#include "sigv4.h"

#include <bearssl.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum {
    DAY = 8,                         /* bytes of a date, "20150830" */
    STACK_USED = 4096                /* more than the stack frames of
                                        BearSSL's SHA-256 and HMAC need */
};

static const char algorithm[] = "AWS4-HMAC-SHA256";
static const char request_type[] = "aws4_request";

/* Cuts off the bytes before the next separator. *rest becomes what follows
   the separator, or absent if there is none. */
static struct bytes cut(struct bytes *rest, char separator)
{
    const unsigned char *end = memchr(rest->data, separator, rest->len);
    struct bytes piece = *rest;

    if (end == NULL) {
        *rest = bytes_string(NULL);
    } else {
        piece.len = (size_t)(end - rest->data);
        rest->data = end + 1;
        rest->len -= piece.len + 1;
    }
    return piece;
}

/* Percent-encodes all but unreserved characters. With `decode`, "%XX" stands
   for the byte that it means. */
static void add_encoded(struct buf *out, struct bytes text, bool decode)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char *p = text.data + i;
        unsigned char c = *p;

        if (decode && c == '%' && text.len - i > 2 && text_hex(p[1]) >= 0 &&
            text_hex(p[2]) >= 0) {
            c = (unsigned char)(text_hex(p[1]) << 4 | text_hex(p[2]));
            i += 2;
        }
        if (text_is_unreserved(c))
            buf_byte(out, c);
        else
            buf_format(out, "%%%02X", (unsigned)c);
    }
}

static void add_sha256(struct buf *out, struct bytes bytes)
{
    unsigned char digest[br_sha256_SIZE];
    br_sha256_context hash;

    br_sha256_init(&hash);
    br_sha256_update(&hash, bytes.data, bytes.len);
    br_sha256_out(&hash, digest);
    buf_hex(out, digest, sizeof digest);
}

/* ---- the canonical path and query ---- */

static void add_path(struct buf *out, const char *path)
{
    const size_t start = out->len;
    struct bytes segment = bytes_string(""), rest = bytes_string(path);

    cut(&rest, '/');                 /* nothing is before the first slash */
    while (rest.data != NULL) {
        segment = cut(&rest, '/');
        if (bytes_is(segment, "..")) {
            while (out->len > start && out->data[--out->len] != '/')
                ;
        } else if (segment.len > 0 && !bytes_is(segment, ".")) {
            buf_byte(out, '/');
            add_encoded(out, segment, false);
        }
    }
    if (segment.len == 0 || out->len == start)
        buf_byte(out, '/');
}

struct parameter {
    const char *name, *value;        /* encoded */
};

static bool is_before(const struct parameter *a, const struct parameter *b)
{
    const int order = strcmp(a->name, b->name);

    return order != 0 ? order < 0 : strcmp(a->value, b->value) < 0;
}

/* Appends the encoded name and value of each parameter, each with a NUL.
   Returns how many parameters there are. */
static size_t encode_parameters(struct buf *encoded, const char *query)
{
    struct bytes rest = bytes_string(query);
    size_t n = 0;

    while (rest.data != NULL) {
        struct bytes value = cut(&rest, '&'), name;

        if (value.len == 0)
            continue;
        name = cut(&value, '=');
        add_encoded(encoded, name, true);
        buf_byte(encoded, '\0');
        add_encoded(encoded, value, true);
        buf_byte(encoded, '\0');
        n++;
    }
    return n;
}

/* False if there are too many parameters. */
static bool add_query(struct buf *out, const char *query)
{
    struct parameter sorted[SIGV4_MAX_PARAMETERS];
    struct buf encoded;
    const char *next;
    size_t n, i, k;
    bool good;

    buf_init(&encoded, SIGV4_MAX_TEXT);
    n = encode_parameters(&encoded, query);
    good = n <= SIGV4_MAX_PARAMETERS && !encoded.failed;
    next = (const char *)encoded.data;
    for (i = 0; good && i < n; i++) {
        struct parameter p = {next, next + strlen(next) + 1};

        next = p.value + strlen(p.value) + 1;
        for (k = i; k > 0 && is_before(&p, &sorted[k - 1]); k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = p;
    }
    for (i = 0; good && i < n; i++) {
        if (i > 0)
            buf_byte(out, '&');
        buf_str(out, sorted[i].name);
        buf_byte(out, '=');
        buf_str(out, sorted[i].value);
    }
    buf_free(&encoded);
    return good;
}

/* ---- the canonical headers ---- */

struct headers {
    const struct sigv4_header *sorted[SIGV4_MAX_HEADERS];
    size_t n;
};

/* Has the value no control character except tab and folds (RFC 7230, section
   3.2.4)? */
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

/* Sorts by name; equal names keep their order. False if there are too many
   headers, or one that cannot be sent. */
static bool sort_headers(struct headers *h, const struct sigv4_request *rq)
{
    h->n = 0;
    if (rq->n_headers > SIGV4_MAX_HEADERS)
        return false;
    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct sigv4_header *header = &rq->headers[i];
        size_t k;

        if (!text_is_token(header->name, strlen(header->name)) ||
            !is_field_value(header->value))
            return false;
        for (k = h->n++; k > 0; k--) {
            if (strcasecmp(header->name, h->sorted[k - 1]->name) >= 0)
                break;
            h->sorted[k] = h->sorted[k - 1];
        }
        h->sorted[k] = header;
    }
    return true;
}

/* The value of the only header with this name; NULL if there is not one. */
static const char *find_header(const struct sigv4_request *rq,
                               const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < rq->n_headers; i++) {
        if (strcasecmp(rq->headers[i].name, name) != 0)
            continue;
        if (value != NULL)
            return NULL;
        value = rq->headers[i].value;
    }
    return value;
}

static void add_lower(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++)
        buf_byte(out, (unsigned char)(*name >= 'A' && *name <= 'Z'
                                      ? *name - 'A' + 'a' : *name));
}

/* The value, without white space at its ends and with single spaces. */
static void add_trimmed(struct buf *out, const char *value)
{
    static const char white[] = " \t\r\n";
    const char *between = "";

    value += strspn(value, white);
    while (*value != '\0') {
        const size_t n = strcspn(value, white);

        buf_str(out, between);
        buf_add(out, value, n);
        value += n;
        value += strspn(value, white);
        between = " ";
    }
}

static void add_headers(struct buf *out, const struct headers *h)
{
    const char *last = "";           /* no header has an empty name */

    for (size_t i = 0; i < h->n; i++) {
        const char *name = h->sorted[i]->name;

        if (strcasecmp(name, last) == 0) {
            buf_byte(out, ',');
        } else {
            buf_str(out, i > 0 ? "\n" : "");
            add_lower(out, name);
            buf_byte(out, ':');
        }
        add_trimmed(out, h->sorted[i]->value);
        last = name;
    }
    buf_byte(out, '\n');
}

static void add_signed_headers(struct buf *out, const struct headers *h)
{
    const char *last = "";

    for (size_t i = 0; i < h->n; i++) {
        const char *name = h->sorted[i]->name;

        if (strcasecmp(name, last) == 0)
            continue;
        buf_str(out, i > 0 ? ";" : "");
        add_lower(out, name);
        last = name;
    }
}

/* ---- step 1: the canonical request ---- */

bool sigv4_canonical_request(const struct sigv4_request *rq, struct buf *out)
{
    struct headers h;

    if (!text_is_token(rq->method, strlen(rq->method)) ||
        (*rq->path != '/' && *rq->path != '\0') || !sort_headers(&h, rq) ||
        find_header(rq, "host") == NULL ||
        find_header(rq, "x-amz-date") == NULL)
        return false;
    buf_str(out, rq->method);
    buf_byte(out, '\n');
    add_path(out, rq->path);
    buf_byte(out, '\n');
    if (!add_query(out, rq->query))
        return false;
    buf_byte(out, '\n');
    add_headers(out, &h);
    buf_byte(out, '\n');
    add_signed_headers(out, &h);
    buf_byte(out, '\n');
    add_sha256(out, rq->payload);
    return !out->failed;
}

/* ---- steps 2 and 3: the string to sign ---- */

/* Can the text be a part of a credential scope, which "/" separates? */
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

static void add_scope(struct buf *out, const struct sigv4_scope *scope,
                      const char *date)
{
    buf_add(out, date, DAY);
    buf_byte(out, '/');
    buf_str(out, scope->region);
    buf_byte(out, '/');
    buf_str(out, scope->service);
    buf_byte(out, '/');
    buf_str(out, request_type);
}

bool sigv4_string_to_sign(const struct sigv4_request *rq,
                          const struct sigv4_scope *scope, const char *date,
                          struct buf *out)
{
    struct buf canonical;
    bool good;

    if (!is_part(scope->access_key) || !is_part(scope->region) ||
        !is_part(scope->service) || !is_date(date))
        return false;
    buf_init(&canonical, SIGV4_MAX_TEXT);
    good = sigv4_canonical_request(rq, &canonical) &&
        strcmp(find_header(rq, "x-amz-date"), date) == 0;
    if (good) {
        buf_str(out, algorithm);
        buf_byte(out, '\n');
        buf_str(out, date);
        buf_byte(out, '\n');
        add_scope(out, scope, date);
        buf_byte(out, '\n');
        add_sha256(out, (struct bytes){canonical.data, canonical.len});
    }
    buf_free(&canonical);
    return good && !out->failed;
}

/* ---- step 4: the signing key and the signature ---- */

/* Everything that is derived from the secret key, so as to be wiped at
   once. */
struct signer {
    char secret[4 + SIGV4_MAX_SECRET];
    br_hmac_key_context key;
    br_hmac_context hmac;
    struct sigv4_key derived;
};

static void begin_hmac(struct signer *g, const void *key, size_t n)
{
    br_hmac_key_init(&g->key, &br_sha256_vtable, key, n);
    br_hmac_init(&g->hmac, &g->key, 0);
}

/* Derives the signing key of the date's day, and begins an HMAC with it. */
static void derive_key(struct signer *g, const struct sigv4_scope *scope,
                       const char *date)
{
    const struct bytes steps[] = {
        {(const unsigned char *)date, DAY}, bytes_string(scope->region),
        bytes_string(scope->service), bytes_string(request_type)
    };
    const size_t n = strlen(scope->secret_key);

    memcpy(g->secret, "AWS4", 4);
    memcpy(g->secret + 4, scope->secret_key, n);
    begin_hmac(g, g->secret, 4 + n);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        br_hmac_update(&g->hmac, steps[i].data, steps[i].len);
        br_hmac_out(&g->hmac, g->derived.bytes);
        begin_hmac(g, g->derived.bytes, sizeof g->derived.bytes);
    }
    memcpy(g->derived.day, date, DAY);
}

static __attribute__((noinline)) void
sign(unsigned char signature[br_sha256_SIZE], const struct buf *to_sign,
     const struct sigv4_scope *scope, const char *date)
{
    struct signer g;

    if (scope->key != NULL && memcmp(scope->key->day, date, DAY) == 0) {
        begin_hmac(&g, scope->key->bytes, sizeof scope->key->bytes);
    } else {
        derive_key(&g, scope, date);
        if (scope->key != NULL)
            *scope->key = g.derived;
    }
    br_hmac_update(&g.hmac, to_sign->data, to_sign->len);
    br_hmac_out(&g.hmac, signature);
    buf_wipe(&g, sizeof g);
}

/* BearSSL leaves padded keys and hash states in its own stack frames. They
   were where the frame of this function is. */
static __attribute__((noinline)) void wipe_stack(void)
{
    unsigned char frames[STACK_USED];

    buf_wipe(frames, sizeof frames);
}

/* ---- step 5: the header ---- */

static void add_authorization(struct buf *out, const struct sigv4_request *rq,
                              const struct sigv4_scope *scope,
                              const char *date,
                              const unsigned char signature[br_sha256_SIZE])
{
    struct headers h;

    buf_str(out, algorithm);
    buf_str(out, " Credential=");
    buf_str(out, scope->access_key);
    buf_byte(out, '/');
    add_scope(out, scope, date);
    buf_str(out, ", SignedHeaders=");
    sort_headers(&h, rq);
    add_signed_headers(out, &h);
    buf_str(out, ", Signature=");
    buf_hex(out, signature, br_sha256_SIZE);
}

size_t sigv4_authorization(const struct sigv4_request *rq,
                           const struct sigv4_scope *scope, const char *date,
                           char *out, size_t size)
{
    const size_t secret = strlen(scope->secret_key);
    struct buf to_sign, header;
    size_t n = 0;

    buf_init(&to_sign, SIGV4_MAX_TEXT);
    buf_init(&header, size - 1);
    if (secret > 0 && secret <= SIGV4_MAX_SECRET &&
        sigv4_string_to_sign(rq, scope, date, &to_sign)) {
        unsigned char signature[br_sha256_SIZE];

        sign(signature, &to_sign, scope, date);
        wipe_stack();
        add_authorization(&header, rq, scope, date, signature);
        if (!header.failed) {
            n = header.len;
            memcpy(out, header.data, n);
        }
    }
    out[n] = '\0';
    buf_free(&to_sign);
    buf_free(&header);
    return n;
}
