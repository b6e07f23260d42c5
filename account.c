/* account: see account.h. */
#include "account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

static const char default_prefix[] = "https://api.cloudinary.com";

static bool wrong(char *error, size_t size, const char *sentence)
{
    snprintf(error, size, "%s", sentence);
    return false;
}

/*
 * Copies n bytes of a setting: printable ASCII without "<" and ">", which
 * stand around the placeholders of examples.
 */
static bool take(char *to, size_t room, const char *name, const char *from,
                 size_t n, char *error, size_t size)
{
    size_t i;

    if (n >= room) {
        snprintf(error, size, "%s is longer than %zu bytes", name, room - 1);
        return false;
    }
    for (i = 0; i < n; i++)
        if (from[i] <= 0x20 || from[i] >= 0x7f || strchr("<>\"", from[i])) {
            snprintf(error, size, "%s has a character that cannot be in it "
                     "(at position %zu)", name, i + 1);
            return false;
        }
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static bool set_prefix(struct account *a, const char *prefix,
                       char *error, size_t size)
{
    char why[96];

    if (http_url_parse(&a->url, prefix, why, sizeof why))
        return true;
    /* not what it is: it may be a whole CLOUDINARY_URL, secret and all */
    snprintf(error, size, "Cloudinary's upload prefix: %s", why);
    return false;
}

/* The part of CLOUDINARY_URL after "?": of its many keys these matter here. */
static bool parse_query(struct account *a, const char *query,
                        char *error, size_t size)
{
    const struct { const char *name, *said; char *to; size_t room; } keys[] = {
        {"upload_prefix=", NULL, NULL, 0},
        {"oauth_token=", "oauth_token in CLOUDINARY_URL", a->token,
            sizeof a->token},
        {"api_proxy=", "api_proxy in CLOUDINARY_URL", a->proxy,
            sizeof a->proxy},
        {"cloud_name=", "cloud_name in CLOUDINARY_URL", a->cloud,
            sizeof a->cloud},
        {"api_key=", "api_key in CLOUDINARY_URL", a->key, sizeof a->key},
        {"api_secret=", "api_secret in CLOUDINARY_URL", a->secret,
            sizeof a->secret}
    };
    char value[2048];
    bool good = true;

    while (good && *query != '\0') {
        size_t n = strcspn(query, "&"), skip = 0, i;

        for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            skip = strlen(keys[i].name);
            if (strncmp(query, keys[i].name, skip) == 0)
                break;
        }
        if (i < sizeof keys / sizeof keys[0])
            good = http_unescape(value, sizeof value, query + skip, n - skip)
                ? keys[i].to == NULL ? set_prefix(a, value, error, size)
                : take(keys[i].to, keys[i].room, keys[i].said, value,
                       strlen(value), error, size)
                : wrong(error, size, "a value in CLOUDINARY_URL is too long, "
                        "or has a NUL");
        query += n;
        query += *query == '&';
    }
    buf_wipe(value, sizeof value);
    return good;
}

/* cloudinary://KEY:SECRET@CLOUD[/DISTRIBUTION][?KEY=VALUE&...] */
static bool parse_url(struct account *a, const char *url,
                      char *error, size_t size)
{
    const char *p = url + 13, *end, *at = NULL, *i;

    if (strncasecmp(url, "CLOUDINARY_URL=", 15) == 0)
        return wrong(error, size, "the value of CLOUDINARY_URL "
                             "begins with \"CLOUDINARY_URL=\": leave that "
                             "out");
    if (strncasecmp(url, "cloudinary://", 13) != 0)
        return wrong(error, size, "CLOUDINARY_URL must begin with "
                             "cloudinary://");
    end = p + strcspn(p, "/?");
    for (i = p; i < end; i++)
        if (*i == '@')
            at = i;
    if (at != NULL) {
        const char *colon = memchr(p, ':', (size_t)(at - p));

        if (colon == NULL)
            return wrong(error, size, "CLOUDINARY_URL has no secret: "
                                 "it is cloudinary://KEY:SECRET@CLOUD");
        if (!take(a->key, sizeof a->key, "the key in CLOUDINARY_URL", p,
                  (size_t)(colon - p), error, size) ||
            !take(a->secret, sizeof a->secret, "the secret in CLOUDINARY_URL",
                  colon + 1, (size_t)(at - colon - 1), error, size))
            return false;
        p = at + 1;
    }
    if (!take(a->cloud, sizeof a->cloud, "the cloud name in CLOUDINARY_URL",
              p, (size_t)(end - p), error, size))
        return false;
    p = strchr(end, '?');
    return p == NULL || parse_query(a, p + 1, error, size);
}

/* One of the separate variables; unset and empty leave `to` empty. */
static bool take_variable(char *to, size_t room, const char *name,
                          char *error, size_t size)
{
    const char *value = getenv(name);

    return value == NULL ||
        take(to, room, name, value, strlen(value), error, size);
}

bool account_load(struct account *a, char *error,
                        size_t size)
{
    const char *cloud = getenv("CLOUDINARY_CLOUD_NAME");
    const char *url = getenv("CLOUDINARY_URL");
    const char *prefix = getenv("CLOUDINARY_UPLOAD_PREFIX");
    size_t i;

    memset(a, 0, sizeof *a);
    set_prefix(a, default_prefix, error, size);
    if (!take_variable(a->proxy, sizeof a->proxy, "CLOUDINARY_API_PROXY",
                       error, size))
        return false;
    if (cloud != NULL && *cloud != '\0') {
        /* the Python and Ruby SDKs then ignore CLOUDINARY_URL, too */
        if (!take_variable(a->cloud, sizeof a->cloud, "CLOUDINARY_CLOUD_NAME",
                           error, size) ||
            !take_variable(a->key, sizeof a->key, "CLOUDINARY_API_KEY",
                           error, size) ||
            !take_variable(a->secret, sizeof a->secret,
                           "CLOUDINARY_API_SECRET", error, size) ||
            !take_variable(a->token, sizeof a->token,
                           "CLOUDINARY_OAUTH_TOKEN", error, size))
            return false;
        if (prefix != NULL && *prefix != '\0' &&
            !set_prefix(a, prefix, error, size))
            return false;
    } else if (url != NULL && *url != '\0') {
        if (!parse_url(a, url, error, size))
            return false;
    } else {
        return wrong(error, size, "no Cloudinary account: set "
                             "CLOUDINARY_URL=cloudinary://KEY:SECRET@CLOUD");
    }
    if (a->cloud[0] == '\0')
        return wrong(error, size, "CLOUDINARY_URL has no cloud name: "
                             "it is cloudinary://KEY:SECRET@CLOUD");
    for (i = 0; a->cloud[i] != '\0'; i++)
        if (strchr("/?#%@:", a->cloud[i]) != NULL)
            return wrong(error, size, "the Cloudinary cloud name has "
                                 "a character that cannot be in it");
    if (a->token[0] == '\0' && (a->key[0] == '\0' || a->secret[0] == '\0'))
        return wrong(error, size, "no Cloudinary key and secret: they "
                             "stand in CLOUDINARY_URL="
                             "cloudinary://KEY:SECRET@CLOUD, or in "
                             "CLOUDINARY_API_KEY and CLOUDINARY_API_SECRET");
    return true;
}
