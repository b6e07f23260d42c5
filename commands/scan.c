/*
 * scan.c: makes the requests of query and scan, follows their pages, and prints
 * the items.
 */
#include "commands/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/report.h"
#include "base/wait.h"
#include "base/circle.h"
#include "base/clock.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "dynamodb/items.h"

enum {
    LOOK = 100,                  /* items that determine the columns */
    UNITS_MAX = 100              /* of read capacity for an item of 400 KB */
};

/* The parts of a request: its beginning, the expressions, and the maps of their
   names and values. */
enum part { HEAD, KEY, FILTER, PROJECTION, NAMES, VALUES, PARTS };

struct state {
    struct command c;
    struct keys keys;
    const struct keys_one *hash, *range;         /* of the table or index */
    struct columns columns;
    bool fixed;                  /* the columns are known */
    bool headed;                 /* the header was printed */
    bool whole;                  /* JSON with all attributes of the answer */
    size_t looked;               /* items that determined columns */
    struct buf line;             /* with `whole`: the item's line */
    struct plain plain;
    struct buf parts[PARTS];
    struct items_page page;
    struct circle circle;        /* detects repeated pages */
    struct pace pace;
    double share;                /* units that a page should consume: what the
                                    rate allows in a second, at least 1 */
    uint64_t limit;              /* items of the next page; 0: no limit */
    uint64_t saved;              /* items printed when it was saved */
    bool outside;                /* attributes were in no column */
};

static uint64_t *printed(struct state *s)
{
    return &s->c.progress.count[ROW_PRINTED];
}

/* ---- requests ---- */

/* Begins a member: adds "#p0": to the names or ":h0": to the values, with this
   letter and number, after a comma where one is needed. */
static struct buf *add_to(struct state *s, enum part part, char letter,
                          unsigned i)
{
    struct buf *to = &s->parts[part];

    buf_format(to, "%s\"%c%c%u\":", to->len > 0 ? "," : "", part == NAMES
               ? '#' : ':', letter, i);
    return to;
}

static void add_name(struct state *s, char letter, unsigned i,
                     const char *name)
{
    dynamodb_quote(add_to(s, NAMES, letter, i), name);
}

/* Adds {"S":"value"}; the values of types with longer names ("BOOL") have no
   quotes. */
static void add_typed(struct buf *to, const char *type, const char *value)
{
    buf_format(to, "{\"%s\":", type);
    if (type[1] == '\0')
        dynamodb_quote(to, value);
    else
        buf_str(to, value);
    buf_byte(to, '}');
}

/* Returns the type that a value of --where may have besides string, or NULL. */
static const char *other_type(const char *value)
{
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        return "BOOL";
    if (strcmp(value, "null") == 0)
        return "NULL";
    return plain_number((const unsigned char *)value, strlen(value)) ? "N"
        : NULL;
}

/* Adds NAME=VALUE to the filter: VALUE as a string or, where it looks like one,
   as a number, boolean or null. `alone`: there is no other condition. */
static void add_where(struct state *s, unsigned i, bool alone)
{
    const struct options_attribute *where = &s->c.o->find.where.list[i];
    const char *type = other_type(where->value);
    struct buf *filter = &s->parts[FILTER];

    add_name(s, 'w', i, where->name);
    add_typed(add_to(s, VALUES, 'w', i), "S", where->value);
    buf_str(filter, filter->len > 0 ? " AND " : "");
    if (type == NULL) {
        buf_format(filter, "#w%u=:w%u", i, i);
        return;
    }
    /* DynamoDB refuses redundant parentheses; assumed: around an OR within an
       AND they are not redundant, as in DynamoDB Local */
    buf_format(filter, "%s#w%u=:w%u OR #w%u=:o%u%s", alone ? "" : "(", i, i, i,
               i, alone ? "" : ")");
    add_typed(add_to(s, VALUES, 'o', i), type, *type == 'N' && type[1] == 'U'
              ? "true" : where->value);
}

static void add_filter(struct state *s, const struct options *o)
{
    bool alone = o->find.where.n + (o->find.contains != NULL) == 1;
    unsigned i;

    if (o->find.contains != NULL) {
        add_name(s, 'c', 0, o->text);
        add_typed(add_to(s, VALUES, 'c', 0), "S", o->find.contains);
        buf_str(&s->parts[FILTER], "contains(#c0,:c0)");
    }
    for (i = 0; i < o->find.where.n; i++)
        add_where(s, i, alone);
}

