/*
 * profile.c: a parser with the syntax of Python's configparser, which joins
 * continued values in place, and lookups in the credentials and config files.
 */
#include "aws/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/env.h"
#include "json.h"
#include "aws/process.h"

/* ----------------------------------------------------------- the syntax */

/* The section from which the others inherit, and its number. */
static const char inherited[] = "DEFAULT";
enum { INHERITED = 1 };

struct reader {
    struct profile_file *f;
    char *at, *end;              /* of the unread text */
    unsigned line;               /* of the current line, from 1 */
    unsigned section;            /* of the current section, or 0 */
    unsigned last;               /* highest section number */
    bool property;               /* the last entry can be continued */
    size_t blanks;               /* empty lines since the value's last line */
    size_t indent;               /* of the current section or property */
    char *error;
};

/* Returns whether the `n` bytes (1 to 3) are one blank character, as in
   Python's str.strip(). */
static bool is_blank(const char *at, size_t n)
{
    static const char others[][4] = {
        "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
        "\xe2\x81\x9f", "\xe3\x80\x80"
    };
    const unsigned char *c = (const unsigned char *)at;
    size_t i;

    if (n == 1)
        return (*c >= 9 && *c <= 13) || (*c >= 0x1c && *c <= ' ');
    if (n == 2)
        return c[0] == 0xc2 && (c[1] == 0x85 || c[1] == 0xa0);
    if (c[0] == 0xe2 && c[1] == 0x80 && c[2] <= 0x8a)
        return true;
    for (i = 0; i < sizeof others / sizeof others[0]; i++)
        if (memcmp(at, others[i], 3) == 0)
            return true;
    return false;
}

/* Returns the length of the blank character at the start of the text, or 0. */
static size_t first_blank(const char *text, const char *end)
{
    size_t n;

    for (n = 1; n <= 3 && n <= (size_t)(end - text); n++)
        if (is_blank(text, n))
            return n;
    return 0;
}

/* Returns the length of the blank character at the end of the text, or 0. */
static size_t last_blank(const char *text, const char *end)
{
    size_t n;

    for (n = 1; n <= 3 && n <= (size_t)(end - text); n++)
        if (is_blank(end - n, n))
            return n;
    return 0;
}

static struct profile_value trim(const char *text, const char *end)
{
    size_t n;

    while ((n = first_blank(text, end)) > 0)
        text += n;
    while ((n = last_blank(text, end)) > 0)
        end -= n;
    return (struct profile_value){text, (size_t)(end - text)};
}

/* Returns whether the character ends a line for Python's str.splitlines(),
   with which botocore splits a block. */
static bool ends_line(const char *at, const char *end)
{
    size_t n = first_blank(at, end);

    return (n == 1 && *at != '\t' && *at != ' ' && *at != 0x1f) ||
        (n == 2 && at[1] == '\x85') ||
        (n == 3 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 ||
                    memcmp(at, "\xe2\x80\xa9", 3) == 0));
}

/* Reads the next line of a block. */
static struct profile_value take_block_line(const char **at, const char *end)
{
    const char *start = *at, *stop = start;

    while (stop < end && !ends_line(stop, end))
        stop++;
    *at = stop + (stop < end ? first_blank(stop, end) : 0);
    return trim(start, stop);
}

/* Returns whether all lines of a block that are not empty contain a "=". */
static bool check_block(const char *at, const char *end)
{
    while (at < end) {
        struct profile_value line = take_block_line(&at, end);

        if (line.n > 0 && memchr(line.text, '=', line.n) == NULL)
            return false;
    }
    return true;
}

static bool is(struct profile_value value, const char *word)
{
    return value.n == strlen(word) && memcmp(value.text, word, value.n) == 0;
}

static const struct profile_entry *entries(const struct profile_file *f)
{
    return (const void *)f->entries.data;
}

static size_t count(const struct profile_file *f)
{
    return f->entries.len / sizeof(struct profile_entry);
}

/* Writes an error about the current line. It quotes nothing, since the line
   may contain a misplaced secret. Returns false. */
