/* Unit tests of anchors.c: which certificates are found in a text, which of
   them become anchors, and what is stored. */
#include "net/anchors.c"

#include <sys/mman.h>

#include "tests/unit/test.h"

/* ------------------------------------------------------------------ PEM */

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

/* `found` lists the certificates, each with a "." after it; "large." stands for
   one that is too large. */
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

static void test_pem(void)
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
        buf_free(&p.der);
        buf_free(&found);
    }
}

/* --------------------------------------------------------------- anchors */

/* A CA with the path length 3, which is permitted example.com only. */
static const char ec_root[] = BEGIN
    "MIIByjCCAXCgAwIBAgIUU62qKkaOPxzkG7h/iTCk032n+HIwCgYIKoZIzj0EAwIw\n"
    "ITENMAsGA1UECgwEVGVzdDEQMA4GA1UEAwwHRUMgcm9vdDAgFw0yNjExMjgxNjMw\n"
    "NThaGA8yMTI2MTEwNDE2MzA1OFowITENMAsGA1UECgwEVGVzdDEQMA4GA1UEAwwH\n"
    "RUMgcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHK2fIV844gd99lHssAA\n"
    "2Heq49K6ktxnfEsduPi2D+WIkdXvl6WuZK7twXTrcYxKiwOV8sYCgvwDY9Puv6z7\n"
    "66ujgYMwgYAwHQYDVR0OBBYEFC+Da4+Ivvxf3XWwxFr9EX7VIrUaMB8GA1UdIwQY\n"
    "MBaAFC+Da4+Ivvxf3XWwxFr9EX7VIrUaMBIGA1UdEwEB/wQIMAYBAf8CAQMwHQYD\n"
    "VR0eAQH/BBMwEaAPMA2CC2V4YW1wbGUuY29tMAsGA1UdDwQEAwICBDAKBggqhkjO\n"
    "PQQDAgNIADBFAiAkdMIGAB1um3XH52Uuc7z8CHnzIEhmWwTKxgvXirPfGgIhAMQ0\n"
    "OCJTSUNa362dd9/9OsMXfK101vr4u+sxWSGPM105\n"
    END;

/* A server's certificate, self-signed. */
static const char rsa_server[] = BEGIN
    "MIIDIDCCAgigAwIBAgIUF3ZcCWggZyzz0+qIJqdrCGBLaMYwDQYJKoZIhvcNAQEL\n"
    "BQAwFTETMBEGA1UEAwwKUlNBIHNlcnZlcjAgFw0yNjExMjgxNjMwNTlaGA8yMTI2\n"
    "MTEwNDE2MzA1OVowFTETMBEGA1UEAwwKUlNBIHNlcnZlcjCCASIwDQYJKoZIhvcN\n"
    "AQEBBQADggEPADCCAQoCggEBAOA2k7J4rMaQFQxvHa1yJWrMuxLBBkjaP08P2YGx\n"
    "7sZfxZgz7sOLikYoJmfLtz6nc9LhSb26qSj6L0MnBdl4DBWUk0OkxbtPwmf7Oelr\n"
    "mBnef7vM3Uey4q4pdwCYMRsHCmABn0jOMC6K3bQNY8IewvScWWPmvhty/3y2ZfdL\n"
    "7xHM/7bJv9a0LZk31ilXrGg0DHj3X5RA/hz2u5EwFT/bqVTgjJ/smFBl379aGjkF\n"
    "2Bsf/9lG8/miwJWE6TltUOLbUVbLJBjHY7JHlidDC+YJj1mqIz7ePxgjTiMBuCe3\n"
    "yu2vLc8NkFYdS3Opcs93iT0vYL3dlpMgMqyPWO2owoOucT0CAwEAAaNmMGQwHQYD\n"
    "VR0OBBYEFGfOIoVgRlg9LpK8Eb78P4H7HBjMMB8GA1UdIwQYMBaAFGfOIoVgRlg9\n"
    "LpK8Eb78P4H7HBjMMAwGA1UdEwEB/wQCMAAwFAYDVR0RBA0wC4IJbG9jYWxob3N0\n"
    "MA0GCSqGSIb3DQEBCwUAA4IBAQCGgZxHECFR/2K+0ZoAwa8bm0pJTbQFlDxCjTte\n"
    "vmO4K8RVtxoR+xuv19vbGcpJMlPA7ogp08MtHkq0omfRyk1mZJLhvLeheeZ3dlbI\n"
    "0Tjm66WimnbKX0DEGKx7HfpGK7u3Ph1BRo/RtsDhzXmRb1fT26X3rjWqUSg1IyLD\n"
    "5dxpFPTHgIl3ER3FlylMiawsN8XURTDOuKv3CslItv6nVXatE0DO/w+I94XLSTF0\n"
    "4x+2U3AB+dcd1Lxqwx6ssButBngDHZlMYPZCG5krvbgXc2ozaTsrEnUgGT4nPyFn\n"
    "IqpsE6GCqLiygKYQ+FSf2rpZ0B8XOUQR5ztJS6uAcQ7a0rKL\n"
    END;

