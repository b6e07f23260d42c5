/*
 * test_json.c: json.c, by tables.
 *
 * Each document is fed as a whole, byte by byte, in threes, and cut in two at
 * every position, from memory that has exactly the size of each piece. All of
 * this must give the same events, the same error and the same offset. Events
 * are recorded as text:
 *
 *     <o <a <s <n <t <f <z   a value begins: object, array, string, number,
 *                            true, false, null
 *     :bytes                 its text or raw bytes, with pieces joined
 *     @name                  a name, with pieces joined
 *     >                      a value ends
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { TRACE = 4096, TRACES = 4 };

struct trace {
    char text[TRACES][TRACE];    /* of each pick */
    size_t n[TRACES];
    char last[TRACES];           /* the kind of its last event */
    char order[TRACE];           /* begins and ends of all picks */
    size_t n_order;
    enum json_error error;
    uint64_t offset;
    bool good;
};

static void put(char *text, size_t *n, const void *bytes, size_t count)
{
    if (*n + count >= TRACE)
        abort();
    memcpy(text + *n, bytes, count);
    *n += count;
    text[*n] = '\0';
}

static bool record(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct trace *t = context;
    char kind = "<:>@"[event], mark[3] = { kind, "?oasntfz"[type], '\0' };
    char order[3] = { (char)('0' + pick), kind, '\0' };

    if (event == JSON_BEGIN)
        put(t->text[pick], &t->n[pick], mark, 2);
    else if (kind == '>' || t->last[pick] != kind)
        put(t->text[pick], &t->n[pick], mark, 1);
    if (event == JSON_BYTES || event == JSON_NAME)
        put(t->text[pick], &t->n[pick], bytes, n);
    else
        put(t->order, &t->n_order, order, 2);
    if (event == JSON_BYTES && n == 0)
        put(t->text[pick], &t->n[pick], "(no bytes)", 10);
    t->last[pick] = kind;
    return true;
}

/* Feeds bytes from memory of their size, so that AddressSanitizer sees reads
   beyond it. */
static bool feed(struct json *j, const char *bytes, size_t n)
{
    unsigned char *copy = malloc(n > 0 ? n : 1);
    bool good;

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, n);
    good = json_feed(j, copy, n);
    free(copy);
    return good;
}

/* Feeds pieces of `step` bytes, after a first one of `head` bytes. */
static void trace(struct trace *t, const char *text, size_t n,
                  const struct json_pick *picks, unsigned n_picks, size_t head,
                  size_t step)
{
    struct json j;
    size_t i = head < n ? head : n;

    memset(t, 0, sizeof *t);
    memset(&j, 0x5a, sizeof j);
    json_init(&j, picks, n_picks, record, t);
    feed(&j, text, i);
    for (; i < n; i += step)
        feed(&j, text + i, step < n - i ? step : n - i);
    t->good = json_end(&j);
    CHECK(json_end(&j) == t->good, "json_end returns the same twice: %s", text);
    t->error = json_error(&j);
    t->offset = json_offset(&j);
    CHECK(t->good == (t->error == JSON_OK),
          "json_end returns false after an error: %s", text);
}

static bool same(const struct trace *a, const struct trace *b)
{
    unsigned i;

    for (i = 0; i < TRACES; i++)
        if (a->n[i] != b->n[i] || memcmp(a->text[i], b->text[i], a->n[i]) != 0)
            return false;
    return a->error == b->error && a->offset == b->offset
           && strcmp(a->order, b->order) == 0;
}

/* Traces the document as a whole, and checks that all cuts give the same. */
static void trace_all(struct trace *t, const char *text, size_t n,
                      const struct json_pick *picks, unsigned n_picks)
{
    static struct trace other;
    size_t cut;

    trace(t, text, n, picks, n_picks, n, 1);
    trace(&other, text, n, picks, n_picks, 0, 1);
    CHECK(same(t, &other), "single bytes give the same: %.60s\n  %s\n  %s",
          text, t->text[0], other.text[0]);
    trace(&other, text, n, picks, n_picks, 3, 3);
    CHECK(same(t, &other), "pieces of three bytes give the same: %.60s", text);
    for (cut = 1; cut < n; cut++) {
        trace(&other, text, n, picks, n_picks, cut, n);
        CHECK(same(t, &other),
              "a cut at %zu gives the same: %.60s\n  %s\n  %s", cut,
              text, t->text[0], other.text[0]);
    }
}

/* ---- the grammar ---- */

/* A string literal and its length, because texts may contain NUL. */
#define TEXT(s) s, sizeof s - 1

struct grammar {
    const char *text;
    size_t n;
    enum json_error error;
    uint64_t offset;             /* of an error */
};

