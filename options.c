/* options: see options.h. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "item.h"
#include "json.h"
#include "tables.h"

/* ------------------------------------------------------------ the table */

/* Values of the options that have no letter. */
enum {
    O_TEXT = 256, O_TYPE, O_RESOURCE_TYPE, O_RESERVE, O_SKIP_STORED, O_REUSE,
    O_FAILED, O_LIMIT, O_MAX_ERRORS, O_SHARD, O_MAX_ATTEMPTS, O_PROGRESS,
    O_TIMEOUT, O_CONNECT_TIMEOUT, O_CACERT, O_REGION, O_PROFILE,
    O_ENDPOINT_URL, O_COMPLETION, O_VIA, O_BY,
    /* of list */
    O_PREFIX, O_TAG, O_FOLDER, O_SEARCH, O_SINCE, O_COLUMNS,
    /* of table */
    O_SORT, O_ON_DEMAND, O_READ, O_WRITE, O_TABLE_TAG, O_WAIT, O_YES
};

/* Commands, a bit each. */
enum {
    RUN = 1 << OPTIONS_RUN,
    LIST = 1 << OPTIONS_LIST,
    EXTRACT = 1 << OPTIONS_EXTRACT,
    TABLE = 1 << OPTIONS_TABLE,
    CHECK = 1 << OPTIONS_CHECK,
    CALLING = RUN | TABLE | CHECK,       /* that call DynamoDB, */
    NETWORK = CALLING | LIST,            /* or anybody */
    ALL = (1 << OPTIONS_COMMANDS) - 1
};

const char *const options_names[OPTIONS_COMMANDS] = {
    [OPTIONS_RUN] = "run",
    [OPTIONS_LIST] = "list",
    [OPTIONS_EXTRACT] = "extract",
    [OPTIONS_TABLE] = "table",
    [OPTIONS_CHECK] = "check"
};

const struct options_row options_table[] = {
    {"table", 't', "TABLE", RUN | CHECK},
    {"key", 'k', "NAME", CALLING},
    {"text", O_TEXT, "NAME", RUN},
    {"attr", 'a', "NAME=POINTER", RUN},
    {"set", 's', "NAME=VALUE", RUN},
    {"ocr", 'o', "VALUE", RUN},
    {"type", O_TYPE, "TYPE", RUN | LIST},
    {"resource-type", O_RESOURCE_TYPE, "TYPE", RUN | LIST},
    {"via", O_VIA, "update|explicit", RUN},
    {"by", O_BY, "public_id|asset_id", RUN},
    {"prefix", O_PREFIX, "PREFIX", LIST},
    {"tag", O_TAG, "TAG", LIST},
    {"folder", O_FOLDER, "FOLDER", LIST},
    {"search", O_SEARCH, "EXPRESSION", LIST},
    {"since", O_SINCE, "TIME", LIST},
    {"columns", O_COLUMNS, "NAME,...", LIST},
    {"rate", 'r', "N/s|m|h|d", RUN | LIST},
    {"reserve", O_RESERVE, "N|N%", RUN | LIST},
    {"skip-stored", O_SKIP_STORED, NULL, RUN},
    {"reuse", O_REUSE, NULL, RUN},
    {"checkpoint", 'c', "FILE", RUN | LIST},
    {"failed", O_FAILED, "FILE", RUN},
    {"limit", O_LIMIT, "N", RUN | LIST},
    {"max-errors", O_MAX_ERRORS, "N", RUN},
    {"shard", O_SHARD, "I/N", RUN},
    {"max-attempts", O_MAX_ATTEMPTS, "N", NETWORK},
    {"dry-run", 'n', NULL, RUN},
    {"pointer", 'p', "POINTER", EXTRACT},
    {"sort", O_SORT, "NAME", TABLE},
    {"on-demand", O_ON_DEMAND, NULL, TABLE},
    {"read", O_READ, "N", TABLE},
    {"write", O_WRITE, "N", TABLE},
    {"tag", O_TABLE_TAG, "NAME=VALUE", TABLE},
    {"wait", O_WAIT, NULL, TABLE},
    {"yes", O_YES, NULL, TABLE},
    {"null", '0', NULL, RUN | LIST | EXTRACT},
    {"format", 'f', "tsv|jsonl|csv|text", RUN | LIST},
    {"quiet", 'q', NULL, RUN | LIST | TABLE},
    {"verbose", 'v', NULL, NETWORK},
    {"progress", O_PROGRESS, "auto|always|never", RUN | LIST | TABLE},
    {"timeout", O_TIMEOUT, "SECONDS", NETWORK},
    {"connect-timeout", O_CONNECT_TIMEOUT, "SECONDS", NETWORK},
    {"cacert", O_CACERT, "FILE", NETWORK},
    {"region", O_REGION, "REGION", CALLING},
    {"profile", O_PROFILE, "NAME", CALLING},
    {"endpoint-url", O_ENDPOINT_URL, "URL", CALLING},
    {"help", 'h', NULL, ALL},
    {"version", 'V', NULL, RUN},
    {"completion", O_COMPLETION, "bash|zsh|fish", RUN}
};

