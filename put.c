/* put: see put.h. */
#include "put.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "items.h"
#include "keys.h"
#include "records.h"

enum { SORT_KEY_MAX = 1024 };    /* bytes of a sort key's value */

/* A record of the batch in hand: what its row says. */
struct entry {
    size_t at, n;                /* its item, in `items` */
    size_t id, id_len;           /* its key, in `ids`, */
    size_t key, key_len;         /* and what identifies it, in `known` */
};

struct state {
    const struct options *o;
    struct dynamodb *db;
    struct keys keys;
    struct records in;
    struct rows_out out;
    struct report report;
    struct item item;            /* in the making */
    struct buf name;             /* an attribute's, ended by NUL */
    struct buf items, ids;       /* of the batch in hand, */
    struct entry entries[ITEMS_WRITE_MAX];
    size_t n;                    /* and how many */
    struct items_write writes[ITEMS_WRITE_MAX];
    struct plain plain;
    struct buf key, known;       /* what identifies the item, and others */
    uint64_t passed;             /* rows without a text to be stored */
    int exit;                    /* once it must end early */
};

/* ----------------------------------------------------------------- rows */

static void finish(struct state *s, const unsigned char *id, size_t n,
                   enum report_status status, const char *detail)
{
    const struct row row = {id, n, report_names[status], NULL, 0, detail};

    s->report.count[status]++;
    if (status == REPORT_FAILED && n > 0)
        command_complain(id, n, detail);
    else if (status == REPORT_FAILED)
        report_say("%s", detail);
    if (rows_write(&s->out, &row) || s->exit == COMMAND_UNWRITTEN)
        return;
    report_say("cannot write standard output: %s", strerror(s->out.error));
    s->exit = COMMAND_UNWRITTEN;
}

/* The record in hand cannot be stored. */
static void fail_record(struct state *s, const struct record_field *key,
                        const char *why)
{
    char detail[512];
    static const unsigned char nothing[1];

    snprintf(detail, sizeof detail, "record %llu: %s",
             (unsigned long long)s->in.number, why);
    finish(s, key != NULL && key->bytes != NULL ? key->bytes : nothing,
           key != NULL && key->bytes != NULL ? key->len : 0, REPORT_FAILED,
           detail);
}

/* ---------------------------------------------------------------- batches */

static enum outcome store_new(struct state *s, struct items_write *w,
                              bool *there)
{
    enum outcome outcome = items_put_new(s->db, s->o->table,
                                         s->keys.hash.name, w->json, w->n,
                                         there);

    memcpy(w->why, s->db->error, sizeof w->why);
    w->outcome = outcome;
    return outcome;
}

/* Stores what is in hand, and prints its rows. */
static void flush(struct state *s)
{
    const char *range = s->keys.range.name;
    enum outcome outcome = OUTCOME_DONE;
    bool there[ITEMS_WRITE_MAX] = {false};
    size_t i;

    for (i = 0; i < s->n; i++) {
        s->writes[i].remove = false;
        s->writes[i].json = s->items.data + s->entries[i].at;
        s->writes[i].n = s->entries[i].n;
        if (s->o->if_absent && outcome != OUTCOME_STOP)
            outcome = store_new(s, &s->writes[i], &there[i]);
        else if (s->o->if_absent)
            s->writes[i].outcome = outcome;
    }
    if (!s->o->if_absent && s->n > 0)
        outcome = items_write(s->db, s->o->table, s->keys.hash.name,
                              *range != '\0' ? range : NULL, s->writes, s->n);
    for (i = 0; i < s->n; i++) {
        const struct items_write *w = &s->writes[i];
        bool done = w->outcome == OUTCOME_DONE;

        finish(s, s->ids.data + s->entries[i].id, s->entries[i].id_len,
               !done ? REPORT_FAILED : there[i] ? REPORT_SKIPPED
               : REPORT_STORED, !done ? w->why : there[i]
               ? "there is an item with this key" : "");
    }
    if (outcome == OUTCOME_STOP && s->exit == 0)
        s->exit = COMMAND_STOPPED;
    s->n = 0;
    buf_reset(&s->items);
    buf_reset(&s->ids);
    buf_reset(&s->known);
    s->report.retries = s->db->retries;
    report_progress(&s->report);
}

