/*
 * Unit tests of http/response.c. Every response is fed as a whole, byte by
 * byte, and cut in two at every position; the results must be equal.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/response.h"
#include "tests/unit/test.h"

/* ---- responses ---- */

struct outcome {
    int status;
    bool done, keep, encoded;
    const char *error;
    size_t taken;
    struct buf body;
};

static void add_body(void *context, const unsigned char *bytes, size_t n)
{
    buf_add(context, bytes, n);
}

/* Feeds `input` in two pieces that meet at `cut`, or in pieces of `step` bytes,
   or as a whole if both are 0; then ends the connection if `end`. */
static void feed(struct outcome *o, const char *input, size_t n, size_t cut,
                 size_t step, bool end)
{
    static struct http_response r;

    memset(o, 0, sizeof *o);
    buf_init(&o->body, 1 << 20);
    http_response_init(&r);
    while (o->taken < n && !r.done && r.error == NULL) {
        size_t at = o->taken, piece = n - at, got;
        unsigned char *copy;

        if (cut > at && cut - at < piece)
            piece = cut - at;
        if (step > 0 && step < piece)
            piece = step;
        copy = malloc(piece);    /* the sanitizer finds a read past its end */
        memcpy(copy, input + at, piece);
        got = http_response_feed(&r, copy, piece, add_body, &o->body);
        free(copy);
        o->taken += got;
        if (got < piece)
            break;
    }
    if (end && !r.done && r.error == NULL)
        http_response_end(&r);
    o->status = r.status;
    o->done = r.done;
    o->keep = r.keep;
    o->encoded = r.encoded;
    o->error = r.error;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->status == b->status && a->done == b->done &&
        a->keep == b->keep && a->encoded == b->encoded &&
        a->error == b->error && a->taken == b->taken &&
        a->body.len == b->body.len &&
        (a->body.len == 0 || memcmp(a->body.data, b->body.data,
                                    a->body.len) == 0);
}

/* Checks that all ways to feed the input have the same result. */
static void check_pieces(const char *name, const char *input, size_t n,
                         bool end, const struct outcome *whole)
{
    struct outcome o;
    size_t cut, bad = 0;

    feed(&o, input, n, 0, 1, end);
    CHECK(same(&o, whole), "%s: byte by byte, the result is the same", name);
    buf_free(&o.body);
    for (cut = 1; cut < n && n < 70000; cut += n > 4000 ? 97 : 1) {
        feed(&o, input, n, cut, 0, end);
        bad += !same(&o, whole);
        buf_free(&o.body);
    }
    CHECK(bad == 0, "%s: cut anywhere, the result is the same (%zu differ)",
          name, bad);
}

enum { MORE, GOOD, WRONG, END = 8 };

struct response_case {
    const char *name, *input, *body;
    int verdict;                 /* | END: the connection ends after it */
    int status;
    bool keep;
    size_t left;                 /* bytes after the answer */
};

#define OK "HTTP/1.1 200 OK\r\n"
#define L5 "Content-Length: 5\r\n"
#define CH "Transfer-Encoding: chunked\r\n"