static const struct grammar grammar[] = {
    /* values, alone and with white space */
    { TEXT("null"), JSON_OK, 0 },
    { TEXT("true"), JSON_OK, 0 },
    { TEXT("false"), JSON_OK, 0 },
    { TEXT("\"\""), JSON_OK, 0 },
    { TEXT("0"), JSON_OK, 0 },
    { TEXT("{}"), JSON_OK, 0 },
    { TEXT("[]"), JSON_OK, 0 },
    { TEXT(" \t\r\n null \t\r\n "), JSON_OK, 0 },
    { TEXT(" { } "), JSON_OK, 0 },
    { TEXT(" [ ] "), JSON_OK, 0 },
    { TEXT("[\n]"), JSON_OK, 0 },
    { TEXT("{\t\r\n}"), JSON_OK, 0 },
    { TEXT("[\n1\t]"), JSON_OK, 0 },
    { TEXT("{\n\"\"\r:\t1\n}"), JSON_OK, 0 },
    { TEXT(" [ 1 , \"a\" , { \"b\" : [ ] , \"c\" : { } } ] "), JSON_OK, 0 },
    { TEXT("{\"a\":1,\"a\":2,\"\":3}"), JSON_OK, 0 },
    { TEXT("[[],[[]],{},{\"a\":{}}]"), JSON_OK, 0 },
    { TEXT("[\n                    1,\n                    2\n]"), JSON_OK, 0 },
    { TEXT(""), JSON_E_END, 0 },
    { TEXT("  \n"), JSON_E_END, 3 },
    { TEXT("\0"), JSON_E_SYNTAX, 0 },
    { TEXT("null\0"), JSON_E_TRAILING, 4 },
    { TEXT("\xef\xbb\xbfnull"), JSON_E_SYNTAX, 0 },
    { TEXT("\xff\xfenull"), JSON_E_SYNTAX, 0 },
    { TEXT("[\x0b" "1]"), JSON_E_SYNTAX, 1 },
    { TEXT("[\x0c]"), JSON_E_SYNTAX, 1 },
    { TEXT("[\x1f]"), JSON_E_SYNTAX, 1 },
    { TEXT("[\x7f]"), JSON_E_SYNTAX, 1 },
    { TEXT("[\xc2\xa0]"), JSON_E_SYNTAX, 1 },
    { TEXT("[\xe2\x80\xa8]"), JSON_E_SYNTAX, 1 },
    { TEXT("null null"), JSON_E_TRAILING, 5 },
    { TEXT("{}{}"), JSON_E_TRAILING, 2 },
    { TEXT("[],"), JSON_E_TRAILING, 2 },
    { TEXT("1 ]"), JSON_E_TRAILING, 2 },
    { TEXT("\"a\"\"b\""), JSON_E_TRAILING, 3 },
    { TEXT("[] // x"), JSON_E_TRAILING, 3 },
    { TEXT("/**/[]"), JSON_E_SYNTAX, 0 },
    /* literals */
    { TEXT("nul"), JSON_E_END, 3 },
    { TEXT("tru"), JSON_E_END, 3 },
    { TEXT("f"), JSON_E_END, 1 },
    { TEXT("nULL"), JSON_E_SYNTAX, 1 },
    { TEXT("True"), JSON_E_SYNTAX, 0 },
    { TEXT("falsf"), JSON_E_SYNTAX, 4 },
    { TEXT("nulll"), JSON_E_TRAILING, 4 },
    { TEXT("[truee]"), JSON_E_SYNTAX, 5 },
    { TEXT("[nul]"), JSON_E_SYNTAX, 4 },
    { TEXT("NaN"), JSON_E_SYNTAX, 0 },
    { TEXT("Infinity"), JSON_E_SYNTAX, 0 },
    { TEXT("-Infinity"), JSON_E_SYNTAX, 1 },
    { TEXT("undefined"), JSON_E_SYNTAX, 0 },
    /* numbers */
    { TEXT("-0"), JSON_OK, 0 },
    { TEXT("10"), JSON_OK, 0 },
    { TEXT("-123456789"), JSON_OK, 0 },
    { TEXT("0.0"), JSON_OK, 0 },
    { TEXT("1.50"), JSON_OK, 0 },
    { TEXT("0e0"), JSON_OK, 0 },
    { TEXT("0E+00"), JSON_OK, 0 },
    { TEXT("1e9"), JSON_OK, 0 },
    { TEXT("1.25e-010"), JSON_OK, 0 },
    { TEXT("-9.99E+999999999999999999999999999999"), JSON_OK, 0 },
    { TEXT("123456789012345678901234567890123456789012345678901234567890.1"),
      JSON_OK, 0 },
    { TEXT("[0,-0,1.5 ,2e1]"), JSON_OK, 0 },
    { TEXT("-"), JSON_E_END, 1 },
    { TEXT("1."), JSON_E_END, 2 },
    { TEXT("1e"), JSON_E_END, 2 },
    { TEXT("1e+"), JSON_E_END, 3 },
    { TEXT("[1"), JSON_E_END, 2 },
    { TEXT("[0"), JSON_E_END, 2 },
    { TEXT("00"), JSON_E_TRAILING, 1 },
    { TEXT("[00]"), JSON_E_SYNTAX, 2 },
    { TEXT("[01]"), JSON_E_SYNTAX, 2 },
    { TEXT("[-01]"), JSON_E_SYNTAX, 3 },
    { TEXT("[-]"), JSON_E_SYNTAX, 2 },
    { TEXT("[--1]"), JSON_E_SYNTAX, 2 },
    { TEXT("[+1]"), JSON_E_SYNTAX, 1 },
    { TEXT("[.5]"), JSON_E_SYNTAX, 1 },
    { TEXT("[-.5]"), JSON_E_SYNTAX, 2 },
    { TEXT("[1.]"), JSON_E_SYNTAX, 3 },
    { TEXT("[1.e1]"), JSON_E_SYNTAX, 3 },
    { TEXT("[0.1.2]"), JSON_E_SYNTAX, 4 },
    { TEXT("[1e]"), JSON_E_SYNTAX, 3 },
    { TEXT("[1e+]"), JSON_E_SYNTAX, 4 },
    { TEXT("[1e+-1]"), JSON_E_SYNTAX, 4 },
    { TEXT("[1e1e1]"), JSON_E_SYNTAX, 4 },
    { TEXT("[1e1.5]"), JSON_E_SYNTAX, 4 },
    { TEXT("[1-]"), JSON_E_SYNTAX, 2 },
    { TEXT("[1+1]"), JSON_E_SYNTAX, 2 },
    { TEXT("[0x1]"), JSON_E_SYNTAX, 2 },
    { TEXT("[1a]"), JSON_E_SYNTAX, 2 },
    { TEXT("[1 2]"), JSON_E_SYNTAX, 3 },
    { TEXT("[1:2]"), JSON_E_SYNTAX, 2 },
    { TEXT("[1;2]"), JSON_E_SYNTAX, 2 },
    { TEXT("[\xef\xbc\x91]"), JSON_E_SYNTAX, 1 },
    /* arrays and objects */
    { TEXT("["), JSON_E_END, 1 },
    { TEXT("]"), JSON_E_SYNTAX, 0 },
    { TEXT("[}"), JSON_E_SYNTAX, 1 },
    { TEXT("[,"), JSON_E_SYNTAX, 1 },
    { TEXT("[1,]"), JSON_E_SYNTAX, 3 },
    { TEXT("[1,,2]"), JSON_E_SYNTAX, 3 },
    { TEXT("[1}"), JSON_E_SYNTAX, 2 },
    { TEXT("[[1]"), JSON_E_END, 4 },
    { TEXT("[1]]"), JSON_E_TRAILING, 3 },
    { TEXT("[ 1 , "), JSON_E_END, 6 },
    { TEXT("{"), JSON_E_END, 1 },
    { TEXT("}"), JSON_E_SYNTAX, 0 },
    { TEXT("{]"), JSON_E_SYNTAX, 1 },
    { TEXT("{,"), JSON_E_SYNTAX, 1 },
    { TEXT("{1:2}"), JSON_E_SYNTAX, 1 },
    { TEXT("{a:2}"), JSON_E_SYNTAX, 1 },
    { TEXT("{'a':2}"), JSON_E_SYNTAX, 1 },
    { TEXT("{\"a\"}"), JSON_E_SYNTAX, 4 },
    { TEXT("{\"a\" "), JSON_E_END, 5 },
    { TEXT("{\"a\":"), JSON_E_END, 5 },
    { TEXT("{\"a\":}"), JSON_E_SYNTAX, 5 },
    { TEXT("{\"a\"::1}"), JSON_E_SYNTAX, 5 },
    { TEXT("{\"a\",1}"), JSON_E_SYNTAX, 4 },
    { TEXT("{\"a\":1"), JSON_E_END, 6 },
    { TEXT("{\"a\":1]"), JSON_E_SYNTAX, 6 },
    { TEXT("{\"a\":1,}"), JSON_E_SYNTAX, 7 },
    { TEXT("{\"a\":1 , }"), JSON_E_SYNTAX, 9 },
    { TEXT("{ ,\"a\":1}"), JSON_E_SYNTAX, 2 },
    { TEXT("[ ,1]"), JSON_E_SYNTAX, 2 },
    { TEXT("{\"a\":1,,\"b\":2}"), JSON_E_SYNTAX, 7 },
    { TEXT("{\"a\":1 \"b\":2}"), JSON_E_SYNTAX, 7 },
    { TEXT("{\"a\":1}}"), JSON_E_TRAILING, 7 },
    { TEXT("{[]:1}"), JSON_E_SYNTAX, 1 },
    /* strings */
    { TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), JSON_OK, 0 },
    { TEXT("\"\\u0000\\u001F\\uabCD\\uFfFf\""), JSON_OK, 0 },
    { TEXT("\"\x7f\""), JSON_OK, 0 },
    { TEXT("\"0123456789abcdef0123456789abcdef0123456789\""), JSON_OK, 0 },
    { TEXT("\""), JSON_E_END, 1 },
    { TEXT("\"a"), JSON_E_END, 2 },
    { TEXT("\"\\"), JSON_E_END, 2 },
    { TEXT("\"\\u12"), JSON_E_END, 5 },
    { TEXT("\"\\ud800"), JSON_E_END, 7 },
    { TEXT("\"\xc3"), JSON_E_END, 2 },
    { TEXT("'a'"), JSON_E_SYNTAX, 0 },
    { TEXT("\"\n\""), JSON_E_CONTROL, 1 },
    { TEXT("\"a\tb\""), JSON_E_CONTROL, 2 },
    { TEXT("\"\0\""), JSON_E_CONTROL, 1 },
    { TEXT("\"\x1f\""), JSON_E_CONTROL, 1 },
    { TEXT("{\"\x01\":1}"), JSON_E_CONTROL, 2 },
    { TEXT("\"0123456789abcdef0123456\x1f" "89\""), JSON_E_CONTROL, 24 },
    { TEXT("\"0123456789abcdef012345678\x01\""), JSON_E_CONTROL, 26 },
    { TEXT("\"\\a\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\'\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\0\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\\0\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\x41\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\U0041\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\\n\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\\xc3\xa9\""), JSON_E_ESCAPE, 2 },
    { TEXT("\"\\u\""), JSON_E_ESCAPE, 3 },
    { TEXT("\"\\u123\""), JSON_E_ESCAPE, 6 },
    { TEXT("\"\\u12g4\""), JSON_E_ESCAPE, 5 },
    { TEXT("\"\\u+123\""), JSON_E_ESCAPE, 3 },
    { TEXT("\"\\u 123\""), JSON_E_ESCAPE, 3 },
    { TEXT("\"\\u\0" "123\""), JSON_E_ESCAPE, 3 },
    { TEXT("\"\\ud800\\x\""), JSON_E_ESCAPE, 8 },
    { TEXT("\"\\ud800\\u12x\""), JSON_E_ESCAPE, 11 },
    { TEXT("[\"a\\u00e9\\n\",\"\xe2\x82\xac\"]"), JSON_OK, 0 },
    /* UTF-8: the bounds of RFC 3629, section 4 */
    { TEXT("\"\xc2\x80\xdf\xbf\""), JSON_OK, 0 },
    { TEXT("\"\xe0\xa0\x80\xe0\xbf\xbf\xe1\x80\x80\xec\xbf\xbf\""),
      JSON_OK, 0 },
    { TEXT("\"\xed\x80\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
      JSON_OK, 0 },
    { TEXT("\"\xf0\x90\x80\x80\xf1\x80\x80\x80\xf3\xbf\xbf\xbf\""),
      JSON_OK, 0 },
    { TEXT("\"\xf4\x80\x80\x80\xf4\x8f\xbf\xbf\""), JSON_OK, 0 },
    { TEXT("\"\x80\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xbf\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xc0\x80\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xc1\xbf\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xc2\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xc2\\n\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xc2\x7f\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xc2\xc0\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xe0\x9f\xbf\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xe0\xa0\x7f\""), JSON_E_UTF8, 3 },
    { TEXT("\"\xe2\x82\""), JSON_E_UTF8, 3 },
    { TEXT("\"\xed\xa0\x80\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xed\xbf\xbf\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xf0\x8f\xbf\xbf\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xf0\x9f\x98\""), JSON_E_UTF8, 4 },
    { TEXT("\"\xf4\x90\x80\x80\""), JSON_E_UTF8, 2 },
    { TEXT("\"\xf5\x80\x80\x80\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xfe\""), JSON_E_UTF8, 1 },
    { TEXT("\"\xff\""), JSON_E_UTF8, 1 },
    { TEXT("\"a\xe9" "b\""), JSON_E_UTF8, 3 },
    { TEXT("{\"\xc3\":1}"), JSON_E_UTF8, 3 },
    { TEXT("\"0123456789abcdef0123456789abcdef\xff\""), JSON_E_UTF8, 33 },
    { TEXT("\"0123456789abcdef0123\x85" "456789abcdef\""), JSON_E_UTF8, 21 }
};

