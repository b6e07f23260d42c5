/* x509: see x509.h. */
#include "net/x509.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/tcp.h"

/*
 * No right clock says less than WRITTEN: it was later when this was written.
 * One that does is named where a certificate is not valid yet. Before LONG_AGO
 * nothing is verified at all, since what has expired in the meantime would be
 * taken for valid; the years between are for tests with recorded chains.
 */
#define WRITTEN INT64_C(1767225600)      /* 2026-01-01 */
#define LONG_AGO INT64_C(1672531200)     /* 2023-01-01 */

/* --------------------------------------------------------------- anchors */

/*
 * One of a list: 8 bytes of its name's hash, the numbers below, the key and the
 * constraints. A number has so many bytes, the highest first.
 */
enum { HASH = 8, CONSTRAINTS_MAX = 4096 };
enum number {
    KEY, CONSTRAINTS,            /* how long they are */
    CURVE,                       /* 0: an RSA key */
    CA, PATH, NOT_BEFORE, NOT_AFTER,
    EXPONENT,                    /* of an RSA key; others have none */
    NUMBERS
};
static const unsigned char widths[NUMBERS] = {2, 2, 1, 1, 1, 5, 5, 4};

static int numbers_of(int64_t curve)
{
    return curve == 0 ? NUMBERS : EXPONENT;
}

/* May what it signs be a server's? */
static bool for_servers(const struct cert *c)
{
    return !c->purposes || c->server || c->any;
}

static const char *anchor_fault(const struct cert *c, int64_t now)
{
    if (c->fault != NULL)
        return c->fault;
    if (cert_nameless(c->subject))
        return "has no name";
    if (now > c->not_after)
        return "has expired";
    if (c->ca && c->key_id.p == NULL)
        return "does not identify its key";
    if (!for_servers(c))
        return "is not for servers";
    if (cert_self_issued(c) && c->issuer_key_id.p != NULL &&
        !der_equal(c->issuer_key_id, c->key_id))
        return "names another key than its own as its issuer's";
    if (c->constraints.n > CONSTRAINTS_MAX)
        return "is too large";
    return NULL;
}

static void hash_name(struct der name, unsigned char hash[32])
{
    br_sha256_context context;

    br_sha256_init(&context);
    br_sha256_update(&context, name.p, name.n);
    br_sha256_out(&context, hash);
}

static struct der take(struct der *in, size_t n)
{
    const struct der taken = {in->p, n};

    in->p += n;
    in->n -= n;
    return taken;
}

/* The value of a few bytes. */
static int64_t value_of(struct der bytes)
{
    int64_t value = 0;

    for (; bytes.n > 0; bytes.n--)
        value = value << 8 | *bytes.p++;
    return value;
}

/* Takes the next anchor off a list, as if it was a certificate that has been
   read; its subject is the hash of its name. */
static bool next_anchor(struct der *in, struct cert *c)
{
    int64_t number[NUMBERS] = {0};
    struct der bytes = {NULL, 0};
    int i;

    if (in->n == 0)
        return false;
    memset(c, 0, sizeof *c);
    c->subject = take(in, HASH);
    for (i = 0; i < numbers_of(number[CURVE]); i++) {
        bytes = take(in, widths[i]);
        number[i] = value_of(bytes);
    }
    c->ca = number[CA] != 0;
    c->path = (uint32_t)number[PATH];
    c->not_before = number[NOT_BEFORE];
    c->not_after = number[NOT_AFTER];
    c->curve = (int)number[CURVE];
    c->exponent = bytes;
    c->number = take(in, (size_t)number[KEY]);
    c->constraints = take(in, (size_t)number[CONSTRAINTS]);
    return true;
}

/* Goes on to the next anchor of that name. */
static bool find_anchor(struct der *in, struct der name, struct cert *c)
{
    unsigned char hash[32];

    hash_name(name, hash);
    while (next_anchor(in, c))
        if (memcmp(c->subject.p, hash, HASH) == 0)
            return true;
    return false;
}

/* Is the anchor that begins at `start`, the last one, there before? Folders
   hold the same certificate under several names. */
static bool is_double(const struct buf *list, size_t start)
{
    const struct der last = {list->data + start, list->len - start};
    struct der in = {list->data, start};
    struct cert any;

    while (in.n > 0) {
        struct der one = in;

        next_anchor(&in, &any);
        one.n -= in.n;
        if (der_equal(one, last))
            return true;
    }
    return false;
}

