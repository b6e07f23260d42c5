/*
 * test_sigv4.c: sigv4.c, by tables. The expected signatures were computed with
 * botocore.
 */
#include "sigv4.h"

#include <bearssl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/unit/test.h"

enum { OUT = 65536 };

static char out[OUT];
static struct buf text;              /* a canonical request or string to sign */
static const char date[] = "20150830T123600Z";
static const char first_key[] = "AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static const struct sigv4_scope scope = {
    "AKIDEXAMPLE", first_key + 4, "us-east-1", "dynamodb", NULL
};
static const char empty_hash[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* A GET of "/" with a host and a date, to which headers can be added. */
struct sample {
    struct sigv4_header headers[SIGV4_MAX_HEADERS + 2];
    struct sigv4_request rq;
};

static void sample_add(struct sample *s, struct sigv4_header header)
{
    s->headers[s->rq.n_headers++] = header;
}

static void sample_init(struct sample *s)
{
    memset(s, 0, sizeof *s);
    s->rq.method = "GET";
    s->rq.path = "/";
    s->rq.query = "";
    s->rq.headers = s->headers;
    sample_add(s, (struct sigv4_header){"Host", "h"});
    sample_add(s, (struct sigv4_header){"X-Amz-Date", date});
}

static bool canonical_request(const struct sample *s)
{
    buf_reset(&text);
    return sigv4_canonical_request(&s->rq, &text);
}

static bool string_to_sign(const struct sample *s, const struct sigv4_scope *by,
                           const char *when)
{
    buf_reset(&text);
    return sigv4_string_to_sign(&s->rq, by, when, &text);
}

static bool header_refused(const struct sample *s, const struct sigv4_scope *by,
                           const char *when)
{
    *out = 'x';
    return sigv4_authorization(&s->rq, by, when, out, OUT) == 0 &&
        *out == '\0';
}

/* Are both the string to sign and the header refused? */
static bool refused(const struct sample *s, const struct sigv4_scope *by,
                    const char *when)
{
    return header_refused(s, by, when) && !string_to_sign(s, by, when);
}

/* Is each of the three steps refused? */
static bool canonical_refused(const struct sample *s)
{
    return !canonical_request(s) && refused(s, &scope, date);
}

/* The parts of a canonical request in which it differs from the sample. */
struct canonical {
    const char *path, *query, *headers, *names;
};

static bool canonical_is(const struct sample *s, struct canonical expected)
{
    static char whole[OUT];

    snprintf(whole, sizeof whole, "GET\n%s\n%s\n%shost:h\n"
             "x-amz-date:20150830T123600Z\n\n%shost;x-amz-date\n%s",
             expected.path, expected.query, expected.headers, expected.names,
             empty_hash);
    return canonical_request(s) && text.len == strlen(whole) &&
        memcmp(text.data, whole, text.len) == 0;
}

/* ---- signatures ---- */

static void test_signatures(void)
{
    static const char many[] =
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000";
    static const struct {
        const char *target, *host, *token, *date, *payload;
        struct sigv4_scope scope;
        const char *authorization;
    } cases[] = {
        {"DynamoDB_20120810.DescribeTable",
         "dynamodb.eu-central-1.amazonaws.com", NULL,
         "20261122T081500Z", "{\"TableName\":\"ocr\"}",
         {"AKIAOCRDYNTESTKEY000",
          "bm90LWEta2V5LWJ1dC1sb25nLWVub3VnaC1mb3ItYXdz", "eu-central-1",
          "dynamodb", NULL},
         "AWS4-HMAC-SHA256 Credential=AKIAOCRDYNTESTKEY000/20261122/"
         "eu-central-1/dynamodb/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
         "d6d08e9bd01f3d370a3bcce37cb951662ef646cae053541e5c340ca98d9d646c"},
        {"DynamoDB_20120810.PutItem",
         "dynamodb.us-east-1.amazonaws.com",
         "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJH=",
         "19991231T235959Z",
         "{\"TableName\":\"ocr\",\"Item\":{\"publicId\":{\"S\":\"a\"},"
         "\"text\":{\"S\":\"gr\303\274\303\237e\"}}}",
         {"ASIAOCRDYNTESTKEY000", "s", "us-east-1", "dynamodb", NULL},
         "AWS4-HMAC-SHA256 Credential=ASIAOCRDYNTESTKEY000/19991231/"
         "us-east-1/dynamodb/aws4_request, SignedHeaders=content-type;host;"
         "x-amz-date;x-amz-security-token;x-amz-target, Signature="
         "708cf6feed118147196bf39f332204c3f4b3ee2477b4dcaaa4d0d097cc23c41f"},
        {"DynamoDB_20120810.ListTables", "127.0.0.1:8000", NULL,
         "99991231T235959Z", "",
         {"x", many, "local", "dynamodb", NULL},
         "AWS4-HMAC-SHA256 Credential=x/99991231/local/dynamodb/aws4_request,"
         " SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
         "598d944fbad41c5458f78922f903b746f5f3099de6eec54506d337f1b21bc5e5"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;

        sample_init(&s);
        s.rq.method = "POST";
        s.rq.n_headers = 0;
        sample_add(&s, (struct sigv4_header){"X-Amz-Target", cases[i].target});
        if (cases[i].token != NULL)
            sample_add(&s, (struct sigv4_header){
                "X-Amz-Security-Token", cases[i].token});
        sample_add(&s, (struct sigv4_header){"X-Amz-Date", cases[i].date});
        sample_add(&s, (struct sigv4_header){"Host", cases[i].host});
        sample_add(&s, (struct sigv4_header){
            "Content-Type", "application/x-amz-json-1.0"});
        s.rq.payload = bytes_string(cases[i].payload);
        CHECK(sigv4_authorization(&s.rq, &cases[i].scope, cases[i].date, out,
                                  OUT) == strlen(cases[i].authorization) &&
              strcmp(out, cases[i].authorization) == 0,
              "%s is signed as by botocore: %s", cases[i].target, out);
    }
}

static void test_string_to_sign(void)
{
    static const char expected[] =
        "AWS4-HMAC-SHA256\n20150830T123600Z\n"
        "20150830/us-east-1/dynamodb/aws4_request\n";
    br_sha256_context sha;
    unsigned char digest[32];
    struct sample s;
    struct buf whole;

    sample_init(&s);
    canonical_request(&s);
    br_sha256_init(&sha);
    br_sha256_update(&sha, text.data, text.len);
    br_sha256_out(&sha, digest);
    buf_init(&whole, 1024);
    buf_str(&whole, expected);
    buf_hex(&whole, digest, sizeof digest);
    CHECK(string_to_sign(&s, &scope, date) && text.len == whole.len &&
          memcmp(text.data, whole.data, text.len) == 0,
          "the string to sign contains the hash of the canonical request");
    buf_free(&whole);
}

/* ---- the canonical request ---- */

static void test_paths(void)
{
    static const struct { const char *path, *expected; } cases[] = {
        {"", "/"},
        {"/", "/"},
        {"//", "/"},
        {"/a", "/a"},
        {"/a/", "/a/"},
        {"//a//b//", "/a/b/"},
        {"/.", "/"},
        {"/./", "/"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a/..", "/"},
        {"/a/../", "/"},
        {"/a/b/..", "/a"},
        {"/a/b/../", "/a/"},
        {"/a/b/../../c", "/c"},
        {"/a/../../b", "/b"},
        {"/a/b/../c/../d", "/a/d"},
        {"/a/./b//../c", "/a/c"},
        {"/a/b/./../c", "/a/c"},
        {"/...", "/..."},
        {"/.a/..b", "/.a/..b"},
        {"/a b", "/a%20b"},
        {"/a%20b", "/a%2520b"},
        {"/%7e%2f", "/%257e%252f"},
        {"/100%", "/100%25"},
        {"/%4", "/%254"},
        {"/%4g", "/%254g"},
        {"/%g4", "/%25g4"},
        {"/%--", "/%25--"},
        {"/%25", "/%2525"},
        {"/%00", "/%2500"},
        {"/-._~09azAZ", "/-._~09azAZ"},
        {"/!$&'()*+,;=:@?#", "/%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40%3F%23"},
        {"/\303\251\377\001\177", "/%C3%A9%FF%01%7F"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;

        sample_init(&s);
        s.rq.path = cases[i].path;
        CHECK(canonical_is(&s, (struct canonical){
                               cases[i].expected, "", "", ""}),
              "path %s is %s", s.rq.path, cases[i].expected);
    }
}

static void test_queries(void)
{
    static const struct { const char *query, *expected; } cases[] = {
        {"", ""},
        {"a", "a="},
        {"a=", "a="},
        {"=", "="},
        {"=v", "=v"},
        {"a=b=c", "a=b%3Dc"},
        {"&", ""},
        {"&&a=1&&b=2&", "a=1&b=2"},
        {"b=1&a=2", "a=2&b=1"},
        {"a=2&a=1&a=10", "a=1&a=10&a=2"},
        {"a=&a", "a=&a="},
        {"B=1&a=1&A=1", "A=1&B=1&a=1"},
        {"a-b=1&a=1&ab=1", "a=1&a-b=1&ab=1"},
        {"z=1&\303\251=1&%C3%A8=1", "%C3%A8=1&%C3%A9=1&z=1"},
        {"%61=%7E&%5a=%c3%a9", "Z=%C3%A9&a=~"},
        {"a=%2f&a=/0", "a=%2F&a=%2F0"},
        {"a=%&b=%4&c=%zz", "a=%25&b=%254&c=%25zz"},
        {"a=b+c d", "a=b%2Bc%20d"},
        {"%3D=%26", "%3D=%26"},
        {"a=%00", "a=%00"},
        {"-._~=09azAZ", "-._~=09azAZ"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;

        sample_init(&s);
        s.rq.query = cases[i].query;
        CHECK(canonical_is(&s, (struct canonical){
                               "/", cases[i].expected, "", ""}),
              "query %s is %s", cases[i].query, cases[i].expected);
    }
}

static void test_headers(void)
{
    static const struct {
        struct sigv4_header headers[4];
        const char *expected, *names;        /* host and date left out */
    } cases[] = {
        {{{"A", ""}}, "a:\n", "a;"},
        {{{"A", "x"}}, "a:x\n", "a;"},
        {{{"A", " \t x\t "}}, "a:x\n", "a;"},
        {{{"A", "  \t"}}, "a:\n", "a;"},
        {{{"A", "x  y \t z"}}, "a:x y z\n", "a;"},
        {{{"A", " \"x   y\" "}}, "a:\"x y\"\n", "a;"},
        {{{"A", "x\r\n  y\n\tz"}}, "a:x y z\n", "a;"},
        {{{"A", "x\r\n "}}, "a:x\n", "a;"},
        {{{"A", "\303\251\200"}}, "a:\303\251\200\n", "a;"},
        {{{"b", "1"}, {"A", "2"}}, "a:2\nb:1\n", "a;b;"},
        {{{"b", "1"}, {"ab", "2"}, {"a", "3"}}, "a:3\nab:2\nb:1\n", "a;ab;b;"},
        {{{"A", "2"}, {"a", "1"}, {"A", "3"}}, "a:2,1,3\n", "a;"},
        {{{"B", "1"}, {"a", "2"}, {"b", " 3 "}, {"A", ""}},
         "a:2,\nb:1,3\n", "a;b;"},
        {{{"a", ""}, {"a", ""}}, "a:,\n", "a;"},
        {{{"!#$%&'*+-.^_`|~", "x"}}, "!#$%&'*+-.^_`|~:x\n",
         "!#$%&'*+-.^_`|~;"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;

        sample_init(&s);
        for (size_t k = 0; k < 4 && cases[i].headers[k].name != NULL; k++)
            sample_add(&s, cases[i].headers[k]);
        CHECK(canonical_is(&s, (struct canonical){
                               "/", "", cases[i].expected, cases[i].names}),
              "the headers of case %d are %s", (int)i, cases[i].expected);
    }
}

/* ---- refusals ---- */

static void test_refused_requests(void)
{
    static const char *const methods[] = {
        "", "GET ", "G\nT", "G\303\251T"
    };
    static const char *const paths[] = {"a", "*", "http://h/", "?"};
    static const struct sigv4_header headers[] = {
        {"", "x"}, {"a b", "x"}, {"a:", "x"}, {"\303\251", "x"},
        {"a", "x\ny"}, {"a", "x\n"}, {"a", "x\r"}, {"a", "x\ry"},
        {"a", "\r \n "}, {"a", "x\r\ny"}, {"a", "\001"}, {"a", "x\177"},
        {"a", "\033[31m"}, {"host", "h"}, {"HOST", "other"},
        {"x-amz-date", "20150830T123600Z"},
    };
    struct sample s;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        sample_init(&s);
        s.rq.method = methods[i];
        CHECK(canonical_refused(&s), "method %d is refused", (int)i);
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        sample_init(&s);
        s.rq.path = paths[i];
        CHECK(canonical_refused(&s), "path %s is refused", paths[i]);
    }
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        sample_init(&s);
        sample_add(&s, headers[i]);
        CHECK(canonical_refused(&s), "header %d is refused", (int)i);
    }
    for (size_t i = 0; i < 2; i++) {
        sample_init(&s);
        s.headers[i].name = "a";
        CHECK(canonical_refused(&s), "no %s header is refused",
              i == 0 ? "host" : "x-amz-date");
    }
    sample_init(&s);
    CHECK(!canonical_refused(&s), "the sample itself passes");
}

static void test_refused_scopes(void)
{
    static const char *const bad[] = {
        "", "a/b", "a,b", "a b", " ", "a\n", "a\177", "\303\251"
    };
    static const char *const dates[] = {
        "", "20150830T123600", "20150830T123600z", "20150830T123600ZZ",
        "20150830 123600Z", "2015083OT123600Z", "20150830T12:600Z",
        "20150830T123601Z"
    };
    struct sample s;

    sample_init(&s);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sigv4_scope by = scope;

        by.access_key = bad[i];
        CHECK(refused(&s, &by, date), "access key %d is refused", (int)i);
        by = scope;
        by.region = bad[i];
        CHECK(refused(&s, &by, date), "region %d is refused", (int)i);
        by = scope;
        by.service = bad[i];
        CHECK(refused(&s, &by, date), "service %d is refused", (int)i);
    }
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        CHECK(refused(&s, &scope, dates[i]),
              "date %s, which the header does not have, is refused", dates[i]);
    for (size_t i = 0; i < sizeof dates / sizeof *dates - 1; i++) {
        s.headers[1].value = dates[i];
        CHECK(refused(&s, &scope, dates[i]),
              "date %s, which has another form, is refused",
              dates[i]);
    }
    s.headers[1].value = " 20150830T123600Z";
    CHECK(refused(&s, &scope, date),
          "white space around the header's date is refused");
}

/* ---- the signing key that a caller keeps ---- */

/* Is the signature the same as without a kept key? */
static bool same_with(struct sample *s, struct sigv4_key *key, const char *day)
{
    struct sigv4_scope by = scope;
    char kept[1024];

    s->headers[1].value = day;
    by.key = key;
    return sigv4_authorization(&s->rq, &by, day, kept, sizeof kept) > 0 &&
        sigv4_authorization(&s->rq, &scope, day, out, OUT) > 0 &&
        strcmp(kept, out) == 0;
}

static void test_kept_key(void)
{
    static const char tomorrow[] = "20150831T000000Z";
    struct sigv4_key key, before;
    struct sample s;

    memset(&key, 0, sizeof key);
    sample_init(&s);
    CHECK(same_with(&s, &key, date), "the first signature derives the key");
    CHECK(memcmp(key.day, date, sizeof key.day) == 0, "the key is kept");
    before = key;
    CHECK(same_with(&s, &key, date), "the second signature is right, too");
    CHECK(memcmp(&before, &key, sizeof key) == 0, "it leaves the key as it is");
    CHECK(same_with(&s, &key, tomorrow),
          "the signature of another day is right");
    CHECK(memcmp(before.bytes, key.bytes, sizeof key.bytes) != 0 &&
          memcmp(key.day, tomorrow, sizeof key.day) == 0,
          "the key of another day is another one, and kept");
    key.bytes[0] ^= 1;
    CHECK(!same_with(&s, &key, tomorrow),
          "a kept key is used, even if it is wrong");
}

/* ---- bounds ---- */

static void test_bounds(void)
{
    static char query[2 * SIGV4_MAX_PARAMETERS + 2];
    char secret[SIGV4_MAX_SECRET + 2];
    struct sigv4_scope by = scope;
    struct sample s;

    sample_init(&s);
    while (s.rq.n_headers < SIGV4_MAX_HEADERS)
        sample_add(&s, (struct sigv4_header){"a", ""});
    CHECK(!canonical_refused(&s), "%d headers pass", SIGV4_MAX_HEADERS);
    sample_add(&s, (struct sigv4_header){"a", ""});
    CHECK(canonical_refused(&s), "%d headers are refused",
          SIGV4_MAX_HEADERS + 1);

    sample_init(&s);
    s.rq.query = query;
    for (size_t i = 0; i < sizeof query - 2; i++)
        query[i] = i % 2 == 0 ? 'b' : '&';
    CHECK(!canonical_refused(&s), "%d parameters pass", SIGV4_MAX_PARAMETERS);
    query[sizeof query - 2] = 'a';
    CHECK(canonical_refused(&s), "%d parameters are refused",
          SIGV4_MAX_PARAMETERS + 1);

    sample_init(&s);
    memset(secret, 's', sizeof secret);
    by.secret_key = secret;
    secret[SIGV4_MAX_SECRET + 1] = '\0';
    CHECK(header_refused(&s, &by, date), "a secret key of %d bytes is refused",
          SIGV4_MAX_SECRET + 1);
    secret[SIGV4_MAX_SECRET] = '\0';
    CHECK(!header_refused(&s, &by, date), "a secret key of %d bytes passes",
          SIGV4_MAX_SECRET);
    secret[0] = '\0';
    CHECK(header_refused(&s, &by, date), "an empty secret key is refused");
}

/* A text is written if it fits exactly, and refused if a byte is missing. */
static void test_sizes(void)
{
    struct sample s;
    struct buf b;
    size_t n;

    sample_init(&s);
    s.rq.path = "/a/b";
    s.rq.query = "c=d";
    canonical_request(&s);
    n = text.len;
    for (size_t size = 0; size <= n; size++) {
        buf_init(&b, size);
        CHECK(sigv4_canonical_request(&s.rq, &b) == (size == n),
              "a canonical request of %zu bytes into %zu", n, size);
        buf_free(&b);
    }
    string_to_sign(&s, &scope, date);
    n = text.len;
    for (size_t size = 0; size <= n; size++) {
        buf_init(&b, size);
        CHECK(sigv4_string_to_sign(&s.rq, &scope, date, &b) == (size == n),
              "a string to sign of %zu bytes into %zu", n, size);
        buf_free(&b);
    }
    n = sigv4_authorization(&s.rq, &scope, date, out, OUT);
    for (size_t size = 1; size <= n + 1; size++) {
        char *exact = malloc(size);
        size_t got;

        if (exact == NULL)
            abort();
        *exact = 'x';
        got = sigv4_authorization(&s.rq, &scope, date, exact, size);
        CHECK(got == (size <= n ? 0 : n) &&
              strcmp(exact, size <= n ? "" : out) == 0,
              "a header of %zu bytes into %zu", n, size);
        free(exact);
    }
}

static void test_longest_query(void)
{
    static char query[SIGV4_MAX_TEXT / 3 + 2];
    struct sample s;

    sample_init(&s);
    s.rq.query = query;
    memset(query, '=', sizeof query - 1);
    CHECK(canonical_refused(&s), "a query that is too long when it is encoded "
          "is refused");
    query[sizeof query / 2] = '\0';
    CHECK(!canonical_refused(&s), "half of it passes");
}

/* The value of the host header fills a canonical request to its limit. */
static void test_longest_canonical_request(void)
{
    static char host[SIGV4_MAX_TEXT];
    struct sample s;
    size_t n;

    sample_init(&s);
    canonical_request(&s);
    n = SIGV4_MAX_TEXT - text.len + 1;
    memset(host, 'h', n + 1);
    s.headers[0].value = host;
    CHECK(refused(&s, &scope, date), "%d bytes are refused",
          SIGV4_MAX_TEXT + 1);
    host[n] = '\0';
    CHECK(!refused(&s, &scope, date), "%d bytes pass", SIGV4_MAX_TEXT);
}

static void test_two_kilobytes(void)
{
    char names[28][31];
    struct sample s;

    sample_init(&s);
    for (int i = 0; i < 28; i++) {
        memcpy(names[i], "x-header-of-thirty-bytes-----?", 31);
        names[i][29] = "0123456789abcdefghijklmnopqr"[i];
        sample_add(&s, (struct sigv4_header){names[i], "x"});
    }
    CHECK(sigv4_authorization(&s.rq, &scope, date, out, 2048) > 0,
          "2 KB are enough for 30 headers with names of 30 bytes");
}

/* ---- what is left of the key on the stack ---- */

#if defined __SANITIZE_ADDRESS__
enum { OTHER_STACKS = 1 };
#elif defined __has_feature
#if __has_feature(address_sanitizer)
enum { OTHER_STACKS = 1 };
#else
enum { OTHER_STACKS = 0 };
#endif
#else
enum { OTHER_STACKS = 0 };
#endif

enum { STACK = 1 << 18, NEEDLES = 25 };

static unsigned char needles[NEEDLES][16];
static size_t n_needles;

/* Adds bytes that must not be found, also as HMAC pads them. */
static void add_needles(const unsigned char *bytes)
{
    static const unsigned char pads[] = {0, 0x36, 0x5c};

    for (size_t k = 0; k < sizeof pads; k++) {
        for (size_t i = 0; i < 16; i++)
            needles[n_needles][i] = bytes[i] ^ pads[k];
        n_needles++;
    }
}

/* Adds a key, and the state of SHA-256 after the padded key. */
static void add_key(const void *key, size_t n)
{
    static const unsigned char pads[] = {0x36, 0x5c};

    add_needles(key);
    for (size_t k = 0; k < sizeof pads; k++) {
        unsigned char block[64] = {0};
        br_sha256_context sha;

        memcpy(block, key, n);
        for (size_t i = 0; i < sizeof block; i++)
            block[i] ^= pads[k];
        br_sha256_init(&sha);
        br_sha256_update(&sha, block, sizeof block);
        memcpy(needles[n_needles++], sha.val, 16);
    }
}

static void make_needles(void)
{
    unsigned char key[32];
    const char *const steps[] = {
        "20150830", scope.region, scope.service, "aws4_request"
    };
    br_hmac_key_context kc;
    br_hmac_context hc;

    br_hmac_key_init(&kc, &br_sha256_vtable, first_key, strlen(first_key));
    add_key(first_key, strlen(first_key));
    for (size_t i = 0; i < 4; i++) {
        br_hmac_init(&hc, &kc, 0);
        br_hmac_update(&hc, steps[i], strlen(steps[i]));
        br_hmac_out(&hc, key);
        br_hmac_key_init(&kc, &br_sha256_vtable, key, sizeof key);
        add_key(key, sizeof key);
    }
}

static void *run_signer(void *context)
{
    struct sample s;

    (void)context;
    sample_init(&s);
    sigv4_authorization(&s.rq, &scope, date, out, OUT);
    return NULL;
}

/* A signer that wipes nothing. */
static void *run_careless(void *context)
{
    br_hmac_key_context kc;
    br_hmac_context hc;

    (void)context;
    br_hmac_key_init(&kc, &br_sha256_vtable, first_key, strlen(first_key));
    br_hmac_init(&hc, &kc, 0);
    return NULL;
}

/* Counts the needles that a function leaves on its stack; -1 if the stack
   cannot be read. The kernel reads it, because valgrind and MSan would report
   the parts that were never written. */
static int count_left(void *(*function)(void *))
{
    static unsigned char copy[STACK];
    unsigned char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attr;
    pthread_t thread;
    int found = 0, fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    if (stack != MAP_FAILED && pthread_attr_init(&attr) == 0 &&
        pthread_attr_setstack(&attr, stack, STACK) == 0 &&
        pthread_create(&thread, &attr, function, NULL) == 0 &&
        pthread_join(thread, NULL) == 0 && fd >= 0)
        got = pread(fd, copy, sizeof copy, (off_t)(size_t)stack);
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; i < n_needles; i++) {
        for (size_t k = 0; k + 8 <= 16; k += 4) {
            if (memmem(copy, sizeof copy, needles[i] + k, 8) != NULL)
                found++;
        }
    }
    return got == (ssize_t)sizeof copy ? found : -1;
}

static void test_wiped(void)
{
    if (OTHER_STACKS) {
        test_skip("keys left on the stack: AddressSanitizer moves variables");
        return;
    }
    make_needles();
    if (count_left(run_careless) <= 0) {
        test_skip("keys left on the stack: it cannot be read here");
        return;
    }
    CHECK(count_left(run_signer) == 0,
          "neither the secret key nor what is derived from it is left on the "
          "stack");
}

int main(void)
{
    buf_init(&text, OUT);
    test_signatures();
    test_string_to_sign();
    test_paths();
    test_queries();
    test_headers();
    test_refused_requests();
    test_refused_scopes();
    test_kept_key();
    test_bounds();
    test_sizes();
    test_longest_query();
    test_longest_canonical_request();
    test_two_kilobytes();
    test_wiped();
    buf_free(&text);
    return test_done("test_sigv4");
}
