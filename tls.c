/* tls: see tls.h. BearSSL's own documentation is in its headers. */
#include "tls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"

/* ------------------------------------------------------ error sentences */

static const struct {
    int number;
    const char *sentence;
} sentences[] = {
    {BR_ERR_BAD_PARAM, "a TLS parameter is out of range"},
    {BR_ERR_BAD_STATE, "TLS was used in the wrong state"},
    {BR_ERR_UNSUPPORTED_VERSION, "the server speaks another version than "
        "TLS 1.2, or no TLS at all"},
    {BR_ERR_BAD_VERSION, "the server does not speak TLS on this port, or "
        "changed its version in between"},
    {BR_ERR_BAD_LENGTH, "a TLS message has the wrong length"},
    {BR_ERR_TOO_LARGE, "a TLS record is too large, or the server does not "
        "speak TLS on this port"},
    {BR_ERR_BAD_MAC, "a TLS record was damaged or changed on its way"},
    {BR_ERR_NO_RANDOM, "the system has no randomness"},
    {BR_ERR_UNKNOWN_TYPE, "a TLS record has an unknown type"},
    {BR_ERR_UNEXPECTED, "a TLS message came out of turn"},
    {BR_ERR_BAD_CCS, "a ChangeCipherSpec message is wrong"},
    {BR_ERR_BAD_ALERT, "a TLS alert is wrong"},
    {BR_ERR_BAD_HANDSHAKE, "a TLS handshake message is wrong"},
    {BR_ERR_OVERSIZED_ID, "the TLS session ID is too long"},
    {BR_ERR_BAD_CIPHER_SUITE, "the server chose a cipher suite that was not "
        "offered"},
    {BR_ERR_BAD_COMPRESSION, "the server chose TLS compression"},
    {BR_ERR_BAD_FRAGLEN, "the server changed the record size"},
    {BR_ERR_BAD_SECRENEG, "the server's renegotiation check is wrong"},
    {BR_ERR_EXTRA_EXTENSION, "the server sent a TLS extension that was not "
        "asked for"},
    {BR_ERR_BAD_SNI, "the server's answer about the name is wrong"},
    {BR_ERR_BAD_HELLO_DONE, "the ServerHelloDone message is wrong"},
    {BR_ERR_LIMIT_EXCEEDED, "a key or a message of the server is larger than "
        "supported"},
    {BR_ERR_BAD_FINISHED, "the handshake was changed on its way"},
    {BR_ERR_RESUME_MISMATCH, "the resumed session does not match"},
    {BR_ERR_INVALID_ALGORITHM, "the server uses an algorithm or a curve that "
        "was not offered"},
    {BR_ERR_BAD_SIGNATURE, "the server's key exchange has a wrong signature"},
    {BR_ERR_WRONG_KEY_USAGE, "the certificate's key must not be used for "
        "this"},
    {BR_ERR_NO_CLIENT_AUTH, "the server wants a client certificate"},
    {BR_ERR_IO, "the connection was cut"},
    {BR_ERR_X509_INVALID_VALUE, "the certificate has an invalid value"},
    {BR_ERR_X509_TRUNCATED, "the certificate is cut short"},
    {BR_ERR_X509_EMPTY_CHAIN, "the server sent no certificate"},
    {BR_ERR_X509_INNER_TRUNC, "the certificate is damaged (inner end)"},
    {BR_ERR_X509_BAD_TAG_CLASS, "the certificate is damaged (tag class)"},
    {BR_ERR_X509_BAD_TAG_VALUE, "the certificate is damaged (tag)"},
    {BR_ERR_X509_INDEFINITE_LENGTH, "the certificate is not DER"},
    {BR_ERR_X509_EXTRA_ELEMENT, "the certificate has an extra element"},
    {BR_ERR_X509_UNEXPECTED, "the certificate has an unexpected element"},
    {BR_ERR_X509_NOT_CONSTRUCTED, "the certificate is damaged (constructed)"},
    {BR_ERR_X509_NOT_PRIMITIVE, "the certificate is damaged (primitive)"},
    {BR_ERR_X509_PARTIAL_BYTE, "the certificate is damaged (bit string)"},
    {BR_ERR_X509_BAD_BOOLEAN, "the certificate is damaged (boolean)"},
    {BR_ERR_X509_OVERFLOW, "the certificate has a number out of range"},
    {BR_ERR_X509_BAD_DN, "the certificate has a wrong name structure"},
    {BR_ERR_X509_BAD_TIME, "the certificate has a wrong date"},
    {BR_ERR_X509_UNSUPPORTED, "the certificate uses something unsupported"},
    {BR_ERR_X509_LIMIT_EXCEEDED, "the certificate is larger than supported"},
    {BR_ERR_X509_WRONG_KEY_TYPE, "the certificate has the wrong kind of key"},
    {BR_ERR_X509_BAD_SIGNATURE, "the certificate's signature is wrong"},
    {BR_ERR_X509_TIME_UNKNOWN, "the time is not known"},
    {BR_ERR_X509_EXPIRED, "the certificate is expired or not yet valid"},
    {BR_ERR_X509_DN_MISMATCH, "the certificates do not form a chain"},
    {BR_ERR_X509_BAD_SERVER_NAME, "the certificate is for another name"},
    {BR_ERR_X509_CRITICAL_EXTENSION, "the certificate has a critical "
        "extension that is not supported"},
    {BR_ERR_X509_NOT_CA, "a certificate of the chain is not a CA's"},
    {BR_ERR_X509_FORBIDDEN_KEY_USAGE, "the certificate forbids this use"},
    {BR_ERR_X509_WEAK_PUBLIC_KEY, "the certificate's key is too short"},
    {BR_ERR_X509_NOT_TRUSTED, "the certificate does not lead to a trusted "
        "root (--cacert FILE adds one)"}
};

