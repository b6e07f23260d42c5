/*
 * tls.c: a TLS client whose records go through a `struct net`.
 *
 * BearSSL's engine is a state machine without I/O. advance() and send_all()
 * move records between it and the socket until it is in the state that the
 * caller waits for. BearSSL's documentation is in its headers.
 */
#include "net/tls.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

/* ------------------------------------------------------ error sentences */

static const char *const sentences[] = {
    [BR_ERR_UNSUPPORTED_VERSION] = "the server speaks a TLS version other "
        "than 1.2, or does not speak TLS",
    [BR_ERR_BAD_VERSION] = "the server does not speak TLS on this port, or "
        "changed the TLS version",
    [BR_ERR_BAD_LENGTH] = "a TLS record or message has the wrong length",
    [BR_ERR_TOO_LARGE] = "a TLS record is too large, or the server does not "
        "speak TLS on this port",
    [BR_ERR_BAD_MAC] = "a TLS record was corrupted or altered in transit",
    [BR_ERR_UNKNOWN_TYPE] = "a TLS record has an unknown type",
    [BR_ERR_UNEXPECTED] = "a TLS message arrived out of order",
    [BR_ERR_BAD_CCS] = "a ChangeCipherSpec message is malformed",
    [BR_ERR_BAD_ALERT] = "a TLS alert is malformed",
    [BR_ERR_BAD_HANDSHAKE] = "a TLS handshake message is malformed",
    [BR_ERR_OVERSIZED_ID] = "the TLS session ID is too long",
    [BR_ERR_BAD_CIPHER_SUITE] = "the server chose a cipher suite that was not "
        "offered",
    [BR_ERR_BAD_COMPRESSION] = "the server chose TLS compression, which was "
        "not offered",
    [BR_ERR_BAD_FRAGLEN] = "the server changed the maximum fragment length",
    [BR_ERR_BAD_SECRENEG] = "the server's renegotiation_info extension is "
        "wrong",
    [BR_ERR_EXTRA_EXTENSION] = "the server sent a TLS extension that was not "
        "requested",
    [BR_ERR_BAD_SNI] = "the server's server_name extension is wrong",
    [BR_ERR_BAD_HELLO_DONE] = "the ServerHelloDone message is malformed",
    [BR_ERR_LIMIT_EXCEEDED] = "the server sent a key or a message that is "
        "larger than supported",
    [BR_ERR_BAD_FINISHED] = "the handshake was altered in transit",
    [BR_ERR_RESUME_MISMATCH] = "the server changed the parameters of the "
        "resumed session",
    [BR_ERR_INVALID_ALGORITHM] = "the server uses an algorithm or a curve "
        "that was not offered",
    [BR_ERR_BAD_SIGNATURE] = "the server's key exchange has an invalid "
        "signature",
    [BR_ERR_NO_CLIENT_AUTH] = "the server requires a client certificate"
};

/* RFC 5246 section 7.2 and its extensions, except the alerts about things that
   this client never sends. */
static const struct {
    int number;
    const char *name;
} alerts[] = {
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure: no version, cipher suite or signature algorithm "
         "in common"},
    {42, "bad_certificate"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version: it does not speak TLS 1.2"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {90, "user_canceled"},
    {112, "unrecognized_name"}
};

static const char *alert_name(int number)
{
    size_t i;

    for (i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        if (alerts[i].number == number)
            return alerts[i].name;
    return "unknown";
}

/* ---------------------------------------------------------- connections */

/* Prefers AES-GCM if the processor has instructions for AES, or else
   ChaCha20-Poly1305. */
static void set_suites(br_ssl_engine_context *eng)
{
    static const uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    };
    bool aes = br_aes_x86ni_ctr_get_vtable() != NULL &&
        br_ghash_pclmul_get() != 0;

    /* six from the third on, or from the first on */
    br_ssl_engine_set_suites(eng, aes ? suites + 2 : suites, 6);
    br_ssl_engine_set_default_aes_gcm(eng);
    br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable,
                             &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul_run);
#ifdef __SSE2__
    br_ssl_engine_set_chacha20(eng, br_chacha20_sse2_run);
#else
    br_ssl_engine_set_chacha20(eng, br_chacha20_ct_run);
#endif
}

