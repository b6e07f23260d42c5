/* cert: see cert.h. */
#include "cert.h"

#include <string.h>

/* Notes what is wrong, if it is the first, and returns false. */
static bool wrong(struct cert *c, const char *fault)
{
    if (c->fault == NULL)
        c->fault = fault;
    return false;
}

static bool damaged(struct cert *c)
{
    return wrong(c, "is damaged");
}

static bool is(struct der value, const char *bytes, size_t n)
{
    return value.n == n && memcmp(value.p, bytes, n) == 0;
}

#define IS(value, bytes) is(value, bytes, sizeof(bytes) - 1)

/* ------------------------------------------------------ keys, algorithms */

/* In an AlgorithmIdentifier, byte by byte: each has one right form (RFC 3279,
   RFC 4055 section 5, RFC 5758 section 3.2). */
#define PKCS1(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last "\x05\x00"
#define ECDSA(last) "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last
#define EC_KEY "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

static const struct cert_algorithm *find_algorithm(struct der value)
{
    static const struct {
        const char *bytes;
        size_t n;
        struct cert_algorithm algorithm;
    } known[] = {
        {PKCS1("\x0b"), 13,
         {BR_KEYTYPE_RSA, &br_sha256_vtable, BR_HASH_OID_SHA256}},
        {PKCS1("\x0c"), 13,
         {BR_KEYTYPE_RSA, &br_sha384_vtable, BR_HASH_OID_SHA384}},
        {PKCS1("\x0d"), 13,
         {BR_KEYTYPE_RSA, &br_sha512_vtable, BR_HASH_OID_SHA512}},
        {ECDSA("\x02"), 10,
         {BR_KEYTYPE_EC, &br_sha256_vtable, BR_HASH_OID_SHA256}},
        {ECDSA("\x03"), 10,
         {BR_KEYTYPE_EC, &br_sha384_vtable, BR_HASH_OID_SHA384}},
        {ECDSA("\x04"), 10,
         {BR_KEYTYPE_EC, &br_sha512_vtable, BR_HASH_OID_SHA512}}
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is(value, known[i].bytes, known[i].n))
            return &known[i].algorithm;
    return NULL;
}

/* What is in a BIT STRING of whole bytes. */
static bool get_bits(struct der *in, struct der *bytes)
{
    if (!der_get(in, DER_BITS, bytes) || bytes->n < 1 || bytes->p[0] != 0)
        return false;
    bytes->p++;
    bytes->n--;
    return true;
}

/* A positive INTEGER, without the zero before it. */
static bool get_number(struct der *in, struct der *number)
{
    uint32_t any;

    if (!der_get(in, DER_INTEGER, number) || !der_integer(*number, &any))
        return false;
    if (number->n > 1 && number->p[0] == 0) {
        number->p++;
        number->n--;
    }
    return number->p[0] != 0;
}

/* BearSSL only reads keys, although its types do not say so. */
static unsigned char *bare(const unsigned char *p)
{
    union {
        const unsigned char *read;
        unsigned char *bare;
    } u = {.read = p};

    return u.bare;
}

void cert_make_key(br_x509_pkey *key, int curve, struct der number,
                   struct der exponent)
{
    key->key_type = curve == 0 ? BR_KEYTYPE_RSA : BR_KEYTYPE_EC;
    if (curve == 0) {
        key->key.rsa.n = bare(number.p);
        key->key.rsa.nlen = number.n;
        key->key.rsa.e = bare(exponent.p);
        key->key.rsa.elen = exponent.n;
    } else {
        key->key.ec.curve = curve;
        key->key.ec.q = bare(number.p);
        key->key.ec.qlen = number.n;
    }
}

static bool read_rsa(struct cert *c, struct der bits)
{
    struct der in, n, e;
    uint32_t exponent;

    if (!der_get(&bits, DER_SEQUENCE, &in) || bits.n > 0 ||
        !get_number(&in, &n) || !get_number(&in, &e) || in.n > 0)
        return damaged(c);
    if (n.n < 2048 / 8 || (n.n == 2048 / 8 && n.p[0] < 0x80))
        return wrong(c, "has an RSA key of less than 2048 bits");
    if (n.n > 4096 / 8 || n.p[0] < 0x80)
        return wrong(c, "has an RSA key of an odd size");
    /* exponents of 1, or even, make no signature */
    if (e.n > 4 || !der_integer(e, &exponent) || exponent < 3 ||
        (e.p[e.n - 1] & 1) == 0)
        return wrong(c, "has an RSA key with a wrong exponent");
    cert_make_key(&c->key, 0, n, e);
    return true;
}