static void append_anchor(struct buf *list, const struct cert *c)
{
    const int64_t numbers[NUMBERS] = {
        (int64_t)c->number.n, (int64_t)c->constraints.n, c->curve, c->ca,
        c->path < CERT_ANY_PATH ? c->path : CERT_ANY_PATH,
        c->not_before, c->not_after, value_of(c->exponent)
    };
    unsigned char hash[32];
    size_t k;
    int i;

    hash_name(c->subject, hash);
    buf_add(list, hash, HASH);
    for (i = 0; i < numbers_of(c->curve); i++)
        for (k = widths[i]; k-- > 0; )
            buf_byte(list, (unsigned char)(numbers[i] >> 8 * k));
    buf_add(list, c->number.p, c->number.n);
    buf_add(list, c->constraints.p, c->constraints.n);
}

const char *x509_add_anchor(struct buf *list, const struct cert *c,
                            int64_t now)
{
    const char *fault = anchor_fault(c, now);
    const size_t start = list->len;

    if (fault != NULL)
        return fault;
    append_anchor(list, c);
    if (list->failed || is_double(list, start))
        list->len = start;
    return NULL;
}

/* ----------------------------------------------------------- comparisons */

/* The last n bytes. */
static struct der tail(struct der d, size_t n)
{
    struct der t = {d.p + (d.n - n), n};

    return t;
}

