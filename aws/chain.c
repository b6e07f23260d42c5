/*
 * chain.c: asks the sources of AWS credentials, one after another, and collects
 * a line about each that has none.
 *
 * A function from_...() is a source. It returns FAILED to end the search, and
 * NONE to continue with the next source. In both cases c->why has the reason,
 * or is "" if it is reported already or there is nothing to report.
 */
#include "aws/chain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/text.h"
#include "base/clock.h"
#include "aws/endpoint.h"
#include "aws/process.h"
#include "rows/rows.h"
#include "aws/sts.h"

/* The result of a source. why_not() returns false, which is FAILED. */
enum found { FAILED, FOUND, NONE };

struct chain {
    const struct chain_search *search;
    struct credentials *keys;
    char *error;
    unsigned n_roles;
    const char *roles[CHAIN_ROLES_MAX];  /* profiles whose roles are being
                                            assumed, from the outermost */
    char why[WHY_MAX];           /* why the source has no keys, or "" */
    char source[1200];           /* what is being tried, for messages */
};

/* Appends the reason, if there is one, to the error. Returns `found`. */
static enum found tell(struct chain *c, enum found found)
{
    if (found != FOUND && c->why[0] != '\0') {
        size_t len = strlen(c->error);
        char safe[4 * WHY_MAX];  /* an escape is up to four times as long */

        text_visible(safe, sizeof safe, (const unsigned char *)c->why,
                     strlen(c->why));
        if (strlen(safe) >= CHAIN_LINE)
            why_cut(safe, CHAIN_LINE);
        if ((size_t)snprintf(c->error + len, CHAIN_ERROR - len,
                             "\n    %s: %s", c->source, safe) >=
            CHAIN_ERROR - len)
            why_cut(c->error, CHAIN_ERROR);
    }
    c->why[0] = '\0';
    return found;
}

/* Sets the source that the next lines are about. */
static void begin(struct chain *c, const char *source, const char *name)
{
    snprintf(c->source, sizeof c->source, "%s%s", source, name);
}

static enum found not_set(struct chain *c, const char *variable)
{
    why_not(c->why, "%s is not set", variable);
    return NONE;
}

/* Notes the current source as the origin of the keys. */
static enum found sign(struct chain *c)
{
    snprintf(c->keys->source, sizeof c->keys->source, "%.159s", c->source);
    return FOUND;
}

/* Takes the keys of an answer; expired ones only if `stale`. */
static enum found accept(struct chain *c, struct credentials_answer *a,
                         bool stale)
{
    return credentials_take(c->keys, a, stale, c->why) ? sign(c) : FAILED;
}

/* --------------------------------------------------------------- sources */

/* Environment variables. The first three are also names of properties, which
   are case-insensitive. */
static const char *const names[] = {
    [CREDENTIALS_ACCESS] = "AWS_ACCESS_KEY_ID",
    [CREDENTIALS_SECRET] = "AWS_SECRET_ACCESS_KEY",
    [CREDENTIALS_TOKEN] = "AWS_SESSION_TOKEN",
    [CREDENTIALS_EXPIRATION] = "AWS_CREDENTIAL_EXPIRATION"
};

static enum found from_environment(struct chain *c)
{
    const char *key = names[CREDENTIALS_ACCESS];
    const char *secret = names[CREDENTIALS_SECRET];
    bool has_key = env_get(key) != NULL;
    struct credentials_answer a;
    enum credentials_field i;
    enum found found;

    if (has_key != (env_get(secret) != NULL))
        return why_not(c->why, "%s is set, but %s is not", has_key ? key
                       : secret, has_key ? secret : key);
    if (!has_key)
        return not_set(c, key);
    credentials_begin(&a);
    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_EXPIRATION; i++)
        credentials_put(&a, i, profile_string(env_get(names[i])));
    if (env_get(names[CREDENTIALS_TOKEN]) == NULL)      /* old name */
        credentials_put(&a, CREDENTIALS_TOKEN, profile_string(
            env_get("AWS_SECURITY_TOKEN")));
    found = accept(c, &a, false);
    credentials_end(&a);
    return found;
}

