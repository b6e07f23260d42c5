/*
 * fuzz_aws: a libFuzzer target for profile.c, and aws.c with all that reads a
 * profile: the files, the chain of sources, the region and the endpoint.
 *
 * The first byte says what is tried. Bits 0 and 1: the profile. Bit 2: the
 * first two lines of the input are the region and the endpoint; the rest is
 * the file. Bit 3: it is the config file, else the credentials file. A byte 1
 * stands for a secret in the file: none of it may be in an error. What does
 * not matter (a comment before it, CR LF line ends) must not change the keys,
 * what was read and is written again is read in the same way, and a file with
 * a NUL is no text. Nobody is called and nothing is run: keys
 * that would come from there are empty.
 */
#include "aws/aws.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX = 16384, ROOM = 16 * MAX };    /* and a NUL */

/* No sentence has `shown`, the least of it that counts as shown. */
static const char secret[] = "ZqZqZqZqZqZq", shown[] = "ZqZq";

/* No connection is made here. */
struct settings {
    const char *profile, *region, *endpoint;
    bool config;
    bool names;                  /* the file names files or profiles, which
                                    are shown: no secrets there */
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

/* Which of the files it is, and nothing else of the environment. */
static void set_environment(const char *path, bool config)
{
    expect(clearenv() == 0);
    expect(setenv("AWS_SHARED_CREDENTIALS_FILE", config ? "/dev/null" : path,
                  1) == 0);
    expect(setenv("AWS_CONFIG_FILE", config ? path : "/dev/null", 1) == 0);
    expect(setenv("AWS_EC2_METADATA_DISABLED", "true", 1) == 0);
}

/* The file, which has these bytes from now on. */
static void write_file(const void *bytes, size_t n, bool config)
{
    static int fd = -1;
    char path[64];

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    set_environment(path, config);
    expect(fd >= 0 && ftruncate(fd, 0) == 0);
    expect(pwrite(fd, bytes, n, 0) == (ssize_t)n);
}

static bool load(struct aws *aws, const struct settings *s)
{
    static const struct http_options http;
    const struct aws_options options = {s->profile, s->region, s->endpoint,
        &http, true};
    char error[CHAIN_ERROR] = "";
    bool good = aws_load(aws, &options, error);

    expect(good || (error[0] != '\0' && strnlen(error, sizeof error) <
                    sizeof error && (s->names || strstr(error, shown) ==
                                     NULL)));
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

    if (aws->keys.source[0] == '\0')
        return;                  /* they would come from somewhere else */
    expect_plain(aws->keys.access, sizeof aws->keys.access, 1);
    expect_plain(aws->keys.secret, sizeof aws->keys.secret, 1);
    expect_plain(aws->keys.token, sizeof aws->keys.token, 0);
    if (aws->region[0] != '\0') {        /* offline, it may be unknown */
        expect_plain(aws->region, sizeof aws->region, 1);
        expect_plain(aws->endpoint.authority, sizeof aws->endpoint.authority,
                     1);
    }
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

    write_file(text, (size_t)sprintf(text, "# [a]\n%.*s", (int)n, file),
               s->config);
    expect(load(&other, s) == good && (!good || same_keys(aws, &other)));
    for (i = len = 0; i < n; i++) {
        if (file[i] == '\n' && (i == 0 || file[i - 1] != '\r'))
            text[len++] = '\r';
        text[len++] = file[i];
    }
    write_file(text, len, s->config);
    expect(load(&other, s) == good && (!good || same_keys(aws, &other)));
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
}

/* A value is within the text, and begins (but for a block's newline) and ends
   with what is not blank. */
static void check_value(const struct profile_file *f,
                        struct profile_value value)
{
    const char *text = (const char *)f->text.data;

