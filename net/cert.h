/*
 * cert: reads one X.509 certificate (RFC 5280 section 4), and the encoding of
 * certificates, DER (X.690 section 10).
 *
 * This reader is strict. It reports what a certificate says, and what is wrong
 * with it regardless of other certificates, the time and the host; those are
 * checked by x509.h. A certificate is wrong if RFC 5280 forbids it, or the
 * CA/Browser Forum's Baseline Requirements for TLS servers do, except where
 * that would refuse roots of Mozilla's list or certificates that common tools
 * issue for private use. Keys are RSA of 2048 to 4096 bits, or on P-256, P-384
 * or P-521; signatures are PKCS #1 v1.5 or ECDSA, with SHA-256, SHA-384 or
 * SHA-512.
 *
 * Nothing is copied: every `struct der` points into the bytes of the caller,
 * which must stay as long as it is used.
 */
#ifndef CERT_H
#define CERT_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- DER ---- */

/* Bytes that somebody else owns: the contents of an element, a whole element,
   or elements that are still to be read. */
struct der {
    const unsigned char *p;      /* NULL: absent */
    size_t n;
};

/* Tags, as the byte in which they are encoded. */
enum {
    DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04, DER_OID = 0x06, DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18, DER_SEQUENCE = 0x30, DER_SET = 0x31,
    DER_CONTEXT = 0x80,          /* [0]; [n] is DER_CONTEXT + n */
    DER_CONSTRUCTED = 0x20       /* added to a tag: contains elements */
};

/*
 * Takes the next element off `in`, and sets its tag and contents. False, and
 * nothing is taken, if `in` is empty or does not begin with an element: one
 * whose tag has one byte, and whose length is definite, in its shortest form,
 * below 16 MB and within `in`. Nothing else occurs in certificates.
 */
bool der_next(struct der *in, unsigned *tag, struct der *contents);

/* Takes the next element, which must have this tag. */
bool der_get(struct der *in, unsigned tag, struct der *contents);

/* The same, and sets `element` to the whole element, with tag and length. */
bool der_get_whole(struct der *in, unsigned tag, struct der *element,
                   struct der *contents);

/* Whether the bytes are the same. */
bool der_equal(struct der a, struct der b);

/* ---- certificates ---- */

/*
 * The subject of a certificate: a name, its key, and what the key may be used
 * for. A trust anchor (RFC 5280 section 6.1.1) consists of this and no more.
 */
struct anchor {
    struct der name;             /* a whole Name element */
    int64_t not_before, not_after;   /* seconds since 1970; valid at both */
    int curve;                   /* BR_EC_secp256r1 or similar; 0: RSA */
    struct der key;              /* RSA: the modulus; else the public point */
    unsigned char exponent[4];   /* RSA only; the highest byte first */
    bool ca;                     /* may sign certificates */
    uint32_t path;               /* of a CA: the most CAs between it and the
                                    server; UINT32_MAX: no limit */
    struct der constraints;      /* contents of the nameConstraints */
};

/* A signature algorithm. */
struct cert_signature {
    struct der id;               /* contents of its AlgorithmIdentifier */
    int key_type;                /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
    const br_hash_class *hash;
    const unsigned char *oid;    /* of the hash, in BearSSL's form */
};

struct cert {
    const char *fault;           /* what is wrong, as in "is damaged"; NULL:
                                    nothing */
    struct der tbs;              /* the part that is signed */
    struct der signature;
    const struct cert_signature *algorithm;  /* NULL: not supported */
    struct der issuer;           /* a whole Name element */
    struct anchor subject;       /* its name may be empty */
    bool serial;                 /* the serial number is positive and has at
                                    most 20 bytes */
    bool usage, certify;         /* keyUsage is present; it has keyCertSign */
    bool sign;                   /* no keyUsage, or it has digitalSignature */
    bool purposes;               /* extendedKeyUsage is present */
    bool purposes_critical;
    bool server, any;            /* it has serverAuth; anyExtendedKeyUsage */
    struct der names;            /* contents of the subjectAltName */
    bool names_critical;
    struct der key_id, issuer_key_id;
};

/* Reads the n bytes of a certificate. What follows a fault is not read. */
void cert_read(struct cert *c, const unsigned char *bytes, size_t n);

/* Sets `key` to the subject's key, in BearSSL's form. It points into `subject`
   and to the bytes of its key. */
void cert_key(const struct anchor *subject, br_x509_pkey *key);

/* The tags of a GeneralName (RFC 5280 section 4.2.1.6). */
enum {
    CERT_EMAIL = DER_CONTEXT + 1,
    CERT_DNS = DER_CONTEXT + 2,
    CERT_DIRECTORY = DER_CONTEXT + DER_CONSTRUCTED + 4,
    CERT_IP = DER_CONTEXT + 7
};

/* Whether this is a DNS name: labels of 1 to 63 letters, digits and inner
   hyphens, the last of which is not a number, 253 bytes in all. With
   `wildcard`, the first label may be "*" if another one follows. */
bool cert_is_dns(struct der name, bool wildcard);

/* Finds the subtrees of a nameConstraints extension that are permitted and
   those that are excluded; each may be absent. False if it is damaged. */
bool cert_subtrees(struct der constraints, struct der *permitted,
                   struct der *excluded);

/* Finds the first attribute of this type, the contents of an OID, in a Name
   (RFC 5280 appendix A.1). False if there is none. */
bool cert_attribute(struct der name, const char *type, struct der *value);

/* The types for cert_attribute. */
#define CERT_COMMON_NAME "\x55\x04\x03"
#define CERT_ORGANIZATION "\x55\x04\x0a"
#define CERT_EMAIL_ADDRESS "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"

/* Whether a Name has no attributes. */
bool cert_is_empty(struct der name);

/* Whether the issuer and the subject are the same. */
bool cert_self_issued(const struct cert *c);

/* Whether extendedKeyUsage allows a CA to issue certificates of servers. */
bool cert_for_servers(const struct cert *c);

#endif
