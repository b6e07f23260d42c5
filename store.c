/* store: see store.h. */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "columns.h"
#include "command.h"
#include "ids.h"
#include "items.h"
#include "tables.h"

enum { MAX = ITEMS_BATCH_MAX };

/* An id of the batch in hand. */
struct entry {
    struct items_id id;
    const char *wrong;           /* why it can be no key, or NULL */
    size_t as;                   /* which of the different ids it is */
    bool again;                  /* there is an equal one before it */
};

struct state {
    const struct options *o;
    struct dynamodb *db;
    struct rows_in in;
    struct rows_out out;
    struct report report;
    struct entry entries[MAX];
    struct items_id ids[MAX];    /* those that are right, each once */
    size_t n, n_ids;
    struct items_found found;
    struct items_write writes[ITEMS_WRITE_MAX];
    struct plain plain;
    struct columns columns;
    int exit;                    /* once it must end early */
};

/* ----------------------------------------------------------------- rows */

static void check_written(struct state *s)
{
    if (!s->out.failed || s->exit == COMMAND_UNWRITTEN)
        return;
    report_say("cannot write standard output: %s", strerror(s->out.error));
    s->exit = COMMAND_UNWRITTEN;
}

/* An id's fate is known: counts it, and says what is wrong. */
static void count(struct state *s, const struct entry *e,
                  enum report_status status, const char *detail)
{
    s->report.count[status]++;
    if (*detail != '\0')
        command_complain(e->id.bytes, e->id.n, detail);
    else if (status == REPORT_ABSENT)
        command_complain(e->id.bytes, e->id.n, "the table has no such item");
}

/* Prints its row. */
static void finish(struct state *s, const struct entry *e,
                   enum report_status status, const unsigned char *text,
                   size_t n, const char *detail)
{
    const struct row row = {e->id.bytes, e->id.n, report_names[status], text,
        n, detail};

    count(s, e, status, detail);
    rows_write(&s->out, &row);
    check_written(s);
}

static void stop(struct state *s)
{
    if (command_stop == 0)
        report_say("%s", s->db->error);
    if (s->exit == 0)
        s->exit = COMMAND_STOPPED;
}

/* ------------------------------------------------------------------ get */

/* Takes the attributes that are columns. */
static bool take_column(void *context, const struct plain_value *v)
{
    if (v != NULL)
        columns_take(context, v);
    return true;
}

/* With --columns: a row of them, which of an item that is not there has only
   the key. */
static void print_columns(struct state *s, const struct entry *e,
                          const unsigned char *item, size_t n)
{
    const struct plain_value key = {(const unsigned char *)s->o->key,
        strlen(s->o->key), "S", false, e->id.bytes, e->id.n};

    if (e->wrong != NULL)
        count(s, e, REPORT_FAILED, e->wrong);
    else
        count(s, e, item == NULL ? REPORT_ABSENT : REPORT_COMPLETE, "");
    if (item == NULL)
        columns_take(&s->columns, &key);
    else
        plain_read(&s->plain, item, n, false, take_column, &s->columns);
    columns_row(&s->columns, &s->out);
    rows_flush(&s->out);
    check_written(s);
}

static void print_text(struct state *s, const struct entry *e,
                       const unsigned char *item, size_t n)
{
    struct columns *c = &s->columns;
    const struct columns_one *text = &c->list[0];
    bool has;

    if (e->wrong != NULL || item == NULL) {
        finish(s, e, e->wrong != NULL ? REPORT_FAILED : REPORT_ABSENT, NULL,
               0, e->wrong != NULL ? e->wrong : "");
        return;
    }
    plain_read(&s->plain, item, n, false, take_column, c);
    has = c->list[0].present && text->len > 0;
    finish(s, e, has ? REPORT_COMPLETE : REPORT_EMPTY,
           has ? c->values.data + text->value : NULL, has ? text->len : 0, "");
    c->list[0].present = false;
    buf_reset(&c->values);
}