/* RFC 5246 section 7.2 and its extensions. */
static const struct {
    int number;
    const char *name;
} alerts[] = {
    {10, "unexpected_message"}, {20, "bad_record_mac"},
    {22, "record_overflow"}, {40, "handshake_failure: no cipher suite or "
        "signature algorithm in common"},
    {42, "bad_certificate"}, {43, "unsupported_certificate"},
    {44, "certificate_revoked"}, {45, "certificate_expired"},
    {46, "certificate_unknown"}, {47, "illegal_parameter"},
    {48, "unknown_ca"}, {49, "access_denied"}, {50, "decode_error"},
    {51, "decrypt_error"}, {70, "protocol_version: it does not speak TLS 1.2"},
    {71, "insufficient_security"}, {80, "internal_error"},
    {86, "inappropriate_fallback"}, {90, "user_canceled"},
    {109, "missing_extension"}, {112, "unrecognized_name"},
    {116, "certificate_required"}, {120, "no_application_protocol"}
};

static const char *alert_name(int number)
{
    size_t i;

    for (i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
        if (alerts[i].number == number)
            return alerts[i].name;
    return "of an unknown kind";
}

const char *tls_sentence(int error, char *space, size_t size)
{
    size_t i;

    for (i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if (sentences[i].number == error)
            return sentences[i].sentence;
    if (error > BR_ERR_SEND_FATAL_ALERT && error < 768)
        snprintf(space, size, "refused what the server sent (alert %d, %s)",
                 error - BR_ERR_SEND_FATAL_ALERT,
                 alert_name(error - BR_ERR_SEND_FATAL_ALERT));
    else if (error > BR_ERR_RECV_FATAL_ALERT)
        snprintf(space, size, "the server refused (alert %d, %s)",
                 error - BR_ERR_RECV_FATAL_ALERT,
                 alert_name(error - BR_ERR_RECV_FATAL_ALERT));
    else
        snprintf(space, size, "BearSSL error %d", error);
    return space;
}

/* -------------------------------------------------------- trust anchors */

enum {
    ANCHORS_MAX = 4096,
    ANCHOR_BYTES_MAX = 4 << 20,  /* names and keys of all anchors */
    BUNDLE_MAX = 16 << 20,       /* bytes of one file */
    SUBJECT_MAX = 4096           /* bytes of a distinguished name */
};

void tls_trust_init(struct tls_trust *trust)
{
    memset(trust, 0, sizeof *trust);
    buf_init(&trust->list, ANCHORS_MAX * sizeof(br_x509_trust_anchor));
    buf_init(&trust->bytes, ANCHOR_BYTES_MAX);
}

/* A PEM file on its way to anchors. */
struct loader {
    struct tls_trust *trust;
    br_x509_decoder_context x509;
    struct buf name;             /* the subject of the certificate in hand */
    bool certificate, full;
    size_t usable;               /* certificates, known ones included */
};

static void add_name(void *loader, const void *bytes, size_t n)
{
    struct loader *l = loader;

    buf_add(&l->name, bytes, n);
}

static void add_certificate(void *loader, const void *bytes, size_t n)
{
    struct loader *l = loader;

    /* unlike br_x509_minimal, this decoder (BearSSL 0.6) goes on after an
       error if it is pushed, and writes past its end */
    if (l->x509.err == 0)
        br_x509_decoder_push(&l->x509, bytes, n);
}

static unsigned char *pass(unsigned char **p, size_t n)
{
    unsigned char *start = *p;

    *p += n;
    return start;
}

/* The anchors' bytes stand in one block, in order: points each anchor at
   its own, after the block has grown. */
static void link_anchors(struct tls_trust *t)
{
    unsigned char *p = t->bytes.data;
    br_x509_trust_anchor *a = (br_x509_trust_anchor *)(void *)t->list.data;
    size_t i;

    t->anchors = a;
    t->n = t->list.len / sizeof *a;
    for (i = 0; i < t->n; i++, a++) {
        a->dn.data = pass(&p, a->dn.len);
        if (a->pkey.key_type == BR_KEYTYPE_RSA) {
            a->pkey.key.rsa.n = pass(&p, a->pkey.key.rsa.nlen);
            a->pkey.key.rsa.e = pass(&p, a->pkey.key.rsa.elen);
        } else {
            a->pkey.key.ec.q = pass(&p, a->pkey.key.ec.qlen);
        }
    }
}

static bool add_anchor(struct tls_trust *t, const struct buf *name,
                       const br_x509_pkey *key, bool ca)
{
    br_x509_trust_anchor a;
    bool good;

    memset(&a, 0, sizeof a);
    a.dn.len = name->len;
    a.flags = ca ? BR_X509_TA_CA : 0;
    a.pkey = *key;
    buf_add(&t->bytes, name->data, name->len);
    if (key->key_type == BR_KEYTYPE_RSA) {
        buf_add(&t->bytes, key->key.rsa.n, key->key.rsa.nlen);
        buf_add(&t->bytes, key->key.rsa.e, key->key.rsa.elen);
    } else {
        buf_add(&t->bytes, key->key.ec.q, key->key.ec.qlen);
    }
    good = !t->bytes.failed && buf_add(&t->list, &a, sizeof a);
    /* also of those before one that is refused: their bytes may have moved */
    link_anchors(t);
    return good;
}

static bool same_key(const br_x509_pkey *a, const br_x509_pkey *b)
{
    if (a->key_type != b->key_type)
        return false;
    if (a->key_type == BR_KEYTYPE_RSA)
        return a->key.rsa.nlen == b->key.rsa.nlen &&
            memcmp(a->key.rsa.n, b->key.rsa.n, a->key.rsa.nlen) == 0;
    return a->key.ec.curve == b->key.ec.curve &&
        a->key.ec.qlen == b->key.ec.qlen &&
        memcmp(a->key.ec.q, b->key.ec.q, a->key.ec.qlen) == 0;
}

/* Directories hold the same certificate under several names. */
static bool have_anchor(const struct tls_trust *t, const struct buf *name,
                        const br_x509_pkey *key)
{
    size_t i;

    for (i = 0; i < t->n; i++)
        if (t->anchors[i].dn.len == name->len &&
            memcmp(t->anchors[i].dn.data, name->data, name->len) == 0 &&
            same_key(&t->anchors[i].pkey, key))
            return true;
    return false;
}

static void end_certificate(struct loader *l)
{
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&l->x509);

    if (key == NULL || l->name.failed || l->name.len == 0)
        return;
    l->usable++;
    if (!have_anchor(l->trust, &l->name, key) &&
        !add_anchor(l->trust, &l->name, key,
                    br_x509_decoder_isCA(&l->x509) != 0))
        l->full = true;
}

static void pem_event(struct loader *l, br_pem_decoder_context *pem)
{
    switch (br_pem_decoder_event(pem)) {
    case BR_PEM_BEGIN_OBJ:
        l->certificate =
            strcmp(br_pem_decoder_name(pem), "CERTIFICATE") == 0 ||
            strcmp(br_pem_decoder_name(pem), "X509 CERTIFICATE") == 0;
        buf_reset(&l->name);
        br_x509_decoder_init(&l->x509, add_name, l);
        br_pem_decoder_setdest(pem, l->certificate ? add_certificate : NULL,
                               l);
        break;
    case BR_PEM_END_OBJ:
        if (l->certificate)
            end_certificate(l);
        break;
    default:
        break;
    }
}

static void pem_push(struct loader *l, br_pem_decoder_context *pem,
                     const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        size_t taken = br_pem_decoder_push(pem, bytes, n);

        bytes += taken;
        n -= taken;
        pem_event(l, pem);
    }
}

