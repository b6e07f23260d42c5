/*
 * x509: decides whether the chain of certificates that a server sends is
 * trusted, for this host and at this time.
 *
 * This is an engine for BearSSL (br_x509_class) in the place of BearSSL's own,
 * which is too lenient for a client that has an account's keys: it accepts the
 * common name as the host, ignores extendedKeyUsage, accepts a CA certificate
 * as a server's, does not know IP addresses, refuses all name constraints,
 * trusts roots that have expired, and requires the chain to be in order. A
 * second reader of the same bytes could add most of this to BearSSL's, but not
 * the name constraints, which BearSSL refuses first; and a check by one reader
 * proves little about what another one has read. This engine is therefore the
 * only one (with cert.h). It takes the hashes and the signatures from BearSSL.
 *
 * It follows RFC 5280 section 6, without policies, and RFC 9525 for names.
 * Where they leave a choice, it is strict:
 *
 * - The chain leads from the server's certificate to a trust anchor, through
 *   the certificates that the server sent, in any order; those that are not
 *   needed do no harm. All signatures are verified. Each certificate and the
 *   anchor are valid now. Each issuer is a CA within its path length that may
 *   issue certificates for servers (extendedKeyUsage). A server's certificate
 *   that is itself an anchor, and not a CA's, is sufficient.
 * - The server's own certificate is for servers, is not a CA's, and has the
 *   host in its subjectAltName: an address as iPAddress, a name as dNSName. In
 *   a dNSName "*" is the whole first label, and two more labels follow, or
 *   three if the last two are like co.uk. The common name is not compared.
 * - The name constraints of CAs and anchors apply to all certificates below
 *   them: to DNS names, addresses and directory names. A name of another form
 *   that has a constraint is refused.
 *
 * Revocation is not checked. A chain has at most X509_CERTIFICATES with
 * X509_BYTES; X509_CHECKS signatures are verified, and X509_COMPARISONS names
 * compared.
 */
#ifndef X509_H
#define X509_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/anchors.h"

enum {
    X509_CERTIFICATES = 16,
    X509_BYTES = 64 << 10,
    X509_CHECKS = 64,
    X509_COMPARISONS = 100000
};

/* One chain. */
struct x509 {
    const br_x509_class *vtable;
    const struct anchors *anchors;
    const char *host;                /* a name, or an address */
    int64_t now;                     /* seconds since 1970 */
    struct buf bytes;                /* all certificates */
    size_t ends[X509_CERTIFICATES];  /* the end of each in `bytes` */
    size_t n;
    bool too_many;
    int64_t until;                   /* the first end of a validity among all
                                        certificates that were considered */
    struct anchor server;            /* once it is trusted, the subject of its
                                        certificate, and */
    br_x509_pkey key;                /* its key, which points into it */
    char signer[128];                /* common name, or else organization, of
                                        the anchor; "" if it has neither. Not
                                        safe to print */
    char error[128];                 /* a sentence, after a refusal */
};

/* Prepares for a chain of `host`, which is not empty. The host and the anchors
   must stay until x509_free, which the caller calls after the handshake. */
void x509_init(struct x509 *x, const struct anchors *anchors,
               const char *host, int64_t now);
void x509_free(struct x509 *x);

#endif
