/* Unit tests of cert.c: the DER reader, and the forms of names. Whole
   certificates are in tests/conformance/test_x509.py. */
#include "net/cert.c"

#include "tests/unit/test.h"

/* ------------------------------------------------------------ elements */

#define ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_128 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16 \
    ZEROS_16 ZEROS_16

/* `contents`: bytes in the first element, or -1 if it is none. */
static const struct {
    const char *fact;
    struct der in;
    int contents;
} elements[] = {
    {"nothing", LITERAL(""), -1},
    {"a tag alone", LITERAL("\x04"), -1},
    {"an empty element", LITERAL("\x05\0"), 0},
    {"two bytes", LITERAL("\x04\2ab"), 2},
    {"another element follows", LITERAL("\x04\1a\x04\0"), 1},
    {"one byte is missing", LITERAL("\x04\2a"), -1},
    {"a tag of several bytes", LITERAL("\x1f\1a"), -1},
    {"a constructed tag of several bytes", LITERAL("\xbf\1\0"), -1},
    {"an indefinite length", LITERAL("\x30\x80\0\0"), -1},
    {"128 bytes", LITERAL("\x04\x81\x80" ZEROS_128), 128},
    {"one of 128 bytes is missing", LITERAL("\x04\x81\x81" ZEROS_128), -1},
    {"a length that could be shorter", LITERAL("\x04\x81\1a"), -1},
    {"a length with a zero before it", LITERAL("\x04\x82\0\x80" ZEROS_128), -1},
    {"256 bytes", LITERAL("\x04\x82\1\0" ZEROS_128 ZEROS_128), 256},
    {"a length of three bytes", LITERAL("\x04\x83\1\0\0"), -1},
    {"a length of four bytes", LITERAL("\x04\x84\1\0\0\0"), -1},
    {"a length that is cut off", LITERAL("\x04\x82\1"), -1},
    {"a length of 127 bytes", LITERAL("\x04\xff\1"), -1}
};

static void test_elements(void)
{
    size_t i;

    for (i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        const struct der all = elements[i].in;
        struct der in = all, contents = {NULL, 0}, whole = {NULL, 0};
        unsigned tag = 0;
        bool good = der_next(&in, &tag, &contents);

        CHECK(good == (elements[i].contents >= 0) &&
              (good ? contents.n == (size_t)elements[i].contents &&
               in.p == contents.p + contents.n && tag == all.p[0] &&
               in.n == all.n - (size_t)(in.p - all.p)
               : in.p == all.p && in.n == all.n),
              "%s: %s, %zu bytes", elements[i].fact, good ? "taken" : "none",
              contents.n);
        in = all;
        CHECK(!good || (der_get_whole(&in, tag, &whole, &contents) &&
                        whole.p == all.p && in.p == whole.p + whole.n),
              "%s: the whole element", elements[i].fact);
        in = all;
        CHECK(!der_get(&in, tag + 1, &contents) && in.p == all.p,
              "%s: not another tag", elements[i].fact);
        CHECK(!good || der_only(all, tag, &contents) ==
              (whole.n == all.n), "%s: the only element", elements[i].fact);
    }
}

/* -------------------------------------------------------------- values */

static const struct {
    struct der contents;
    long long value;             /* -1: no INTEGER, or a negative one */
} integers[] = {
    {LITERAL(""), -1}, {LITERAL("\0"), 0}, {LITERAL("\1"), 1},
    {LITERAL("\x7f"), 127}, {LITERAL("\x80"), -1}, {LITERAL("\0\x80"), 128},
    {LITERAL("\0\x7f"), -1}, {LITERAL("\1\0"), 256},
    {LITERAL("\x7f\xff\xff\xff"), 0x7fffffff},
    {LITERAL("\0\x80\0\0\0"), UINT32_MAX},
    {LITERAL("\1\0\0\0\0\0\0\0\0"), UINT32_MAX}
};

static const struct {
    unsigned tag;
    const char *text;
    long long seconds;           /* -1: no time, or one before 1970 */
} times[] = {
    {DER_UTC_TIME, "700101000000Z", 0},
    {DER_UTC_TIME, "691231235959Z", -1},
    {DER_UTC_TIME, "500101000000Z", -1},
    {DER_UTC_TIME, "491231235959Z", 2524607999},
    {DER_UTC_TIME, "000229120000Z", 951825600},
    {DER_UTC_TIME, "0002291200Z", -1},
    {DER_UTC_TIME, "000229120000+0000", -1},
    {DER_UTC_TIME, "000229120000", -1},
    {DER_UTC_TIME, "000229120000+", -1},
    {DER_UTC_TIME, "0002291200/0Z", -1},
    {DER_UTC_TIME, "20000229120000Z", -1},
    {DER_GENERALIZED_TIME, "20000229120000Z", 951825600},
    {DER_GENERALIZED_TIME, "000229120000Z", -1},
    {DER_GENERALIZED_TIME, "99991231235959Z", 253402300799},
    {DER_GENERALIZED_TIME, "20000229120000.5Z", -1},
    {DER_OCTET_STRING, "20000229120000Z", -1}
};

