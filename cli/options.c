/* options: see options.h. */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/clock.h"
#include "base/text.h"
#include "dynamodb/item.h"
#include "json.h"
#include "dynamodb/tables.h"
#include "base/text.h"

/* ------------------------------------------------------------ the table */

/* Commands, a bit each. */
enum {
    RUN = 1 << OPTIONS_RUN,
    LIST = 1 << OPTIONS_LIST,
    EXTRACT = 1 << OPTIONS_EXTRACT,
    GET = 1 << OPTIONS_GET,
    PUT = 1 << OPTIONS_PUT,
    UPDATE = 1 << OPTIONS_UPDATE,
    DELETE = 1 << OPTIONS_DELETE,
    QUERY = 1 << OPTIONS_QUERY,
    SCAN = 1 << OPTIONS_SCAN,
    TABLE = 1 << OPTIONS_TABLE,
    CHECK = 1 << OPTIONS_CHECK,
    FIND = QUERY | SCAN,
    READS = RUN | GET | PUT | UPDATE | DELETE,   /* standard input; */
    WORDS = EXTRACT | QUERY | TABLE,     /* that take words, */
    WRITES = RUN | UPDATE,               /* and attributes by name */
    STORE = GET | PUT | UPDATE | DELETE | FIND,
    CALLING = RUN | STORE | TABLE | CHECK,       /* that call DynamoDB, */
    NETWORK = CALLING | LIST,            /* or anybody */
    ROWS = RUN | LIST | STORE,           /* that print rows */
    ITEMS = GET | PUT | FIND,            /* that print or read items */
    ALL = (1 << OPTIONS_COMMANDS) - 1
};

const char options_names[OPTIONS_COMMANDS][8] = {
    [OPTIONS_RUN] = "run",
    [OPTIONS_LIST] = "list",
    [OPTIONS_EXTRACT] = "extract",
    [OPTIONS_GET] = "get",
    [OPTIONS_PUT] = "put",
    [OPTIONS_UPDATE] = "update",
    [OPTIONS_DELETE] = "delete",
    [OPTIONS_QUERY] = "query",
    [OPTIONS_SCAN] = "scan",
    [OPTIONS_TABLE] = "table",
    [OPTIONS_CHECK] = "check"
};

#define TO(member) offsetof(struct options, member)

/* In the order of help, which puts two short ones on a line. The words of a
   choice are in the order of their enum. */