static const struct json_pick walk = { "", JSON_WANT_WALK, false };
static const struct json_pick raw = { "", JSON_WANT_RAW, false };

/* A document has the same error without picks, walked, as raw bytes, and
   inside another one. */
static void test_grammar(void)
{
    static struct trace t;
    char nested[128];
    size_t i;

    for (i = 0; i < sizeof grammar / sizeof grammar[0]; i++) {
        const struct grammar *g = &grammar[i];
        uint64_t offset = g->error == JSON_OK ? g->n : g->offset;

        trace_all(&t, g->text, g->n, NULL, 0);
        CHECK(t.error == g->error && t.offset == offset,
              "%s: %s at %llu", g->text, json_sentence(t.error),
              (unsigned long long)t.offset);
        trace_all(&t, g->text, g->n, &walk, 1);
        CHECK(t.error == g->error && t.offset == offset,
              "walked %s: %s at %llu", g->text, json_sentence(t.error),
              (unsigned long long)t.offset);
        trace_all(&t, g->text, g->n, &raw, 1);
        CHECK(t.error == g->error && t.offset == offset,
              "raw %s: %s at %llu", g->text, json_sentence(t.error),
              (unsigned long long)t.offset);
        if (g->error == JSON_E_TRAILING || g->error == JSON_E_END)
            continue;
        memcpy(nested, "{\"k\":[", 6);
        memcpy(nested + 6, g->text, g->n);
        memcpy(nested + 6 + g->n, "]}", 3);
        trace_all(&t, nested, g->n + 8, NULL, 0);
        CHECK(t.error == g->error && (g->error == JSON_OK
              || t.offset == g->offset + 6 || *g->text == ']'), "nested %s: %s"
              " at %llu", g->text, json_sentence(t.error),
              (unsigned long long)t.offset);
    }
}

/* Writes `depth` nested arrays and objects. Returns the length. */
static size_t nest(char *text, unsigned depth)
{
    size_t n = 0;
    unsigned i;

    for (i = 0; i < depth; i++)
        n += (size_t)sprintf(text + n, i % 3 == 1 ? "{\"\":" : "[");
    text[n++] = '1';
    for (i = depth; i-- > 0;)
        text[n++] = i % 3 == 1 ? '}' : ']';
    text[n] = '\0';
    return n;
}

