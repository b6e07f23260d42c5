/*
 * options.c: parses and checks the command line, driven by one table of all
 * options (POSIX.1-2017, XBD section 12, with GNU's long options).
 */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/report.h"
#include "base/text.h"
#include "dynamodb/item.h"
#include "dynamodb/tables.h"
#include "json.h"
#include "base/text.h"
#include "cli/progress.h"
#include "dynamodb/item.h"
#include "dynamodb/tables.h"
#include "json.h"
#include "rows/rows.h"

/* ------------------------------------------------------ table of options */

/* Sets of commands, one bit each. */
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
    READS = RUN | GET | PUT | UPDATE | DELETE,   /* read a list */
    WORDS = EXTRACT | QUERY | TABLE,     /* take words */
    WRITES = RUN | UPDATE,               /* write attributes by name */
    STORE = GET | PUT | UPDATE | DELETE | FIND,  /* need a table */
    CALLING = RUN | STORE | TABLE | CHECK,       /* call DynamoDB */
    NETWORK = CALLING | LIST,
    ROWS = RUN | LIST | STORE,           /* print rows */
    ITEMS = GET | PUT | FIND,            /* print or read items */
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

static bool in_set(unsigned commands, enum options_command command)
{
    return (commands >> command & 1) != 0;
}

#define TO(member) offsetof(struct options, member)

/* A choice is stored as the number of its word: the words below are in the
   order of these enums. */
_Static_assert(ROWS_TSV == 0 && ROWS_JSONL == 1 && ROWS_CSV == 2 &&
               ROWS_TEXT == 3 && ROWS_DYNAMODB == 4, "--format");
_Static_assert(PROGRESS_AUTO == 0 && PROGRESS_ALWAYS == 1 &&
               PROGRESS_NEVER == 2, "--progress");

