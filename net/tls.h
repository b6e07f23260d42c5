/*
 * tls: a TLS 1.2 client (RFC 5246) on a connected `struct net`, by BearSSL.
 *
 * It offers ECDHE on the NIST curves with AEAD ciphers (RFC 5289, RFC 7905)
 * and signatures with SHA-256 or better, and nothing else: no renegotiation
 * and no compression. x509.h verifies the server's certificates; no option
 * turns this off. BearSSL has neither TLS 1.3 nor checks of revocation.
 */
#ifndef TLS_H
#define TLS_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tcp.h"
#include "net/x509.h"

/* A connection, and the session that the next one resumes. All zero at first;
   for one host and one list of anchors. */
struct tls {
    struct net *net;
    br_ssl_client_context client;
    struct x509 x509;
    bool mute;                   /* a write has failed: nothing more is sent */
    br_ssl_session_parameters session;   /* none if its ID is empty */
    int64_t session_end;         /* not resumed after this: CLOCK_STEADY */
    int64_t certified;           /* nor after this: x509.until */
    unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
};

/*
 * Makes the handshake with `host`, a name or an address, which must be in the
 * server's certificate. Returns NET_OK, or else sets net->error; NET_REFUSED
 * means that another attempt would fail in the same way, because the peer is
 * not trusted or has no version, cipher suite or algorithm in common.
 *
 * After tls_close it resumes the session of the last connection (RFC 5246
 * section 7.3), which saves a round trip and a signature; if the server
 * declines, the handshake is a full one. A server shows no certificate when it
 * resumes a session, so that a session is resumed for an hour at most, and not
 * after a certificate of its chain has expired.
 */
enum net_result tls_start(struct tls *tls, struct net *net, const char *host,
                          const struct anchors *trust);

/*
 * Encrypts and sends n bytes. NET_EARLY if the server answered before all were
 * sent: read the answer, then close. After any other result than NET_OK
 * nothing more is sent, so that a request that failed is never executed later.
 */
enum net_result tls_write(struct tls *tls, const void *bytes, size_t n);

/*
 * Waits for decrypted bytes and sets a pointer to them; they are valid until
 * tls_consume has taken them. NET_END is the server's close_notify; the end of
 * the connection without one is NET_CUT.
 */
enum net_result tls_peek(struct tls *tls, const unsigned char **bytes,
                         size_t *n);
void tls_consume(struct tls *tls, size_t n);

/* Sends close_notify, if that is possible without waiting, and wipes the keys.
   The `net` stays open, and the session is kept. */
void tls_close(struct tls *tls);

/* Wipes the session. */
void tls_forget(struct tls *tls);

#endif
