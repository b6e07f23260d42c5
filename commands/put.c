/* put: see put.h. */
#include "commands/put.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "dynamodb/items.h"
#include "rows/records.h"

enum { SORT_KEY_MAX = 1024 };    /* bytes of a sort key's value */

/* A record of the batch in hand, whose bytes are in `batch`: its item, the key
   that its row has, and what identifies it. */
struct entry {
    struct span {
        size_t at, n;
    } item, id, key;
};

/* The fields of a row of a run. */
enum { ID, STATUS, TEXT, DETAIL, FIELDS };

struct state {
    struct command c;
    struct keys keys;
    struct records in;
    const struct record_field *row[FIELDS];      /* if the record is one */
    struct item item;            /* in the making */
    struct buf name;             /* an attribute's, ended by NUL */
    struct buf batch;            /* in hand, */
    struct entry entries[ITEMS_WRITE_MAX];
    size_t n;                    /* and how many */
    struct items_write writes[ITEMS_WRITE_MAX];
    struct plain plain;
    struct buf key;              /* what identifies the item */
    uint64_t passed;             /* rows without a text to be stored */
};

/* ----------------------------------------------------------------- rows */

static void finish(struct state *s, const unsigned char *id, size_t n,
                   enum row_status status, const char *detail)
{
    struct row row = {id, n, NULL, NULL, 0, detail};

    command_row(&s->c, status, &row);
}

/* The record in hand cannot be stored. */
static void fail_record(struct state *s, const struct record_field *key,
                        const char *why)
{
    char detail[512];
    const bool has = key != NULL && key->bytes != NULL;

    snprintf(detail, sizeof detail, "record %" PRIu64 ": %s", s->in.number,
             why);
    finish(s, has ? key->bytes : (const unsigned char *)"", has ? key->len : 0,
           ROW_FAILED, detail);
}

/* ---------------------------------------------------------------- batches */

/* With --if-absent: stores the items one by one. */
static enum outcome store_new(struct state *s, bool *there)
{
    struct dynamodb *db = s->c.db;
    enum outcome outcome = OUTCOME_DONE;
    size_t i;

    for (i = 0; i < s->n; i++) {
        struct items_write *w = &s->writes[i];

        if (outcome != OUTCOME_STOP)
            outcome = items_put_new(db, s->c.o->table, s->keys.hash.name,
                                    w->json, w->n, &there[i]);
        memcpy(w->why, db->error, sizeof w->why);
        w->outcome = outcome;
    }
    return outcome;
}

/* The sort key's name, or NULL. */
static const char *range_name(const struct state *s)
{
    return *s->keys.range.name != '\0' ? s->keys.range.name : NULL;
}

/* Stores what is in hand, and prints its rows. */
static void flush(struct state *s)
{
    struct command *c = &s->c;
    enum outcome outcome = OUTCOME_DONE;
    bool there[ITEMS_WRITE_MAX] = {false};
    size_t i;

    for (i = 0; i < s->n; i++) {
        s->writes[i].json = s->batch.data + s->entries[i].item.at;
        s->writes[i].n = s->entries[i].item.n;
    }
    if (c->o->if_absent)
        outcome = store_new(s, there);
    else if (s->n > 0)
        outcome = items_write(c->db, c->o->table, s->keys.hash.name,
                              range_name(s), s->writes, s->n);
    for (i = 0; i < s->n; i++) {
        const struct span *id = &s->entries[i].id;
        const struct items_write *w = &s->writes[i];
        bool done = w->outcome == OUTCOME_DONE;

        finish(s, s->batch.data + id->at, id->n, !done ? ROW_FAILED
               : there[i] ? ROW_SKIPPED : ROW_STORED, !done ? w->why
               : there[i] ? "there is an item with this key" : "");
    }
    if (outcome == OUTCOME_STOP && c->exit == 0)
        c->exit = COMMAND_STOPPED;
    s->n = 0;
    buf_reset(&s->batch);
    command_advance(c);
}

/* Is there an item in the batch with the key of the one that was made? Sets
   s->key to that. */
static bool is_twice(struct state *s)
{
    size_t i;

    if (!plain_key(&s->plain, s->item.json.data, s->item.json.len,
                   s->keys.hash.name, range_name(s), &s->key))
        return true;             /* whatever it is, it goes alone */
    for (i = 0; i < s->n; i++) {
        const struct span *key = &s->entries[i].key;

        if (s->key.len == key->n &&
            memcmp(s->key.data, s->batch.data + key->at, key->n) == 0)
            return true;
    }
    return false;
}

static struct span keep(struct buf *batch, const void *bytes, size_t n)
{
    const struct span span = {batch->len, n};

    buf_add(batch, bytes, n);
    return span;
}

/* Adds the item that was made to the batch. */
static void add(struct state *s, const struct record_field *id)
{
    const struct buf *json = &s->item.json;
    struct buf *batch = &s->batch;
    struct entry *e;
    bool twice;

    buf_byte(&s->item.json, '}');
    twice = is_twice(s);         /* sets the key, too */
    if (twice || s->n == ITEMS_WRITE_MAX || batch->len + json->len + id->len +
        s->key.len + (size_t)64 * ITEMS_WRITE_MAX > batch->max)
        flush(s);
    e = &s->entries[s->n++];
    e->item = keep(batch, json->data, json->len);
    e->id = keep(batch, id->bytes, id->len);
    e->key = keep(batch, s->key.data, s->key.len);
    if (!batch->failed && !json->failed)
        return;
    report_line("memory is out");
    s->c.exit = COMMAND_STOPPED;
    s->n = 0;
}