/* In the order of the help texts, which print two short options on a line. */
static const struct options_row table[] = {
    {"table", "TABLE", "DynamoDB table",
     't', OPTIONS_TABLE_NAME, RUN | STORE | CHECK, TO(table)},
    {"key", "NAME", "default publicId",
     'k', OPTIONS_KEY, READS | CHECK, TO(key)},
    {"key", "NAME", "verify the key",
     'k', OPTIONS_KEY, FIND, TO(key)},
    {"key", "NAME", "create: partition key, a string (default publicId)",
     'k', OPTIONS_KEY, TABLE, TO(key)},
    {"text", "NAME", "default text",
     0, OPTIONS_NAME, RUN | GET | PUT | FIND, TO(text)},
    {"set", "NAME=VALUE", "set an attribute",
     's', OPTIONS_PAIRS, WRITES, TO(sets)},
    {"ocr", "VALUE", "adv_ocr, adv_ocr:document, adv_ocr:ja, ...",
     'o', OPTIONS_OCR, RUN, TO(run.ocr)},
    {"attr", "NAME=POINTER", "from answers",
     'a', OPTIONS_POINTERS, RUN, TO(run.attrs)},
    {"dry-run", NULL, "make no calls",
     'n', OPTIONS_FLAG, RUN, TO(run.dry_run)},
    {"prefix", "PREFIX", "of public_ids",
     0, OPTIONS_PHRASE, LIST, TO(list.prefix)},
    {"tag", "TAG", "",
     0, OPTIONS_PHRASE, LIST, TO(list.tag)},
    {"folder", "FOLDER", "asset folder",
     0, OPTIONS_PHRASE, LIST, TO(list.folder)},
    {"since", "TIME", "2026-01-31 or 2026-01-31T14:00:00Z",
     0, OPTIONS_TIME, LIST, TO(list.since)},
    {"search", "EXPRESSION", "expression of the Cloudinary Search API",
     0, OPTIONS_PHRASE, LIST, TO(list.search)},
    {"type", "TYPE", "default upload",
     0, OPTIONS_WORD, RUN | LIST, TO(image.type)},
    {"resource-type", "TYPE", "image",
     0, OPTIONS_WORD, RUN | LIST, TO(image.resource_type)},
    {"via", "update|explicit", "API to use",
     0, OPTIONS_CHOICE, RUN, TO(run.explicit)},
    {"by", "public_id|asset_id", "id type",
     0, OPTIONS_CHOICE, RUN, TO(run.by_asset)},
    {"columns", "NAME,...", "members of a resource or JSON Pointers into it",
     0, OPTIONS_MEMBERS, LIST, TO(columns)},
    {"columns", "NAME,...", "attributes, in this order",
     0, OPTIONS_COLUMNS, GET | PUT, TO(columns)},
    {"remove", "NAME", "an attribute",
     0, OPTIONS_NAMES, UPDATE, TO(update.removes)},
    {"number", "NAME,...", "columns that are numbers",
     0, OPTIONS_NUMERIC, PUT, TO(put.numbers)},
    {"if-absent", NULL, "only new items",
     0, OPTIONS_FLAG, PUT, TO(put.if_absent)},
    {"index", "NAME", "query this index",
     0, OPTIONS_TABLE_NAME, QUERY, TO(find.index)},
    {"sort", "=VALUE", "sort key: =V <V <=V >V >=V or ^V (begins with)",
     0, OPTIONS_CONDITION, QUERY, TO(find.sorts)},
    {"contains", "TEXT", "in the text",
     0, OPTIONS_ANY, FIND, TO(find.contains)},
    {"where", "NAME=VALUE", "all must match",
     0, OPTIONS_PAIRS, FIND, TO(find.where)},
    {"columns", "NAME,...",
     "default: keys, text, attributes of the first items",
     0, OPTIONS_COLUMNS, FIND, TO(columns)},
    {"segment", "I/N", "part I of N",
     0, OPTIONS_SHARD, SCAN, TO(shard)},
    {"rate", "N/s|m|h|d", "upper limit",
     'r', OPTIONS_RATE, RUN | LIST | SCAN, TO(rate)},
    {"reserve", "N|N%", "for others: 10%",
     0, OPTIONS_RESERVE, RUN | LIST, TO(reserve)},
    {"skip-stored", NULL, "ids in the table",
     0, OPTIONS_FLAG, RUN, TO(run.skip_stored)},
    {"reuse", NULL, "earlier results",
     0, OPTIONS_FLAG, RUN, TO(run.reuse)},
    {"checkpoint", "FILE", "save progress",
     'c', OPTIONS_FILE, RUN | LIST | SCAN, TO(checkpoint)},
    {"failed", "FILE", "append failed ids",
     0, OPTIONS_FILE, RUN, TO(run.failed)},
    {"limit", "N", "stop after N",
     0, OPTIONS_NUMBER, RUN | LIST | FIND, TO(limit)},
    {"max-errors", "N", "stop after N",
     0, OPTIONS_NUMBER, RUN, TO(run.max_errors)},
    {"shard", "I/N", "part I of N",
     0, OPTIONS_SHARD, RUN, TO(shard)},
    {"pointer", "POINTER", "print the value at this JSON Pointer",
     'p', OPTIONS_POINTER, EXTRACT, TO(extract.pointer)},
    {"sort", "NAME", "create: sort key, a string (not usable by run)",
     0, OPTIONS_KEY, TABLE, TO(manage.sort)},
    {"on-demand", NULL,
     "create (default), capacity: pay per request",
     0, OPTIONS_FLAG, TABLE, TO(manage.on_demand)},
    {"read", "N", "create, capacity, index add: read units",
     0, OPTIONS_UNITS, TABLE, TO(manage.read)},
    {"write", "N", "create, capacity, index add: write units",
     0, OPTIONS_UNITS, TABLE, TO(manage.write)},
    {"tag", "NAME=VALUE", "create: a tag (up to 16)",
     0, OPTIONS_PAIRS, TABLE, TO(manage.tags)},
    {"wait", NULL, "wait until the change is complete",
     0, OPTIONS_FLAG, TABLE, TO(manage.await)},
    {"yes", NULL, "delete: confirm",
     0, OPTIONS_FLAG, TABLE, TO(manage.yes)},
    {"null", NULL, "NUL ends records",
     '0', OPTIONS_FLAG, ROWS | EXTRACT, TO(null)},
    {"format", "tsv|jsonl|csv|text", "",
     'f', OPTIONS_CHOICE, ROWS & ~ITEMS, TO(format)},
    {"format", "tsv|jsonl|csv|text|dynamodb", "",
     'f', OPTIONS_CHOICE, ITEMS, TO(format)},
    {"quiet", NULL, "errors only",
     'q', OPTIONS_FLAG, ROWS | TABLE, TO(quiet)},
    {"verbose", NULL, "print each step",
     'v', OPTIONS_FLAG, NETWORK, TO(verbose)},
    {"progress", "auto|always|never", "",
     0, OPTIONS_CHOICE, ROWS | TABLE, TO(progress)},
    {"max-attempts", "N", "5, DynamoDB 10",
     0, OPTIONS_TRIES, RUN, TO(net.max_attempts)},
    {"max-attempts", "N", "default 5",
     0, OPTIONS_TRIES, LIST, TO(net.max_attempts)},
    {"max-attempts", "N", "default 10",
     0, OPTIONS_TRIES, STORE | TABLE, TO(net.max_attempts)},
    {"max-attempts", "N", "default 3",
     0, OPTIONS_TRIES, CHECK, TO(net.max_attempts)},
    {"timeout", "SECONDS", "default 60",
     0, OPTIONS_SECONDS, NETWORK, TO(net.timeout)},
    {"connect-timeout", "SECONDS", "10",
     0, OPTIONS_SECONDS, NETWORK, TO(net.connect_timeout)},
    {"cacert", "FILE", "trust only these",
     0, OPTIONS_FILE, NETWORK, TO(net.cacert)},
    {"region", "REGION", "AWS region",
     0, OPTIONS_ANY, CALLING, TO(aws.region)},
    {"profile", "NAME", "AWS profile",
     0, OPTIONS_ANY, CALLING, TO(aws.profile)},
    {"endpoint-url", "URL", "",
     0, OPTIONS_ANY, CALLING, TO(aws.endpoint_url)},
    {"completion", "bash|zsh|fish", "",
     0, OPTIONS_CHOICE, RUN, TO(shell)},
    {"version", NULL, "",
     'V', OPTIONS_FLAG, RUN, TO(version)},
    {"help", NULL, "see man ocrdyn",
     'h', OPTIONS_FLAG, ALL, TO(help)}
};

