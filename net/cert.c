/* cert: see cert.h. */
#include "net/cert.h"

#include <string.h>

/* Notes what is wrong, if it is the first, and returns false. */
static bool wrong(struct cert *c, const char *fault)
{
    if (c->fault == NULL)
        c->fault = fault;
    return false;
}

/* ------------------------------------------------------ keys, algorithms */

/* Their AlgorithmIdentifiers, byte by byte: each has one right form (RFC 3279,
   RFC 4055 section 5, RFC 5758 section 3.2). */
#define PKCS1(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last "\x05\x00"
#define ECDSA(last) "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last
#define EC_KEY "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

static const struct algorithm {
    unsigned char n;
    char bytes[19];
    unsigned char key;           /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
    unsigned char is;            /* place in `hashes`, or curve */
    unsigned char point;         /* bytes of a point on the curve */
} signatures[] = {
    {13, PKCS1("\x0b"), BR_KEYTYPE_RSA, 0, 0},
    {13, PKCS1("\x0c"), BR_KEYTYPE_RSA, 1, 0},
    {13, PKCS1("\x0d"), BR_KEYTYPE_RSA, 2, 0},
    {10, ECDSA("\x02"), BR_KEYTYPE_EC, 0, 0},
    {10, ECDSA("\x03"), BR_KEYTYPE_EC, 1, 0},
    {10, ECDSA("\x04"), BR_KEYTYPE_EC, 2, 0}
}, keys[] = {
    {13, PKCS1("\x01"), BR_KEYTYPE_RSA, 0, 0},
    {19, EC_KEY "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", BR_KEYTYPE_EC,
     BR_EC_secp256r1, 65},
    {16, EC_KEY "\x06\x05\x2b\x81\x04\x00\x22", BR_KEYTYPE_EC,
     BR_EC_secp384r1, 97},
    {16, EC_KEY "\x06\x05\x2b\x81\x04\x00\x23", BR_KEYTYPE_EC,
     BR_EC_secp521r1, 133}
};

static const struct cert_hash hashes[] = {
    {&br_sha256_vtable, BR_HASH_OID_SHA256},
    {&br_sha384_vtable, BR_HASH_OID_SHA384},
    {&br_sha512_vtable, BR_HASH_OID_SHA512}
};

