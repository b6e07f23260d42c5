/*
 * mkanchors: writes anchors.c, the built-in table of trust anchors, from a
 * PEM bundle, without those that are expired. A tool of the build; runs on the
 * machine that builds.
 */
#include <stdio.h>
#include <string.h>

#include "tls.h"

/* The table that is being made. */
const struct x509_anchor tls_builtin[1];
const size_t tls_builtin_n = 0;

/* All names and keys stand in one array, in order. */
static void print_bytes(const struct tls_trust *trust)
{
    size_t at = 0, i, k;

    printf("static const unsigned char bytes[] = {");
    for (i = 0; i < trust->n; i++)
        for (k = 0; k < x509_anchor_size(&trust->anchors[i]); k++)
            printf("%s0x%02x,", at++ % 12 == 0 ? "\n    " : " ",
                   trust->anchors[i].bytes[k]);
    printf("\n};\n");
}

static void print_table(const struct tls_trust *trust)
{
    size_t at = 0, i;

    printf("\nconst size_t tls_builtin_n = %zu;\n"
           "const struct x509_anchor tls_builtin[%zu] = {\n",
           trust->n, trust->n);
    for (i = 0; i < trust->n; i++) {
        const struct x509_anchor *a = &trust->anchors[i];

        printf("    {bytes + %zu, %u, %u, %u, %u, %u, %u, %d, %u, %lld, "
               "%lld},\n", at, a->name, a->key, a->exponent, a->permitted,
               a->excluded, a->curve, a->ca, a->path,
               (long long)a->not_before, (long long)a->not_after);
        at += x509_anchor_size(a);
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
    print_bytes(&trust);
    print_table(&trust);
    tls_trust_free(&trust);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