static bool read_key(struct cert *c, struct der *tbs)
{
    struct der in, algorithm, bits;
    int curve = 0;
    size_t point = 0;

    if (!der_get(tbs, DER_SEQUENCE, &in) ||
        !der_get(&in, DER_SEQUENCE, &algorithm) || !get_bits(&in, &bits) ||
        in.n > 0)
        return damaged(c);
    if (IS(algorithm, PKCS1("\x01")))
        return read_rsa(c, bits);
    if (IS(algorithm, EC_KEY "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")) {
        curve = BR_EC_secp256r1;
        point = 65;
    } else if (IS(algorithm, EC_KEY "\x06\x05\x2b\x81\x04\x00\x22")) {
        curve = BR_EC_secp384r1;
        point = 97;
    } else if (IS(algorithm, EC_KEY "\x06\x05\x2b\x81\x04\x00\x23")) {
        curve = BR_EC_secp521r1;
        point = 133;
    }
    if (bits.n != point || bits.n == 0 || bits.p[0] != 4)
        return wrong(c, "has a key of a kind that is not supported");
    cert_make_key(&c->key, curve, bits, bits);
    return true;
}

/* ----------------------------------------------------------------- names */

bool cert_dns(struct der name, bool star)
{
    size_t label = 0, i;
    bool number = true;

    if (star && name.n > 2 && name.p[0] == '*' && name.p[1] == '.') {
        name.p += 2;
        name.n -= 2;
    }
    if (name.n == 0 || name.n > 253)
        return false;
    for (i = 0; i < name.n; i++) {
        const unsigned char b = name.p[i];
        const bool last = i + 1 == name.n || name.p[i + 1] == '.';

        if (b == '.') {
            if (label == 0)
                return false;
            label = 0;
            number = true;
            continue;
        }
        if (b == '-' ? label == 0 || last : b < '0' || b > 'z' ||
            (b > '9' && b < 'A') || (b > 'Z' && b < 'a'))
            return false;
        number = number && b <= '9';
        if (++label > 63)
            return false;
    }
    return label > 0 && !number;
}

bool cert_nameless(struct der name)
{
    return name.n <= 2;
}

bool cert_self_issued(const struct cert *c)
{
    return der_equal(c->issuer, c->subject);
}

/* Name: a sequence of sets of pairs of type and value. */
static bool get_name(struct cert *c, struct der *in, struct der *name)
{
    struct der whole, sets, set, pair, value;
    unsigned tag;

    if (!der_whole(in, DER_SEQUENCE, name))
        return damaged(c);
    whole = *name;
    if (!der_get(&whole, DER_SEQUENCE, &sets))
        return damaged(c);
    while (sets.n > 0) {
        if (!der_get(&sets, DER_SET, &set) || set.n == 0)
            return damaged(c);
        while (set.n > 0)
            if (!der_get(&set, DER_SEQUENCE, &pair) ||
                !der_get(&pair, DER_OID, &value) ||
                !der_next(&pair, &tag, &value) || pair.n > 0)
                return damaged(c);
    }
    return true;
}

/* ------------------------------------------------------------ extensions */

static bool read_basic(struct cert *c, struct der in, bool critical)
{
    struct der value;

    (void)critical;              /* some old roots have it otherwise */
    if (der_is(&in, DER_BOOLEAN) && (!der_get(&in, DER_BOOLEAN, &value) ||
                                     !der_boolean(value, &c->ca)))
        return false;
    return in.n == 0 || (der_get(&in, DER_INTEGER, &value) && in.n == 0 &&
                         der_integer(value, &c->path));
}

/* keyUsage: bit 0, the highest, is digitalSignature, 5 is keyCertSign. */
static bool read_usage(struct cert *c, struct der in, bool critical)
{
    unsigned bits;

    (void)critical;
    if (in.n < 2 || in.n > 3 || in.p[0] > 7)
        return false;
    bits = in.p[1];
    c->sign = (bits & 0x80) != 0;
    if (c->ca && (bits & 0x04) == 0)
        return wrong(c, "is a CA's whose key must not sign certificates");
    if (!c->ca && (bits & 0x04) != 0)
        return wrong(c, "is not a CA's, but its key may sign certificates");
    return true;
}