static bool same_name(struct der a, struct der b)
{
    return a.n == b.n &&
        strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/* Is the DNS name the base, or below it? */
static bool below(struct der name, struct der base)
{
    if (base.n == 0)
        return true;
    if (name.n > base.n && name.p[name.n - base.n - 1] != '.')
        return false;
    return name.n >= base.n && same_name(tail(name, base.n), base);
}

/* Takes "*." off a name; false, and nothing taken, if there is none. */
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

/* Does the directory name begin with all of the base? Byte by byte: the same
   name in other letters does not count. */
static bool in_directory(struct der name, struct der base)
{
    struct der sets, first;

    return der_get(&name, DER_SEQUENCE, &sets) &&
        der_get(&base, DER_SEQUENCE, &first) && first.n <= sets.n &&
        memcmp(sets.p, first.p, first.n) == 0;
}

/* Is all that the name stands for inside of the subtree, or outside of it, for
   sure? */
static bool stands(bool inside, unsigned tag, struct der name,
                   struct der base)
{
    if (tag == CERT_DNS) {
        if (!cert_dns(name, true))
            return false;
        if (take_star(&name) && !inside && base.n > name.n &&
            below(base, name) &&
            memchr(base.p, '.', base.n - name.n - 1) == NULL)
            return false;        /* the star can be what is excluded */
        return below(name, base) == inside;
    }
    if (tag == CERT_IP)
        return in_network(name, base) == inside;
    return tag == CERT_NAME && inside && in_directory(name, base);
}

/* ---------------------------------------------------------------- a search */

struct search {
    struct x509 *x;
    struct cert certs[X509_CERTIFICATES];    /* the server's is the first */
    bool used[X509_CERTIFICATES];
    const struct cert *path[X509_CERTIFICATES];  /* from it upwards */
    size_t n;
    unsigned checks, comparisons;
};

/* Notes why, if nothing was noted before; false. */
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

/* An anchor has only what it is an issuer by. */
static bool was_sent(const struct cert *c)
{
    return c->tbs.p != NULL;
}

/* What a certificate is, in a sentence. */
static const char *role(const struct search *s, const struct cert *c)
{
    return !was_sent(c) ? "the root certificate" :
        c == &s->certs[0] ? "the server's certificate" :
        "an intermediate certificate";
}

/* How it is made, signed, and numbered, is nothing to ask of an anchor. */
static const char *sent_fault(const struct cert *c)
{
    if (c->fault != NULL)
        return c->fault;
    if (c->hash == NULL)
        return "is signed with SHA-1 or something else that is not accepted";
    return c->serial ? NULL : "has a wrong serial number";
}

/* Writes a time's date. */
static const char *date(int64_t when, char text[16])
{
    char d[CLOCK_DATE];          /* 20261122T140007Z */

    if (clock_date(d, when))
        snprintf(text, 16, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    else
        snprintf(text, 16, "another age");
    return text;
}

static bool wrong_clock(struct x509 *x)
{
    char today[16];

    return refuse(x, "the system clock says %s; certificates are not valid "
                  "yet: set the clock", date(x->now, today));
}

static bool check_time(struct search *s, const struct cert *c)
{
    const int64_t now = s->x->now;
    const bool early = now < c->not_before;

    if (early && now < WRITTEN)
        return wrong_clock(s->x);
    if (early || now > c->not_after) {
        char then[16], today[16];

        return refuse(s->x, "%s %s %s (the system clock says %s)", role(s, c),
                      early ? "is not valid before" : "has expired on",
                      date(early ? c->not_before : c->not_after, then),
                      date(now, today));
    }
    if (c->not_after < s->x->until)
        s->x->until = c->not_after;
    return true;
}

static bool verify(const struct cert *c, const struct cert *issuer)
{
    unsigned char sum[64], signed_sum[64];
    br_hash_compat_context hash;
    br_x509_pkey key;
    size_t n;

    cert_key(issuer, &key);
    if (c->signed_by != key.key_type)
        return false;
    n = c->hash->class->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    c->hash->class->init(&hash.vtable);
    c->hash->class->update(&hash.vtable, c->tbs.p, c->tbs.n);
    c->hash->class->out(&hash.vtable, sum);
    if (key.key_type == BR_KEYTYPE_EC)
        return br_ecdsa_i31_vrfy_asn1(&br_ec_prime_i31, sum, n, &key.key.ec,
                                      c->signature.p, c->signature.n) == 1;
    return br_rsa_i31_pkcs1_vrfy(c->signature.p, c->signature.n,
                                 c->hash->oid, n, &key.key.rsa,
                                 signed_sum) == 1 &&
        memcmp(sum, signed_sum, n) == 0;
}

/* Takes the next subtree, as long as there were not too many. */
static bool next_tree(struct search *s, struct der *trees, unsigned *tag,
                      struct der *base)
{
    struct der tree;

    return ++s->comparisons <= X509_COMPARISONS &&
        der_get(trees, DER_SEQUENCE, &tree) && der_next(&tree, tag, base);
}

/* Does the issuer allow that one name? */
static bool allows(struct search *s, const struct cert *issuer, unsigned tag,
                   struct der name)
{
    struct der permitted, excluded, base;
    unsigned kind;
    bool any = false, found = false;

    if (!cert_subtrees(issuer->constraints, &permitted, &excluded))
        return false;
    while (next_tree(s, &excluded, &kind, &base))
        if (kind == tag && !stands(false, tag, name, base))
            return false;
    while (!found && next_tree(s, &permitted, &kind, &base)) {
        any = any || kind == tag;
        found = kind == tag && stands(true, tag, name, base);
    }
    return (found || !any) && s->comparisons <= X509_COMPARISONS;
}

/* The value of the first attribute of that type in a name (RFC 5280 appendix
   A.1). */
static bool find_part(struct der name, const char *type, struct der *value)
{
    const struct der wanted = {(const unsigned char *)type, strlen(type)};
    struct der sets, set, pair, oid;
    unsigned tag;

    if (!der_get(&name, DER_SEQUENCE, &sets))
        return false;
    while (der_get(&sets, DER_SET, &set))
        while (der_get(&set, DER_SEQUENCE, &pair))
            if (der_get(&pair, DER_OID, &oid) && der_equal(oid, wanted) &&
                der_next(&pair, &tag, value))
                return true;
    return false;
}

/* Does the issuer allow all names of the certificate? An address of e-mail in
   the subject counts like one in subjectAltName, and is not looked at in
   detail: it is not allowed where there could be a constraint on it. */
static bool allows_names(struct search *s, const struct cert *issuer,
                         const struct cert *c)
{
    static const char email[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
    struct der names = c->names, name;
    unsigned tag;

    if (issuer->constraints.n == 0)
        return true;
    while (names.n > 0)
        if (!der_next(&names, &tag, &name) || !allows(s, issuer, tag, name))
            return false;
    if (find_part(c->subject, email, &name)) {
        name.n = 0;
        if (!allows(s, issuer, CERT_EMAIL, name))
            return false;
    }
    return cert_nameless(c->subject) ||
        allows(s, issuer, CERT_NAME, c->subject);
}

/* ---------------------------------------------------------------- the path */

/* Is it valid now, and without a fault? */
static bool believe(struct search *s, const struct cert *c, const char *fault)
{
    return fault == NULL ? check_time(s, c)
                         : refuse(s->x, "%s %s", role(s, c), fault);
}

/* Whatever it signs: why may it be no issuer of this path? */
static const char *issuer_fault(const struct search *s, const struct cert *c)
{
    const char *fault = was_sent(c) ? sent_fault(c) : NULL;
    size_t middle = 0, i;

    if (fault != NULL)
        return fault;
    if (was_sent(c) && (c->key_id.p == NULL || c->issuer_key_id.p == NULL))
        return "does not identify its own key and its issuer's";
    if (!c->ca)
        return "is not a CA's";
    if (!for_servers(c))
        return "must not issue for servers (extendedKeyUsage)";
    for (i = 1; i < s->n; i++)
        middle += !cert_self_issued(s->path[i]);
    return middle <= c->path ? NULL : "must not have so many others below it";
}

/* Did it, which has the issuer's name, issue the last certificate of the path,
   as it may? */
static bool is_issuer(struct search *s, const struct cert *issuer)
{
    size_t i;

    if (!believe(s, issuer, issuer_fault(s, issuer)))
        return false;
    if (++s->checks > X509_CHECKS)
        return refuse(s->x, "the server's certificates could form too many "
                      "chains");
    /* most likely another authority of that name: no reason to note */
    if (!verify(s->path[s->n - 1], issuer))
        return false;
    for (i = 0; i < s->n; i++)
        if ((i == 0 || !cert_self_issued(s->path[i])) &&
            !allows_names(s, issuer, s->path[i]))
            return refuse(s->x, "%s has a name that the constraints of %s do "
                          "not allow", role(s, s->path[i]), role(s, issuer));
    return true;
}

static bool climb(struct search *s)
{
    const struct der name = s->path[s->n - 1]->issuer;
    struct der anchors = s->x->anchors;
    struct cert anchor;
    size_t i;

    while (find_anchor(&anchors, name, &anchor))
        if (anchor.ca && is_issuer(s, &anchor))
            return true;
    for (i = 1; i < s->x->n; i++) {
        if (s->used[i] || !der_equal(s->certs[i].subject, name) ||
            !is_issuer(s, &s->certs[i]))
            continue;
        s->used[i] = true;
        s->path[s->n++] = &s->certs[i];
        if (climb(s))
            return true;
        s->used[i] = false;
        s->n--;
    }
    return false;
}

/* Is the server's certificate itself an anchor? */
static bool is_anchor(struct search *s)
{
    const struct cert *c = s->path[0];
    struct der anchors = s->x->anchors;
    struct cert anchor;

    while (find_anchor(&anchors, c->subject, &anchor))
        if (!anchor.ca && anchor.curve == c->curve &&
            der_equal(anchor.number, c->number) && check_time(s, &anchor))
            return true;
    return false;
}

/* ---------------------------------------------------- the server's own one */

/* Is what follows "*." no public suffix, as far as that is to be seen without
   their list: two labels, and not two like co.uk? */
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

        if (same_name(label, s))
            return false;
    }
    return true;
}

/* RFC 9525 section 6.3. */
static bool matches(struct der pattern, struct der host)
{
    const unsigned char *dot = memchr(host.p, '.', host.n);

    if (!cert_dns(host, false) || !cert_dns(pattern, true))
        return false;
    if (!take_star(&pattern))
        return same_name(pattern, host);
    return dot != NULL && below_suffix(pattern) &&
        same_name(pattern, tail(host, host.n - 1 -
                                (size_t)(dot - host.p)));
}

static bool has_host(const struct cert *c, const char *host)
{
    unsigned char bytes[16];
    struct der want = {bytes, net_address(bytes, host)};
    struct der names = c->names, name;
    unsigned tag;

    const bool by_address = want.n > 0;
    if (!by_address) {
        want.p = (const unsigned char *)host;
        want.n = strlen(host);
    }
    while (der_next(&names, &tag, &name))
        if (by_address ? tag == CERT_IP && der_equal(name, want)
                       : tag == CERT_DNS && matches(name, want))
            return true;
    return false;
}

/* Is it an address, in whichever form, or an internationalized host name? */
static bool is_odd_host(const char *text)
{
    struct in_addr any;
    const char *p = text;

    /* inet_aton also takes a number alone, which may be a serial number */
    if (strchr(text, ':') != NULL ||
        (strpbrk(text, ".xX") != NULL && inet_aton(text, &any) != 0))
        return true;
    while (*p != '\0' && (unsigned char)*p < 0x80)
        p++;
    return strchr(text, '.') != NULL &&
        (*p != '\0' || strstr(text, "xn--") != NULL);
}

/*
 * A common name is never taken for the host's. But one that shows an address,
 * or a name in other letters, and is to the byte no alternative name, is made
 * to be mistaken (Baseline Requirements section 7.1.4.3).
 */
static bool good_common_name(const struct cert *c)
{
    char text[256], digits[INET6_ADDRSTRLEN];
    struct der names = c->names, common, name;
    bool odd;
    unsigned tag;

    if (!find_part(c->subject, "\x55\x04\x03", &common) ||
        common.n >= sizeof text || memchr(common.p, ' ', common.n) != NULL)
        return true;
    memcpy(text, common.p, common.n);
    text[common.n] = '\0';
    odd = is_odd_host(text);
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
            odd = odd || same_name(name, common);
        }
    }
    return !odd;
}