/* The one of n that has those bytes, or NULL. */
static const struct algorithm *find(const struct algorithm *a, size_t n,
                                    struct der bytes)
{
    for (; n > 0; n--, a++)
        if (bytes.n == a->n && memcmp(bytes.p, a->bytes, a->n) == 0)
            return a;
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

static bool read_rsa(struct cert *c, struct der bits)
{
    struct der in, n;
    uint32_t exponent;

    if (!der_only(bits, DER_SEQUENCE, &in) || !get_number(&in, &n) ||
        !get_number(&in, &c->exponent) || in.n > 0)
        return false;
    if (n.n < 2048 / 8 || (n.n == 2048 / 8 && n.p[0] < 0x80))
        return wrong(c, "has an RSA key of less than 2048 bits");
    if (n.n > 4096 / 8 || n.p[0] < 0x80)
        return wrong(c, "has an RSA key of an odd size");
    /* exponents of 1, or even, make no signature */
    if (c->exponent.n > 4 || !der_integer(c->exponent, &exponent) ||
        exponent < 3 || (exponent & 1) == 0)
        return wrong(c, "has an RSA key with a wrong exponent");
    c->number = n;
    return true;
}

static bool read_key(struct cert *c, struct der *tbs)
{
    const struct algorithm *a;
    struct der in, algorithm, bits;

    if (!der_get(tbs, DER_SEQUENCE, &in) ||
        !der_get(&in, DER_SEQUENCE, &algorithm) || !get_bits(&in, &bits) ||
        in.n > 0)
        return false;
    a = find(keys, sizeof keys / sizeof keys[0], algorithm);
    if (a != NULL && a->key == BR_KEYTYPE_RSA)
        return read_rsa(c, bits);
    if (a == NULL || bits.n != a->point || bits.p[0] != 4)
        return wrong(c, "has a key of a kind that is not supported");
    c->curve = a->is;
    c->number = bits;
    return true;
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

void cert_key(const struct cert *c, br_x509_pkey *key)
{
    if (c->curve == 0) {
        key->key_type = BR_KEYTYPE_RSA;
        key->key.rsa.n = bare(c->number.p);
        key->key.rsa.nlen = c->number.n;
        key->key.rsa.e = bare(c->exponent.p);
        key->key.rsa.elen = c->exponent.n;
    } else {
        key->key_type = BR_KEYTYPE_EC;
        key->key.ec.curve = c->curve;
        key->key.ec.q = bare(c->number.p);
        key->key.ec.qlen = c->number.n;
    }
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
static bool get_name(struct der *in, struct der *name)
{
    struct der sets, set, pair, value;
    unsigned tag;

    if (!der_whole(in, DER_SEQUENCE, name, &sets))
        return false;
    while (sets.n > 0) {
        if (!der_get(&sets, DER_SET, &set))
            return false;
        do
            if (!der_get(&set, DER_SEQUENCE, &pair) ||
                !der_get(&pair, DER_OID, &value) ||
                !der_next(&pair, &tag, &value) || pair.n > 0)
                return false;
        while (set.n > 0);
    }
    return true;
}

/* ------------------------------------------------------------ extensions */

static bool read_basic(struct cert *c, struct der in, bool critical)
{
    struct der value;

    (void)critical;
    if (der_is(&in, DER_BOOLEAN) && (!der_get(&in, DER_BOOLEAN, &value) ||
                                     !der_boolean(value, &c->ca)))
        return false;
    return in.n == 0 || (der_only(in, DER_INTEGER, &value) &&
                         der_integer(value, &c->path));
}

/* Bit 0, the highest, is digitalSignature, 5 is keyCertSign. */
static bool read_usage(struct cert *c, struct der in, bool critical)
{
    (void)critical;
    if (in.n < 2 || in.n > 3 || in.p[0] > 7)
        return false;
    c->usage = true;
    c->sign = (in.p[1] & 0x80) != 0;
    c->certify = (in.p[1] & 0x04) != 0;
    return true;
}

static bool read_purposes(struct cert *c, struct der in, bool critical)
{
    struct der oid;

    c->purposes = true;
    c->purposes_critical = critical;
    do {
        if (!der_get(&in, DER_OID, &oid))
            return false;
        c->server = c->server || (oid.n == 8 && memcmp(
            oid.p, "\x2b\x06\x01\x05\x05\x07\x03\x01", 8) == 0);
        c->any = c->any || (oid.n == 4 && memcmp(
            oid.p, "\x55\x1d\x25\x00", 4) == 0);
    } while (in.n > 0);
    return true;
}

static bool read_names(struct cert *c, struct der in, bool critical)
{
    struct der name;
    unsigned tag;

    c->names = in;
    c->names_critical = critical;
    do {
        if (!der_next(&in, &tag, &name) || (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_IP && name.n != 4 && name.n != 16)
            return wrong(c, "has an address of a wrong length");
    } while (in.n > 0);
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

    do {
        if (!der_get(&in, DER_SEQUENCE, &tree) ||
            !der_next(&tree, &tag, &base) || tree.n > 0 ||
            (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_DNS && base.n > 0 && !cert_dns(base, false))
            return false;
        if (tag == CERT_IP && !is_network(base))
            return false;
    } while (in.n > 0);
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

/* They count whether they are critical or not. */
static bool read_constraints(struct cert *c, struct der in, bool critical)
{
    struct der permitted, excluded;

    (void)critical;
    c->constraints = in;
    return (in.n > 0 && cert_subtrees(in, &permitted, &excluded) &&
            (permitted.p == NULL || check_subtrees(permitted)) &&
            (excluded.p == NULL || check_subtrees(excluded))) ||
        wrong(c, "has name constraints that cannot be applied");
}

/* policyConstraints must be critical, and cannot be applied. */
static bool read_policies(struct cert *c, struct der in, bool critical)
{
    (void)in, (void)critical;
    return wrong(c, "has policy constraints, which are not supported");
}

static bool read_key_id(struct cert *c, struct der in, bool critical)
{
    c->key_id = in;
    return !critical && in.n > 0;
}

/* With a key's identifier, and issuer and serial number both or neither. */
static bool read_issuer_key_id(struct cert *c, struct der in, bool critical)
{
    const unsigned issuer = DER_CONTEXT + DER_INNER + 1;
    const unsigned serial = DER_CONTEXT + 2;
    struct der value;

    return !critical && der_get(&in, DER_CONTEXT, &c->issuer_key_id) &&
        (in.n == 0 || (der_get(&in, issuer, &value) &&
                       der_only(in, serial, &value)));
}

/* authorityInfoAccess (RFC 5280 section 4.2.2.1): pairs. */
static const unsigned char access_oid[] = {
    0x2b, 6, 1, 5, 5, 7, 1, 1
};

static bool check_access(struct der in)
{
    struct der pair, value;
    unsigned tag;

    do
        if (!der_get(&in, DER_SEQUENCE, &pair) ||
            !der_get(&pair, DER_OID, &value) ||
            !der_next(&pair, &tag, &value) || pair.n > 0)
            return false;
    while (in.n > 0);
    return true;
}

/* Those behind id-ce, 2.5.29 (RFC 5280 section 4.2.1), with the tag of what
   their value is one of; what is in it is handed on. */
static const struct kind {
    unsigned char id, tag;
    bool (*read)(struct cert *c, struct der in, bool critical);
} kinds[] = {
    {14, DER_OCTETS, read_key_id},
    {15, DER_BITS, read_usage},
    {17, DER_SEQUENCE, read_names},
    {19, DER_SEQUENCE, read_basic},
    {30, DER_SEQUENCE, read_constraints},
    {35, DER_SEQUENCE, read_issuer_key_id},
    {36, DER_SEQUENCE, read_policies},
    {37, DER_SEQUENCE, read_purposes}
};

enum { EXTENSIONS_MAX = 64 };    /* in one certificate */

struct extension {
    struct der oid;
    bool critical;
    struct der value;
};

static bool get_extension(struct der *in, struct extension *e)
{
    struct der one, flag;

    e->critical = false;
    return der_get(in, DER_SEQUENCE, &one) &&
        der_get(&one, DER_OID, &e->oid) &&
        (!der_is(&one, DER_BOOLEAN) || (der_get(&one, DER_BOOLEAN, &flag) &&
                                        der_boolean(flag, &e->critical))) &&
        der_only(one, DER_OCTETS, &e->value);
}

static bool read_extension(struct cert *c, const struct extension *e)
{
    const bool known = e->oid.n == 3 && memcmp(e->oid.p, "\x55\x1d", 2) == 0;
    const struct der access = {access_oid, sizeof access_oid};
    struct der in;
    size_t i;

    for (i = 0; known && i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].id == e->oid.p[2])
            return der_only(e->value, kinds[i].tag, &in) &&
                kinds[i].read(c, in, e->critical);
    if (der_equal(e->oid, access) && !(der_only(e->value, DER_SEQUENCE, &in) &&
                                       check_access(in)))
        return false;
    return !e->critical ||
        wrong(c, "has a critical extension that is not supported");
}

static bool read_extensions(struct cert *c, struct der in)
{
    struct extension e, other;
    size_t n = 0;

    while (in.n > 0) {
        struct der rest;

        if (++n > EXTENSIONS_MAX)
            return wrong(c, "has too many extensions");
        if (!get_extension(&in, &e))
            return false;
        for (rest = in; get_extension(&rest, &other); )
            if (der_equal(e.oid, other.oid))
                return wrong(c, "has the same extension twice");
        if (!read_extension(c, &e))
            return wrong(c, "has an extension that is wrong");
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
    static const unsigned char version_3[] = {0xa0, 3, 2, 1, 2};
    struct der value;
    uint32_t number;

    if (tbs->n < sizeof version_3 ||
        memcmp(tbs->p, version_3, sizeof version_3) != 0)
        return wrong(c, "is not of X.509 version 3");
    tbs->p += sizeof version_3;
    tbs->n -= sizeof version_3;
    if (!der_get(tbs, DER_INTEGER, &value) || value.n == 0)
        return false;
    c->serial = der_integer(value, &number) && number > 0 && value.n <= 20;
    return true;
}

/* The part that is signed. */
static bool read_tbs(struct cert *c, struct der tbs, struct der algorithm)
{
    struct der value, list;

    if (!read_head(c, &tbs) || !der_get(&tbs, DER_SEQUENCE, &value))
        return false;
    if (!der_equal(value, algorithm))
        return wrong(c, "names two signature algorithms");
    if (!get_name(&tbs, &c->issuer) || !der_get(&tbs, DER_SEQUENCE, &value) ||
        !get_time(&value, &c->not_before) ||
        !get_time(&value, &c->not_after) || value.n > 0 ||
        !get_name(&tbs, &c->subject))
        return false;
    if (cert_nameless(c->issuer))
        return wrong(c, "has an issuer without a name");
    if (!read_key(c, &tbs))
        return false;
    return tbs.n == 0 ||
        (der_only(tbs, DER_CONTEXT + DER_INNER + 3, &value) &&
         der_only(value, DER_SEQUENCE, &list) && list.n > 0 &&
         read_extensions(c, list));
}

static bool read_whole(struct cert *c, struct der in)
{
    struct der whole, tbs, algorithm;
    const struct algorithm *a;

    if (!der_only(in, DER_SEQUENCE, &whole) ||
        !der_whole(&whole, DER_SEQUENCE, &c->tbs, &tbs) ||
        !der_get(&whole, DER_SEQUENCE, &algorithm) ||
        !get_bits(&whole, &c->signature) || whole.n > 0)
        return false;
    a = find(signatures, sizeof signatures / sizeof signatures[0], algorithm);
    if (a != NULL) {
        c->hash = &hashes[a->is];
        c->signed_by = a->key;
    }
    return read_tbs(c, tbs, algorithm);
}

/* What is wrong only as seen with the rest. */
static const char *contradiction(const struct cert *c)
{
    if (c->usage && c->ca && !c->certify)
        return "is a CA's whose key must not sign certificates";
    if (!c->ca && c->certify)
        return "is not a CA's, but its key may sign certificates";
    if (!c->ca && c->constraints.p != NULL)
        return "has name constraints, but is not a CA's";
    if (c->ca && cert_nameless(c->subject))
        return "is a CA's without a name";
    if (cert_nameless(c->subject) && !c->names_critical)
        return "has neither a name nor critical other names";
    return NULL;
}

bool cert_read(struct cert *c, const unsigned char *bytes, size_t n)
{
    const struct der in = {bytes, n};

    memset(c, 0, sizeof *c);
    c->path = CERT_ANY_PATH;
    c->sign = true;
    if (!read_whole(c, in))
        wrong(c, "is damaged");
    else
        c->fault = contradiction(c);
    return c->fault == NULL;
}
