/*
 * table.c: carries out what the words of the command say: create, show, list,
 * delete, capacity, index add, index drop. Reads the state of the table first,
 * and waits for the end of a change with --wait.
 */
#include "commands/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "base/circle.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/confine.h"
#include "cli/services.h"
#include "json.h"
#include "base/report.h"
#include "rows/rows.h"
#include "dynamodb/tables.h"

#define LONG_WAIT (10 * CLOCK_SECOND)    /* a longer wait is announced */
#define PAUSE_MAX (10 * CLOCK_SECOND)    /* between two looks at the table */

enum { SENTENCE = 2048 };

/* What is waited for; except for GONE, also that no change is under way. */
enum goal { READY, MADE, GONE, RESIZED, INDEXED, UNINDEXED };

/* Where a sentence goes: standard error, standard output, the progress line, or
   nowhere. */
enum where { SAID, PRINTED, DRAWN, UNSAID };

struct job {
    const struct options *o;
    struct dynamodb *db;
    const char *name;            /* of the table, or NULL */
    const char *index;           /* of the index, or NULL */
    enum goal goal;
    bool seen;                   /* what was made has appeared */
    enum where success;          /* where success is reported: UNSAID with -q */
    struct tables_capacity capacity;     /* the requested one */
    struct tables_description d; /* as it was last seen */
    char what[SENTENCE];         /* "the table ...", "the index ..." */
    char how[SENTENCE];          /* the progress, from reached() */
};

/* ---- sentences ---- */

/* Prints a sentence, made safe for a terminal whatever the names in it are. */
__attribute__((format(printf, 2, 3)))
static void tell(enum where where, const char *format, ...)
{
    char text[SENTENCE], safe[SENTENCE];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    if (where == SAID)
        report_say("%s", safe);
    if (where == PRINTED)
        puts(safe);
    if (where == DRAWN)
        report_draw(safe);
}

/* Reports a call that failed. Returns the exit status. */
static int failed(const struct job *j, enum outcome outcome)
{
    report_say("%s", j->db->error);
    return outcome == OUTCOME_BAD || tables_missing(j->db) ? COMMAND_FAILED
                                                           : COMMAND_STOPPED;
}

static const char *capacity_text(char out[64],
                                 const struct tables_capacity *c)
{
    if (c->on_demand)
        snprintf(out, 64, "on demand");
    else if (!tables_capacity_known(c))
        snprintf(out, 64, "unknown");
    else
        snprintf(out, 64, "%lld read and %lld write units",
                 (long long)c->read, (long long)c->write);
    return out;
}

static const char *type_text(const struct tables_description *d,
                             const char *attribute)
{
    const char *type = tables_type(d, attribute);

    return *type != '\0' ? type : "of an unknown type";
}

/* Writes the keys of a table or an index, with their types, to `out`, and
   returns it. */
static const char *keys_text(char out[SENTENCE],
                             const struct tables_description *d,
                             const char *hash, const char *range)
{
    int n = *hash == '\0' ? snprintf(out, SENTENCE, "unknown")
        : snprintf(out, SENTENCE, "%s (%s)", hash, type_text(d, hash));

    if (*range != '\0')
        snprintf(out + n, SENTENCE - (size_t)n, ", sort key %s (%s)", range,
                 type_text(d, range));
    return out;
}

static bool same_capacity(const struct tables_capacity *a,
                          const struct tables_capacity *b)
{
    return a->on_demand == b->on_demand &&
        (a->on_demand || (a->read == b->read && a->write == b->write));
}

/* ---- waiting ---- */

static enum outcome look(struct job *j)
{
    enum outcome outcome = tables_describe(j->db, j->name, j->index, &j->d);

    return outcome == OUTCOME_DONE && j->d.status[0] == '\0'
        ? tables_unsaid(j->db, "status", "table", j->name) : outcome;
}

/* Returns whether the goal is reached and no change is under way. If not,
   j->how says what is missing. */