static bool wrong(const struct reader *r, const char *what)
{
    return why_not(r->error, "%s: line %u %s", r->f->path, r->line, what);
}

/* Reads the next line, which ends with CR, LF or CR LF. `indent` receives the
   number of blank characters at its start. */
static struct profile_value take_line(struct reader *r, size_t *indent)
{
    const char *start = r->at, *stop = start;
    size_t n;

    while (stop < r->end && *stop != '\n' && *stop != '\r')
        stop++;
    r->at += stop - start;
    if (r->at < r->end && *r->at++ == '\r' && r->at < r->end && *r->at == '\n')
        r->at++;
    r->line++;
    for (*indent = 0; (n = first_blank(start, stop)) > 0; ++*indent)
        start += n;
    return trim(start, stop);
}

static bool add_entry(const struct reader *r, struct profile_value name,
                      struct profile_value value)
{
    const struct profile_entry entry = {name, value, r->section, r->line};

    return buf_add(&r->f->entries, &entry, sizeof entry) ||
        why_not(r->error, "%s: it has more than %d sections and properties",
                r->f->path, PROFILE_ENTRIES_MAX);
}

/* Returns whether the line begins a section. The name ends at the last "]". */
static bool is_section(struct profile_value line, struct profile_value *name)
{
    const char *bracket = memrchr(line.text, ']', line.n);

    if (*line.text != '[' || bracket == NULL || bracket == line.text + 1)
        return false;
    *name = (struct profile_value){line.text + 1,
                                   (size_t)(bracket - line.text) - 1};
    return true;
}

static bool read_section(struct reader *r, struct profile_value name)
{
    r->property = false;
    r->section = is(name, inherited) ? INHERITED : ++r->last;
    return add_entry(r, name, profile_string(NULL));
}

static bool read_property(struct reader *r, struct profile_value line)
{
    const char *end = line.text + line.n, *at = line.text;
    struct profile_value name;

    if (r->section == 0)
        return wrong(r, "stands before any section: put a line such as "
                     "[default] above it");
    while (at < end && *at != '=' && *at != ':')
        at++;
    name = trim(line.text, at);
    if (at == end || name.n == 0)
        return wrong(r, "is neither [section] nor name = value: correct it, "
                     "or put a # before it");
    r->property = true;
    r->blanks = 0;
    return add_entry(r, name, trim(at + 1, end));
}

/* Appends a continuation line to the value, in the text of the file. It always
   fits, because each line has lost at least its newline. */
static bool read_more(struct reader *r, struct profile_value line)
{
    struct profile_entry *open = (void *)
        (r->f->entries.data + r->f->entries.len - sizeof *open);
    struct profile_value *value = &open->value;
    char *text = (char *)r->f->text.data;
    char *to = text + (value->text - text) + value->n;

    if ((value->n == 0 || *value->text == '\n') &&
        !check_block(line.text, line.text + line.n))
        return wrong(r, "belongs to a property without a value and is not "
                     "name = value: correct it, or join it with the line "
                     "above");
    memset(to, '\n', r->blanks + 1);
    memmove(to + r->blanks + 1, line.text, line.n);
    value->n += r->blanks + 1 + line.n;
    r->blanks = 0;
    return true;
}

static bool read_line(struct reader *r)
{
    size_t indent;
    struct profile_value line = take_line(r, &indent), name;

    if (line.n == 0) {
        r->blanks++;
        return true;
    }
    if (*line.text == '#' || *line.text == ';')
        return true;
    if (r->property && indent > r->indent)
        return read_more(r, line);
    r->indent = indent;
    return is_section(line, &name) ? read_section(r, name)
                                   : read_property(r, line);
}

