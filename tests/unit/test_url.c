/* Unit tests of net/url.c: parsing of URLs, percent-encoding. */
#include "net/url.h"

#include <string.h>

#include "tests/unit/test.h"

static const struct {
    const char *url, *host, *authority, *path;
    unsigned port;               /* 0: refused */
} urls[] = {
    {"https://api.cloudinary.com", "api.cloudinary.com", "api.cloudinary.com",
        "", 443},
    {"HTTPS://Api.Cloudinary.com/", "Api.Cloudinary.com",
        "Api.Cloudinary.com", "", 443},
    {"https://a:8443/x/y/", "a", "a:8443", "/x/y", 8443},
    {"https://a:443", "a", "a", "", 443},
    {"http://localhost:8000", "localhost", "localhost:8000", "", 8000},
    {"http://127.0.0.1", "127.0.0.1", "127.0.0.1", "", 80},
    {"http://[::1]:1/", "::1", "[::1]:1", "", 1},
    {"https://[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", "", 443},
    {"http://example.com", "", "", "", 0},
    {"http://localhost.example.com", "", "", "", 0},
    {"http://128.0.0.1", "", "", "", 0},
    {"http://127.example.test", "", "", "", 0},
    {"https://[::g]", "", "", "", 0},
    {"ftp://a", "", "", "", 0},
    {"a.example.com", "", "", "", 0},
    {"", "", "", "", 0},
    {"https://", "", "", "", 0},
    {"https:///x", "", "", "", 0},
    {"https://user:pw@host", "", "", "", 0},
    {"https://a:0", "", "", "", 0},
    {"https://a:65536", "", "", "", 0},
    {"https://a:", "", "", "", 0},
    {"https://a:x", "", "", "", 0},
    {"https://a:1x", "", "", "", 0},
    {"https://a b", "", "", "", 0},
    {"https://a\r\nX: y", "", "", "", 0},
    {"https://a/x?y", "", "", "", 0},
    {"https://a/x#y", "", "", "", 0},
    {"https://a/x y", "", "", "", 0},
    {"https://[::1", "", "", "", 0},
    {"https://[]", "", "", "", 0}
};

static void test_urls(void)
{
    char error[96], longest[400];
    struct url url;
    size_t i;

    for (i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        bool good = url_parse(&url, urls[i].url, error, sizeof error);

        CHECK(good == (urls[i].port != 0), "%s is %s", urls[i].url,
              good ? "accepted" : error);
        if (!good || urls[i].port == 0)
            continue;
        CHECK(url.port == urls[i].port, "%s: port", urls[i].url);
        CHECK(strcmp(url.host, urls[i].host) == 0, "%s: host %s", urls[i].url,
              url.host);
        CHECK(strcmp(url.authority, urls[i].authority) == 0,
              "%s: authority %s", urls[i].url, url.authority);
        CHECK(strcmp(url.path, urls[i].path) == 0, "%s: path %s", urls[i].url,
              url.path);
    }
    for (i = 253; i <= 254; i++) {
        snprintf(longest, sizeof longest, "https://%0*d", (int)i, 0);
        CHECK(url_parse(&url, longest, error, sizeof error) == (i == 253),
              "a host of %zu bytes", i);
    }
    for (i = 255; i <= 256; i++) {
        snprintf(longest, sizeof longest, "https://a/%0*d", (int)i - 1, 0);
        CHECK(url_parse(&url, longest, error, sizeof error) == (i == 255),
              "a path of %zu bytes", i);
    }
}

/* Plain http is accepted to this machine always, to the link-local addresses of
   AWS only for credentials, and to other hosts never. */
static void test_metadata(void)
{
    static const struct {
        const char *url;
        bool metadata;
    } cases[] = {
        {"http://169.254.169.254", true},
        {"http://169.254.169.254:8080/a", true},
        {"http://169.254.170.2/v2/x", true},
        {"http://169.254.170.23/v1/credentials", true},
        {"http://[fd00:ec2::254]/", true},
        {"http://[FD00:0EC2:0::23]", true},
        {"http://169.254.169.253", false},
        {"http://169.254.169.254.example.test", false},
        {"http://0251.0376.0251.0376", false},
        {"http://[::ffff:169.254.169.254]", false},
        {"http://[fd00:ec2::253]", false},
        {"http://[fe80::1]", false},
        {"http://10.0.0.1", false}
    };
    struct url url;
    char error[96];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(!url_parse(&url, cases[i].url, error, sizeof error),
              "%s is refused", cases[i].url);
        CHECK(url_parse_metadata(&url, cases[i].url, error, sizeof error)
              == cases[i].metadata, "%s for credentials", cases[i].url);
    }
    CHECK(url_parse_metadata(&url, "http://127.0.0.1", error,
                                  sizeof error) && !url.metadata,
          "loopback is accepted for credentials, and stays loopback");
    CHECK(url_parse_metadata(&url, "https://169.254.169.254", error,
                                  sizeof error) && !url.metadata,
          "https is https");
}

static void test_escape(void)
{
    static const char all[] = "aZ09-._~ /?#%+&'\"\303\251";
    struct buf b;

    buf_init(&b, 1000);
    url_escape(&b, all, sizeof all - 1, "");
    url_escape(&b, "a/b", 3, "/");
    buf_byte(&b, 0);
    CHECK(strcmp((char *)b.data, "aZ09-._~%20%2F%3F%23%25%2B%26%27%22%C3%A9"
                 "a/b") == 0, "percent-encoding: %s", (char *)b.data);
    buf_free(&b);
}

static void test_unescape(void)
{
    static const struct {
        const char *text, *decoded;  /* NULL: refused in any size */
    } cases[] = {
        {"", ""}, {"abc", "abc"}, {"%41%62c", "Abc"}, {"a%2Fb%2fc", "a/b/c"},
        {"%C3%A9", "\303\251"}, {"100%", "100%"}, {"%4", "%4"},
        {"%zz%4g", "%zz%4g"}, {"%%41", "%A"}, {"%2541", "%41"}, {"+", "+"},
        {"a%00b", NULL}
    };
    char out[16];
    size_t i, room;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text, *decoded = cases[i].decoded;
        size_t n = strlen(text), k = decoded == NULL ? 0 : strlen(decoded) + 1;

        for (room = 1; room <= sizeof out; room++) {
            bool good = url_unescape(out, room, text, n);

            CHECK(good == (decoded != NULL && room >= k),
                  "%s in %zu bytes is %s", text, room,
                  good ? "decoded" : "refused");
            CHECK(!good || decoded == NULL || strcmp(out, decoded) == 0,
                  "%s is decoded to %s", text, good ? out : "");
        }
    }
    CHECK(url_unescape(out, sizeof out, "%41", 2) && strcmp(out, "%4") == 0,
          "a sequence that goes beyond n bytes stays");
}

int main(void)
{
    test_urls();
    test_metadata();
    test_escape();
    test_unescape();
    return test_done("test_url");
}
