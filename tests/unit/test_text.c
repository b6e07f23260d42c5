/*
 * test_text.c: base/text.c, by tables and exhaustively where that is possible.
 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "tests/unit/test.h"

static const unsigned char *bytes_of(const char *text)
{
    return (const unsigned char *)text;
}

/* ---- ASCII ---- */

/* Is `c` one of the characters in `set`? */
static bool is_in(int c, const char *set)
{
    return c > 0 && strchr(set, c) != NULL;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Every value of a char, signed or not. */
static void test_kinds(void)
{
    static const char hex[] = "0123456789abcdef";

    for (int c = -128; c < 256; c++) {
        const char text[] = {(char)c, '\0'};
        const bool upper = is_in(c, "ABCDEF");
        const char *digit = is_in(c, hex) || upper
            ? strchr(hex, upper ? c + 0x20 : c) : NULL;

        CHECK(text_is_digit(c) == is_in(c, DIGITS), "digit %d", c);
        CHECK(text_is_alnum(c) == is_in(c, DIGITS LETTERS), "alnum %d", c);
        CHECK(text_is_unreserved(c) == is_in(c, DIGITS LETTERS "-._~"),
              "unreserved %d", c);
        CHECK(text_hex(c) == (digit != NULL ? digit - hex : -1),
              "value of the hexadecimal digit %d", c);
        CHECK(text_is_token(text, 1) ==
              is_in(c, DIGITS LETTERS "!#$%&'*+-.^_`|~"), "token %d", c);
        CHECK(text_is_field(text) ==
              (text[0] == '\t' || text[0] == '\0' ||
               (c & 0x80) != 0 || (c >= ' ' && c < 0x7f)), "field %d", c);
    }
    CHECK(!text_is_token("", 0), "a token is not empty");
    CHECK(text_is_token("a b", 1) && !text_is_token("a b", 2),
          "all bytes of a token are looked at, and no more");
    CHECK(!text_is_field("a\r\nb"), "a field is one line");
}

static void test_number(void)
{
    static const struct {
        const char *digits;
        uint64_t max;
        bool good;
        uint64_t number;
    } cases[] = {
        {"0", 0, true, 0}, {"0", 9, true, 0}, {"000", 0, true, 0},
        {"7", 7, true, 7}, {"8", 7, false, 0}, {"1", 0, false, 0},
        {"10", 10, true, 10}, {"11", 10, false, 0}, {"99", 10, false, 0},
        {"0000000000000000000000000000042", 42, true, 42},
        {"65535", 65535, true, 65535}, {"65536", 65535, false, 0},
        {"9223372036854775807", INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", INT64_MAX, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"18446744073709551620", UINT64_MAX, false, 0},
        {"184467440737095516150", UINT64_MAX, false, 0},
        {"", 9, false, 0}, {"-1", 9, false, 0}, {"+1", 9, false, 0},
        {" 1", 9, false, 0}, {"1 ", 9, false, 0}, {"1a", 99, false, 0},
        {"0x1", 99, false, 0}, {"1.0", 99, false, 0}, {"/", 99, false, 0},
        {":", 99, false, 0}, {"\xb2", 99, false, 0},
        {"\xef\xbc\x91", 99, false, 0}
    };
    uint64_t number;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        number = 12345;
        CHECK(text_number(cases[i].digits, strlen(cases[i].digits),
                          cases[i].max, &number) == cases[i].good,
              "\"%s\" is %sa number up to %llu", cases[i].digits,
              cases[i].good ? "" : "not ", (unsigned long long)cases[i].max);
        CHECK(number == (cases[i].good ? cases[i].number : 12345),
              "\"%s\" gives %llu", cases[i].digits,
              (unsigned long long)number);
    }
    CHECK(text_number("12x", 2, 99, &number) && number == 12,
          "only n bytes are read");
    CHECK(!text_number("1\0002", 3, 999, &number), "NUL is not a digit");
}

/* ---- UTF-8 ---- */

/* An independent definition: the code point decides. */
static bool is_character(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2
        : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
    uint32_t code = need == 1 ? p[0] : p[0] & (0x7fu >> need);

    if (need != n)
        return false;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return false;
        code = code << 6 | (p[i] & 0x3f);
    }
    return code >= least[n] && code <= 0x10ffff &&
        (code < 0xd800 || code > 0xdfff);
}

/* The length of the character that these four bytes begin with, or 0. */
static size_t expected_length(const unsigned char p[4])
{
    for (size_t n = 1; n <= 4; n++)
        if (is_character(p, n))
            return n;
    return 0;
}

/* All pairs of first bytes, with third and fourth bytes from both sides of
   every bound in RFC 3629 section 4. */
