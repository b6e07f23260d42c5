/*
 * get.c: gets, updates or deletes items in batches, and prints a row for each
 * id.
 */
#include "commands/get.h"

#include <string.h>

#include "base/report.h"
#include "base/wait.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "dynamodb/items.h"
#include "dynamodb/tables.h"

enum { MAX = ITEMS_BATCH_MAX };

/* An id of the current batch. */
struct entry {
    struct items_id id;
    const char *wrong;           /* why it cannot be a key, or NULL */
    size_t as;                   /* its index in state.ids */
    bool again;                  /* an earlier entry has the same id */
};

struct state {
    struct command c;
    struct entry entries[MAX];
    struct items_id ids[MAX];    /* the valid ids, without duplicates */
    size_t n, n_ids;
    struct items_wanted wanted;  /* the attributes that get prints */
    struct items_found found;
    struct items_write writes[ITEMS_WRITE_MAX];
    struct plain plain;
    struct columns columns;
    struct buf line;             /* with -f dynamodb: the item's line */
};

/* Prints the row of an id; an invalid id has failed, whatever `status` says. */
static void finish(struct state *s, const struct entry *e,
                   enum row_status status, const char *detail)
{
    struct row row = {e->id.bytes, e->id.n, NULL, NULL, 0, detail};

    if (e->wrong != NULL) {
        status = ROW_FAILED;
        row.detail = e->wrong;
    }
    command_row(&s->c, status, &row);
}

/* ---- get ---- */

/* Takes the attributes that are columns. A plain_fn. */
static bool take_column(void *context, const struct plain_value *v)
{
    if (v != NULL)
        columns_take(context, v);
    return true;
}

/* Counts an id whose row has no status. `wrong` says why it failed, or is
   NULL. */
static void count(struct state *s, const struct entry *e, bool there,
                  const char *wrong)
{
    command_count(&s->c, wrong != NULL ? ROW_FAILED : there
                  ? ROW_COMPLETE : ROW_ABSENT, e->id.bytes, e->id.n,
                  wrong != NULL ? wrong : "");
}

/* With --columns: prints the row of an id. For an item that does not exist, the
   row has only the key; in JSON Lines there is none, since put would make an
   item of it. */
static void print_columns(struct state *s, const struct entry *e, bool there)
{
    const struct plain_value key = {.name = (const unsigned char *)
        s->c.o->key, .name_len = strlen(s->c.o->key), .type = "S",
        .bytes = e->id.bytes, .len = e->id.n};
    const char *wrong = e->wrong;
    char why[256];

    if (!there && s->c.o->format == ROWS_JSONL) {
        count(s, e, there, wrong);
        return;
    }
    if (!there)
        columns_take(&s->columns, &key);
    if (!columns_row(&s->columns, &s->c.out, why, sizeof why))
        wrong = why;
    count(s, e, there, wrong);
    command_flush(&s->c);
}

static void print_text(struct state *s, const struct entry *e)
{
    struct columns_one *text = &s->columns.list[0];
    struct row row = {e->id.bytes, e->id.n, NULL, NULL, 0, ""};
    struct rows_field field = {NULL, 0, NULL, 0, false};

    if (text->present && text->len > 0) {
        row.text = s->columns.values.data + text->value;
        row.text_len = text->len;
    }
    field.bytes = row.text;
    field.len = row.text_len;
    if (rows_unfit(&s->c.out, &field, 1) == 0)
        finish(s, e, ROW_FAILED, "the text has a NUL, which -0 cannot "
               "print (-f jsonl can)");
    else
        command_row(&s->c, row.text != NULL ? ROW_COMPLETE : ROW_EMPTY,
                    &row);
    text->present = false;
    buf_reset(&s->columns.values);
}

/* With -f dynamodb: adds an attribute to the line if it was requested (the key
   is always in the answer), or ends the line if `v` is NULL. */
static bool take_typed(void *context, const struct plain_value *v)
{
    struct state *s = context;
    const struct items_wanted *wanted = &s->wanted;
    bool is_wanted = v == NULL || wanted->all;
    unsigned i;

    for (i = 0; i < wanted->n && !is_wanted; i++)
        is_wanted = plain_is(v, wanted->names[i]);
    if (is_wanted)
        plain_line(&s->line, v);
    return true;
}