static bool reached(struct job *j, enum goal goal)
{
    const struct tables_description *d = &j->d;
    unsigned i;

    snprintf(j->how, SENTENCE, "the table %s is %s", j->name, d->status);
    if (goal == GONE || strcmp(d->status, "ACTIVE") != 0)
        return false;
    for (i = 0; i < d->n_indexes; i++) {
        const struct tables_index *x = &d->indexes[i];

        snprintf(j->how, SENTENCE, "its index %s is %s%s", x->name, x->status,
                 x->backfilling ? ", being filled" : "");
        if (!x->local && x->status[0] == '\0')
            snprintf(j->how, SENTENCE, "DynamoDB does not say the status of "
                     "its index %s", x->name);
        if (!x->local && (strcmp(x->status, "ACTIVE") != 0 || x->backfilling))
            return false;
    }
    /* the description may be older than the change */
    snprintf(j->how, SENTENCE, "it does not show yet");
    if (goal == RESIZED)
        return same_capacity(&d->capacity, &j->capacity);
    if (goal == INDEXED || goal == UNINDEXED)
        return (tables_index(d, j->index) != NULL) == (goal == INDEXED);
    return true;
}

/* Returns whether this status will not become ACTIVE by itself. */
static bool is_stuck(const char *status)
{
    return strcmp(status, "CREATING") != 0 &&
        strcmp(status, "UPDATING") != 0 && strcmp(status, "ACTIVE") != 0;
}

/* Returns whether the table is active, but an index has no status in the
   description: waiting for it would not end. */
static bool has_unknown(const struct tables_description *d)
{
    unsigned i;

    for (i = 0; i < d->n_indexes; i++)
        if (!d->indexes[i].local && d->indexes[i].status[0] == '\0')
            return strcmp(d->status, "ACTIVE") == 0;
    return false;
}

/* Sleeps until `until` or a signal, and shows what is waited for. */
static void nap(const struct job *j, int64_t begun, int64_t until)
{
    int64_t now;

    while ((now = clock_now(CLOCK_STEADY)) < until && wait_stop == 0) {
        int64_t step = now + CLOCK_SECOND;

        tell(wait_asked != 0 ? SAID : DRAWN, "waiting for %d s: %s",
             (int)((now - begun) / CLOCK_SECOND), j->how);
        wait_asked = 0;
        wait_until(step < until ? step : until, -1, 0, &wait_stop);
    }
}

enum { AGAIN = -1 };

/*
 * Looks at the table. Returns 0 if the goal is reached, another exit status if
 * it will not be, or AGAIN. What was just made may not appear at once: only if
 * it was seen, or it is `late`, is its absence an error.
 */
static int judge(struct job *j, enum goal goal, bool late)
{
    const enum outcome outcome = look(j);
    const bool missing = outcome != OUTCOME_DONE && tables_missing(j->db);

    late = late || j->seen;
    if (missing ? goal == GONE : outcome == OUTCOME_DONE && reached(j, goal))
        return 0;
    if (outcome != OUTCOME_DONE)
        return missing && !late ? AGAIN : failed(j, outcome);
    if (goal != GONE && has_unknown(&j->d)) {
        tell(SAID, "%s", j->how);
        return COMMAND_STOPPED;
    }
    if (goal != GONE && is_stuck(j->d.status)) {
        tell(SAID, "the table %s is %s, and so will not be ready", j->name,
             j->d.status);
        return COMMAND_FAILED;
    }
    if (goal != INDEXED || tables_index(&j->d, j->index) != NULL) {
        j->seen = true;
        return AGAIN;
    }
    if (!late)
        return AGAIN;
    tell(SAID, "%s is gone again", j->what);
    return COMMAND_FAILED;
}

/*
 * With --wait, waits until the goal is reached. Returns 0 if it is, or without
 * --wait; else the exit status. What was made must appear within the time of
 * --timeout.
 */
static int await(struct job *j, enum goal goal)
{
    int64_t begun = clock_now(CLOCK_STEADY), pause = CLOCK_SECOND;
    bool announced = j->o->quiet;

    if (!j->o->manage.await)
        return 0;
    j->seen = false;
    snprintf(j->how, SENTENCE, "the table does not show yet");
    while (wait_stop == 0) {
        int64_t now = clock_now(CLOCK_STEADY);
        int status = judge(j, goal, now - begun > j->o->net.timeout);

        if (status != AGAIN)
            return status;
        if (!announced && now - begun >= LONG_WAIT) {
            tell(SAID, "waiting: %s; Ctrl-C ends the wait, not what is under "
                 "way", j->how);
            announced = true;
        }
        nap(j, begun, now + pause);
        pause = pause * 3 / 2 < PAUSE_MAX ? pause * 3 / 2 : PAUSE_MAX;
    }
    return COMMAND_STOPPED;
}