static const struct options_row table[] = {
    {"table", "TABLE", "store there",
     't', OPTIONS_TABLE_NAME, RUN, TO(table), 0},
    {"table", "TABLE", "keyed by strings",
     't', OPTIONS_TABLE_NAME, STORE | CHECK, TO(table), 0},
    {"key", "NAME", "\"publicId\"",
     'k', OPTIONS_KEY, READS | CHECK, TO(key), 0},
    {"key", "NAME", "checked, if given",
     'k', OPTIONS_KEY, FIND, TO(key), 0},
    {"key", "NAME", "create: the partition key, a string; \"publicId\"",
     'k', OPTIONS_KEY, TABLE, TO(key), 0},
    {"text", "NAME", "\"text\"",
     0, OPTIONS_NAME, RUN | GET | PUT | FIND, TO(text), 0},
    {"set", "NAME=VALUE", "this, too",
     's', OPTIONS_PAIRS, WRITES, TO(sets), TO(n_sets)},
    {"ocr", "VALUE", "adv_ocr, adv_ocr:document, adv_ocr:ja, ...",
     'o', OPTIONS_OCR, RUN, TO(ocr), 0},
    {"attr", "NAME=POINTER", "of the answer",
     'a', OPTIONS_POINTERS, RUN, TO(attrs), TO(n_attrs)},
    {"dry-run", NULL, "show calls, time, quota",
     'n', OPTIONS_FLAG, RUN, TO(dry_run), 0},
    {"prefix", "PREFIX", "of the public_id",
     0, OPTIONS_PHRASE, LIST, TO(prefix), 0},
    {"tag", "TAG", "",
     0, OPTIONS_PHRASE, LIST, TO(tag), 0},
    {"folder", "FOLDER", "the asset folder",
     0, OPTIONS_PHRASE, LIST, TO(folder), 0},
    {"since", "TIME", "2026-01-31, or 2026-01-31T14:00:00Z",
     0, OPTIONS_TIME, LIST, TO(since), 0},
    {"search", "EXPRESSION", "as the search of Cloudinary has it",
     0, OPTIONS_PHRASE, LIST, TO(search), 0},
    {"type", "TYPE", "\"upload\"",
     0, OPTIONS_WORD, RUN | LIST, TO(type), 0},
    {"resource-type", "TYPE", "\"image\"",
     0, OPTIONS_WORD, RUN | LIST, TO(resource_type), 0},
    {"via", "update|explicit", "limited|not",
     0, OPTIONS_CHOICE, RUN, TO(explicit), 0},
    {"by", "public_id|asset_id", "the ids",
     0, OPTIONS_CHOICE, RUN, TO(by_asset), 0},
    {"columns", "NAME,...", "members of a resource, or JSON Pointers into it",
     0, OPTIONS_MEMBERS, LIST, TO(columns), TO(n_columns)},
    {"columns", "NAME,...", "these attributes, in this order",
     0, OPTIONS_COLUMNS, GET | PUT, TO(columns), TO(n_columns)},
    {"remove", "NAME", "this attribute",
     0, OPTIONS_NAME, UPDATE, TO(removes), TO(n_removes)},
    {"number", "NAME,...", "these columns are numbers",
     0, OPTIONS_NUMERIC, PUT, TO(numbers), TO(n_numbers)},
    {"if-absent", NULL, "only new items",
     0, OPTIONS_FLAG, PUT, TO(if_absent), 0},
    {"index", "NAME", "of this index",
     0, OPTIONS_TABLE_NAME, QUERY, TO(index), 0},
    {"sort", "=VALUE", "of the sort key: =V <V <=V >V >=V, or ^V: begins so",
     0, OPTIONS_CONDITION, QUERY, TO(sorts), TO(n_sorts)},
    {"contains", "TEXT", "in the text",
     0, OPTIONS_ANY, FIND, TO(contains), 0},
    {"where", "NAME=VALUE", "all of them",
     0, OPTIONS_PAIRS, FIND, TO(where), TO(n_where)},
    {"columns", "NAME,...",
     "else the keys, the text, and what the first items have",
     0, OPTIONS_COLUMNS, FIND, TO(columns), TO(n_columns)},
    {"segment", "I/N", "Ith of N parts",
     0, OPTIONS_SHARD, SCAN, TO(shard), 0},
    {"rate", "N/s|m|h|d", "at most",
     'r', OPTIONS_RATE, RUN | LIST | SCAN, TO(rate), 0},
    {"reserve", "N|N%", "to others: 10%",
     0, OPTIONS_RESERVE, RUN | LIST, TO(reserve), 0},
    {"skip-stored", NULL, "ask the table",
     0, OPTIONS_FLAG, RUN, TO(skip_stored), 0},
    {"reuse", NULL, "earlier results",
     0, OPTIONS_FLAG, RUN, TO(reuse), 0},
    {"checkpoint", "FILE", "remember, go on",
     'c', OPTIONS_FILE, RUN | LIST | SCAN, TO(checkpoint), 0},
    {"failed", "FILE", "append failed ids",
     0, OPTIONS_FILE, RUN, TO(failed), 0},
    {"limit", "N", "stop after that",
     0, OPTIONS_NUMBER, RUN | LIST | FIND, TO(limit), 0},
    {"max-errors", "N", "stop after that",
     0, OPTIONS_NUMBER, RUN, TO(max_errors), 0},
    {"shard", "I/N", "Ith of N parts",
     0, OPTIONS_SHARD, RUN, TO(shard), 0},
    {"pointer", "POINTER", "the value at this JSON Pointer instead",
     'p', OPTIONS_POINTER, EXTRACT, TO(pointer), 0},
    {"sort", "NAME", "create: a sort key, a string (not for a run)",
     0, OPTIONS_KEY, TABLE, TO(sort), 0},
    {"on-demand", NULL,
     "create, capacity: pay per request (of create: default)",
     0, OPTIONS_FLAG, TABLE, TO(on_demand), 0},
    {"read", "N", "create, capacity, index add: capacity units",
     0, OPTIONS_UNITS, TABLE, TO(read), 0},
    {"write", "N", "create, capacity, index add: capacity units",
     0, OPTIONS_UNITS, TABLE, TO(write), 0},
    {"tag", "NAME=VALUE", "create: a tag, up to 16",
     0, OPTIONS_PAIRS, TABLE, TO(tags), TO(n_tags)},
    {"wait", NULL, "until it is done, however long that takes",
     0, OPTIONS_FLAG, TABLE, TO(await), 0},
    {"yes", NULL, "delete: do it",
     0, OPTIONS_FLAG, TABLE, TO(yes), 0},
    {"null", NULL, "NUL ends records",
     '0', OPTIONS_FLAG, ROWS | EXTRACT, TO(null), 0},
    {"format", "tsv|jsonl|csv|text", "",
     'f', OPTIONS_CHOICE, ROWS & ~ITEMS, TO(format), TO(formatted)},
    {"format", "tsv|jsonl|csv|text|dynamodb", "",
     'f', OPTIONS_CHOICE, ITEMS, TO(format), TO(formatted)},
    {"quiet", NULL, "only what fails",
     'q', OPTIONS_FLAG, ROWS | TABLE, TO(quiet), 0},
    {"verbose", NULL, "say what is done",
     'v', OPTIONS_FLAG, NETWORK, TO(verbose), 0},
    {"progress", "auto|always|never", "",
     0, OPTIONS_CHOICE, ROWS | TABLE, TO(progress), 0},
    {"max-attempts", "N", "5; DynamoDB: 10",
     0, OPTIONS_TRIES, RUN, TO(max_attempts), 0},
    {"max-attempts", "N", "5",
     0, OPTIONS_TRIES, LIST, TO(max_attempts), 0},
    {"max-attempts", "N", "10",
     0, OPTIONS_TRIES, STORE | TABLE, TO(max_attempts), 0},
    {"max-attempts", "N", "3",
     0, OPTIONS_TRIES, CHECK, TO(max_attempts), 0},
    {"timeout", "SECONDS", "of silence: 60",
     0, OPTIONS_SECONDS, NETWORK, TO(wait), 0},
    {"connect-timeout", "SECONDS", "10",
     0, OPTIONS_SECONDS, NETWORK, TO(connect), 0},
    {"cacert", "FILE", "trust only it",
     0, OPTIONS_FILE, NETWORK, TO(cacert), 0},
    {"region", "REGION", "of AWS",
     0, OPTIONS_ANY, CALLING, TO(region), 0},
    {"profile", "NAME", "of AWS",
     0, OPTIONS_ANY, CALLING, TO(profile), 0},
    {"endpoint-url", "URL", "",
     0, OPTIONS_ANY, CALLING, TO(endpoint_url), 0},
    {"completion", "bash|zsh|fish", "",
     0, OPTIONS_CHOICE, RUN, TO(shell), TO(completion)},
    {"version", NULL, "",
     'V', OPTIONS_FLAG, RUN, TO(version), 0},
    {"help", NULL, "man ocrdyn: more",
     'h', OPTIONS_FLAG, ALL, TO(help), 0}
};