static void test_depth(void)
{
    static const struct json_pick deep[] = {
        { "/0//0/0//0/0//0/0//0/0//0/0", JSON_WANT_RAW, false }
    };
    static struct trace t;
    static char text[4 * 520];
    size_t n, i;

    n = nest(text, JSON_MAX_DEPTH);
    trace_all(&t, text, n, NULL, 0);
    CHECK(t.good, "512 levels are accepted");
    trace_all(&t, text, n, &walk, 1);
    CHECK(t.good, "512 levels are walked");
    trace_all(&t, text, n, deep, 1);
    CHECK(t.good && t.n[0] == n - 16 - 5 * 3 - 16 + 4, "a value 16 levels down"
          " is picked: %zu of %zu", t.n[0], n);
    n = nest(text, JSON_MAX_DEPTH + 1);
    i = strcspn(text, "1") - 1;
    trace_all(&t, text, n, NULL, 0);
    CHECK(t.error == JSON_E_DEPTH && t.offset == i, "513 levels are an error");
    trace_all(&t, text, n, &walk, 1);
    CHECK(t.error == JSON_E_DEPTH && t.offset == i,
          "513 levels are an error, walked");
    n = nest(text, JSON_MAX_DEPTH + 2);
    trace_all(&t, text, n, &walk, 1);
    CHECK(t.error == JSON_E_DEPTH, "514 levels are an error, walked");
    memset(text, '[', 2000);
    trace_all(&t, text, 2000, NULL, 0);
    CHECK(t.error == JSON_E_DEPTH && t.offset == 512,
          "513 levels that stay open are an error");
    n = nest(text, JSON_MAX_DEPTH);
    i = n - 300;
    text[i] ^= '}' ^ ']';
    trace_all(&t, text, n, NULL, 0);
    CHECK(t.error == JSON_E_SYNTAX && t.offset == i, "brackets must match");
}

/* Does the tokenizer accept the bytes as a string exactly if they are one?
   test_text.c tests text_is_utf8. */
static bool judged_right(const unsigned char *p, size_t n)
{
    bool good = text_is_utf8(p, n);
    unsigned char text[8];
    struct json j;
    size_t i;

    for (i = 0; i < n; i++)
        good = good && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\';
    text[0] = text[n + 1] = '"';
    memcpy(text + 1, p, n);
    json_init(&j, NULL, 0, NULL, NULL);
    json_feed(&j, text, n + 2);
    return json_end(&j) == good;
}

static void test_utf8(void)
{
    static const unsigned char tail[] = { 0, 0x41, 0x7f, 0x80, 0x8f, 0x90,
        0x9f, 0xa0, 0xbf, 0xc0, 0xff };
    enum { TAILS = sizeof tail };
    unsigned long wrong = 0, count = 0, i;
    unsigned char p[4];

    for (i = 0; i < 256ul * 256 * TAILS * TAILS; i++) {
        size_t n;

        p[0] = (unsigned char)(i & 255);
        p[1] = (unsigned char)(i >> 8 & 255);
        p[2] = tail[(i >> 16) % TAILS];
        p[3] = tail[(i >> 16) / TAILS];
        for (n = 1; n <= 4 && p[0] >= 0x80; n++) {
            wrong += !judged_right(p, n);
            count++;
        }
    }
    CHECK(wrong == 0, "%lu of %lu strings are misjudged", wrong, count);
}

/* ---- picks ---- */

struct picking {
    const char *text;
    struct json_pick picks[TRACES];
    const char *traces[TRACES];
    enum json_error error;
    uint64_t offset;
};

#define TYPE(p) { p, JSON_WANT_TYPE, false }
#define TXT(p) { p, JSON_WANT_TEXT, false }
#define STR(p) { p, JSON_WANT_STRING, false }
#define NUM(p) { p, JSON_WANT_NUMBER, false }
#define RAW(p) { p, JSON_WANT_RAW, false }
#define WALK(p) { p, JSON_WANT_WALK, false }
#define WILD(p) { p, JSON_WANT_TEXT, true }
#define WILD_TYPE(p) { p, JSON_WANT_TYPE, true }
#define ANY "[\"s\",1,-2.5e3,true,false,null,{},[]]"

