/*
 * x509: is this chain of certificates to be believed, for this host, now?
 *
 * An engine for BearSSL (br_x509_class), in the place of its own, which is lax
 * where a client with an account's keys should not be: it takes the common
 * name for the host's, looks at no extendedKeyUsage, lets a CA be a server,
 * knows no addresses, refuses all name constraints, trusts expired roots, and
 * wants the chain in order. Beside it, another reader of the same bytes could
 * add most of that, but not name constraints, which it refuses before; and a
 * check by one reader says little about what another one has read. So this is
 * the only one (with der and cert), and takes from BearSSL what it does best:
 * the hashes and the signatures.
 *
 * It follows RFC 5280 section 6 without policies, RFC 9525 for names, and the
 * strict of both where they leave a choice:
 *
 * - The chain leads from the server's certificate to a trust anchor through
 *   what the server sent, in any order; what is not needed does no harm. All
 *   signatures are verified, each certificate and the anchor is valid now,
 *   each issuer is a CA, within its path length, and may issue for servers
 *   (extendedKeyUsage). A certificate that is itself an anchor, and no CA's,
 *   is enough.
 * - The server's own certificate is for servers and no CA's, and has the host
 *   in its subjectAltName: as iPAddress if it is an address, else as dNSName,
 *   where "*" is the whole first label and at least two more follow, more if
 *   those two are like co.uk. The common name is never looked at.
 * - Name constraints of CAs and anchors hold for all certificates below, for
 *   DNS names, addresses and permitted directory names; a name of a form that
 *   cannot be compared with a constraint of its form is refused.
 *
 * No revocation. At most X509_CERTIFICATES of X509_BYTES in all, X509_CHECKS
 * signatures and X509_COMPARISONS of names.
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

/* One chain. The caller owns it, and frees it when the handshake is done. */
struct x509 {
    const br_x509_class *vtable;
    const struct anchors *anchors;
    const char *host;                /* a name, or an address */
    int64_t now;                     /* seconds since 1970 */
    struct buf bytes;                /* all certificates */
    size_t ends[X509_CERTIFICATES];  /* where each ends in them */
    size_t n;
    bool too_many;
    int64_t until;                   /* when the first of those that lead to
                                        the anchor ends, or a little before */
    br_x509_pkey key;                /* the server's, once it is believed, and
                                        whose name the chain leads to: */
    char signer[128];                /* its common name, else its organization,
                                        else "". Not fit for a terminal */
    char error[128];                 /* a sentence, after a refusal */
};

/* Prepares it for a chain of `host`, which must stay, as the anchors must, and
   is not empty. */
void x509_init(struct x509 *x, const struct anchors *anchors,
               const char *host, int64_t now);
void x509_free(struct x509 *x);

#endif
