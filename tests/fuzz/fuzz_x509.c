/*
 * fuzz_x509: a libFuzzer target for the certificates that a server sends
 * (x509.c) and for the reader of each of them (cert.c).
 *
 * The first byte tells how the other bytes, the chain, are cut into
 * certificates: each is as long as its outermost element says, or has a fixed
 * number of bytes. The chain is given to several engines, whole and in pieces
 * of different sizes; all must come to the same result. Everything that a
 * certificate is read into must lie within its bytes. The last certificate that
 * can be a trust anchor is the only one.
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

/* The bytes of the certificate that is checked. */
static const unsigned char *start, *end;

static void check_der(struct der d)
{
    expect(d.p == NULL ? d.n == 0 : d.p >= start && d.p <= end &&
           d.n <= (size_t)(end - d.p));
}

/* Replaces the anchors if this certificate can be one. */
static void check_anchor(struct anchors *anchors, const struct cert *c)
{
    struct anchors one;

    anchors_init(&one);
    if (anchors_add(&one, c, 0) != NULL) {
        expect(one.n == 0);
        return;
    }
    expect(c->fault == NULL && one.n == 1);
    expect(der_equal(one.list[0].name, c->subject.name));
    expect(der_equal(one.list[0].key, c->subject.key));
    expect(der_equal(one.list[0].constraints, c->subject.constraints));
    expect(anchors_add(&one, c, 0) == NULL && one.n == 1);
    anchors_free(anchors);
    *anchors = one;
}

static void check_cert(struct anchors *anchors, const unsigned char *p,
                       size_t n)
{
    struct cert c;

    start = p;
    end = p + n;
    cert_read(&c, p, n);
    check_der(c.tbs);
    check_der(c.issuer);
    check_der(c.signature);
    check_der(c.subject.name);
    check_der(c.subject.key);
    check_der(c.subject.constraints);
    check_der(c.names);
    check_der(c.key_id);
    check_der(c.issuer_key_id);
    expect(c.fault == NULL || strlen(c.fault) < 60);
    check_anchor(anchors, &c);
}

/* The length of the next certificate. */
static size_t length(const unsigned char *p, size_t n, unsigned how)
{
    struct der in = {p, n}, whole, any;

    if (how < 128 && der_get_whole(&in, DER_SEQUENCE, &whole, &any))
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
    struct anchors anchors;
    size_t at, len;
    unsigned error, how;

    if (n < 1 || n > MAX)
        return 0;
    how = *data++;
    n--;
    anchors_init(&anchors);
    for (at = 0; at < n; at += len) {
        unsigned char *copy;

        len = length(data + at, n - at, how);
        copy = malloc(len);      /* so that a read beyond its end is seen */
        expect(copy != NULL);
        memcpy(copy, data + at, len);
        check_cert(&anchors, copy, len);
        free(copy);
    }
    x509_init(&whole, &anchors, hosts[how % 3], INT64_C(1800000000));
    x509_init(&other, &anchors, hosts[how % 3], INT64_C(1800000000));
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
    anchors_free(&anchors);
    return 0;
}