/* Reads a token from a file, without newlines at the end, which editors add. */
static bool read_token(struct chain *c, struct buf *to,
                       struct profile_value file)
{
    char path[1024];

    if (!profile_copy(path, sizeof path, file))
        return why_not(c->why, "the name of the token's file is too long");
    if (!profile_read(to, path))
        return why_not(c->why, "%s: %s", path, strerror(errno));
    while (to->len > 0 && (to->data[to->len - 1] == '\n' ||
                           to->data[to->len - 1] == '\r'))
        to->len--;
    return (to->len > 0 && memchr(to->data, '\0', to->len) == NULL) ||
        why_not(c->why, "%s: there is no token in it", path);
}

static struct profile_value get(const struct chain *c, const char *name,
                                const char *property)
{
    return profile_get(c->search->profile, name, property);
}

static bool has(const struct chain *c, const char *name, const char *property)
{
    return get(c, name, property).text != NULL;
}

/* Returns whether the value of a property is a single one and not empty. */
static bool is_filled(struct chain *c, const char *property,
                      struct profile_value value)
{
    if (value.n == 0)
        return why_not(c->why, "%s is empty: give it a value, or remove it",
                       property);
    return !profile_is_block(value) ||
        why_not(c->why, "%s has its value on the lines below: write it behind "
                "the \"=\"", property);
}

/* Assumes a role with its token or with the keys found so far. */
static enum found ask_sts(struct chain *c, const struct sts_role *role)
{
    const struct chain_search *s = c->search;

    if (s->offline)
        return FOUND;
    return sts_assume(c->keys, role, s->profile, s->region, s->http, c->why)
        ? sign(c) : FAILED;
}

/* The variables of a role; without "AWS_", they are properties of a profile.
   AWS_EXTERNAL_ID and AWS_DURATION_SECONDS are not defined by AWS: web
   identity, the only user of the variables, ignores them. */
static const char *const settings[STS_FIELDS] = {
    [STS_ARN] = "AWS_ROLE_ARN",
    [STS_SESSION] = "AWS_ROLE_SESSION_NAME",
    [STS_EXTERNAL_ID] = "AWS_EXTERNAL_ID",
    [STS_DURATION] = "AWS_DURATION_SECONDS",
    [STS_TOKEN] = "AWS_WEB_IDENTITY_TOKEN_FILE"
};

/* Returns the role that a profile describes; if `environment`, variables take
   precedence. The token is the path of its file. */
static struct sts_role find_role(const struct chain *c, const char *name,
                                 bool environment)
{
    struct sts_role role;
    int i;

    for (i = 0; i < STS_FIELDS; i++) {
        role.field[i] = profile_string(environment
                                       ? env_get(settings[i]) : NULL);
        if (role.field[i].text == NULL)
            role.field[i] = get(c, name, settings[i] + strlen("AWS_"));
    }
    return role;
}

/* Assumes a role by web identity, as for EKS service accounts (IRSA). */
static enum found from_web_identity(struct chain *c, const char *name,
                                    bool environment)
{
    struct sts_role role = find_role(c, name, environment);
    enum found found = FAILED;
    struct buf text;

    begin(c, "web identity", "");
    if (role.field[STS_TOKEN].text == NULL)
        return environment ? not_set(c, settings[STS_TOKEN]) : NONE;
    if (role.field[STS_ARN].text == NULL)
        return why_not(c->why, "there is a token, but no role (%s, or "
                       "role_arn of the profile)", settings[STS_ARN]);
    if (!is_filled(c, "web_identity_token_file", role.field[STS_TOKEN]) ||
        !is_filled(c, "role_arn", role.field[STS_ARN]))
        return FAILED;
    buf_init(&text, 1 << 16);
    if (read_token(c, &text, role.field[STS_TOKEN])) {
        role.field[STS_TOKEN] = (struct profile_value){(char *)text.data,
                                                       text.len};
        role.field[STS_EXTERNAL_ID].text = NULL;     /* AssumeRole only */
        role.field[STS_DURATION].text = NULL;
        found = ask_sts(c, &role);
    }
    buf_free(&text);
    return found;
}