static bool read_purposes(struct cert *c, struct der in, bool critical)
{
    struct der oid;

    c->purposes = true;
    (void)critical;
    if (in.n == 0)
        return false;
    while (in.n > 0) {
        if (!der_get(&in, DER_OID, &oid))
            return false;
        if (IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x01"))
            c->server = true;
        if (IS(oid, "\x55\x1d\x25\x00"))
            c->any = true;
    }
    return true;
}

static bool read_names(struct cert *c, struct der in, bool critical)
{
    struct der name;
    unsigned tag;

    c->names = in;
    c->names_critical = critical;
    if (in.n == 0)
        return false;
    while (in.n > 0) {
        if (!der_next(&in, &tag, &name) || (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_IP && name.n != 4 && name.n != 16)
            return wrong(c, "has an address of a wrong length");
    }
    return true;
}

/* An address and its mask: ones, then zeros. */
static bool is_network(struct der value)
{
    const size_t half = value.n / 2;
    bool ended = false;
    size_t i;

    if (value.n != 8 && value.n != 32)
        return false;
    for (i = 0; i < half * 8; i++) {
        const bool one = (value.p[half + i / 8] >> (7 - i % 8) & 1) != 0;

        if (one && ended)
            return false;
        ended = ended || !one;
    }
    return true;
}

/* GeneralSubtrees: each is a base alone; minimum and maximum are not used
   (RFC 5280 section 4.2.1.10). An empty DNS name stands for all. */
static bool check_subtrees(struct der in)
{
    struct der tree, base;
    unsigned tag;

    if (in.n == 0)
        return false;
    while (in.n > 0) {
        if (!der_get(&in, DER_SEQUENCE, &tree) ||
            !der_next(&tree, &tag, &base) || tree.n > 0 ||
            (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_DNS && base.n > 0 && !cert_dns(base, false))
            return false;
        if (tag == CERT_IP && !is_network(base))
            return false;
    }
    return true;
}

bool cert_subtrees(struct der in, struct der *permitted, struct der *excluded)
{
    const unsigned first = DER_CONTEXT + DER_INNER;

    memset(permitted, 0, sizeof *permitted);
    memset(excluded, 0, sizeof *excluded);
    return (!der_is(&in, first) || der_get(&in, first, permitted)) &&
        (!der_is(&in, first + 1) || der_get(&in, first + 1, excluded)) &&
        in.n == 0;
}

static bool read_constraints(struct cert *c, struct der in, bool critical)
{
    struct der permitted, excluded;

    (void)critical;              /* they count in either case */
    c->constraints = in;
    if (!c->ca)
        return wrong(c, "has name constraints, but is not a CA's");
    if (in.n == 0 || !cert_subtrees(in, &permitted, &excluded) ||
        (permitted.p != NULL && !check_subtrees(permitted)) ||
        (excluded.p != NULL && !check_subtrees(excluded)))
        return wrong(c, "has name constraints that cannot be applied");
    return true;
}

/* policyConstraints must be critical, and cannot be applied. */
static bool read_policies(struct cert *c, struct der in, bool critical)
{
    (void)in;
    (void)critical;
    return wrong(c, "has policy constraints, which are not supported");
}

/* In the order in which they are read: some look back at others. `tag` is of
   what the value is one of, and what is handed on is in it. */
static const struct extension {
    const char *oid;
    size_t n;
    unsigned tag;
    bool (*read)(struct cert *c, struct der value, bool critical);
} extensions[] = {
    {"\x55\x1d\x13", 3, DER_SEQUENCE, read_basic},
    {"\x55\x1d\x0f", 3, DER_BITS, read_usage},
    {"\x55\x1d\x25", 3, DER_SEQUENCE, read_purposes},
    {"\x55\x1d\x11", 3, DER_SEQUENCE, read_names},
    {"\x55\x1d\x1e", 3, DER_SEQUENCE, read_constraints},
    {"\x55\x1d\x24", 3, DER_SEQUENCE, read_policies}
};

enum {
    EXTENSIONS = sizeof extensions / sizeof extensions[0],
    EXTENSIONS_MAX = 64          /* in one certificate */
};

static bool get_extension(struct der *in, struct der *oid, bool *critical,
                          struct der *value)
{
    struct der one, flag;

    *critical = false;
    return der_get(in, DER_SEQUENCE, &one) && der_get(&one, DER_OID, oid) &&
        (!der_is(&one, DER_BOOLEAN) || (der_get(&one, DER_BOOLEAN, &flag) &&
                                        der_boolean(flag, critical))) &&
        der_get(&one, DER_OCTETS, value) && one.n == 0;
}

/* The extension of that name, if it is among them. */
static bool find_extension(struct der in, struct der name, bool *critical,
                           struct der *value)
{
    struct der oid;

    while (get_extension(&in, &oid, critical, value))
        if (der_equal(oid, name))
            return true;
    return false;
}

/* No extension comes twice, and none is critical that is not known. */
static bool check_extensions(struct cert *c, struct der in)
{
    struct der oid, value, other;
    bool critical, any;
    size_t n = 0, i;

    while (in.n > 0) {
        if (++n > EXTENSIONS_MAX)
            return wrong(c, "has too many extensions");
        if (!get_extension(&in, &oid, &critical, &value))
            return damaged(c);
        if (find_extension(in, oid, &any, &other))
            return wrong(c, "has the same extension twice");
        for (i = 0; i < EXTENSIONS; i++)
            if (is(oid, extensions[i].oid, extensions[i].n))
                break;
        if (critical && i == EXTENSIONS)
            wrong(c, "has a critical extension that is not supported");
    }
    return true;
}

static bool read_extensions(struct cert *c, struct der in)
{
    size_t i;

    if (!check_extensions(c, in))
        return false;
    for (i = 0; i < EXTENSIONS; i++) {
        const struct extension *e = &extensions[i];
        const struct der oid = {(const unsigned char *)e->oid, e->n};
        struct der value, inner;
        bool critical;

        if (!find_extension(in, oid, &critical, &value))
            continue;
        if (!der_get(&value, e->tag, &inner) || value.n > 0 ||
            !e->read(c, inner, critical))
            wrong(c, "has an extension that is wrong");
    }
    return true;
}

/* ----------------------------------------------------------- certificate */

static bool get_time(struct der *in, int64_t *seconds)
{
    struct der value;
    unsigned tag;

    return der_next(in, &tag, &value) && der_time(tag, value, seconds);
}

/* Version and serial number. */
static bool read_head(struct cert *c, struct der *tbs)
{
    const unsigned first = DER_CONTEXT + DER_INNER;
    struct der value, version;
    uint32_t number;

    if (!der_get(tbs, first, &value))
        return wrong(c, "is of X.509 version 1");
    if (!der_get(&value, DER_INTEGER, &version) || value.n > 0 ||
        !der_integer(version, &number) ||
        !der_get(tbs, DER_INTEGER, &value) || value.n == 0)
        return damaged(c);
    if (number != 2)
        return wrong(c, "is not of X.509 version 3");
    c->serial = der_integer(value, &number) && number > 0 && value.n <= 20;
    return true;
}

/* The part that is signed. */
static bool read_tbs(struct cert *c, struct der tbs, struct der algorithm)
{
    const unsigned third = DER_CONTEXT + DER_INNER + 3;
    struct der value, list;

    if (!read_head(c, &tbs) || !der_get(&tbs, DER_SEQUENCE, &value))
        return damaged(c);
    if (!der_equal(value, algorithm))
        return wrong(c, "names two signature algorithms");
    if (!get_name(c, &tbs, &c->issuer) ||
        !der_get(&tbs, DER_SEQUENCE, &value) ||
        !get_time(&value, &c->not_before) ||
        !get_time(&value, &c->not_after) || value.n > 0 ||
        !get_name(c, &tbs, &c->subject))
        return damaged(c);
    if (cert_nameless(c->issuer))
        wrong(c, "has an issuer without a name");
    if (!read_key(c, &tbs))
        return false;
    if (tbs.n == 0)
        return true;
    if (!der_get(&tbs, third, &value) || tbs.n > 0 ||
        !der_get(&value, DER_SEQUENCE, &list) || value.n > 0 || list.n == 0)
        return damaged(c);
    return read_extensions(c, list);
}

bool cert_read(struct cert *c, const unsigned char *bytes, size_t n)
{
    struct der in = {bytes, n}, whole, tbs, algorithm;

    memset(c, 0, sizeof *c);
    c->path = CERT_ANY_PATH;
    c->sign = true;
    if (!der_get(&in, DER_SEQUENCE, &whole) || in.n > 0 ||
        !der_whole(&whole, DER_SEQUENCE, &c->tbs) ||
        !der_get(&whole, DER_SEQUENCE, &algorithm) ||
        !get_bits(&whole, &c->signature) || whole.n > 0)
        return damaged(c);
    c->algorithm = find_algorithm(algorithm);
    whole = c->tbs;
    if (!der_get(&whole, DER_SEQUENCE, &tbs) ||
        !read_tbs(c, tbs, algorithm))
        return damaged(c);
    if (c->ca && cert_nameless(c->subject))
        wrong(c, "is a CA's without a name");
    if (c->subject.p != NULL && cert_nameless(c->subject) &&
        (c->names.p == NULL || !c->names_critical))
        wrong(c, "has neither a name nor critical other names");
    return c->fault == NULL;
}