/* The result and the sentence for an engine that is closed. */
static enum net_result ended(struct tls *t)
{
    const int error = br_ssl_engine_last_error(&t->client.eng);
    const int alert = error % BR_ERR_RECV_FATAL_ALERT;
    const char *sentence = NULL;

    if (error == 0)
        return net_fail(t->net, NET_END, "the connection was closed");
    if (t->x509.error[0] != '\0')
        sentence = t->x509.error;
    else if ((size_t)error < sizeof sentences / sizeof sentences[0])
        sentence = sentences[error];
    if (sentence != NULL)
        return net_fail(t->net, NET_CUT, "TLS: %s", sentence);
    if (error == alert)
        return net_fail(t->net, NET_CUT, "TLS: BearSSL error %d", error);
    return net_fail(t->net, NET_CUT, "TLS: %s (alert %d, %s)",
                    error < BR_ERR_SEND_FATAL_ALERT ? "the server refused" :
                    "refused what the server sent", alert, alert_name(alert));
}

/* Sends some bytes of the records that are ready. */
static enum net_result send_record(struct tls *t, bool alert)
{
    size_t n, sent = 0;
    unsigned char *p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
    enum net_result r = net_write(t->net, p, n, &sent, alert);

    if (r == NET_OK)
        br_ssl_engine_sendrec_ack(&t->client.eng, sent);
    return r;
}

static enum net_result receive_record(struct tls *t)
{
    size_t n, got = 0;
    unsigned char *p = br_ssl_engine_recvrec_buf(&t->client.eng, &n);
    enum net_result r;

    if (p == NULL)
        return net_fail(t->net, NET_CUT, "TLS: the engine is in a wrong state");
    r = net_read(t->net, p, n, &got);
    if (r == NET_OK)
        br_ssl_engine_recvrec_ack(&t->client.eng, got);
    if (r == NET_END)            /* without a close_notify */
        return net_fail(t->net, NET_CUT, "the connection was cut off");
    return r;
}

/* Sends and receives until the engine is in one of the states `want`. */
static enum net_result advance(struct tls *t, unsigned want)
{
    for (;;) {
        unsigned state = br_ssl_engine_current_state(&t->client.eng);
        enum net_result r;

        if (state & BR_SSL_CLOSED)
            return ended(t);
        if (state & want)
            return NET_OK;
        r = state & BR_SSL_SENDREC && !t->mute ? send_record(t, false)
                                               : receive_record(t);
        if (r != NET_OK)
            return r;
    }
}

/* Configures the engine. Among BearSSL's implementations of an algorithm,
   those of elliptic curves, RSA and hashes are the small ones: handshakes are
   rare. */