enum { ROWS_N = sizeof options_table / sizeof options_table[0] };

const size_t options_rows = ROWS_N;

/* --------------------------------------------------------- what is wrong */

static bool complain(enum options_command command, const char *format,
                     va_list ap)
    __attribute__((format(printf, 2, 0)));

static bool complain(enum options_command command, const char *format,
                     va_list ap)
{
    char text[512], safe[512];
    const char *name = options_names[command];

    vsnprintf(text, sizeof text, format, ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    report_say("%s (ocrdyn%s%s -h shows how it goes)", safe,
               command == OPTIONS_RUN ? "" : " ",
               command == OPTIONS_RUN ? "" : name);
    return false;
}

bool options_wrong(enum options_command command, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    complain(command, format, ap);
    va_end(ap);
    return false;
}

static enum options_command command;     /* whose line is being parsed */

static bool wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static bool wrong(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    complain(command, format, ap);
    va_end(ap);
    return false;
}

/* ---------------------------------------------------------------- values */

static bool take_number(uint64_t *to, const char *name, const char *value,
                        uint64_t max)
{
    uint64_t n;
    char *end;

    errno = 0;
    n = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || n < 1 ||
        n > max)
        return wrong("%s: \"%s\" is not a number from 1 to %" PRIu64, name,
                     value, max);
    *to = n;
    return true;
}

static bool take_seconds(int64_t *to, const char *name, const char *value)
{
    uint64_t n = 0;

    if (!take_number(&n, name, value, 86400))
        return false;
    *to = (int64_t)n * CLOCK_SECOND;
    return true;
}

static bool take_units(int64_t *to, const char *name, const char *value)
{
    uint64_t n = 0;

    if (!take_number(&n, name, value, INT32_MAX))
        return false;
    *to = (int64_t)n;
    return true;
}

/* The digits that `value` begins with, up to 10^9, or 0; *rest is what
   follows them. */
static int64_t number_before(const char *value, const char **rest)
{
    int64_t n = 0;

    for (; *value >= '0' && *value <= '9'; value++)
        n = n < 1000000000 ? n * 10 + *value - '0' : n;
    *rest = value;
    return n <= 1000000000 ? n : 0;
}

/* N/s, N/m, N/h, N/d */
static bool take_rate(struct options *o, const char *value)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    const char *rest, *unit;

    o->rate = number_before(value, &rest);
    unit = rest[0] == '/' && rest[1] != '\0' ? strchr(units, rest[1]) : NULL;
    if (o->rate < 1 || unit == NULL || rest[2] != '\0')
        return wrong("--rate: \"%s\" is not like 400/h (s, m, h or d)",
                     value);
    o->window = seconds[unit - units] * CLOCK_SECOND;
    return true;
}

