/*
 * put.c: reads records, makes an item of each, and stores the items in batches.
 */
#include "commands/put.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "base/clock.h"
#include "cli/command.h"
#include "dynamodb/items.h"
#include "rows/records.h"
#include "base/text.h"

enum { SORT_KEY_MAX = 1024 };    /* bytes of a sort key's value */

/* A record of the current batch: positions in `batch` of its item, of the id
   that its row prints, and of its keys in the form of plain_key. */
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
    const struct record_field *row[FIELDS];      /* of the record, if it is such
                                                    a row */
    struct item item;            /* being made */
    struct buf name;             /* of an attribute, with a NUL */
    struct buf batch;            /* the bytes of `entries` */
    struct entry entries[ITEMS_WRITE_MAX];
    size_t n;                    /* entries in the batch */
    struct items_write writes[ITEMS_WRITE_MAX];
    struct plain plain;
    struct plain typed;          /* with -f dynamodb: reads a record */
    struct buf hash_text, range_text;    /* with -f dynamodb: the values of the
                                            record's keys, each with a NUL */
    struct record_field hash, range;     /* the same keys as fields */
    bool long_name;              /* an attribute's name is too long */
    char why[512];               /* why a record cannot be stored */
    struct buf key;              /* the item's keys, from plain_key */
    uint64_t passed;             /* rows that were skipped: no text to store */
};

/* ---- rows ---- */

static void finish(struct state *s, const unsigned char *id, size_t n,
                   enum row_status status, const char *detail)
{
    struct row row = {id, n, NULL, NULL, 0, detail};

    command_row(&s->c, status, &row);
}

/* Prints the row of the current record, which cannot be stored. */
static void fail_record(struct state *s, const struct record_field *key,
                        const char *why)
{
    char detail[640];
    const bool has = key != NULL && key->bytes != NULL;

    snprintf(detail, sizeof detail, "record %" PRIu64 ": %s", s->in.number,
             why);
    finish(s, has ? key->bytes : (const unsigned char *)"", has ? key->len : 0,
           ROW_FAILED, detail);
}

/* ---- batches ---- */

/* With --if-absent: stores the items one by one. Sets there[i] to whether there
   was an item with the key. */
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

/* Returns the sort key's name, or NULL if the table has none. */
static const char *range_name(const struct state *s)
{
    return *s->keys.range.name != '\0' ? s->keys.range.name : NULL;
}

/* Stores the current batch, and prints its rows. */
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
    if (c->o->put.if_absent)
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

/* Sets s->key to the keys of the item that was made. Returns whether the batch
   has an item with the same keys: BatchWriteItem refuses that. */