/* Finishes a change whose call had this outcome: waits for its end, and reports
   it. Returns the exit status. */
static int finish(struct job *j, enum outcome outcome, const char *doing,
                  const char *to)
{
    int status;

    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    status = await(j, j->goal);
    if (status == 0)
        tell(j->success, "%s %s%s: %s", doing, j->what, to, j->o->manage.await
             ? "done" : "begun (--wait waits until it is done)");
    return status;
}

/* Waits, with --wait, until the table is ready for a change: DynamoDB makes one
   at a time. Returns 0 if it is ready, else the exit status. */
static int make_ready(struct job *j)
{
    if (reached(j, READY))
        return 0;
    if (j->o->manage.await)
        return await(j, READY);
    tell(SAID, "the table %s cannot be changed now: %s (--wait waits for it)",
         j->name, j->how);
    return COMMAND_FAILED;
}

static bool is_deleting(const char *status)
{
    return strcmp(status, "DELETING") == 0;
}

/* Refuses to make what is being deleted; `command` waits for the end of that.
   Returns the exit status. */
static int doomed(const struct job *j, const char *command)
{
    tell(SAID, "%s is just being deleted: wait for that (ocrdyn table %s "
         "--wait does)", j->what, command);
    return COMMAND_FAILED;
}

/* Reports that what should be made exists, and waits until it is ready. Returns
   the exit status. */
static int exists(struct job *j, const char *key, const char *more)
{
    tell(j->success, "%s exists already, with the key %s%s", j->what, key,
         more);
    return await(j, j->goal);
}

/* Reports that what should be deleted does not exist or (`there`) is being
   deleted, and waits for the end of that. Returns the exit status. */
static int vanishes(struct job *j, bool there)
{
    tell(j->success, there ? "%s is being deleted already"
         : "%s does not exist", j->what);
    return await(j, j->goal);
}

/* ---- create, delete ---- */

/* Returns the partition key of a new table. */
static const char *new_key(const struct job *j)
{
    return j->o->key != NULL ? j->o->key : "publicId";
}

/* Checks whether the table that exists is the requested one. Returns the exit
   status. */
static int create_again(struct job *j)
{
    const struct tables_description *d = &j->d;
    const char *key = new_key(j);
    const char *sort = j->o->manage.sort != NULL ? j->o->manage.sort : "";
    char text[SENTENCE];

    if (is_deleting(d->status))
        return doomed(j, "delete --yes");
    if (strcmp(d->hash, key) != 0 || strcmp(tables_type(d, key), "S") != 0 ||
        strcmp(d->range, sort) != 0 ||
        (*sort != '\0' && strcmp(tables_type(d, sort), "S") != 0)) {
        tell(SAID, "%s exists already, but with the key %s", j->what,
             keys_text(text, d, d->hash, d->range));
        return COMMAND_MISUSED;
    }
    if ((j->o->manage.on_demand || j->o->manage.read > 0) &&
        !same_capacity(&d->capacity, &j->capacity)) {
        tell(SAID, "%s exists already, but its capacity is %s (ocrdyn table "
             "capacity changes it)", j->what,
             capacity_text(text, &d->capacity));
        return COMMAND_MISUSED;
    }
    return exists(j, key, j->o->manage.tags.n > 0
                  ? "; its tags were not looked at"
                  : "");
}

static int create(struct job *j)
{
    struct tables_tag tags[OPTIONS_ATTRIBUTES_MAX];
    struct tables_new new = {j->name, new_key(j), j->o->manage.sort,
        j->capacity, tags, j->o->manage.tags.n};
    enum outcome outcome;
    unsigned i;

    if (!tables_missing(j->db))
        return create_again(j);
    for (i = 0; i < j->o->manage.tags.n; i++) {
        struct tables_tag *tag = &tags[i];

        tag->name = j->o->manage.tags.list[i].name;
        tag->value = j->o->manage.tags.list[i].value;
    }
    outcome = tables_create(j->db, &new);
    /* made by another process meanwhile, or by a try whose answer was lost */
    if (strcmp(j->db->code, "ResourceInUseException") == 0 &&
        look(j) == OUTCOME_DONE)
        return create_again(j);
    return finish(j, outcome, "making", "");
}