static void add_projection(struct state *s, const struct options *o)
{
    const char *const *names = o->columns.n > 0 ? o->columns.list : &o->text;
    unsigned i;

    if (o->columns.n == 0 && o->format != ROWS_TEXT)
        return;
    for (i = 0; i == 0 || i < o->columns.n; i++) {
        buf_format(&s->parts[PROJECTION], "%s#p%u", i > 0 ? "," : "", i);
        add_name(s, 'p', i, names[i]);
    }
}

/* Adds the condition of --sort. */
static void add_sort(struct state *s, const struct options *o)
{
    struct buf *key = &s->parts[KEY];
    unsigned i;

    if (o->find.sorts.n == 0)
        return;
    add_name(s, 's', 0, s->range->name);
    for (i = 0; i < o->find.sorts.n; i++) {
        const char *sort = o->find.sorts.list[i];
        size_t skip = sort[0] != '=' && sort[0] != '^' && sort[1] == '='
            ? 2 : 1;

        keys_value(add_to(s, VALUES, 's', i), s->range,
                   (const unsigned char *)sort + skip, strlen(sort + skip));
        if (o->find.sorts.n == 2)
            buf_str(key, i == 0 ? " AND #s0 BETWEEN :s0" : " AND :s1");
        else if (sort[0] == '^')
            buf_str(key, " AND begins_with(#s0,:s0)");
        else
            buf_format(key, " AND #s0%.*s:s0", (int)skip, sort);
    }
}

/* Makes the request for all items, or, if `value` is not NULL, for those with
   this partition key. */
static void make_request(struct state *s, const unsigned char *value, size_t n)
{
    static const char members[PARTS][30] = {
        [KEY] = "\"KeyConditionExpression\":\"",
        [FILTER] = "\"FilterExpression\":\"",
        [PROJECTION] = "\"ProjectionExpression\":\"",
        [NAMES] = "\"ExpressionAttributeNames\":{",
        [VALUES] = "\"ExpressionAttributeValues\":{"
    };
    const struct options *o = s->c.o;
    struct buf *head = &s->parts[HEAD];
    int i;

    for (i = 0; i < PARTS; i++)
        buf_reset(&s->parts[i]);
    dynamodb_table(head, o->table);
    buf_str(head, ",\"ReturnConsumedCapacity\":\"TOTAL\"");
    /* indexes do not have consistent reads */
    buf_str(head, o->find.index != NULL ? ",\"IndexName\":"
            : ",\"ConsistentRead\":true");
    if (o->find.index != NULL)
        dynamodb_quote(head, o->find.index);
    if (o->shard.count > 0)
        buf_format(head, ",\"Segment\":%lld,\"TotalSegments\":%lld",
                   (long long)o->shard.number - 1, (long long)o->shard.count);
    if (value != NULL) {
        add_name(s, 'h', 0, s->hash->name);
        keys_value(add_to(s, VALUES, 'h', 0), s->hash, value, n);
        buf_str(&s->parts[KEY], "#h0=:h0");
        add_sort(s, o);
    }
    add_filter(s, o);
    add_projection(s, o);
    for (i = KEY; i < PARTS; i++) {
        const struct buf *part = &s->parts[i];

        if (part->len == 0)
            continue;
        buf_byte(head, ',');
        buf_str(head, members[i]);
        buf_add(head, part->data, part->len);
        buf_byte(head, i < NAMES ? '"' : '}');
        head->failed |= part->failed;
    }
}

/* ---- rows ---- */

/* Adds the item's attributes to the columns. A plain_fn; stops after LOOK
   items. */
static bool look(void *context, const struct plain_value *v)
{
    struct state *s = context;

    if (v == NULL)
        return ++s->looked < LOOK;
    columns_add(&s->columns, v->name, v->name_len, COLUMNS_MAX);
    return true;
}

/* Reports once that an attribute is in no column, for up to COLUMNS_KNOWN
   attributes in all. */
static void tell_outside(struct state *s, const struct plain_value *v)
{
    struct columns *c = &s->columns;
    char name[256];

    s->outside = true;
    if (columns_find(c, v->name, v->name_len) < c->n || c->n == COLUMNS_KNOWN)
        return;
    columns_add(c, v->name, v->name_len, COLUMNS_KNOWN);
    text_visible(name, sizeof name, v->name, v->name_len);
    report_say("the attribute %s is in no column, and is not printed%s", name,
               c->n < COLUMNS_KNOWN ? " (--columns names them)"
               : "; so are others");
}

