/*
 * cert: reads one certificate (RFC 5280 section 4), strictly.
 *
 * It says what the certificate says, and what is wrong with it by itself; of
 * others, of the time and of the name that is wanted it knows nothing (x509.h
 * does). Wrong is what RFC 5280 or, for servers of the web, the CA/Browser
 * Forum's baseline requirements forbid, as far as that would not lose roots of
 * Mozilla's list, or what the usual tools make for private use. Keys are
 * RSA of 2048 to 4096 bits or on P-256, P-384 and P-521; signatures are
 * PKCS #1 1.5 or ECDSA, with SHA-256, SHA-384 or SHA-512.
 *
 * All that is found points into the bytes that were given, which must stay.
 */
#ifndef CERT_H
#define CERT_H

#include <bearssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/der.h"

/* How a hash is made, and what it is called in an RSA signature. */
struct cert_hash {
    const br_hash_class *class;
    const unsigned char *oid;        /* as BearSSL wants it */
};

enum { CERT_ANY_PATH = 0xff };       /* path: no limit */

struct cert {
    const char *fault;               /* "has no ..."; NULL: none */
    struct der tbs;                  /* the part that is signed */
    struct der issuer, subject;      /* whole elements; an empty name has
                                        two bytes */
    struct der signature;
    const struct cert_hash *hash;    /* that is signed, NULL: another */
    unsigned char signed_by;         /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
    int curve;                       /* of its key; 0: an RSA key */
    struct der number, exponent;     /* modulus and exponent, or the point */
    int64_t not_before, not_after;   /* both are still valid */
    bool serial;                     /* it is positive, and not too long */
    bool ca;                         /* may sign certificates */
    uint32_t path;                   /* with this many more below it */
    bool sign;                       /* its key may sign a handshake */
    bool usage, certify;             /* keyUsage is there, and lets the key
                                        sign certificates */
    bool purposes;                   /* extendedKeyUsage is there... */
    bool server, any;                /* and has serverAuth; has any */
    bool purposes_critical;
    struct der names;                /* what is in its subjectAltName */
    bool names_critical;
    struct der constraints;          /* what is in its nameConstraints */
    struct der key_id, issuer_key_id;
};

/* Reads the n bytes of a certificate. False: it has a `fault`; the fields
   before the place where it stopped are set, `subject` last of them. */
bool cert_read(struct cert *c, const unsigned char *bytes, size_t n);

/* The key, as BearSSL wants it. */
void cert_key(const struct cert *c, br_x509_pkey *key);

/* The kinds of a GeneralName, as their tag (RFC 5280 section 4.2.1.6). */
enum {
    CERT_OTHER = DER_CONTEXT + DER_INNER, CERT_EMAIL = DER_CONTEXT + 1,
    CERT_DNS = DER_CONTEXT + 2, CERT_NAME = DER_CONTEXT + DER_INNER + 4,
    CERT_URI = DER_CONTEXT + 6, CERT_IP = DER_CONTEXT + 7
};

/* Is it a DNS name: letters, digits, hyphens, no label empty or longer than
   63 bytes, the last no number? `star`: the first label may be "*". */
bool cert_dns(struct der name, bool star);

/* The subtrees of nameConstraints: those that are permitted, those that are
   excluded. Both may be empty, which says nothing. False: they are damaged. */
bool cert_subtrees(struct der constraints, struct der *permitted,
                   struct der *excluded);

/* Is the name empty? Is it issued to the one that issued it? */
bool cert_nameless(struct der name);
bool cert_self_issued(const struct cert *c);

#endif
