/*
 * fuzz_anchors: a libFuzzer target for files of certificates (anchors.c).
 *
 * The input is a file. If its first byte is odd, the other bytes are a
 * certificate in DER, which the target encodes as PEM, so that the fuzzer
 * reaches what is inside without base64. The file is loaded with its line ends
 * and with CR LF instead, which shifts everything within the blocks of a
 * read(2): both must give the same anchors.
 */
#include "net/anchors.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX = 1 << 16, ROOM = 4 * MAX };

static void expect(bool good)
{
    if (!good)
        abort();
}

static unsigned sum_bytes(unsigned sum, struct der d)
{
    for (; d.n > 0; d.n--)
        sum = sum * 31 + *d.p++;
    return sum;
}

/* A sum of all members, each of which is read. */
static unsigned sum_anchors(const struct anchors *a)
{
    unsigned sum = 0;
    size_t i;

    for (i = 0; i < a->n; i++) {
        const struct anchor *one = &a->list[i];
        const struct der exponent = {one->exponent, sizeof one->exponent};

        sum = sum_bytes(sum, one->name);
        sum = sum_bytes(sum, one->key);
        sum = sum_bytes(sum, exponent);
        sum = sum_bytes(sum, one->constraints);
        sum = sum * 31 + (unsigned)one->not_before + (unsigned)one->not_after +
            (unsigned)one->curve + one->ca + one->path;
    }
    return sum;
}

/* Loads n bytes as a file, to which /proc gives a path. */
static bool load(struct anchors *a, const void *bytes, size_t n)
{
    static int fd = -1;
    const size_t before = a->n;
    char path[64], error[200] = "";
    bool good;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    expect(fd >= 0 && ftruncate(fd, 0) == 0);
    expect(pwrite(fd, bytes, n, 0) == (ssize_t)n);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    good = anchors_file(a, path, error, sizeof error);
    expect(good ? a->n > 0 : a->n == before);
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
    struct anchors a, other;
    size_t len, crlf_len = 0, count, i;
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
            crlf[crlf_len++] = '\r';
        crlf[crlf_len++] = text[i];
    }
    anchors_init(&a);
    anchors_init(&other);
    load(&a, text, len);
    count = a.n;
    sum = sum_anchors(&a);
    load(&other, crlf, crlf_len);
    expect(other.n == count && sum_anchors(&other) == sum);
    /* to load it again adds nothing, which is no error */
    expect(load(&a, text, len) == (count > 0) && a.n == count);
    expect(sum_anchors(&a) == sum);
    anchors_free(&a);
    anchors_free(&other);
    return 0;
}