/* Is there an item in the batch with the key of the one that was made? Sets
   s->key to that. */
static bool is_twice(struct state *s)
{
    const char *hash = s->keys.hash.name;
    const char *range = *s->keys.range.name != '\0' ? s->keys.range.name
                                                    : NULL;
    size_t i;

    if (!plain_key(&s->plain, s->item.json.data, s->item.json.len, hash, range,
                   &s->key))
        return true;             /* whatever it is, it goes alone */
    for (i = 0; i < s->n; i++)
        if (s->key.len == s->entries[i].key_len &&
            memcmp(s->key.data, s->known.data + s->entries[i].key,
                   s->key.len) == 0)
            return true;
    return false;
}

/* Adds the item that was made to the batch. */
static void add(struct state *s, const struct record_field *key)
{
    struct entry *e;
    bool twice;

    buf_byte(&s->item.json, '}');
    twice = is_twice(s);         /* sets the key, too */
    if (twice || s->n == ITEMS_WRITE_MAX ||
        s->items.len + s->item.json.len + (size_t)64 * ITEMS_WRITE_MAX >
        s->items.max)
        flush(s);
    e = &s->entries[s->n++];
    e->at = s->items.len;
    e->n = s->item.json.len;
    e->id = s->ids.len;
    e->id_len = key->len;
    e->key = s->known.len;
    e->key_len = s->key.len;
    buf_add(&s->items, s->item.json.data, s->item.json.len);
    buf_add(&s->ids, key->bytes, key->len);
    buf_add(&s->known, s->key.data, s->key.len);
    if (!s->items.failed && !s->ids.failed && !s->known.failed &&
        !s->item.json.failed)
        return;
    report_say("memory is out");
    s->exit = COMMAND_STOPPED;
    s->n = 0;
}

/* ---------------------------------------------------------------- records */

static const struct record_field *find(const struct records *in,
                                       const char *name)
{
    size_t i;

    for (i = 0; i < in->n; i++)
        if (in->fields[i].name_len == strlen(name) &&
            memcmp(in->fields[i].name, name, in->fields[i].name_len) == 0)
            return &in->fields[i];
    return NULL;
}

/* Is this the record's key? Why it is not, or NULL. */
static const char *key_wrong(const struct keys_one *key,
                             const struct record_field *field, size_t max)
{
    if (field == NULL || field->bytes == NULL)
        return "it has no key, or only a part of it";
    if (field->type != (key->type[0] == 'N' && field->type == JSON_NUMBER
                        ? JSON_NUMBER : JSON_STRING))
        return "its key has another type than the table's";
    return keys_wrong(key, field->bytes, field->len, max);
}

/* Adds a key, with the type that the table has. */
static void add_key(struct state *s, const struct keys_one *key,
                    const struct record_field *field)
{
    if (key->type[0] == 'S')
        item_string(&s->item, key->name, field->bytes, field->len);
    else
        item_typed(&s->item, key->name, key->type, field->bytes, field->len);
}

/* Is it a column that is wanted? */
static bool is_wanted(const struct options *o,
                      const struct record_field *field)
{
    unsigned i;

    for (i = 0; i < o->n_columns; i++)
        if (strlen(o->columns[i]) == field->name_len &&
            memcmp(o->columns[i], field->name, field->name_len) == 0)
            return true;
    return o->n_columns == 0;
}

/* Adds an attribute that is no key. Why it cannot be one, or NULL. */
static const char *add_attribute(struct state *s,
                                 const struct record_field *field)
{
    const char *name;

    if (field->name_len == 0 || field->name_len > ITEM_NAME_MAX ||
        memchr(field->name, '\0', field->name_len) != NULL)
        return "an attribute's name is empty, too long, or has a NUL in it";
    buf_reset(&s->name);
    buf_add(&s->name, field->name, field->name_len);
    if (!buf_byte(&s->name, '\0'))
        return "memory is out";
    name = (const char *)s->name.data;
    if (field->type == JSON_STRING || field->bytes == NULL) {
        if (field->bytes != NULL || s->o->format == ROWS_JSONL ||
            strcmp(name, s->o->text) == 0)
            item_string(&s->item, name, field->bytes, field->len);
    } else if (!item_json(&s->item, name, field->bytes, field->len)) {
        return "a value is nested deeper than 32 levels";
    }
    return NULL;
}

