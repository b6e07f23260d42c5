/*
 * url.c: parses the URLs of services, and percent-encodes (RFC 3986).
 */
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "net/tcp.h"

void url_escape(struct buf *out, const void *bytes, size_t n,
                const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *p = bytes;

    for (; n > 0; n--, p++) {
        if (text_is_unreserved(*p) || (*p != '\0' && strchr(keep, *p) != NULL)) {
            buf_byte(out, *p);
        } else {
            buf_byte(out, '%');
            buf_byte(out, (unsigned char)hex[*p >> 4]);
            buf_byte(out, (unsigned char)hex[*p & 15]);
        }
    }
}

bool url_unescape(char *to, size_t room, const char *from, size_t n)
{
    const char *end = from + n;

    while (from < end) {
        char c = *from++;

        if (c == '%' && end - from >= 2) {
            int high = text_hex(from[0]), low = text_hex(from[1]);

            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                from += 2;
            }
        }
        if (room-- < 2 || c == '\0')
            return false;
        *to++ = c;
    }
    *to = '\0';
    return true;
}

/* Copies the host at the start of `p`. Returns what follows it, or NULL if it
   is not valid. */
static const char *parse_host(struct url *url, const char *p)
{
    bool literal = *p == '[';
    unsigned char address[16];
    size_t n = 0;

    p += literal;
    while (text_is_alnum(p[n]) || p[n] == '.' ||
           (literal ? p[n] == ':' : p[n] == '-' || p[n] == '_'))
        n++;
    if (n == 0 || n >= sizeof url->host || (literal && p[n] != ']'))
        return NULL;
    memcpy(url->host, p, n);
    url->host[n] = '\0';
    if (literal && net_address(address, url->host) != 16)
        return NULL;
    return p + n + literal;
}

/* Parses ":PORT" at the start of `p`, if it is there. Returns what follows it,
   or NULL if it is not valid. */
static const char *parse_port(struct url *url, const char *p)
{
    unsigned long port;
    char *end = NULL;

    url->port = url->tls ? 443 : 80;
    if (*p != ':')
        return p;
    port = text_is_digit(p[1]) ? strtoul(p + 1, &end, 10) : 0;
    if (port == 0 || port > 65535)
        return NULL;
    url->port = (unsigned short)port;
    return end;
}

static bool is_loopback(const char *host)
{
    unsigned char address[16];

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
        (net_address(address, host) == 4 && address[0] == 127);
}

/* Compares addresses, not names: no resolver can redirect these. */
static bool is_metadata_address(const char *host)
{
    static const char known[][16] = {
        "169.254.169.254", "169.254.170.2", "169.254.170.23",
        "fd00:ec2::254", "fd00:ec2::23"
    };
    unsigned char a[16], b[16];
    size_t n = net_address(a, host);

    for (size_t i = 0; n > 0 && i < sizeof known / sizeof *known; i++)
        if (net_address(b, known[i]) == n && memcmp(a, b, n) == 0)
            return true;
    return false;
}

/* Sets the value of the Host field (RFC 9110 section 7.2). */
static void set_authority(struct url *url)
{
    bool literal = strchr(url->host, ':') != NULL;
    char port[8] = "";

    if (url->port != (url->tls ? 443 : 80))
        snprintf(port, sizeof port, ":%u", (unsigned)url->port);
    snprintf(url->authority, sizeof url->authority, "%s%s%s%s",
             literal ? "[" : "", url->host, literal ? "]" : "", port);
}

/* Fills in *url. Returns NULL, or a sentence that says why the URL is not
   accepted. */
static const char *parse(struct url *url, const char *text, bool metadata)
{
    const char *p;
    size_t n;

    memset(url, 0, sizeof *url);
    url->tls = strncasecmp(text, "https://", 8) == 0;
    if (!url->tls && strncasecmp(text, "http://", 7) != 0)
        return "it must begin with https://";
    p = parse_host(url, text + (url->tls ? 8 : 7));
    if (p == NULL)
        return "its host name is not valid";
    p = parse_port(url, p);
    if (p == NULL)
        return "its port must be a number from 1 to 65535";
    n = strlen(p);
    while (n > 0 && p[n - 1] == '/')
        n--;
    if ((*p != '\0' && *p != '/') || n >= sizeof url->path)
        return "what follows its host is not valid";
    memcpy(url->path, p, n);
    for (p = url->path; *p != '\0'; p++)
        if (!text_is_unreserved(*p) && *p != '/' && *p != '%')
            return "its path contains a character that is not allowed there";
    url->metadata = metadata && !url->tls && is_metadata_address(url->host);
    if (!url->tls && !url->metadata && !is_loopback(url->host))
        return "plain http is only for this machine itself (localhost); use "
            "https://";
    set_authority(url);
    return NULL;
}

/* Writes the sentence, if there is one. Returns true if there is none. */
static bool parsed(const char *wrong, char *error, size_t size)
{
    if (wrong != NULL)
        snprintf(error, size, "%s", wrong);
    return wrong == NULL;
}

bool url_parse(struct url *url, const char *text, char *error, size_t size)
{
    return parsed(parse(url, text, false), error, size);
}

bool url_parse_metadata(struct url *url, const char *text, char *error,
                        size_t size)
{
    return parsed(parse(url, text, true), error, size);
}
