/*
 * x509_filter: gives chains of certificates to x509.c and prints its verdicts,
 * for tests/conformance/test_x509.py.
 *
 * Each case on standard input is a line "case HOST SECONDS DEPTH", with the
 * time and the path length of all anchors (-1: as in their certificates), then
 * lines "trust HEX" and "chain HEX", one for each certificate in DER, and a
 * line "end". The output has a line for each case: "accepted", or "name:
 * SENTENCE" if only the host is wrong, or "refused: SENTENCE". Each chain is
 * given whole and byte by byte; the line is "torn" if the results differ, and
 * "another key" if the key is not that of the first certificate.
 */
#include "net/x509.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20, LIST = 256 };

struct decoded {
    unsigned char *p;
    size_t n;
};

static struct decoded trusted[LIST], chain[LIST];
static size_t n_trusted, n_chain;
static struct anchors anchors;

static struct decoded from_hex(const char *hex)
{
    struct decoded b = {malloc(strlen(hex) / 2 + 1), 0};
    unsigned byte;

    while (b.p != NULL && sscanf(hex + 2 * b.n, "%2x", &byte) == 1)
        b.p[b.n++] = (unsigned char)byte;
    return b;
}

/* What the key is made of must outlive the functions that found it. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=1";
}

static bool is_servers_key(const br_x509_pkey *key)
{
    br_x509_pkey own;
    struct cert c;

    cert_read(&c, chain[0].p, chain[0].n);
    cert_key(&c.subject, &own);
    if (key->key_type != own.key_type)
        return false;
    if (key->key_type == BR_KEYTYPE_EC)
        return key->key.ec.curve == own.key.ec.curve &&
            key->key.ec.qlen == own.key.ec.qlen &&
            memcmp(key->key.ec.q, own.key.ec.q, own.key.ec.qlen) == 0;
    return key->key.rsa.nlen == own.key.rsa.nlen &&
        memcmp(key->key.rsa.n, own.key.rsa.n, own.key.rsa.nlen) == 0 &&
        key->key.rsa.elen == own.key.rsa.elen &&
        memcmp(key->key.rsa.e, own.key.rsa.e, own.key.rsa.elen) == 0;
}

static void make_anchors(int64_t now, int depth)
{
    size_t i;

    anchors_free(&anchors);
    for (i = 0; i < n_trusted; i++) {
        struct cert c;

        cert_read(&c, trusted[i].p, trusted[i].n);
        if (depth >= 0 && (unsigned)depth < c.subject.path)
            c.subject.path = (unsigned)depth;
        (void)anchors_add(&anchors, &c, now);
    }
}

static unsigned give(struct x509 *x, size_t piece)
{
    const br_x509_class **class = &x->vtable;
    size_t i, at;

    (*class)->start_chain(class, NULL);
    for (i = 0; i < n_chain; i++) {
        (*class)->start_cert(class, (uint32_t)chain[i].n);
        for (at = 0; at < chain[i].n; at += piece)
            (*class)->append(class, chain[i].p + at, piece < chain[i].n - at
                             ? piece : chain[i].n - at);
        (*class)->end_cert(class);
    }
    return (*class)->end_chain(class);
}

static void judge(const char *host, int64_t now)
{
    struct x509 x;
    char sentence[sizeof x.error];
    const br_x509_pkey *key;
    unsigned error;
    bool same;

    x509_init(&x, &anchors, host, now);
    error = give(&x, SIZE_MAX / 2);
    memcpy(sentence, x.error, sizeof sentence);
    same = give(&x, 1) == error && strcmp(sentence, x.error) == 0;
    key = (*x.vtable).get_pkey((void *)&x.vtable, NULL);
    if (!same)
        printf("torn\n");
    else if ((error == 0) != (key != NULL) ||
             (key != NULL && !is_servers_key(key)))
        printf("another key\n");
    else if (error == 0)
        printf("accepted\n");
    else
        printf("%s: %s\n", error == BR_ERR_X509_BAD_SERVER_NAME ? "name" :
               "refused", sentence);
    x509_free(&x);
}

static void forget(void)
{
    while (n_trusted > 0)
        free(trusted[--n_trusted].p);
    while (n_chain > 0)
        free(chain[--n_chain].p);
}

int main(void)
{
    static char line[ROOM], host[300];
    long long now = 0;
    int depth = -1;

    anchors_init(&anchors);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "case %255s %lld %d", host, &now, &depth) == 3)
            continue;
        if (strncmp(line, "trust ", 6) == 0 && n_trusted < LIST) {
            trusted[n_trusted++] = from_hex(line + 6);
        } else if (strncmp(line, "chain ", 6) == 0 && n_chain < LIST) {
            chain[n_chain++] = from_hex(line + 6);
        } else if (strcmp(line, "end") == 0) {
            make_anchors(now, depth);
            judge(host, now);
            forget();
        } else {
            fprintf(stderr, "x509_filter: unknown line: %.40s\n", line);
            return 1;
        }
    }
    anchors_free(&anchors);
    return fflush(stdout) != 0;
}
