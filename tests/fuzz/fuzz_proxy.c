/*
 * fuzz_proxy: a libFuzzer target for net/proxy.c.
 *
 * The input is four lines: the host of the request, the URL of the proxy,
 * NO_PROXY, and the variable that contains the URL ("o", "a", or anything else
 * for https). Checks that the result consists of terminated strings, that an
 * error has a sentence and leaves no proxy, and that the same input gives the
 * same result again.
 */
#include "net/proxy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 8192 };

static void expect(bool good)
{
    if (!good)
        abort();
}

static char *cut(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');

    *rest = end == NULL ? line + strlen(line) : end + 1;
    if (end != NULL)
        *end = '\0';
    return line;
}

static void check(const struct proxy *p, bool good, const char *error,
                  const char *value)
{
    const char *a = p->authorization;
    size_t n = strnlen(p->host, sizeof p->host), i;

    expect(n < sizeof p->host);
    expect(strnlen(a, sizeof p->authorization) < sizeof p->authorization);
    expect(good || (n == 0 && *a == '\0' && *error != '\0'));
    expect((n > 0) == (p->port != 0));
    for (i = 0; i < n; i++)
        expect(p->host[i] > ' ' && p->host[i] < 0x7f);
    if (*a == '\0')
        return;
    expect(strncmp(a, "Basic ", 6) == 0 && strchr(value, '@') != NULL);
    expect(a[6 + strspn(a + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/=")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[MAX + 1], target[MAX + 16];
    char error[256] = "", again[256] = "", *rest = text;
    const char *host, *value, *no, *which;
    struct proxy_variables v = {NULL, NULL, NULL, NULL};
    struct proxy p, q;
    struct url url;
    bool good;

    if (size > MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    host = cut(&rest);
    value = cut(&rest);
    no = cut(&rest);
    which = cut(&rest);
    (void)snprintf(target, sizeof target, "https://%s", host);
    if (!url_parse(&url, target, error, sizeof error))
        return 0;
    *(*which == 'o' ? &v.own : *which == 'a' ? &v.all : &v.https) = value;
    v.no = no;
    good = proxy_choose(&p, &url, &v, error, sizeof error);
    check(&p, good, error, value);
    expect(proxy_choose(&q, &url, &v, again, sizeof again) == good);
    expect(memcmp(&p, &q, sizeof p) == 0 && strcmp(error, again) == 0);
    /* "*" excepts everything */
    if (good && *which != 'o' && strcmp(no, "*") == 0)
        expect(*p.host == '\0');
    return 0;
}
