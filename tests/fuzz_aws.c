/*
 * fuzz_aws: a libFuzzer target for aws.c: the credentials file, the region
 * and the endpoint.
 *
 * The first byte says what is tried. Bits 0 and 1: the profile. Bit 2: the
 * first two lines of the input are the region and the endpoint; the rest is
 * the file. A byte 1 stands for a secret in the file: none of it may be in an
 * error. What does not matter (a comment before it, CR LF line ends) must not
 * change the keys, and a file with a NUL is no text.
 */
#include "../aws.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX = 16384, ROOM = 16 * MAX };

/* No sentence has `shown`, the least of it that counts as shown. */
static const char secret[] = "ZqZqZqZqZqZq", shown[] = "ZqZq";

/* No connection is made here. */
const struct x509_anchor tls_builtin[1];
const size_t tls_builtin_n = 0;

struct settings {
    const char *profile, *region, *endpoint;
};

static void expect(bool good)
{
    if (!good)
        abort();
}

static void expect_plain(const char *text, size_t size, size_t least)
{
    size_t n = strnlen(text, size), i;

    expect(n >= least && n < size);
    for (i = 0; i < n; i++)
        expect(text[i] > ' ' && text[i] < 0x7f);
}

/* The file, which has these bytes from now on. */
static void write_file(const void *bytes, size_t n)
{
    static int fd = -1;
    char path[64];

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        expect(setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1) == 0);
        unsetenv("AWS_ACCESS_KEY_ID");
        unsetenv("AWS_SECRET_ACCESS_KEY");
        unsetenv("AWS_PROFILE");
    }
    expect(fd >= 0 && ftruncate(fd, 0) == 0);
    expect(pwrite(fd, bytes, n, 0) == (ssize_t)n);
}

static bool load(struct aws *aws, const struct settings *s)
{
    char error[512] = "";
    bool good = aws_load(aws, s->profile, s->region, s->endpoint, error,
                         sizeof error);

    expect(good || (error[0] != '\0' && strnlen(error, sizeof error) <
                    sizeof error && strstr(error, shown) == NULL));
    return good;
}

static bool same_keys(const struct aws *a, const struct aws *b)
{
    return strcmp(a->keys.access, b->keys.access) == 0 &&
        strcmp(a->keys.secret, b->keys.secret) == 0 &&
        strcmp(a->keys.token, b->keys.token) == 0;
}

static void check_aws(const struct aws *aws, const char *file, size_t n)
{
    const char *const keys[] = {aws->keys.access, aws->keys.secret,
                                aws->keys.token};
    int i;

    expect_plain(aws->keys.access, sizeof aws->keys.access, 1);
    expect_plain(aws->keys.secret, sizeof aws->keys.secret, 1);
    expect_plain(aws->keys.token, sizeof aws->keys.token, 0);
    expect_plain(aws->region, sizeof aws->region, 1);
    expect_plain(aws->endpoint.authority, sizeof aws->endpoint.authority, 1);
    for (i = 0; i < 3; i++)
        expect(memmem(file, n, keys[i], strlen(keys[i])) != NULL);
    expect(memchr(file, '\0', n) == NULL);
}

/* The same file in other words: the same keys, or none again. */
static void check_again(struct aws *aws, const struct settings *s, bool good,
                        const char *file, size_t n)
{
    static struct aws other;
    static char text[2 * ROOM];
    size_t len, i;

    write_file(text, (size_t)sprintf(text, "# [a]\n%.*s", (int)n, file));
    expect(load(&other, s) == good && (!good || same_keys(aws, &other)));
    for (i = len = 0; i < n; i++) {
        if (file[i] == '\n' && (i == 0 || file[i - 1] != '\r'))
            text[len++] = '\r';
        text[len++] = file[i];
    }
    write_file(text, len);
    expect(load(&other, s) == good && (!good || same_keys(aws, &other)));
    if (!good)
        return;
    expect(!aws_renew(aws) && same_keys(aws, &other));
    write_file("", 0);
    expect(!aws_renew(aws) && same_keys(aws, &other));
}

/* Takes a line off the input, and gives it as a string. */
static const char *take_line(char *to, size_t size, const uint8_t **data,
                             size_t *n)
{
    const uint8_t *end = memchr(*data, '\n', *n);
    size_t len = end == NULL ? *n : (size_t)(end - *data);

    (void)snprintf(to, size, "%.*s", (int)len, (const char *)*data);
    len += end != NULL;
    *data += len;
    *n -= len;
    return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const profiles[] = {NULL, "default", "a b", "]"};
    static char file[ROOM], region[MAX + 1], endpoint[MAX + 1];
    static struct aws aws;
    struct settings s = {NULL, "us-east-1", NULL};
    unsigned flags;
    size_t len = 0;
    bool good;

    if (n < 1 || n > MAX)
        return 0;
    flags = data[0];
    data++;
    n--;
    s.profile = profiles[flags & 3];
    if (flags & 4) {
        s.region = take_line(region, sizeof region, &data, &n);
        s.endpoint = take_line(endpoint, sizeof endpoint, &data, &n);
        if (strstr(region, shown) != NULL || strstr(endpoint, shown) != NULL)
            return 0;            /* these two may be shown */
    }
    for (; n > 0; n--, data++) {
        if (*data == 1)
            len += (size_t)sprintf(file + len, "%s", secret);
        else
            file[len++] = (char)*data;
    }
    write_file(file, len);
    good = load(&aws, &s);
    if (good)
        check_aws(&aws, file, len);
    if (memchr(file, '\0', len) == NULL)
        check_again(&aws, &s, good, file, len);
    aws_wipe(&aws);
    return 0;
}
