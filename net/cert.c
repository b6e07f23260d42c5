/*
 * cert.c: the DER reader, and the parts of a certificate in the order in which
 * they nest: keys, names, extensions, the whole.
 *
 * The functions read_...() and get_...() take an element off their input and
 * return false if it is not as it should be. "is damaged" is the fault of a
 * certificate that no other sentence describes.
 */
#include "net/cert.h"

#include <string.h>

#include "base/clock.h"

/* A `struct der` of a string literal. */
#define LITERAL(text) {(const unsigned char *)(text), sizeof (text) - 1}

/* Notes what is wrong, unless a fault has been noted before. Returns false. */
static bool wrong(struct cert *c, const char *fault)
{
    if (c->fault == NULL)
        c->fault = fault;
    return false;
}

/* ------------------------------------------------------------------- DER */

bool der_next(struct der *in, unsigned *tag, struct der *contents)
{
    size_t head = 2, n;

    if (in->n < 2 || (in->p[0] & 0x1f) == 0x1f)
        return false;
    n = in->p[1];
    if (n >= 0x80) {
        head += n - 0x80;
        if (n == 0x80 || n > 0x83 || in->n < head)
            return false;
        n = 0;
        for (size_t i = 2; i < head; i++)
            n = n << 8 | in->p[i];
        if (n < 0x80 || in->p[2] == 0)       /* not the shortest form */
            return false;
    }
    if (n > in->n - head)
        return false;
    *tag = in->p[0];
    contents->p = in->p + head;
    contents->n = n;
    in->p += head + n;
    in->n -= head + n;
    return true;
}

/* Whether the next element has this tag. */
static bool der_is(const struct der *in, unsigned tag)
{
    return in->n > 0 && in->p[0] == tag;
}

bool der_get(struct der *in, unsigned tag, struct der *contents)
{
    unsigned found;

    return der_is(in, tag) && der_next(in, &found, contents);
}

bool der_get_whole(struct der *in, unsigned tag, struct der *element,
                   struct der *contents)
{
    *element = *in;
    if (!der_get(in, tag, contents))
        return false;
    element->n -= in->n;
    return true;
}

/* Takes the only element, which must have this tag. */
static bool der_only(struct der in, unsigned tag, struct der *contents)
{
    return der_get(&in, tag, contents) && in.n == 0;
}