static const struct response_case responses[] = {
    {"length", OK L5 "\r\nhello", "hello", GOOD, 200, true, 0},
    {"no body", OK "Content-Length: 0\r\n\r\n", "", GOOD, 200, true, 0},
    {"cut head", OK "Content-Len", "", MORE, 200, true, 0},
    {"cut head at the end", OK "Content-Len", "", WRONG | END, 200, false, 0},
    {"nothing at the end", "", "", WRONG | END, 0, false, 0},
    {"cut body", OK L5 "\r\nhell", "hell", WRONG | END, 200, false, 0},
    {"bytes after the end", OK L5 "\r\nhelloHTTP", "hello", GOOD, 200, true,
        4},
    {"until close", OK "\r\nhello", "hello", GOOD | END, 200, false, 0},
    {"until close is not done earlier", OK "\r\nhello", "hello", MORE, 200,
        false, 0},
    {"bare LF in the head", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", "x",
        GOOD, 200, true, 0},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\n" L5 "\r\nhello", "hello", GOOD, 200,
        false, 0},
    {"names in any case", OK "cOnTeNt-LENGTH:5\r\n\r\nhello", "hello", GOOD,
        200, true, 0},
    {"a name inside a value does not count", OK "X: Content-Length: 9\r\n" L5
        "\r\nhello", "hello", GOOD, 200, true, 0},
    {"a longer name with the same end differs", OK "X-Content-Length: 9\r\n" L5
        "\r\nhello", "hello", GOOD, 200, true, 0},
    {"blanks around the value", OK "Content-Length: \t 5 \t\r\n\r\nhello",
        "hello", GOOD, 200, true, 0},
    {"close", OK L5 "Connection: close\r\n\r\nhello", "hello", GOOD, 200,
        false, 0},
    {"close in a list", OK L5 "Connection: x, CLOSE ,y\r\n\r\nhello", "hello",
        GOOD, 200, false, 0},
    {"closed is not close", OK L5 "Connection: closed\r\n\r\nhello", "hello",
        GOOD, 200, true, 0},
    /* RFC 9110 section 8.6 */
    {"equal lengths", OK L5 L5 "\r\nhello", "hello", GOOD, 200, true, 0},
    {"a list of equal lengths", OK "Content-Length: 5, 5\r\n\r\nhello",
        "hello", GOOD, 200, true, 0},
    {"different lengths", OK L5 "Content-Length: 6\r\n\r\nhello", "", WRONG,
        200, false, 5},
    {"a list of different lengths", OK "Content-Length: 5, 6\r\n\r\nhello",
        "", WRONG, 200, false, 5},
    {"a negative length", OK "Content-Length: -5\r\n\r\nhello", "", WRONG,
        200, false, 5},
    {"a signed length", OK "Content-Length: +5\r\n\r\nhello", "", WRONG, 200,
        false, 5},
    {"a hexadecimal length", OK "Content-Length: 0x5\r\n\r\nhello", "", WRONG,
        200, false, 5},
    {"an empty length", OK "Content-Length:\r\n\r\nhello", "", WRONG, 200,
        false, 5},
    {"a length beyond 64 bits", OK
        "Content-Length: 18446744073709551621\r\n\r\nhello", "", WRONG, 200,
        false, 5},
    {"a length with a blank in it", OK "Content-Length: 5 5\r\n\r\nhello", "",
        WRONG, 200, false, 5},
    /* RFC 9112 section 4 */
    {"no reason", "HTTP/1.1 200 \r\n" L5 "\r\nhello", "hello", GOOD, 200,
        true, 0},
    {"no blank after the status", "HTTP/1.1 200\r\n" L5 "\r\nhello", "hello",
        GOOD, 200, true, 0},
    {"LF after the status", "HTTP/1.1 200\n" L5 "\r\nhello", "hello", GOOD,
        200, true, 0},
    {"a tab after the status", "HTTP/1.1 200\tOK\r\n" L5 "\r\nhello",
        "hello", GOOD, 200, true, 0},
    {"a tab before the status", "HTTP/1.1\t200 OK\r\n", "", WRONG, 0, false,
        0},
    {"a letter after the status", "HTTP/1.1 200OK\r\n", "", WRONG, 0, false,
        0},
    {"no status", "HTTP/1.1 \r\n", "", WRONG, 0, false, 0},
    {"blanks and no status", "HTTP/1.1          \r\n", "", WRONG, 0, false,
        0},
    {"blanks and a cut status", "HTTP/1.1       20\r\n", "", WRONG, 0, false,
        0},
    {"two digits", "HTTP/1.1 20 OK\r\n", "", WRONG, 0, false, 0},
    {"four digits", "HTTP/1.1 2000 OK\r\n", "", WRONG, 0, false, 0},
    {"status 600", "HTTP/1.1 600 OK\r\n", "", WRONG, 0, false, 0},
    {"status 099", "HTTP/1.1 099 OK\r\n", "", WRONG, 0, false, 0},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\n", "", WRONG, 0, false, 0},
    {"HTTP/1.2", "HTTP/1.2 200 OK\r\n", "", WRONG, 0, false, 0},
    {"lower case", "http/1.1 200 OK\r\n", "", WRONG, 0, false, 0},
    {"two blanks", "HTTP/1.1  200 OK\r\n" L5 "\r\nhello", "hello", GOOD, 200,
        true, 0},
    {"an empty first line", "\r\nHTTP/1.1 200 OK\r\n", "", WRONG, 0, false,
        17},
    {"another protocol", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "", WRONG, 0,
        false, 0},
    /* RFC 9112 section 5 */
    {"folded", OK "A: b\r\n c\r\n" L5 "\r\nhello", "hello", GOOD, 200, true,
        0},
    {"folded three times", OK "A: b\r\n c\n\td\r\n e: f\r\n" L5 "\r\nhello",
        "hello", GOOD, 200, true, 0},
    {"folded after nothing", OK " A: b\r\n" L5 "\r\nhello", "", WRONG, 200,
        false, 5},
    {"a blank line that is not empty", OK "A: b\r\n \r\n" L5 "\r\nhello", "",
        WRONG, 200, false, 5},
    {"a folded length", OK "Content-Length:\r\n 5\r\n\r\nhello", "", WRONG,
        200, false, 5},
    {"a length with a folded continuation", OK "Content-Length: 5\r\n 6\r\n"
        "\r\nhello", "", WRONG, 200, false, 5},
    {"a folded coding", OK "Transfer-Encoding:\r\n\tchunked\r\n\r\n", "",
        WRONG, 200, false, 0},
    {"a length in a folded line", OK L5 "A: b\r\n Content-Length: 6\r\n\r\n",
        "", WRONG, 200, false, 0},
    {"close in a folded line", OK L5 "Connection: a,\r\n close\r\n\r\nhello",
        "hello", GOOD, 200, false, 0},
    {"blank before the colon", OK "A : b\r\n" L5 "\r\nhello", "hello", GOOD,
        200, true, 0},
    {"blanks before the colon", OK "Connection \t : close\r\n" L5
        "\r\nhello", "hello", GOOD, 200, false, 0},
    {"a blank before a length's colon", OK "Content-Length : 5\r\n\r\nhello",
        "", WRONG, 200, false, 5},
    {"a tab before a coding's colon", OK "transfer-encoding\t: chunked\r\n"
        "\r\n", "", WRONG, 200, false, 0},
    {"no colon", OK "Abc\r\n\r\n", "", WRONG, 200, false, 0},
    {"no name", OK ": b\r\n" L5 "\r\nhello", "hello", GOOD, 200, true, 0},
    {"a name with a blank in it", OK "A b(c): d\r\n e\r\n" L5 "\r\nhello",
        "hello", GOOD, 200, true, 0},
    {"a length with a word before it", OK L5 "x Content-Length: 6\r\n\r\n",
        "", WRONG, 200, false, 0},
    {"a coding with a word before it", OK L5 "x Transfer-Encoding: chunked\r\n"
        "\r\n", "", WRONG, 200, false, 0},
    {"a length in quotes", OK L5 "\"Content-Length\": 6\r\n\r\n", "", WRONG,
        200, false, 0},
    /* RFC 9110 section 8.4 */
    {"identity", OK "Content-Encoding: identity\r\n" L5 "\r\nhello", "hello",
        GOOD, 200, true, 0},
    {"identities", OK "Content-Encoding: IDENTITY ,, identity\r\n" L5
        "\r\nhello", "hello", GOOD, 200, true, 0},
    {"an empty coding", OK "Content-Encoding:\r\n" L5 "\r\nhello", "hello",
        GOOD, 200, true, 0},
    {"gzip", OK "Content-Encoding: gzip\r\n" L5 "\r\nhello", "", WRONG, 200,
        false, 5},
    {"GZIP, chunked", OK "CONTENT-ENCODING : GZIP\r\n" CH "\r\n5\r\nhello", "",
        WRONG, 200, false, 8},
    {"gzip in a second field", OK "Content-Encoding: identity\r\n"
        "Content-Encoding: br\r\n" L5 "\r\nhello", "", WRONG, 200, false, 5},
    {"identity-x", OK "Content-Encoding: identity-x\r\n\r\nhello", "", WRONG,
        200, false, 5},
    {"gzip without a body", OK "Content-Encoding: gzip\r\nContent-Length: 0"
        "\r\n\r\n", "", WRONG, 200, false, 0},
    {"gzip of a 204", "HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n", "",
        GOOD, 204, true, 0},
    {"gzip of a 404", "HTTP/1.1 404 No\r\nContent-Encoding: x\r\n" L5
        "\r\nhello", "", WRONG, 404, false, 5},
    {"gzip of a 103", "HTTP/1.1 103 x\r\nContent-Encoding: gzip\r\n\r\n" OK L5
        "\r\nhello", "hello", GOOD, 200, true, 0},
    {"CR alone", OK "A: b\rc\r\n\r\n", "", WRONG, 200, false, 4},
    {"ESC", OK "A: \033[2J\r\n\r\n", "", WRONG, 200, false, 7},
    {"DEL", OK "A: \177\r\n\r\n", "", WRONG, 200, false, 4},
    {"bytes above 127", OK "A: \303\251\r\nContent-Length: 0\r\n\r\n", "",
        GOOD, 200, true, 0},
    /* RFC 9110 section 15.2, 15.3.5, 15.4.5, 9.3.2 */
    {"100 before", "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" OK L5
        "\r\nhello", "hello", GOOD, 200, true, 0},
    {"103 and 102 before", "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
        OK L5 "\r\nhello", "hello", GOOD, 200, true, 0},
    {"101", "HTTP/1.1 101 Switch\r\n\r\n", "", WRONG, 101, false, 0},
    {"204", "HTTP/1.1 204 No\r\n" L5 "\r\nHTTP", "", GOOD, 204, true, 4},
    {"304", "HTTP/1.1 304 Not\r\n" L5 "\r\n", "", GOOD, 304, true, 0},
    {"304 chunked", "HTTP/1.1 304 Not\r\n" CH "\r\n", "", GOOD, 304, true, 0},
    /* RFC 9112 sections 6 and 7 */
    {"chunked", OK CH "\r\n5\r\nhello\r\n0\r\n\r\n", "hello", GOOD, 200, true,
        0},
    {"chunks", OK CH "\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\nX", "hello", GOOD,
        200, true, 1},
    {"chunk sizes in any case", OK CH "\r\na\r\n0123456789\r\nA\r\n0123456789"
        "\r\n0\r\n\r\n", "01234567890123456789", GOOD, 200, true, 0},
    {"chunk extension", OK CH "\r\n5;a=\"b\"\r\nhello\r\n0 ;c\r\n\r\n",
        "hello", GOOD, 200, true, 0},
    {"trailer", OK CH "\r\n5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n", "hello",
        GOOD, 200, true, 0},
    {"Chunked in capitals", OK "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
        "", GOOD, 200, true, 0},
    {"chunked beside a length", OK CH L5 "\r\n2\r\nhi\r\n0\r\n\r\n", "hi",
        GOOD, 200, false, 0},
    {"a length before chunked", OK L5 CH "\r\n2\r\nhi\r\n0\r\n\r\n", "hi",
        GOOD, 200, false, 0},
    {"no last chunk", OK CH "\r\n5\r\nhello\r\n", "hello", WRONG | END, 200,
        false, 0},
    {"no end of the trailer", OK CH "\r\n0\r\n", "", WRONG | END, 200, false,
        0},
    {"gzip, chunked", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "",
        WRONG, 200, false, 0},
    {"chunked, identity", OK "Transfer-Encoding: chunked, identity\r\n\r\n",
        "", WRONG, 200, false, 0},
    {"identity", OK "Transfer-Encoding: identity\r\n\r\n", "", WRONG, 200,
        false, 0},
    {"chunked twice", OK CH CH "\r\n0\r\n\r\n", "", WRONG, 200, false, 5},
    {"xchunked", OK "Transfer-Encoding: xchunked\r\n\r\n", "", WRONG, 200,
        false, 0},
    {"no size", OK CH "\r\n\r\n", "", WRONG, 200, false, 1},
    {"size of 16 digits", OK CH "\r\n0000000000000001\r\nx\r\n0\r\n\r\n", "x",
        GOOD, 200, true, 0},
    {"size of 17 digits", OK CH "\r\n00000000000000001\r\nx\r\n0\r\n\r\n", "",
        WRONG, 200, false, 10},
    {"size with a sign", OK CH "\r\n-1\r\n", "", WRONG, 200, false, 3},
    {"size with 0x", OK CH "\r\n0x1\r\n", "", WRONG, 200, false, 3},
    {"LF after the size", OK CH "\r\n1\nx", "", WRONG, 200, false, 1},
    {"no CR after the chunk", OK CH "\r\n1\r\nx\n", "x", WRONG, 200, false,
        0},
    {"a longer chunk", OK CH "\r\n1\r\nxy\r\n", "x", WRONG, 200, false, 2},
    {"control character in an extension", OK CH "\r\n1;\001\r\nx", "", WRONG,
        200, false, 3},
    {"control character in the trailer", OK CH "\r\n0\r\nA\001\r\n\r\n", "",
        WRONG, 200, false, 4},
    {"LF begins the trailer", OK CH "\r\n0\r\n\n", "", WRONG, 200, false, 0}
};