/* Writes how many items there are, and their size, as far as that is known, to
   `out`, and returns it. */
static const char *count_text(char out[128],
                              const struct tables_description *d)
{
    char size[40] = "";

    if (d->size >= 0)
        snprintf(size, sizeof size, ", %lld bytes", (long long)d->size);
    if (d->items < 0)
        snprintf(out, 128, "DynamoDB does not say how many");
    else
        snprintf(out, 128, "%lld of them%s, when DynamoDB last counted them",
                 (long long)d->items, size);
    return out;
}

static int delete(struct job *j)
{
    bool there = !tables_missing(j->db);
    enum outcome outcome;

    if (!there || is_deleting(j->d.status))
        return vanishes(j, there);
    if (!j->o->manage.yes) {
        char items[128];

        tell(SAID, "this would delete %s for good, with all its items: %s; "
             "--yes does it", j->what, count_text(items, &j->d));
        return COMMAND_MISUSED;
    }
    outcome = tables_delete(j->db, j->name);
    return finish(j, tables_missing(j->db) ? OUTCOME_DONE : outcome,
                  "deleting", "");
}

/* ---- show, list ---- */

static void show_index(const struct tables_description *d,
                       const struct tables_index *x)
{
    const struct tables_capacity capacity = {d->capacity.on_demand, x->read,
        x->write};

    if (x->local) {
        tell(PRINTED, "local index %s: it is as ready as the table", x->name);
    } else {
        const bool known = tables_capacity_known(&capacity);
        char keys[SENTENCE], text[64];

        keys_text(keys, d, x->hash, x->range);
        capacity_text(text, &capacity);
        tell(PRINTED, "index %s: %s%s, %s%s, %s%s, %s%s", x->name,
             *x->status != '\0' ? x->status : "of an unknown status",
             x->backfilling ? " (being filled)" : "",
             *x->hash != '\0' ? "key " : "of an unknown key",
             *x->hash != '\0' ? keys : "",
             *x->projection != '\0' ? "projection "
             : "of an unknown projection", x->projection,
             known ? "" : "of an unknown capacity", known ? text : "");
    }
}

static int show(struct job *j)
{
    const struct tables_description *d = &j->d;
    char text[64], keys[SENTENCE];
    unsigned i;

    tell(PRINTED, "table: %s", j->name);
    tell(PRINTED, "status: %s", d->status);
    tell(PRINTED, "key: %s", keys_text(keys, d, d->hash, ""));
    if (*d->range != '\0')
        tell(PRINTED, "sort key: %s (%s)", d->range, type_text(d, d->range));
    tell(PRINTED, "capacity: %s", capacity_text(text, &d->capacity));
    if (d->items >= 0)
        tell(PRINTED, "items: %lld (DynamoDB counts about every six hours)",
             (long long)d->items);
    else
        tell(PRINTED, "items: unknown");
    if (d->size >= 0)
        tell(PRINTED, "size: %lld bytes (likewise)", (long long)d->size);
    else
        tell(PRINTED, "size: unknown");
    for (i = 0; i < d->n_indexes; i++)
        show_index(d, &d->indexes[i]);
    if (d->more > 0)
        tell(PRINTED, "more indexes: %u", d->more);
    return command_flush_stdout(0);
}

/* Prints a page of names, each ended by NUL. Returns false if standard output
   cannot be written. */
static bool print_names(const struct buf *names)
{
    size_t i = 0;

    while (i < names->len) {
        const char *name = (const char *)names->data + i;

        tell(PRINTED, "%s", name);
        i += strlen(name) + 1;
    }
    return fflush(stdout) == 0 && !ferror(stdout);
}

