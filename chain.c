/* chain: see chain.h. */
#include "chain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "process.h"
#include "rows.h"
#include "sts.h"

enum found { FOUND, NONE, FAILED };

struct chain {
    const struct chain_search *search;
    struct credentials *keys;
    char *error;
    size_t size, len;
    char roles[CHAIN_ROLES_MAX][128];  /* profiles whose roles are */
    unsigned n_roles;                        /* being assumed */
};

/* Adds a line about a source. */
__attribute__((format(printf, 4, 5)))
static enum found tell(struct chain *c, enum found found, const char *source,
                       const char *format, ...)
{
    char text[768], safe[800];
    va_list ap;
    int n;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    n = snprintf(c->error + c->len, c->size - c->len, "\n    %s: %s", source,
                 safe);
    if (n > 0)
        c->len += (size_t)n;
    if (c->len >= c->size)
        c->len = c->size - 1;
    return found;
}

static void put_variable(struct credentials_answer *a,
                         enum credentials_field field, const char *name)
{
    const char *value = profile_variable(name);

    if (value != NULL)
        credentials_put(a, field, (struct profile_value){value,
                                                         strlen(value)});
}

/* Takes the keys of an answer. `stale` ones may be expired. */
static enum found accept(struct chain *c, const char *source,
                         const struct credentials_answer *a, int64_t date,
                         bool stale)
{
    char why[160];

    if (!credentials_take(c->keys, a, date, stale, why, sizeof why))
        return tell(c, FAILED, source, "%s", why);
    snprintf(c->keys->source, sizeof c->keys->source, "%s", source);
    return FOUND;
}

/* --------------------------------------------------------------- sources */

static enum found from_environment(struct chain *c)
{
    static const char source[] = "environment";
    bool key = profile_variable("AWS_ACCESS_KEY_ID") != NULL;
    bool secret = profile_variable("AWS_SECRET_ACCESS_KEY") != NULL;
    struct credentials_answer a;
    enum found found;