static void test_responses(void)
{
    size_t i;

    for (i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        const struct response_case *c = &responses[i];
        size_t n = strlen(c->input), left;
        bool end = (c->verdict & END) != 0;
        struct outcome o;
        int verdict;

        feed(&o, c->input, n, 0, 0, end);
        verdict = o.error != NULL ? WRONG : o.done ? GOOD : MORE;
        left = n - o.taken;
        CHECK(verdict == (c->verdict & 7), "%s: verdict %d (%s)", c->name,
              verdict, o.error == NULL ? "no error" : o.error);
        CHECK(o.status == c->status, "%s: status %d", c->name, o.status);
        CHECK(o.keep == c->keep, "%s: keep is %d", c->name, o.keep);
        CHECK(!o.encoded || o.error != NULL, "%s: encoded without an error",
              c->name);
        CHECK(left == c->left, "%s: %zu bytes left", c->name, left);
        CHECK(o.body.len == strlen(c->body) &&
              (o.body.len == 0 ||
               memcmp(o.body.data, c->body, o.body.len) == 0),
              "%s: body \"%.*s\"", c->name, (int)o.body.len,
              (const char *)o.body.data);
        check_pieces(c->name, c->input, n, end, &o);
        buf_free(&o.body);
    }
}

static void test_nul(void)
{
    static const char input[] = OK "A: b\0c\r\n\r\n";
    struct outcome o;

    feed(&o, input, sizeof input - 1, 0, 0, false);
    CHECK(o.error != NULL, "NUL in a header line is an error");
    buf_free(&o.body);
}