static void test_length(void)
{
    static const unsigned char tail[] = {0, 0x41, 0x7f, 0x80, 0x8f, 0x90,
        0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    enum { TAILS = sizeof tail };
    unsigned long wrong = 0, count = 256ul * 256 * TAILS * TAILS;

    for (unsigned long i = 0; i < count; i++) {
        const unsigned char p[4] = {i & 255, i >> 8 & 255,
            tail[(i >> 16) % TAILS], tail[(i >> 16) / TAILS]};
        size_t length = expected_length(p);

        for (size_t n = 1; n <= 4; n++)
            wrong += text_utf8_length(p, n) != (length <= n ? length : 0);
    }
    CHECK(wrong == 0, "%lu of %lu characters have a wrong length", wrong,
          count);
    CHECK(text_utf8_length(bytes_of(""), 0) == 0,
          "no bytes are not a character");
    CHECK(text_utf8_length(bytes_of("a\xff"), 2) == 1,
          "only the first character counts");
}

/* The bytes missing after these bytes; -1 if one of them is refused. */
static int missing_after(const char *bytes)
{
    struct text_utf8 u = {0, 0, 0};

    for (; *bytes != '\0'; bytes++)
        if (!text_utf8_step(&u, (unsigned char)*bytes))
            return -1;
    return u.missing;
}

static void test_step(void)
{
    static const struct { const char *bytes; int missing; } cases[] = {
        {"", 0}, {"a", 0}, {"\xc3", 1}, {"\xc3\xa9", 0}, {"\xe2", 2},
        {"\xe2\x82", 1}, {"\xe2\x82\xac", 0}, {"\xf0", 3}, {"\xf0\x9f", 2},
        {"\xf0\x9f\x98", 1}, {"\xf0\x9f\x98\x80z", 0}, {"\xc3" "a", -1},
        {"\x80", -1}, {"\xc1", -1}, {"\xe0\x9f", -1}, {"\xed\xa0", -1},
        {"\xf0\x8f", -1}, {"\xf4\x90", -1}, {"\xf5", -1}
    };
    struct text_utf8 u = {0, 0, 0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(missing_after(cases[i].bytes) == cases[i].missing,
              "case %zu leaves %d bytes missing", i, cases[i].missing);
    text_utf8_step(&u, 0xe2);
    CHECK(!text_utf8_step(&u, 'a') && u.missing == 2 &&
          text_utf8_step(&u, 0x82) && text_utf8_step(&u, 0xac) &&
          u.missing == 0, "a refused byte leaves the decoder where it was");
}

/* The table of Unicode 15, section 3.9, and each bound. */
static void test_subpart(void)
{
    static const struct { const char *bytes; size_t n; } cases[] = {
        {"\xff", 1}, {"\x80\x80", 1}, {"\xc0\xaf", 1}, {"\xc3", 1},
        {"\xc3\"", 1}, {"\xe1\x80\xe2", 2}, {"\xf0\x91\x92\xf1", 3},
        {"\xf1\xbf" "A", 2}, {"\xed\xa0\x80", 1}, {"\xf4\x90\x80", 1}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(text_utf8_subpart(bytes_of(cases[i].bytes),
                                strlen(cases[i].bytes)) == cases[i].n,
              "the maximal subpart of case %zu has %zu bytes", i,
              cases[i].n);
}

static void test_encode(void)
{
    static const struct { uint32_t code; const char *bytes; } cases[] = {
        {'A', "A"}, {0x7f, "\x7f"}, {0x80, "\xc2\x80"}, {0x7ff, "\xdf\xbf"},
        {0x800, "\xe0\xa0\x80"}, {0xd7ff, "\xed\x9f\xbf"},
        {0xe000, "\xee\x80\x80"}, {0xffff, "\xef\xbf\xbf"},
        {0x10000, "\xf0\x90\x80\x80"}, {0x10ffff, "\xf4\x8f\xbf\xbf"}
    };
    unsigned char out[4];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = text_utf8_encode(out, cases[i].code);

        CHECK(n == strlen(cases[i].bytes) &&
              memcmp(out, cases[i].bytes, n) == 0, "U+%04lX is encoded",
              (unsigned long)cases[i].code);
    }
    CHECK(text_utf8_encode(out, 0) == 1 && out[0] == 0, "U+0000 is encoded");
}

static void test_is_utf8(void)
{
    CHECK(text_is_utf8(bytes_of(""), 0), "no bytes are UTF-8");
    CHECK(text_is_utf8(bytes_of("a\xc3\xa9"), 3),
          "two characters are UTF-8");
    CHECK(!text_is_utf8(bytes_of("a\xc3\xa9"), 2),
          "a truncated character is not UTF-8");
    CHECK(!text_is_utf8(bytes_of("\xff" "a"), 2), "0xff is not UTF-8");
    CHECK(text_is_utf8(bytes_of("\0\x1f"), 2), "control characters are");
}

static void test_printable(void)
{
    static const struct { const char *text, *except; size_t n; } cases[] = {
        {"", "\"\\", 0}, {"abc ~", "\"\\", 5}, {"ab\"c", "\"\\", 2},
        {"ab\\c", "\"\\", 2}, {"ab\"c", "\\\\", 4}, {"\x1f", "\"\\", 0},
        {"a\x7f", "\"\\", 1}, {"a\tb", "\"\\", 1}, {"a\nb", "\"\\", 1},
        {"a\xc2\x80", "\"\\", 1}, {"a\xc2\x9f", "\"\\", 1},
        {"a\xc2\xa0", "\"\\", 3}, {"\xe2\x82\xac\xf0\x9f\x98\x80", "\"\\", 7},
        {"\xe2\x82\xac\xf0\x9f\x98", "\"\\", 3}, {"a\xff", "\"\\", 1},
        {"a\xc2", "\"\\", 1}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(text_printable(bytes_of(cases[i].text), strlen(cases[i].text),
                             cases[i].except) == cases[i].n,
              "%zu bytes of case %zu are printable", cases[i].n, i);
    CHECK(text_printable(bytes_of("a\0b"), 3, "\"\\") == 1,
          "U+0000 is not printable");
    CHECK(text_printable(bytes_of("\xc3\xa9"), 1, "\"\\") == 0,
          "bytes after the end are not read");
}

int main(void)
{
    test_kinds();
    test_number();
    test_length();
    test_step();
    test_subpart();
    test_encode();
    test_is_utf8();
    test_printable();
    return test_done("test_text");
}