/*
 * BearSSL's decoder silently finds nothing behind a CR or a byte order mark,
 * nor in a last line without its end: none of them reaches it.
 */
static int load_pem(struct loader *l, int fd)
{
    br_pem_decoder_context pem;
    unsigned char in[4096], out[4096];
    size_t total = 0, i, n;
    ssize_t got;

    br_pem_decoder_init(&pem);
    while ((got = read(fd, in, sizeof in)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        i = total == 0 && got >= 3 && memcmp(in, "\xEF\xBB\xBF", 3) == 0
            ? 3 : 0;
        for (n = 0; i < (size_t)got; i++)
            if (in[i] != '\r')
                out[n++] = in[i];
        pem_push(l, &pem, out, n);
        total += (size_t)got;
        if (total > BUNDLE_MAX)
            return EFBIG;
    }
    pem_push(l, &pem, (const unsigned char *)"\n", 1);
    return 0;
}

/* Adds what `path` has, and its certificates to *usable; 0, or an errno. */
static int load_file(struct tls_trust *trust, const char *path,
                     size_t *usable)
{
    struct loader l;
    int fd, error;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno;
    memset(&l, 0, sizeof l);
    l.trust = trust;
    buf_init(&l.name, SUBJECT_MAX);
    error = load_pem(&l, fd);
    if (error == 0 && l.full)
        error = ENOMEM;
    *usable += l.usable;
    buf_free(&l.name);
    close(fd);
    return error;
}

bool tls_trust_file(struct tls_trust *trust, const char *path, char *error,
                    size_t size)
{
    size_t usable = 0;
    int e = load_file(trust, path, &usable);

    if (e != 0)
        snprintf(error, size, "cannot read the certificates in %s: %s", path,
                 strerror(e));
    else if (usable == 0)
        snprintf(error, size, "no usable certificate in %s (PEM with "
                 "\"BEGIN CERTIFICATE\" lines is wanted)", path);
    return e == 0 && usable > 0;
}

bool tls_trust_dir(struct tls_trust *trust, const char *path, char *error,
                   size_t size)
{
    size_t usable = 0;
    struct dirent *entry;
    DIR *dir = opendir(path);

    if (dir == NULL) {
        snprintf(error, size, "cannot read the directory %s: %s", path,
                 strerror(errno));
        return false;
    }
    while ((entry = readdir(dir)) != NULL) {
        char name[4096];
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);

        /* what is not a file of certificates adds none */
        if (entry->d_name[0] != '.' && n > 0 && (size_t)n < sizeof name)
            load_file(trust, name, &usable);
    }
    closedir(dir);
    if (usable == 0)
        snprintf(error, size, "no usable certificate in the files of %s",
                 path);
    return usable > 0;
}

