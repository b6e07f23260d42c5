/* tls: see tls.h. BearSSL's own documentation is in its headers. */
#include "net/tls.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

/* ------------------------------------------------------ error sentences */

static const char *const sentences[] = {
    [BR_ERR_UNSUPPORTED_VERSION] = "the server speaks another version than "
        "TLS 1.2, or no TLS at all",
    [BR_ERR_BAD_VERSION] = "the server does not speak TLS on this port, or "
        "changed its version in between",
    [BR_ERR_BAD_LENGTH] = "a TLS record or message has the wrong length",
    [BR_ERR_TOO_LARGE] = "a TLS record is too large, or the server does not "
        "speak TLS on this port",
    [BR_ERR_BAD_MAC] = "a TLS record was damaged or changed on its way",
    [BR_ERR_UNKNOWN_TYPE] = "a TLS record has an unknown type",
    [BR_ERR_UNEXPECTED] = "a TLS message came out of turn",
    [BR_ERR_BAD_CCS] = "a ChangeCipherSpec message is wrong",
    [BR_ERR_BAD_ALERT] = "a TLS alert is wrong",
    [BR_ERR_BAD_HANDSHAKE] = "a TLS handshake message is wrong",
    [BR_ERR_OVERSIZED_ID] = "the TLS session ID is too long",
    [BR_ERR_BAD_CIPHER_SUITE] = "the server chose a cipher suite that was not "
        "offered",
    [BR_ERR_BAD_COMPRESSION] = "the server chose TLS compression",
    [BR_ERR_BAD_FRAGLEN] = "the server changed the record size",
    [BR_ERR_BAD_SECRENEG] = "the server's renegotiation check is wrong",
    [BR_ERR_EXTRA_EXTENSION] = "the server sent a TLS extension that was not "
        "asked for",
    [BR_ERR_BAD_SNI] = "the server's answer about the name is wrong",
    [BR_ERR_BAD_HELLO_DONE] = "the ServerHelloDone message is wrong",
    [BR_ERR_LIMIT_EXCEEDED] = "a key or a message of the server is larger "
        "than supported",
    [BR_ERR_BAD_FINISHED] = "the handshake was changed on its way",
    [BR_ERR_RESUME_MISMATCH] = "the resumed session does not match",
    [BR_ERR_INVALID_ALGORITHM] = "the server uses an algorithm or a curve "
        "that was not offered",
    [BR_ERR_BAD_SIGNATURE] = "the server's key exchange has a wrong signature",
    [BR_ERR_NO_CLIENT_AUTH] = "the server wants a client certificate"
};

/* RFC 5246 section 7.2 and its extensions, without those that answer what is
   never sent here: each one's number, a blank, and what it is. */
static const char alerts[] =
    "10 unexpected_message\0"
    "20 bad_record_mac\0"
    "22 record_overflow\0"
    "40 handshake_failure: no version, cipher suite or signature algorithm in "
        "common\0"
    "42 bad_certificate\0"
    "46 certificate_unknown\0"
    "47 illegal_parameter\0"
    "48 unknown_ca\0"
    "49 access_denied\0"
    "50 decode_error\0"
    "51 decrypt_error\0"
    "70 protocol_version: it does not speak TLS 1.2\0"
    "71 insufficient_security\0"
    "80 internal_error\0"
    "90 user_canceled\0"
    "112 unrecognized_name\0";

static const char *alert_name(int number)
{
    char key[16];
    const char *p;
    const size_t n = (size_t)snprintf(key, sizeof key, "%d ", number);

    for (p = alerts; *p != '\0'; p += strlen(p) + 1)
        if (strncmp(p, key, n) == 0)
            return p + n;
    return "of an unknown kind";
}

/* ---------------------------------------------------------- connections */

/* AES-GCM first where the processor has AES, else ChaCha20-Poly1305. */
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

static void set_hashes(struct tls *t)
{
    static const br_hash_class *const hashes[] = {
        &br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable
    };
    static const int ids[] = {br_sha256_ID, br_sha384_ID, br_sha512_ID};
    size_t i;

    for (i = 0; i < 3; i++)
        br_ssl_engine_set_hash(&t->client.eng, ids[i], hashes[i]);
    br_ssl_engine_set_prf_sha256(&t->client.eng, br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(&t->client.eng, br_tls12_sha384_prf);
}

/* What a closed engine means. */
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

/* Sends some of what the engine has ready. */
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
        return net_fail(t->net, NET_CUT, "TLS: out of turn");
    r = net_read(t->net, p, n, &got);
    if (r == NET_OK)
        br_ssl_engine_recvrec_ack(&t->client.eng, got);
    if (r == NET_END)            /* TCP's end is not TLS's */
        return net_fail(t->net, NET_CUT, "the connection was cut");
    return r;
}

/* Goes on until the engine is in one of the states `want`. */
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

/* Everything that BearSSL has to know before it begins. Of its ways to do one
   thing, the smallest that is good enough: there are few handshakes. */
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
    set_hashes(t);
    x509_init(&t->x509, trust, host,
              clock_seconds());
    br_ssl_engine_set_x509(eng, &t->x509.vtable);
    br_ssl_engine_set_buffer(eng, t->buffer, sizeof t->buffer, 1);
    br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
    clock_random(seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    buf_wipe(seed, sizeof seed);
}

/* How long a session is resumed: a certificate that is replaced, or a root
   that is trusted no more by a peer's new chain, is seen after an hour at the
   latest, and a run of weeks pays for 24 handshakes a day. */
#define SESSION_MAX (3600 * CLOCK_SECOND)

static bool may_resume(const struct tls *t)
{
    return t->session.session_id_len > 0 &&
        clock_now(CLOCK_STEADY) < t->session_end &&
        clock_seconds() <= t->certified;
}

/* Keeps the session of a handshake that succeeded. */
static void keep_session(struct tls *t)
{
    br_ssl_engine_get_session_parameters(&t->client.eng, &t->session);
    if (t->x509.n == 0)          /* resumed: no younger by that */
        return;
    t->session_end = clock_now(CLOCK_STEADY) + SESSION_MAX;
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
    /* an address is no name for SNI (RFC 6066 section 3) */
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
    /* where a session was offered, that may be all that was wrong */
    return r == NET_CUT && error != 0 && !resume ? NET_REFUSED : r;
}

/* Sends what is ready; NET_EARLY once an answer is there. */
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
            /* may also be an alert, or no more than a part of a record */
            r = receive_record(t);
            state = br_ssl_engine_current_state(&t->client.eng);
            if (r == NET_OK && (state & BR_SSL_RECVAPP))
                return NET_EARLY;
        }
        if (r != NET_OK)
            return r;
    }
}

/* Encrypts n bytes and sends them off. */
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
                r = net_fail(tls->net, NET_CUT, "TLS: out of turn");
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
    /* what an alert has ended is not resumed (RFC 5246 section 7.2.2) */
    if (br_ssl_engine_last_error(&tls->client.eng) != 0)
        tls_forget(tls);
    br_ssl_engine_close(&tls->client.eng);
    if (!tls->mute)
        send_all(tls);
    buf_wipe(&tls->client, sizeof tls->client);
}