#undef TO

const struct options_row *options_next(enum options_command command,
                                       const struct options_row *row)
{
    const struct options_row *end = table + sizeof table / sizeof *table;

    row = row == NULL ? table : row + 1;
    while (row < end && (row->commands >> command & 1) == 0)
        row++;
    return row < end ? row : NULL;
}

/* --------------------------------------------------------- what is wrong */

static enum options_command command;     /* whose line is being parsed */

bool options_wrong(const char *format, ...)
{
    char text[512], safe[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    report_say("%s (ocrdyn %s -h shows how it goes)", safe,
               options_names[command]);
    return false;
}

static bool wrong_value(const struct options_row *r, const char *value,
                        const char *wanted)
{
    return options_wrong("--%s: \"%s\" is not %s", r->name, value, wanted);
}

/* -------------------------------------------------- what strings are wanted */

static bool is_pointer(const char *text)
{
    return json_pointer_valid(text, false);
}

/* Of what stands in a path: Cloudinary's are like "upload". */
static bool is_word(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n > 0 && n <= 64 && text[n] == '\0';
}

static bool is_ocr(const char *text)
{
    const char *p = text;

    while (*p > 0x20 && *p < 0x7f)
        p++;
    return *p == '\0' && p - text <= 128 && strncmp(text, "adv_ocr", 7) == 0;
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

static bool is_member(const char *text)
{
    return strchr(text, '*') == NULL &&
        (*text != '/' || json_pointer_valid(text, false));
}

static bool is_condition(const char *text)
{
    return *text != '\0' && strchr("=<>^", *text) != NULL;
}

static const struct {
    bool (*good)(const char *text);
    const char *wanted;
    unsigned short bytes;        /* at most, of UTF-8; of a pair, its name */
    unsigned short most;         /* of them */
} kinds[OPTIONS_ANY] = {
    [OPTIONS_PAIRS] = {NULL, NULL, ITEM_NAME_MAX, OPTIONS_ATTRIBUTES_MAX},
    [OPTIONS_POINTERS] = {is_pointer, "a JSON Pointer, such as /width",
                          ITEM_NAME_MAX, OPTIONS_ATTRIBUTES_MAX},
    [OPTIONS_KEY] = {NULL, NULL, ITEM_KEY_NAME_MAX, 1},
    [OPTIONS_NAME] = {NULL, NULL, ITEM_NAME_MAX, OPTIONS_ATTRIBUTES_MAX},
    [OPTIONS_COLUMNS] = {NULL, NULL, ITEM_NAME_MAX, OPTIONS_COLUMNS_MAX},
    [OPTIONS_MEMBERS] = {is_member, "a member of a resource, such as asset_id, "
                         "or a JSON Pointer", OPTIONS_COLUMN_MAX,
                         OPTIONS_LISTED_MAX},
    [OPTIONS_NUMERIC] = {NULL, NULL, ITEM_NAME_MAX, OPTIONS_COLUMNS_MAX},
    [OPTIONS_PHRASE] = {NULL, NULL, 2048, 1},
    [OPTIONS_TIME] = {is_time, "like 2026-01-31 or 2026-01-31T14:00:00Z", 0, 1},
    [OPTIONS_TABLE_NAME] = {tables_name, "3 to 255 of a-z A-Z 0-9 _ . -", 0, 1},
    [OPTIONS_POINTER] = {is_pointer, "a JSON Pointer, such as /width", 0, 1},
    [OPTIONS_WORD] = {is_word, "a word of a-z, 0-9 and _", 0, 1},
    [OPTIONS_OCR] = {is_ocr, "like adv_ocr or adv_ocr:ja", 0, 1},
    [OPTIONS_CONDITION] = {is_condition, "=, <, <=, >, >= or ^ (begins with) "
                           "and a value", 0, 2}
};

/* ---------------------------------------------------------------- values */

/* The number that `value` begins with, and in *rest what follows it. -1 if
   there is none, or it is above `max`. */
static int64_t number_before(const char *value, int64_t max, const char **rest)
{
    int64_t n = *value >= '0' && *value <= '9' ? 0 : -1;

    for (; *value >= '0' && *value <= '9'; value++)
        n = n < 0 || n > (max - (*value - '0')) / 10 ? -1
            : n * 10 + (*value - '0');
    *rest = value;
    return n;
}

static bool take_number(int64_t *to, const struct options_row *r,
                        const char *value, int64_t max)
{
    const char *rest;

    *to = number_before(value, max, &rest);
    return (*to > 0 && *rest == '\0') ||
        options_wrong("--%s: \"%s\" is not a number from 1 to %lld", r->name,
                      value, (long long)max);
}

/* N/s, N/m, N/h, N/d */
static bool take_rate(struct options *o, const struct options_row *r,
                      const char *value)
{
    static const char units[] = "smhd";
    static const int seconds[] = {1, 60, 3600, 86400};
    const char *rest, *unit;

    o->rate = number_before(value, 1000000000, &rest);
    unit = rest[0] == '/' && rest[1] != '\0' ? strchr(units, rest[1]) : NULL;
    if (o->rate < 1 || unit == NULL || rest[2] != '\0')
        return wrong_value(r, value, "like 400/h (s, m, h or d)");
    o->window = seconds[unit - units] * CLOCK_SECOND;
    return true;
}

/* N or N% */
static bool take_reserve(struct options *o, const struct options_row *r,
                         const char *value)
{
    const char *rest;

    o->reserve = number_before(value, 1000000000, &rest);
    o->percent = *rest == '%';
    return (o->reserve >= 0 && rest[o->percent] == '\0' &&
            (!o->percent || o->reserve <= 99)) ||
        wrong_value(r, value, "a number of calls, or a percentage up to 99%");
}

/* I/N */
static bool take_shard(struct options *o, const struct options_row *r,
                       const char *value)
{
    const char *rest;

    o->shard = number_before(value, 100000, &rest);
    o->shards = *rest == '/' ? number_before(rest + 1, 100000, &rest) : -1;
    return (*rest == '\0' && o->shard >= 1 && o->shard <= o->shards) ||
        wrong_value(r, value, "I/N, with I from 1 to N");
}

/* Which word of "a|b|c" it is. */
static bool take_choice(unsigned *to, const struct options_row *r,
                        const char *value)
{
    const char *word = r->value;

    for (*to = 0; ; (*to)++) {
        size_t length = strcspn(word, "|");

        if (strncmp(word, value, length) == 0 && value[length] == '\0')
            return true;
        if (word[length] == '\0')
            return wrong_value(r, value, r->value);
        word += length + 1;
    }
}

/* One more of a list; NAME=VALUE is cut in place, as argv allows. */
static bool take_one(struct options *o, const struct options_row *r,
                     char *value)
{
    void *list = (char *)o + r->to, *count = (char *)o + r->count;
    struct options_attribute *pairs = list;
    const char **strings = list;
    unsigned *n = count;
    unsigned most = kinds[r->kind].most;

    if (*n == most)
        return options_wrong("--%s: at most %u of them", r->name, most);
    if (r->kind <= OPTIONS_POINTERS) {
        char *equal = strchr(value, '=');

        if (equal == NULL || equal == value)
            return wrong_value(r, value, "NAME=...");
        *equal = '\0';
        pairs[*n].name = value;
        pairs[*n].value = equal + 1;
    } else {
        strings[*n] = value;
    }
    (*n)++;
    return true;
}

/* A,B,...; cuts it in place. */
static bool take_columns(struct options *o, const struct options_row *r,
                         char *value)
{
    char *comma;

    while ((comma = strchr(value, ',')) != NULL) {
        *comma = '\0';
        if (!take_one(o, r, value))
            return false;
        value = comma + 1;
    }
    return take_one(o, r, value);
}

static bool take_flag(struct options *o, const struct options_row *r)
{
    void *to = (char *)o + r->to;

    *(bool *)to = true;
    return true;
}

static bool take(struct options *o, const struct options_row *r, char *value)
{
    void *to = (char *)o + r->to, *count = (char *)o + r->count;

    switch (r->kind) {
    case OPTIONS_CHOICE:
        if (r->count != 0)
            *(unsigned *)count = 1;
        return take_choice(to, r, value);
    case OPTIONS_NUMBER:
        return take_number(to, r, value, INT64_MAX);
    case OPTIONS_TRIES:
        return take_number(to, r, value, 1000);
    case OPTIONS_UNITS:
        return take_number(to, r, value, INT32_MAX);
    case OPTIONS_SECONDS:
        if (!take_number(to, r, value, 86400))
            return false;
        *(int64_t *)to *= CLOCK_SECOND;
        return true;
    case OPTIONS_RATE:
        return take_rate(o, r, value);
    case OPTIONS_RESERVE:
        return take_reserve(o, r, value);
    case OPTIONS_SHARD:
        return take_shard(o, r, value);
    case OPTIONS_COLUMNS:
    case OPTIONS_MEMBERS:
    case OPTIONS_NUMERIC:
        return take_columns(o, r, value);
    default:
        if (r->count != 0)
            return take_one(o, r, value);
        *(const char **)to = value;
        return true;
    }
}

/* ------------------------------------------- what shows once all is known */

/* Is `text` UTF-8? `what`, in the option `name` or among the words of the
   command line (NULL), is named if not. */
static bool check_utf8(const char *name, const char *what, const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    char safe[96];

    if (text_is_utf8(bytes, strlen(text)))
        return true;
    text_visible(safe, sizeof safe, bytes, strlen(text));
    return options_wrong("%s%s%s%s\"%s\" is not UTF-8%s", name != NULL ? "--"
                         : "", name != NULL ? name : "", name != NULL ? ": "
                         : "", what, safe, text_hint(bytes, strlen(text)));
}

/* The values of this option go to a service or into an item: are they UTF-8,
   names and all? */
static bool check_row_utf8(const struct options *o, const struct options_row *r)
{
    const void *at = (const char *)o + r->to;
    const void *count = (const char *)o + r->count;
    const struct options_attribute *pairs = at;
    const char *const *strings = at;
    unsigned n = r->count != 0 ? *(const unsigned *)count : *strings != NULL;
    unsigned i;

    for (i = 0; i < n; i++) {
        bool pair = r->kind <= OPTIONS_POINTERS;

        if (!check_utf8(r->name, pair ? "the name " : "", pair ? pairs[i].name
                        : strings[i]) ||
            (pair && !check_utf8(r->name, "the value ", pairs[i].value)))
            return false;
    }
    return true;
}

/* Is each value of this option what it may be? Names that a command writes,
   or prints, are different ones: they are gathered in `names`. */
static bool check_row(struct options *o, const struct options_row *r,
                      const char **names, unsigned *n_names)
{
    void *at = (char *)o + r->to, *count = (char *)o + r->count;
    const struct options_attribute *pairs = at;
    const char *const *strings = at;
    unsigned n = r->count != 0 ? *(unsigned *)count : *strings != NULL, i, k;

    for (i = 0; i < n; i++) {
        bool pair = r->kind <= OPTIONS_POINTERS;
        const char *name = pair ? pairs[i].name : strings[i];
        const char *value = pair ? pairs[i].value : name;
        size_t bytes = kinds[r->kind].bytes;

        if (bytes > 0 && (*name == '\0' || strlen(name) > bytes))
            return options_wrong("--%s wants 1 to %zu bytes of UTF-8", r->name,
                                 bytes);
        if (kinds[r->kind].good != NULL && !kinds[r->kind].good(value))
            return wrong_value(r, value, kinds[r->kind].wanted);
        if (r->kind != OPTIONS_COLUMNS &&
            (bytes == 0 || (WRITES >> o->command & 1) == 0))
            continue;
        for (k = 0; k < *n_names; k++)
            if (strcmp(name, names[k]) == 0)
                return options_wrong("\"%s\" is named twice", name);
        names[(*n_names)++] = name;
    }
    return true;
}

/* "-" is standard input, where that is read anyway. */
static bool check_words(const struct options *o)
{
    bool reads = READS >> o->command & 1;
    bool files = o->command == OPTIONS_EXTRACT;
    char *const *word = o->words;

    for (; !files && *word != NULL; word++)
        if (!check_utf8(NULL, "", *word))
            return false;
    word = o->words;
    if (reads && *word != NULL && strcmp(*word, "-") == 0)
        word++;
    return *word == NULL || (WORDS >> o->command & 1) != 0 ||
        options_wrong("\"%s\" is too much%s", *word, reads
                      ? ": the list comes on standard input" : "");
}

static bool check_run(const struct options *o)
{
    if (o->table == NULL && (o->skip_stored || o->n_attrs + o->n_sets > 0))
        return options_wrong("--attr, --set and --skip-stored need --table");
    if (o->explicit && o->by_asset)
        return options_wrong("--via explicit knows images by public_id only");
    return true;
}

static bool check_list(const struct options *o)
{
    int n = (o->prefix != NULL) + (o->tag != NULL) + (o->folder != NULL) +
        (o->since != NULL) + (o->search != NULL);

    if (n > 1)
        return options_wrong("only one of --prefix, --tag, --folder, --since "
                             "and --search: --search can say both");
    if (o->search != NULL && (o->type != NULL || o->resource_type != NULL))
        return options_wrong("--type, --resource-type: with --search the "
                             "expression says that, as in resource_type:image "
                             "AND type:upload");
    return true;
}

static bool check_update(const struct options *o)
{
    unsigned i;

    if (o->n_sets + o->n_removes == 0)
        return options_wrong("nothing is to be changed: --set or --remove says "
                             "what");
    for (i = 0; i < o->n_sets; i++)
        if (strlen(o->sets[i].value) > ITEM_MAX)
            return options_wrong("--set: the value of %s is larger than an "
                                 "item", o->sets[i].name);
    return true;
}

/* Two conditions are the ends of a range. */
static bool check_query(const struct options *o)
{
    return o->n_sorts < 2 || (strncmp(o->sorts[0], ">=", 2) == 0 &&
                              strncmp(o->sorts[1], "<=", 2) == 0) ||
        options_wrong("--sort: two of them are a range, first >=FROM, then "
                      "<=TO");
}

/* What each of its words wants is for table.c. */
static bool check_table(const struct options *o)
{
    if ((o->read > 0) != (o->write > 0))
        return options_wrong("--read and --write go together");
    if (o->on_demand && o->read > 0)
        return options_wrong("--on-demand, or --read and --write: not both");
    return true;
}

static bool check(struct options *o)
{
    const char *names[OPTIONS_COLUMNS_MAX];      /* room for all others, too */
    const struct options_row *r = NULL;
    unsigned n = 0;

    while ((r = options_next(o->command, r)) != NULL)
        if ((r->kind <= OPTIONS_ANY && !check_row_utf8(o, r)) ||
            (r->kind < OPTIONS_ANY && !check_row(o, r, names, &n)))
            return false;
    if (!check_words(o))
        return false;
    if (o->table == NULL && (STORE >> o->command & 1) != 0)
        return options_wrong("which table? --table names it");
    if (o->rate > 0 && o->rate < o->shards)
        return options_wrong("--rate: less than one for each of %lld parts; "
                             "take a longer unit", (long long)o->shards);
    switch (o->command) {
    case OPTIONS_RUN:
        return check_run(o);
    case OPTIONS_LIST:
        return check_list(o);
    case OPTIONS_PUT:
        return o->format != ROWS_TEXT ||
            options_wrong("--format: rows of text alone have no key");
    case OPTIONS_UPDATE:
        return check_update(o);
    case OPTIONS_QUERY:
        return check_query(o);
    case OPTIONS_SCAN:
        return o->limit == 0 || o->checkpoint == NULL ||
            options_wrong("--limit and --checkpoint do not go together");
    case OPTIONS_TABLE:
        return check_table(o);
    default:
        return true;
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

/* The option of this name, or the only one that begins so. NULL if there is
   none, or more. */
static const struct options_row *find_name(const char *name, size_t n)
{
    const struct options_row *r = NULL, *found = NULL;
    unsigned matches = 0;

    while ((r = options_next(command, r)) != NULL) {
        if (strncmp(r->name, name, n) != 0)
            continue;
        if (r->name[n] == '\0')
            return r;
        found = r;
        matches++;
    }
    return matches == 1 ? found : NULL;
}

static const struct options_row *find_letter(char letter)
{
    const struct options_row *r = NULL;

    while ((r = options_next(command, r)) != NULL && r->letter != letter)
        ;
    return r;
}

/* Takes an option that wants a value, which is the next word if `value` is
   NULL. */
static bool take_value(struct options *o, const struct options_row *r,
                       char *value, char ***word)
{
    if (value == NULL)
        value = (*word)[1] != NULL ? *++*word : NULL;
    return value != NULL ? take(o, r, value)
        : options_wrong("--%s wants a value", r->name);
}

/* --name, --name=value, --name value */
static bool take_long(struct options *o, char ***word)
{
    char *name = **word + 2, *equal = strchr(name, '=');
    const struct options_row *r = find_name(name, strcspn(name, "="));

    if (r == NULL)
        return options_wrong("there is no option %s", **word);
    if (r->kind != OPTIONS_FLAG)
        return take_value(o, r, equal != NULL ? equal + 1 : NULL, word);
    return equal == NULL ? take_flag(o, r)
        : options_wrong("--%s takes no value", r->name);
}

/* -a, -ab, -bVALUE, -b VALUE */
static bool take_letters(struct options *o, char ***word)
{
    char *letter;

    for (letter = **word + 1; *letter != '\0'; letter++) {
        const struct options_row *r = find_letter(*letter);

        if (r == NULL)
            return options_wrong("there is no option -%c", *letter);
        if (r->kind != OPTIONS_FLAG)
            return take_value(o, r, letter[1] != '\0' ? letter + 1 : NULL,
                              word);
        take_flag(o, r);
    }
    return true;
}

bool options_parse(struct options *o, enum options_command which, char **words)
{
    bool ended = false;          /* by "--" */
    char **word;

    command = which;
    set_defaults(o);
    o->words = words;
    for (word = words; *word != NULL; word++) {
        if (ended || (*word)[0] != '-' || (*word)[1] == '\0')
            words[o->n_words++] = *word;
        else if (strcmp(*word, "--") == 0)
            ended = true;
        else if (!((*word)[1] == '-' ? take_long : take_letters)(o, &word))
            return false;
    }
    words[o->n_words] = NULL;
    o->key_given = o->key != NULL;
    if (o->key == NULL && command != OPTIONS_TABLE)
        o->key = "publicId";
    /* a rate is a promise of its own: the rest is the caller's, too */
    if (o->reserve < 0) {
        o->reserve = o->rate > 0 ? 0 : 10;
        o->percent = true;
    }
    return o->help || o->version || o->completion || check(o);
}

bool options_find(enum options_command *found, const char *name)
{
    int i;

    for (i = 0; i < OPTIONS_COMMANDS; i++)
        if (strcmp(name, options_names[i]) == 0) {
            *found = (enum options_command)i;
            return true;
        }
    return options_wrong("there is no command \"%s\"", name);
}
