/*
 * x509.c: path validation (RFC 5280 section 6) and the host (RFC 9525), as an
 * engine for BearSSL.
 *
 * The search for a path is a depth-first search from the server's certificate
 * upwards. The first refusal on the way is the sentence that the user sees if
 * no path is found.
 */
#include "net/x509.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/tcp.h"

/*
 * A clock before WRITTEN, when this was written, is wrong: it is the reason
 * why certificates are not valid yet. Before LONG_AGO nothing is verified,
 * since certificates that have expired would be accepted. The time between is
 * for tests with recorded chains.
 */
enum {
    WRITTEN = 1767225600,        /* 2026-01-01 */
    LONG_AGO = 1672531200        /* 2023-01-01 */
};

/* ----------------------------------------------------------- comparisons */

/* The last n bytes. */
static struct der tail(struct der d, size_t n)
{
    return (struct der){d.p + (d.n - n), n};
}

static bool same_dns(struct der a, struct der b)
{
    return a.n == b.n &&
        strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/* Whether a DNS name is the base, or below it. */
static bool in_domain(struct der name, struct der base)
{
    if (base.n == 0)
        return true;
    if (name.n > base.n && name.p[name.n - base.n - 1] != '.')
        return false;
    return name.n >= base.n && same_dns(tail(name, base.n), base);
}

/* Takes "*." off a name. False if the name does not begin so. */
static bool take_star(struct der *name)
{
    if (name->n < 2 || memcmp(name->p, "*.", 2) != 0)
        return false;
    *name = tail(*name, name->n - 2);
    return true;
}

static bool in_network(struct der address, struct der network)
{
    size_t i;

    if (network.n != 2 * address.n)
        return false;
    for (i = 0; i < address.n; i++)
        if ((address.p[i] ^ network.p[i]) & network.p[address.n + i])
            return false;
    return true;
}

/* Whether a directory name begins with all of the base, byte by byte: upper
   and lower case differ. */
static bool in_directory(struct der name, struct der base)
{
    struct der sets, first;

    return der_get(&name, DER_SEQUENCE, &sets) &&
        der_get(&base, DER_SEQUENCE, &first) && first.n <= sets.n &&
        memcmp(sets.p, first.p, first.n) == 0;
}

/* Whether the subtree is sure to contain the name with all that a "*" in it
   stands for. */
static bool contains(struct der base, unsigned tag, struct der name)
{
    switch (tag) {
    case CERT_DNS:
        if (!cert_is_dns(name, true))
            return false;
        (void)take_star(&name);
        return in_domain(name, base);
    case CERT_IP:
        return in_network(name, base);
    case CERT_DIRECTORY:
        return in_directory(name, base);
    default:
        return false;
    }
}

/* Whether the subtree is sure to contain nothing that the name stands for. */
static bool avoids(struct der base, unsigned tag, struct der name)
{
    switch (tag) {
    case CERT_DNS:
        if (!cert_is_dns(name, true))
            return false;
        if (take_star(&name) && base.n > name.n && in_domain(base, name) &&
            memchr(base.p, '.', base.n - name.n - 1) == NULL)
            return false;        /* the base is one label below: the "*" */
        return !in_domain(name, base);
    case CERT_IP:
        return !in_network(name, base);
    default:
        return false;
    }
}

/* ------------------------------------------------------------- the search */

struct search {
    struct x509 *x;
    struct cert certs[X509_CERTIFICATES];    /* [0] is the server's */
    bool used[X509_CERTIFICATES];
    const struct cert *path[X509_CERTIFICATES];  /* n, from [0] upwards */
    size_t n;
    unsigned checks, comparisons;
};

/* Notes why the chain is refused, unless a reason was noted before. Returns
   false. */
__attribute__((format(printf, 2, 3)))
static bool refuse(struct x509 *x, const char *format, ...)
{
    if (x->error[0] == '\0') {
        va_list ap;

        va_start(ap, format);
        vsnprintf(x->error, sizeof x->error, format, ap);
        va_end(ap);
    }
    return false;
}

/* What the subject is, for a sentence. */
static const char *role(const struct search *s, const struct anchor *subject)
{
    size_t i;

    if (subject == &s->certs[0].subject)
        return "the server's certificate";
    for (i = 1; i < s->x->n; i++)
        if (subject == &s->certs[i].subject)
            return "an intermediate certificate";
    return "the root certificate";
}

/* Why no certificate that was sent may be like this, or NULL. Anchors are not
   asked for these properties. */
static const char *sent_fault(const struct cert *c)
{
    if (c->fault != NULL)
        return c->fault;
    if (c->algorithm == NULL)
        return "is signed with SHA-1 or another unsupported algorithm";
    return c->serial ? NULL : "has an invalid serial number";
}

static const char *date(int64_t when, char text[16])
{
    char d[CLOCK_DATE];          /* 20261122T140007Z */

    if (clock_date(d, when))
        snprintf(text, 16, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    else
        snprintf(text, 16, "an unknown date");
    return text;
}

static bool wrong_clock(struct x509 *x)
{
    char today[16];

    return refuse(x, "the system clock says %s; certificates are not valid "
                  "yet: set the clock", date(x->now, today));
}

static bool check_time(struct search *s, const struct anchor *subject)
{
    const int64_t now = s->x->now;
    const bool early = now < subject->not_before;

    if (early && now < WRITTEN)
        return wrong_clock(s->x);
    if (early || now > subject->not_after) {
        char then[16], today[16];

        return refuse(s->x, "%s %s %s (the system clock says %s)",
                      role(s, subject),
                      early ? "is not valid before" : "expired on",
                      date(early ? subject->not_before : subject->not_after,
                           then), date(now, today));
    }
    if (subject->not_after < s->x->until)
        s->x->until = subject->not_after;
    return true;
}

/* Whether the subject has no fault and is valid now. */
static bool check_subject(struct search *s, const struct anchor *subject,
                          const char *fault)
{
    return fault == NULL ? check_time(s, subject)
                         : refuse(s->x, "%s %s", role(s, subject), fault);
}

/* Whether the issuer's key made the signature of the certificate. */
static bool verify(const struct cert *c, const struct anchor *issuer)
{
    const br_hash_class *class = c->algorithm->hash;
    const size_t n = class->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    unsigned char sum[64], signed_sum[64];
    br_hash_compat_context hash;
    br_x509_pkey key;

    cert_key(issuer, &key);
    if (c->algorithm->key_type != key.key_type)
        return false;
    class->init(&hash.vtable);
    class->update(&hash.vtable, c->tbs.p, c->tbs.n);
    class->out(&hash.vtable, sum);
    if (key.key_type == BR_KEYTYPE_EC)
        return br_ecdsa_i31_vrfy_asn1(&br_ec_prime_i31, sum, n, &key.key.ec,
                                      c->signature.p, c->signature.n) == 1;
    return br_rsa_i31_pkcs1_vrfy(c->signature.p, c->signature.n,
                                 c->algorithm->oid, n, &key.key.rsa,
                                 signed_sum) == 1 &&
        memcmp(sum, signed_sum, n) == 0;
}

/* Takes the next subtree; false at the end, or after too many comparisons. */
static bool next_tree(struct search *s, struct der *trees, unsigned *tag,
                      struct der *base)
{
    struct der tree;

    return ++s->comparisons <= X509_COMPARISONS &&
        der_get(trees, DER_SEQUENCE, &tree) && der_next(&tree, tag, base);
}

/* Whether the issuer's constraints allow a name of this form. */
static bool allows(struct search *s, const struct anchor *issuer, unsigned tag,
                   struct der name)
{
    struct der permitted, excluded, base;
    bool any = false, found = false;
    unsigned form;

    if (!cert_subtrees(issuer->constraints, &permitted, &excluded))
        return false;
    while (next_tree(s, &excluded, &form, &base))
        if (form == tag && !avoids(base, tag, name))
            return false;
    while (!found && next_tree(s, &permitted, &form, &base)) {
        any = any || form == tag;
        found = form == tag && contains(base, tag, name);
    }
    return (found || !any) && s->comparisons <= X509_COMPARISONS;
}

/* Whether the issuer's constraints allow all names of the certificate. */
static bool allows_names(struct search *s, const struct anchor *issuer,
                         const struct cert *c)
{
    struct der names = c->names, name;
    unsigned tag;

    if (issuer->constraints.n == 0)
        return true;
    while (names.n > 0)
        if (!der_next(&names, &tag, &name) || !allows(s, issuer, tag, name))
            return false;
    /* an e-mail address counts in the subject, too; its value does not matter,
       since a constraint on addresses refuses all of them */
    if (cert_attribute(c->subject.name, CERT_EMAIL_ADDRESS, &name) &&
        !allows(s, issuer, CERT_EMAIL, name))
        return false;
    return cert_is_empty(c->subject.name) ||
        allows(s, issuer, CERT_DIRECTORY, c->subject.name);
}

/* Why a certificate that was sent cannot be an issuer's, or NULL. */
static const char *authority_fault(const struct cert *c)
{
    const char *fault = sent_fault(c);

    if (fault != NULL)
        return fault;
    if (c->key_id.p == NULL || c->issuer_key_id.p == NULL)
        return "has no subjectKeyIdentifier or no authorityKeyIdentifier";
    if (!c->subject.ca)
        return "is not a CA certificate";
    if (!cert_for_servers(c))
        return "must not issue certificates for servers (extendedKeyUsage)";
    return NULL;
}

/* Whether the issuer, which has this fault or none, issued the last
   certificate of the path, and was allowed to. The caller has compared the
   names. */
static bool is_issuer(struct search *s, const struct anchor *issuer,
                      const char *fault)
{
    size_t between = 0, i;

    for (i = 1; i < s->n; i++)
        between += !cert_self_issued(s->path[i]);
    if (fault == NULL && between > issuer->path)
        fault = "has more CA certificates below it than it allows";
    if (!check_subject(s, issuer, fault))
        return false;
    if (++s->checks > X509_CHECKS)
        return refuse(s->x, "the server's certificates could form too many "
                      "chains");
    /* most likely another CA of the same name: not worth a sentence */
    if (!verify(s->path[s->n - 1], issuer))
        return false;
    for (i = 0; i < s->n; i++)
        if ((i == 0 || !cert_self_issued(s->path[i])) &&
            !allows_names(s, issuer, s->path[i]))
            return refuse(s->x, "%s has a name that the name constraints of "
                          "%s do not allow", role(s, &s->path[i]->subject),
                          role(s, issuer));
    return true;
}

/* Extends the path to a trust anchor. */
static bool climb(struct search *s)
{
    const struct der name = s->path[s->n - 1]->issuer;
    const struct anchors *anchors = s->x->anchors;
    size_t i;

    for (i = 0; i < anchors->n; i++) {
        const struct anchor *a = &anchors->list[i];

        if (a->ca && der_equal(a->name, name) && is_issuer(s, a, NULL))
            return true;
    }
    for (i = 1; i < s->x->n; i++) {
        const struct cert *c = &s->certs[i];

        if (s->used[i] || !der_equal(c->subject.name, name) ||
            !is_issuer(s, &c->subject, authority_fault(c)))
            continue;
        s->used[i] = true;
        s->path[s->n++] = c;
        if (climb(s))
            return true;
        s->used[i] = false;
        s->n--;
    }
    return false;
}

/* Whether the server's certificate itself is an anchor. */
static bool is_anchor(struct search *s)
{
    const struct anchors *anchors = s->x->anchors;
    const struct anchor *server = &s->certs[0].subject;
    size_t i;

    for (i = 0; i < anchors->n; i++) {
        const struct anchor *a = &anchors->list[i];

        if (!a->ca && der_equal(a->name, server->name) &&
            a->curve == server->curve && der_equal(a->key, server->key) &&
            check_time(s, a))
            return true;
    }
    return false;
}

/* ------------------------------------------- the server's own certificate */

/* Whether what follows "*." is below a public suffix, as far as that can be
   seen without the list of suffixes: two labels, but not two like co.uk. */
static bool below_suffix(struct der name)
{
    static const char second[][4] = {
        "ac", "co", "com", "edu", "gov", "net", "org"
    };
    const unsigned char *dot = memchr(name.p, '.', name.n);
    struct der label = {name.p, 0};
    size_t i;

    if (dot == NULL)
        return false;
    label.n = (size_t)(dot - name.p);
    if (name.n != label.n + 3)
        return true;
    for (i = 0; i < sizeof second / sizeof second[0]; i++) {
        const struct der s = {(const unsigned char *)second[i],
                              strlen(second[i])};

        if (same_dns(label, s))
            return false;
    }
    return true;
}

/* Whether a dNSName matches the host (RFC 9525 section 6.3). */
static bool matches(struct der pattern, struct der host)
{
    const unsigned char *dot = memchr(host.p, '.', host.n);

    if (!cert_is_dns(host, false) || !cert_is_dns(pattern, true))
        return false;
    if (!take_star(&pattern))
        return same_dns(pattern, host);
    return dot != NULL && below_suffix(pattern) &&
        same_dns(pattern, tail(host, host.n - 1 - (size_t)(dot - host.p)));
}

static bool has_host(const struct cert *c, const char *host)
{
    unsigned char bytes[16];
    const struct der address = {bytes, net_address(bytes, host)};
    const struct der dns = {(const unsigned char *)host, strlen(host)};
    struct der names = c->names, name;
    unsigned tag;

    while (der_next(&names, &tag, &name))
        if (address.n > 0 ? tag == CERT_IP && der_equal(name, address)
                          : tag == CERT_DNS && matches(name, dns))
            return true;
    return false;
}

/* Whether a text looks like an address, in any notation, or like a host name
   with letters beyond ASCII. */
static bool looks_like_host(const char *text)
{
    struct in_addr any;
    const char *p = text;

    /* inet_aton also accepts a number alone, which may be a serial number */
    if (strchr(text, ':') != NULL ||
        (strpbrk(text, ".xX") != NULL && inet_aton(text, &any) != 0))
        return true;
    while (*p != '\0' && (unsigned char)*p < 0x80)
        p++;
    return strchr(text, '.') != NULL &&
        (*p != '\0' || strstr(text, "xn--") != NULL);
}

/*
 * Whether the common name deceives nobody. It is never compared with the host;
 * but if it is an address, or differs only in case from an alternative name,
 * it must equal one of those (Baseline Requirements section 7.1.4.3).
 */
static bool is_good_common_name(const struct cert *c)
{
    char text[256], digits[INET6_ADDRSTRLEN];
    struct der names = c->names, common, name;
    unsigned tag;
    bool odd;

    if (!cert_attribute(c->subject.name, CERT_COMMON_NAME, &common) ||
        common.n >= sizeof text || memchr(common.p, ' ', common.n) != NULL)
        return true;
    memcpy(text, common.p, common.n);
    text[common.n] = '\0';
    odd = looks_like_host(text);
    while (der_next(&names, &tag, &name)) {
        if (tag == CERT_IP) {
            inet_ntop(name.n == 4 ? AF_INET : AF_INET6, name.p, digits,
                      sizeof digits);
            name.p = (const unsigned char *)digits;
            name.n = strlen(digits);
        }
        if (tag == CERT_IP || tag == CERT_DNS) {
            if (der_equal(name, common))
                return true;
            odd = odd || same_dns(name, common);
        }
    }
    return !odd;
}

static const char *server_fault(const struct cert *c)
{
    const char *fault = sent_fault(c);

    if (fault != NULL)
        return fault;
    if (c->subject.ca)
        return cert_self_issued(c) ? "is a self-signed CA certificate"
                                   : "is a CA certificate";
    if (c->purposes && (!c->server || c->any))
        return "is not for servers (extendedKeyUsage)";
    if (c->purposes_critical)
        return "has a critical extendedKeyUsage";
    if (!c->sign)
        return "has a key that must not sign (keyUsage)";
    if (c->names.p == NULL)
        return "has no subjectAltName (the common name does not count)";
    if (c->names_critical && !cert_is_empty(c->subject.name))
        return "has a critical subjectAltName and a subject";
    if (!is_good_common_name(c))
        return "has a host as its common name that is not in subjectAltName";
    return NULL;
}

/* ------------------------------------------------------------- the engine */

static void note_signer(struct x509 *x, struct der name)
{
    struct der text;

    if (!cert_attribute(name, CERT_COMMON_NAME, &text) &&
        !cert_attribute(name, CERT_ORGANIZATION, &text))
        return;
    if (text.n >= sizeof x->signer)
        text.n = sizeof x->signer - 1;
    memcpy(x->signer, text.p, text.n);
    x->signer[text.n] = '\0';
}

/* Judges the whole chain. Returns 0, or an error of BearSSL's, which tells
   only the clock, the chain and the host apart. */
static unsigned judge(struct x509 *x)
{
    struct search s;
    size_t start = 0, i;
    bool own;

    memset(&s, 0, sizeof s);
    s.x = x;
    for (i = 0; i < x->n; i++) {
        cert_read(&s.certs[i], x->bytes.data + start, x->ends[i] - start);
        start = x->ends[i];
    }
    s.path[s.n++] = &s.certs[0];
    if (x->now < LONG_AGO) {
        wrong_clock(x);
        return BR_ERR_X509_TIME_UNKNOWN;
    }
    if (!check_subject(&s, &s.certs[0].subject, server_fault(&s.certs[0])))
        return BR_ERR_X509_NOT_TRUSTED;
    own = is_anchor(&s);
    if (!own && !climb(&s)) {
        refuse(x, "the certificate does not lead to a trusted root (--cacert "
               "FILE names another)");
        return BR_ERR_X509_NOT_TRUSTED;
    }
    x->error[0] = '\0';
    if (!has_host(&s.certs[0], x->host)) {
        refuse(x, "the certificate is not valid for the host %.60s", x->host);
        return BR_ERR_X509_BAD_SERVER_NAME;
    }
    x->server = s.certs[0].subject;
    cert_key(&x->server, &x->key);
    note_signer(x, own ? s.certs[0].subject.name : s.path[s.n - 1]->issuer);
    return 0;
}

static struct x509 *self(const br_x509_class **class)
{
    return (struct x509 *)(void *)class;
}

static void start_chain(const br_x509_class **class, const char *name)
{
    struct x509 *x = self(class);

    (void)name;                  /* NULL if the host is an address */
    buf_reset(&x->bytes);
    x->n = 0;
    x->too_many = false;
    x->key.key_type = 0;
    x->error[0] = '\0';
}

static void start_cert(const br_x509_class **class, uint32_t length)
{
    struct x509 *x = self(class);

    (void)length;
    x->too_many = x->too_many || x->n == X509_CERTIFICATES;
}

static void append(const br_x509_class **class, const unsigned char *bytes,
                   size_t n)
{
    struct x509 *x = self(class);

    if (!x->too_many)
        buf_add(&x->bytes, bytes, n);
}

static void end_cert(const br_x509_class **class)
{
    struct x509 *x = self(class);

    if (!x->too_many)
        x->ends[x->n++] = x->bytes.len;
}

static unsigned end_chain(const br_x509_class **class)
{
    struct x509 *x = self(class);

    if (x->too_many || (x->bytes.failed && !x->bytes.starved))
        refuse(x, "the server sent more than %d certificates, or more than "
               "%d KB of them", X509_CERTIFICATES, X509_BYTES >> 10);
    else if (x->bytes.failed)
        refuse(x, "out of memory for the server's certificates");
    else if (x->n == 0)
        refuse(x, "the server sent no certificate");
    return x->error[0] != '\0' ? BR_ERR_X509_LIMIT_EXCEEDED : judge(x);
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *class,
                                    unsigned *usages)
{
    const struct x509 *x = (const struct x509 *)(const void *)class;

    if (x->key.key_type == 0)
        return NULL;
    if (usages != NULL)
        *usages = BR_KEYTYPE_SIGN;
    return &x->key;
}

void x509_init(struct x509 *x, const struct anchors *anchors,
               const char *host, int64_t now)
{
    static const br_x509_class class = {
        sizeof(struct x509), start_chain, start_cert, append, end_cert,
        end_chain, get_pkey
    };

    memset(x, 0, sizeof *x);
    x->vtable = &class;
    x->anchors = anchors;
    x->host = host;
    x->now = now;
    x->until = INT64_MAX;
    buf_init(&x->bytes, X509_BYTES);
}

void x509_free(struct x509 *x)
{
    buf_free(&x->bytes);
    x->key.key_type = 0;
}