bool der_equal(struct der a, struct der b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The value of a BOOLEAN. */
static bool der_boolean(struct der contents, bool *value)
{
    if (contents.n != 1 || (contents.p[0] != 0 && contents.p[0] != 0xff))
        return false;
    *value = contents.p[0] != 0;
    return true;
}

/* The value of an INTEGER that is not negative: UINT32_MAX if it has more than
   four bytes. */
static bool der_integer(struct der contents, uint32_t *value)
{
    size_t i;

    if (contents.n == 0 || contents.p[0] >= 0x80)
        return false;
    if (contents.n > 1 && contents.p[0] == 0 && contents.p[1] < 0x80)
        return false;            /* not the shortest form */
    if (contents.n > 4) {
        *value = UINT32_MAX;
        return true;
    }
    for (*value = 0, i = 0; i < contents.n; i++)
        *value = *value << 8 | contents.p[i];
    return true;
}

/* The value of a time (RFC 5280 section 4.1.2.5: whole seconds, in UTC) from
   1970 on, in seconds since then. */
static bool der_time(unsigned tag, struct der contents, int64_t *seconds)
{
    /* where the digits of YYYYMMDDHHMMSS go */
    static const unsigned char to[] = {
        0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18
    };
    char text[] = "2000-00-00 00:00:00";
    const size_t skip = tag == DER_GENERALIZED_TIME ? 0 : 2;
    size_t i;

    if ((tag != DER_GENERALIZED_TIME && tag != DER_UTC_TIME) ||
        contents.n != sizeof to - skip + 1 ||
        contents.p[contents.n - 1] != 'Z')
        return false;
    for (i = skip; i < sizeof to; i++) {
        if (contents.p[i - skip] < '0' || contents.p[i - skip] > '9')
            return false;
        text[to[i]] = (char)contents.p[i - skip];
    }
    if (tag == DER_UTC_TIME && text[2] >= '5') {
        text[0] = '1';
        text[1] = '9';
    }
    *seconds = clock_utc(text);
    return *seconds >= 0;
}

/* The bytes of a BIT STRING that has no unused bits. */
static bool get_bits(struct der *in, struct der *bytes)
{
    if (!der_get(in, DER_BIT_STRING, bytes) || bytes->n < 1 ||
        bytes->p[0] != 0)
        return false;
    bytes->p++;
    bytes->n--;
    return true;
}

/* The bytes of a positive INTEGER, without a zero before them. */
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

/* ------------------------------------------------------ keys, algorithms */

/* Contents of AlgorithmIdentifiers. They are compared byte by byte, because
   each has one correct form only (RFC 3279, RFC 4055 section 5, RFC 5758
   section 3.2). */
#define PKCS1(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last "\x05\x00"
#define ECDSA(last) "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last
#define EC_KEY "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"

static const struct cert_signature signatures[] = {
    {LITERAL(PKCS1("\x0b")), BR_KEYTYPE_RSA, &br_sha256_vtable,
     BR_HASH_OID_SHA256},
    {LITERAL(PKCS1("\x0c")), BR_KEYTYPE_RSA, &br_sha384_vtable,
     BR_HASH_OID_SHA384},
    {LITERAL(PKCS1("\x0d")), BR_KEYTYPE_RSA, &br_sha512_vtable,
     BR_HASH_OID_SHA512},
    {LITERAL(ECDSA("\x02")), BR_KEYTYPE_EC, &br_sha256_vtable, NULL},
    {LITERAL(ECDSA("\x03")), BR_KEYTYPE_EC, &br_sha384_vtable, NULL},
    {LITERAL(ECDSA("\x04")), BR_KEYTYPE_EC, &br_sha512_vtable, NULL}
};

static const struct der rsa_key = LITERAL(PKCS1("\x01"));

static const struct {
    struct der id;
    int curve;
    size_t point;                /* bytes of an uncompressed point */
} ec_keys[] = {
    {LITERAL(EC_KEY "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
     BR_EC_secp256r1, 65},
    {LITERAL(EC_KEY "\x06\x05\x2b\x81\x04\x00\x22"), BR_EC_secp384r1, 97},
    {LITERAL(EC_KEY "\x06\x05\x2b\x81\x04\x00\x23"), BR_EC_secp521r1, 133}
};

static bool read_rsa(struct cert *c, struct der bits)
{
    struct der in, modulus, exponent;
    uint32_t e;

    if (!der_only(bits, DER_SEQUENCE, &in) || !get_number(&in, &modulus) ||
        !get_number(&in, &exponent) || in.n > 0)
        return false;
    if (modulus.n < 2048 / 8 || (modulus.n == 2048 / 8 && modulus.p[0] < 0x80))
        return wrong(c, "has an RSA key of less than 2048 bits");
    if (modulus.n > 4096 / 8 || modulus.p[0] < 0x80)
        return wrong(c, "has an RSA key of an unsupported size");
    /* with an exponent of 1, or an even one, there are no signatures */
    if (exponent.n > 4 || !der_integer(exponent, &e) || e < 3 || (e & 1) == 0)
        return wrong(c, "has an RSA key with an invalid exponent");
    memcpy(c->subject.exponent + sizeof c->subject.exponent - exponent.n,
           exponent.p, exponent.n);
    c->subject.key = modulus;
    return true;
}

static bool read_key(struct cert *c, struct der *tbs)
{
    struct der in, id, bits;
    size_t i;

    if (!der_get(tbs, DER_SEQUENCE, &in) || !der_get(&in, DER_SEQUENCE, &id) ||
        !get_bits(&in, &bits) || in.n > 0)
        return false;
    if (der_equal(id, rsa_key))
        return read_rsa(c, bits);
    for (i = 0; i < sizeof ec_keys / sizeof ec_keys[0]; i++)
        if (der_equal(id, ec_keys[i].id) && bits.n == ec_keys[i].point &&
            bits.p[0] == 4) {    /* uncompressed */
            c->subject.curve = ec_keys[i].curve;
            c->subject.key = bits;
            return true;
        }
    return wrong(c, "has a key of an unsupported type");
}

void cert_key(const struct anchor *subject, br_x509_pkey *key)
{
    /* BearSSL does not write to keys, although its types allow it */
    unsigned char *number = (unsigned char *)subject->key.p;

    if (subject->curve == 0) {
        key->key_type = BR_KEYTYPE_RSA;
        key->key.rsa.n = number;
        key->key.rsa.nlen = subject->key.n;
        key->key.rsa.e = (unsigned char *)subject->exponent;
        key->key.rsa.elen = sizeof subject->exponent;
    } else {
        key->key_type = BR_KEYTYPE_EC;
        key->key.ec.curve = subject->curve;
        key->key.ec.q = number;
        key->key.ec.qlen = subject->key.n;
    }
}

/* ----------------------------------------------------------------- names */

bool cert_is_dns(struct der name, bool wildcard)
{
    size_t label = 0, i;         /* bytes of the label so far, ... */
    bool number = true;          /* all of which are digits */

    if (wildcard && name.n > 2 && name.p[0] == '*' && name.p[1] == '.') {
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
    return !number;              /* which an empty last label counts as */
}

bool cert_is_empty(struct der name)
{
    return name.n <= 2;          /* the tag and the length of no contents */
}

bool cert_self_issued(const struct cert *c)
{
    return der_equal(c->issuer, c->subject.name);
}

/* Name: a sequence of sets of pairs of type and value. */
static bool get_name(struct der *in, struct der *name)
{
    struct der sets, set, pair, any;
    unsigned tag;

    if (!der_get_whole(in, DER_SEQUENCE, name, &sets))
        return false;
    while (sets.n > 0) {
        if (!der_get(&sets, DER_SET, &set))
            return false;
        do
            if (!der_get(&set, DER_SEQUENCE, &pair) ||
                !der_get(&pair, DER_OID, &any) ||
                !der_next(&pair, &tag, &any) || pair.n > 0)
                return false;
        while (set.n > 0);
    }
    return true;
}

bool cert_attribute(struct der name, const char *type, struct der *value)
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

/* ------------------------------------------------------------ extensions */

/* basicConstraints */
static bool read_basic(struct cert *c, struct der in)
{
    struct der value;

    if (der_is(&in, DER_BOOLEAN) && (!der_get(&in, DER_BOOLEAN, &value) ||
                                     !der_boolean(value, &c->subject.ca)))
        return false;
    return in.n == 0 || (der_only(in, DER_INTEGER, &value) &&
                         der_integer(value, &c->subject.path));
}

/* keyUsage: bit 0, the highest, is digitalSignature; 5 is keyCertSign. */
static bool read_usage(struct cert *c, struct der in)
{
    if (in.n < 2 || in.n > 3 || in.p[0] > 7)
        return false;
    c->usage = true;
    c->sign = (in.p[1] & 0x80) != 0;
    c->certify = (in.p[1] & 0x04) != 0;
    return true;
}

/* extendedKeyUsage */
static bool read_purposes(struct cert *c, struct der in)
{
    static const struct der server_auth = LITERAL(
        "\x2b\x06\x01\x05\x05\x07\x03\x01");
    static const struct der any = LITERAL("\x55\x1d\x25\x00");
    struct der oid;

    c->purposes = true;
    do {
        if (!der_get(&in, DER_OID, &oid))
            return false;
        c->server = c->server || der_equal(oid, server_auth);
        c->any = c->any || der_equal(oid, any);
    } while (in.n > 0);
    return true;
}

bool cert_for_servers(const struct cert *c)
{
    return !c->purposes || c->server || c->any;
}

/* subjectAltName */
static bool read_names(struct cert *c, struct der in)
{
    struct der name;
    unsigned tag;

    c->names = in;
    do {
        if (!der_next(&in, &tag, &name) || (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_IP && name.n != 4 && name.n != 16)
            return wrong(c, "has an IP address of the wrong length");
    } while (in.n > 0);
    return true;
}

/* Whether this is an address and its mask, which is ones, then zeros. */
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

/* GeneralSubtrees: each is a base alone, since minimum and maximum are not
   used (RFC 5280 section 4.2.1.10). An empty DNS name means every name. */
static bool check_subtrees(struct der in)
{
    struct der tree, base;
    unsigned tag;

    do {
        if (!der_get(&in, DER_SEQUENCE, &tree) ||
            !der_next(&tree, &tag, &base) || tree.n > 0 ||
            (tag & 0xc0) != DER_CONTEXT)
            return false;
        if (tag == CERT_DNS && base.n > 0 && !cert_is_dns(base, false))
            return false;
        if (tag == CERT_IP && !is_network(base))
            return false;
    } while (in.n > 0);
    return true;
}

bool cert_subtrees(struct der in, struct der *permitted, struct der *excluded)
{
    const unsigned first = DER_CONTEXT + DER_CONSTRUCTED;

    memset(permitted, 0, sizeof *permitted);
    memset(excluded, 0, sizeof *excluded);
    return (!der_is(&in, first) || der_get(&in, first, permitted)) &&
        (!der_is(&in, first + 1) || der_get(&in, first + 1, excluded)) &&
        in.n == 0;
}

/* nameConstraints, which apply whether the extension is critical or not. */
static bool read_constraints(struct cert *c, struct der in)
{
    struct der permitted, excluded;

    c->subject.constraints = in;
    return (in.n > 0 && cert_subtrees(in, &permitted, &excluded) &&
            (permitted.p == NULL || check_subtrees(permitted)) &&
            (excluded.p == NULL || check_subtrees(excluded))) ||
        wrong(c, "has invalid name constraints");
}

/* authorityKeyIdentifier: the identifier of a key; issuer and serial number
   are both there or both absent. */
static bool read_issuer_key_id(struct cert *c, struct der in)
{
    const unsigned issuer = DER_CONTEXT + DER_CONSTRUCTED + 1;
    const unsigned serial = DER_CONTEXT + 2;
    struct der any;

    return der_get(&in, DER_CONTEXT, &c->issuer_key_id) &&
        (in.n == 0 || (der_get(&in, issuer, &any) &&
                       der_only(in, serial, &any)));
}

/* authorityInfoAccess (RFC 5280 section 4.2.2.1): pairs. */
static bool check_access(struct der in)
{
    struct der pair, any;
    unsigned tag;

    do
        if (!der_get(&in, DER_SEQUENCE, &pair) ||
            !der_get(&pair, DER_OID, &any) ||
            !der_next(&pair, &tag, &any) || pair.n > 0)
            return false;
    while (in.n > 0);
    return true;
}

/* An extension whose meaning is not known must not be critical. */
static bool pass_over(struct cert *c, bool critical)
{
    return !critical ||
        wrong(c, "has an unsupported critical extension");
}

/* One of the extensions below id-ce, 2.5.29 (RFC 5280 section 4.2.1). */
static bool read_standard(struct cert *c, unsigned char id, struct der value,
                          bool critical)
{
    struct der in;

    switch (id) {
    case 14:                     /* subjectKeyIdentifier */
        return der_only(value, DER_OCTET_STRING, &c->key_id) && !critical &&
            c->key_id.n > 0;
    case 15:
        return der_only(value, DER_BIT_STRING, &in) && read_usage(c, in);
    case 17:
        c->names_critical = critical;
        return der_only(value, DER_SEQUENCE, &in) && read_names(c, in);
    case 19:
        return der_only(value, DER_SEQUENCE, &in) && read_basic(c, in);
    case 30:
        return der_only(value, DER_SEQUENCE, &in) && read_constraints(c, in);
    case 35:
        return der_only(value, DER_SEQUENCE, &in) && !critical &&
            read_issuer_key_id(c, in);
    case 36:                     /* must be critical, and cannot be applied */
        return wrong(c, "has policy constraints, which are not supported");
    case 37:
        c->purposes_critical = critical;
        return der_only(value, DER_SEQUENCE, &in) && read_purposes(c, in);
    default:
        return pass_over(c, critical);
    }
}

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
        der_only(one, DER_OCTET_STRING, &e->value);
}

static bool read_extension(struct cert *c, const struct extension *e)
{
    static const struct der access = LITERAL(
        "\x2b\x06\x01\x05\x05\x07\x01\x01");
    struct der in;

    if (e->oid.n == 3 && memcmp(e->oid.p, "\x55\x1d", 2) == 0)
        return read_standard(c, e->oid.p[2], e->value, e->critical);
    if (der_equal(e->oid, access) && !(der_only(e->value, DER_SEQUENCE, &in) &&
                                       check_access(in)))
        return false;
    return pass_over(c, e->critical);
}

enum { EXTENSIONS_MAX = 64 };    /* of one certificate */

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
            return wrong(c, "has a malformed extension");
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

/* The version and the serial number. */
static bool read_head(struct cert *c, struct der *tbs)
{
    static const unsigned char version_3[] = {0xa0, 3, 2, 1, 2};
    struct der value;
    uint32_t number;

    if (tbs->n < sizeof version_3 ||
        memcmp(tbs->p, version_3, sizeof version_3) != 0)
        return wrong(c, "is not an X.509 version 3 certificate");
    tbs->p += sizeof version_3;
    tbs->n -= sizeof version_3;
    if (!der_get(tbs, DER_INTEGER, &value) || value.n == 0)
        return false;
    c->serial = der_integer(value, &number) && number > 0 && value.n <= 20;
    return true;
}

/* The part that is signed. `id` is the algorithm that the signature names. */
static bool read_tbs(struct cert *c, struct der tbs, struct der id)
{
    struct der value, list;

    if (!read_head(c, &tbs) || !der_get(&tbs, DER_SEQUENCE, &value))
        return false;
    if (!der_equal(value, id))
        return wrong(c, "names two different signature algorithms");
    if (!get_name(&tbs, &c->issuer) || !der_get(&tbs, DER_SEQUENCE, &value) ||
        !get_time(&value, &c->subject.not_before) ||
        !get_time(&value, &c->subject.not_after) || value.n > 0 ||
        !get_name(&tbs, &c->subject.name))
        return false;
    if (cert_is_empty(c->issuer))
        return wrong(c, "has an empty issuer name");
    if (!read_key(c, &tbs))
        return false;
    return tbs.n == 0 ||
        (der_only(tbs, DER_CONTEXT + DER_CONSTRUCTED + 3, &value) &&
         der_only(value, DER_SEQUENCE, &list) && list.n > 0 &&
         read_extensions(c, list));
}

static bool read_whole(struct cert *c, struct der in)
{
    struct der whole, tbs, id;
    size_t i;

    if (!der_only(in, DER_SEQUENCE, &whole) ||
        !der_get_whole(&whole, DER_SEQUENCE, &c->tbs, &tbs) ||
        !der_get(&whole, DER_SEQUENCE, &id) ||
        !get_bits(&whole, &c->signature) || whole.n > 0)
        return false;
    for (i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
        if (der_equal(signatures[i].id, id))
            c->algorithm = &signatures[i];
    return read_tbs(c, tbs, id);
}

/* A fault that shows only in several parts together. */
static const char *contradiction(const struct cert *c)
{
    if (c->usage && c->subject.ca && !c->certify)
        return "is a CA certificate whose key must not sign certificates";
    if (!c->subject.ca && c->certify)
        return "is not a CA certificate, but its key may sign others";
    if (!c->subject.ca && c->subject.constraints.p != NULL)
        return "has name constraints, but is not a CA certificate";
    if (c->subject.ca && cert_is_empty(c->subject.name))
        return "is a CA certificate with an empty subject";
    if (cert_is_empty(c->subject.name) && !c->names_critical)
        return "has an empty subject and no critical subjectAltName";
    return NULL;
}

void cert_read(struct cert *c, const unsigned char *bytes, size_t n)
{
    const struct der in = {bytes, n};

    memset(c, 0, sizeof *c);
    c->subject.path = UINT32_MAX;
    c->sign = true;
    if (!read_whole(c, in))
        wrong(c, "is damaged");
    else
        c->fault = contradiction(c);
}
