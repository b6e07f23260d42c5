/* export: see export.h. */
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint.h"
#include "clock.h"
#include "columns.h"
#include "command.h"
#include "ids.h"
#include "items.h"
#include "keys.h"
#include "pace.h"

enum {
    LOOK = 100,                  /* items that tell the columns */
    UNITS_MAX = 100              /* of read capacity for an item of 400 KB */
};

/* Parts of a request: expressions, and what their names stand for. */
struct request {
    struct buf head, key, filter, projection, names, values;
};

struct state {
    const struct options *o;
    struct dynamodb *db;
    struct keys keys;
    struct rows_in in;           /* values of query */
    struct rows_out out;
    struct report report;
    struct columns columns;
    bool fixed;                  /* they are known, */
    bool headed;                 /* and their header is printed */
    bool whole;                  /* JSON Lines of all attributes */
    size_t looked;               /* items */
    struct buf line;             /* such a one, in the making */
    struct plain plain;
    struct request request;
    struct items_page page;
    struct checkpoint checkpoint;
    struct stat file;            /* of the rows; st_size -1: they go to none */
    struct pace pace;
    uint64_t limit;              /* items of the next page; 0: no limit */
    uint64_t saved;              /* items printed when it was written */
    bool outside;                /* attributes were in no column */
    int exit;                    /* once it must end early */
};

static uint64_t *printed(struct state *s)
{
    return &s->report.count[REPORT_PRINTED];
}

static void fail(struct state *s, enum outcome outcome)
{
    if (command_stop == 0)
        report_say("%s", s->db->error);
    s->exit = outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
}

/* -------------------------------------------------------------- requests */

/* Adds "#p0":"name" (or another letter). */
static void add_name(struct request *r, char letter, unsigned i,
                     const char *name)
{
    buf_format(&r->names, "%s\"#%c%u\":", r->names.len > 0 ? "," : "", letter,
               i);
    dynamodb_quote(&r->names, name);
}

/* Adds ":h0":TYPED. */
static void add_value(struct request *r, char letter, unsigned i,
                      const struct keys_one *key, const char *value, size_t n)
{
    buf_format(&r->values, "%s\":%c%u\":", r->values.len > 0 ? "," : "",
               letter, i);
    keys_value(&r->values, key, (const unsigned char *)value, n);
}

/* What else a value of --where may be that is no string; what it says in
   `out`, or nothing. */
static void other_type(struct buf *out, const char *value)
{
    const size_t n = strlen(value);
    struct json json;

    buf_reset(out);
    json_init(&json, NULL, 0, NULL, NULL);
    json_feed(&json, (const unsigned char *)value, n);
    if (!json_end(&json))
        return;
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        buf_format(out, "{\"BOOL\":%s}", value);
    else if (strcmp(value, "null") == 0)
        buf_str(out, "{\"NULL\":true}");
    else if (*value == '-' || (*value >= '0' && *value <= '9')) {
        buf_str(out, "{\"N\":");
        dynamodb_quote(out, value);
        buf_byte(out, '}');
    }
}

static const struct keys_one string = {"", "S"};

/* NAME=VALUE: as a string or, where it looks like one, as a number, boolean
   or null. */
static void add_where(struct request *r, unsigned i, unsigned terms,
                      const struct options_attribute *where)
{
    struct buf other;

    buf_init(&other, 65536);
    other_type(&other, where->value);
    add_name(r, 'w', i, where->name);
    add_value(r, 'w', i, &string, where->value, strlen(where->value));
    buf_str(&r->filter, r->filter.len > 0 ? " AND " : "");
    if (other.len == 0) {
        buf_format(&r->filter, "#w%u=:w%u", i, i);
    } else {
        /* parentheses that are not needed are refused; assumed: between
           AND and OR they are needed, as Local has it */
        buf_format(&r->filter, terms > 1 ? "(#w%u=:w%u OR #w%u=:o%u)"
                   : "#w%u=:w%u OR #w%u=:o%u", i, i, i, i);
        buf_format(&r->values, ",\":o%u\":", i);
        buf_add(&r->values, other.data, other.len);
    }
    buf_free(&other);
}

static void add_filter(struct request *r, const struct options *o)
{
    unsigned terms = o->n_where + (o->contains != NULL), i;

    if (o->contains != NULL) {
        add_name(r, 'c', 0, o->text);
        add_value(r, 'c', 0, &string, o->contains, strlen(o->contains));
        buf_str(&r->filter, "contains(#c0,:c0)");
    }
    for (i = 0; i < o->n_where; i++)
        add_where(r, i, terms, &o->where[i]);
}

