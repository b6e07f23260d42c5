/* profile: see profile.h. */
#include "aws/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ----------------------------------------------------------- the syntax */

enum kind { NOTHING, SECTION, PROPERTY, MORE, WRONG };

struct reader {
    const char *at, *end;
    unsigned number;             /* of the line in hand, from 1 */
    bool section, property;      /* there was one; in this section */
    size_t indent;               /* of that property */
    struct profile_value name, value;    /* of the line in hand */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_comment(char c)
{
    return c == '#' || c == ';';
}

static struct profile_value trim(const char *text, const char *end)
{
    while (text < end && is_blank(*text))
        text++;
    while (text < end && is_blank(end[-1]))
        end--;
    return (struct profile_value){text, (size_t)(end - text)};
}

/* Takes the next line of what is left. */
static struct profile_value take_line(const char **at, const char *end)
{
    const char *start = *at;
    const char *lf = memchr(start, '\n', (size_t)(end - start));

    *at = lf == NULL ? end : lf + 1;
    return trim(start, lf == NULL ? end : lf);
}

static bool split(struct profile_value line, struct profile_value *name,
                  struct profile_value *value)
{
    const char *equal = memchr(line.text, '=', line.n);

    if (equal == NULL)
        return false;
    *name = trim(line.text, equal);
    *value = trim(equal + 1, line.text + line.n);
    return name->n > 0;
}

static enum kind read_section(struct reader *r, struct profile_value line)
{
    const char *bracket = memchr(line.text, ']', line.n);

    r->section = true;
    r->property = false;
    if (bracket == NULL)
        return WRONG;
    r->name = trim(line.text + 1, bracket);
    return SECTION;
}

static enum kind read_property(struct reader *r, struct profile_value line)
{
    size_t i;

    for (i = 1; i < line.n; i++)
        if (is_comment(line.text[i]) && is_blank(line.text[i - 1]))
            line.n = i;
    r->property = true;
    return r->section && split(line, &r->name, &r->value) ? PROPERTY : WRONG;
}

static enum kind read_line(struct reader *r)
{
    const char *start = r->at;
    struct profile_value line = take_line(&r->at, r->end);
    size_t indent = (size_t)(line.text - start);

    r->number++;
    if (line.n == 0 || is_comment(*line.text))
        return NOTHING;
    if (r->property && indent > r->indent) {
        r->value = line;
        return MORE;
    }
    r->indent = indent;
    return *line.text == '[' ? read_section(r, line) : read_property(r, line);
}

static struct reader reader(const struct profile_file *f)
{
    const char *text = f->text.len > 0 ? (const char *)f->text.data : "";

