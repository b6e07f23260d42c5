/* Unit tests of net/proxy.c: which proxy a URL goes through. */
#include "net/proxy.h"

#include <string.h>

#include "tests/unit/test.h"

static bool choose(struct proxy *proxy, const char *target,
                   const struct proxy_variables *v, char error[256])
{
    struct url url;

    *error = '\0';
    if (!url_parse(&url, target, error, 256))
        return false;
    return proxy_choose(proxy, &url, v, error, 256);
}

/* ---- which variable ---- */

static void test_order(void)
{
    static const struct {
        const char *fact, *target;
        struct proxy_variables v;
        const char *host;
        unsigned short port;
    } cases[] = {
        {"no variable, no proxy", "https://a.test", {NULL, NULL, NULL, NULL},
            "", 0},
        {"an empty variable counts as not set", "https://a.test",
            {"", "", "", ""}, "", 0},
        {"HTTPS_PROXY", "https://a.test",
            {NULL, "http://p.test:3128", NULL, NULL}, "p.test", 3128},
        {"ALL_PROXY", "https://a.test", {NULL, "", "http://p.test:1", NULL},
            "p.test", 1},
        {"HTTPS_PROXY has precedence over ALL_PROXY", "https://a.test",
            {NULL, "http://p.test:1", "http://q.test:2", NULL}, "p.test", 1},
        {"the service's own proxy has precedence over both", "https://a.test",
            {"o.test:3", "http://p.test:1", "http://q.test:2", NULL},
            "o.test", 3},
        {"NO_PROXY applies to the common variables", "https://a.test",
            {NULL, "http://p.test:1", "http://q.test:2", "a.test"}, "", 0},
        {"NO_PROXY does not apply to the service's own", "https://a.test",
            {"o.test:3", "http://p.test:1", NULL, "*"}, "o.test", 3},
        {"https to this machine goes through the proxy", "https://localhost:8",
            {NULL, "http://p.test:1", NULL, NULL}, "p.test", 1},
        {"plain http never goes through a proxy", "http://localhost:8",
            {"o.test:3", "http://p.test:1", "http://q.test:2", NULL}, "", 0},
        {"plain http does not parse the variables", "http://127.0.0.1",
            {"socks5://x", "nonsense nonsense", NULL, NULL}, "", 0},
        {"a host in NO_PROXY does not parse them either", "https://a.test",
            {NULL, "socks5://x", NULL, "a.test"}, "", 0}
    };
    char error[256];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct proxy p;
        bool good = choose(&p, cases[i].target, &cases[i].v, error);

        CHECK(good && strcmp(p.host, cases[i].host) == 0 &&
              p.port == cases[i].port, "%s: %s:%u %s", cases[i].fact, p.host,
              (unsigned)p.port, error);
    }
}

/* ---- the URL of the proxy ---- */

static void test_urls(void)
{
    static const struct {
        const char *url, *host;
        unsigned short port;
        const char *authorization;
    } cases[] = {
        {"http://p.test:3128", "p.test", 3128, ""},
        {"http://p.test:3128/", "p.test", 3128, ""},
        {"HTTP://p.test", "p.test", 80, ""},
        {"p.test:8080", "p.test", 8080, ""},
        {"p.test", "p.test", 80, ""},
        {"http://p.test:443", "p.test", 443, ""},
        {"http://10.1.2.3:1", "10.1.2.3", 1, ""},
        {"http://[::1]:3128", "::1", 3128, ""},
        {"[fe80::1]", "fe80::1", 80, ""},
        /* the example in RFC 7617 section 2 */
        {"http://Aladdin:open%20sesame@p.test:1", "p.test", 1,
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"user:@p.test", "p.test", 80, "Basic dXNlcjo="},
        {"user@p.test", "p.test", 80, "Basic dXNlcjo="},
        {"u:p:w@p.test", "p.test", 80, "Basic dTpwOnc="},
        {"u:p@w@p.test", "p.test", 80, "Basic dTpwQHc="},
        {"u:%zz%4@p.test", "p.test", 80, "Basic dTolenolNA=="},
        {"u%40x:%C3%A9@p.test", "p.test", 80, "Basic dUB4OsOp"}
    };
    char error[256];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct proxy_variables v = {.https = cases[i].url};
        struct proxy p;
        bool good = choose(&p, "https://a.test", &v, error);

        CHECK(good && strcmp(p.host, cases[i].host) == 0 &&
              p.port == cases[i].port &&
              strcmp(p.authorization, cases[i].authorization) == 0,
              "%s: %s:%u %s%s", cases[i].url, p.host, (unsigned)p.port,
              p.authorization, error);
    }
}

