/*
 * fuzz_x509: a libFuzzer target for the certificates that a server sends, and
 * the reader of DER under them (x509.c, cert.c, der.c).
 *
 * The first byte says how the rest, a chain, is cut into certificates: each is
 * as long as its outermost element says, or so many bytes. The chain is given
 * whole, byte by byte, and cut anywhere, to engines that must agree; all that
 * a certificate was read into must lie in its bytes. The last one that makes an
 * anchor is one.
 */
#include "net/x509.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 1 << 16 };

static void expect(bool good)
{
    if (!good)
        abort();
}

static const unsigned char *start, *end;

static void check_der(struct der d)
{
    expect(d.p == NULL ? d.n == 0 : d.p >= start && d.p <= end &&
           d.n <= (size_t)(end - d.p));
}

static struct buf anchor, spare;

static void check_cert(const unsigned char *p, size_t n)
{
    struct cert c;
    struct buf last = anchor;
    size_t len;

    start = p;
    end = p + n;
    expect(cert_read(&c, p, n) == (c.fault == NULL));
    check_der(c.tbs);
    check_der(c.issuer);
    check_der(c.subject);
    check_der(c.signature);
    check_der(c.number);
    check_der(c.exponent);
    check_der(c.names);
    check_der(c.constraints);
    check_der(c.key_id);
    check_der(c.issuer_key_id);
    expect(c.fault == NULL || strlen(c.fault) < 60);
    buf_reset(&spare);
    if (x509_add_anchor(&spare, &c, 0) != NULL) {
        expect(spare.len == 0);
        return;
    }
    expect(c.fault == NULL && c.subject.n > 2);
    len = spare.len;             /* the second time it is there already */
    expect(len > 0 && x509_add_anchor(&spare, &c, 0) == NULL);
    expect(spare.len == len);
    anchor = spare;
    spare = last;
}

/* The length of the certificate that comes next. */
static size_t length(const unsigned char *p, size_t n, unsigned how)
{
    struct der in = {p, n}, whole, any;

    if (how < 128 && der_whole(&in, DER_SEQUENCE, &whole, &any))
        return whole.n;
    return how > 128 && (how - 128U) * 8 < n ? (how - 128U) * 8 : n;
}

static unsigned give(struct x509 *x, const unsigned char *p, size_t n,
                     unsigned how, size_t piece)
{
    const br_x509_class **class = &x->vtable;

    (*class)->start_chain(class, "example.com");
    while (n > 0) {
        const size_t len = length(p, n, how);
        size_t at, k;

        (*class)->start_cert(class, (uint32_t)len);
        for (at = 0; at < len; at += k) {
            k = piece < len - at ? piece : len - at;
            (*class)->append(class, p + at, k);
        }
        (*class)->end_cert(class);
        p += len;
        n -= len;
    }
    return (*class)->end_chain(class);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const hosts[] = {"example.com", "10.0.0.1", "::1"};
    static struct x509 whole, other;
    struct der anchors;
    size_t at, len;
    unsigned error, how;

    if (n < 1 || n > MAX)
        return 0;
    how = *data++;
    n--;
    buf_init(&anchor, MAX);
    buf_init(&spare, MAX);
    for (at = 0; at < n; at += len) {
        unsigned char *copy;

        len = length(data + at, n - at, how);
        copy = malloc(len);      /* so that its end is watched */
        expect(copy != NULL);
        memcpy(copy, data + at, len);
        check_cert(copy, len);
        free(copy);
    }
    anchors.p = anchor.data;
    anchors.n = anchor.len;
    x509_init(&whole, anchors, hosts[how % 3], INT64_C(1800000000));
    x509_init(&other, anchors, hosts[how % 3], INT64_C(1800000000));
    error = give(&whole, data, n, how, SIZE_MAX);
    expect((error == 0) == (whole.error[0] == '\0'));
    expect(strlen(whole.error) < sizeof whole.error - 1);
    expect((error != 0) == ((*whole.vtable).get_pkey(
        (const br_x509_class *const *)&whole.vtable, NULL) == NULL));
    for (len = 1; len <= 64; len = len * 3 + 1) {
        expect(give(&other, data, n, how, len) == error);
        expect(strcmp(whole.error, other.error) == 0);
    }
    x509_free(&whole);
    x509_free(&other);
    buf_free(&anchor);
    buf_free(&spare);
    return 0;
}