    return (struct reader){.at = text, .end = text + f->text.len};
}

bool profile_valid(const struct profile_file *f, char error[WHY_MAX])
{
    struct reader r = reader(f);

    if (memchr(r.at, '\0', f->text.len) != NULL)
        return why_not(error, "%s: it is not text: it has a NUL", f->path);
    while (r.at < r.end)
        if (read_line(&r) == WRONG)
            return why_not(error, "%s: line %u is wrong", f->path, r.number);
    return true;
}

static bool is(struct profile_value value, const char *word)
{
    return value.n == strlen(word) && memcmp(value.text, word, value.n) == 0;
}

/* Is a section's name, as it stands in brackets, the one that is wanted? In
   "profile x" and "services x", x may be in quotes. */
static bool names(struct profile_value name, enum profile_section kind,
                  const char *section)
{
    const char *word = kind == PROFILE_SERVICES ? "services" : "profile";
    size_t n = strlen(word);

    if (kind == PROFILE_CREDENTIALS)
        return is(name, section);
    if (name.n <= n || memcmp(name.text, word, n) != 0 ||
        !is_blank(name.text[n]))
        return false;
    name = trim(name.text + n, name.text + name.n);
    if (name.n > 2 && (*name.text == '"' || *name.text == '\'') &&
        name.text[name.n - 1] == *name.text)
        name = (struct profile_value){name.text + 1, name.n - 2};
    return is(name, section);
}

/*
 * Is there such a section? `found` is its property's value, or where `nested`
 * is not NULL, the value that this has in the lines under the property, which
 * then has none itself.
 */
static bool look(const struct profile_file *f, enum profile_section kind,
                 const char *section, const char *property,
                 const char *nested, struct profile_value *found)
{
    struct reader r = reader(f);
    bool there = false, mine = false;
    bool open = false;           /* the line before belongs to the property */

    *found = (struct profile_value){NULL, 0};
    while (r.at < r.end) {
        enum kind line = read_line(&r);

        if (line == WRONG)
            break;
        if (line == SECTION) {
            mine = names(r.name, kind, section);
            there |= mine;
        }
        if (line == PROPERTY) {
            open = mine && profile_is(r.name, property);
            if (open)
                *found = r.value;
            if (open && nested != NULL) {
                found->n = 0;
                open = r.value.n == 0 || is_comment(*r.value.text);
            }
        }
        if (line != MORE || !open)
            continue;
        if (nested == NULL)
            found->n = (size_t)(r.value.text + r.value.n - found->text);
        else if (split(r.value, &r.name, &r.value) &&
                 profile_is(r.name, nested))
            *found = r.value;
    }
    if (found->n == 0)
        found->text = NULL;
    return there;
}

/* A profile's property, and whether the file has the profile. */
static bool find(const struct profile_file *f, const char *profile,
                 const char *property, struct profile_value *found)
{
    /* else [default] stands for [profile default] */
    return look(f, f->kind, profile, property, NULL, found) ||
        (f->kind == PROFILE_CONFIG && strcmp(profile, "default") == 0 &&
         look(f, PROFILE_CREDENTIALS, profile, property, NULL, found));
}

struct profile_value profile_find(const struct profile_file *f,
                                  const char *profile, const char *property)
{
    struct profile_value found;

    find(f, profile, property, &found);
    return found;
}

bool profile_has(const struct profile_file *f, const char *profile)
{
    struct profile_value none;

    return find(f, profile, "", &none);
}

struct profile_value profile_nested(const struct profile_file *f,
                                    const char *services, const char *service,
                                    const char *property)
{
    struct profile_value found;

    look(f, PROFILE_SERVICES, services, service, property, &found);
    return found;
}

/* ------------------------------------------------------------ the files */

const char *profile_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

bool profile_read(struct buf *to, const char *path)
{
    unsigned char piece[4096];
    ssize_t n = -1;
    int fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return false;
    while ((n = read(fd, piece, sizeof piece)) > 0 ||
           (n < 0 && errno == EINTR))
        if (n > 0 && !buf_add(to, piece, (size_t)n)) {
            errno = EFBIG;
            break;
        }
    close(fd);
    buf_wipe(piece, sizeof piece);
    return n == 0;
}

static bool load_file(struct profile_file *f, const char *variable,
                      const char *usual, char error[WHY_MAX])
{
    const char *path = profile_variable(variable);
    const char *home = "";

    buf_init(&f->text, PROFILE_FILE_MAX);
    if (path == NULL)
        path = usual;
    if (strncmp(path, "~/", 2) == 0) {
        home = profile_variable("HOME");
        path += home != NULL;
    }
    if ((size_t)snprintf(f->path, sizeof f->path, "%s%s", home == NULL ? ""
                         : home, path) >= sizeof f->path)
        return why_not(error, "%s, or HOME, is too long", variable);
    if (home == NULL) {
        f->why = "HOME is not set";
        return true;
    }
    if (profile_read(&f->text, f->path))
        return profile_valid(f, error);
    f->why = strerror(errno);
    /* it is not there, or its folder is shut */
    return access(f->path, F_OK) < 0 ||
        why_not(error, "%s: %s", f->path, f->why);
}

bool profile_load(struct profile *p, const char *name, char error[WHY_MAX])
{
    memset(p, 0, sizeof *p);
    p->config.kind = PROFILE_CONFIG;
    p->option = name != NULL && *name != '\0';
    if (!p->option)
        name = profile_variable("AWS_PROFILE");
    if (name == NULL)
        name = profile_variable("AWS_DEFAULT_PROFILE");
    p->named = name != NULL;
    if (!profile_copy(p->name, sizeof p->name,
                      profile_string(p->named ? name : "default")))
        return why_not(error, "the AWS profile's name is longer than %zu bytes",
                       sizeof p->name - 1);
    return load_file(&p->credentials, "AWS_SHARED_CREDENTIALS_FILE",
                     "~/.aws/credentials", error) &&
        load_file(&p->config, "AWS_CONFIG_FILE", "~/.aws/config", error);
}

void profile_free(struct profile *p)
{
    buf_free(&p->credentials.text);
    buf_free(&p->config.text);
}

bool profile_known(const struct profile *p, const char *name)
{
    return profile_has(&p->credentials, name) || profile_has(&p->config, name);
}

struct profile_value profile_get(const struct profile *p, const char *name,
                                 const char *property)
{
    struct profile_value value = profile_find(&p->credentials, name, property);

    return value.text != NULL ? value
                              : profile_find(&p->config, name, property);
}

struct profile_value profile_setting(const struct profile *p,
                                     const char *variable)
{
    const char *text = profile_variable(variable);

    return text != NULL ? profile_string(text)
        : profile_get(p, p->name, variable + strlen("AWS_"));
}

struct profile_value profile_string(const char *text)
{
    return (struct profile_value){text, text == NULL ? 0 : strlen(text)};
}

bool profile_is(struct profile_value value, const char *word)
{
    return value.n == strlen(word) &&
        strncasecmp(value.text, word, value.n) == 0;
}

bool profile_on(const struct profile *p, const char *variable)
{
    return profile_is(profile_setting(p, variable), "true");
}

bool profile_copy(char *to, size_t size, struct profile_value value)
{
    *to = '\0';
    if (value.text == NULL || value.n >= size)
        return false;
    memcpy(to, value.text, value.n);
    to[value.n] = '\0';
    return true;
}