static void test_values(void)
{
    struct der in, bytes;
    size_t i;
    bool flag;

    for (i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        uint32_t value = 0;
        bool good = der_integer(integers[i].contents, &value);

        CHECK(good == (integers[i].value >= 0) &&
              (!good || (long long)value == integers[i].value),
              "INTEGER %zu: %s, %lu", i, good ? "read" : "none",
              (unsigned long)value);
    }
    for (i = 0; i < sizeof times / sizeof times[0]; i++) {
        const struct der text = {(const unsigned char *)times[i].text,
                                 strlen(times[i].text)};
        int64_t seconds = -1;
        bool good = der_time(times[i].tag, text, &seconds);

        CHECK(good == (times[i].seconds >= 0) &&
              (!good || seconds == times[i].seconds),
              "the time %s is %lld", times[i].text, (long long)seconds);
    }
    CHECK(der_boolean((struct der)LITERAL("\xff"), &flag) && flag &&
          der_boolean((struct der)LITERAL("\0"), &flag) && !flag,
          "BOOLEAN: 255 is true, 0 is false");
    CHECK(!der_boolean((struct der)LITERAL("\1"), &flag) &&
          !der_boolean((struct der)LITERAL("\0\0"), &flag) &&
          !der_boolean((struct der)LITERAL(""), &flag),
          "BOOLEAN: nothing else");
    in = (struct der)LITERAL("\3\2\0a");
    CHECK(get_bits(&in, &bytes) && bytes.n == 1 && bytes.p[0] == 'a',
          "BIT STRING: its bytes");
    in = (struct der)LITERAL("\3\2\1a");
    CHECK(!get_bits(&in, &bytes), "BIT STRING: no unused bits");
    in = (struct der)LITERAL("\3\0");
    CHECK(!get_bits(&in, &bytes), "BIT STRING: not without a first byte");
}

/* ---------------------------------------------------------------- names */

/* 61 and 63 letters, digits and hyphens */
#define LABEL_61 \
    "abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLMNOPQRSTUVW"
#define LABEL_63 LABEL_61 "XY"
static const struct {
    const char *name;
    bool good;                   /* without a wildcard */
} names[] = {
    {"", false}, {"a", true}, {"example.com", true}, {"a-b.c", true},
    {"1.a", true}, {"a.1", false}, {"1", false}, {"127.0.0.1", false},
    {"a.1b", true}, {"a.b1", true}, {"-a.b", false}, {"a-.b", false},
    {"a.b-", false},
    {"a_b.c", false}, {".a", false}, {"a.", false}, {"a..b", false},
    {"a b", false}, {"a/b", false}, {"a:b", false}, {"a@b", false},
    {"a[b", false}, {"a`b", false}, {"a{b", false}, {"\xc3\xa4.b", false},
    {LABEL_63 ".b", true}, {LABEL_63 "Z.b", false},
    {LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61, true},
    {LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61 "a", false},
    {"*.a", false}, {"*", false}, {"a.*.b", false}
};

static void test_names(void)
{
    /* CN=ab, then O=c in a set with CN=d */
    static const struct der name = LITERAL(
        "\x30\x22"
        "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02" "ab"
        "\x31\x13\x30\x08\x06\x03\x55\x04\x0a\x0c\x01" "c"
        "\x30\x07\x06\x03\x55\x04\x03\x05\x00");
    struct der value, in = name, whole;
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct der n = {(const unsigned char *)names[i].name,
                              strlen(names[i].name)};

        CHECK(cert_is_dns(n, false) == names[i].good, "a DNS name: \"%s\" is%s",
              names[i].name, names[i].good ? "" : " not");
    }
    CHECK(cert_is_dns((struct der)LITERAL("*.a"), true) &&
          cert_is_dns((struct der)LITERAL("a"), true), "a wildcard, or none");
    CHECK(!cert_is_dns((struct der)LITERAL("*"), true) &&
          !cert_is_dns((struct der)LITERAL("*."), true) &&
          !cert_is_dns((struct der)LITERAL("*.*.a"), true) &&
          !cert_is_dns((struct der)LITERAL("a*.b"), true),
          "a wildcard is a whole label, the first");
    CHECK(get_name(&in, &whole) && in.n == 0 && whole.n == name.n,
          "a Name is read");
    CHECK(cert_attribute(name, CERT_COMMON_NAME, &value) &&
          value.n == 2 && value.p[0] == 'a', "the first common name");
    CHECK(cert_attribute(name, CERT_ORGANIZATION, &value) &&
          value.n == 1 && value.p[0] == 'c', "an organization behind it");
    CHECK(!cert_attribute(name, CERT_EMAIL_ADDRESS, &value),
          "no e-mail address");
    CHECK(cert_is_empty((struct der)LITERAL("\x30\0")) && !cert_is_empty(name),
          "an empty Name");
}

int main(void)
{
    test_elements();
    test_values();
    test_names();
    return test_done("test_cert");
}