/* N or N% */
static bool take_reserve(struct options *o, const char *value)
{
    const char *rest;

    o->reserve = number_before(value, &rest);
    o->percent = *rest == '%';
    if (rest == value || rest[o->percent] != '\0' ||
        (o->percent && o->reserve > 99))
        return wrong("--reserve: \"%s\" is neither a number of calls nor a "
                     "percentage up to 99%%", value);
    return true;
}

/* I/N */
static bool take_shard(struct options *o, const char *value)
{
    const char *rest, *end = "-";

    o->shard = number_before(value, &rest);
    o->shards = *rest == '/' ? number_before(rest + 1, &end) : 0;
    if (*end != '\0' || o->shard < 1 || o->shard > o->shards ||
        o->shards > 100000)
        return wrong("--shard: \"%s\" is not I/N, with I from 1 to N",
                     value);
    return true;
}

static bool take_progress(enum report_progress *to, const char *value)
{
    static const char *const names[] = {"auto", "always", "never"};
    int i;

    for (i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            *to = (enum report_progress)i;
            return true;
        }
    return wrong("--progress: \"%s\" is not auto, always or never", value);
}

/* NAME=VALUE; cuts the option's argument in place, as argv allows. */
static bool take_attribute(struct options_attribute *list, unsigned *n,
                           const char *name, char *value)
{
    char *equal = strchr(value, '=');

    if (*n >= OPTIONS_ATTRIBUTES_MAX)
        return wrong("%s: at most %d of them", name, OPTIONS_ATTRIBUTES_MAX);
    if (equal == NULL || equal == value)
        return wrong("%s: \"%s\" is not NAME=...", name, value);
    *equal = '\0';
    list[*n].name = value;
    list[*n].value = equal + 1;
    (*n)++;
    return true;
}

/* One of two words. */
static bool take_either(bool *second, const char *name, const char *value,
                        const char *a, const char *b)
{
    *second = strcmp(value, b) == 0;
    return *second || strcmp(value, a) == 0 ||
        wrong("%s: \"%s\" is neither %s nor %s", name, value, a, b);
}

/* A,B,...; cuts the option's argument in place. */
static bool take_columns(struct options *o, char *value)
{
    do {
        char *comma = strchr(value, ',');

        if (o->n_columns == OPTIONS_COLUMNS_MAX)
            return wrong("--columns: at most %d of them", OPTIONS_COLUMNS_MAX);
        o->columns[o->n_columns++] = value;
        if (comma != NULL)
            *comma++ = '\0';
        value = comma;
    } while (value != NULL);
    return true;
}

static bool take(struct options *o, int id, char *value)
{
    switch (id) {
    case 't': o->table = value; return true;
    case 'k': o->key = value; return true;
    case O_TEXT: o->text = value; return true;
    case 'a': return take_attribute(o->attrs, &o->n_attrs, "--attr", value);
    case 's': return take_attribute(o->sets, &o->n_sets, "--set", value);
    case 'o': o->ocr = value; return true;
    case O_TYPE: o->type = value; return true;
    case O_RESOURCE_TYPE: o->resource_type = value; return true;
    case 'r': return take_rate(o, value);
    case O_RESERVE: return take_reserve(o, value);
    case O_SKIP_STORED: o->skip_stored = true; return true;
    case O_REUSE: o->reuse = true; return true;
    case 'c': o->checkpoint = value; return true;
    case O_FAILED: o->failed = value; return true;
    case O_LIMIT: return take_number(&o->limit, "--limit", value, INT64_MAX);
    case O_MAX_ERRORS:
        return take_number(&o->max_errors, "--max-errors", value, INT64_MAX);
    case O_SHARD: return take_shard(o, value);
    case O_MAX_ATTEMPTS:
        return take_number(&o->max_attempts, "--max-attempts", value, 1000);
    case 'n': o->dry_run = true; return true;
    case 'p': o->pointer = value; return true;
    case '0': o->null = true; return true;
    case 'f':
        o->formatted = true;
        return rows_format_parse(&o->format, value) ||
            wrong("--format: \"%s\" is not tsv, jsonl, csv or text", value);
    case 'q': o->quiet = true; return true;
    case 'v': o->verbose = true; return true;
    case O_PROGRESS: return take_progress(&o->progress, value);
    case O_TIMEOUT: return take_seconds(&o->wait, "--timeout", value);
    case O_CONNECT_TIMEOUT:
        return take_seconds(&o->connect, "--connect-timeout", value);
    case O_CACERT: o->cacert = value; return true;
    case O_VIA:
        return take_either(&o->explicit, "--via", value, "update", "explicit");
    case O_BY:
        return take_either(&o->by_asset, "--by", value, "public_id",
                           "asset_id");
    case O_PREFIX: o->prefix = value; return true;
    case O_TAG: o->tag = value; return true;
    case O_FOLDER: o->folder = value; return true;
    case O_SEARCH: o->search = value; return true;
    case O_SINCE: o->since = value; return true;
    case O_COLUMNS: return take_columns(o, value);
    case O_REGION: o->region = value; return true;
    case O_PROFILE: o->profile = value; return true;
    case O_ENDPOINT_URL: o->endpoint_url = value; return true;
    case O_SORT: o->sort = value; return true;
    case O_ON_DEMAND: o->on_demand = true; return true;
    case O_READ: return take_units(&o->read, "--read", value);
    case O_WRITE: return take_units(&o->write, "--write", value);
    case O_TABLE_TAG:
        return take_attribute(o->tags, &o->n_tags, "--tag", value);
    case O_WAIT: o->await = true; return true;
    case O_YES: o->yes = true; return true;
    case 'h': o->help = true; return true;
    case 'V': o->version = true; return true;
    case O_COMPLETION: o->completion = value; return true;
    default: return false;
    }
}