    if (!key && !secret)
        return tell(c, NONE, source, "AWS_ACCESS_KEY_ID is not set");
    if (!key || !secret)
        return tell(c, FAILED, source, "%s is set, but %s is not",
                    key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                    key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    credentials_begin(&a);
    put_variable(&a, CREDENTIALS_ACCESS, "AWS_ACCESS_KEY_ID");
    put_variable(&a, CREDENTIALS_SECRET, "AWS_SECRET_ACCESS_KEY");
    put_variable(&a, CREDENTIALS_TOKEN, "AWS_SECURITY_TOKEN");   /* once */
    put_variable(&a, CREDENTIALS_TOKEN, "AWS_SESSION_TOKEN");
    put_variable(&a, CREDENTIALS_EXPIRATION, "AWS_CREDENTIAL_EXPIRATION");
    found = accept(c, source, &a, -1, false);
    credentials_end(&a);
    return found;
}

/* A token's file, without the newline that an editor has put at its end.
   False: errno, or 0 if it is empty. */
static bool read_token(struct buf *to, const char *path)
{
    errno = 0;
    if (!profile_read(to, path))
        return false;
    while (to->len > 0 && (to->data[to->len - 1] == '\n' ||
                           to->data[to->len - 1] == '\r'))
        to->len--;
    errno = 0;
    return to->len > 0 && memchr(to->data, '\0', to->len) == NULL;
}

/* Assumes a role, with its token or the keys in hand. */
static enum found ask_sts(struct chain *c, const char *source,
                          const struct sts_role *role)
{
    char why[768];

    if (c->search->offline)
        return FOUND;
    if (!sts_assume(c->keys, role, c->search->profile, c->search->region,
                    c->search->http, why, sizeof why))
        return tell(c, FAILED, source, "%s", why);
    snprintf(c->keys->source, sizeof c->keys->source, "%s", source);
    return FOUND;
}

/*
 * Web identity, as EKS's service accounts have it (IRSA): of the profile, and
 * where `environment`, of the variables before that.
 */
static enum found from_web_identity(struct chain *c, const char *name,
                                    bool environment)
{
    static const char *const settings[3][2] = {
        {"AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"},
        {"AWS_ROLE_ARN", "role_arn"},
        {"AWS_ROLE_SESSION_NAME", "role_session_name"}
    };
    static const char source[] = "web identity";
    struct profile_value value[3];
    struct sts_role role = {.arn = {NULL, 0}};
    enum found found;
    char path[1024];
    struct buf token;
    int i;

    for (i = 0; i < 3; i++)
        value[i] = environment && profile_variable(settings[i][0]) != NULL
            ? profile_setting(c->search->profile, settings[i][0], "")
            : profile_get(c->search->profile, name, settings[i][1]);
    if (value[0].text == NULL)
        return !environment ? NONE : tell(c, NONE, source,
            "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (value[1].text == NULL)
        return tell(c, FAILED, source, "there is a token, but no role "
                    "(AWS_ROLE_ARN, or role_arn of the profile)");
    if (!profile_copy(path, sizeof path, value[0]))
        return tell(c, FAILED, source, "the name of the token's file is too "
                    "long");
    buf_init(&token, 1 << 16);
    if (!read_token(&token, path)) {
        buf_free(&token);
        return tell(c, FAILED, source, "%s: %s", path, errno != 0
                    ? strerror(errno) : "there is no token in it");
    }
    role.arn = value[1];
    role.session = value[2];
    role.token = (struct profile_value){(char *)token.data, token.len};
    found = ask_sts(c, source, &role);
    buf_free(&token);
    return found;
}

/* The keys in one of the files: they are one set, not to be mixed. */
static enum found from_file(struct chain *c, const char *source,
                            const struct profile_file *file, const char *name)
{
    static const char *const properties[] = {
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
    };
    struct credentials_answer a;
    enum found found = NONE;
    char where[1200];
    int i;

    credentials_begin(&a);
    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_TOKEN; i++)
        credentials_put(&a, (enum credentials_field)i,
                        profile_find((char *)file->text.data, file->text.len,
                                     file->kind, name, properties[i]));
    snprintf(where, sizeof where, "%s in %s", source, file->path);
    if (a.text[CREDENTIALS_ACCESS].len > 0)
        found = accept(c, where, &a, -1, false);
    credentials_end(&a);
    return found;
}

/* What is said to a profile that only AWS's command line can serve. */
static enum found tell_export(struct chain *c, const char *source,
                              const char *name, const char *why)
{
    return tell(c, FAILED, source, "%s; use a profile with this line: "
                "credential_process = aws configure export-credentials "
                "--profile %s --format process", why, name);
}

static enum found from_process(struct chain *c, const char *source,
                               const char *name)
{
    struct profile_value line = profile_get(c->search->profile, name,
                                            "credential_process");
    char room[PROCESS_LINE_MAX + 1], *words[PROCESS_WORDS_MAX + 1], why[128];
    enum found found;
    struct credentials_answer a;
    struct buf out;

    if (line.text == NULL)
        return NONE;
    if (process_split(line.text, line.n, room, words) == 0)
        return tell(c, FAILED, source, "credential_process has a quote that "
                    "does not end, or is too long");
    if (c->search->offline)
        return FOUND;
    buf_init(&out, CREDENTIALS_ANSWER_MAX);
    credentials_begin(&a);
    if (!process_run(words, 60 * CLOCK_SECOND, &out, why, sizeof why))
        found = tell(c, FAILED, source, "credential_process %s", why);
    else if (!credentials_json(&a, &out))
        found = tell(c, FAILED, source, "what credential_process prints is "
                     "not JSON");
    else if (!credentials_is(&a, CREDENTIALS_VERSION, "1"))
        found = tell(c, FAILED, source, "what credential_process prints does "
                     "not have the Version 1");
    else
        found = accept(c, source, &a, -1, false);
    credentials_end(&a);
    buf_free(&out);
    buf_wipe(room, sizeof room);
    return found;
}

/* The URL's host, and what stands after it in `text`. */
static bool container_url(struct http_url *url, const char **target,
                          char text[1024], char *why, size_t size)
{
    static const char ecs[] = "http://169.254.170.2";
    const char *relative = profile_variable(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = profile_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    char origin[1024], *p;

    if (snprintf(text, 1024, "%s%s", relative != NULL ? ecs : full,
                 relative != NULL ? relative : "") >= 1024) {
        snprintf(why, size, "it is too long");
        return false;
    }
    memcpy(origin, text, sizeof origin);
    p = strstr(origin, "://");
    p = p == NULL ? NULL : strchr(p + 3, '/');
    *target = p == NULL ? "/" : text + (p - origin);
    if (p != NULL)
        *p = '\0';
    return http_url_parse_metadata(url, origin, why, size);
}

/* Asks the endpoint, whose URL may be a secret of its own: it is not noted. */
static enum found ask_container(struct chain *c, const char *source,
                                const struct http_url *url,
                                const char *target, const char *token)
{
    struct http_options options = *c->search->http;
    const struct http_field fields[] = {{"Accept", "application/json"},
                                        {"Authorization", token}};
    const struct http_request rq = {"GET", target, fields,
        token != NULL ? 2 : 1, NULL, 0, true};
    enum http_result result;
    struct http_answer answer;
    enum found found = FAILED;
    unsigned tries = 0;
    struct credentials_answer a;

    options.note = NULL;
    options.connect = options.wait = 2 * CLOCK_SECOND;
    options.total = 10 * CLOCK_SECOND;
    options.body_max = CREDENTIALS_ANSWER_MAX;
    buf_init(&answer.body, CREDENTIALS_ANSWER_MAX);
    credentials_begin(&a);
    do
        result = http_once(url, &options, &rq, &answer);
    while ((result != HTTP_OK || answer.status >= 500) &&
           sts_again(++tries));
    if (result != HTTP_OK)
        tell(c, FAILED, source, "%s: %s", url->authority, answer.error);
    else if (!credentials_json(&a, &answer.body) && answer.status == 200)
        tell(c, FAILED, source, "what %s answers is not JSON", url->authority);
    else if (answer.status != 200)
        tell(c, FAILED, source, "%s: status %d, %s", url->authority,
             answer.status, credentials_text(&a, CREDENTIALS_MESSAGE));
    else
        found = accept(c, source, &a, answer.date, false);
    credentials_end(&a);
    buf_free(&answer.body);
    return found;
}

static enum found from_container(struct chain *c)
{
    static const char source[] = "container";
    const char *file = profile_variable(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = profile_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *target;
    char text[1024], why[128];
    struct http_url url;
    enum found found;
    struct buf read;

    if (profile_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == NULL &&
        profile_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") == NULL)
        return tell(c, NONE, source, "neither AWS_CONTAINER_CREDENTIALS_"
                    "RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is "
                    "set");
    if (!container_url(&url, &target, text, why, sizeof why))
        return tell(c, FAILED, source, "the URL in AWS_CONTAINER_"
                    "CREDENTIALS_RELATIVE_URI or _FULL_URI: %s", why);
    if (c->search->offline)
        return FOUND;
    buf_init(&read, 1 << 14);
    if (file != NULL) {
        if (!read_token(&read, file) || !buf_byte(&read, '\0')) {
            buf_free(&read);
            return tell(c, FAILED, source, "%s: %s", file, errno != 0
                        ? strerror(errno) : "there is no token in it");
        }
        token = (char *)read.data;
    }
    found = ask_container(c, source, &url, target, token);
    buf_free(&read);
    return found;
}

/* The first line of an answer, behind `folder`. */
static void name_role(char *to, size_t size, const char *folder,
                      const struct buf *body)
{
    const char *text = (const char *)body->data;
    size_t n = 0;

    while (n < body->len && text[n] != '\n' && text[n] != '\r')
        n++;
    snprintf(to, size, "%s%.*s", folder, (int)n, n > 0 ? text : "");
}

static enum found from_instance(struct chain *c)
{
    static const char source[] = "instance metadata";
    static const char folder[] = "iam/security-credentials/";
    struct imds *imds = c->search->imds;
    enum found found = NONE;
    struct http_answer answer;
    struct credentials_answer a;
    char name[256];

    if (c->search->offline && imds->state != IMDS_OFF)
        return FOUND;
    buf_init(&answer.body, CREDENTIALS_ANSWER_MAX);
    credentials_begin(&a);
    if (!imds_get(imds, folder, &answer)) {
        tell(c, NONE, source, "%s", imds->error);
        goto out;
    }
    name_role(name, sizeof name, folder, &answer.body);
    if (!imds_get(imds, name, &answer))
        tell(c, NONE, source, "%s", imds->error);
    else if (!credentials_json(&a, &answer.body))
        tell(c, NONE, source, "the answer for %s is not JSON", name);
    else if (a.text[CREDENTIALS_CODE].len > 0 &&
             !credentials_is(&a, CREDENTIALS_CODE, "Success"))
        tell(c, NONE, source, "no keys of %s: %s %s", name,
             credentials_text(&a, CREDENTIALS_CODE),
             credentials_text(&a, CREDENTIALS_MESSAGE));
    else                         /* old ones are good while it has no others */
        found = accept(c, source, &a, answer.date, true);
out:
    credentials_end(&a);
    buf_free(&answer.body);
    return found;
}

/* -------------------------------------------------------------- profiles */

static enum found from_profile(struct chain *c, const char *name, bool top);

static bool has_keys(const struct chain *c, const char *name)
{
    const struct profile *p = c->search->profile;

    return profile_get(p, name, "aws_access_key_id").text != NULL ||
        profile_get(p, name, "aws_secret_access_key").text != NULL;
}

/* Is the role of this profile being assumed already? */
static bool is_visited(const struct chain *c, const char *name)
{
    unsigned i;

    for (i = 0; i < c->n_roles; i++)
        if (strcmp(c->roles[i], name) == 0)
            return true;
    return false;
}

/* The keys with which a role is to be assumed. */
static enum found from_source(struct chain *c, const char *label,
                              const char *name, const char *source,
                              bool is_profile)
{
    if (!is_profile) {
        if (strcmp(source, "Environment") == 0)
            return from_environment(c);
        if (strcmp(source, "EcsContainer") == 0)
            return from_container(c);
        if (strcmp(source, "Ec2InstanceMetadata") == 0)
            return from_instance(c);
        return tell(c, FAILED, label, "credential_source is not Environment, "
                    "EcsContainer or Ec2InstanceMetadata");
    }
    /* a profile may have both the keys and the role */
    if (is_visited(c, source) &&
        (strcmp(source, name) != 0 || !has_keys(c, name)))
        return tell(c, FAILED, label, "its source_profile %s leads back to "
                    "it", source);
    if (!profile_known(c->search->profile, source))
        return tell(c, FAILED, label, "there is no profile %s, which its "
                    "source_profile names", source);
    return from_profile(c, source, false);
}

static enum found assume_role(struct chain *c, const char *label,
                              const char *name)
{
    const struct profile *p = c->search->profile;
    struct profile_value from = profile_get(p, name, "source_profile");
    struct profile_value kind = profile_get(p, name, "credential_source");
    struct profile_value duration = profile_get(p, name, "duration_seconds");
    const struct sts_role role = {
        .arn = profile_get(p, name, "role_arn"),
        .session = profile_get(p, name, "role_session_name"),
        .external_id = profile_get(p, name, "external_id"),
        .duration = duration
    };
    enum found found;
    char source[128];

    if (profile_get(p, name, "mfa_serial").text != NULL)
        return tell_export(c, label, name, "mfa_serial wants a code, and "
                           "there is no terminal to type it in");
    if ((from.text == NULL) == (kind.text == NULL))
        return tell(c, FAILED, label, "with role_arn, one of source_profile "
                    "and credential_source is wanted");
    if (duration.n > 9 || strspn(duration.text == NULL ? "" : duration.text,
                                 "0123456789") < duration.n)
        return tell(c, FAILED, label, "duration_seconds is not a number");
    if (!profile_copy(source, sizeof source, from.text != NULL ? from : kind))
        return tell(c, FAILED, label, "source_profile or credential_source "
                    "is too long");
    if (c->n_roles == CHAIN_ROLES_MAX)
        return tell(c, FAILED, label, "more than %d roles, one assumed with "
                    "another's keys", CHAIN_ROLES_MAX);
    snprintf(c->roles[c->n_roles++], sizeof c->roles[0], "%s", name);
    found = from_source(c, label, name, source, from.text != NULL);
    if (found == NONE)
        return tell(c, FAILED, label, "its role needs keys from %s", source);
    if (found == FAILED)
        return FAILED;
    found = ask_sts(c, label, &role);
    return found;
}

/* What is said of a profile that has nothing of all this. */
static enum found tell_empty(struct chain *c, const char *label,
                             const char *name, bool top)
{
    const struct profile *p = c->search->profile;
    const struct profile_file *a = &p->credentials, *b = &p->config;

    if (profile_get(p, name, "sso_session").text != NULL ||
        profile_get(p, name, "sso_start_url").text != NULL)
        return tell_export(c, label, name, "it is one of SSO, which is not "
                           "done here");
    if (profile_known(p, name))
        return tell(c, NONE, label, "there are no keys in it");
    return tell(c, top && !p->named ? NONE : FAILED, label, "it is not in %s "
                "(%s) and not in %s (%s)", a->path, a->why[0] != '\0' ? a->why
                : "other profiles are", b->path, b->why[0] != '\0' ? b->why
                : "other profiles are");
}

/*
 * The keys of a profile: of the one in use (`top`), or of one whose keys are
 * wanted to assume a role; there, keys go before a role.
 */
static enum found from_profile(struct chain *c, const char *name, bool top)
{
    const struct profile *p = c->search->profile;
    char label[160];
    enum found found;

    snprintf(label, sizeof label, "profile %s", name);
    if (profile_get(p, name, "role_arn").text != NULL &&
        profile_get(p, name, "web_identity_token_file").text == NULL &&
        (top || !has_keys(c, name)))
        return assume_role(c, label, name);
    found = from_web_identity(c, name, top && !p->option);
    if (found == NONE)
        found = from_file(c, label, &p->credentials, name);
    if (found == NONE)
        found = from_process(c, label, name);
    if (found == NONE)
        found = from_file(c, label, &p->config, name);
    return found != NONE ? found : tell_empty(c, label, name, top);
}

bool chain_find(struct credentials *keys, const struct chain_search *search,
                char *error, size_t size)
{
    const struct profile *p = search->profile;
    struct chain c = {.search = search, .keys = keys, .error = error,
        .size = size};
    enum found found = NONE;

    memset(keys, 0, sizeof *keys);
    keys->expires = INT64_MAX;
    c.len = (size_t)snprintf(error, size, "no AWS credentials:");
    if (!p->option)
        found = from_environment(&c);
    if (found == NONE)
        found = from_profile(&c, p->name, true);
    if (found == NONE)
        found = from_container(&c);
    if (found == NONE)
        found = from_instance(&c);
    if (found == FOUND)
        return true;
    buf_wipe(keys, sizeof *keys);
    return false;
}