/* ---------------------------------------------------------------- records */

/* Is it called that? */
static bool is_named(const struct record_field *field, const char *name)
{
    return field->name_len == strlen(name) &&
        memcmp(field->name, name, field->name_len) == 0;
}

static const struct record_field *find(const struct records *in,
                                       const char *name)
{
    size_t i;

    for (i = 0; i < in->n; i++)
        if (is_named(&in->fields[i], name))
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
        if (is_named(field, o->columns[i]))
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
        if (field->bytes != NULL || s->c.o->format == ROWS_JSONL ||
            strcmp(name, s->c.o->text) == 0)
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

        if (field != hash && field != range && is_wanted(s->c.o, field))
            wrong = add_attribute(s, field);
    }
    return wrong;
}

/* Is the record a row of a run? */
static bool is_row(struct state *s)
{
    static const char names[FIELDS][10] = {
        "public_id", "status", "text", "detail"
    };
    bool row = s->c.o->n_columns == 0 && s->in.n == FIELDS;
    int i;

    for (i = 0; i < FIELDS && row; i++) {
        s->row[i] = find(&s->in, names[i]);
        row = s->row[i] != NULL;
    }
    return row;
}

/* The status of a row, or ROW_STATUSES if it is none. */
static int row_status(const struct record_field *field)
{
    int i = 0;

    while (i < ROW_STATUSES &&
           (field->bytes == NULL || field->len != strlen(row_status_names[i]) ||
            memcmp(field->bytes, row_status_names[i], field->len) != 0))
        i++;
    return i;
}

/* A row of a run becomes an item. Why it cannot, or NULL. */
static const char *make_from_row(struct state *s, int status)
{
    const struct record_field *text = s->row[TEXT];
    bool has = text->bytes != NULL && text->len > 0;

    if (!has && status != ROW_EMPTY)
        return status == ROW_COMPLETE
            ? "it is complete, and has no text"
            : "its status is none that a row has";
    item_reset(&s->item);
    add_key(s, &s->keys.hash, s->row[ID]);
    item_string(&s->item, s->c.o->text, has ? text->bytes : NULL, text->len);
    return NULL;
}

static void do_record(struct state *s)
{
    const bool row = is_row(s);
    const int status = row ? row_status(s->row[STATUS]) : ROW_STATUSES;
    const struct record_field *hash, *range = NULL;
    const char *wrong;

    s->c.progress.ids++;
    /* has it nothing to be stored? */
    if (status != ROW_STATUSES && status != ROW_COMPLETE &&
        status != ROW_EMPTY &&
        (status != ROW_UNSTORED || s->row[TEXT]->bytes == NULL)) {
        s->passed++;
        return;
    }
    hash = row ? s->row[ID] : find(&s->in, s->keys.hash.name);
    wrong = key_wrong(&s->keys.hash, hash, ITEM_KEY_MAX);
    if (wrong == NULL && range_name(s) != NULL) {
        range = find(&s->in, range_name(s));
        wrong = key_wrong(&s->keys.range, range, SORT_KEY_MAX);
    }
    if (wrong == NULL)
        wrong = row ? make_from_row(s, status) : make_item(s, hash, range);
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

    return memchr(in->buffer + in->begin, s->c.o->null ? '\0' : '\n',
                  in->end - in->begin) == NULL && poll(&pfd, 1, 0) == 0;
}

static enum records_read next(struct state *s)
{
    enum records_read r = RECORDS_MORE;

    while (r == RECORDS_MORE || (r == RECORDS_ERROR && errno == EINTR)) {
        if (must_wait(s)) {
            flush(s);
            wait_until(INT64_MAX, STDIN_FILENO, POLLIN, &wait_stop);
        }
        if (wait_stop != 0 || s->c.exit != 0)
            return RECORDS_END;
        r = records_next(&s->in);
    }
    return r;
}

static void loop(struct state *s)
{
    struct command *c = &s->c;
    enum records_read r = RECORDS_MORE;

    while (c->exit == 0 && (r = next(s)) != RECORDS_END) {
        if (r == RECORDS_ONE) {
            do_record(s);
            continue;
        }
        if (r == RECORDS_ERROR)
            command_unread(c);
        flush(s);
        if (r == RECORDS_ERROR)
            return;
        c->progress.ids++;
        finish(s, (const unsigned char *)"", 0, ROW_FAILED,
               s->in.sentence);
        if (r == RECORDS_BROKEN && c->exit == 0)
            c->exit = COMMAND_STOPPED;
    }
    if (c->exit == 0)
        flush(s);
}

static void begin(struct state *s)
{
    const struct options *o = s->c.o;

    s->c.progress.what = "record";
    records_init(&s->in, STDIN_FILENO, o->format, o->null, o->n_columns > 0
                 ? o->columns : NULL, o->n_columns);
    item_init(&s->item);
    buf_init(&s->name, ITEM_NAME_MAX + 1);
    buf_init(&s->batch, ITEMS_WRITE_BYTES);
    buf_init(&s->key, PLAIN_MAX);
    plain_init(&s->plain);
    command_keys(&s->c, &s->keys);
    if (s->c.exit == 0) {
        rows_header(&s->c.out);
        command_flush(&s->c);
    }
}

int put(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */

    if (!command_begin(&s.c, o, COMMAND_TABLE, "rows"))
        return COMMAND_MISUSED;
    begin(&s);
    loop(&s);
    if (!o->quiet && s.passed > 0)
        report_say("%" PRIu64 " row%s without a text passed over", s.passed,
                   s.passed == 1 ? "" : "s");
    return command_end(&s.c, true);
}