static void add_projection(struct request *r, const struct options *o)
{
    unsigned i;

    if (o->n_columns == 0 && o->format != ROWS_TEXT)
        return;
    for (i = 0; i < (o->n_columns > 0 ? o->n_columns : 1); i++) {
        buf_format(&r->projection, "%s#p%u", i > 0 ? "," : "", i);
        add_name(r, 'p', i, o->n_columns > 0 ? o->columns[i] : o->text);
    }
}

/* The condition of --sort. */
static void add_sort(struct request *r, const struct options *o,
                     const struct keys_one *key)
{
    unsigned i;

    if (o->n_sorts == 0)
        return;
    add_name(r, 's', 0, key->name);
    for (i = 0; i < o->n_sorts; i++) {
        const char *sort = o->sorts[i];
        size_t skip = sort[0] != '=' && sort[0] != '^' && sort[1] == '='
            ? 2 : 1;

        add_value(r, 's', i, key, sort + skip, strlen(sort + skip));
        if (o->n_sorts == 2)
            buf_str(&r->key, i == 0 ? " AND #s0 BETWEEN :s0" : " AND :s1");
        else if (sort[0] == '^')
            buf_str(&r->key, " AND begins_with(#s0,:s0)");
        else
            buf_format(&r->key, " AND #s0%.*s:s0", (int)skip, sort);
    }
}

static void add_expression(struct buf *head, const char *name,
                           const struct buf *expression)
{
    if (expression->len == 0)
        return;
    buf_format(head, ",\"%s\":\"", name);
    buf_add(head, expression->data, expression->len);
    buf_byte(head, '"');
}

static void add_map(struct buf *head, const char *name, const struct buf *map)
{
    if (map->len == 0)
        return;
    buf_format(head, ",\"%s\":{", name);
    buf_add(head, map->data, map->len);
    buf_byte(head, '}');
    head->failed |= map->failed;
}

/* Makes the request for all items, or for those whose partition key has this
   value. */
static void make_request(struct state *s, const unsigned char *value, size_t n)
{
    struct request *r = &s->request;
    const struct options *o = s->o;
    const struct keys *k = &s->keys;
    bool index = o->index != NULL;

    buf_reset(&r->head);
    buf_reset(&r->key);
    buf_reset(&r->filter);
    buf_reset(&r->projection);
    buf_reset(&r->names);
    buf_reset(&r->values);
    dynamodb_table(&r->head, o->table);
    buf_str(&r->head, ",\"ReturnConsumedCapacity\":\"TOTAL\"");
    /* indexes do not have consistent reads */
    buf_str(&r->head, index ? ",\"IndexName\":" : ",\"ConsistentRead\":true");
    if (index)
        dynamodb_quote(&r->head, o->index);
    if (o->shards > 0)
        buf_format(&r->head, ",\"Segment\":%lld,\"TotalSegments\":%lld",
                   (long long)o->shard - 1, (long long)o->shards);
    if (value != NULL) {
        const struct keys_one *hash = index ? &k->index_hash : &k->hash;

        add_name(r, 'h', 0, hash->name);
        add_value(r, 'h', 0, hash, (const char *)value, n);
        buf_str(&r->key, "#h0=:h0");
        add_sort(r, o, index ? &k->index_range : &k->range);
    }
    add_filter(r, o);
    add_projection(r, o);
    add_expression(&r->head, "KeyConditionExpression", &r->key);
    add_expression(&r->head, "FilterExpression", &r->filter);
    add_expression(&r->head, "ProjectionExpression", &r->projection);
    add_map(&r->head, "ExpressionAttributeNames", &r->names);
    add_map(&r->head, "ExpressionAttributeValues", &r->values);
}

/* ------------------------------------------------------------------ rows */

/* Looks which attributes there are. */
static bool look(void *context, const struct plain_value *v)
{
    struct state *s = context;

    if (v == NULL)
        return ++s->looked < LOOK;
    columns_add(&s->columns, v->name, v->name_len, COLUMNS_MAX);
    return true;
}

static void add_column(struct state *s, const char *name)
{
    if (*name != '\0')
        columns_add(&s->columns, (const unsigned char *)name, strlen(name),
                    COLUMNS_MAX);
}