#undef TO

const struct options_row *options_next(enum options_command command,
                                       const struct options_row *row)
{
    const struct options_row *end = table + sizeof table / sizeof *table;

    row = row == NULL ? table : row + 1;
    while (row < end && !in_set(row->commands, command))
        row++;
    return row < end ? row : NULL;
}

bool options_reads_input(enum options_command command)
{
    return in_set(READS | QUERY, command);
}

/* -------------------------------------------------------------- messages */

static enum options_command parsed_command;

bool options_wrong(const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    text_format(text, sizeof text, format, ap);
    va_end(ap);
    report_say("%s (try: ocrdyn %s -h)", text,
               options_names[parsed_command]);
    return false;
}

static bool wrong_value(const struct options_row *r, const char *value,
                        const char *wanted)
{
    return options_wrong("--%s: \"%s\" is not %s", r->name, value, wanted);
}

/* ------------------------------------------------------- kinds of values */

static bool is_pointer(const char *text)
{
    return json_pointer_valid(text, false);
}

/* A path segment such as "upload". */
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

/* A date, or a date and a time, in UTC. */
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
    return strchr(text, '*') == NULL && (*text != '/' || is_pointer(text));
}

static bool is_condition(const char *text)
{
    return *text != '\0' && strchr("=<>^", *text) != NULL;
}

