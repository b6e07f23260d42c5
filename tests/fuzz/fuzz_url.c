/*
 * fuzz_url: a libFuzzer target for net/url.c and cloudinary/account.c.
 *
 * The first byte of the input selects url_parse, CLOUDINARY_URL or the separate
 * variables; for url_parse, the second is the size of the error buffer. The
 * rest is the URL, or one variable per line. A byte 1 stands for a secret, no
 * part of which may appear in an error. A URL composed of the parts of an
 * accepted one must be parsed into the same parts.
 */
#include "cloudinary/account.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX = 8192, SENTENCE_MAX = 256 };

/* No sentence may contain `shown`, which is a part of the secret. */
static const char secret[] = "ZqZqZqZqZqZq", shown[] = "ZqZq";

static void expect(bool good)
{
    if (!good)
        abort();
}

/* Expects a string of at least `least` bytes, and less than `size`, without
   blanks and control characters. */
static void expect_plain(const char *text, size_t size, size_t least)
{
    size_t n = strnlen(text, size), i;

    expect(n >= least && n < size);
    for (i = 0; i < n; i++)
        expect(text[i] > ' ' && text[i] < 0x7f);
}

static void check_error(const char *error, size_t size)
{
    const size_t n = strnlen(error, size);

    expect(n < size && (n > 0 || size == 1));
    expect(strstr(error, shown) == NULL);
}

/* ---- one URL ---- */

static bool is_this_machine(const char *host)
{
    struct in_addr ip;

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
        (inet_pton(AF_INET, host, &ip) == 1 &&
         ntohl(ip.s_addr) >> 24 == 127);
}

static void check_url(const struct url *url)
{
    const size_t n = strnlen(url->path, sizeof url->path);
    char text[sizeof url->authority + sizeof url->path + 8];
    char error[SENTENCE_MAX];
    struct in6_addr ip;
    struct url again;

    expect_plain(url->host, sizeof url->host, 1);
    expect_plain(url->authority, sizeof url->authority, 1);
    expect_plain(url->path, sizeof url->path, 0);
    expect(strpbrk(url->host, "/?#@%[]\\") == NULL && url->port != 0);
    expect(strchr(url->host, ':') == NULL ||
           inet_pton(AF_INET6, url->host, &ip) == 1);
    expect(n == 0 || (url->path[0] == '/' && url->path[n - 1] != '/'));
    expect(strpbrk(url->path, "?#\\") == NULL);
    expect(url->tls || is_this_machine(url->host));
    (void)snprintf(text, sizeof text, "%s://%s%s",
                   url->tls ? "https" : "http", url->authority, url->path);
    expect(url_parse(&again, text, error, sizeof error));
    expect(again.tls == url->tls && again.port == url->port);
    expect(strcmp(again.host, url->host) == 0);
    expect(strcmp(again.authority, url->authority) == 0);
    expect(strcmp(again.path, url->path) == 0);
}

/* ---- an account ---- */

static const char *const names[] = {
    "CLOUDINARY_CLOUD_NAME", "CLOUDINARY_API_KEY", "CLOUDINARY_API_SECRET",
    "CLOUDINARY_OAUTH_TOKEN", "CLOUDINARY_UPLOAD_PREFIX", "CLOUDINARY_URL"
};

enum { NAMES = sizeof names / sizeof names[0] };

/* Does not use setenv(3), because glibc never frees the values. */
static void set_variable(int i, const char *value)
{
    static char *held[NAMES];
    size_t size = strlen(names[i]) + strlen(value) + 2;
    char *entry = malloc(size);

    expect(entry != NULL);
    (void)snprintf(entry, size, "%s=%s", names[i], value);
    expect(putenv(entry) == 0);
    free(held[i]);
    held[i] = entry;
}

/* Sets each variable to a line of `text`, and the last one to the rest.
   Modifies `text`. */
static void set_variables(char *text)
{
    int i;

    for (i = 0; i < NAMES; i++) {
        char *end = i < NAMES - 1 ? strchr(text, '\n') : NULL;

        if (end != NULL)
            *end = '\0';
        set_variable(i, text);
        text = end != NULL ? end + 1 : text + strlen(text);
    }
}

static void set_one(const char *url)
{
    int i;

    for (i = 0; i < NAMES - 1; i++)
        set_variable(i, "");
    set_variable(NAMES - 1, url);
}

static void check_account(const struct account *a)
{
    const bool token = a->token[0] != '\0';

    expect_plain(a->cloud, sizeof a->cloud, 1);
    expect_plain(a->key, sizeof a->key, token ? 0 : 1);
    expect_plain(a->secret, sizeof a->secret, token ? 0 : 1);
    expect_plain(a->token, sizeof a->token, 0);
    expect(strpbrk(a->cloud, "/?#%@:") == NULL);
    check_url(&a->url);
}

/* Expects that no accepted value contains %00: the rest of the value would be
   lost silently. */
static void check_nul(const char *url)
{
    const char *p = strchr(url, '?');

    while (p != NULL) {
        const char *nul = strstr(++p, "%00"), *end = p + strcspn(p, "&");

        if (strncmp(p, "oauth_token=", 12) == 0 ||
            strncmp(p, "upload_prefix=", 14) == 0)
            expect(nul == NULL || nul > end);
        p = *end == '&' ? end : NULL;
    }
}

/* ---- */

/* Returns the input as a string in memory of exactly its size, with the secret
   in place of each byte 1. */
static char *unfold(const uint8_t *data, size_t n)
{
    char *text = malloc(n * (sizeof secret - 1) + 1), *fit;
    size_t len = 0, i;

    expect(text != NULL);
    for (i = 0; i < n && data[i] != '\0'; i++) {
        if (data[i] == 1) {
            memcpy(text + len, secret, sizeof secret - 1);
            len += sizeof secret - 1;
        } else {
            text[len++] = (char)data[i];
        }
    }
    text[len] = '\0';
    fit = realloc(text, len + 1);
    expect(fit != NULL);
    return fit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct account account;
    struct url url;
    char *text, *error;
    size_t size;
    bool good;

    if (n < 2 || n > MAX)
        return 0;
    size = data[0] % 3 == 0 ? 1 + data[1] : WHY_MAX;
    error = malloc(size);
    expect(error != NULL);
    text = unfold(data + 2, n - 2);
    if (data[0] % 3 == 0) {
        good = url_parse(&url, text, error, size);
        if (good)
            check_url(&url);
    } else {
        if (data[0] % 3 == 1)
            set_one(text);
        else
            set_variables(text);
        good = account_load(&account, error);
        if (good)
            check_account(&account);
        if (good && data[0] % 3 == 1)
            check_nul(text);
    }
    if (!good)
        check_error(error, size);
    free(text);
    free(error);
    return 0;
}