/* Loads a text as a file. The error is "" after success. */
static bool load_text(struct anchors *a, const char *text, char error[200])
{
    int fd = memfd_create("anchors", MFD_CLOEXEC);
    char path[64];
    bool good;

    error[0] = '\0';
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    good = anchors_file(a, path, error, 200);
    close(fd);
    return good == (error[0] == '\0') && good;
}

static bool is_text(struct der d, const char *text, size_t n)
{
    return d.n == n && memcmp(d.p, text, n) == 0;
}

static void test_members(void)
{
    static const char ec_name[] = "\x30\x21\x31\x0d\x30\x0b\x06\x03\x55\x04"
        "\x0a\x0c\x04Test\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x07"
        "EC root";
    static const char constraints[] = "\xa0\x0f\x30\x0d\x82\x0b"
        "example.com";
    const struct anchor *ec, *rsa;
    struct anchors a;
    char error[200];

    anchors_init(&a);
    CHECK(load_text(&a, ec_root, error) && a.n == 1, "one is loaded: %s",
          error);
    CHECK(load_text(&a, rsa_server, error) && a.n == 2,
          "another file adds one: %s", error);
    CHECK(load_text(&a, ec_root, error) && load_text(&a, rsa_server, error) &&
          a.n == 2, "what is there already counts, and is not added: %s",
          error);
    ec = &a.list[0];
    rsa = &a.list[1];
    CHECK(is_text(ec->name, ec_name, sizeof ec_name - 1), "EC: the name");
    CHECK(ec->not_before == 1795883458 &&
          ec->not_after == INT64_C(4949483458), "EC: the dates");
    CHECK(ec->curve == BR_EC_secp256r1 && ec->key.n == 65 &&
          memcmp(ec->key.p, "\x04\x72\xb6\x7c", 4) == 0 &&
          ec->key.p[64] == 0xab, "EC: the key");
    CHECK(ec->ca && ec->path == 3, "EC: a CA, three more below it");
    CHECK(is_text(ec->constraints, constraints, sizeof constraints - 1),
          "EC: the name constraints");
    CHECK(is_text(rsa->name, "\x30\x15\x31\x13\x30\x11\x06\x03\x55\x04\x03"
                  "\x0c\x0aRSA server", 23), "RSA: the name");
    CHECK(rsa->curve == 0 && rsa->key.n == 256 &&
          memcmp(rsa->key.p, "\xe0\x36\x93", 3) == 0 &&
          rsa->key.p[255] == 0x3d && memcmp(rsa->exponent, "\0\1\0\1", 4) == 0,
          "RSA: the key");
    CHECK(!rsa->ca && rsa->path == UINT32_MAX && rsa->constraints.p == NULL,
          "RSA: no CA, no path length, no constraints");
    anchors_free(&a);
    CHECK(a.n == 0 && a.list == NULL, "a list that was freed is empty");
}

