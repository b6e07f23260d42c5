/*
 * mkanchors: writes anchors.c, the built-in table of trust anchors, from a
 * PEM bundle, without those that are expired. A tool of the build; runs on the
 * machine that builds.
 */
#include <stdio.h>
#include <string.h>

#include "net/tls.h"

/* The table that is being made. */
const struct der tls_builtin;

int main(int argc, char **argv)
{
    struct tls_trust trust;
    char error[512];
    size_t i;

    if (argc != 2) {
        fprintf(stderr, "usage: mkanchors BUNDLE.pem > anchors.c\n");
        return 2;
    }
    tls_trust_init(&trust);
    if (!tls_trust_file(&trust, argv[1], error, sizeof error)) {
        fprintf(stderr, "mkanchors: %s\n", error);
        return 1;
    }
    printf("/* Made by mkanchors. */\n#include \"net/tls.h\"\n\n"
           "static const unsigned char bytes[] = {");
    for (i = 0; i < trust.anchors.n; i++)
        printf("%s0x%02x,", i % 12 == 0 ? "\n    " : " ",
               trust.anchors.p[i]);
    printf("\n};\n\nconst struct der tls_builtin = {bytes, sizeof bytes};\n");
    tls_trust_free(&trust);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