/* How a value is stored in struct options. */
enum storage {
    AS_FLAG,                     /* a bool */
    AS_CHOICE,                   /* an unsigned: the number of the word */
    AS_STRING,                   /* a const char * */
    AS_STRINGS,                  /* a struct options_strings */
    AS_PAIRS,                    /* a struct options_pairs */
    AS_NUMBER,                   /* an int64_t or a uint64_t */
    AS_SECONDS,                  /* an int64_t, in ns */
    AS_RATE,                     /* a struct options_rate */
    AS_RESERVE,                  /* a struct options_reserve */
    AS_SHARD                     /* a struct options_shard */
};

static const struct {
    enum storage storage;
    int64_t max;                 /* of numbers */
    unsigned max_values;         /* of lists */
    bool commas;                 /* separate the strings of a list */
    size_t max_bytes;            /* of strings and of the names of pairs; 0:
                                    not limited here, may be empty */
    bool (*is_valid)(const char *text);  /* of strings and the values of pairs;
                                    NULL: all are */
    const char *wanted;          /* what is_valid accepts */
} kinds[OPTIONS_KINDS] = {
    [OPTIONS_FLAG] = {.storage = AS_FLAG},
    [OPTIONS_CHOICE] = {.storage = AS_CHOICE},
    [OPTIONS_ANY] = {.storage = AS_STRING},
    [OPTIONS_FILE] = {.storage = AS_STRING},
    [OPTIONS_KEY] = {.storage = AS_STRING, .max_bytes = ITEM_KEY_NAME_MAX},
    [OPTIONS_NAME] = {.storage = AS_STRING, .max_bytes = ITEM_NAME_MAX},
    [OPTIONS_NAMES] = {.storage = AS_STRINGS, .max_bytes = ITEM_NAME_MAX,
        .max_values = OPTIONS_ATTRIBUTES_MAX},
    [OPTIONS_COLUMNS] = {.storage = AS_STRINGS, .max_bytes = ITEM_NAME_MAX,
        .max_values = OPTIONS_COLUMNS_MAX, .commas = true},
    [OPTIONS_NUMERIC] = {.storage = AS_STRINGS, .max_bytes = ITEM_NAME_MAX,
        .max_values = OPTIONS_COLUMNS_MAX, .commas = true},
    [OPTIONS_MEMBERS] = {.storage = AS_STRINGS, .max_bytes = OPTIONS_COLUMN_MAX,
        .max_values = OPTIONS_LISTED_MAX, .commas = true,
        .is_valid = is_member, .wanted = "a member of a resource, such as "
        "asset_id, or a JSON Pointer"},
    [OPTIONS_PAIRS] = {.storage = AS_PAIRS, .max_bytes = ITEM_NAME_MAX},
    [OPTIONS_POINTERS] = {.storage = AS_PAIRS, .max_bytes = ITEM_NAME_MAX,
        .is_valid = is_pointer, .wanted = "a JSON Pointer, such as /width"},
    [OPTIONS_CONDITION] = {.storage = AS_STRINGS, .max_values = 2,
        .is_valid = is_condition, .wanted = "=, <, <=, >, >= or ^ (begins "
        "with) and a value"},
    [OPTIONS_PHRASE] = {.storage = AS_STRING, .max_bytes = 2048},
    [OPTIONS_TIME] = {.storage = AS_STRING, .is_valid = is_time,
        .wanted = "like 2026-01-31 or 2026-01-31T14:00:00Z"},
    [OPTIONS_TABLE_NAME] = {.storage = AS_STRING, .is_valid = tables_name,
        .wanted = "3 to 255 characters of a-z A-Z 0-9 _ . -"},
    [OPTIONS_POINTER] = {.storage = AS_STRING, .is_valid = is_pointer,
        .wanted = "a JSON Pointer, such as /width"},
    [OPTIONS_WORD] = {.storage = AS_STRING, .is_valid = is_word,
        .wanted = "a word of a-z, 0-9 and _"},
    [OPTIONS_OCR] = {.storage = AS_STRING, .is_valid = is_ocr,
        .wanted = "like adv_ocr or adv_ocr:ja"},
    [OPTIONS_NUMBER] = {.storage = AS_NUMBER, .max = INT64_MAX},
    [OPTIONS_TRIES] = {.storage = AS_NUMBER, .max = 1000},
    [OPTIONS_UNITS] = {.storage = AS_NUMBER, .max = INT32_MAX},
    [OPTIONS_SECONDS] = {.storage = AS_SECONDS, .max = 86400},
    [OPTIONS_RATE] = {.storage = AS_RATE, .max = 1000000000},
    [OPTIONS_RESERVE] = {.storage = AS_RESERVE, .max = 1000000000},
    [OPTIONS_SHARD] = {.storage = AS_SHARD, .max = 100000}
};

