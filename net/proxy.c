/*
 * proxy.c: chooses the proxy for a URL, and parses the proxy's own URL and the
 * entries of NO_PROXY.
 */
#include "net/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "net/tcp.h"

/* ------------------------------------------------------------- NO_PROXY */

/* Returns the value of a decimal number up to `max`, or -1 if the text is
   anything else. */
static int number(const char *text, int max)
{
    char *end;
    long n;

    if (*text < '0' || *text > '9')
        return -1;
    n = strtol(text, &end, 10);
    return *end == '\0' && n <= max ? (int)n : -1;
}

/* Returns true if the host is an address in the block `block`/`bits`. */
static bool in_block(const char *host, const char *block, const char *bits)
{
    unsigned char a[16], b[16];
    size_t n = net_address(a, host), whole;
    int length = number(bits, (int)n * 8), rest;

    if (n == 0 || net_address(b, block) != n || length < 0)
        return false;
    whole = (size_t)length / 8;
    rest = 8 - length % 8;
    return memcmp(a, b, whole) == 0 &&
        (rest == 8 || a[whole] >> rest == b[whole] >> rest);
}

/* Removes brackets and ":PORT" from an entry. Returns false if the entry is for
   another port or not valid. */
static bool cut_port(char **entry, unsigned short port)
{
    char *colon = strchr(*entry, ':');

    if (**entry == '[') {
        colon = strchr(*entry, ']');
        if (colon == NULL || (colon[1] != ':' && colon[1] != '\0'))
            return false;
        (*entry)++;
        *colon = '\0';
        if (*++colon == '\0')
            return true;
    } else if (colon == NULL || strchr(colon + 1, ':') != NULL) {
        return true;             /* no port, or a bare IPv6 address */
    }
    *colon = '\0';
    return number(colon + 1, 65535) == port;
}

/* Returns true if the name is the entry or a name below it. */
static bool is_below(const char *name, const char *entry)
{
    size_t n = strlen(name), k = strlen(entry);

    /* "example.com." and "example.com" are the same name */
    n -= n > 0 && name[n - 1] == '.';
    k -= k > 0 && entry[k - 1] == '.';
    return k > 0 && n >= k && strncasecmp(name + n - k, entry, k) == 0 &&
        (n == k || name[n - k - 1] == '.');
}

/* Returns true if an entry of NO_PROXY applies to the URL. Modifies the
   entry. */
static bool entry_matches(const struct url *url, char *entry)
{
    unsigned char a[16];
    char *slash = strchr(entry, '/');
    size_t n;

    if (strcmp(entry, "*") == 0)
        return true;
    if (slash != NULL) {
        *slash = '\0';
        return in_block(url->host, entry, slash + 1);
    }
    if (!cut_port(&entry, url->port))
        return false;
    n = net_address(a, url->host);
    if (n > 0) {
        unsigned char b[16];

        return net_address(b, entry) == n && memcmp(a, b, n) == 0;
    }
    entry += *entry == '*' && entry[1] == '.';
    entry += *entry == '.';
    return is_below(url->host, entry);
}

static bool is_excepted(const struct url *url, const char *list)
{
    static const char separators[] = ", \t";
    char entry[URL_HOST_MAX + 10];

    while (list != NULL && *(list += strspn(list, separators)) != '\0') {
        size_t n = strcspn(list, separators);

        if (n < sizeof entry) {
            memcpy(entry, list, n);
            entry[n] = '\0';
            if (entry_matches(url, entry))
                return true;
        }
        list += n;
    }
    return false;
}

/* ------------------------------------------------------- the proxy's URL */

/* Writes the sentence. Returns false. */
static bool fail(char *error, size_t size, const char *sentence)
{
    snprintf(error, size, "the URL of the proxy (HTTPS_PROXY, ALL_PROXY, "
             "api_proxy): %s", sentence);
    return false;
}

/* Decodes "USER[:PASSWORD]" (n bytes) to "USER:PASSWORD". */
static bool decode_user(char *pair, size_t size, const char *text, size_t n)
{
    const char *colon = memchr(text, ':', n);
    size_t k = colon == NULL ? n : (size_t)(colon - text);

    /* in the decoded pair the first colon ends the user (RFC 7617), so the
       user cannot contain one, even encoded */
    if (!url_unescape(pair, size - 1, text, k) || strchr(pair, ':') != NULL)
        return false;
    if (k < n)
        k++;
    text += k;
    n -= k;
    k = strlen(pair);
    pair[k++] = ':';
    return url_unescape(pair + k, size - k, text, n);
}

static bool set_user(struct proxy *proxy, const char *text, size_t n,
                     char *error, size_t size)
{
    char pair[1024];
    struct buf value;
    bool good = decode_user(pair, sizeof pair, text, n);

    buf_init(&value, sizeof proxy->authorization - 1);
    buf_str(&value, "Basic ");
    buf_base64(&value, pair, good ? strlen(pair) : 0);
    good = good && !value.failed;
    if (good)
        memcpy(proxy->authorization, value.data, value.len);
    buf_free(&value);
    buf_wipe(pair, sizeof pair);
    return good || fail(error, size, "its user or password is too long, or "
                        "contains a byte that is not allowed");
}

/* Parses the URL of the proxy. */
static bool set_proxy(struct proxy *proxy, const char *text, char *error,
                      size_t size)
{
    const char *scheme = strstr(text, "://"), *end, *at, *p;
    char url[URL_HOST_MAX + 32], why[96];
    struct url parts;
    bool port;

    if (scheme != NULL && strncasecmp(text, "http://", 7) != 0)
        return fail(error, size, "it must begin with http:// (TLS to the "
                    "proxy and SOCKS are not supported)");
    if (scheme != NULL)
        text += 7;
    end = text + strcspn(text, "/?#");
    at = memrchr(text, '@', (size_t)(end - text));
    if (at != NULL &&
        !set_user(proxy, text, (size_t)(at - text), error, size))
        return false;
    text = at == NULL ? text : at + 1;
    if ((*end != '\0' && strcmp(end, "/") != 0) ||
        (size_t)(end - text) > URL_HOST_MAX + 8)
        return fail(error, size, "what follows its host is not valid");
    /* url_parse accepts any host with https only, and its default port is
       another one */
    p = memchr(text, ']', (size_t)(end - text));
    p = p == NULL ? text : p;
    port = memchr(p, ':', (size_t)(end - p)) != NULL;
    snprintf(url, sizeof url, "https://%.*s%s", (int)(end - text), text,
             port ? "" : ":80");
    if (!url_parse(&parts, url, why, sizeof why))
        return fail(error, size, why);
    memcpy(proxy->host, parts.host, sizeof proxy->host);
    proxy->port = parts.port;
    return true;
}

static bool is_set(const char *value)
{
    return value != NULL && *value != '\0';
}

bool proxy_choose(struct proxy *proxy, const struct url *url,
                  const struct proxy_variables *v, char *error, size_t size)
{
    const char *value = is_set(v->own) ? v->own : is_set(v->https) ? v->https
        : v->all;

    memset(proxy, 0, sizeof *proxy);
    if (!url->tls || !is_set(value))
        return true;
    if (!is_set(v->own) && is_excepted(url, v->no))
        return true;
    if (set_proxy(proxy, value, error, size))
        return true;
    buf_wipe(proxy, sizeof *proxy);
    return false;
}