/* Each bound: the largest input that fits, and one that is larger by one. */
static void test_bounds(void)
{
    struct outcome o;
    struct buf b;
    size_t i, extra;

    buf_init(&b, 1 << 20);
    for (extra = 0; extra < 2; extra++) {
        buf_reset(&b);
        buf_str(&b, OK "A: ");
        while (b.len < HTTP_HEAD_MAX - 4 + extra)
            buf_byte(&b, 'x');
        buf_str(&b, "\r\n\r\n");
        feed(&o, (const char *)b.data, b.len, 0, 0, false);
        CHECK((o.error == NULL) == (extra == 0),
              "a header of 32 KB + %zu bytes", extra);
        buf_free(&o.body);

        buf_reset(&b);
        buf_str(&b, OK);
        for (i = 0; i < HTTP_LINES_MAX - 2 + extra; i++)
            buf_str(&b, "A: b\r\n");
        buf_str(&b, "\r\n");
        feed(&o, (const char *)b.data, b.len, 0, 0, false);
        CHECK((o.error == NULL) == (extra == 0),
              "a header of 128 + %zu lines", extra);
        buf_free(&o.body);

        buf_reset(&b);
        for (i = 0; i < HTTP_INTERIM_MAX + extra; i++)
            buf_str(&b, "HTTP/1.1 100 Continue\r\n\r\n");
        buf_str(&b, OK "Content-Length: 0\r\n\r\n");
        feed(&o, (const char *)b.data, b.len, 0, 0, false);
        CHECK((o.error == NULL) == (extra == 0), "%zu interim answers", i);
        buf_free(&o.body);

        buf_reset(&b);
        buf_str(&b, OK CH "\r\n1;");
        for (i = 0; i < HTTP_FRAME_MAX - 2 + extra; i++)
            buf_byte(&b, 'x');
        buf_str(&b, "\r\nx\r\n0\r\n\r\n");
        feed(&o, (const char *)b.data, b.len, 0, 0, false);
        CHECK((o.error == NULL) == (extra == 0),
              "a chunk extension of 8 KB + %zu", extra);
        buf_free(&o.body);

        buf_reset(&b);
        buf_str(&b, OK CH "\r\n0\r\nA:");
        for (i = 0; i < HTTP_FRAME_MAX - 6 + extra; i++)
            buf_byte(&b, 'x');
        buf_str(&b, "\r\n\r\n");
        feed(&o, (const char *)b.data, b.len, 0, 0, false);
        CHECK((o.error == NULL) == (extra == 0), "a trailer of 8 KB + %zu",
              extra);
        buf_free(&o.body);
    }
    buf_free(&b);
}