/* A record that is an item, whose keys are right. */
static const char *make_item(struct state *s, const struct record_field *hash,
                             const struct record_field *range)
{
    const char *wrong = NULL;
    size_t i;

    item_reset(&s->item);
    add_key(s, &s->keys.hash, hash);
    if (range != NULL)
        add_key(s, &s->keys.range, range);
    for (i = 0; i < s->in.n && wrong == NULL; i++) {
        const struct record_field *field = &s->in.fields[i];

        if (field != hash && field != range && is_wanted(s->o, field))
            wrong = add_attribute(s, field);
    }
    return wrong;
}

static bool is_status(const struct record_field *status,
                      enum report_status which)
{
    return status->bytes != NULL && status->len ==
        strlen(report_names[which]) &&
        memcmp(status->bytes, report_names[which], status->len) == 0;
}

/* Is the record a row of a run? */
static bool is_row(const struct state *s)
{
    return s->o->n_columns == 0 && find(&s->in, "public_id") != NULL &&
        find(&s->in, "status") != NULL && find(&s->in, "text") != NULL &&
        find(&s->in, "detail") != NULL && s->in.n == 4;
}

/* Is it a row that has nothing to be stored? */
static bool passes(const struct state *s)
{
    const struct record_field *status = find(&s->in, "status");
    const struct record_field *text = find(&s->in, "text");
    int i;

    for (i = 0; i < REPORT_STATUSES; i++)
        if (is_status(status, (enum report_status)i))
            return i != REPORT_COMPLETE && i != REPORT_EMPTY &&
                !(i == REPORT_UNSTORED && text->bytes != NULL);
    return false;
}

/* A row of a run becomes an item. Why it cannot, or NULL. */
static const char *make_from_row(struct state *s,
                                 const struct record_field *id)
{
    const struct record_field *status = find(&s->in, "status");
    const struct record_field *text = find(&s->in, "text");
    bool has = text->bytes != NULL && text->len > 0;

    if (!has && !is_status(status, REPORT_EMPTY))
        return is_status(status, REPORT_COMPLETE)
            ? "it is complete, and has no text"
            : "its status is none that a row has";
    item_reset(&s->item);
    add_key(s, &s->keys.hash, id);
    item_string(&s->item, s->o->text, has ? text->bytes : NULL, text->len);
    return NULL;
}

static void do_record(struct state *s)
{
    const char *range_name = s->keys.range.name;
    const bool row = is_row(s);
    const struct record_field *hash, *range = NULL;
    const char *wrong;

    s->report.ids++;
    if (row && passes(s)) {
        s->passed++;
        return;
    }
    hash = find(&s->in, row ? "public_id" : s->keys.hash.name);
    wrong = key_wrong(&s->keys.hash, hash, ITEM_KEY_MAX);
    if (wrong == NULL && *range_name != '\0') {
        range = find(&s->in, range_name);
        wrong = key_wrong(&s->keys.range, range, SORT_KEY_MAX);
    }
    if (wrong == NULL)
        wrong = row ? make_from_row(s, hash) : make_item(s, hash, range);
    if (wrong == NULL && !item_fits(&s->item))
        wrong = "the item is larger than 400 KB";
    if (wrong == NULL) {
        add(s, hash);
        return;
    }
    flush(s);                    /* rows keep their order */
    fail_record(s, hash, wrong);
}

/* ------------------------------------------------------------------ loop */

/* Would the next record have to be waited for? */
static bool must_wait(const struct state *s)
{
    const struct records *in = &s->in;
    struct pollfd pfd = {STDIN_FILENO, POLLIN, 0};

    return memchr(in->buffer + in->begin, s->o->null ? '\0' : '\n',
                  in->end - in->begin) == NULL && poll(&pfd, 1, 0) == 0;
}