/* Returns false if a key seems to contain a comment. */
static bool check_comments(struct chain *c, struct credentials_answer *a)
{
    enum credentials_field i;

    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_TOKEN; i++) {
        const char *text = credentials_text(a, i);

        if (strstr(text, " #") != NULL || strstr(text, " ;") != NULL ||
            strstr(text, "\t#") != NULL || strstr(text, "\t;") != NULL)
            return why_not(c->why, "a comment stands behind a key, and would "
                           "be part of it: move it to a line of its own");
    }
    return true;
}

/* Takes the keys from one of the files. The parts of a set of keys are never
   mixed from two files. */
static enum found from_file(struct chain *c, const struct profile_file *file,
                            const char *name)
{
    size_t len = strlen(c->source);
    struct profile_value old;
    struct credentials_answer a;
    enum credentials_field i;
    enum found found = NONE;

    credentials_begin(&a);
    for (i = CREDENTIALS_ACCESS; i <= CREDENTIALS_TOKEN; i++)
        credentials_put(&a, i, profile_find(file, name, names[i]));
    old = profile_find(file, name, "aws_security_token");
    if (old.text != NULL)        /* takes precedence, as in botocore */
        credentials_put(&a, CREDENTIALS_TOKEN, old);
    if (a.type[CREDENTIALS_ACCESS] != JSON_NONE) {
        snprintf(c->source + len, sizeof c->source - len, " in %s",
                 file->path);
        found = check_comments(c, &a) ? accept(c, &a, false) : FAILED;
    }
    credentials_end(&a);
    return found;
}

/* Explains how to use a profile that only the AWS command line supports. */
static enum found tell_export(struct chain *c, const char *name,
                              const char *why)
{
    return why_not(c->why, "%s; use a profile with this line: "
                   "credential_process = aws configure export-credentials "
                   "--profile %s --format process", why, name);
}

/* Takes the keys that the program printed. On failure, `why` continues a
   sentence that begins with the program's name. */
static bool take_output(struct chain *c, struct credentials_answer *a,
                        char why[WHY_MAX])
{
    if (a->http.body.len == 0)
        return why_not(why, "printed nothing");
    if (!credentials_json(a))
        return why_not(why, "printed something that is not JSON");
    if (a->type[CREDENTIALS_VERSION] == JSON_NONE)
        return why_not(why, "printed JSON without \"Version\": 1");
    if (a->type[CREDENTIALS_VERSION] != JSON_NUMBER ||
        !credentials_is(a, CREDENTIALS_VERSION, "1"))
        return why_not(why, "printed a \"Version\" other than the number 1, "
                       "which is the only one");
    if (credentials_take(c->keys, a, false, c->why))
        return true;
    return why_not(why, "printed keys that cannot be used: %.800s", c->why);
}

static enum found from_process(struct chain *c, const char *name)
{
    static const char property[] = "credential_process";
    struct profile_value line = get(c, name, property);
    char room[PROCESS_LINE_MAX + 1], *words[PROCESS_WORDS_MAX + 1];
    struct credentials_answer a;
    char why[WHY_MAX];
    bool good;

    if (line.text == NULL)
        return NONE;
    if (!is_filled(c, property, line))
        return FAILED;
    if (process_split(line.text, line.n, room, words, why) == 0)
        return why_not(c->why, "%s %s", property, why);
    if (c->search->offline)
        return FOUND;
    credentials_begin(&a);
    good = process_run(words, 60 * CLOCK_SECOND, &a.http.body, why) &&
        take_output(c, &a, why);
    if (!good)
        why_not(c->why, "%s: %.256s %s", property, words[0], why);
    credentials_end(&a);
    buf_wipe(room, sizeof room);
    return good ? sign(c) : FAILED;
}