static void test_fields(void)
{
    static struct http_response r;
    static const char input[] = OK "Date: today\r\nX-A:  1 \r\nx-a: 2\r\n"
        "Empty:\r\nContent-Length: 0\r\n\r\n";
    struct buf body;

    buf_init(&body, 10);
    http_response_init(&r);
    CHECK(http_response_field(&r, "Date") == NULL, "no field before the head");
    http_response_feed(&r, (const unsigned char *)input, sizeof input - 1,
                       add_body, &body);
    CHECK(strcmp(http_response_field(&r, "dAte"), "today") == 0,
          "a field by its name in any case");
    CHECK(strcmp(http_response_field(&r, "x-a"), "1") == 0,
          "the first of two fields, without blanks around it");
    CHECK(strcmp(http_response_field(&r, "empty"), "") == 0, "an empty field");
    CHECK(http_response_field(&r, "today") == NULL, "a value is not a name");
    CHECK(http_response_field(&r, "Dat") == NULL, "a prefix is not a name");
    CHECK(strcmp(http_response_field(&r, ""), "OK") == 0, "the reason");
}

/* How unusual lines are read: the value of the field X, or "-". */
static void test_odd_fields(void)
{
    static const struct {
        const char *head, *reason, *x;
    } cases[] = {
        {"200\r\n", "", "-"},
        {"200 \n", "", "-"},
        {"  200  Not  much \r\nX: a\r\n", "Not  much", "a"},
        {"200 OK\r\nX: a\r\n b\r\n\t c \n", "OK", "a b c"},
        {"200 OK\r\nX:\r\n b\r\n", "OK", "b"},
        {"200 OK\r\nX: a\r\n Y: b\r\n", "OK", "a Y: b"},
        {"200 OK\r\nX \t: a\r\n", "OK", "a"},
        {"200 OK\r\nX: a\r\nno name: b\r\n c\r\n", "OK", "a"},
        {"200 OK\r\n: b\r\n c\r\nX: a\r\n", "OK", "a"},
    };
    static struct http_response r;
    char input[200];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *x;

        snprintf(input, sizeof input, "HTTP/1.1 %sContent-Length: 0\r\n\r\n",
                 cases[i].head);
        http_response_init(&r);
        http_response_feed(&r, (unsigned char *)input, strlen(input), NULL,
                           NULL);
        x = http_response_field(&r, "x");
        CHECK(r.done && r.error == NULL, "%s: accepted", cases[i].head);
        CHECK(strcmp(http_response_field(&r, ""), cases[i].reason) == 0,
              "%s: its reason", cases[i].head);
        CHECK(strcmp(x == NULL ? "-" : x, cases[i].x) == 0, "%s: X is %s",
              cases[i].head, x == NULL ? "-" : x);
    }
}