static void get_batch(struct state *s)
{
    const struct options *o = s->o;
    const char *const *names = o->n_columns > 0 ? o->columns : &o->text;
    struct items_found *found = &s->found;
    size_t i;

    if (items_fetch(s->db, o->table, o->key, names, o->n_columns > 0
                    ? o->n_columns : 1, s->ids, s->n_ids, found) !=
        OUTCOME_DONE) {
        stop(s);
        return;
    }
    for (i = 0; i < s->n && s->exit == 0; i++) {
        const struct entry *e = &s->entries[i];
        bool there = e->wrong == NULL && found->size[e->as] > 0;

        (o->n_columns > 0 ? print_columns : print_text)
            (s, e, there ? found->json.data + found->at[e->as] : NULL,
             there ? found->size[e->as] : 0);
    }
}

/* --------------------------------------------------------------- delete */

/* Prints the rows of entries up to number `end`, whose items are deleted or
   were not there, beginning with number `i`. */
static void finish_deleted(struct state *s, size_t i, size_t end,
                           const bool *have)
{
    const struct items_write *w = s->writes;

    for (; i < end && s->exit != COMMAND_UNWRITTEN; i++) {
        const struct entry *e = &s->entries[i];

        if (e->wrong != NULL)
            finish(s, e, REPORT_FAILED, NULL, 0, e->wrong);
        else if (e->again || !have[e->as])
            finish(s, e, REPORT_ABSENT, NULL, 0, "");
        else if (w->outcome == OUTCOME_DONE)
            finish(s, e, REPORT_DELETED, NULL, 0, "");
        else
            finish(s, e, REPORT_FAILED, NULL, 0, w->why);
        w += e->wrong == NULL && !e->again && have[e->as];
    }
}

static void delete_batch(struct state *s)
{
    const struct options *o = s->o;
    size_t i = 0, from, n, k, ends[ITEMS_WRITE_MAX];
    bool have[MAX];
    struct buf keys;

    if (items_have(s->db, o->table, o->key, s->ids, s->n_ids, have) !=
        OUTCOME_DONE) {
        stop(s);
        return;
    }
    buf_init(&keys, ITEMS_WRITE_BYTES);
    while (i < s->n && s->exit == 0) {
        buf_reset(&keys);
        for (from = i, n = 0; i < s->n && n < ITEMS_WRITE_MAX; i++) {
            const struct entry *e = &s->entries[i];

            if (e->wrong != NULL || e->again || !have[e->as])
                continue;
            dynamodb_key(&keys, o->key, e->id.bytes, e->id.n);
            ends[n++] = keys.len;
        }
        for (k = 0; k < n; k++) {
            size_t at = k > 0 ? ends[k - 1] : 0;

            s->writes[k].remove = true;
            s->writes[k].json = keys.data + at;
            s->writes[k].n = ends[k] - at;
        }
        if (n > 0 && items_write(s->db, o->table, o->key, NULL, s->writes, n)
            != OUTCOME_DONE)
            stop(s);
        finish_deleted(s, from, i, have);
    }
    buf_free(&keys);
}

/* --------------------------------------------------------------- update */

static void update_one(struct state *s, const struct entry *e)
{
    const struct options *o = s->o;
    struct items_change changes[2 * OPTIONS_ATTRIBUTES_MAX];
    enum outcome outcome;
    unsigned i, n = 0;
    bool there;

    if (e->wrong != NULL) {
        finish(s, e, REPORT_FAILED, NULL, 0, e->wrong);
        return;
    }
    for (i = 0; i < o->n_sets; i++)
        changes[n++] = (struct items_change){o->sets[i].name,
            o->sets[i].value};
    for (i = 0; i < o->n_removes; i++)
        changes[n++] = (struct items_change){o->removes[i], NULL};
    outcome = items_update(s->db, o->table, o->key, e->id.bytes, e->id.n,
                           changes, n, &there);
    if (outcome == OUTCOME_DONE)
        finish(s, e, there ? REPORT_UPDATED : REPORT_ABSENT, NULL, 0, "");
    else
        finish(s, e, REPORT_FAILED, NULL, 0, s->db->error);
    if (outcome == OUTCOME_STOP && s->exit == 0)
        s->exit = COMMAND_STOPPED;
}