/* ------------------------------------------- what shows once all is known */

static bool check_name(const char *option, const char *name, size_t max)
{
    if (*name == '\0' || strlen(name) > max ||
        !json_is_utf8((const unsigned char *)name, strlen(name)))
        return wrong("%s: an attribute's name has 1 to %zu bytes of UTF-8",
                     option, max);
    return true;
}

/* All attributes of an item have different names. */
static bool check_attributes(const struct options *o)
{
    const char *names[2 + 2 * OPTIONS_ATTRIBUTES_MAX];
    unsigned n = 0, i, j;

    names[n++] = o->key;
    names[n++] = o->text;
    for (i = 0; i < o->n_attrs; i++)
        names[n++] = o->attrs[i].name;
    for (i = 0; i < o->n_sets; i++)
        names[n++] = o->sets[i].name;
    for (i = 0; i < n; i++) {
        if (!check_name(i == 0 ? "--key" : i == 1 ? "--text" : i < 2 +
                        o->n_attrs ? "--attr" : "--set", names[i], i == 0
                        ? ITEM_KEY_NAME_MAX : ITEM_NAME_MAX))
            return false;
        for (j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return wrong("the attribute \"%s\" is named twice", names[i]);
    }
    for (i = 0; i < o->n_attrs; i++)
        if (!json_pointer_valid(o->attrs[i].value, false))
            return wrong("--attr: \"%s\" is not a JSON Pointer, such as "
                         "/width", o->attrs[i].value);
    return true;
}

/* A word that stands in a path: Cloudinary's are like "upload". */
static bool check_word(const char *option, const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (n == 0 || n > 64 || word[n] != '\0')
        return wrong("%s: \"%s\" is not a word of a-z, 0-9 and _", option,
                     word);
    return true;
}

static bool check_table_name(const char *name)
{
    if (!tables_name(name))
        return wrong("--table: \"%s\" is not a table's name (3 to 255 of a-z "
                     "A-Z 0-9 _ . -)", name);
    return true;
}

static bool check_run(const struct options *o)
{
    char *const *word = o->words;
    const char *p;

    /* standard input may be named, as it is read anyway */
    if (o->n_words > 0 && strcmp(*word, "-") == 0)
        word++;
    if (word < o->words + o->n_words)
        return wrong("\"%s\" is too much: ids come on standard input", *word);
    if (o->table != NULL && !check_table_name(o->table))
        return false;
    if (o->table == NULL && o->skip_stored)
        return wrong("--skip-stored needs --table");
    if (o->table == NULL && o->n_attrs + o->n_sets > 0)
        return wrong("%s stores something, and so needs --table",
                     o->n_attrs > 0 ? "--attr" : "--set");
    if (o->rate > 0 && o->rate < o->shards)
        return wrong("--rate: fewer calls than the %lld shards that share "
                     "them; take a longer unit", (long long)o->shards);
    if (strncmp(o->ocr, "adv_ocr", 7) != 0 || strlen(o->ocr) > 128)
        return wrong("--ocr: \"%s\" does not begin with adv_ocr", o->ocr);
    for (p = o->ocr; *p != '\0'; p++)
        if (*p <= 0x20 || *p >= 0x7f)
            return wrong("--ocr: it has a character that cannot be in it");
    if (o->explicit && o->by_asset)
        return wrong("--via explicit knows images by public_id only");
    return check_attributes(o) && check_word("--type", o->type) &&
        check_word("--resource-type", o->resource_type);
}

/* A date, or a date and a time, of UTC. */
static bool is_time(const char *text)
{
    char whole[24];
    size_t n = strlen(text);

    if (n == 10)
        snprintf(whole, sizeof whole, "%s 00:00:00", text);
    else if (n == 20 && text[10] == 'T' && text[19] == 'Z')
        snprintf(whole, sizeof whole, "%.10s %.8s", text, text + 11);
    else
        return false;
    return clock_utc(whole) >= 0;
}

static bool check_columns(const struct options *o)
{
    unsigned i;

    for (i = 0; i < o->n_columns; i++) {
        const char *name = o->columns[i];
        size_t n = strlen(name);

        if (n == 0 || n > OPTIONS_COLUMN_MAX || strchr(name, '*') != NULL ||
            !json_is_utf8((const unsigned char *)name, n) ||
            (*name == '/' && !json_pointer_valid(name, false)))
            return wrong("--columns: \"%s\" is neither a member of a resource,"
                         " such as asset_id, nor a JSON Pointer", name);
    }
    return true;
}

static bool check_list(const struct options *o)
{
    const struct { const char *name, *value; } which[] = {
        {"--prefix", o->prefix}, {"--tag", o->tag}, {"--folder", o->folder},
        {"--since", o->since}, {"--search", o->search}
    };
    const char *first = NULL;
    size_t i;

    if (o->n_words > 0)
        return wrong("\"%s\" is too much: what is listed is said by options",
                     o->words[0]);
    for (i = 0; i < sizeof which / sizeof *which; i++) {
        if (which[i].value == NULL)
            continue;
        if (*which[i].value == '\0' || strlen(which[i].value) > 2048 ||
            !json_is_utf8((const unsigned char *)which[i].value,
                          strlen(which[i].value)))
            return wrong("%s wants 1 to 2048 bytes of UTF-8", which[i].name);
        if (first != NULL)
            return wrong("%s and %s together: --search can say both", first,
                         which[i].name);
        first = which[i].name;
    }
    if (o->search != NULL && (o->type != NULL || o->resource_type != NULL))
        return wrong("%s: with --search the expression says that, as in "
                     "resource_type:image AND type:upload", o->type != NULL
                     ? "--type" : "--resource-type");
    if (o->since != NULL && !is_time(o->since))
        return wrong("--since: \"%s\" is not like 2026-01-31 or "
                     "2026-01-31T14:00:00Z", o->since);
    return check_columns(o) &&
        (o->type == NULL || check_word("--type", o->type)) &&
        (o->resource_type == NULL ||
         check_word("--resource-type", o->resource_type));
}

static bool check_extract(const struct options *o)
{
    const char *pointer = o->pointer;

    if (pointer != NULL && !json_pointer_valid(pointer, false))
        return wrong("--pointer: \"%s\" is not a JSON Pointer, such as "
                     "/width", pointer);
    return true;
}

/* What each of its words wants is for table.c. */
static bool check_table(const struct options *o)
{
    if ((o->read > 0) != (o->write > 0))
        return wrong("--read and --write go together");
    if (o->on_demand && o->read > 0)
        return wrong("--on-demand, or --read and --write: not both");
    return (o->key == NULL || check_name("--key", o->key, ITEM_KEY_NAME_MAX))
        && (o->sort == NULL || check_name("--sort", o->sort,
                                          ITEM_KEY_NAME_MAX));
}

static bool check_check(const struct options *o)
{
    if (o->n_words > 0)
        return wrong("\"%s\" is too much", *o->words);
    return (o->table == NULL || check_table_name(o->table)) &&
        check_name("--key", o->key, ITEM_KEY_NAME_MAX);
}

static bool check(const struct options *o)
{
    switch (o->command) {
    case OPTIONS_RUN: return check_run(o);
    case OPTIONS_LIST: return check_list(o);
    case OPTIONS_EXTRACT: return check_extract(o);
    case OPTIONS_TABLE: return check_table(o);
    case OPTIONS_CHECK: return check_check(o);
    default: return true;
    }
}

/* --------------------------------------------------------------- parsing */

static void set_defaults(struct options *o)
{
    memset(o, 0, sizeof *o);
    o->command = command;
    o->table = getenv("OCRDYN_TABLE");
    if (o->table != NULL && *o->table == '\0')
        o->table = NULL;
    o->key = command == OPTIONS_TABLE ? NULL : "publicId";
    o->text = "text";
    o->ocr = "adv_ocr";
    if (command != OPTIONS_LIST) {       /* which asks whether it was said */
        o->type = "upload";
        o->resource_type = "image";
    }
    o->reserve = -1;
    o->wait = 60 * CLOCK_SECOND;
    o->connect = 10 * CLOCK_SECOND;
}

/* The command's options, as getopt_long wants them. */
static void make_getopt(struct option longs[ROWS_N + 1],
                        char letters[2 * ROWS_N + 2])
{
    size_t i;

    *letters++ = ':';
    for (i = 0; i < ROWS_N; i++) {
        const struct options_row *r = &options_table[i];

        if ((r->commands >> command & 1) == 0)
            continue;
        *longs++ = (struct option){r->name, r->value != NULL
            ? required_argument : no_argument, NULL, r->id};
        if (r->id < 256)
            *letters++ = (char)r->id;
        if (r->id < 256 && r->value != NULL)
            *letters++ = ':';
    }
    *longs = (struct option){NULL, 0, NULL, 0};
    *letters = '\0';
}

/* What getopt_long could not take: after ':' or '?', optopt tells which. */
static bool refuse(int c, const struct option *known, const char *word)
{
    while (known->name != NULL && known->val != optopt)
        known++;
    if (c == ':')
        return wrong("--%s wants a value", known->name);
    if (known->name != NULL)
        return wrong("--%s takes no value", known->name);
    if (optopt != 0)
        return wrong("there is no option -%c", optopt);
    return wrong("there is no option %s", word);
}

bool options_parse(struct options *o, enum options_command which, int argc,
                   char **argv)
{
    struct option longs[ROWS_N + 1];
    char letters[2 * ROWS_N + 2];
    int c;

    command = which;
    set_defaults(o);
    make_getopt(longs, letters);
    opterr = 0;
    while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == ':' || c == '?')
            return refuse(c, longs, argv[optind - 1]);
        if (!take(o, c, optarg))
            return false;
    }
    o->words = argv + optind;
    o->n_words = argc - optind;
    /* a rate is a promise of its own: the rest is the caller's, too */
    if (o->reserve < 0) {
        o->reserve = o->rate > 0 ? 0 : 10;
        o->percent = true;
    }
    return o->help || o->version || o->completion != NULL || check(o);
}

bool options_find(enum options_command *found, const char *name)
{
    int i;

    for (i = 0; i < OPTIONS_COMMANDS; i++)
        if (strcmp(name, options_names[i]) == 0) {
            *found = (enum options_command)i;
            return true;
        }
    return options_wrong(OPTIONS_RUN, "there is no command \"%s\"", name);
}