/* With -f dynamodb: prints the line of an item, if it exists. */
static void print_item(struct state *s, const struct entry *e, bool there)
{
    const struct items_found *found = &s->found;

    count(s, e, there, e->wrong);
    if (!there)
        return;
    buf_reset(&s->line);
    if (!plain_read(&s->plain, found->json.data + found->at[e->as],
                    found->size[e->as], false, take_typed, s) ||
        s->line.failed) {
        report_line("DynamoDB: its answer holds something that is no item, or "
                    "memory is out");
        s->c.exit = COMMAND_STOPPED;
        return;
    }
    rows_line(&s->c.out, s->line.data, s->line.len);
    command_flush(&s->c);
}

static void get_batch(struct state *s)
{
    const struct options *o = s->c.o;
    struct items_found *found = &s->found;
    enum outcome outcome = items_fetch(s->c.db, o->table, o->key, &s->wanted,
                                       s->ids, s->n_ids, found);
    size_t i;

    command_check_call(&s->c, outcome == OUTCOME_DONE ? outcome : OUTCOME_STOP);
    for (i = 0; i < s->n && s->c.exit == 0; i++) {
        const struct entry *e = &s->entries[i];
        bool there = e->wrong == NULL && found->size[e->as] > 0;

        if (o->format == ROWS_DYNAMODB) {
            print_item(s, e, there);
            continue;
        }
        if (there)
            plain_read(&s->plain, found->json.data + found->at[e->as],
                       found->size[e->as], false, take_column, &s->columns);
        if (o->columns.n > 0)
            print_columns(s, e, there);
        else if (there)
            print_text(s, e);
        else
            finish(s, e, ROW_ABSENT, "");
    }
}

/* ---- delete ---- */

/* Returns whether there is an item to delete. Of equal ids, the first one
   deletes it, and the others are absent. */
static bool is_there(const struct entry *e, const bool *have)
{
    return e->wrong == NULL && !e->again && have[e->as];
}

/* Prints the rows of the entries from `i` to before `end`, whose writes are
   finished. */
static void finish_deleted(struct state *s, size_t i, size_t end,
                           const bool *have)
{
    const struct items_write *w = s->writes;

    for (; i < end && s->c.exit != COMMAND_UNWRITTEN; i++) {
        const struct entry *e = &s->entries[i];

        if (!is_there(e, have))
            finish(s, e, ROW_ABSENT, "");
        else if (w->outcome == OUTCOME_DONE)
            finish(s, e, ROW_DELETED, "");
        else
            finish(s, e, ROW_FAILED, w->why);
        w += is_there(e, have);
    }
}

static void delete_batch(struct state *s)
{
    struct command *c = &s->c;
    const struct options *o = c->o;
    size_t i = 0, from, n, k, at;
    bool have[MAX];
    struct buf keys;

    if (items_have(c->db, o->table, o->key, s->ids, s->n_ids, have) !=
        OUTCOME_DONE) {
        command_check_call(c, OUTCOME_STOP);
        return;
    }
    buf_init(&keys, ITEMS_WRITE_BYTES);
    while (i < s->n && c->exit == 0) {
        buf_reset(&keys);
        for (from = i, n = 0; i < s->n && n < ITEMS_WRITE_MAX; i++) {
            const struct entry *e = &s->entries[i];

            if (!is_there(e, have))
                continue;
            at = keys.len;
            dynamodb_key(&keys, o->key, e->id.bytes, e->id.n);
            s->writes[n].remove = true;
            s->writes[n++].n = keys.len - at;
        }
        for (k = at = 0; k < n; at += s->writes[k++].n)
            s->writes[k].json = keys.data + at;
        if (n > 0)
            command_check_call(c, items_write(c->db, o->table, o->key, NULL,
                                          s->writes, n));
        finish_deleted(s, from, i, have);
    }
    buf_free(&keys);
}

/* ---- update ---- */