/* Adds an attribute to the line of JSON. */
static void add_json(struct buf *line, const struct plain_value *v)
{
    buf_byte(line, line->len == 0 ? '{' : ',');
    json_quote(v->name, v->name_len, buf_put, line);
    buf_byte(line, ':');
    if (v->bytes == NULL)
        buf_str(line, "null");
    else if (v->json)
        buf_add(line, v->bytes, v->len);
    else
        json_quote(v->bytes, v->len, buf_put, line);
}

/* Prints the row, or counts the item as failed. */
static void print_row(struct state *s)
{
    const struct columns_one *key = &s->columns.list[0];
    unsigned char id[256];
    size_t n = 0;
    char why[256];

    /* the first column is the key, except with --columns or TEXT */
    if (key->present && s->c.o->columns.n == 0 &&
        s->c.o->format != ROWS_TEXT) {
        n = key->len < sizeof id ? key->len : sizeof id;
        memcpy(id, s->columns.values.data + key->value, n);
    }
    if (columns_row(&s->columns, &s->c.out, why, sizeof why))
        ++*printed(s);
    else
        command_count(&s->c, ROW_FAILED, id, n, why);
}

static void end_item(struct state *s)
{
    if (!s->whole) {
        print_row(s);
        return;
    }
    ++*printed(s);
    if (s->plain.typed) {
        plain_line(&s->line, NULL);
    } else {
        if (s->line.len == 0)
            buf_byte(&s->line, '{');
        buf_byte(&s->line, '}');
    }
    rows_line(&s->c.out, s->line.data, s->line.len);
    buf_reset(&s->line);
}

/* Prints an attribute of an item. A plain_fn; stops at --limit. */
static bool print(void *context, const struct plain_value *v)
{
    struct state *s = context;

    if (v == NULL) {
        end_item(s);
        return s->c.o->limit == 0 || *printed(s) < s->c.o->limit;
    }
    if (s->plain.typed)
        plain_line(&s->line, v);
    else if (s->whole)
        add_json(&s->line, v);
    else if (!columns_take(&s->columns, v) && s->c.o->columns.n == 0 &&
             s->c.o->format != ROWS_TEXT)
        tell_outside(s, v);
    return !s->line.failed && !s->columns.values.failed;
}

/* Fixes the columns, which are sorted from number `first` on. Reports them with
   TSV, which has no header. */
static void fix_columns(struct state *s, size_t first)
{
    char name[256];
    size_t i;

    columns_fix(&s->columns, first);
    s->fixed = true;
    if (s->c.o->format != ROWS_TSV || s->c.o->quiet)
        return;
    for (i = 0; i < s->columns.n; i++) {
        const struct columns_one *one = &s->columns.list[i];

        text_visible(name, sizeof name, s->columns.names.data + one->name,
                     one->name_len);
        report_say("column %zu: %s", i + 1, name);
    }
}

/* Adds the columns that do not depend on the items. */
static void begin_columns(struct state *s, const struct options *o)
{
    struct columns *c = &s->columns;
    unsigned i;

    s->whole = s->plain.typed ||
        (o->format == ROWS_JSONL && o->columns.n == 0);
    s->fixed = s->whole || o->format == ROWS_TEXT || o->columns.n > 0;
    for (i = 0; i < o->columns.n; i++)
        columns_name(c, o->columns.list[i]);
    if (!s->fixed) {
        columns_name(c, s->keys.hash.name);
        columns_name(c, s->keys.range.name);
    }
    if (!s->whole && o->columns.n == 0)
        columns_name(c, o->text);
    c->shown = s->fixed ? c->n : 0;
}

/* Calls `fn` for the items of the page. Returns false if one is not valid. */
static bool read_page(struct state *s, plain_fn *fn)
{
    return plain_read(&s->plain, s->page.items.data, s->page.items.len, true,
                      fn, s);
}

