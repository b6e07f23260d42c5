/* The unit test of pem.c: what is found in a text, byte by byte. */
#include "net/anchors.h"

#include <string.h>

#include "tests/unit/test.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

/* `found`: the certificates, a "." behind each; "large." one that is. */
static const struct {
    const char *fact, *text, *found;
} cases[] = {
    {"one", BEGIN "aGVsbG8=\n" END, "hello."},
    {"one byte", BEGIN "YQ==\n" END, "a."},
    {"three bytes need no filling", BEGIN "YWJj\n" END, "abc."},
    {"all digits", BEGIN "MDEyLz8+YWJ5eg==\n" END, "012/?>abyz."},
    {"its other name", "-----BEGIN X509 CERTIFICATE-----\naGVsbG8=\n"
        "-----END X509 CERTIFICATE-----\n", "hello."},
    {"two", BEGIN "YQ==\n" END BEGIN "Yg==\n" END, "a.b."},
    {"no text", "", ""},
    {"nothing in it", BEGIN END, "."},
    {"many short lines", BEGIN "a\nG\nV\ns\nb\nG\n8\n=\n" END, "hello."},
    {"a line that is longer than others", BEGIN
        "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OQ==\n" END,
        "0123456789012345678901234567890123456789."},
    {"lines that end in CR LF", "-----BEGIN CERTIFICATE-----\r\naGVs\r\n"
        "bG8=\r\n-----END CERTIFICATE-----\r\n", "hello."},
    {"lines that end in CR", "-----BEGIN CERTIFICATE-----\raGVs\r"
        "bG8=\r-----END CERTIFICATE-----\r", "hello."},
    {"a last line without its end", BEGIN "YQ==\n-----END CERTIFICATE-----",
        "a."},
    {"blanks behind a line", "-----BEGIN CERTIFICATE----- \t\nYQ== \n"
        "-----END CERTIFICATE----- \n", "a."},
    {"blanks and empty lines in it", BEGIN "\n aG Vs\t\n\nbG8=\n\n" END,
        "hello."},
    {"no filling", BEGIN "YQ\n" END, "a."},
    {"what is no digit", BEGIN "a.G!Vs\x01" "bG8\n" END, "hello."},
    {"a byte order mark", "\xef\xbb\xbf" BEGIN "YQ==\n" END, "a."},
    {"text around", "# \xc3\xa4\n\n" BEGIN "YQ==\n" END "x: - y\n-\n", "a."},
    {"a key before", KEY BEGIN "YQ==\n" END, "a."},
    {"a key alone", KEY, ""},
    {"a key without end before", "-----BEGIN PRIVATE KEY-----\nAAAA\n"
        BEGIN "YQ==\n" END, "a."},
    {"OpenSSL's own kind", "-----BEGIN TRUSTED CERTIFICATE-----\nYQ==\n"
        "-----END TRUSTED CERTIFICATE-----\n", ""},
    {"one without end", BEGIN "YQ==\n", ""},
    {"one without end before", BEGIN "YQ==\n" BEGIN "Yg==\n" END, "b."},
    {"one without beginning", "YQ==\n" END, ""},
    {"a key in it", BEGIN "YQ==\n" KEY END, ""},
    {"the end twice", BEGIN "YQ==\n" END END, "a."},
    {"half of a byte left over is not the next one's",
        BEGIN "YWJ\n" END BEGIN "YQ==\n" END, "ab.a."},
    {"indented", "  -----BEGIN CERTIFICATE-----\n  YQ==\n"
        "  -----END CERTIFICATE-----\n", ""},
    {"too few dashes", "----BEGIN CERTIFICATE-----\nYQ==\n" END, ""},
    {"too few dashes behind", "-----BEGIN CERTIFICATE----\nYQ==\n" END, ""},
    {"as much as there may be", BEGIN
        "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NQ==\n"
        END, "0123456789012345678901234567890123456789012345."},
    {"more than there may be, and one", BEGIN
        "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY=\n"
        END BEGIN "YQ==\n" END, "large.a."},
};

static void take(struct pem *p, unsigned char byte, struct buf *found)
{
    if (!pem_take(p, byte))
        return;
    if (p->der.failed)
        buf_str(found, "large");
    else
        buf_add(found, p->der.data, p->der.len);
    buf_byte(found, '.');
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf found;
        struct pem p;
        const char *text;

        buf_init(&found, 1000);
        pem_init(&p, 46);
        for (text = cases[i].text; *text != '\0'; text++)
            take(&p, (unsigned char)*text, &found);
        take(&p, '\n', &found);
        CHECK(found.len == strlen(cases[i].found) && (found.len == 0 ||
              memcmp(found.data, cases[i].found, found.len) == 0),
              "%s: %s, not %.*s", cases[i].fact, cases[i].found,
              (int)found.len, found.data != NULL ? (char *)found.data : "");
        pem_free(&p);
        buf_free(&found);
    }
    return test_done("test_pem");
}