static const char *server_fault(const struct cert *c)
{
    const char *fault = sent_fault(c);

    if (fault != NULL)
        return fault;
    if (c->ca)
        return cert_self_issued(c) ? "is a self-signed CA's" : "is a CA's";
    if (c->purposes && (!c->server || c->any))
        return "is not for servers (extendedKeyUsage)";
    if (c->purposes_critical)
        return "has a critical extendedKeyUsage";
    if (!c->sign)
        return "has a key that must not sign (keyUsage)";
    if (c->names.p == NULL)
        return "has no subjectAltName (the common name does not count)";
    if (c->names_critical && !cert_nameless(c->subject))
        return "has a critical subjectAltName beside a subject";
    if (!good_common_name(c))
        return "has a host as its common name that it is not for";
    return NULL;
}

/* --------------------------------------------------------------- the engine */

static void note_signer(struct x509 *x, struct der name)
{
    struct der text;

    if (!find_part(name, "\x55\x04\x03", &text) &&    /* commonName */
        !find_part(name, "\x55\x04\x0a", &text))      /* organizationName */
        return;
    if (text.n >= sizeof x->signer)
        text.n = sizeof x->signer - 1;
    memcpy(x->signer, text.p, text.n);
    x->signer[text.n] = '\0';
}

/* The chain is there: 0, or an error of BearSSL's, which tells only whether
   it was for the name alone. */