/* Says once that an attribute is in no column. */
static void tell_outside(struct state *s, const struct plain_value *v)
{
    struct columns *c = &s->columns;
    char name[256];

    s->outside = true;
    if (columns_find(c, v->name, v->name_len) < c->n || c->n == COLUMNS_KNOWN)
        return;
    columns_add(c, v->name, v->name_len, COLUMNS_KNOWN);
    rows_visible(name, sizeof name, v->name, v->name_len);
    report_say(c->n < COLUMNS_KNOWN ? "the attribute %s is in no column, and "
               "is not printed (--columns names them)" : "the attribute %s and"
               " others are in no column, and not printed", name);
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

static void end_item(struct state *s)
{
    ++*printed(s);
    if (!s->whole) {
        columns_row(&s->columns, &s->out);
        return;
    }
    if (s->line.len == 0)
        buf_byte(&s->line, '{');
    buf_byte(&s->line, '}');
    rows_line(&s->out, s->line.data, s->line.len);
    buf_reset(&s->line);
}

/* Prints an attribute of an item. */
static bool print(void *context, const struct plain_value *v)
{
    struct state *s = context;

    if (v == NULL) {
        end_item(s);
        return s->o->limit == 0 || *printed(s) < s->o->limit;
    }
    if (s->whole)
        add_json(&s->line, v);
    else if (!columns_take(&s->columns, v) && s->o->n_columns == 0 &&
             s->o->format != ROWS_TEXT)
        tell_outside(s, v);
    return !s->line.failed && !s->columns.values.failed;
}

/* The columns are known now. */
static void fix_columns(struct state *s, size_t first)
{
    char name[256];
    size_t i;

    columns_fix(&s->columns, first);
    s->fixed = true;
    if (s->o->format != ROWS_TSV || s->o->n_columns > 0 || s->o->quiet)
        return;
    for (i = 0; i < s->columns.n; i++) {
        const struct columns_one *one = &s->columns.list[i];

        rows_visible(name, sizeof name, s->columns.names.data + one->name,
                     one->name_len);
        report_say("column %zu: %s", i + 1, name);
    }
}

/* The columns that do not depend on what there is. */
static void begin_columns(struct state *s)
{
    const struct options *o = s->o;
    unsigned i;

    s->whole = o->format == ROWS_JSONL && o->n_columns == 0;
    for (i = 0; i < o->n_columns; i++)
        add_column(s, o->columns[i]);
    if (o->format == ROWS_TEXT && o->n_columns == 0)
        add_column(s, o->text);
    if (s->columns.n > 0 || s->whole) {
        s->columns.shown = s->columns.n;
        s->fixed = true;
        return;
    }
    add_column(s, s->keys.hash.name);
    add_column(s, s->keys.range.name);
    add_column(s, o->text);
}

/* `last`: it is the last that may tell the columns. */
static void print_page(struct state *s, bool last)
{
    const struct buf *items = &s->page.items;
    size_t first = s->columns.n;
    bool good = true;

    if (!s->fixed) {
        good = plain_read(&s->plain, items->data, items->len, true, look, s);
        if (s->looked > 0 || last)
            fix_columns(s, first);
    }
    if (s->fixed && !s->headed) {
        columns_header(&s->columns, &s->out);
        s->headed = true;
    }
    good = good && plain_read(&s->plain, items->data, items->len, true, print,
                              s);
    if (s->line.failed || s->columns.values.failed || !good) {
        report_say("DynamoDB: a page of its answer holds something that is no "
                   "item, or memory is out");
        s->exit = COMMAND_STOPPED;
    }
    if (!rows_flush(&s->out)) {
        report_say("cannot write standard output: %s",
                   strerror(s->out.error));
        s->exit = COMMAND_UNWRITTEN;
    }
}

/* ------------------------------------------------------------ checkpoint */

/* What a place is: see resume(), which reads it. */
static void save(struct state *s, bool begun)
{
    struct stat now;
    struct buf place;
    size_t i;

    if (s->checkpoint.fd < 0 || s->exit == COMMAND_UNWRITTEN)
        return;
    buf_init(&place, CHECKPOINT_PLACE);
    if (s->file.st_size >= 0 && (fdatasync(STDOUT_FILENO) < 0 ||
                                 fstat(STDOUT_FILENO, &now) < 0)) {
        report_say("cannot write the rows to the disk: %s", strerror(errno));
        s->exit = COMMAND_UNWRITTEN;
        return;
    }
    if (s->file.st_size >= 0)
        s->file.st_size = now.st_size;
    buf_format(&place, "{\"device\":\"%llu\",\"inode\":\"%llu\",\"size\":"
               "\"%lld\",\"columns\":[", (unsigned long long)s->file.st_dev,
               (unsigned long long)s->file.st_ino,
               (long long)s->file.st_size);
    for (i = 0; i < s->columns.shown && s->headed; i++) {
        const struct columns_one *one = &s->columns.list[i];

        buf_str(&place, i > 0 ? "," : "");
        json_quote(s->columns.names.data + one->name, one->name_len, buf_put,
                   &place);
    }
    buf_str(&place, begun && s->page.last.len == 0 ? "],\"end\":true" : "]");
    if (s->page.last.len > 0) {
        buf_str(&place, ",\"key\":");
        for (i = 0; i < s->page.last.len; i++)   /* a line end is a space */
            buf_byte(&place, s->page.last.data[i] < ' ' ? ' '
                     : s->page.last.data[i]);
    }
    buf_byte(&place, '}');
    if (!(place.failed ? checkpoint_at(&s->checkpoint, 0, "", SIZE_MAX)
          : checkpoint_at(&s->checkpoint, s->checkpoint.records + *printed(s) -
                          s->saved, place.data, place.len))) {
        report_say("%s", s->checkpoint.error);
        s->exit = COMMAND_UNWRITTEN;
    }
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

/* After an unclean end, the file of rows may be longer than it was when the
   checkpoint was written. If this is that file, it is cut. */
static void cut_back(struct state *s, const struct place *place)
{
    unsigned long long device, inode;
    long long size;

    device = strtoull(place->notes[P_DEVICE].text, NULL, 10);
    inode = strtoull(place->notes[P_INODE].text, NULL, 10);
    size = strtoll(place->notes[P_SIZE].text, NULL, 10);
    if (!s->checkpoint.unclean || s->file.st_size <= size || size < 0 ||
        device != s->file.st_dev || inode != s->file.st_ino)
        return;
    report_say("standard output is cut back to the %lld bytes that %s counts",
               size, s->o->checkpoint);
    if (ftruncate(STDOUT_FILENO, size) < 0 ||
        (lseek(STDOUT_FILENO, 0, SEEK_END) < 0 && errno != ESPIPE)) {
        report_say("cannot cut standard output: %s", strerror(errno));
        s->exit = COMMAND_UNWRITTEN;
    }
}

/* Goes on where an earlier scan ended. False if it was done. */
static bool resume(struct state *s)
{
    static const struct json_pick picks[] = {
        [P_DEVICE] = {"/device", JSON_WANT_TEXT, false, 0},
        [P_INODE] = {"/inode", JSON_WANT_TEXT, false, 0},
        [P_SIZE] = {"/size", JSON_WANT_TEXT, false, 0},
        [P_COLUMN] = {"/columns/*", JSON_WANT_TEXT, true, 0},
        [P_END] = {"/end", JSON_WANT_TYPE, false, 0},
        [P_KEY] = {"/key", JSON_WANT_RAW, false, 0}
    };
    const char *text = s->checkpoint.place;
    struct place place = {.s = s};
    struct json json;

    if (*text == '\0')
        return true;
    buf_init(&place.column, PLAIN_MAX);
    json_init(&json, picks, 6, take_place, &place);
    json_feed(&json, (const unsigned char *)text, strlen(text));
    buf_free(&place.column);
    if (!json_end(&json)) {
        report_say("%s holds a place that is none", s->o->checkpoint);
        s->exit = COMMAND_MISUSED;
    }
    if (place.headed) {
        s->columns.shown = s->columns.n;
        s->fixed = s->headed = true;
    }
    cut_back(s, &place);
    if (place.ended && !s->o->quiet)
        report_say("the scan of %s is done already (remove it to begin anew)",
                   s->o->checkpoint);
    return !place.ended;
}

/* What must be equal for a checkpoint to be of the same work. */
static bool open_checkpoint(struct state *s)
{
    const struct options *o = s->o;
    struct buf job;
    bool good;

    buf_init(&job, 1 << 20);
    buf_str(&job, "scan\n");
    buf_add(&job, s->request.head.data, s->request.head.len);
    buf_format(&job, "\n%d\n%d\n", (int)o->format, o->null);
    buf_str(&job, o->text);
    good = !job.failed && checkpoint_open(&s->checkpoint, o->checkpoint,
                                          job.data, job.len);
    if (!good)
        report_say("%s", s->checkpoint.error);
    buf_free(&job);
    return good;
}

/* ----------------------------------------------------------------- pages */

/* Waits until the rate allows another page. */
static void wait_for_pace(struct state *s)
{
    bool quota;
    int64_t until = pace_next(&s->pace, clock_now(CLOCK_STEADY), &quota);

    s->report.waits_until = until;
    while (command_stop == 0 &&
           clock_sleep(until, -1, 0, &command_stop) == CLOCK_SIGNAL)
        ;
    s->report.waits_until = 0;
}

/* Of a page, which has 1 MB: whatever the service says that it took. */
enum { PAGE_UNITS = 1024 };

/*
 * What a page took is paid before the next one begins. How many items that
 * may read is such that it takes what the rate allows in a second, as far as
 * the last page tells: the first one is prepared for items of 400 KB.
 */
static void pay(struct state *s)
{
    const struct items_page *page = &s->page;
    double rate = (double)s->o->rate * CLOCK_SECOND / (double)s->o->window;
    double units = page->units > 0 ? page->units : 1;
    double most = page->scanned > 0 ? rate * (double)page->scanned / units : 1;
    int64_t now = clock_now(CLOCK_STEADY), i;

    if (s->o->rate == 0)
        return;
    for (i = 0; i < PAGE_UNITS && (double)i < units; i++)
        pace_call(&s->pace, now);
    if (most > 4 * (double)s->limit)
        most = 4 * (double)s->limit;
    s->limit = most < 1 ? 1 : most > 1e6 ? 1000000 : (uint64_t)most;
}

/* How many items the next page may read; 0: as many as it holds. */
static uint64_t page_limit(struct state *s)
{
    uint64_t left = s->o->limit - *printed(s);

    if (s->o->limit == 0 || s->request.filter.len > 0)
        return s->limit;
    return s->limit == 0 || left < s->limit ? left : s->limit;
}

/* Follows the pages of the request. */
static void follow(struct state *s, bool last)
{
    const char *operation = s->o->command == OPTIONS_SCAN ? "Scan" : "Query";

    do {
        enum outcome outcome;

        wait_for_pace(s);
        if (command_stop != 0)
            return;
        outcome = items_page(s->db, operation, &s->request.head,
                             page_limit(s), &s->page);
        s->report.retries = s->db->retries;
        if (outcome != OUTCOME_DONE) {
            fail(s, OUTCOME_STOP);
            return;
        }
        s->report.ids += s->page.scanned;
        pay(s);
        print_page(s, last && s->page.last.len == 0);
        if (s->exit == 0)
            save(s, true);
        report_progress(&s->report);
    } while (s->page.last.len > 0 && s->exit == 0 && command_stop == 0 &&
             (s->o->limit == 0 || *printed(s) < s->o->limit));
}

static void scan(struct state *s)
{
    bool more = true;

    make_request(s, NULL, 0);
    if (s->o->checkpoint != NULL) {
        if (!open_checkpoint(s))
            s->exit = COMMAND_MISUSED;
        else if ((more = resume(s)) && s->exit == 0 && s->page.last.len == 0)
            save(s, false);
        if (s->checkpoint.fd >= 0)
            command_confine_files(s->o, s->checkpoint.folder);
    }
    if (s->exit == 0 && more)
        follow(s, true);
    if (s->checkpoint.fd >= 0 &&
        !checkpoint_close(&s->checkpoint, s->saved == *printed(s) &&
                          s->exit != COMMAND_UNWRITTEN)) {
        report_say("%s", s->checkpoint.error);
        s->exit = COMMAND_UNWRITTEN;
    }
}

/* ----------------------------------------------------------------- query */

static void query_value(struct state *s, const unsigned char *value, size_t n)
{
    const struct keys_one *key = s->o->index != NULL ? &s->keys.index_hash
                                                     : &s->keys.hash;
    const char *wrong = keys_wrong(key, value, n, ITEM_KEY_MAX);

    if (wrong != NULL) {
        s->report.count[REPORT_FAILED]++;
        command_complain(value, n, wrong);
        return;
    }
    make_request(s, value, n);
    buf_reset(&s->page.last);
    follow(s, false);
}

static bool goes_on(const struct state *s)
{
    return s->exit == 0 && command_stop == 0 &&
        (s->o->limit == 0 ||
         s->report.count[REPORT_PRINTED] < s->o->limit);
}

static void query(struct state *s)
{
    const struct options *o = s->o;
    const unsigned char *value;
    enum rows_read r;
    size_t n;
    int i;

    if (o->n_sorts > 0 && *(o->index != NULL ? s->keys.index_range.name
                            : s->keys.range.name) == '\0') {
        report_say("--sort: there is no sort key");
        s->exit = COMMAND_MISUSED;
    }
    for (i = 0; i < o->n_words && goes_on(s); i++)
        if (strcmp(o->words[i], "-") != 0 || o->n_words > 1)
            query_value(s, (const unsigned char *)o->words[i],
                        strlen(o->words[i]));
    if (o->n_words > 1 || (o->n_words == 1 && strcmp(o->words[0], "-") != 0))
        return;
    while (goes_on(s) && (r = ids_next(&s->in, &command_stop, &value, &n)) !=
           ROWS_END) {
        if (r == ROWS_ERROR) {
            report_say("cannot read standard input: %s", strerror(errno));
            s->exit = COMMAND_STOPPED;
        } else {                 /* one that is cut is too long anyway */
            query_value(s, value, n);
        }
    }
}

/* -------------------------------------------------------------- both */

/* Which keys are there? */
static void begin(struct state *s)
{
    const struct options *o = s->o;
    enum outcome outcome = keys_read(s->db, o->table, o->index, o->key,
                                     &s->keys);
    const char *hash = o->index != NULL ? s->keys.index_hash.name
                                        : s->keys.hash.name;

    if (outcome == OUTCOME_DONE && o->key_given && strcmp(o->key, hash) != 0)
        outcome = dynamodb_fail(s->db, OUTCOME_BAD, "the partition key of "
                                "%s is %s, not %s", o->index != NULL
                                ? o->index : o->table, hash, o->key);
    if (outcome != OUTCOME_DONE)
        fail(s, outcome);
}

static void init(struct state *s, const struct options *o)
{
    struct request *r = &s->request;
    int64_t calls = o->rate, window = o->window;

    s->o = o;
    s->report.what = "item";
    s->report.start = clock_now(CLOCK_STEADY);
    s->report.list_size = -1;
    s->checkpoint.fd = -1;
    if (fstat(STDOUT_FILENO, &s->file) < 0 || !S_ISREG(s->file.st_mode))
        s->file.st_size = -1;
    rows_in_init(&s->in, STDIN_FILENO, o->null);
    rows_out_init(&s->out, STDOUT_FILENO, o->format, o->null);
    columns_init(&s->columns);
    plain_init(&s->plain);
    buf_init(&s->line, PLAIN_MAX);
    buf_init(&r->head, 4 << 20);
    buf_init(&r->key, 4096);
    buf_init(&r->filter, 4096);
    buf_init(&r->projection, 4096);
    buf_init(&r->names, 1 << 20);
    buf_init(&r->values, 2 << 20);
    buf_init(&s->page.items, ITEMS_FOUND_MAX);
    buf_init(&s->page.last, ITEMS_PLACE_MAX);
    pace_share(&calls, &window, o->shards);
    pace_init(&s->pace, calls, window, 0, false);
    if (o->rate > 0)
        s->limit = (uint64_t)(o->rate * CLOCK_SECOND / o->window / UNITS_MAX)
            + 1;
}

static void end(struct state *s)
{
    struct request *r = &s->request;
    struct buf *bufs[] = {&r->head, &r->key, &r->filter, &r->projection,
        &r->names, &r->values, &s->page.items, &s->page.last, &s->line};
    size_t i;

    for (i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    columns_free(&s->columns);
    plain_free(&s->plain);
    if (!s->o->quiet && s->exit != COMMAND_MISUSED)
        report_summary(&s->report);
}

int export(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */

    init(&s, o);
    s.db = command_dynamodb(o);
    if (s.db == NULL)
        return COMMAND_MISUSED;
    if (o->command == OPTIONS_QUERY && o->n_words == 0 &&
        isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading values from the terminal; Ctrl-D ends them");
    command_signals();
    command_watch(&s.report);
    command_confine(o);
    begin(&s);
    if (o->checkpoint == NULL)
        command_confine_files(o, -1);
    if (s.exit == 0) {
        begin_columns(&s);
        (o->command == OPTIONS_SCAN ? scan : query)(&s);
    }
    /* a header is there even if no item is */
    if (s.exit == 0 && command_stop == 0 && !s.headed &&
        o->command == OPTIONS_QUERY) {
        buf_reset(&s.page.items);
        buf_str(&s.page.items, "[]");
        print_page(&s, true);
    }
    end(&s);
    if (s.exit != 0)
        return s.exit;
    return s.outside || s.report.count[REPORT_FAILED] > 0 ? COMMAND_FAILED : 0;
}