/* Prints the page. `last`: no later page can determine the columns. */
static void print_page(struct state *s, bool last)
{
    size_t first = s->columns.n;
    bool good = true;

    if (!s->fixed) {
        good = read_page(s, look);
        if (s->looked > 0 || last)
            fix_columns(s, first);
    }
    if (s->fixed && !s->headed) {
        columns_header(&s->columns, &s->c.out);
        s->headed = true;
    }
    good = good && read_page(s, print);
    if (s->line.failed || s->columns.values.failed || !good) {
        report_line("DynamoDB: a page of its answer holds something that is "
                    "no item, or memory is out");
        s->c.exit = COMMAND_STOPPED;
    }
    command_flush(&s->c);
}

/* ---- checkpoint ---- */

/* Saves the position where the scan continues, as JSON that resume() reads.
   `begun`: a page was read, so that an empty page.last means the end. */
static void save(struct state *s, bool begun)
{
    struct command *c = &s->c;
    const struct buf *last = &s->page.last;
    struct buf place;
    size_t i;

    if (c->checkpoint.fd < 0 || c->exit == COMMAND_UNWRITTEN ||
        !command_sync(c))
        return;
    if (c->file.st_size >= 0 && fstat(STDOUT_FILENO, &c->file) < 0) {
        command_write_error(c, "the rows to the disk", errno);
        return;
    }
    buf_init(&place, CHECKPOINT_POSITION);
    buf_format(&place, "{\"device\":\"%llu\",\"inode\":\"%llu\",\"size\":"
               "\"%lld\",\"columns\":[", (unsigned long long)c->file.st_dev,
               (unsigned long long)c->file.st_ino,
               (long long)c->file.st_size);
    for (i = 0; i < s->columns.shown && s->headed; i++) {
        const struct columns_one *one = &s->columns.list[i];

        buf_str(&place, i > 0 ? "," : "");
        json_quote(s->columns.names.data + one->name, one->name_len, buf_put,
                   &place);
    }
    buf_str(&place, begun && last->len == 0 ? "],\"end\":true" : "]");
    buf_str(&place, last->len > 0 ? ",\"key\":" : "");
    for (i = 0; i < last->len; i++)      /* no line ends in a position */
        buf_byte(&place, last->data[i] < ' ' ? ' ' : last->data[i]);
    buf_byte(&place, '}');
    command_check_saved(c, checkpoint_save(&c->checkpoint,
                                           c->checkpoint.records +
                                           *printed(s) - s->saved, place.data,
                                           place.failed ? SIZE_MAX
                                           : place.len));
    s->saved = *printed(s);
    buf_free(&place);
}

enum { P_DEVICE, P_INODE, P_SIZE, P_COLUMN, P_END, P_KEY };

struct place {
    struct state *s;
    struct outcome_note notes[P_SIZE + 1];
    struct buf column;
    bool headed, ended;
};

static bool take_place(void *context, unsigned pick, enum json_event event,
                       enum json_type type, const unsigned char *bytes,
                       size_t n)
{
    struct place *place = context;
    struct state *s = place->s;

    (void)type;
    place->ended |= pick == P_END;
    if (event == JSON_BYTES && pick <= P_SIZE)
        outcome_note_add(&place->notes[pick], bytes, n);
    else if (event == JSON_BYTES && pick != P_END)
        buf_add(pick == P_KEY ? &s->page.last : &place->column, bytes, n);
    if (pick == P_COLUMN && event == JSON_END) {
        columns_add(&s->columns, place->column.len > 0 ? place->column.data
                    : (const unsigned char *)"", place->column.len,
                    COLUMNS_MAX);
        buf_reset(&place->column);
        place->headed = true;
    }
    return true;
}

/* Cuts back standard output after an unclean end, if it is the same file as
   when the checkpoint was saved and has become longer since. */
static void cut_back(struct command *c, const struct place *place)
{
    unsigned long long device, inode;
    long long size;

    device = strtoull(place->notes[P_DEVICE].text, NULL, 10);
    inode = strtoull(place->notes[P_INODE].text, NULL, 10);
    size = strtoll(place->notes[P_SIZE].text, NULL, 10);
    if (!c->checkpoint.unclean || c->file.st_size <= size || size < 0 ||
        device != c->file.st_dev || inode != c->file.st_ino)
        return;
    report_say("standard output is cut back to the %lld bytes that %s counts",
               size, c->o->checkpoint);
    if (ftruncate(STDOUT_FILENO, size) < 0 ||
        (lseek(STDOUT_FILENO, 0, SEEK_END) < 0 && errno != ESPIPE))
        command_write_error(c, "standard output", errno);
}

