/*
 * mkanchors: writes anchors.c, the built-in table of trust anchors, from a
 * PEM bundle. A tool of the build; runs on the machine that builds.
 */
#include <stdio.h>
#include <string.h>

#include "tls.h"

/* The table that is being made. */
const br_x509_trust_anchor tls_builtin[1];
const size_t tls_builtin_n = 0;

/* All names and keys stand in one array, in order; `at` is where the next
   one begins. */
static size_t print_bytes(size_t at, const unsigned char *p, size_t n)
{
    size_t k;

    for (k = 0; k < n; k++)
        printf("%s0x%02x,", (at + k) % 12 == 0 ? "\n    " : " ", p[k]);
    return at + n;
}

static void print_values(const struct tls_trust *trust)
{
    size_t at = 0, i;

    /* BearSSL only reads them, although its types do not say so */
    printf("#define BYTES(at, n) (unsigned char *)bytes + (at), n\n\n"
           "static const unsigned char bytes[] = {");
    for (i = 0; i < trust->n; i++) {
        const br_x509_trust_anchor *a = &trust->anchors[i];

        at = print_bytes(at, a->dn.data, a->dn.len);
        if (a->pkey.key_type == BR_KEYTYPE_RSA) {
            at = print_bytes(at, a->pkey.key.rsa.n, a->pkey.key.rsa.nlen);
            at = print_bytes(at, a->pkey.key.rsa.e, a->pkey.key.rsa.elen);
        } else {
            at = print_bytes(at, a->pkey.key.ec.q, a->pkey.key.ec.qlen);
        }
    }
    printf("\n};\n");
}

static void print_table(const struct tls_trust *trust)
{
    size_t at = 0, i;

    printf("\nconst size_t tls_builtin_n = %zu;\n"
           "const br_x509_trust_anchor tls_builtin[%zu] = {\n",
           trust->n, trust->n);
    for (i = 0; i < trust->n; i++) {
        const br_x509_trust_anchor *a = &trust->anchors[i];
        const br_rsa_public_key *rsa = &a->pkey.key.rsa;
        const br_ec_public_key *ec = &a->pkey.key.ec;

        printf("    {{BYTES(%zu, %zu)}, %u, {%u, ", at, a->dn.len, a->flags,
               (unsigned)a->pkey.key_type);
        at += a->dn.len;
        if (a->pkey.key_type == BR_KEYTYPE_RSA) {
            printf("{.rsa = {BYTES(%zu, %zu), BYTES(%zu, %zu)}}}},\n", at,
                   rsa->nlen, at + rsa->nlen, rsa->elen);
            at += rsa->nlen + rsa->elen;
        } else {
            printf("{.ec = {%d, BYTES(%zu, %zu)}}}},\n", ec->curve, at,
                   ec->qlen);
            at += ec->qlen;
        }
    }
    printf("};\n");
}

int main(int argc, char **argv)
{
    struct tls_trust trust;
    char error[512];

    if (argc != 2) {
        fprintf(stderr, "usage: mkanchors BUNDLE.pem > anchors.c\n");
        return 2;
    }
    tls_trust_init(&trust);
    if (!tls_trust_file(&trust, argv[1], error, sizeof error)) {
        fprintf(stderr, "mkanchors: %s\n", error);
        return 1;
    }
    printf("/* Made from %zu certificates by mkanchors. */\n"
           "#include \"tls.h\"\n\n", trust.n);
    print_values(&trust);
    print_table(&trust);
    tls_trust_free(&trust);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
