/*
 * fuzz_bundle: a libFuzzer target for the certificates that tls.c loads.
 *
 * The input is a file of certificates. Where the first byte is odd, the rest
 * is a DER certificate, which the target writes as PEM, so that what is
 * inside is reached without base64. The anchors must be whole, and the same
 * with CR LF line ends, which move everything in the blocks of a read.
 */
#include "net/tls.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX = 1 << 16, ROOM = 4 * MAX };

const struct der tls_builtin;

static void expect(bool good)
{
    if (!good)
        abort();
}

/* The sum of all bytes of the anchors: each must be there. */
static unsigned check_trust(const struct tls_trust *trust)
{
    unsigned sum = 0;
    size_t i;

    for (i = 0; i < trust->anchors.n; i++)
        sum = sum * 31 + trust->anchors.p[i];
    return sum;
}

/* Loads a file of n bytes, which /proc gives a path. */
static bool load(struct tls_trust *trust, const void *bytes, size_t n)
{
    static int fd = -1;
    size_t before = trust->anchors.n;
    char path[64], error[200] = "";
    bool good;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    expect(fd >= 0 && ftruncate(fd, 0) == 0);
    expect(pwrite(fd, bytes, n, 0) == (ssize_t)n);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    good = tls_trust_file(trust, path, error, sizeof error);
    expect((good || trust->anchors.n == before) && (!good || trust->anchors.n > 0));
    expect(good == (error[0] == '\0'));
    return good;
}

static size_t to_pem(char *text, const uint8_t *der, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/=";
    size_t len = (size_t)sprintf(text, "-----BEGIN CERTIFICATE-----\n"), i;
    int k;

    for (i = 0; i < n; i += 3) {
        const uint32_t three = (uint32_t)der[i] << 16 |
            (i + 1 < n ? (uint32_t)der[i + 1] << 8 : 0) |
            (i + 2 < n ? der[i + 2] : 0);

        for (k = 0; k < 4; k++)
            text[len++] = digits[i + (size_t)k > n ? 64 :
                                 three >> (18 - 6 * k) & 63];
        if (i % 48 == 45 || i + 3 >= n)
            text[len++] = '\n';
    }
    return len + (size_t)sprintf(text + len, "-----END CERTIFICATE-----\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char text[ROOM], crlf[2 * ROOM];
    struct tls_trust trust, other;
    size_t len, len2 = 0, count, i;
    unsigned sum;

    if (n < 1 || n > MAX)
        return 0;
    if (data[0] & 1) {
        len = to_pem(text, data + 1, n - 1);
    } else {
        len = n - 1;
        memcpy(text, data + 1, len);
    }
    for (i = 0; i < len; i++) {
        if (text[i] == '\n')
            crlf[len2++] = '\r';
        crlf[len2++] = text[i];
    }
    tls_trust_init(&trust);
    tls_trust_init(&other);
    load(&trust, text, len);
    count = trust.anchors.n;
    sum = check_trust(&trust);
    load(&other, crlf, len2);
    expect(other.anchors.n == count && check_trust(&other) == sum);
    /* the second time it has nothing new, which is no error */
    expect(load(&trust, text, len) == (count > 0) && trust.anchors.n == count);
    expect(check_trust(&trust) == sum);
    tls_trust_free(&trust);
    tls_trust_free(&other);
    return 0;
}