static void test_files(void)
{
    struct anchors a;
    char error[200];

    anchors_init(&a);
    CHECK(!load_text(&a, BEGIN "MAA=\n-----END CERTIFICATE-----", error) &&
          strstr(error, ": the last one is damaged") != NULL,
          "a file whose last line has no end: %s", error);
    CHECK(!load_text(&a, "hello\n", error) && a.n == 0 &&
          strstr(error, "no usable certificate in /proc/") == error,
          "a file without certificates: %s", error);
    CHECK(!load_text(&a, BEGIN "MAA=\n" END, error) && a.n == 0 &&
          strstr(error, ": the last one is damaged") != NULL,
          "a file with a damaged one: %s", error);
    CHECK(!anchors_file(&a, "/nowhere/absent", error, sizeof error) &&
          strcmp(error, "cannot read the certificates in /nowhere/absent: No "
                 "such file or directory") == 0, "an absent file: %s", error);
    CHECK(!anchors_dir(&a, "/nowhere/absent", error, sizeof error) &&
          strcmp(error, "cannot read the certificates in /nowhere/absent: No "
                 "such file or directory") == 0, "an absent folder: %s",
          error);
    anchors_free(&a);
}

/* ------------------------------------------------------ anchors_add alone */

enum { NOW = 1000 };

/* What is not given is a CA's that identifies its key. */
static void test_faults(void)
{
    static const unsigned char bytes[CONSTRAINTS_MAX + 1];
    const struct cert good = {
        .subject = {.name = {bytes, 3}, .not_after = NOW, .ca = true},
        .issuer = {bytes, 3}, .key_id = {bytes, 4}
    };
    struct cert c[12];
    static const struct {
        const char *fact, *fault;
    } facts[] = {
        {"one that ends now", NULL},
        {"one with a fault", "is wrong"},
        {"one without a name", "has an empty subject"},
        {"one that ended a second ago", "has expired"},
        {"one that is not valid yet", NULL},
        {"a CA's without key identifier", "has no subjectKeyIdentifier"},
        {"a server's without key identifier", NULL},
        {"a client's", "is not for servers (extendedKeyUsage)"},
        {"one for all purposes", NULL},
        {"a self-issued one by another key",
         "is self-issued, but names another key as its issuer's"},
        {"one by another CA's key", NULL},
        {"4097 bytes of constraints", "has more than 4 KB of name constraints"}
    };
    struct anchors a;
    size_t i;

    for (i = 0; i < 12; i++)
        c[i] = good;
    c[1].fault = "is wrong";
    c[2].subject.name.n = 2;
    c[3].subject.not_after = NOW - 1;
    c[4].subject.not_before = c[4].subject.not_after = NOW + 1;
    c[5].key_id.p = c[6].key_id.p = NULL;
    c[6].subject.ca = false;
    c[7].purposes = c[8].purposes = c[8].any = true;
    c[9].issuer_key_id = c[10].issuer_key_id = (struct der){bytes, 5};
    c[10].issuer.n = 4;
    c[11].subject.constraints = (struct der){bytes, CONSTRAINTS_MAX + 1};
    for (i = 0; i < 12; i++) {
        const char *fault;

        anchors_init(&a);
        fault = anchors_add(&a, &c[i], NOW);
        CHECK((fault == NULL) == (facts[i].fault == NULL) &&
              a.n == (fault == NULL) &&
              (fault == NULL || strcmp(fault, facts[i].fault) == 0),
              "%s: %s", facts[i].fact, fault != NULL ? fault : "accepted");
        anchors_free(&a);
    }
}