static const struct picking picking[] = {
    /* each want, of each type */
    { ANY, { TYPE("/0"), TYPE("/1"), TYPE("/3"), TYPE("/6") },
      { "<s>", "<n>", "<t>", "<o>" }, 0, 0 },
    { ANY, { TYPE("/4"), TYPE("/5"), TYPE("/7"), TYPE("") },
      { "<f>", "<z>", "<a>", "<a>" }, 0, 0 },
    { ANY, { TXT("/0"), TXT("/1"), TXT("/2"), TXT("/3") },
      { "<s:s>", "<n:1>", "<n:-2.5e3>", "<t:true>" }, 0, 0 },
    { ANY, { TXT("/4"), TXT("/5"), TXT("/6"), TXT("/7") },
      { "<f:false>", "<z:null>", "<o>", "<a>" }, 0, 0 },
    /* typed: another type is told, but has no bytes */
    { ANY, { STR("/0"), STR("/1"), STR("/3"), STR("/4") },
      { "<s:s>", "<n>", "<t>", "<f>" }, 0, 0 },
    { ANY, { STR("/5"), STR("/6"), STR("/7"), STR("/8") },
      { "<z>", "<o>", "<a>", "" }, 0, 0 },
    { ANY, { NUM("/0"), NUM("/1"), NUM("/2"), NUM("/3") },
      { "<s>", "<n:1>", "<n:-2.5e3>", "<t>" }, 0, 0 },
    { ANY, { NUM("/4"), NUM("/5"), NUM("/6"), NUM("/7") },
      { "<f>", "<z>", "<o>", "<a>" }, 0, 0 },
    { "{\"a\":\"x\\u00e9\",\"a\":1}", { STR("/a"), NUM("/a"), RAW("/a") },
      { "<s:x\xc3\xa9>", "<s>", "<s:\"x\\u00e9\">" }, 0, 0 },
    { ANY, { RAW("/0"), RAW("/2"), RAW("/6"), RAW("") },
      { "<s:\"s\">", "<n:-2.5e3>", "<o:{}>", "<a:" ANY ">" }, 0, 0 },
    { ANY, { WALK(""), WALK("/0"), WALK("/6"), WALK("/1") },
      { "<a<s:s><n:1><n:-2.5e3><t:true><f:false><z:null><o><a>>", "<s:s>",
        "<o>", "<n:1>" }, 0, 0 },
    { " 12 ", { TXT(""), RAW(""), WALK(""), TYPE("") },
      { "<n:12>", "<n:12>", "<n:12>", "<n>" }, 0, 0 },
    { "12", { TXT(""), RAW(""), WALK(""), TYPE("") },
      { "<n:12>", "<n:12>", "<n:12>", "<n>" }, 0, 0 },
    { " \"\" ", { TXT(""), RAW(""), WALK(""), TYPE("") },
      { "<s>", "<s:\"\">", "<s>", "<s>" }, 0, 0 },
    { " true\n", { TXT(""), RAW(""), WALK(""), TYPE("") },
      { "<t:true>", "<t:true>", "<t:true>", "<t>" }, 0, 0 },
    /* raw bytes, without the white space around the value */
    { "{ \"a\" : [ 1 , \"\\u0041\\n\" , { } ] , \"b\" : 2 }",
      { RAW("/a"), RAW("/b"), RAW("/a/1"), TXT("/a/1") },
      { "<a:[ 1 , \"\\u0041\\n\" , { } ]>", "<n:2>",
        "<s:\"\\u0041\\n\">", "<s:A\n>" }, 0, 0 },
    /* walking */
    { "{\"a\":{\"b\":[1,{\"\":\"x\\ty\"}]},\"\\u0063\\n\":null}",
      { WALK(""), WALK("/a"), WALK("/a/b/1"), TYPE("/a/b/1/") },
      { "<o@a<o@b<a<n:1><o@<s:x\ty>>>>@c\n<z:null>>",
        "<o@b<a<n:1><o@<s:x\ty>>>>", "<o@<s:x\ty>>", "<s>" }, 0, 0 },
    { "{\"a\":{},\"\":{\"\":\"\"},\"\\\"\":[]}", { WALK("") },
      { "<o@a<o>@<o@<s>>@\"<a>>" }, 0, 0 },
    /* members in another order than picks; names that nearly match */
    { "{\"x\":{\"b\":1},\"b\":{\"b\":2},\"a\":{\"c\":3,\"b\":4},\"d\":5}",
      { TXT("/a/b"), TXT("/b/b"), TXT("/d"), TXT("/a/c") },
      { "<n:4>", "<n:2>", "<n:5>", "<n:3>" }, 0, 0 },
    { "{\"ab\":1,\"a\":2,\"abc\":3,\"\":4}",
      { TXT("/a"), TXT("/ab"), TXT("/abc"), TXT("/") },
      { "<n:2>", "<n:1>", "<n:3>", "<n:4>" }, 0, 0 },
    { "{\"a\":1}", { TXT("/b"), TXT("/a/b"), TXT("/a/0"), TXT("/A") },
      { "", "", "", "" }, 0, 0 },
    /* names that are escaped in the document or in the pointer */
    { "{\"\\u0061b\":1,\"a/b\":2,\"m~n\":3,\"~1\":4}",
      { TXT("/ab"), TXT("/a~1b"), TXT("/m~0n"), TXT("/~01") },
      { "<n:1>", "<n:2>", "<n:3>", "<n:4>" }, 0, 0 },
    { "{\"\\u00e9\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\xe2\x82\xac\":3}",
      { TXT("/\xc3\xa9"), TXT("/\xf0\x9f\x98\x80"),
        TXT("/\xe2\x82\xac\xe2\x82\xac"), TXT("/\xe2\x82\xac") },
      { "<n:1>", "<n:2>", "<n:3>", "" }, 0, 0 },
    { "{\"a\\u0000\":1,\"\\u0000\":2,\"\\\\\":3,\"a\":4,\"\":5}",
      { TXT("/a"), TXT("/"), TXT("/\\"), TXT("/a~0") },
      { "<n:4>", "<n:5>", "<n:3>", "" }, 0, 0 },
    { "{\"\\ud800\":1,\"x\\udc00\":2}",
      { TXT("/\xef\xbf\xbd"), TXT("/x\xef\xbf\xbd"), TYPE(""), TYPE("/x") },
      { "<n:1>", "<n:2>", "<o>", "" }, 0, 0 },
    { "{\"*\":1,\"a*\":2,\"ab\":3}",
      { TXT("/*"), TXT("/a*"), TXT("/a**"), TXT("/**") },
      { "<n:1>", "<n:2>", "", "" }, 0, 0 },
    /* array indices, and the same tokens as names */
    { "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\"]",
      { TXT("/0"), TXT("/1"), TXT("/10"), TXT("/11") },
      { "<s:a>", "<s:b>", "<s:k>", "" }, 0, 0 },
    { "[\"a\",\"b\"]", { TXT("/00"), TXT("/01"), TXT("/-"), TXT("/") },
      { "", "", "", "" }, 0, 0 },
    { "[\"a\",\"b\"]", { TXT("/+1"), TXT("/1.0"), TXT("/1e0"), TXT("/ 1") },
      { "", "", "", "" }, 0, 0 },
    { "[\"a\",\"b\"]", { TXT("/18446744073709551616"),
        TXT("/18446744073709551617"), TXT("/-1"), TXT("/1~0") },
      { "", "", "", "" }, 0, 0 },
    { "{\"0\":1,\"00\":2,\"-\":3,\"18446744073709551617\":4}",
      { TXT("/0"), TXT("/00"), TXT("/-"), TXT("/18446744073709551617") },
      { "<n:1>", "<n:2>", "<n:3>", "<n:4>" }, 0, 0 },
    { "[[1,[2,3]],[4,5,[6]],7]",
      { TXT("/0/1/1"), TXT("/1/2/0"), TXT("/2"), TXT("/1/0") },
      { "<n:3>", "<n:6>", "<n:7>", "<n:4>" }, 0, 0 },
    { "[[[[[[[[[[[[[[[[6,7],[8]]]]]]]]]]]]]]]]",
      { TXT("/0/0/0/0/0/0/0/0/0/0/0/0/0/0/1/0"),
        TXT("/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/1") },
      { "<n:8>", "<n:7>" }, 0, 0 },
    /* the first of duplicates that matches counts, and none after it */
    { "{\"a\":1,\"a\":2}", { TXT("/a"), RAW("/a"), WALK("/a"), TYPE("/a") },
      { "<n:1>", "<n:1>", "<n:1>", "<n>" }, 0, 0 },
    { "{\"a\":1,\"a\":{\"b\":2},\"a\":{\"b\":3}}",
      { TXT("/a/b"), TYPE("/a"), WILD("/a/*"), WILD("/*/b") },
      { "<n:2>", "<n>", "<n:2>", "<n:2><n:3>" }, 0, 0 },
    { "{\"\\u0061\":1,\"a\":2}", { TXT("/a") }, { "<n:1>" }, 0, 0 },
    /* wildcards */
    { "{\"d\":[{\"x\":1},{\"y\":2},{\"x\":3,\"x\":4},5,[6],{\"x\":{}}]}",
      { WILD("/d/*/x"), TXT("/d/*/x"), WILD("/d/*/0"), WILD("/d/5/x") },
      { "<n:1><n:3><o>", "", "<n:6>", "<o>" }, 0, 0 },
    { "{\"a\":1,\"b\":[2],\"a\":3}", { WILD("/*"), WILD("/*/*"), WILD("/a*"),
        WILD("/b/*") },
      { "<n:1><a><n:3>", "<n:2>", "<n:1><n:3>", "<n:2>" }, 0, 0 },
    { "{\"adv_ocr:ja\":1,\"adv_ocr\":2,\"adv_oc\":3,\"xadv_ocr\":4}",
      { WILD("/adv_ocr*"), WILD("/adv_ocr"), WILD("/x*"), WILD("/adv_oc*") },
      { "<n:1><n:2>", "<n:2>", "<n:4>", "<n:1><n:2><n:3>" }, 0, 0 },
    { "[10,11,12]", { WILD("/1*"), WILD("/*"), WILD("/0*"), WILD("/2") },
      { "", "<n:10><n:11><n:12>", "", "<n:12>" }, 0, 0 },
    { "{\"/a\":1,\"~\":2,\"~x\":3,\"/\":4}",
      { WILD("/~1*"), WILD("/~0*"), WILD("/~0"), WILD("/~1") },
      { "<n:1><n:4>", "<n:2><n:3>", "<n:2>", "<n:4>" }, 0, 0 },
    { "{\"d\":[{\"x\":1}],\"d\":[{\"x\":2}]}",
      { WILD("/d/*/x"), WILD("/*/0/x"), WILD_TYPE("/*/*"), WILD("/d/*/y") },
      { "<n:1>", "<n:1><n:2>", "<o><o>", "" }, 0, 0 },
    { "{\"d\":[{\"y\":1}],\"d\":[{\"x\":2}]}",
      { WILD("/d/*/x"), TXT("/d/0/x"), WILD("/d/*/*") },
      { "<n:2>", "<n:2>", "<n:1>" }, 0, 0 },
    { "[{\"a\":[{\"b\":1},{\"b\":2}]},{\"a\":[{\"b\":3,\"b\":4}],"
      "\"a\":[{\"b\":5}]},{\"a\":[]}]",
      { WILD("/*/a/*/b"), WILD("/*/a/0/b"), WILD("/1/a/*/b"), WILD("/*/a") },
      { "<n:1><n:2><n:3>", "<n:1><n:3>", "<n:3>", "<a><a><a>" }, 0, 0 },
    /* several picks for one value, and for values inside picked ones */
    { "{\"a\":{\"b\":\"x\\u00e9\"}}",
      { RAW("/a"), WALK("/a"), TXT("/a/b"), RAW("/a/b") },
      { "<o:{\"b\":\"x\\u00e9\"}>", "<o@b<s:x\xc3\xa9>>", "<s:x\xc3\xa9>",
        "<s:\"x\\u00e9\">" }, 0, 0 },
    { "[ [ 1 , 2 ] , 3 ]", { RAW(""), RAW("/0"), RAW("/0/1"), RAW("/1") },
      { "<a:[ [ 1 , 2 ] , 3 ]>", "<a:[ 1 , 2 ]>", "<n:2>", "<n:3>" }, 0, 0 },
    { "[12]", { WALK(""), WALK("/0"), RAW(""), TXT("/0") },
      { "<a<n:12>>", "<n:12>", "<a:[12]>", "<n:12>" }, 0, 0 },
    /* text */
    { "[\"\\ud83d\\ude00\\u0000\\\"\\\\\\/\\b\\f\\r\",\"\\uD7FF\\uE000\"]",
      { RAW("/1"), TXT("/1") },
      { "<s:\"\\uD7FF\\uE000\">", "<s:\xed\x9f\xbf\xee\x80\x80>" }, 0, 0 },
    { "[\"\\ud800\",\"\\udc00\",\"\\ud800x\",\"\\ud800\\n\"]",
      { TXT("/0"), TXT("/1"), TXT("/2"), TXT("/3") },
      { "<s:\xef\xbf\xbd>", "<s:\xef\xbf\xbd>", "<s:\xef\xbf\xbdx>",
        "<s:\xef\xbf\xbd\n>" }, 0, 0 },
    { "[\"\\ud800\\ud83d\\ude00\",\"\\udbff\\udbff\",\"\\udfff\\ud800\","
      "\"\\ud800\\u0041\"]",
      { TXT("/0"), TXT("/1"), TXT("/2"), TXT("/3") },
      { "<s:\xef\xbf\xbd\xf0\x9f\x98\x80>", "<s:\xef\xbf\xbd\xef\xbf\xbd>",
        "<s:\xef\xbf\xbd\xef\xbf\xbd>", "<s:\xef\xbf\xbd" "A>" }, 0, 0 },
    { "[\"\\udbff\\udfff\",\"\\u07ff\\u0800\",\"\\u007f\\u0080\"]",
      { TXT("/0"), TXT("/1"), TXT("/2") },
      { "<s:\xf4\x8f\xbf\xbf>", "<s:\xdf\xbf\xe0\xa0\x80>",
        "<s:\x7f\xc2\x80>" }, 0, 0 },
    { "[\"0123456789abcdef0123\\n456789abcdef\",\"0123456789abcdef012\","
      "345]",
      { TXT("/0"), TXT("/1"), TXT("/2") },
      { "<s:0123456789abcdef0123\n456789abcdef>", "<s:0123456789abcdef012>",
        "<n:345>" }, 0, 0 },
    /* events before an error */
    { "{\"a\":\"xy\xff\"}", { TXT("/a"), RAW("") },
      { "<s:xy", "<o:{\"a\":\"xy" }, JSON_E_UTF8, 8 },
    { "{\"a\":\"xy\xc3(\"}", { TXT("/a"), RAW("") },
      { "<s:xy\xc3", "<o:{\"a\":\"xy\xc3" }, JSON_E_UTF8, 9 },
    { "[1,2", { WALK("") }, { "<a<n:1><n:2" }, JSON_E_END, 4 },
    { "[1,2x", { RAW("") }, { "<a:[1,2" }, JSON_E_SYNTAX, 4 },
    { "[\"a\\", { WALK("") }, { "<a<s:a" }, JSON_E_END, 4 },
    { "{\"ab", { WALK("") }, { "<o@ab" }, JSON_E_END, 4 }
};