/* --------------------------------------------------------- taking values */

/* Returns the number that `value` begins with, and sets *rest to what follows
   it. Returns -1 if there is no number or if it is larger than `max`. */
static int64_t number_before(const char *value, int64_t max, const char **rest)
{
    int64_t n = text_is_digit(*value) ? 0 : -1;

    for (; text_is_digit(*value); value++)
        n = n < 0 || n > (max - (*value - '0')) / 10 ? -1
            : n * 10 + (*value - '0');
    *rest = value;
    return n;
}

static bool take_number(int64_t *to, const struct options_row *r,
                        const char *value)
{
    const int64_t max = kinds[r->kind].max;
    const char *rest;

    *to = number_before(value, max, &rest);
    return (*to > 0 && *rest == '\0') ||
        options_wrong("--%s: \"%s\" is not a number from 1 to %lld", r->name,
                      value, (long long)max);
}

static bool take_rate(struct options_rate *to, const struct options_row *r,
                      const char *value)
{
    static const char units[] = "smhd";
    static const int seconds[] = {1, 60, 3600, 86400};
    const char *rest, *unit;

    to->calls = number_before(value, kinds[r->kind].max, &rest);
    unit = rest[0] == '/' && rest[1] != '\0' ? strchr(units, rest[1]) : NULL;
    if (to->calls < 1 || unit == NULL || rest[2] != '\0')
        return wrong_value(r, value, "like 400/h (s, m, h or d)");
    to->window = seconds[unit - units] * CLOCK_SECOND;
    return true;
}

static bool take_reserve(struct options_reserve *to,
                         const struct options_row *r, const char *value)
{
    const char *rest;

    to->calls = number_before(value, kinds[r->kind].max, &rest);
    to->percent = *rest == '%';
    return (to->calls >= 0 && rest[to->percent] == '\0' &&
            (!to->percent || to->calls <= 99)) ||
        wrong_value(r, value, "a number of calls, or a percentage up to 99%");
}

static bool take_shard(struct options_shard *to, const struct options_row *r,
                       const char *value)
{
    const int64_t max = kinds[r->kind].max;
    const char *rest;

    to->number = number_before(value, max, &rest);
    to->count = *rest == '/' ? number_before(rest + 1, max, &rest) : -1;
    return (*rest == '\0' && to->number >= 1 && to->number <= to->count) ||
        wrong_value(r, value, "I/N, with I from 1 to N");
}

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

static bool too_many(const struct options_row *r, unsigned max)
{
    return options_wrong("--%s takes at most %u values", r->name, max);
}

/* Adds a string, or several that commas separate, which are cut in place. */
static bool take_strings(struct options_strings *to,
                         const struct options_row *r, char *value)
{
    char *comma;

    for (;;) {
        if (to->n == kinds[r->kind].max_values)
            return too_many(r, to->n);
        to->list[to->n++] = value;
        comma = kinds[r->kind].commas ? strchr(value, ',') : NULL;
        if (comma == NULL)
            return true;
        *comma = '\0';
        value = comma + 1;
    }
}