static enum records_read next(struct state *s)
{
    enum records_read r = RECORDS_MORE;

    while (r == RECORDS_MORE || (r == RECORDS_ERROR && errno == EINTR)) {
        if (must_wait(s)) {
            flush(s);
            clock_sleep(INT64_MAX, STDIN_FILENO, POLLIN, &command_stop);
        }
        if (command_stop != 0 || s->exit != 0)
            return RECORDS_END;
        r = records_next(&s->in);
    }
    return r;
}

static void loop(struct state *s)
{
    enum records_read r = RECORDS_MORE;

    while (s->exit == 0 && (r = next(s)) != RECORDS_END) {
        if (r == RECORDS_ONE) {
            do_record(s);
            continue;
        }
        flush(s);
        if (r == RECORDS_ERROR) {
            report_say("cannot read standard input: %s", strerror(errno));
            s->exit = COMMAND_STOPPED;
            return;
        }
        s->report.ids++;
        finish(s, (const unsigned char *)"", 0, REPORT_FAILED,
               s->in.sentence);
        if (r == RECORDS_BROKEN) {
            if (s->exit == 0)
                s->exit = COMMAND_STOPPED;
            return;
        }
    }
    if (s->exit == 0)
        flush(s);
}

/* Which keys has the table? */
static void begin(struct state *s)
{
    const struct options *o = s->o;
    enum outcome outcome = keys_read(s->db, o->table, NULL, o->key, &s->keys);
    const char *hash = s->keys.hash.name;

    if (outcome == OUTCOME_DONE && o->key_given && strcmp(o->key, hash) != 0)
        outcome = dynamodb_fail(s->db, OUTCOME_BAD, "the partition key of the "
                                "table %s is %s, not %s (--key names it)",
                                o->table, hash, o->key);
    if (outcome != OUTCOME_DONE) {
        report_say("%s", s->db->error);
        s->exit = outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
    } else if (!rows_header(&s->out)) {
        report_say("cannot write standard output: %s",
                   strerror(s->out.error));
        s->exit = COMMAND_UNWRITTEN;
    }
}

static void init(struct state *s, const struct options *o)
{
    s->o = o;
    s->report.what = "record";
    s->report.start = clock_now(CLOCK_STEADY);
    s->report.list_size = -1;
    records_init(&s->in, STDIN_FILENO, o->format, o->null, o->n_columns > 0
                 ? o->columns : NULL, o->n_columns);
    rows_out_init(&s->out, STDOUT_FILENO, o->format, o->null);
    item_init(&s->item);
    buf_init(&s->name, ITEM_NAME_MAX + 1);
    buf_init(&s->items, ITEMS_WRITE_BYTES);
    buf_init(&s->ids, (size_t)ITEMS_WRITE_MAX * (ITEM_KEY_MAX + 1024));
    buf_init(&s->key, PLAIN_MAX);
    buf_init(&s->known, PLAIN_MAX);
    plain_init(&s->plain);
}

int put(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */

    init(&s, o);
    s.db = command_dynamodb(o);
    if (s.db == NULL)
        return COMMAND_MISUSED;
    if (isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading rows from the terminal; Ctrl-D ends them");
    command_signals();
    command_watch(&s.report);
    command_confine(o);
    command_confine_files(o, -1);
    begin(&s);
    loop(&s);
    if (!o->quiet && s.passed > 0)
        report_say("%llu row%s without a text passed over",
                   (unsigned long long)s.passed, s.passed == 1 ? "" : "s");
    if (!o->quiet && s.exit != COMMAND_MISUSED)
        report_summary(&s.report);
    records_free(&s.in);
    item_free(&s.item);
    buf_free(&s.name);
    buf_free(&s.items);
    buf_free(&s.ids);
    buf_free(&s.key);
    buf_free(&s.known);
    plain_free(&s.plain);
    if (s.exit != 0)
        return s.exit;
    return s.report.count[REPORT_FAILED] > 0 ? COMMAND_FAILED : 0;
}