void tls_trust_system(struct tls_trust *trust)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",       /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",         /* Fedora, Amazon Linux */
        "/etc/ssl/ca-bundle.pem",                   /* openSUSE */
        "/etc/ssl/cert.pem"                         /* Alpine, OpenWrt */
    };
    char error[256];
    size_t i;

    for (i = 0; i < sizeof places / sizeof places[0]; i++)
        if (tls_trust_file(trust, places[i], error, sizeof error))
            return;
    trust->anchors = tls_builtin;
    trust->n = tls_builtin_n;
}

void tls_trust_free(struct tls_trust *trust)
{
    buf_free(&trust->bytes);
    buf_free(&trust->list);
    tls_trust_init(trust);
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
    br_ssl_engine_set_default_chapol(eng);
}

static void set_hashes(struct tls *t)
{
    static const br_hash_class *const hashes[] = {
        &br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable
    };
    static const int ids[] = {br_sha256_ID, br_sha384_ID, br_sha512_ID};
    size_t i;

    for (i = 0; i < 3; i++) {
        br_ssl_engine_set_hash(&t->client.eng, ids[i], hashes[i]);
        br_x509_minimal_set_hash(&t->x509, ids[i], hashes[i]);
    }
    br_ssl_engine_set_prf_sha256(&t->client.eng, br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(&t->client.eng, br_tls12_sha384_prf);
}

static void set_x509(struct tls *t, const struct tls_trust *trust)
{
    /* BearSSL counts days from the year 0; 719528 of them to 1970-01-01 */
    const int64_t now = clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;

    br_x509_minimal_init(&t->x509, &br_sha256_vtable, trust->anchors,
                         trust->n);
    br_x509_minimal_set_rsa(&t->x509, br_rsa_pkcs1_vrfy_get_default());
    br_x509_minimal_set_ecdsa(&t->x509, br_ec_get_default(),
                              br_ecdsa_vrfy_asn1_get_default());
    br_x509_minimal_set_minrsa(&t->x509, 2048 / 8);
    br_x509_minimal_set_time(&t->x509, (uint32_t)(now / 86400 + 719528),
                             (uint32_t)(now % 86400));
    br_ssl_engine_set_x509(&t->client.eng, &t->x509.vtable);
}

/* What a closed engine means. */
static enum net_result ended(struct tls *t)
{
    int error = br_ssl_engine_last_error(&t->client.eng);
    char space[120];

    if (error == 0)
        return net_fail(t->net, NET_END, "the connection was closed");
    return net_fail(t->net, NET_CUT, "TLS: %s",
                    tls_sentence(error, space, sizeof space));
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

enum net_result tls_start(struct tls *tls, struct net *net, const char *host,
                          const struct tls_trust *trust)
{
    br_ssl_engine_context *eng = &tls->client.eng;
    unsigned char seed[32];
    char name[256];
    size_t n = strlen(host);
    enum net_result r;
    int error;

    tls->net = net;
    tls->mute = false;
    if (n > 0 && host[n - 1] == '.')     /* RFC 6066 section 3 */
        n--;
    /* BearSSL takes an empty name for "do not check" */
    if (n == 0 || n >= sizeof name)
        return net_fail(net, NET_CUT, "TLS: no host name to check");
    memcpy(name, host, n);
    name[n] = '\0';

    br_ssl_client_zero(&tls->client);
    br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
    set_suites(eng);
    br_ssl_engine_set_default_ec(eng);
    br_ssl_engine_set_default_rsavrfy(eng);
    br_ssl_engine_set_default_ecdsa(eng);
    set_x509(tls, trust);
    set_hashes(tls);
    br_ssl_engine_set_buffer(eng, tls->buffer, sizeof tls->buffer, 1);
    br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
    clock_random(seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    buf_wipe(seed, sizeof seed);
    if (!br_ssl_client_reset(&tls->client, name, 0))
        return ended(tls);
    r = advance(tls, BR_SSL_SENDAPP);
    error = br_ssl_engine_last_error(eng);
    return r == NET_CUT && error != 0 && error != BR_ERR_IO ? NET_REFUSED : r;
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
    br_ssl_engine_close(&tls->client.eng);
    if (!tls->mute)
        send_all(tls);
    buf_wipe(&tls->client, sizeof tls->client);
}