static void test_picks(void)
{
    static struct trace t;
    size_t i;
    unsigned k;

    for (i = 0; i < sizeof picking / sizeof picking[0]; i++) {
        const struct picking *c = &picking[i];
        unsigned n = 0;

        while (n < TRACES && c->picks[n].pointer != NULL)
            n++;
        trace_all(&t, c->text, strlen(c->text), c->picks, n);
        CHECK(t.error == c->error && (t.error == JSON_OK
              || t.offset == c->offset), "%s: %s at %llu", c->text,
              json_sentence(t.error), (unsigned long long)t.offset);
        for (k = 0; k < n; k++)
            CHECK(strcmp(t.text[k], c->traces[k]) == 0,
                  "%s, pick %u: %s, not %s", c->text, k, t.text[k],
                  c->traces[k]);
    }
}

/* U+0000 in a text, which the tables cannot contain. */
static void test_nul(void)
{
    static const struct json_pick text = { "", JSON_WANT_TEXT, false };
    static struct trace t;

    trace_all(&t, TEXT("\"a\\u0000b\""), &text, 1);
    CHECK(t.n[0] == 7 && memcmp(t.text[0], "<s:a\0b>", 7) == 0,
          "\\u0000 is decoded as it is");
}

static void test_order(void)
{
    static const struct json_pick picks[] = {
        { "/a", JSON_WANT_TEXT, false }, { "", JSON_WANT_WALK, false },
        { "/a", JSON_WANT_RAW, false }
    };
    static struct trace t;

    trace_all(&t, TEXT("{\"a\":1}"), picks, 3);
    CHECK(strcmp(t.order, "1<0<1<2<0>1>2>1>") == 0, "the lower index gets "
          "an event first: %s", t.order);
}