/* ----------------------------------------------------------- the batches */

/* Adds an id to the batch in hand. */
static void add(struct state *s, enum rows_read r, const unsigned char *id,
                size_t len)
{
    struct entry *e = &s->entries[s->n++];

    e->id = (struct items_id){id, len};
    e->wrong = r == ROWS_LONG ? "the id is longer than 4096 bytes"
                              : ids_wrong(id, len, true);
    e->again = false;
    s->report.ids++;
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

/* The next batch: what has been read, and at least one id. False if there is
   none. */
static bool next_batch(struct state *s)
{
    size_t max = s->o->command == OPTIONS_UPDATE ? 1 : MAX, len;
    const unsigned char *id;
    enum rows_read r = ids_next(&s->in, &command_stop, &id, &len);
    struct rows_place place = s->in.place;

    if (r == ROWS_ERROR) {
        report_say("cannot read standard input: %s", strerror(errno));
        s->exit = COMMAND_STOPPED;
    }
    if (r != ROWS_ID && r != ROWS_LONG)
        return false;
    s->n = s->n_ids = 0;
    add(s, r, id, len);
    while (s->n < max && (r = rows_peek(&s->in, &place, &id, &len)) <=
           ROWS_LONG) {
        add(s, r, id, len);
        s->in.place = place;     /* taken; the bytes stay where they are */
    }
    return true;
}

static void do_batch(struct state *s)
{
    if (s->o->command == OPTIONS_GET)
        get_batch(s);
    else if (s->o->command == OPTIONS_DELETE)
        delete_batch(s);
    else
        update_one(s, &s->entries[0]);
    s->report.retries = s->db->retries;
    report_progress(&s->report);
}

/* Is the table there, and the one that is meant? */
static void begin(struct state *s)
{
    const struct options *o = s->o;
    enum outcome outcome = tables_ready(s->db, o->table, o->key);
    unsigned i;

    if (outcome != OUTCOME_DONE) {
        report_say("%s", s->db->error);
        s->exit = outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
        return;
    }
    for (i = 0; i < o->n_columns; i++)
        columns_add(&s->columns, (const unsigned char *)o->columns[i],
                    strlen(o->columns[i]), COLUMNS_MAX);
    if (o->n_columns == 0)
        columns_add(&s->columns, (const unsigned char *)o->text,
                    strlen(o->text), COLUMNS_MAX);
    s->columns.shown = s->columns.n;
    if (o->n_columns > 0)
        columns_header(&s->columns, &s->out);
    else
        rows_header(&s->out);
    rows_flush(&s->out);
    check_written(s);
}

int store(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */
    const uint64_t *counts = s.report.count;

    s.o = o;
    s.report.what = "id";
    s.report.start = clock_now(CLOCK_STEADY);
    s.report.list_size = -1;
    rows_in_init(&s.in, STDIN_FILENO, o->null);
    rows_out_init(&s.out, STDOUT_FILENO, o->format, o->null);
    buf_init(&s.found.json, ITEMS_FOUND_MAX);
    plain_init(&s.plain);
    columns_init(&s.columns);
    s.db = command_dynamodb(o);
    if (s.db == NULL)
        return COMMAND_MISUSED;
    if (isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading ids from the terminal; Ctrl-D ends them");
    command_signals();
    command_watch(&s.report);
    command_confine(o);
    command_confine_files(o, -1);
    begin(&s);
    while (s.exit == 0 && command_stop == 0 && next_batch(&s))
        do_batch(&s);
    if (!o->quiet && s.exit != COMMAND_MISUSED)
        report_summary(&s.report);
    buf_free(&s.found.json);
    plain_free(&s.plain);
    columns_free(&s.columns);
    if (s.exit != 0)
        return s.exit;
    return counts[REPORT_FAILED] + counts[REPORT_ABSENT] > 0 ? COMMAND_FAILED
                                                             : 0;
}