/* Continues where an earlier scan ended. Returns false if that was complete. */
static bool resume(struct state *s)
{
    static const struct json_pick picks[] = {
        [P_DEVICE] = {"/device", JSON_WANT_TEXT, false},
        [P_INODE] = {"/inode", JSON_WANT_TEXT, false},
        [P_SIZE] = {"/size", JSON_WANT_TEXT, false},
        [P_COLUMN] = {"/columns/*", JSON_WANT_TEXT, true},
        [P_END] = {"/end", JSON_WANT_TYPE, false},
        [P_KEY] = {"/key", JSON_WANT_RAW, false}
    };
    struct command *c = &s->c;
    const struct buf *position = &c->checkpoint.position;
    struct place place = {.s = s};
    struct json json;

    if (position->len == 0)
        return true;
    buf_init(&place.column, PLAIN_MAX);
    json_init(&json, picks, 6, take_place, &place);
    json_feed(&json, position->data, position->len);
    buf_free(&place.column);
    if (!json_end(&json)) {
        report_say("%s holds a place that is none", c->o->checkpoint);
        c->exit = COMMAND_MISUSED;
    }
    if (place.headed) {
        s->columns.shown = s->columns.n;
        s->fixed = s->headed = true;
    }
    cut_back(c, &place);
    if (place.ended && !c->o->quiet)
        report_say("the scan of %s is done already (remove it to begin anew)",
                   c->o->checkpoint);
    return !place.ended;
}

/* Opens the checkpoint. Its job is everything that must be equal for two scans
   to do the same work. */
static bool open_checkpoint(struct state *s)
{
    const struct options *o = s->c.o;
    struct buf job;

    buf_init(&job, 1 << 20);
    buf_str(&job, "scan\n");
    buf_add(&job, s->parts[HEAD].data, s->parts[HEAD].len);
    buf_format(&job, "\n%d\n%d\n", (int)o->format, o->null);
    buf_str(&job, o->text);
    return command_resume(&s->c, &job);
}

/* ---- pages ---- */

/* Waits until the rate allows another page. */
static void wait_for_pace(struct state *s)
{
    bool quota;
    int64_t until = pace_next(&s->pace, clock_now(CLOCK_STEADY), &quota);

    s->c.progress.waits_until = until;
    while (wait_stop == 0 &&
           wait_until(until, -1, 0, &wait_stop) == WAIT_SIGNAL)
        ;
    s->c.progress.waits_until = 0;
}

/* Counts the units that the page consumed, which delay the next one, and sets
   the limit of the next page (pace_page). */
static void pay(struct state *s)
{
    const struct items_page *page = &s->page;
    /* if they are not reported: those of a strongly consistent read */
    double units = page->units > 0 ? page->units
        : 1 + (double)page->items.len / 4096;

    if (s->c.o->rate.calls == 0)
        return;
    pace_spend(&s->pace, units, clock_now(CLOCK_STEADY));
    s->limit = pace_page(s->limit, page->scanned, page->units, s->share);
}

/* Returns how many items the next page may read; 0: no limit. */
static uint64_t page_limit(struct state *s)
{
    uint64_t left = s->c.o->limit - *printed(s);

    if (s->c.o->limit == 0 || s->parts[FILTER].len > 0)
        return s->limit;
    return s->limit == 0 || left < s->limit ? left : s->limit;
}

/* Reads the next page. Returns OUTCOME_STOP, too, if it leads back to an
   earlier one. */
static enum outcome next_page(struct state *s)
{
    struct dynamodb *db = s->c.db;
    const char *operation = s->c.o->command == OPTIONS_SCAN ? "Scan" : "Query";
    const struct buf *last = &s->page.last;
    enum outcome outcome = items_page(db, operation, &s->parts[HEAD],
                                      page_limit(s), &s->page);

    if (outcome == OUTCOME_DONE && last->len > 0 &&
        circle_closes(&s->circle, last->data, last->len))
        outcome = dynamodb_fail(db, OUTCOME_STOP, "the pages go in a circle: "
                                "a LastEvaluatedKey comes again");
    return outcome;
}

/* Prints all pages of the request. `last`: it is the last request. */
static void follow(struct state *s, bool last)
{
    struct command *c = &s->c;

    s->circle = (struct circle){0, 0, 0, 0};
    do {
        wait_for_pace(s);
        if (wait_stop != 0)
            return;
        if (next_page(s) != OUTCOME_DONE)
            command_check_call(c, OUTCOME_STOP);
        command_advance(c);
        if (c->exit != 0)
            return;
        c->progress.ids += s->page.scanned;
        pay(s);
        print_page(s, last && s->page.last.len == 0);
        if (c->exit == 0)
            save(s, true);
    } while (s->page.last.len > 0 && command_continues(c, *printed(s)));
}