    if (value.text == NULL) {
        expect(value.n == 0);
        return;
    }
    expect(value.text >= text && value.text + value.n <= text + f->text.len);
    expect(value.n == 0 || (!is_blank(value.text[value.n - 1]) &&
                            (*value.text == '\n' || !is_blank(*value.text))));
}

/* Parses memory of just that size. */
static bool parse(struct profile_file *f, const char *file, size_t n)
{
    unsigned char *text = malloc(n + (n == 0));
    char error[WHY_MAX] = "";
    bool good;

    expect(text != NULL);
    memcpy(text, file, n);
    f->text.data = text;
    f->text.len = n;
    good = profile_parse(f, error);
    expect(good || strncmp(error, "f: ", 3) == 0);
    return good;
}

/* Writes what was read as a file again. */
static size_t write_entries(char *to, const struct profile_file *f)
{
    const struct profile_entry *e = (const void *)f->entries.data;
    size_t n = f->entries.len / sizeof *e, len = 0, i, k;

    for (i = 0; i < n; i++) {
        bool section = e[i].value.text == NULL;

        len += (size_t)sprintf(to + len, section ? "[%.*s]" : "%.*s = ",
                               (int)e[i].name.n, e[i].name.text);
        for (k = 0; k < e[i].value.n; k++) {
            to[len++] = e[i].value.text[k];
            if (e[i].value.text[k] == '\n')
                to[len++] = '\t';
        }
        to[len++] = '\n';
    }
    return len;
}

/* What was read is read again from what was written of it. */
static void check_rewritten(const struct profile_file *f)
{
    static char text[8 * ROOM];
    struct profile_file other = {.kind = f->kind, .path = "f"};
    const struct profile_entry *a, *b;
    size_t n = f->entries.len / sizeof *a, i;

    expect(parse(&other, text, write_entries(text, f)));
    expect(other.entries.len == f->entries.len);
    a = (const void *)f->entries.data;
    b = (const void *)other.entries.data;
    for (i = 0; i < n; i++)
        expect(a[i].section == b[i].section && a[i].name.n == b[i].name.n &&
               memcmp(a[i].name.text, b[i].name.text, a[i].name.n) == 0 &&
               a[i].value.n == b[i].value.n && (a[i].value.n == 0 ||
               memcmp(a[i].value.text, b[i].value.text, a[i].value.n) == 0));
    free(other.text.data);
    buf_free(&other.entries);
}

/* The parser alone. */
static void check_parser(const char *file, size_t n)
{
    static const char *const properties[] = {"aws_access_key_id", "s3", "x"};
    struct profile_file f = {.path = "f"};
    bool good = parse(&f, file, n);
    unsigned kind, i;

    for (kind = PROFILE_CREDENTIALS; good && kind <= PROFILE_CONFIG; kind++)
        for (i = 0; i < 3; i++) {
            struct profile_value value;

            f.kind = (enum profile_section)kind;
            value = profile_find(&f, "default", properties[i]);
            check_value(&f, value);
            if (value.text != NULL)
                expect(profile_has(&f, "default"));
            check_value(&f, profile_member(value, "x"));
            check_value(&f, profile_nested(&f, "default", properties[i], "x"));
        }
    if (good)
        check_rewritten(&f);
    free(f.text.data);
    buf_free(&f.entries);
}

/* Does it begin with a byte order mark, of UTF-8 or UTF-16? */
static bool has_mark(const char *file, size_t n)
{
    return n >= 2 && (memcmp(file, "\xff\xfe", 2) == 0 ||
                      memcmp(file, "\xfe\xff", 2) == 0 ||
                      memcmp(file, "\xef\xbb", 2) == 0);
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
    struct settings s = {NULL, "us-east-1", NULL, false, false};
    unsigned flags;
    size_t len = 0;
    bool good;

    if (n < 1 || n > MAX)
        return 0;
    flags = data[0];
    data++;
    n--;
    s.profile = profiles[flags & 3];
    s.config = (flags & 8) != 0;
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
    file[len] = '\0';
    s.names = strcasestr(file, "web_identity_token_file") != NULL ||
        strcasestr(file, "source_profile") != NULL ||
        strcasestr(file, "credential_source") != NULL ||
        memchr(file, '\0', len) != NULL;
    check_parser(file, len);
    write_file(file, len, s.config);
    good = load(&aws, &s);
    if (good)
        check_aws(&aws, file, len);
    if (memchr(file, '\0', len) == NULL && !has_mark(file, len))
        check_again(&aws, &s, good, file, len);
    aws_wipe(&aws);
    return 0;
}