/* Adds a NAME=VALUE, which is cut in place. */
static bool take_pair(struct options_pairs *to, const struct options_row *r,
                      char *value)
{
    char *equal = strchr(value, '=');

    if (to->n == OPTIONS_ATTRIBUTES_MAX)
        return too_many(r, to->n);
    if (equal == NULL || equal == value)
        return wrong_value(r, value, "NAME=...");
    *equal = '\0';
    to->list[to->n++] = (struct options_attribute){value, equal + 1};
    return true;
}

static void set_flag(struct options *o, const struct options_row *r)
{
    *(bool *)((char *)o + r->to) = true;
}

/* Takes the value of an option that is not a flag. */
static bool take(struct options *o, const struct options_row *r, char *value)
{
    void *to = (char *)o + r->to;

    switch (kinds[r->kind].storage) {
    case AS_FLAG:                /* set_flag */
        break;
    case AS_CHOICE:
        return take_choice(to, r, value);
    case AS_STRING:
        *(const char **)to = value;
        return true;
    case AS_STRINGS:
        return take_strings(to, r, value);
    case AS_PAIRS:
        return take_pair(to, r, value);
    case AS_NUMBER:
        return take_number(to, r, value);
    case AS_SECONDS:
        if (!take_number(to, r, value))
            return false;
        *(int64_t *)to *= CLOCK_SECOND;
        return true;
    case AS_RATE:
        return take_rate(to, r, value);
    case AS_RESERVE:
        return take_reserve(to, r, value);
    case AS_SHARD:
        return take_shard(to, r, value);
    }
    return false;
}

/* --------------------------------------------- checks of the whole line */

/* Checks that a value of `option`, or a word if that is "", is UTF-8. `what`
   precedes it in the message. */
static bool check_utf8(const char *option, const char *what, const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    char safe[96];

    if (text_is_utf8(bytes, strlen(text)))
        return true;
    text_visible(safe, sizeof safe, bytes, strlen(text));
    return options_wrong("%s%s%s%s\"%s\" is not UTF-8%s", *option != '\0'
                         ? "--" : "", option, *option != '\0' ? ": " : "",
                         what, safe, text_hint(bytes, strlen(text)));
}

/* Gets string number `i` of an option, or pair number `i`. The name and the
   value of a string are the string itself. Returns false if there are fewer. */
static bool string_at(const struct options *o, const struct options_row *r,
                      unsigned i, struct options_attribute *string)
{
    const void *at = (const char *)o + r->to;
    const struct options_strings *strings = at;
    const struct options_pairs *pairs = at;
    const char *const *one = at;

    switch (kinds[r->kind].storage) {
    case AS_STRING:
        string->name = string->value = *one;
        return i == 0 && *one != NULL;
    case AS_STRINGS:
        if (i >= strings->n)
            return false;
        string->name = string->value = strings->list[i];
        return true;
    case AS_PAIRS:
        if (i >= pairs->n)
            return false;
        *string = pairs->list[i];
        return true;
    default:
        return false;
    }
}

static bool check_string(const struct options_row *r,
                         const struct options_attribute *string)
{
    bool pair = kinds[r->kind].storage == AS_PAIRS;
    size_t max = kinds[r->kind].max_bytes;

    if (!check_utf8(r->name, pair ? "the name " : "", string->name) ||
        (pair && !check_utf8(r->name, "the value ", string->value)))
        return false;
    if (max > 0 && (*string->name == '\0' || strlen(string->name) > max))
        return options_wrong("--%s needs 1 to %zu bytes of UTF-8", r->name,
                             max);
    return kinds[r->kind].is_valid == NULL ||
        kinds[r->kind].is_valid(string->value) ||
        wrong_value(r, string->value, kinds[r->kind].wanted);
}

/* Checks the strings of all options. The names that a command writes, and the
   columns that it prints, must differ from each other. */
