/*
 * test_buf.c: base/buf.c.
 */
#include "base/buf.h"

#include <string.h>

#include "tests/unit/test.h"

static bool holds(const struct buf *b, const char *text)
{
    return b->len == strlen(text) &&
        (b->len == 0 || memcmp(b->data, text, b->len) == 0);
}

static void test_bytes(void)
{
    CHECK(bytes_string("abc").len == 3, "a string's NUL is not in its bytes");
    CHECK(bytes_string(NULL).data == NULL && bytes_string(NULL).len == 0,
          "NULL gives absent bytes");
    CHECK(bytes_is(bytes_string("abc"), "abc"), "equal bytes are equal");
    CHECK(!bytes_is(bytes_string("abc"), "abd"), "other bytes are not");
    CHECK(!bytes_is(bytes_string("abc"), "ab") &&
          !bytes_is(bytes_string("abc"), "abcd"), "nor is another length");
    CHECK(bytes_is(bytes_string(""), ""), "an empty string is empty");
    CHECK(!bytes_is(bytes_string(NULL), ""), "absent bytes are not empty");
}

static void test_growth(void)
{
    struct buf b;
    unsigned wrong = 0;

    buf_init(&b, 100000);
    CHECK(b.data == NULL, "nothing is allocated before the first addition");
    for (unsigned i = 0; i < 100000; i++)
        buf_byte(&b, (unsigned char)(i % 251));
    for (unsigned i = 0; i < 100000 && i < b.len; i++)
        wrong += b.data[i] != i % 251;
    CHECK(b.len == 100000 && wrong == 0 && !b.failed,
          "growing keeps what the buffer holds");
    CHECK(b.size <= b.max, "no more than the maximum is allocated");
    CHECK(!buf_byte(&b, 0) && b.failed && b.len == 100000,
          "the maximum is exact");
    buf_free(&b);
}

static void test_refusal(void)
{
    struct buf b;

    buf_init(&b, 5);
    buf_str(&b, "abc");
    CHECK(!buf_str(&b, "def") && holds(&b, "abc"),
          "what does not fit is refused as a whole");
    CHECK(b.failed && !b.starved, "because of the maximum, not of memory");
    CHECK(!buf_byte(&b, 'd') && holds(&b, "abc"),
          "after a refusal everything is refused");
    buf_reset(&b);
    CHECK(!b.failed && b.len == 0, "a reset clears it");
    CHECK(buf_str(&b, "defgh") && holds(&b, "defgh"),
          "the buffer can be filled again");
    CHECK(!buf_add(&b, "x", (size_t)-1), "a huge size does not overflow");
    buf_free(&b);
    CHECK(b.data == NULL && b.len == 0 && !b.failed && b.max == 5,
          "freeing keeps the maximum");
    CHECK(buf_add(&b, NULL, 0), "no bytes can be added");
    buf_free(&b);
}

static void test_reset_wipes(void)
{
    struct buf b;
    unsigned left = 0;

    buf_init(&b, 64);
    buf_str(&b, "secret");
    buf_reset(&b);
    for (unsigned i = 0; i < 6; i++)
        left += b.data[i] != 0;
    CHECK(left == 0, "a reset wipes what the buffer held");
    buf_free(&b);
}

static void test_format(void)
{
    static char longest[1025];
    struct buf b;

    buf_init(&b, 4096);
    CHECK(buf_format(&b, "%d-%s", -7, "x") && holds(&b, "-7-x"),
          "text is formatted");
    buf_reset(&b);
    memset(longest, 'a', 1024);
    CHECK(buf_format(&b, "%s", longest) && b.len == 1024,
          "1024 bytes can be formatted");
    CHECK(!buf_format(&b, "%sb", longest) && b.failed && b.len == 1024,
          "1025 bytes are refused");
    buf_free(&b);
}

/* The vectors of RFC 4648 section 10. */
static void test_encodings(void)
{
    static const struct { const char *text, *base64, *hex; } cases[] = {
        {"", "", ""}, {"f", "Zg==", "66"}, {"fo", "Zm8=", "666f"},
        {"foo", "Zm9v", "666f6f"}, {"foob", "Zm9vYg==", "666f6f62"},
        {"fooba", "Zm9vYmE=", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "666f6f626172"},
        {"\xfb\xef\xff", "++//", "fbefff"}, {"\x0a\xa0", "CqA=", "0aa0"}
    };
    struct buf b;

    buf_init(&b, 64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&b);
        buf_base64(&b, cases[i].text, strlen(cases[i].text));
        CHECK(holds(&b, cases[i].base64), "base64 %s", cases[i].base64);
        buf_reset(&b);
        buf_hex(&b, cases[i].text, strlen(cases[i].text));
        CHECK(holds(&b, cases[i].hex), "hexadecimal %s", cases[i].hex);
    }
    buf_free(&b);
}

int main(void)
{
    test_bytes();
    test_growth();
    test_refusal();
    test_reset_wipes();
    test_format();
    test_encodings();
    return test_done("test_buf");
}