static bool is_twice(struct state *s)
{
    size_t i;

    if (!plain_key(&s->plain, s->item.json.data, s->item.json.len,
                   s->keys.hash.name, range_name(s), &s->key))
        return true;             /* unknown keys: a new batch is safe */
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

/* Adds the item that was made to the batch. Stores the batch first if it is
   full or has an item with the same keys. */
static void add(struct state *s, const struct record_field *id)
{
    const struct buf *json = &s->item.json;
    struct buf *batch = &s->batch;
    struct entry *e;
    bool twice;

    buf_byte(&s->item.json, '}');
    twice = is_twice(s);         /* also sets s->key */
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

/* ---- fields ---- */

/* Returns whether the field has this name. */
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

/* ---- types ---- */

/*
 * Returns whether the bytes are a number as DynamoDB reads it: digits with an
 * optional sign, decimal point and exponent. How many digits it may have is
 * left to DynamoDB.
 */
static bool is_number(const unsigned char *p, size_t n)
{
    const unsigned char *end = p + n;
    size_t digits = 0;

    p += p < end && (*p == '-' || *p == '+');
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        digits++;
    if (p < end && *p == '.')
        for (p++; p < end && *p >= '0' && *p <= '9'; p++)
            digits++;
    if (digits == 0 || p == end || (*p != 'e' && *p != 'E'))
        return digits > 0 && p == end;
    p++;
    p += p < end && (*p == '-' || *p == '+');
    for (digits = 0; p < end && *p >= '0' && *p <= '9'; p++)
        digits++;
    return digits > 0 && p == end;
}

/* Returns why the bytes of a field cannot be a value of this type ("N", "B", or
   else a string), or NULL if they can. */
static const char *bytes_wrong(struct state *s, const char *type,
                               const struct record_field *field)
{
    const unsigned char *p = field->bytes;
    const size_t n = field->len;
    char name[96], value[96];

    text_visible(name, sizeof name, field->name, field->name_len);
    text_visible(value, sizeof value, p, n);
    if (!text_is_utf8(p, n))
        snprintf(s->why, sizeof s->why, "the column \"%s\" is not UTF-8%s",
                 name, text_hint(p, n));
    else if (*type == 'N' && !is_number(p, n))
        snprintf(s->why, sizeof s->why, "the column \"%s\" has \"%s\", which "
                 "is not a number", name, value);
    else if (*type == 'B' && !plain_base64(p, n))
        snprintf(s->why, sizeof s->why, "the column \"%s\" has \"%s\", which "
                 "is not base64, as binary values are written", name, value);
    else
        return NULL;
    return s->why;
}

/* Returns whether --number names this attribute. */
static bool is_numeric(const struct options *o, const char *name)
{
    unsigned i;

    for (i = 0; i < o->put.numbers.n; i++)
        if (strcmp(o->put.numbers.list[i], name) == 0)
            return true;
    return false;
}

/* ---- keys ---- */

/* Returns why the field cannot be this key of the record, or NULL if it can.
   `max` is the longest value, in bytes. */
static const char *key_wrong(struct state *s, const struct keys_one *key,
                             const struct record_field *field, size_t max)
{
    const char *wrong = NULL;

    if (field == NULL || field->bytes == NULL)
        return "it has no key, or only a part of it";
    if (field->type != (key->type[0] == 'N' && field->type == JSON_NUMBER
                        ? JSON_NUMBER : JSON_STRING))
        return "its key has another type than the table's";
    if (field->len > 0)
        wrong = bytes_wrong(s, key->type, field);
    return wrong != NULL ? wrong
        : keys_wrong(key, field->bytes, field->len, max);
}

/* Adds an attribute of the type "S", "N" or "B", the types of keys. */
static void add_typed(struct state *s, const char *name, const char *type,
                      const struct record_field *field)
{
    if (type[0] == 'S')
        item_string(&s->item, name, field->bytes, field->len);
    else
        item_typed(&s->item, name, type, field->bytes, field->len);
}

/* Returns whether the field is stored; --columns selects which are. */
static bool is_wanted(const struct options *o,
                      const struct record_field *field)
{
    unsigned i;

    for (i = 0; i < o->columns.n; i++)
        if (is_named(field, o->columns.list[i]))
            return true;
    return o->columns.n == 0;
}

/* Sets s->why to "the attribute NAME: why", or only `why` if n is 0, and
   returns it. */
static const char *explain(struct state *s, const unsigned char *name, size_t n,
                           const char *why)
{
    char shown[128], text[256];

    text_visible(shown, sizeof shown, name, n);
    text_visible(text, sizeof text, (const unsigned char *)why, strlen(why));
    snprintf(s->why, sizeof s->why, "%s%s%s%s", n > 0 ? "the attribute " : "",
             shown, n > 0 ? ": " : "", text);
    return s->why;
}

/*
 * Returns the type that an attribute given as text is stored with: that of
 * --number, else that of a key, else a string. In JSON Lines a string is not
 * stored as a number without --number, but can be binary, which JSON does not
 * have.
 */
static const char *text_type(const struct state *s, const char *name)
{
    const char *type = keys_type(&s->keys, name);

    if (is_numeric(s->c.o, name))
        return "N";
    return *type == '\0' || (*type == 'N' && s->c.o->format == ROWS_JSONL)
        ? "S" : type;
}

/*
 * Adds the attribute `name` with the value of a field. An absent value is
 * stored as NULL in JSON Lines and if it is the text; else nothing is added.
 * Nothing is added, either, for an absent index key or, outside JSON Lines, an
 * empty index key or number: an index key can be neither NULL nor empty, and an
 * item without it is just not in the index. Returns why the value is not valid,
 * or NULL.
 */
static const char *add_value(struct state *s, const char *name,
                             const struct record_field *field)
{
    const struct options *o = s->c.o;
    const bool jsonl = o->format == ROWS_JSONL;
    const bool none = field->bytes == NULL || (field->len == 0 && !jsonl);
    const char *type = text_type(s, name), *wrong;

    if (none && (*keys_type(&s->keys, name) != '\0' ||
                 (!jsonl && *type == 'N')))
        return NULL;
    if (field->bytes == NULL) {
        if (jsonl || strcmp(name, o->text) == 0)
            item_string(&s->item, name, NULL, 0);
        return NULL;
    }
    if (field->type == JSON_STRING || is_numeric(o, name)) {
        wrong = bytes_wrong(s, type, field);
        if (wrong == NULL)
            add_typed(s, name, type, field);
        return wrong;
    }
    wrong = item_json(&s->item, name, field->bytes, field->len);
    return wrong == NULL ? NULL
        : explain(s, field->name, field->name_len, wrong);
}

/* Adds an attribute that is not a key of the table. Returns why that is
   impossible, or NULL. */
static const char *add_attribute(struct state *s,
                                 const struct record_field *field)
{
    if (field->name_len == 0 || field->name_len > ITEM_NAME_MAX ||
        memchr(field->name, '\0', field->name_len) != NULL)
        return "an attribute's name is empty, too long, or has a NUL in it";
    buf_reset(&s->name);
    buf_add(&s->name, field->name, field->name_len);
    if (!buf_byte(&s->name, '\0'))
        return "memory is out";
    return add_value(s, (const char *)s->name.data, field);
}

/* Makes the item of a record, whose keys are valid. Returns why that is
   impossible, or NULL. */
static const char *make_item(struct state *s, const struct record_field *hash,
                             const struct record_field *range)
{
    const char *wrong = NULL;
    size_t i;

    item_reset(&s->item);
    add_typed(s, s->keys.hash.name, s->keys.hash.type, hash);
    if (range != NULL)
        add_typed(s, s->keys.range.name, s->keys.range.type, range);
    for (i = 0; i < s->in.n && wrong == NULL; i++) {
        const struct record_field *field = &s->in.fields[i];

        if (field != hash && field != range && is_wanted(s->c.o, field))
            wrong = add_attribute(s, field);
    }
    return wrong;
}

/* ---- records of -f dynamodb ---- */

/* Copies the value of an attribute to `text`, and sets `field` to it, if it is
   the attribute `key`. */
static void take_key(struct record_field *field, struct buf *text,
                     const struct keys_one *key, const struct plain_value *v)
{
    if (*key->name == '\0' || !plain_is(v, key->name))
        return;
    buf_reset(text);
    if (v->bytes != NULL)
        buf_add(text, v->bytes, v->len);
    buf_byte(text, '\0');        /* an empty value is not NULL */
    field->bytes = text->data;
    field->len = text->len - 1;
    /* key_wrong expects these types; JSON_OBJECT is not a key's type */
    field->type = strcmp(v->type, key->type) != 0 ? JSON_OBJECT
        : *v->type == 'N' ? JSON_NUMBER : JSON_STRING;
}

/* Adds an attribute to the item. A plain_fn. */
static bool take_attribute(void *context, const struct plain_value *v)
{
    struct state *s = context;
    const struct record_field field = {.name = v != NULL ? v->name : NULL,
        .name_len = v != NULL ? v->name_len : 0};

    if (v == NULL)
        return true;
    take_key(&s->hash, &s->hash_text, &s->keys.hash, v);
    take_key(&s->range, &s->range_text, &s->keys.range, v);
    s->long_name |= v->name_len > ITEM_NAME_MAX;
    if (is_wanted(s->c.o, &field) || plain_is(v, s->keys.hash.name) ||
        plain_is(v, s->keys.range.name))
        item_take(&s->item, v);
    return true;
}

/*
 * Makes the item of a record {"Item":{...}}, and sets s->hash and s->range to
 * its keys, whose `bytes` are NULL if they are absent. Returns why that is
 * impossible, or NULL.
 */
static const char *read_item(struct state *s)
{
    const struct record_field *item = find(&s->in, "Item");
    struct plain *p = &s->typed;

    s->hash = s->range = (struct record_field){.bytes = NULL};
    s->long_name = false;
    item_reset(&s->item);
    if (item == NULL || item->type != JSON_OBJECT)
        return "it is not like {\"Item\":{\"name\":{\"S\":\"text\"}}}";
    if (s->in.n > 1)
        return "it has more than \"Item\"";
    if (!plain_read(p, item->bytes, item->len, false, take_attribute, s))
        return explain(s, p->name.data, p->name.len, p->why);
    return s->long_name ? "a name is longer than 65535 bytes" : NULL;
}

/* ---- rows of a run ---- */

/* Returns whether the record is a row of a run, and sets s->row if it is. */
static bool is_row(struct state *s)
{
    static const char names[FIELDS][10] = {
        "public_id", "status", "text", "detail"
    };
    bool row = s->c.o->columns.n == 0 && s->in.n == FIELDS;
    int i;

    for (i = 0; i < FIELDS && row; i++) {
        s->row[i] = find(&s->in, names[i]);
        row = s->row[i] != NULL;
    }
    return row;
}

/* Returns the status of a row, or ROW_STATUSES if it is not a known one. */
static int row_status(const struct record_field *field)
{
    int i = 0;

    while (i < ROW_STATUSES &&
           (field->bytes == NULL || field->len != strlen(row_status_names[i]) ||
            memcmp(field->bytes, row_status_names[i], field->len) != 0))
        i++;
    return i;
}

/* Makes the item of a row of a run. Returns why that is impossible, or NULL. */
static const char *make_from_row(struct state *s, int status)
{
    const struct record_field *text = s->row[TEXT];
    struct record_field absent;  /* an empty text is stored as NULL */
    bool has = text->bytes != NULL && text->len > 0;

    if (!has && status != ROW_EMPTY)
        return status == ROW_COMPLETE
            ? "it is complete, and has no text"
            : "its status is none that a row has";
    item_reset(&s->item);
    add_typed(s, s->keys.hash.name, s->keys.hash.type, s->row[ID]);
    absent = *text;
    absent.bytes = NULL;
    return add_value(s, s->c.o->text, has ? text : &absent);
}

/* Returns what is wrong with the record's keys, or NULL. */
static const char *keys_of_record_wrong(struct state *s,
                                        const struct record_field *hash,
                                        const struct record_field *range)
{
    const char *wrong = key_wrong(s, &s->keys.hash, hash, ITEM_KEY_MAX);

    if (wrong == NULL && range_name(s) != NULL)
        wrong = key_wrong(s, &s->keys.range, range, SORT_KEY_MAX);
    return wrong;
}

/* Ends the record: its item joins the batch or, if `wrong` is not NULL or the
   item is too large, its row says why it failed. */
static void end_record(struct state *s, const struct record_field *hash,
                       const char *wrong)
{
    if (wrong == NULL && !item_fits(&s->item))
        wrong = "the item is larger than 400 KB";
    if (wrong == NULL) {
        add(s, hash);
        return;
    }
    flush(s);                    /* rows keep their order */
    fail_record(s, hash, wrong);
}

static void do_record(struct state *s)
{
    const bool row = is_row(s);
    const int status = row ? row_status(s->row[STATUS]) : ROW_STATUSES;
    const struct record_field *hash, *range = NULL;
    const char *wrong;

    s->c.progress.ids++;
    /* skip rows without anything to store */
    if (status != ROW_STATUSES && status != ROW_COMPLETE &&
        status != ROW_EMPTY &&
        (status != ROW_UNSTORED || s->row[TEXT]->bytes == NULL)) {
        s->passed++;
        return;
    }
    hash = row ? s->row[ID] : find(&s->in, s->keys.hash.name);
    if (range_name(s) != NULL)
        range = find(&s->in, range_name(s));
    wrong = keys_of_record_wrong(s, hash, range);
    if (wrong == NULL)
        wrong = row ? make_from_row(s, status) : make_item(s, hash, range);
    end_record(s, hash, wrong);
}

/* The same with -f dynamodb, where a record is never a row of a run. */
static void do_item(struct state *s)
{
    const char *wrong = read_item(s);

    s->c.progress.ids++;
    if (wrong == NULL)
        wrong = keys_of_record_wrong(s, &s->hash, &s->range);
    end_record(s, &s->hash, wrong);
}

/* ---- the loop ---- */

/* Returns whether reading the next record would block. */
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

/*
 * Reads the first record, for COMMAND_LOOK at most. Returns RECORDS_MORE if it
 * has not arrived by then or the input is a terminal, RECORDS_END on a signal.
 */
static enum records_read look_at_input(struct state *s)
{
    const int64_t until = clock_now(CLOCK_STEADY) + COMMAND_LOOK;
    enum records_read r = RECORDS_MORE;

    if (isatty(STDIN_FILENO))
        return r;
    while (r == RECORDS_MORE || (r == RECORDS_ERROR && errno == EINTR)) {
        enum wait_result wait = wait_until(until, STDIN_FILENO, POLLIN,
                                           &wait_stop);

        if (wait == WAIT_TIME)
            return RECORDS_MORE;
        if (wait_stop != 0)
            return RECORDS_END;
        if (wait == WAIT_READY)
            r = records_next(&s->in);
    }
    return r;
}

/* Ends the command before anything was stored. */
static void refuse(struct command *c, const char *sentence)
{
    report_line(sentence);
    c->exit = COMMAND_MISUSED;
}

/* Stores all records. `r` is what look_at_input returned. */
static void loop(struct state *s, enum records_read r)
{
    struct command *c = &s->c;

    for (; c->exit == 0 && r != RECORDS_END; r = next(s)) {
        if (r == RECORDS_MORE)
            continue;
        if (r == RECORDS_ONE) {
            (c->o->format == ROWS_DYNAMODB ? do_item : do_record)(s);
            continue;
        }
        if (r == RECORDS_REFUSED) {
            refuse(c, s->in.error.text);
            return;
        }
        if (r == RECORDS_ERROR)
            command_read_error(c);
        flush(s);
        if (r == RECORDS_ERROR)
            return;
        c->progress.ids++;
        finish(s, (const unsigned char *)"", 0, ROW_FAILED,
               s->in.error.text);
        if (r == RECORDS_BROKEN && c->exit == 0)
            c->exit = COMMAND_STOPPED;
    }
    if (c->exit == 0)
        flush(s);
}

/* Checks that --number names columns and no key of another type. In JSON Lines
   each record has its own names. `read`: the first record was read. */
static void check_numbers(struct state *s, bool read)
{
    const struct options *o = s->c.o;
    unsigned i;

    for (i = 0; i < o->put.numbers.n && s->c.exit == 0; i++) {
        const char *name = o->put.numbers.list[i];
        const char *type = keys_type(&s->keys, name);

        if (*type != '\0' && *type != 'N')
            options_wrong("--number: \"%s\" is a key of the type %s", name,
                          type);
        else if (o->format != ROWS_JSONL && read && find(&s->in, name) == NULL)
            options_wrong("--number: there is no column \"%s\"", name);
        else
            continue;
        s->c.exit = COMMAND_MISUSED;
    }
}

static void begin(struct state *s)
{
    const struct options *o = s->c.o;

    s->c.progress.what = "record";
    records_init(&s->in, STDIN_FILENO, o->format, o->null, o->columns.n > 0
                 ? o->columns.list : NULL, o->columns.n);
    item_init(&s->item);
    buf_init(&s->name, ITEM_NAME_MAX + 1);
    buf_init(&s->batch, ITEMS_WRITE_BYTES);
    buf_init(&s->key, PLAIN_MAX);
    plain_init(&s->plain);
    plain_init(&s->typed);
    s->typed.typed = true;
    buf_init(&s->hash_text, ITEM_MAX + 1);
    buf_init(&s->range_text, ITEM_MAX + 1);
}

/* Reads the table's keys, and prints the header. `first` is what look_at_input
   returned. */
static void look_at_table(struct state *s, enum records_read first)
{
    struct command *c = &s->c;

    command_keys(c, &s->keys);
    if (c->exit != 0)
        return;
    check_numbers(s, first == RECORDS_ONE);
    if (c->exit != 0)
        return;
    rows_header(&c->out);
    command_flush(c);
}

int put(const struct options *o)
{
    static struct state s;       /* too large for a small stack */
    enum records_read first;

    if (!command_begin(&s.c, o, COMMAND_TABLE, "rows"))
        return COMMAND_MISUSED;
    begin(&s);
    /* report unreadable input before any call */
    first = look_at_input(&s);
    if (first == RECORDS_REFUSED)
        refuse(&s.c, s.in.error.text);
    else if (first == RECORDS_ERROR)
        command_read_error(&s.c);
    else if (wait_stop == 0)
        look_at_table(&s, first);
    loop(&s, first);
    if (!o->quiet && s.passed > 0)
        report_say("%" PRIu64 " row%s without a text passed over", s.passed,
                   s.passed == 1 ? "" : "s");
    return command_end(&s.c, true);
}