static void set_up(struct tls *t, const struct anchors *trust,
                   const char *host)
{
    br_ssl_engine_context *eng = &t->client.eng;
    unsigned char seed[32];

    br_ssl_client_zero(&t->client);
    br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
    set_suites(eng);
    br_ssl_engine_set_ec(eng, &br_ec_prime_i31);
    br_ssl_engine_set_rsavrfy(eng, br_rsa_i31_pkcs1_vrfy);
    br_ssl_engine_set_ecdsa(eng, br_ecdsa_i31_vrfy_asn1);
    br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
    br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
    br_ssl_engine_set_prf_sha256(eng, br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(eng, br_tls12_sha384_prf);
    x509_init(&t->x509, trust, host, clock_seconds());
    br_ssl_engine_set_x509(eng, &t->x509.vtable);
    br_ssl_engine_set_buffer(eng, t->buffer, sizeof t->buffer, 1);
    br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
    clock_random(seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    buf_wipe(seed, sizeof seed);
}

/* How long a session is resumed. A certificate that was replaced, or an issuer
   that is no longer trusted, is noticed after an hour at the latest, and a run
   of weeks has 24 full handshakes a day. */
static const int64_t session_max = 3600 * CLOCK_SECOND;

static bool may_resume(const struct tls *t)
{
    return t->session.session_id_len > 0 &&
        clock_now(CLOCK_STEADY) < t->session_end &&
        clock_seconds() <= t->certified;
}

/* Keeps the session of a handshake that has succeeded. */
static void keep_session(struct tls *t)
{
    br_ssl_engine_get_session_parameters(&t->client.eng, &t->session);
    if (t->x509.n == 0)          /* resumed: the times stay */
        return;
    t->session_end = clock_now(CLOCK_STEADY) + session_max;
    t->certified = t->x509.until;
}

void tls_forget(struct tls *tls)
{
    buf_wipe(&tls->session, sizeof tls->session);
}

enum net_result tls_start(struct tls *tls, struct net *net, const char *host,
                          const struct anchors *trust)
{
    unsigned char any[16];
    char name[256];
    size_t n = strlen(host);
    bool resume = may_resume(tls);
    enum net_result r;
    int error;

    tls->net = net;
    tls->mute = false;
    if (n > 0 && host[n - 1] == '.')     /* RFC 6066 section 3 */
        n--;
    if (n == 0 || n >= sizeof name)
        return net_fail(net, NET_CUT, "TLS: no host name to check");
    memcpy(name, host, n);
    name[n] = '\0';
    set_up(tls, trust, name);
    br_ssl_engine_set_session_parameters(&tls->client.eng, &tls->session);
    /* no SNI for addresses (RFC 6066 section 3) */
    if (br_ssl_client_reset(&tls->client, net_address(any, name) > 0 ? NULL
                            : name, resume))
        r = advance(tls, BR_SSL_SENDAPP);
    else
        r = ended(tls);
    error = br_ssl_engine_last_error(&tls->client.eng);
    x509_free(&tls->x509);
    if (r == NET_OK) {
        keep_session(tls);
        return r;
    }
    tls_forget(tls);
    buf_wipe(&tls->client, sizeof tls->client);
    /* if a session was offered, a full handshake may succeed */
    return r == NET_CUT && error != 0 && !resume ? NET_REFUSED : r;
}

/* Sends all records that are ready. NET_EARLY once an answer has arrived. */
static enum net_result send_all(struct tls *t)
{
    for (;;) {
        unsigned state = br_ssl_engine_current_state(&t->client.eng);
        enum net_result r;

        if (state & BR_SSL_CLOSED)
            return ended(t);
        if (!(state & BR_SSL_SENDREC))
            return NET_OK;
        r = send_record(t, (state & BR_SSL_RECVREC) != 0);
        if (r == NET_EARLY) {
            /* it can also be an alert, or part of a record */
            r = receive_record(t);
            state = br_ssl_engine_current_state(&t->client.eng);
            if (r == NET_OK && (state & BR_SSL_RECVAPP))
                return NET_EARLY;
        }
        if (r != NET_OK)
            return r;
    }
}

static enum net_result write_all(struct tls *tls, const unsigned char *p,
                                 size_t n)
{
    while (n > 0) {
        size_t room;
        unsigned char *to;

        to = br_ssl_engine_sendapp_buf(&tls->client.eng, &room);
        if (to == NULL) {
            enum net_result r = send_all(tls);

            if (r == NET_OK &&
                br_ssl_engine_sendapp_buf(&tls->client.eng, &room) == NULL)
                r = net_fail(tls->net, NET_CUT, "TLS: the engine is in a "
                             "wrong state");
            if (r != NET_OK)
                return r;
            continue;
        }
        if (room > n)
            room = n;
        memcpy(to, p, room);
        br_ssl_engine_sendapp_ack(&tls->client.eng, room);
        p += room;
        n -= room;
    }
    br_ssl_engine_flush(&tls->client.eng, 0);
    return send_all(tls);
}

enum net_result tls_write(struct tls *tls, const void *bytes, size_t n)
{
    enum net_result r = tls->mute ? NET_CUT : write_all(tls, bytes, n);

    tls->mute = r != NET_OK;
    return r;
}

enum net_result tls_peek(struct tls *tls, const unsigned char **bytes,
                         size_t *n)
{
    enum net_result r = advance(tls, BR_SSL_RECVAPP);

    if (r == NET_OK)
        *bytes = br_ssl_engine_recvapp_buf(&tls->client.eng, n);
    return r;
}

void tls_consume(struct tls *tls, size_t n)
{
    if (n > 0)
        br_ssl_engine_recvapp_ack(&tls->client.eng, n);
}

void tls_close(struct tls *tls)
{
    tls->net->wait = 0;
    /* a session that ended with an alert is not resumed (RFC 5246 section
       7.2.2) */
    if (br_ssl_engine_last_error(&tls->client.eng) != 0)
        tls_forget(tls);
    br_ssl_engine_close(&tls->client.eng);
    if (!tls->mute)
        send_all(tls);
    buf_wipe(&tls->client, sizeof tls->client);
}