static bool check_strings(const struct options *o)
{
    const char *names[OPTIONS_COLUMNS_MAX];      /* run has at most 34 */
    const struct options_row *r = NULL;
    struct options_attribute string;
    unsigned n = 0, i, k;

    while ((r = options_next(o->command, r)) != NULL) {
        bool differ = r->kind == OPTIONS_COLUMNS ||
            (in_set(WRITES, o->command) && kinds[r->kind].max_bytes > 0);

        for (i = 0; r->kind != OPTIONS_FILE && string_at(o, r, i, &string);
             i++) {
            if (!check_string(r, &string))
                return false;
            for (k = 0; differ && k < n; k++)
                if (strcmp(string.name, names[k]) == 0)
                    return options_wrong("\"%s\" is named twice", string.name);
            if (differ)
                names[n++] = string.name;
        }
    }
    return true;
}

/* Checks the words that are not options. Commands that read standard input
   accept "-" for it. */
static bool check_words(const struct options *o)
{
    const bool reads = in_set(READS, o->command);
    char *const *word;

    for (word = o->words; o->command != OPTIONS_EXTRACT && *word != NULL;
         word++)
        if (!check_utf8("", "", *word))
            return false;
    word = o->words;
    if (reads && *word != NULL && strcmp(*word, "-") == 0)
        word++;
    return *word == NULL || in_set(WORDS, o->command) ||
        options_wrong("unexpected argument \"%s\"%s", *word, reads
                      ? ": the list is read from standard input" : "");
}

static bool check_run(const struct options *o)
{
    if (o->table == NULL &&
        (o->run.skip_stored || o->run.attrs.n + o->sets.n > 0))
        return options_wrong("--attr, --set and --skip-stored need --table");
    if (o->run.explicit && o->run.by_asset)
        return options_wrong("--via explicit needs public_ids, not asset_ids");
    return true;
}

static bool check_list(const struct options *o)
{
    int n = (o->list.prefix != NULL) + (o->list.tag != NULL) +
        (o->list.folder != NULL) + (o->list.since != NULL) +
        (o->list.search != NULL);

    if (n > 1)
        return options_wrong("only one of --prefix, --tag, --folder, --since "
                             "and --search is possible; an expression of "
                             "--search can combine conditions");
    if (o->list.search != NULL &&
        (o->image.type != NULL || o->image.resource_type != NULL))
        return options_wrong("--search excludes --type and --resource-type: "
                             "use resource_type:image AND type:upload in the "
                             "expression");
    return true;
}

static bool check_update(const struct options *o)
{
    unsigned i;

    if (o->sets.n + o->update.removes.n == 0)
        return options_wrong("there is nothing to change: --set or --remove "
                             "is required");
    for (i = 0; i < o->sets.n; i++)
        if (strlen(o->sets.list[i].value) > ITEM_MAX)
            return options_wrong("--set: the value of %s is larger than an "
                                 "item can be", o->sets.list[i].name);
    return true;
}

/* Two conditions are the ends of a range. */
static bool check_query(const struct options *o)
{
    const char *const *sorts = o->find.sorts.list;

    return o->find.sorts.n < 2 || (strncmp(sorts[0], ">=", 2) == 0 &&
                                   strncmp(sorts[1], "<=", 2) == 0) ||
        options_wrong("--sort: two conditions must be a range, first >=FROM, "
                      "then <=TO");
}

/* What each of its words wants is for table.c. */
static bool check_table(const struct options *o)
{
    if ((o->manage.read > 0) != (o->manage.write > 0))
        return options_wrong("--read and --write must be given together");
    if (o->manage.on_demand && o->manage.read > 0)
        return options_wrong("--on-demand excludes --read and --write");
    return true;
}

