/*
 * account.c: parses CLOUDINARY_URL and the separate CLOUDINARY_ variables, and
 * checks every value before it is stored.
 */
#include "cloudinary/account.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/env.h"
#include "base/buf.h"

/* The names of settings in the query of CLOUDINARY_URL. The variable of a
   setting is "CLOUDINARY_" and its name in capitals. */
enum {
    CLOUD_NAME, API_KEY, API_SECRET, OAUTH_TOKEN, API_PROXY, UPLOAD_PREFIX,
    SETTINGS
};

static const struct {
    char name[14];
    unsigned short at, room;     /* of a string in struct account, in bytes */
} settings[SETTINGS] = {
    [CLOUD_NAME] = {"cloud_name", offsetof(struct account, cloud),
        sizeof ((struct account *)0)->cloud},
    [API_KEY] = {"api_key", offsetof(struct account, key),
        sizeof ((struct account *)0)->key},
    [API_SECRET] = {"api_secret", offsetof(struct account, secret),
        sizeof ((struct account *)0)->secret},
    [OAUTH_TOKEN] = {"oauth_token", offsetof(struct account, token),
        sizeof ((struct account *)0)->token},
    [API_PROXY] = {"api_proxy", offsetof(struct account, proxy),
        sizeof ((struct account *)0)->proxy},
    [UPLOAD_PREFIX] = {"upload_prefix", 0, 0}
};

static const char form[] = "cloudinary://KEY:SECRET@CLOUD";

/*
 * Stores n bytes as the value of setting `i`. Only printable ASCII without
 * blanks, quotes, "<" and ">" is accepted: examples have "<" and ">" around
 * their placeholders. UPLOAD_PREFIX ignores n and takes the whole string.
 */
static bool take(struct account *a, unsigned i, const char *from, size_t n,
                 char error[WHY_MAX])
{
    char *to = (char *)a + settings[i].at;
    size_t k;

    if (i == UPLOAD_PREFIX) {
        char why[96];

        /* the sentence must not quote the value, which may be a whole
           CLOUDINARY_URL with its secret */
        return url_parse(&a->url, from, why, sizeof why) ||
            why_not(error, "Cloudinary's upload_prefix: %s", why);
    }
    if (n >= settings[i].room)
        return why_not(error, "Cloudinary's %s is longer than %d bytes",
                       settings[i].name, settings[i].room - 1);
    for (k = 0; k < n; k++)
        if (from[k] <= 0x20 || from[k] >= 0x7f || strchr("<>\"", from[k]))
            return why_not(error, "Cloudinary's %s has a character that cannot "
                           "be in it (at position %zu)", settings[i].name,
                           k + 1);
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

/* Parses the query of CLOUDINARY_URL. Names that are not settings are
   ignored. */
static bool parse_query(struct account *a, const char *query,
                        char error[WHY_MAX])
{
    char value[2048];
    bool good = true;

    while (good && *query != '\0') {
        size_t n = strcspn(query, "&"), name = strcspn(query, "=&");
        unsigned i;

        for (i = 0; i < SETTINGS; i++)
            if (name < n && strlen(settings[i].name) == name &&
                memcmp(settings[i].name, query, name) == 0)
                good = url_unescape(value, sizeof value, query + name + 1,
                                     n - name - 1)
                    ? take(a, i, value, strlen(value), error)
                    : why_not(error, "a value in CLOUDINARY_URL is too long, "
                              "or has a NUL");
        query += n;
        query += *query == '&';
    }
    buf_wipe(value, sizeof value);
    return good;
}

/* Parses cloudinary://KEY:SECRET@CLOUD[/DISTRIBUTION][?NAME=VALUE&...]. The
   key and the secret are not percent-decoded. */
static bool parse_url(struct account *a, const char *url,
                      char error[WHY_MAX])
{
    const char *p = url + 13, *end, *at = NULL, *i;

    if (strncasecmp(url, "CLOUDINARY_URL=", 15) == 0)
        return why_not(error, "the value of CLOUDINARY_URL begins with "
                       "\"CLOUDINARY_URL=\": leave that out");
    if (strncasecmp(url, form, 13) != 0)
        return why_not(error, "CLOUDINARY_URL must begin with cloudinary://");
    end = p + strcspn(p, "/?");
    for (i = p; i < end; i++)
        if (*i == '@')
            at = i;
    if (at != NULL) {
        const char *colon = memchr(p, ':', (size_t)(at - p));

        if (colon == NULL)
            return why_not(error, "CLOUDINARY_URL has no secret: it is %s",
                           form);
        if (!take(a, API_KEY, p, (size_t)(colon - p), error) ||
            !take(a, API_SECRET, colon + 1, (size_t)(at - colon - 1), error))
            return false;
        p = at + 1;
    }
    if (!take(a, CLOUD_NAME, p, (size_t)(end - p), error))
        return false;
    p = strchr(end, '?');
    return p == NULL || parse_query(a, p + 1, error);
}

/* Returns the value of a setting's variable, or NULL if it is unset or
   empty. */
static const char *variable(const char *setting)
{
    char name[128], *p;

    snprintf(name, sizeof name, "CLOUDINARY_%s", setting);
    for (p = name; *p != '\0'; p++)
        if (*p >= 'a')
            *p = (char)(*p - 'a' + 'A');
    return env_get(name);
}

bool account_load(struct account *a, char error[WHY_MAX])
{
    const char *url = variable("url");
    bool separate = variable(settings[CLOUD_NAME].name) != NULL;
    unsigned i;

    memset(a, 0, sizeof *a);
    take(a, UPLOAD_PREFIX, "https://api.cloudinary.com", 0, error);
    /* the Python and Ruby SDKs also ignore CLOUDINARY_URL if there is a cloud
       name */
    for (i = 0; i < SETTINGS; i++) {
        const char *value = separate || i == API_PROXY
            ? variable(settings[i].name) : NULL;

        if (value != NULL && !take(a, i, value, strlen(value), error))
            return false;
    }
    if (!separate && url == NULL)
        return why_not(error, "no Cloudinary account: set CLOUDINARY_URL=%s",
                       form);
    if (!separate && !parse_url(a, url, error))
        return false;
    if (a->cloud[0] == '\0')
        return why_not(error, "CLOUDINARY_URL has no cloud name: it is %s",
                       form);
    if (a->cloud[strcspn(a->cloud, "/?#%@:")] != '\0')
        return why_not(error, "the Cloudinary cloud name has a character that "
                       "cannot be in it");
    if (a->token[0] == '\0' && (a->key[0] == '\0' || a->secret[0] == '\0'))
        return why_not(error, "no Cloudinary key and secret: they stand in "
                       "CLOUDINARY_URL=%s, or in CLOUDINARY_API_KEY and "
                       "CLOUDINARY_API_SECRET", form);
    return true;
}