static int list(struct job *j)
{
    char after[TABLES_NAME] = "";
    struct circle circle = {0, 0, 0, 0};
    enum outcome outcome;
    struct buf names;
    bool written = true;

    buf_init(&names, 65536);
    do {
        outcome = tables_list(j->db, after, &names);
        if (outcome == OUTCOME_DONE && *after != '\0' &&
            circle_closes(&circle, after, strlen(after)))
            outcome = dynamodb_fail(j->db, OUTCOME_STOP, "the list of tables "
                                    "goes in a circle: %s comes again", after);
        if (outcome == OUTCOME_DONE && wait_stop == 0)
            written = print_names(&names);
    } while (outcome == OUTCOME_DONE && *after != '\0' && written &&
             wait_stop == 0);
    buf_free(&names);
    if (outcome != OUTCOME_DONE && wait_stop == 0)
        return command_flush_stdout(failed(j, outcome));
    return command_flush_stdout(0);
}

/* ---- capacity, index ---- */

static int resize(struct job *j)
{
    char text[64], to[68];
    int status;

    capacity_text(text, &j->capacity);
    if (same_capacity(&j->d.capacity, &j->capacity)) {
        tell(j->success, "the capacity of %s is %s already", j->what, text);
        return await(j, RESIZED);
    }
    status = make_ready(j);
    if (status != 0)
        return status;
    snprintf(to, sizeof to, " to %s", text);
    return finish(j, tables_resize(j->db, j->name, &j->d, &j->capacity),
                  "changing the capacity of", to);
}

/* Checks whether the index that exists is the requested one. Returns the exit
   status. */
static int add_index_again(struct job *j, const struct tables_index *x)
{
    if (is_deleting(x->status))
        return doomed(j, "index drop");
    if (x->local || strcmp(x->hash, j->o->key) != 0 || *x->range != '\0') {
        char text[SENTENCE];

        tell(SAID, "%s exists already, but %swith the key %s", j->what,
             x->local ? "as a local one " : "",
             keys_text(text, &j->d, x->hash, x->range));
        return COMMAND_MISUSED;
    }
    return exists(j, j->o->key, "");
}

static int add_index(struct job *j)
{
    const struct tables_index *x = tables_index(&j->d, j->index);
    const char *type = tables_type(&j->d, j->o->key);
    int status;

    if (x != NULL)
        return add_index_again(j, x);
    if (*type != '\0' && strcmp(type, "S") != 0) {
        tell(SAID, "the attribute %s is a key of the table %s or of its "
             "indexes already, with the type %s, not S (string)", j->o->key,
             j->name, type);
        return COMMAND_MISUSED;
    }
    if (!tables_capacity_known(&j->d.capacity) && j->o->manage.read == 0) {
        tell(SAID, "the capacity of the table %s is unknown: give --read and "
             "--write", j->name);
        return COMMAND_MISUSED;
    }
    if (j->d.capacity.on_demand && j->o->manage.read > 0) {
        tell(SAID, "the table %s is on demand, and so are its indexes: leave "
             "out --read and --write", j->name);
        return COMMAND_MISUSED;
    }
    status = make_ready(j);
    if (status != 0)
        return status;
    return finish(j, tables_add_index(j->db, j->name, j->index, j->o->key,
                                      j->o->manage.read > 0 ? &j->capacity
                                      : &j->d.capacity), "making", "");
}

static int drop_index(struct job *j)
{
    const struct tables_index *x = tables_index(&j->d, j->index);

    if (x == NULL || is_deleting(x->status))
        return vanishes(j, x != NULL);
    if (x->local) {
        tell(SAID, "%s is a local one, which goes with its table only",
             j->what);
        return COMMAND_MISUSED;
    }
    return finish(j, tables_drop_index(j->db, j->name, j->index), "dropping",
                  "");
}

/* ---- the command line ---- */

/* Options that only some verbs take, one bit each; option_names has the same
   order. */
enum { KEY = 1, SORT = 2, ON_DEMAND = 4, UNITS = 8, TAG = 16, WAIT = 32,
    YES = 64 };

static const char *const option_names[] = {
    "--key", "--sort", "--on-demand", "--read", "--tag", "--wait", "--yes"
};