/* ---- limits, callers that stop, errors ---- */

static bool count(void *context, unsigned pick, enum json_event event,
                  enum json_type type, const unsigned char *bytes, size_t n)
{
    unsigned *counts = context;

    (void)type;
    (void)bytes;
    (void)n;
    counts[pick] += event == JSON_BEGIN;
    return true;
}

static void test_limits(void)
{
    static const char text[] = "[[[[[[[[[[[[[[[[7]]]]]]]]]]]]]]]]";
    static const char deep[] = "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0";
    static const char wild[] = "/*/0/0/0/0/0/0/0/0/0/0/0/0/0/0/*";
    struct json_pick picks[JSON_MAX_PICKS + 1];
    unsigned counts[JSON_MAX_PICKS] = { 0 }, i, all = 0;
    struct json j;

    for (i = 0; i <= JSON_MAX_PICKS; i++) {
        picks[i].pointer = i % 2 == 0 ? deep : wild;
        picks[i].want = JSON_WANT_TEXT;
        picks[i].wild = i % 2 == 1;
    }
    json_init(&j, picks, JSON_MAX_PICKS, count, counts);
    json_feed(&j, (const unsigned char *)text, sizeof text - 1);
    CHECK(json_end(&j), "32 picks of 16 tokens are allowed");
    for (i = 0; i < JSON_MAX_PICKS; i++)
        all += counts[i];
    CHECK(all == 32, "each of them takes one value: %u in all", all);
    json_init(&j, picks, JSON_MAX_PICKS + 1, count, counts);
    CHECK(!json_feed(&j, (const unsigned char *)"1", 1) && !json_end(&j)
          && json_error(&j) == JSON_E_POINTER && json_offset(&j) == 0,
          "33 picks are too many");
    CHECK(sizeof(struct json) <= 2048, "the state has %zu bytes", sizeof j);
}

static void test_pointers(void)
{
    static const struct {
        const char *pointer;
        bool wild, good;
    } cases[] = {
        { "", false, true }, { "/", false, true }, { "//", false, true },
        { "/a/b", false, true }, { "/~0~1", false, true },
        { "/\xc3\xa9", false, true }, { "/*", false, true },
        { "/a*b", false, true }, { "/*", true, true }, { "/a*/b", true, true },
        { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", false, true },
        { "a", false, false }, { "#/a", false, false }, { "*", true, false },
        { "/~", false, false }, { "/~2", false, false },
        { "/~/", false, false }, { "/a~", false, false },
        { "/\xff", false, false },
        { "/\xc3", false, false }, { "/\xed\xa0\x80", false, false },
        { "/a*b", true, false }, { "/**", true, false },
        { "/*a", true, false },
        { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/", false, false }
    };
    struct json_pick pick = { NULL, JSON_WANT_TYPE, false };
    struct json j;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned counts[1];
        bool good = cases[i].good;

        CHECK(json_pointer_valid(cases[i].pointer, cases[i].wild) == good,
              "\"%s\" is %sa pointer", cases[i].pointer, good ? "" : "not ");
        pick.pointer = cases[i].pointer;
        pick.wild = cases[i].wild;
        json_init(&j, &pick, 1, count, counts);
        json_feed(&j, (const unsigned char *)"[]", 2);
        CHECK(json_end(&j) == good
              && json_error(&j) == (good ? JSON_OK : JSON_E_POINTER),
              "json_init judges \"%s\" in the same way", cases[i].pointer);
    }
}

struct stopper {
    unsigned calls, stop_at;
};

static bool stop(void *context, unsigned pick, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    struct stopper *s = context;

    (void)pick;
    (void)event;
    (void)type;
    (void)bytes;
    (void)n;
    return s->calls++ != s->stop_at;
}

/* A caller that stops at an event, at any of them, gets no other event. */
static void test_caller(void)
{
    static const char text[] = "{\"a\":[1,\"x\\ny\\ud800\",true],\"b\":{}}";
    static const struct json_pick picks[] = {
        { "", JSON_WANT_WALK, false }, { "", JSON_WANT_RAW, false },
        { "/a/1", JSON_WANT_TEXT, false }
    };
    unsigned step, stop_at, events = 0;

    for (step = 1; step < sizeof text; step += sizeof text - 2) {
        for (stop_at = 0; stop_at == 0 || events == stop_at; stop_at++) {
            struct stopper s = { 0, stop_at };
            struct json j;
            size_t i;

            json_init(&j, picks, 3, stop, &s);
            for (i = 0; i < sizeof text - 1; i += step)
                json_feed(&j, (const unsigned char *)text + i, step);
            if (json_end(&j)) {
                CHECK(s.calls == stop_at, "all events were reported");
                break;
            }
            events = s.calls;
            CHECK(events == stop_at + 1 && json_error(&j) == JSON_E_CALLER,
                  "a caller that stops at event %u is called %u times",
                  stop_at, events);
        }
        CHECK(stop_at > 20, "the document has at least %u events", stop_at);
    }
}

/* The rest of a piece is not read after the caller has stopped. */
static void test_caller_stops_reading(void)
{
    static const struct json_pick pick = { "/*", JSON_WANT_TEXT, true };
    struct stopper s = { 0, 0 };
    struct json j;

    json_init(&j, &pick, 1, stop, &s);
    CHECK(!json_feed(&j, (const unsigned char *)"[1,2,3]", 7),
          "json_feed returns false when the caller stops");
    CHECK(json_offset(&j) == 2, "reading stops after the value: %llu",
          (unsigned long long)json_offset(&j));
}

static void test_sequence(void)
{
    struct json j;
    unsigned char c = ' ';

    json_init(&j, NULL, 0, NULL, NULL);
    CHECK(json_feed(&j, NULL, 0) && json_error(&j) == JSON_OK,
          "an empty piece is not an error");
    CHECK(!json_feed(&j, (const unsigned char *)"[x", 2),
          "json_feed returns false at an error");
    CHECK(!json_feed(&j, (const unsigned char *)"]", 1) && !json_end(&j)
          && json_error(&j) == JSON_E_SYNTAX && json_offset(&j) == 1,
          "an error sticks");
    json_init(&j, NULL, 0, NULL, NULL);
    json_feed(&j, (const unsigned char *)"12", 2);
    CHECK(json_end(&j), "the end of the document ends a number");
    CHECK(json_feed(&j, &c, 1) && json_end(&j),
          "white space may follow json_end");
    CHECK(!json_feed(&j, (const unsigned char *)"3", 1)
          && json_error(&j) == JSON_E_TRAILING,
          "digits may not follow json_end");
    json_init(&j, NULL, 0, NULL, NULL);
    json_feed(&j, (const unsigned char *)"[", 1);
    CHECK(!json_end(&j) && !json_feed(&j, (const unsigned char *)"]", 1)
          && json_error(&j) == JSON_E_END, "the error of an early end sticks");
}

static void test_sentences(void)
{
    int error;

    for (error = JSON_OK; error <= JSON_E_CALLER; error++) {
        const char *s = json_sentence((enum json_error)error);
        size_t n = strlen(s);

        CHECK(n > 5 && s[0] >= 'a' && s[0] <= 'z' && s[n - 1] != '.',
              "error %d has a sentence: %s", error, s);
    }
}

/* ---- writing ---- */

struct quoted {
    char text[256];
    size_t n;
};

static void put_quoted(void *context, const void *piece, size_t n)
{
    struct quoted *q = context;

    CHECK(n > 0 && q->n + n < sizeof q->text, "a piece of %zu bytes", n);
    memcpy(q->text + q->n, piece, n);
    q->n += n;
    q->text[q->n] = '\0';
}

static void test_quote(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *quoted;
        size_t replaced;
    } cases[] = {
        { TEXT(""), "\"\"", 0 },
        { TEXT("abc"), "\"abc\"", 0 },
        { TEXT("a\"b\\c/"), "\"a\\\"b\\\\c/\"", 0 },
        { TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"", 0 },
        { TEXT("\0\x01\x1f\x7f "), "\"\\u0000\\u0001\\u001f\\u007f \"", 0 },
        /* C1 control characters, and the first character after them */
        { TEXT("\xc2\x80\xc2\x9f\xc2\xa0"),
          "\"\\u0080\\u009f\xc2\xa0\"", 0 },
        { TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 0 },
        { TEXT("\xff"), "\"\xef\xbf\xbd\"", 1 },
        { TEXT("a\xc3"), "\"a\xef\xbf\xbd\"", 1 },
        { TEXT("\xc3\""), "\"\xef\xbf\xbd\\\"\"", 1 },
        { TEXT("\xe2\x82" "b"), "\"\xef\xbf\xbd" "b\"", 1 },
        { TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", 3 },
        { TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"", 2 },
        /* the table of Unicode 15, section 3.9, on maximal subparts */
        { TEXT("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf" "A"),
          "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" "A\"", 4 }
    };
    size_t i, replaced;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quoted q = { "", 0 };
        struct json j;

        replaced = json_quote((const unsigned char *)cases[i].bytes,
                              cases[i].n, put_quoted, &q);
        CHECK(strcmp(q.text, cases[i].quoted) == 0,
              "case %zu is quoted as %s", i,
              q.text);
        CHECK(replaced == cases[i].replaced,
              "case %zu has %zu replacements", i, replaced);
        json_init(&j, NULL, 0, NULL, NULL);
        json_feed(&j, (const unsigned char *)q.text, q.n);
        CHECK(json_end(&j), "%s is JSON", q.text);
    }
}

