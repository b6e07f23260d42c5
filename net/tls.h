/*
 * tls: a TLS 1.2 client over a `struct net`, by BearSSL; and the trust
 * anchors that it believes.
 *
 * Offers ECDHE on NIST's curves, with AEAD ciphers only (RFC 5289, RFC 7905),
 * signatures by SHA-256 and better, no renegotiation, no compression. Whether
 * the server's certificates are believed is for x509.h; there is no way to ask
 * for less. No TLS 1.3, no revocation: BearSSL has neither.
 */
#ifndef TLS_H
#define TLS_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tcp.h"
#include "net/x509.h"

struct tls {
    struct net *net;
    br_ssl_client_context client;
    struct x509 x509;
    bool mute;                   /* nothing is sent any more */
    br_ssl_session_parameters session;   /* to resume, if it has an ID */
    int64_t session_end;         /* not after this: CLOCK_STEADY */
    int64_t certified;           /* nor this: its certificates' end, in s */
    unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
};

/*
 * Shakes hands over the connected `net` as a client of `host`, a name or an
 * address, which the certificate must have. NET_OK, or what went wrong, with
 * the sentence in net->error: NET_REFUSED where the peer cannot be trusted or
 * no terms are found.
 *
 * A `tls` is for one host and one `trust`, and all zero at first. Used again
 * after tls_close, it offers to resume the session that it had (RFC 5246
 * section 7.3), which is one round trip and no signature; a server that will
 * not shakes hands in full. A resumed session shows no certificate: for an
 * hour, or until one of them ends, it is believed for the one that it had.
 */
enum net_result tls_start(struct tls *tls, struct net *net, const char *host,
                          const struct anchors *trust);

/*
 * Writes all n bytes and sends them off. NET_EARLY when the server answered
 * before it had them all: read the answer, then close. What was not sent then,
 * or after an error, never is: a request that failed is not done later.
 */
enum net_result tls_write(struct tls *tls, const void *bytes, size_t n);

/*
 * Waits for decrypted bytes and shows where they are, without a copy; they
 * stay until tls_consume has taken them. NET_END is the server's
 * close_notify, NET_CUT also the end of the connection without one.
 */
enum net_result tls_peek(struct tls *tls, const unsigned char **bytes,
                         size_t *n);
void tls_consume(struct tls *tls, size_t n);

/* Sends close_notify, as far as that goes without waiting, and wipes the
   keys. The `net` stays open, the session is kept. */
void tls_close(struct tls *tls);

/* Wipes the session. */
void tls_forget(struct tls *tls);

#endif