/* Anchors that differ from another in one member. */
static void test_doubles(void)
{
    static const unsigned char bytes[] = "01234567890123";
    const struct cert base = {
        .subject = {.name = {bytes, 3}, .not_after = NOW, .ca = true,
                    .key = {bytes, 3}, .constraints = {bytes, 3}},
        .key_id = {bytes, 4}
    };
    struct cert c[9];
    struct anchors a;
    size_t i;

    for (i = 0; i < 9; i++)
        c[i] = base;
    c[0].subject.name.p++;
    c[1].subject.not_before++;
    c[2].subject.not_after++;
    c[3].subject.curve++;
    c[4].subject.key.p++;
    c[5].subject.exponent[3]++;
    c[6].subject.ca = false;
    c[7].subject.path++;
    c[8].subject.constraints.p++;
    for (i = 0; i < 9; i++) {
        anchors_init(&a);
        CHECK(anchors_add(&a, &base, NOW) == NULL &&
              anchors_add(&a, &c[i], NOW) == NULL && a.n == 2 &&
              anchors_add(&a, &c[i], NOW) == NULL && a.n == 2,
              "a difference in member %zu makes another anchor", i);
        anchors_free(&a);
    }
}

/* The built-in ones, as certificates. */
static void test_many(void)
{
    static const unsigned char key_id[1];
    struct anchors a;
    size_t i;
    bool good = true;

    anchors_init(&a);
    for (i = 0; i < anchors_builtin_n; i++) {
        const struct cert c = {
            .subject = anchors_builtin[i], .key_id = {key_id, 1}
        };

        good = good && anchors_add(&a, &c, NOW) == NULL;
    }
    CHECK(good && a.n == anchors_builtin_n && a.n > 100, "all are added");
    for (i = 0; i < a.n; i++)
        good = good && is_same(&a.list[i], &anchors_builtin[i]);
    CHECK(good, "all are what they were, although the memory has moved");
    anchors_free(&a);
}

static void test_full(void)
{
    static unsigned char bytes[CONSTRAINTS_MAX];
    struct cert c = {
        .subject = {.name = {bytes, 4}, .not_after = NOW,
                    .constraints = {bytes, CONSTRAINTS_MAX}}
    };
    struct anchors a;
    size_t n;
    uint32_t i;

    anchors_init(&a);
    for (i = 0; i < 1000 && !a.loaded.failed; i++) {
        memcpy(bytes, &i, sizeof i);
        (void)anchors_add(&a, &c, NOW);
    }
    n = a.n;
    CHECK(n == i - 1 && n == ANCHORS_MAX / (CONSTRAINTS_MAX + 4),
          "the list ends at 2 MB: %zu", n);
    for (i = 0; i < n; i++)
        if (memcmp(a.list[i].name.p, &i, sizeof i) != 0)
            break;
    CHECK(i == n, "those before are whole: %u", (unsigned)i);
    c.subject.constraints.n = 0;
    (void)anchors_add(&a, &c, NOW);
    CHECK(a.n == n, "nothing is added to a list that was full");
    anchors_free(&a);
}

static bool has(const struct anchor *list, size_t n, const struct anchor *one)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (is_same(&list[i], one))
            return true;
    return one->not_after < clock_seconds();
}

/* The bundle of this machine, of which mkanchors made the table. */
static void test_builtin(void)
{
    struct anchors a;
    char error[200];
    size_t i, missing = 0;

    anchors_init(&a);
    if (!anchors_file(&a, CA_BUNDLE, error, sizeof error)) {
        test_skip(error);
        return;
    }
    for (i = 0; i < anchors_builtin_n; i++)
        missing += !has(a.list, a.n, &anchors_builtin[i]);
    CHECK(missing == 0, "%zu built-in anchors are not the bundle's", missing);
    for (missing = 0, i = 0; i < a.n; i++)
        missing += !has(anchors_builtin, anchors_builtin_n, &a.list[i]);
    CHECK(missing == 0, "%zu of the bundle are not built in", missing);
    anchors_free(&a);
}

int main(void)
{
    test_pem();
    test_members();
    test_files();
    test_faults();
    test_doubles();
    test_many();
    test_full();
    test_builtin();
    return test_done("test_anchors");
}
