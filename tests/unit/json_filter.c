/*
 * json_filter.c: json.c on standard input and output, for test_json_peers.py.
 *
 * It answers a sequence of requests:
 *
 *   read PIECE PICKS LENGTH
 *       then for each pick "WANT WILD LENGTH" (WANT is a number of enum
 *       json_want) and a pointer of LENGTH bytes, then a document of LENGTH
 *       bytes, which is fed in pieces of PIECE bytes. The answer is a line
 *       "ERROR OFFSET", and a line for each pick with the values that were
 *       complete: a letter for the type and the bytes in hexadecimal.
 *   write OPERATIONS
 *       then for each operation "LETTER LENGTH" and an argument of LENGTH
 *       bytes. The letters are { } [ ], n(ame), s(tring), i(nteger), b(ool,
 *       false without an argument) and r(aw). The answer is a line with the
 *       number of replaced bytes and the JSON.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

struct values {
    struct buf text[JSON_MAX_PICKS];
    size_t complete[JSON_MAX_PICKS];     /* bytes up to the last END */
    unsigned depth[JSON_MAX_PICKS];
};

/* In WALK a name follows "@", and an inner value is in parentheses. */
static bool take(void *context, unsigned pick, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    struct values *v = context;
    struct buf *text = &v->text[pick];

    if (event == JSON_BEGIN) {
        buf_byte(text, v->depth[pick]++ == 0 ? ' ' : '(');
        buf_byte(text, (unsigned char)"?oasntfz"[type]);
    }
    if (event == JSON_NAME)
        buf_byte(text, '@');
    buf_hex(text, bytes, n);
    if (event == JSON_END && --v->depth[pick] > 0)
        buf_byte(text, ')');
    else if (event == JSON_END)
        v->complete[pick] = text->len;
    return true;
}

/* Reads n bytes; the caller frees them. They are followed by a NUL. */
static unsigned char *read_bytes(size_t n)
{
    unsigned char *bytes = malloc(n + 1);

    if (bytes == NULL || fread(bytes, 1, n, stdin) != n)
        abort();
    bytes[n] = '\0';
    return bytes;
}

/* Feeds the document from memory that has the size of each piece, so that
   AddressSanitizer sees reads beyond it. */
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

static void answer_read(void)
{
    struct json_pick picks[JSON_MAX_PICKS];
    unsigned char *pointers[JSON_MAX_PICKS], *text;
    unsigned n_picks, i;
    struct values v;
    struct json j;
    size_t piece, n;

    if (scanf("%zu %u %zu", &piece, &n_picks, &n) != 3 || piece == 0 ||
        n_picks > JSON_MAX_PICKS || getchar() != '\n')
        abort();
    memset(&v, 0, sizeof v);
    for (i = 0; i < n_picks; i++) {
        unsigned want, wild;
        size_t length;

        if (scanf("%u %u %zu", &want, &wild, &length) != 3 ||
            getchar() != '\n')
            abort();
        pointers[i] = read_bytes(length);
        picks[i].pointer = (const char *)pointers[i];
        picks[i].want = (enum json_want)want;
        picks[i].wild = wild != 0;
        buf_init(&v.text[i], (size_t)1 << 30);
    }
    text = read_bytes(n);
    json_init(&j, picks, n_picks, take, &v);
    feed(&j, text, n, piece);
    json_end(&j);
    printf("%d %llu\n", (int)json_error(&j),
           (unsigned long long)json_offset(&j));
    for (i = 0; i < n_picks; i++) {
        printf("%.*s\n", (int)v.complete[i], (const char *)v.text[i].data);
        buf_free(&v.text[i]);
        free(pointers[i]);
    }
    free(text);
}

/* ---- writing ---- */

static size_t write_one(struct buf *b, char letter, const unsigned char *bytes,
                        size_t n)
{
    switch (letter) {
    case '{':
        json_write_object_begin(b);
        return 0;
    case '}':
        json_write_object_end(b);
        return 0;
    case '[':
        json_write_array_begin(b);
        return 0;
    case ']':
        json_write_array_end(b);
        return 0;
    case 'n':
        json_write_name_bytes(b, bytes, n);
        return 0;
    case 's':
        return json_write_string_bytes(b, bytes, n);
    case 'i':
        json_write_number(b, strtoll((const char *)bytes, NULL, 10));
        return 0;
    case 'b':
        json_write_bool(b, n > 0);
        return 0;
    case 'r':
        json_write_raw(b, bytes, n);
        return 0;
    default:
        abort();
    }
}

static void answer_write(void)
{
    size_t operations, n, replaced = 0;
    struct buf b;
    char letter;

    if (scanf("%zu", &operations) != 1)
        abort();
    buf_init(&b, (size_t)1 << 30);
    for (; operations > 0; operations--) {
        unsigned char *bytes;

        if (scanf(" %c %zu", &letter, &n) != 2 || getchar() != '\n')
            abort();
        bytes = read_bytes(n);
        replaced += write_one(&b, letter, bytes, n);
        free(bytes);
    }
    printf("%zu %.*s\n", replaced, (int)b.len, (const char *)b.data);
    buf_free(&b);
}

int main(void)
{
    char what[8];

    while (scanf("%7s", what) == 1) {
        if (strcmp(what, "write") == 0)
            answer_write();
        else
            answer_read();
    }
    return 0;
}