/* Writes all kinds of values, in arrays and as members. */
static void write_all(struct buf *b)
{
    json_write_object_begin(b);
    json_write_name(b, "empty");
    json_write_object_begin(b);
    json_write_object_end(b);
    json_write_name_bytes(b, "nu\0ll", 5);
    json_write_raw(b, "null", 4);
    json_write_member(b, "a\"b", "[");
    json_write_name(b, "list");
    json_write_array_begin(b);
    json_write_string(b, "[");
    json_write_string(b, "{");
    json_write_string(b, ":");
    json_write_string_bytes(b, "\x00,", 2);
    json_write_array_begin(b);
    json_write_array_end(b);
    json_write_array_begin(b);
    json_write_number(b, 0);
    json_write_number(b, INT64_MIN);
    json_write_number(b, INT64_MAX);
    json_write_array_end(b);
    json_write_object_begin(b);
    json_write_member(b, "", "");
    json_write_object_end(b);
    json_write_bool(b, true);
    json_write_bool(b, false);
    json_write_raw(b, "{\"x\": [1]}", 10);
    json_write_array_end(b);
    json_write_name(b, "last");
    json_write_number(b, -1);
    json_write_object_end(b);
}

static bool wrote(const struct buf *b, const char *text)
{
    return !b->failed && b->len == strlen(text) &&
        memcmp(b->data, text, b->len) == 0;
}

static void test_write(void)
{
    static const char all[] = "{\"empty\":{},\"nu\\u0000ll\":null,"
        "\"a\\\"b\":\"[\",\"list\":[\"[\",\"{\",\":\",\"\\u0000,\",[],"
        "[0,-9223372036854775808,9223372036854775807],{\"\":\"\"},true,false,"
        "{\"x\": [1]}],\"last\":-1}";
    struct json j;
    struct buf b;

    buf_init(&b, sizeof all - 1);
    write_all(&b);
    CHECK(wrote(&b, all), "all kinds of values are written: %.*s", (int)b.len,
          (const char *)b.data);
    json_init(&j, NULL, 0, NULL, NULL);
    json_feed(&j, b.data, b.len);
    CHECK(json_end(&j), "what is written is JSON");
    buf_free(&b);
    buf_init(&b, sizeof all - 2);
    write_all(&b);
    CHECK(b.failed, "what does not fit is refused");
    buf_free(&b);
}

static void test_write_parts(void)
{
    struct buf b;

    buf_init(&b, 64);
    json_write_string(&b, "a");
    json_write_number(&b, 1);
    json_write_object_begin(&b);
    json_write_object_end(&b);
    CHECK(wrote(&b, "\"a\",1,{}"), "values without a bracket are separated");
    buf_reset(&b);
    json_write_member(&b, "#a", "b");
    json_write_member(&b, "#c", "d");
    CHECK(wrote(&b, "\"#a\":\"b\",\"#c\":\"d\""),
          "members without a bracket are separated");
    buf_reset(&b);
    CHECK(json_write_string_bytes(&b, "a\xff\xe2\x82", 4) == 2,
          "inserted U+FFFD are counted");
    CHECK(wrote(&b, "\"a\xef\xbf\xbd\xef\xbf\xbd\""), "and written");
    CHECK(json_write_string(&b, "\xc3\xa9") == 0, "UTF-8 is not replaced");
    buf_free(&b);
}

int main(void)
{
    test_grammar();
    test_depth();
    test_utf8();
    test_picks();
    test_nul();
    test_order();
    test_limits();
    test_pointers();
    test_caller();
    test_caller_stops_reading();
    test_sequence();
    test_sentences();
    test_quote();
    test_write();
    test_write_parts();
    return test_done("test_json");
}