static unsigned judge(struct x509 *x)
{
    struct search s;
    size_t start = 0, i;
    bool own;

    memset(&s, 0, sizeof s);
    s.x = x;
    for (i = 0; i < x->n; i++) {
        (void)cert_read(&s.certs[i], x->bytes.data + start,
                        x->ends[i] - start);
        start = x->ends[i];
    }
    s.path[s.n++] = &s.certs[0];
    if (x->now < LONG_AGO) {
        wrong_clock(x);
        return BR_ERR_X509_TIME_UNKNOWN;
    }
    if (!believe(&s, &s.certs[0], server_fault(&s.certs[0])))
        return BR_ERR_X509_NOT_TRUSTED;
    own = is_anchor(&s);
    if (!own && !climb(&s)) {
        refuse(x, "the certificate does not lead to a trusted root (--cacert "
               "FILE adds one)");
        return BR_ERR_X509_NOT_TRUSTED;
    }
    x->error[0] = '\0';
    if (!has_host(&s.certs[0], x->host)) {
        refuse(x, "the certificate is for another name than %.60s", x->host);
        return BR_ERR_X509_BAD_SERVER_NAME;
    }
    cert_key(&s.certs[0], &x->key);
    note_signer(x, own ? s.certs[0].subject : s.path[s.n - 1]->issuer);
    return 0;
}

static struct x509 *self(const br_x509_class **class)
{
    return (struct x509 *)(void *)class;
}

static void start_chain(const br_x509_class **class, const char *name)
{
    struct x509 *x = self(class);

    (void)name;                  /* NULL where the host is an address */
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
        refuse(x, "no memory for the server's certificates");
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

void x509_init(struct x509 *x, struct der anchors, const char *host,
               int64_t now)
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