/* Returns whether the text is UTF-8 without a NUL. Skips a byte order mark. */
static bool check_text(struct reader *r)
{
    static const unsigned char utf8[] = {0xef, 0xbb, 0xbf};
    const unsigned char *at = (const unsigned char *)r->at;
    const unsigned char *end = (const unsigned char *)r->end;
    struct reader place = *r;
    const char *what = "is not UTF-8 (Windows-1252?): save the file as UTF-8";
    size_t n, indent;

    if (end - at >= 2 && ((at[0] == 0xff && at[1] == 0xfe) ||
                          (at[0] == 0xfe && at[1] == 0xff)))
        return why_not(r->error, "%s: it is UTF-16: save it as UTF-8",
                       r->f->path);
    if (end - at >= 3 && memcmp(at, utf8, 3) == 0)
        r->at += 3;
    while (at < end && *at != '\0' &&
           (n = text_utf8_length(at, (size_t)(end - at))) > 0)
        at += n;
    if (at == end)
        return true;
    if (*at == '\0')
        what = "has a NUL byte: the file is not text";
    do
        take_line(&place, &indent);
    while (place.at <= (const char *)at && place.at < place.end);
    return wrong(&place, what);
}

static int compare_text(struct profile_value a, struct profile_value b,
                        bool any_case)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = any_case ? strncasecmp(a.text, b.text, n)
                         : memcmp(a.text, b.text, n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/* Orders sections by name, and after them properties by section and name;
   equal ones by line. */
static int compare(const void *x, const void *y)
{
    const struct profile_entry *a = x, *b = y;
    bool a_section = a->value.text == NULL, b_section = b->value.text == NULL;
    int order = b_section - a_section;

    if (order == 0 && !a_section)
        order = (a->section > b->section) - (a->section < b->section);
    if (order == 0)
        order = compare_text(a->name, b->name, !a_section);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static bool same(const struct profile_entry *a, const struct profile_entry *b)
{
    bool section = a->value.text == NULL;

    return section == (b->value.text == NULL) &&
        (section || a->section == b->section) &&
        compare_text(a->name, b->name, !section) == 0 &&
        !(section && a->section == INHERITED);
}

/* Returns whether no section, and no property of a section, occurs twice.
   Reports the duplicate that comes first in the file. */
static bool check_doubles(const struct reader *r)
{
    const struct profile_entry *first = NULL, *second = NULL;
    size_t n = count(r->f);
    struct profile_entry *e;
    struct buf sorted;
    bool good;

    buf_init(&sorted, r->f->entries.max);
    if (n > 1 && buf_add(&sorted, r->f->entries.data, r->f->entries.len)) {
        e = (void *)sorted.data;
        qsort(e, n, sizeof *e, compare);
        for (size_t i = 1; i < n; i++)
            if (same(&e[i - 1], &e[i]) &&
                (second == NULL || e[i].line < second->line)) {
                first = &e[i - 1];
                second = &e[i];
            }
    }
    good = !sorted.failed || why_not(r->error, "%s: out of memory",
                                     r->f->path);
    if (second != NULL)
        good = why_not(r->error, "%s: line %u %s line %u: %s", r->f->path,
                       second->line, second->value.text == NULL
                       ? "begins the same section as"
                       : "sets the same property as", first->line,
                       second->value.text == NULL ? "merge the two"
                       : "remove one of the two");
    buf_free(&sorted);
    return good;
}

bool profile_parse(struct profile_file *f, char error[WHY_MAX])
{
    char *text = f->text.len > 0 ? (char *)f->text.data : NULL;
    struct reader r = {.f = f, .at = text, .end = text, .last = INHERITED,
        .error = error};

    buf_init(&f->entries, PROFILE_ENTRIES_MAX * sizeof(struct profile_entry));
    if (text == NULL)
        return true;
    r.end += f->text.len;
    if (!check_text(&r))
        return false;
    while (r.at < r.end)
        if (!read_line(&r))
            return false;
    return check_doubles(&r);
}

/* Returns whether a section's name is "word x", where x is `name` and can be
   quoted. As in botocore, more letters can follow the word. */
static bool names(struct profile_value section, const char *word,
                  const char *name)
{
    char room[PROCESS_LINE_MAX + 1], *words[PROCESS_WORDS_MAX + 1];
    char why[WHY_MAX];
    size_t n = strlen(word);

    return section.n > n && memcmp(section.text, word, n) == 0 &&
        process_split(section.text, section.n, room, words, why) == 2 &&
        strcmp(words[1], name) == 0;
}

/* Returns the number of a section, or 0. The last one counts, as [profile x]
   and [profile "x"] are two sections of one profile. */
static unsigned find_section(const struct profile_file *f,
                             enum profile_section kind, const char *name)
{
    const struct profile_entry *e = entries(f);
    unsigned found = 0;
    size_t i;

    for (i = 0; i < count(f); i++) {
        bool config = kind == PROFILE_CONFIG;
        bool plain = !config ? kind == PROFILE_CREDENTIALS
                             : strcmp(name, "default") == 0;

        if (e[i].value.text != NULL || e[i].section == INHERITED)
            continue;
        if ((plain && is(e[i].name, name)) ||
            (config && names(e[i].name, "profile", name)) ||
            (kind == PROFILE_SERVICES && names(e[i].name, "services", name)))
            found = e[i].section;
    }
    return found;
}

static struct profile_value find_property(const struct profile_file *f,
                                          unsigned section,
                                          const char *property)
{
    const struct profile_entry *e = entries(f);
    size_t i;

    for (i = 0; i < count(f); i++)
        if (e[i].section == section && e[i].value.text != NULL &&
            profile_is(e[i].name, property))
            return e[i].value;
    return profile_string(NULL);
}

static struct profile_value find(const struct profile_file *f,
                                 enum profile_section kind, const char *name,
                                 const char *property)
{
    unsigned section = find_section(f, kind, name);
    struct profile_value found = profile_string(NULL);

    if (section != 0)
        found = find_property(f, section, property);
    if (section != 0 && found.text == NULL)
        found = find_property(f, INHERITED, property);
    return found;
}

struct profile_value profile_find(const struct profile_file *f,
                                  const char *profile, const char *property)
{
    return find(f, f->kind, profile, property);
}

bool profile_has(const struct profile_file *f, const char *profile)
{
    return find_section(f, f->kind, profile) != 0;
}

bool profile_is_block(struct profile_value value)
{
    return value.n > 0 && *value.text == '\n';
}

struct profile_value profile_member(struct profile_value block,
                                    const char *property)
{
    struct profile_value found = profile_string(NULL);
    const char *at = block.text, *end;

    if (!profile_is_block(block))
        return found;
    end = at + block.n;
    while (at < end) {
        struct profile_value line = take_block_line(&at, end);
        const char *equal = line.n == 0 ? NULL
            : memchr(line.text, '=', line.n);

        if (equal != NULL && is(trim(line.text, equal), property))
            found = trim(equal + 1, line.text + line.n);
    }
    return found;
}

struct profile_value profile_nested(const struct profile_file *f,
                                     const char *services, const char *service,
                                     const char *property)
{
    return profile_member(find(f, PROFILE_SERVICES, services, service),
                          property);
}

/* ------------------------------------------------------------ the files */

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
    const char *path = env_get(variable);
    const char *home = "";

    buf_init(&f->text, PROFILE_FILE_MAX);
    if (path == NULL)
        path = usual;
    if (strncmp(path, "~/", 2) == 0) {
        home = env_get("HOME");
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
        return profile_parse(f, error);
    f->why = strerror(errno);
    /* not an error if it does not exist or its folder cannot be searched */
    return access(f->path, F_OK) < 0 ||
        why_not(error, "%s: %s", f->path, f->why);
}

bool profile_load(struct profile *p, const char *name, char error[WHY_MAX])
{
    memset(p, 0, sizeof *p);
    p->config.kind = PROFILE_CONFIG;
    p->option = name != NULL && *name != '\0';
    if (!p->option)
        name = env_get("AWS_PROFILE");
    if (name == NULL)
        name = env_get("AWS_DEFAULT_PROFILE");
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
    buf_free(&p->credentials.entries);
    buf_free(&p->config.text);
    buf_free(&p->config.entries);
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
    struct profile_value value = profile_string(env_get(variable));

    if (value.text == NULL)
        value = profile_get(p, p->name, variable + strlen("AWS_"));
    return value.n > 0 ? value : profile_string(NULL);
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