/* The answer to CONNECT ends with its header, whatever that says about a
   body. */
static void test_tunnel(void)
{
    static const char *const heads[] = {
        "", L5, "Content-Length: 99999999999999999999\r\n", CH,
        CH L5 L5 "Content-Length: x\r\n", "Transfer-Encoding: gzip\r\n",
        "Content-Length : 5\r\n", "Content-Length:\r\n 5\r\n",
        "Content-Encoding: gzip\r\n", "A: b\r\n Content-Length: 5\r\n"
    };
    static const int statuses[] = {200, 201, 204, 299, 302, 403, 407, 502};
    static struct http_response r;
    char input[300];
    size_t i, k, taken;

    for (i = 0; i < sizeof heads / sizeof heads[0]; i++)
        for (k = 0; k < sizeof statuses / sizeof statuses[0]; k++) {
            int n = snprintf(input, sizeof input, "HTTP/1.1 100 C\r\n"
                             "Content-Length: 7\r\n\r\nHTTP/1.0 %d A reason"
                             "\r\n%s\r\nbytes", statuses[k], heads[i]);

            http_response_init(&r);
            r.tunnel = true;
            taken = http_response_feed(&r, (unsigned char *)input, (size_t)n,
                                       NULL, NULL);
            CHECK(r.done && r.error == NULL && r.status == statuses[k] &&
                  taken == (size_t)n - 5, "CONNECT, %d with %s: %s",
                  statuses[k], heads[i], r.error == NULL ? "" : r.error);
            CHECK(strcmp(http_response_field(&r, ""), "A reason") == 0,
                  "its reason");
        }
}