static void update_one(struct state *s, const struct entry *e)
{
    const struct options *o = s->c.o;
    struct items_change changes[2 * OPTIONS_ATTRIBUTES_MAX];
    enum outcome outcome = OUTCOME_BAD;
    unsigned i, n = 0;
    bool there = false;

    for (i = 0; i < o->sets.n; i++)
        changes[n++] = (struct items_change){o->sets.list[i].name,
            o->sets.list[i].value};
    for (i = 0; i < o->update.removes.n; i++)
        changes[n++] = (struct items_change){o->update.removes.list[i], NULL};
    if (e->wrong == NULL)
        outcome = items_update(s->c.db, o->table, o->key, e->id.bytes,
                               e->id.n, changes, n, &there);
    if (outcome == OUTCOME_DONE)
        finish(s, e, there ? ROW_UPDATED : ROW_ABSENT, "");
    else
        finish(s, e, ROW_FAILED, s->c.db->error);
    if (outcome == OUTCOME_STOP && s->c.exit == 0)
        s->c.exit = COMMAND_STOPPED;
}

/* ---- batches ---- */

/* Adds an id to the current batch. */
static void add(struct state *s, enum ids_answer r, const unsigned char *id,
                size_t len)
{
    struct entry *e = &s->entries[s->n++];

    e->id = (struct items_id){id, len};
    e->wrong = r == IDS_LONG ? "the id is longer than 4096 bytes"
                              : ids_wrong(id, len, ITEM_KEY_MAX);
    e->again = false;
    s->c.progress.ids++;
    if (e->wrong != NULL)
        return;
    for (e->as = 0; e->as < s->n_ids; e->as++)
        if (s->ids[e->as].n == len &&
            memcmp(s->ids[e->as].bytes, id, len) == 0) {
            e->again = true;
            return;
        }
    s->ids[s->n_ids++] = e->id;
}

/*
 * Reads the next batch: waits for one id, and adds those that have been read
 * already. Returns false at the end of the list, on a signal or after an error.
 */
static bool next_batch(struct state *s)
{
    size_t max = s->c.o->command == OPTIONS_UPDATE ? 1 : MAX, len;
    const unsigned char *id;
    enum ids_answer r = command_next(&s->c, &id, &len);
    struct ids_position position = s->c.in.position;

    if (r == IDS_END)
        return false;
    s->n = s->n_ids = 0;
    add(s, r, id, len);
    while (s->n < max) {
        r = ids_peek(&s->c.in, &position, &id, &len);
        if (r != IDS_ONE && r != IDS_LONG)
            break;
        add(s, r, id, len);
        s->c.in.position = position;   /* the bytes stay where they are */
    }
    return true;
}

static void do_batch(struct state *s)
{
    if (s->c.o->command == OPTIONS_GET)
        get_batch(s);
    else if (s->c.o->command == OPTIONS_DELETE)
        delete_batch(s);
    else
        update_one(s, &s->entries[0]);
    command_advance(&s->c);
}

/* Prepares buffers, checks the input and the table, prints the header. */
static void begin(struct state *s)
{
    struct command *c = &s->c;
    const struct options *o = c->o;
    unsigned i;

    c->progress.what = "id";
    s->wanted.all = o->format == ROWS_DYNAMODB && o->columns.n == 0;
    s->wanted.names = o->columns.n > 0 ? o->columns.list : &o->text;
    s->wanted.n = o->columns.n > 0 ? o->columns.n : 1;
    buf_init(&s->found.json, ITEMS_FOUND_MAX);
    buf_init(&s->line, PLAIN_MAX);
    plain_init(&s->plain);
    s->plain.typed = o->format == ROWS_DYNAMODB;
    columns_init(&s->columns);
    if (!command_check_list(c))
        return;
    command_check_call(c, tables_ready(c->db, o->table, o->key));
    if (c->exit != 0)
        return;
    for (i = 0; i < s->wanted.n; i++)
        columns_name(&s->columns, s->wanted.names[i]);
    s->columns.shown = s->columns.n;
    if (o->columns.n > 0)
        columns_header(&s->columns, &c->out);
    else
        rows_header(&c->out);
    command_flush(c);
}

int store(const struct options *o)
{
    static struct state s;       /* too large for a small stack */

    if (!command_begin(&s.c, o, COMMAND_TABLE, "ids"))
        return COMMAND_MISUSED;
    begin(&s);
    while (s.c.exit == 0 && wait_stop == 0 && next_batch(&s))
        do_batch(&s);
    return command_end(&s.c, true);
}
