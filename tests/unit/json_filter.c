/*
 * json_filter: json.c on standard input and output, for test_json_peers.py.
 *
 * A record in is a line "PIECE PICKS BYTES", a line "WANT WILD BYTES" and
 * that many bytes of pointer for each pick, and the document; WANT is a digit
 * of enum json_want, and the document is fed in pieces of PIECE bytes. A
 * record out is a line "ERROR OFFSET" and a line for each pick: the values
 * that were told whole, a letter for the type and the bytes in hex each.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    char *text[JSON_MAX_PICKS];
    size_t n[JSON_MAX_PICKS], size[JSON_MAX_PICKS];
    size_t whole[JSON_MAX_PICKS];    /* up to the last END */
    unsigned depth[JSON_MAX_PICKS];
};

static void add(struct values *v, unsigned pick, const char *s, size_t n)
{
    if (v->n[pick] + n > v->size[pick]) {
        v->size[pick] = v->size[pick] * 2 + n + 64;
        v->text[pick] = realloc(v->text[pick], v->size[pick]);
        if (v->text[pick] == NULL)
            abort();
    }
    memcpy(v->text[pick] + v->n[pick], s, n);
    v->n[pick] += n;
}

/* In WALK a name is in parentheses, and an end is a dot. */
static bool hear(void *context, unsigned pick, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    struct values *v = context;
    size_t i;

    if (event == JSON_BEGIN) {
        add(v, pick, v->depth[pick]++ == 0 ? " " : "(", 1);
        add(v, pick, &"?oasntfz"[type], 1);
    }
    if (event == JSON_NAME)
        add(v, pick, "@", 1);
    for (i = 0; i < n; i++) {
        add(v, pick, &hex[bytes[i] >> 4], 1);
        add(v, pick, &hex[bytes[i] & 15], 1);
    }
    if (event == JSON_END && --v->depth[pick] > 0)
        add(v, pick, ")", 1);
    else if (event == JSON_END)
        v->whole[pick] = v->n[pick];
    return true;
}

static unsigned char *read_bytes(size_t n)
{
    unsigned char *bytes = malloc(n + 1);

    if (bytes == NULL || fread(bytes, 1, n, stdin) != n)
        abort();
    bytes[n] = '\0';
    return bytes;
}

/* Feeds the document out of memory that holds only the piece. */
static void feed(struct json *j, const unsigned char *text, size_t n,
                 size_t piece)
{
    size_t i, step;

    for (i = 0; i < n; i += step) {
        unsigned char *copy;

        step = piece < n - i ? piece : n - i;
        copy = malloc(step);
        if (copy == NULL)
            abort();
        memcpy(copy, text + i, step);
        json_feed(j, copy, step);
        free(copy);
    }
}

static void record(size_t piece, unsigned n_picks, size_t n)
{
    struct json_pick picks[JSON_MAX_PICKS];
    unsigned char *pointers[JSON_MAX_PICKS], *text;
    struct values v;
    struct json j;
    unsigned i;

    for (i = 0; i < n_picks; i++) {
        unsigned want, wild;
        size_t length;

        if (scanf("%u %u %zu", &want, &wild, &length) != 3
            || getchar() != '\n')
            abort();
        pointers[i] = read_bytes(length);
        picks[i].pointer = (const char *)pointers[i];
        picks[i].want = (enum json_want)want;
        picks[i].wild = wild != 0;
    }
    text = read_bytes(n);
    memset(&v, 0, sizeof v);
    json_init(&j, picks, n_picks, hear, &v);
    feed(&j, text, n, piece);
    json_end(&j);
    printf("%d %llu\n", (int)json_error(&j),
           (unsigned long long)json_offset(&j));
    for (i = 0; i < n_picks; i++) {
        fwrite(v.whole[i] > 0 ? v.text[i] : "", 1, v.whole[i], stdout);
        putchar('\n');
        free(v.text[i]);
        free(pointers[i]);
    }
    free(text);
}

int main(void)
{
    size_t piece, n;
    unsigned n_picks;

    while (scanf("%zu %u %zu", &piece, &n_picks, &n) == 3) {
        if (piece == 0 || n_picks > JSON_MAX_PICKS || getchar() != '\n')
            return 2;
        record(piece, n_picks, n);
    }
    return 0;
}