/* 212 responses from the tests of llhttp and curl: the result does not depend
   on how they are fed. */
static void test_corpus(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    unsigned files = 0;

    if (dir == NULL) {
        test_skip("../shared/data/http is not there");
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[512], *data = malloc(1 << 18);
        struct outcome o;
        FILE *f;
        size_t n;

        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        f = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (f != NULL) {
            n = fread(data, 1, 1 << 18, f);
            fclose(f);
            files++;
            feed(&o, data, n, 0, 0, true);
            check_pieces(entry->d_name, data, n, true, &o);
            buf_free(&o.body);
        }
        free(data);
    }
    closedir(dir);
    CHECK(files > 0, "responses in %s", folder);
}

/*
 * Compares with llhttp's results for its own tests, from the table beside them.
 * What llhttp refuses is refused here, except bytes after the end (errors 5 and
 * 22), lines that end in LF alone (25) and names that are not tokens (10),
 * which are ignored. What both accept has the same status.
 */
static void check_verdict(const char *line, const char *folder)
{
    static char data[1 << 18];
    char name[80], path[512];
    const char *status = strstr(line, "status=");
    const char *error = strstr(line, "error=");
    unsigned long code;
    struct outcome o;
    FILE *f;
    size_t n;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(line, "\t"), line);
    snprintf(path, sizeof path, "%s/%s.http", folder, name);
    f = fopen(path, "rb");
    CHECK(f != NULL && status != NULL && error != NULL, "%s exists", name);
    if (f == NULL || status == NULL || error == NULL)
        return;
    n = fread(data, 1, sizeof data, f);
    fclose(f);
    feed(&o, data, n, 0, 0, true);
    code = strtoul(error + 6, NULL, 10);
    if (code != 0 && code != 5 && code != 10 && code != 22 && code != 25)
        CHECK(o.error != NULL, "%s: refused, as by llhttp", name);
    else if (code == 0 && o.error == NULL)
        CHECK((unsigned long)o.status == strtoul(status + 7, NULL, 10),
              "%s: status %d, as llhttp", name, o.status);
    buf_free(&o.body);
}

static void test_verdicts(const char *folder)
{
    char path[512], line[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/../INDEX.tsv", folder);
    f = fopen(path, "r");
    if (f == NULL) {
        test_skip("../shared/data/http/INDEX.tsv is not there");
        return;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "llhttp-", 7) == 0)
            check_verdict(line, folder);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "../shared/data/http/raw";

    test_responses();
    test_nul();
    test_bounds();
    test_fields();
    test_odd_fields();
    test_tunnel();
    test_corpus(folder);
    test_verdicts(folder);
    return test_done("test_http");
}