static void test_wrong_urls(void)
{
    static const char *const cases[] = {
        "https://p.test:1", "socks5://p.test:1", "socks5h://u:s3cret@p.test",
        "ftp://p.test", "://p.test", "http://", "http://u:s3cret@",
        "http://p.test:0", "http://p.test:65536", "http://p.test:s3cret",
        "http://p.test/s3cret", "http://p.test?s3cret", "http://p test",
        "http://u:%00s3cret@p.test", "http://u%3As3cret:x@p.test",
        "http://s3cret\r\nX: y@p test", "http://[::1", "http://::1:80",
        "http://[s3cret]", "http://p.test:80:80"
    };
    char error[256], large[4096];
    struct proxy p;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct proxy_variables v = {.all = cases[i]};
        bool good = choose(&p, "https://a.test", &v, error);

        CHECK(!good && *p.host == '\0' && *p.authorization == '\0',
              "%s is refused", cases[i]);
        CHECK(strstr(error, "proxy") != NULL && strstr(error, "s3cret") ==
              NULL, "%s: the sentence contains no secret: %s", cases[i], error);
    }
    for (i = 0; i < 2; i++) {    /* a long user, a long host */
        const struct proxy_variables v = {.all = large};

        memset(large, 'a', sizeof large - 1);
        large[sizeof large - 1] = '\0';
        if (i == 0)
            memcpy(large + 2000, "@p.test", 8);
        CHECK(!choose(&p, "https://a.test", &v, error) && *p.host == '\0',
              "%s is refused", i == 0 ? "a long user" : "a long host");
    }
}

/* ---- NO_PROXY ---- */

static void test_exceptions(void)
{
    static const struct {
        const char *list, *target;
        bool direct;
    } cases[] = {
        {"*", "https://a.test", true},
        {"b.test, *", "https://a.test", true},
        {"**", "https://a.test", false},
        {"a.test", "https://a.test", true},
        {"A.Test", "https://a.tesT", true},
        {"a.test.", "https://a.test", true},
        {"a.test", "https://a.test.", true},
        {"a.test", "https://x.y.a.test", true},
        {".a.test", "https://x.a.test", true},
        {".a.test", "https://a.test", true},
        {"*.a.test", "https://x.a.test", true},
        {"*.a.test", "https://a.test", true},
        {"a.test", "https://xa.test", false},
        {"a.test", "https://a.test.example", false},
        {"x.a.test", "https://a.test", false},
        {"test", "https://a.test", true},
        {"", "https://a.test", false},
        {" ,\t, ", "https://a.test", false},
        {".", "https://a.test", false},
        {"b.test,a.test", "https://a.test", true},
        {"b.test a.test\tc.test", "https://a.test", true},
        {"a.test:443", "https://a.test", true},
        {"a.test:8443", "https://a.test:8443", true},
        {"a.test:8443", "https://a.test", false},
        {".a.test:443", "https://x.a.test", true},
        {"a.test:", "https://a.test", false},
        {"a.test:443x", "https://a.test", false},
        {"a.test:065979", "https://a.test", false},
        {"a.test:18446744073709551616", "https://a.test", false},
        {"10.0.0.1", "https://10.0.0.1", true},
        {"10.0.0.1", "https://10.0.0.10", false},
        {"0.0.1", "https://10.0.0.1", false},
        {"10.0.0.1:443", "https://10.0.0.1", true},
        {"10.0.0.1:444", "https://10.0.0.1", false},
        {"10.0.0.0/8", "https://10.255.255.255", true},
        {"10.0.0.0/8", "https://11.0.0.0", false},
        {"10.0.0.7/8", "https://10.1.0.0", true},
        {"10.0.0.128/25", "https://10.0.0.129", true},
        {"10.0.0.128/25", "https://10.0.0.127", false},
        {"10.0.0.1/32", "https://10.0.0.1", true},
        {"10.0.0.1/32", "https://10.0.0.2", false},
        {"0.0.0.0/0", "https://10.0.0.2", true},
        {"0.0.0.0/0", "https://a.test", false},
        {"0.0.0.0/0", "https://[::1]", false},
        {"10.0.0.0/33", "https://10.0.0.0", false},
        {"10.0.0.0/", "https://10.0.0.0", false},
        {"10.0.0.0/-1", "https://10.0.0.0", false},
        {"10.0.0.0/8/8", "https://10.0.0.0", false},
        {"a.test/8", "https://a.test", false},
        {"::1", "https://[::1]", true},
        {"[::1]", "https://[::1]", true},
        {"[::1]:443", "https://[::1]", true},
        {"[::1]:80", "https://[::1]", false},
        {"0:0:0:0:0:0:0:1", "https://[::1]", true},
        {"[::1", "https://[::1]", false},
        {"[::1]x", "https://[::1]", false},
        {"fe80::/10", "https://[febf::1]", true},
        {"fe80::/10", "https://[fec0::1]", false},
        {"::/0", "https://[2001:db8::1]", true},
        {"2001:db8::1/128", "https://[2001:db8::1]", true},
        {"2001:db8::1/128", "https://[2001:db8::2]", false},
        {"169.254.0.0/16,.internal,amazonaws.com",
            "https://dynamodb.eu-west-1.amazonaws.com", true}
    };
    char error[256], large[1000];
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct proxy_variables v = {NULL, "p.test:1", NULL,
            cases[i].list};
        struct proxy p;
        bool good = choose(&p, cases[i].target, &v, error);

        CHECK(good && (*p.host == '\0') == cases[i].direct,
              "NO_PROXY=\"%s\", %s: %s", cases[i].list, cases[i].target,
              cases[i].direct ? "direct" : "through the proxy");
    }
    memset(large, 'a', sizeof large);
    memcpy(large + sizeof large - 8, ",a.test", 8);
    {
        const struct proxy_variables v = {NULL, "p.test:1", NULL, large};
        struct proxy p;

        CHECK(choose(&p, "https://a.test", &v, error) && *p.host == '\0',
              "an entry that is too long for a name is ignored");
    }
}

int main(void)
{
    test_order();
    test_urls();
    test_wrong_urls();
    test_exceptions();
    return test_done("test_proxy");
}