static const struct verb {
    const char *word, *third;    /* as in "index TABLE add", or NULL */
    unsigned char n_words, takes;
    enum goal goal;
    int (*work)(struct job *j);
} verbs[] = {
    {"create", NULL, 2, KEY | SORT | ON_DEMAND | UNITS | TAG | WAIT, MADE,
        create},
    {"show", NULL, 2, 0, READY, show},
    {"list", NULL, 1, 0, READY, list},
    {"delete", NULL, 2, WAIT | YES, GONE, delete},
    {"capacity", NULL, 2, ON_DEMAND | UNITS | WAIT, RESIZED, resize},
    {"index", "add", 4, KEY | UNITS | WAIT, INDEXED, add_index},
    {"index", "drop", 4, WAIT, UNINDEXED, drop_index}
};

/* Returns the verb of the command line, or NULL, after a message. */
static const struct verb *find(const struct options *o)
{
    size_t i;

    for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct verb *v = &verbs[i];

        if (o->n_words == v->n_words && strcmp(o->words[0], v->word) == 0 &&
            (v->third == NULL || strcmp(o->words[2], v->third) == 0))
            return v;
    }
    options_wrong("that is none of: create TABLE, show TABLE, list, delete "
                  "TABLE, capacity TABLE, index TABLE add NAME, index TABLE "
                  "drop NAME");
    return NULL;
}

static bool check_options(const struct options *o, const struct verb *v)
{
    unsigned given = (o->key != NULL ? KEY : 0) |
        (o->manage.sort != NULL ? SORT : 0) |
        (o->manage.on_demand ? ON_DEMAND : 0) |
        (o->manage.read > 0 ? UNITS : 0) | (o->manage.tags.n > 0 ? TAG : 0) |
        (o->manage.await ? WAIT : 0) | (o->manage.yes ? YES : 0), i;

    for (i = 0; i < sizeof option_names / sizeof option_names[0]; i++)
        if ((given & ~v->takes) >> i & 1)
            return options_wrong("%s is not for table %s%s%s",
                                 option_names[i], v->word, v->third != NULL
                                 ? " TABLE " : "", v->third != NULL
                                 ? v->third : "");
    if (v->work == add_index && o->key == NULL)
        return options_wrong("which attribute is the index by? --key names "
                             "it");
    if (v->work == resize && !o->manage.on_demand && o->manage.read == 0)
        return options_wrong("which capacity? --on-demand, or --read N "
                             "--write N");
    if (o->manage.sort != NULL && o->key != NULL &&
        strcmp(o->manage.sort, o->key) == 0)
        return options_wrong("--key and --sort are the same");
    return true;
}

static bool check_words(const struct options *o)
{
    int i;

    for (i = 1; i < o->n_words; i += 2)
        if (!tables_name(o->words[i]) ||
            (i == 3 && strncmp(o->words[i], "arn:", 4) == 0))
            return options_wrong("\"%s\" is not the name of %s "
                                 "(3 to 255 of a-z A-Z 0-9 _ . -)",
                                 o->words[i], i == 1 ? "a table"
                                 : "an index");
    return true;
}

int table(const struct options *o)
{
    static struct job j;         /* too large for a small stack */
    const struct verb *verb = find(o);
    enum outcome outcome = OUTCOME_DONE;

    if (verb == NULL || !check_options(o, verb) || !check_words(o))
        return COMMAND_MISUSED;
    j.o = o;
    j.name = o->n_words > 1 ? o->words[1] : NULL;
    j.index = o->n_words > 3 ? o->words[3] : NULL;
    snprintf(j.what, sizeof j.what, "the %s %s%s%s", j.index == NULL ? "table"
             : "index", o->words[o->n_words - 1], j.index == NULL ? ""
             : " of the table ", j.index == NULL ? "" : j.name);
    j.goal = verb->goal;
    j.success = o->quiet ? UNSAID : SAID;
    j.capacity = (struct tables_capacity){o->manage.read == 0,
        o->manage.read, o->manage.write};
    j.db = services_dynamodb_or_say(o);
    if (j.db == NULL)
        return COMMAND_MISUSED;
    wait_signals();
    confine_process(o);
    if (j.name != NULL)
        outcome = look(&j);
    if (outcome != OUTCOME_DONE && !((j.goal == MADE || j.goal == GONE) &&
                                     tables_missing(j.db)))
        return failed(&j, outcome);
    return verb->work(&j);
}
