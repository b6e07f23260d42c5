/* profile: see profile.h. */
#include "profile.h"

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

static struct reader reader(const char *text, size_t n)
{
    if (n == 0)
        text = "";
    return (struct reader){.at = text, .end = text + n};
}

bool profile_valid(const char *text, size_t n, char *error, size_t size)
{
    struct reader r = reader(text, n);

    if (n > 0 && memchr(text, '\0', n) != NULL) {
        snprintf(error, size, "it is not text: it has a NUL");
        return false;
    }
    while (r.at < r.end)
        if (read_line(&r) == WRONG) {
            snprintf(error, size, "line %u is wrong", r.number);
            return false;
        }
    return true;
}

static bool is(struct profile_value value, const char *word)
{
    return value.text != NULL && value.n == strlen(word) &&
        memcmp(value.text, word, value.n) == 0;
}

/* "profile x" and "services x", x perhaps in quotes: x, or nothing. */
static struct profile_value after(struct profile_value name, const char *word)
{
    const struct profile_value none = {NULL, 0};
    size_t n = strlen(word);

    if (name.n <= n || memcmp(name.text, word, n) != 0 ||
        !is_blank(name.text[n]))
        return none;
    name = trim(name.text + n, name.text + name.n);
    if (name.n > 2 && (*name.text == '"' || *name.text == '\'') &&
        name.text[name.n - 1] == *name.text)
        name = (struct profile_value){name.text + 1, name.n - 2};
    return name;
}

/* Is a section's name, as it stands in brackets, the one that is wanted?
   `bare` is whether [default] may stand for [profile default]. */
static bool names(struct profile_value name, enum profile_section kind,
                  const char *section, bool bare)
{
    if (kind == PROFILE_CREDENTIALS)
        return is(name, section);
    if (kind == PROFILE_SERVICES)
        return is(after(name, "services"), section);
    return is(after(name, "profile"), section) ||
        (bare && strcmp(section, "default") == 0 && is(name, section));
}

static bool has(const char *text, size_t n, enum profile_section kind,
                const char *section, bool bare)
{
    struct reader r = reader(text, n);

    while (r.at < r.end) {
        enum kind line = read_line(&r);

        if (line == SECTION && names(r.name, kind, section, bare))
            return true;
        if (line == WRONG)
            break;
    }
    return false;
}

bool profile_has(const char *text, size_t n, enum profile_section kind,
                 const char *section)
{
    return has(text, n, kind, section, true);
}

static bool called(struct profile_value name, const char *property)
{
    return name.n == strlen(property) &&
        strncasecmp(name.text, property, name.n) == 0;
}

struct profile_value profile_find(const char *text, size_t n,
                                  enum profile_section kind,
                                  const char *section, const char *property)
{
    struct profile_value found = {NULL, 0};
    struct reader r = reader(text, n);
    bool bare = !has(text, n, kind, section, false), mine = false;
    bool open = false;           /* the line before is part of `found` */

    while (r.at < r.end) {
        enum kind line = read_line(&r);

        if (line == WRONG)
            break;
        if (line == SECTION)
            mine = names(r.name, kind, section, bare);
        if (line == PROPERTY) {
            open = mine && called(r.name, property);
            if (open)
                found = r.value;
        }
        if (line == MORE && open)
            found.n = (size_t)(r.value.text + r.value.n - found.text);
    }
    if (found.n == 0)
        found.text = NULL;
    return found;
}

struct profile_value profile_nested(struct profile_value block,
                                    const char *property)
{
    struct profile_value found = {NULL, 0}, name, value;
    const char *at = block.text, *end;

    if (block.n == 0)
        return found;
    end = at + block.n;
    name = take_line(&at, end);
    if (name.n > 0 && !is_comment(*name.text))
        return found;            /* it has a value of its own */
    while (at < end) {
        struct profile_value line = take_line(&at, end);

        if (line.n > 0 && !is_comment(*line.text) &&
            split(line, &name, &value) && called(name, property))
            found = value;
    }
    if (found.n == 0)
        found.text = NULL;
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
                      const char *usual, char *error, size_t size)
{
    const char *path = profile_variable(variable);
    const char *home = profile_variable("HOME");
    char why[64];
    int n;

    buf_init(&f->text, PROFILE_FILE_MAX);
    if (path == NULL)
        path = usual;
    if (strncmp(path, "~/", 2) != 0)
        home = "";
    else if (home == NULL)
        snprintf(f->why, sizeof f->why, "HOME is not set");
    else
        path++;
    n = snprintf(f->path, sizeof f->path, "%s%s", home == NULL ? "" : home,
                 path);
    if (home == NULL)
        return true;
    if ((size_t)n >= sizeof f->path) {
        snprintf(error, size, "the name of AWS's %s file is too long",
                 f->kind == PROFILE_CONFIG ? "config" : "credentials");
        return false;
    }
    if (!profile_read(&f->text, f->path)) {
        snprintf(f->why, sizeof f->why, "%s", strerror(errno));
        if (access(f->path, F_OK) < 0)
            return true;         /* it is not there, or its folder is shut */
        snprintf(error, size, "%s: %s", f->path, f->why);
        return false;
    }
    if (profile_valid((char *)f->text.data, f->text.len, why, sizeof why))
        return true;
    snprintf(error, size, "%s: %s", f->path, why);
    return false;
}

bool profile_load(struct profile *p, const char *name, char *error,
                  size_t size)
{
    memset(p, 0, sizeof *p);
    p->credentials.kind = PROFILE_CREDENTIALS;
    p->config.kind = PROFILE_CONFIG;
    p->option = name != NULL && *name != '\0';
    if (!p->option)
        name = profile_variable("AWS_PROFILE");
    if (name == NULL)
        name = profile_variable("AWS_DEFAULT_PROFILE");
    p->named = name != NULL;
    if (name == NULL)
        name = "default";
    if (strlen(name) >= sizeof p->name) {
        snprintf(error, size, "the AWS profile's name is longer than %zu "
                 "bytes", sizeof p->name - 1);
        return false;
    }
    memcpy(p->name, name, strlen(name) + 1);
    return load_file(&p->credentials, "AWS_SHARED_CREDENTIALS_FILE",
                     "~/.aws/credentials", error, size) &&
        load_file(&p->config, "AWS_CONFIG_FILE", "~/.aws/config", error,
                  size);
}

void profile_free(struct profile *p)
{
    buf_free(&p->credentials.text);
    buf_free(&p->config.text);
}

bool profile_known(const struct profile *p, const char *name)
{
    const struct buf *a = &p->credentials.text, *b = &p->config.text;

    return profile_has((char *)a->data, a->len, PROFILE_CREDENTIALS, name) ||
        profile_has((char *)b->data, b->len, PROFILE_CONFIG, name);
}

struct profile_value profile_get(const struct profile *p, const char *name,
                                 const char *property)
{
    const struct buf *a = &p->credentials.text, *b = &p->config.text;
    struct profile_value value;

    value = profile_find((char *)a->data, a->len, PROFILE_CREDENTIALS, name,
                         property);
    if (value.text == NULL)
        value = profile_find((char *)b->data, b->len, PROFILE_CONFIG, name,
                             property);
    return value;
}

struct profile_value profile_setting(const struct profile *p,
                                     const char *variable,
                                     const char *property)
{
    const char *text = profile_variable(variable);

    if (text != NULL)
        return (struct profile_value){text, strlen(text)};
    return profile_get(p, p->name, property);
}

bool profile_true(struct profile_value value)
{
    return value.n == 4 && strncasecmp(value.text, "true", 4) == 0;
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