static bool check(const struct options *o)
{
    if (!check_strings(o) || !check_words(o))
        return false;
    if (o->table == NULL && in_set(STORE, o->command))
        return options_wrong("--table is required");
    if (o->rate.calls > 0 && o->rate.calls < o->shard.count)
        return options_wrong("--rate: less than one for each of %lld parts; "
                             "use a longer unit", (long long)o->shard.count);
    switch (o->command) {
    case OPTIONS_RUN:
        return check_run(o);
    case OPTIONS_LIST:
        return check_list(o);
    case OPTIONS_PUT:
        return o->format != ROWS_TEXT ||
            options_wrong("--format: rows in the format text have no key");
    case OPTIONS_UPDATE:
        return check_update(o);
    case OPTIONS_QUERY:
        return check_query(o);
    case OPTIONS_SCAN:
        return o->limit == 0 || o->checkpoint == NULL ||
            options_wrong("--limit excludes --checkpoint");
    case OPTIONS_TABLE:
        return check_table(o);
    default:
        return true;
    }
}

/* --------------------------------------------------------------- parsing */

static void set_defaults(struct options *o, enum options_command command)
{
    memset(o, 0, sizeof *o);
    o->command = command;
    o->table = env_get("OCRDYN_TABLE");
    o->text = "text";
    o->run.ocr = "adv_ocr";
    if (command != OPTIONS_LIST) {       /* --search excludes both there */
        o->image.type = "upload";
        o->image.resource_type = "image";
    }
    o->shell = o->format = OPTIONS_UNSET;
    o->reserve.calls = -1;
    o->net.timeout = 60 * CLOCK_SECOND;
    o->net.connect_timeout = 10 * CLOCK_SECOND;
}

/* Sets the defaults that depend on other options. */
static void set_dependent_defaults(struct options *o)
{
    o->key_given = o->key != NULL;
    if (o->key == NULL && o->command != OPTIONS_TABLE)
        o->key = "publicId";
    if (o->format == OPTIONS_UNSET)
        o->format = o->command == OPTIONS_LIST && o->columns.n == 0
            ? ROWS_TEXT : ROWS_TSV;
    /* with --rate, the user has already decided what others can use */
    if (o->reserve.calls < 0) {
        o->reserve.calls = o->rate.calls > 0 ? 0 : 10;
        o->reserve.percent = true;
    }
}

static const struct options_row *find_name(const char *name, size_t n)
{
    const struct options_row *r = NULL, *found = NULL;
    unsigned matches = 0;

    while ((r = options_next(parsed_command, r)) != NULL) {
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

    while ((r = options_next(parsed_command, r)) != NULL && r->letter != letter)
        ;
    return r;
}

/* Takes an option with its value. If `value` is NULL, it is the next word, to
   which *word is then moved. */
static bool take_value(struct options *o, const struct options_row *r,
                       char *value, char ***word)
{
    if (value == NULL)
        value = (*word)[1] != NULL ? *++*word : NULL;
    return value != NULL ? take(o, r, value)
        : options_wrong("--%s needs a value", r->name);
}

/* Takes the option in *word: --name, --name=value, --name value. */
static bool take_long(struct options *o, char ***word)
{
    char *name = **word + 2, *equal = strchr(name, '=');
    const struct options_row *r = find_name(name, strcspn(name, "="));

    if (r == NULL)
        return options_wrong("there is no option %s", **word);
    if (r->kind != OPTIONS_FLAG)
        return take_value(o, r, equal != NULL ? equal + 1 : NULL, word);
    if (equal != NULL)
        return options_wrong("--%s takes no value", r->name);
    set_flag(o, r);
    return true;
}

/* Takes the options in *word: -a, -ab, -bVALUE, -b VALUE. */
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
        set_flag(o, r);
    }
    return true;
}

bool options_parse(struct options *o, enum options_command command,
                   char **words)
{
    bool ended = false;          /* by "--" */
    char **word;

    parsed_command = command;
    set_defaults(o, command);
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
    set_dependent_defaults(o);
    return o->help || o->version || o->shell != OPTIONS_UNSET || check(o);
}

bool options_find(enum options_command *command, const char *name)
{
    int i;

    for (i = 0; i < OPTIONS_COMMANDS; i++)
        if (strcmp(name, options_names[i]) == 0) {
            *command = (enum options_command)i;
            return true;
        }
    return options_wrong("there is no command \"%s\"", name);
}