static const char relative_uri[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
static const char full_uri[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/* Finds the container endpoint: its URL without the path, and the path as the
   target, which may point into `text`. */
static enum found container_url(struct chain *c, struct url *url,
                                const char **target, char text[1024])
{
    const char *relative = env_get(relative_uri);
    const char *full = env_get(full_uri);
    char why[WHY_MAX], *path;
    struct profile_value host;

    if (relative == NULL && full == NULL) {
        why_not(c->why, "neither %s nor %s is set", relative_uri, full_uri);
        return NONE;
    }
    snprintf(text, 1024, "%s%s", relative != NULL ? "http://169.254.170.2"
             : full, relative != NULL ? relative : "");
    host = profile_string(text);
    path = strstr(text, "://");
    path = path == NULL ? NULL : strchr(path + 3, '/');
    *target = path != NULL ? path : "/";
    if (path != NULL && host.n < 1023)   /* else the text may be cut:
                                            endpoint_parse refuses it all */
        host.n = (size_t)(path - text);
    return endpoint_parse(url, host, true, why) ? FOUND
        : why_not(c->why, "the URL in %s or _FULL_URI: %s", relative_uri, why);
}

/* Returns the message of an error answer. */
static const char *reason(struct credentials_answer *a)
{
    return a->message.len > 0
        ? credentials_text(a, CREDENTIALS_MESSAGE) : "without a reason";
}

/* Asks the endpoint. Its URL may contain a secret, so nothing is noted. */
static enum found ask_container(struct chain *c, const struct url *url,
                                const char *target, const char *authorization)
{
    struct http_options options = *c->search->http;
    const struct http_field fields[] = {{"Accept", "application/json"},
                                        {"Authorization", authorization}};
    const struct http_request rq = {"GET", target, fields,
        authorization != NULL ? 2 : 1, NULL, 0, true};
    struct credentials_answer a;
    enum http_result result;
    enum found found = FAILED;
    unsigned tries = 0;

    options.note = NULL;
    options.connect = options.wait = 2 * CLOCK_SECOND;
    options.total = 10 * CLOCK_SECOND;
    options.body_max = CREDENTIALS_ANSWER_MAX;
    credentials_begin(&a);
    do
        result = http_once(url, &options, &rq, &a.http);
    while ((result != HTTP_OK || a.http.status >= 500) &&
           result != HTTP_ENCODED && sts_again(++tries));
    if (result != HTTP_OK)
        why_not(c->why, "%s: %s", url->authority, a.http.error);
    else if (!credentials_json(&a) && a.http.status == 200)
        why_not(c->why, "the answer of %s is not JSON", url->authority);
    else if (a.http.status != 200)
        why_not(c->why, "%s: status %d, %s", url->authority, a.http.status,
                reason(&a));
    else
        found = accept(c, &a, false);
    credentials_end(&a);
    return found;
}

static enum found from_container(struct chain *c)
{
    const char *file = env_get(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *authorization = env_get(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *target = NULL;
    char text[1024];
    struct url url;
    struct buf read;
    enum found found = container_url(c, &url, &target, text);

    if (found != FOUND || c->search->offline)
        return found;
    found = FAILED;
    buf_init(&read, 1 << 14);
    if (file == NULL)
        found = ask_container(c, &url, target, authorization);
    else if (read_token(c, &read, profile_string(file)) &&
             buf_byte(&read, '\0'))
        found = ask_container(c, &url, target, (char *)read.data);
    buf_free(&read);
    return found;
}

/* Asks for the name of the instance's role: the first line of the answer.
   `name` receives it with its folder. */
static bool name_role(struct imds *imds, char name[IMDS_NAME_MAX + 1],
                      struct http_answer *answer)
{
    static const char folder[] = "iam/security-credentials/";
    const struct buf *body = &answer->body;
    int n = 0;

    if (!imds_get(imds, folder, answer))
        return false;
    while ((size_t)n < body->len && body->data[n] != '\n' &&
           body->data[n] != '\r')
        n++;
    if (n == 0)
        return why_not(imds->error, "%s: the instance's role has no name",
                       imds->url.authority);
    snprintf(name, IMDS_NAME_MAX + 1, "%s%.*s", folder, n,
             (char *)body->data);
    return true;
}

static enum found from_instance(struct chain *c)
{
    struct imds *imds = c->search->imds;
    enum found found = NONE;
    struct credentials_answer a;
    char name[IMDS_NAME_MAX + 1];

    if (c->search->offline && imds->state != IMDS_OFF)
        return FOUND;
    credentials_begin(&a);
    if (!name_role(imds, name, &a.http) || !imds_get(imds, name, &a.http))
        why_not(c->why, "%s", imds->error);
    else if (!credentials_json(&a))
        why_not(c->why, "the answer of %s is not JSON", name);
    else if (a.text[CREDENTIALS_CODE].len > 0 &&
             !credentials_is(&a, CREDENTIALS_CODE, "Success"))
        why_not(c->why, "no keys of %s: %s %s", name,
                credentials_text(&a, CREDENTIALS_CODE), reason(&a));
    else                         /* accept stale keys until newer ones exist */
        found = accept(c, &a, true);
    credentials_end(&a);
    return found;
}

/* The sources outside of profiles, with their names in credential_source. */
enum { ENVIRONMENT, CONTAINER, INSTANCE, SOURCES };

static const struct {
    const char *name, *label;
    enum found (*find)(struct chain *c);
} sources[SOURCES] = {
    {"Environment", "environment", from_environment},
    {"EcsContainer", "container", from_container},
    {"Ec2InstanceMetadata", "instance metadata", from_instance}
};

static enum found from(struct chain *c, unsigned source)
{
    begin(c, sources[source].label, "");
    return tell(c, sources[source].find(c));
}

/* -------------------------------------------------------------- profiles */

static enum found from_profile(struct chain *c, const char *name, bool top);

static bool has_keys(const struct chain *c, const char *name)
{
    return has(c, name, names[CREDENTIALS_ACCESS]) ||
        has(c, name, names[CREDENTIALS_SECRET]);
}

/* Returns whether the role of the profile is being assumed already. */
static bool is_visited(const struct chain *c, const char *name)
{
    unsigned i;

    for (i = 0; i < c->n_roles; i++)
        if (strcmp(c->roles[i], name) == 0)
            return true;
    return false;
}

/* Finds the keys to assume a role with. */
static enum found from_source(struct chain *c, const char *name,
                              const char *source, bool is_profile)
{
    const char *why = NULL;

    if (!is_profile) {
        unsigned i;

        for (i = 0; i < SOURCES; i++)
            if (strcmp(source, sources[i].name) == 0)
                return from(c, i);
        return why_not(c->why, "credential_source is not Environment, "
                       "EcsContainer or Ec2InstanceMetadata");
    }
    if (!profile_known(c->search->profile, source))
        why = "is in no file";
    /* a profile with both keys and a role can be its own source */
    if (is_visited(c, source) &&
        (strcmp(source, name) != 0 || !has_keys(c, name)))
        why = "leads back to it";
    if (why != NULL)
        return why_not(c->why, "its source_profile %s %s", source, why);
    return from_profile(c, source, false);
}

static bool check_duration(struct chain *c, struct profile_value duration)
{
    static const char property[] = "duration_seconds";
    size_t i;

    if (duration.text == NULL)
        return true;
    if (!is_filled(c, property, duration))
        return false;
    for (i = 0; i < duration.n; i++)
        if (i == 9 || duration.text[i] < '0' || duration.text[i] > '9')
            return why_not(c->why, "%s is not a number", property);
    return true;
}

static enum found assume_role(struct chain *c, const char *name)
{
    struct profile_value other = get(c, name, "source_profile");
    struct profile_value kind = get(c, name, "credential_source");
    struct sts_role role = find_role(c, name, false);
    bool is_profile = other.text != NULL;
    enum found found;
    char source[128];

    if (!is_filled(c, "role_arn", role.field[STS_ARN]))
        return FAILED;
    if (has(c, name, "mfa_serial"))
        return tell_export(c, name, "mfa_serial wants a code, and there is no "
                           "terminal to type it in");
    if (is_profile == (kind.text != NULL))
        return why_not(c->why, "with role_arn, one of source_profile and "
                       "credential_source is wanted");
    if (!is_filled(c, is_profile ? "source_profile" : "credential_source",
                   is_profile ? other : kind) ||
        !check_duration(c, role.field[STS_DURATION]))
        return FAILED;
    if (!profile_copy(source, sizeof source, is_profile ? other : kind))
        return why_not(c->why, "source_profile or credential_source is too "
                       "long");
    if (c->n_roles == CHAIN_ROLES_MAX)
        return why_not(c->why, "more than %d roles, one assumed with another's "
                       "keys", CHAIN_ROLES_MAX);
    c->roles[c->n_roles++] = name;
    found = from_source(c, name, source, is_profile);
    begin(c, "profile ", name);
    if (found == NONE)
        return why_not(c->why, "its role needs keys from %s", source);
    return found == FOUND ? ask_sts(c, &role) : FAILED;
}

/* Explains why a profile has no keys. */
static enum found tell_empty(struct chain *c, const char *name, bool top)
{
    const struct profile *p = c->search->profile;
    const struct profile_file *a = &p->credentials, *b = &p->config;

    if (has(c, name, "sso_session") || has(c, name, "sso_start_url"))
        return tell_export(c, name, "it is one of SSO, which is not done "
                           "here");
    if (profile_known(p, name)) {
        why_not(c->why, "there are no keys in it");
        return NONE;
    }
    why_not(c->why, "it is not in %s (%s) and not in %s (%s)", a->path,
            a->why != NULL ? a->why : "other profiles are", b->path,
            b->why != NULL ? b->why : "other profiles are");
    return top && !p->named ? NONE : FAILED;
}

/*
 * Finds the keys of a profile: of the one in use (`top`), or of one that is
 * the source for a role; in the latter, keys take precedence over a role.
 */
static enum found from_profile(struct chain *c, const char *name, bool top)
{
    enum found found;

    begin(c, "profile ", name);
    if (has(c, name, "role_arn") && !has(c, name, "web_identity_token_file") &&
        (top || !has_keys(c, name)))
        return tell(c, assume_role(c, name));
    found = tell(c, from_web_identity(c, name, top &&
                                      !c->search->profile->option));
    if (found != NONE)
        return found;
    begin(c, "profile ", name);
    found = from_file(c, &c->search->profile->credentials, name);
    if (found == NONE)
        found = from_process(c, name);
    if (found == NONE)
        found = from_file(c, &c->search->profile->config, name);
    if (found == NONE)
        found = tell_empty(c, name, top);
    return tell(c, found);
}

bool chain_find(struct credentials *keys, const struct chain_search *search,
                char error[CHAIN_ERROR])
{
    const struct profile *p = search->profile;
    struct chain c = {.search = search, .keys = keys, .error = error};
    enum found found = NONE;

    memset(keys, 0, sizeof *keys);
    keys->expires = INT64_MAX;
    snprintf(error, CHAIN_ERROR, "no AWS credentials:");
    if (!p->option)
        found = from(&c, ENVIRONMENT);
    if (found == NONE)
        found = from_profile(&c, p->name, true);
    if (found == NONE)
        found = from(&c, CONTAINER);
    if (found == NONE)
        found = from(&c, INSTANCE);
    if (found == FOUND)
        return true;
    buf_wipe(keys, sizeof *keys);
    return false;
}
