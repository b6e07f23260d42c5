/*
 * mkanchors BUNDLE > roots.c: writes the certificates of a PEM file that are
 * trust anchors today as C source, which defines anchors_builtin.
 *
 * A build tool, which runs on the machine that builds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/anchors.h"

/* The tool has no built-in anchors itself. */
const struct anchor anchors_builtin[1];
const size_t anchors_builtin_n;

static void print_bytes(const char *what, size_t i, struct der bytes)
{
    size_t k;

    if (bytes.n == 0)
        return;
    printf("static const unsigned char %s_%zu[] = {", what, i);
    for (k = 0; k < bytes.n; k++)
        printf("%s0x%02x,", k % 12 == 0 ? "\n    " : " ", bytes.p[k]);
    printf("\n};\n");
}

static void print_member(const char *what, size_t i, struct der bytes)
{
    if (bytes.n > 0)
        printf("        .%s = {%s_%zu, sizeof %s_%zu},\n", what, what, i, what,
               i);
}

/* A comment with the common name, else the organization. */
static void print_comment(struct der name)
{
    struct der text = {NULL, 0};
    size_t i;

    if (!cert_attribute(name, CERT_COMMON_NAME, &text))
        cert_attribute(name, CERT_ORGANIZATION, &text);
    printf("\n/* ");
    for (i = 0; i < text.n; i++)
        putchar(text.p[i] < ' ' || text.p[i] > '~' || text.p[i] == '/' ? '?' :
                text.p[i]);
    printf(" */\n");
}

static void print_anchor(size_t i, const struct anchor *a)
{
    const unsigned char *e = a->exponent;

    printf("    {\n");
    print_member("name", i, a->name);
    printf("        .not_before = INT64_C(%" PRId64 "),\n"
           "        .not_after = INT64_C(%" PRId64 "),\n"
           "        .curve = %d,\n", a->not_before, a->not_after, a->curve);
    print_member("key", i, a->key);
    printf("        .exponent = {%u, %u, %u, %u},\n", e[0], e[1], e[2], e[3]);
    printf("        .ca = %s,\n        .path = UINT32_C(%" PRIu32 "),\n",
           a->ca ? "true" : "false", a->path);
    print_member("constraints", i, a->constraints);
    printf("    },\n");
}

int main(int argc, char **argv)
{
    struct anchors a;
    char error[512];
    size_t i;

    if (argc != 2) {
        fprintf(stderr, "usage: mkanchors BUNDLE > roots.c\n");
        return 2;
    }
    anchors_init(&a);
    if (!anchors_file(&a, argv[1], error, sizeof error)) {
        fprintf(stderr, "mkanchors: %s\n", error);
        return 1;
    }
    printf("/* The built-in trust anchors. Made by mkanchors. */\n"
           "#include \"net/anchors.h\"\n");
    for (i = 0; i < a.n; i++) {
        print_comment(a.list[i].name);
        print_bytes("name", i, a.list[i].name);
        print_bytes("key", i, a.list[i].key);
        print_bytes("constraints", i, a.list[i].constraints);
    }
    printf("\nconst struct anchor anchors_builtin[] = {\n");
    for (i = 0; i < a.n; i++)
        print_anchor(i, &a.list[i]);
    printf("};\n\nconst size_t anchors_builtin_n = %zu;\n", a.n);
    anchors_free(&a);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