static void scan(struct state *s)
{
    struct command *c = &s->c;
    bool more = true;

    make_request(s, NULL, 0);
    if (c->o->checkpoint != NULL && open_checkpoint(s)) {
        more = resume(s);
        if (more && c->exit == 0 && s->page.last.len == 0)
            save(s, false);
        command_confine_files(c);
    }
    if (c->exit == 0 && more)
        follow(s, true);
}

/* ---- query ---- */

static void query_value(struct state *s, const unsigned char *value, size_t n)
{
    const char *wrong = keys_wrong(s->hash, value, n, ITEM_KEY_MAX);

    if (wrong != NULL) {
        command_count(&s->c, ROW_FAILED, value, n, wrong);
        return;
    }
    make_request(s, value, n);
    buf_reset(&s->page.last);
    follow(s, false);
}

/* Returns whether the values of a query are read from standard input. */
static bool is_listed(const struct options *o)
{
    return o->command == OPTIONS_QUERY &&
        (o->n_words == 0 ||
         (o->n_words == 1 && strcmp(o->words[0], "-") == 0));
}

static void query(struct state *s)
{
    struct command *c = &s->c;
    const struct options *o = c->o;
    const bool listed = is_listed(o);
    const unsigned char *value;
    size_t n;
    int i;

    if (o->find.sorts.n > 0 && *s->range->name == '\0') {
        report_line("--sort: there is no sort key");
        c->exit = COMMAND_MISUSED;
    }
    for (i = 0; !listed && i < o->n_words && command_continues(c, *printed(s));
         i++)
        query_value(s, (const unsigned char *)o->words[i],
                    strlen(o->words[i]));
    /* IDS_LONG needs no case: a value that is cut is too long for a key */
    while (listed && command_continues(c, *printed(s)) &&
           command_next(c, &value, &n) != IDS_END)
        query_value(s, value, n);
    /* print the header even if there are no items */
    if (c->exit == 0 && wait_stop == 0 && !s->headed) {
        buf_reset(&s->page.items);
        buf_str(&s->page.items, "[]");
        print_page(s, true);
    }
}

/* ---- both commands ---- */

static void begin(struct state *s)
{
    struct command *c = &s->c;
    const struct options *o = c->o;
    int64_t calls = o->rate.calls, window = o->rate.window;
    int i;

    c->progress.what = "item";
    s->hash = o->find.index != NULL ? &s->keys.index_hash : &s->keys.hash;
    s->range = o->find.index != NULL ? &s->keys.index_range : &s->keys.range;
    columns_init(&s->columns);
    plain_init(&s->plain);
    s->plain.typed = o->format == ROWS_DYNAMODB;
    buf_init(&s->line, PLAIN_MAX);
    for (i = 0; i < PARTS; i++)
        buf_init(&s->parts[i], 4 << 20);
    buf_init(&s->page.items, ITEMS_FOUND_MAX);
    buf_init(&s->page.last, ITEMS_PLACE_MAX);
    pace_share(&calls, &window, o->shard.count);
    pace_init(&s->pace, calls, window, 0, false);
    s->share = (double)calls * CLOCK_SECOND / (double)window;
    if (s->share < 1)
        s->share = 1;
    if (o->rate.calls > 0)       /* the first page: items may have 400 KB */
        s->limit = (uint64_t)(s->share / UNITS_MAX) + 1;
    if (!is_listed(o) || command_check_list(c))
        command_keys(c, &s->keys);
}

int export(const struct options *o)
{
    static struct state s;       /* too large for a small stack */
    int status;

    if (!command_begin(&s.c, o, COMMAND_TABLE, o->command == OPTIONS_QUERY &&
                       o->n_words == 0 ? "values" : NULL))
        return COMMAND_MISUSED;
    begin(&s);
    if (s.c.exit == 0 && wait_stop == 0) {
        begin_columns(&s, o);
        (o->command == OPTIONS_SCAN ? scan : query)(&s);
    }
    status = command_end(&s.c, s.saved == *printed(&s));
    return status == 0 && s.outside ? COMMAND_FAILED : status;
}
