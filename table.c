/* table: see table.h. */
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "command.h"
#include "json.h"
#include "report.h"
#include "rows.h"
#include "tables.h"

#define LONG_WAIT (10 * CLOCK_SECOND)    /* is announced */
#define PAUSE_MAX (10 * CLOCK_SECOND)    /* between two looks */

enum { SENTENCE = 1024 };

struct job {
    const struct options *o;
    struct dynamodb *db;
    const char *name;            /* of the table, or NULL */
    const char *index;           /* of the index, or NULL */
    struct tables_capacity capacity;     /* that is asked for */
    struct tables_description d; /* as it was last seen */
};

/* ------------------------------------------------------------- sentences */

/* report_say, whatever is in the names. */
__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
    char text[SENTENCE], safe[SENTENCE];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    report_say("%s", safe);
}

/* A call failed: says why. Returns the exit status. */
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
    else
        snprintf(out, 64, "%lld read and %lld write units",
                 (long long)c->read, (long long)c->write);
    return out;
}

static bool same_capacity(const struct tables_capacity *a,
                          const struct tables_capacity *b)
{
    return a->on_demand == b->on_demand &&
        (a->on_demand || (a->read == b->read && a->write == b->write));
}

/* --------------------------------------------------------------- waiting */

static enum outcome look(struct job *j)
{
    return tables_describe(j->db, j->name, j->index, &j->d);
}

/* What is waited for; always that nothing is under way any more, and: */
enum goal { READY, GONE, RESIZED, INDEXED, UNINDEXED };

/* Is it there? If not, `what` says how far it is. */
static bool reached(const struct job *j, enum goal goal, char what[SENTENCE])
{
    const struct tables_description *d = &j->d;
    unsigned i;

    snprintf(what, SENTENCE, "the table %s is %s", j->name, d->status);
    if (goal == GONE || strcmp(d->status, "ACTIVE") != 0)
        return false;
    for (i = 0; i < d->n_indexes; i++) {
        const struct tables_index *x = &d->indexes[i];

        snprintf(what, SENTENCE, "its index %s is %s%s", x->name, x->status,
                 x->backfilling ? ", being filled" : "");
        if (!x->local && (strcmp(x->status, "ACTIVE") != 0 || x->backfilling))
            return false;
    }
    /* an answer may be older than the change */
    snprintf(what, SENTENCE, "it does not show yet");
    if (goal == RESIZED)
        return same_capacity(&d->capacity, &j->capacity);
    if (goal == INDEXED || goal == UNINDEXED)
        return (tables_index(d, j->index) != NULL) == (goal == INDEXED);
    return true;
}

/* A status that does not become ACTIVE by itself. */
static bool is_stuck(const char *status)
{
    return strcmp(status, "CREATING") != 0 &&
        strcmp(status, "UPDATING") != 0 && strcmp(status, "ACTIVE") != 0;
}

/* Sleeps, and shows what it waits for. */
static void nap(const char *what, int64_t begun, int64_t until)
{
    char text[SENTENCE + 64], safe[SENTENCE + 64];
    int64_t now;

    while ((now = clock_now(CLOCK_STEADY)) < until && command_stop == 0) {
        int64_t step = now + CLOCK_SECOND;

        snprintf(text, sizeof text, "waiting for %lld s: %s",
                 (long long)((now - begun) / CLOCK_SECOND), what);
        rows_visible(safe, sizeof safe, (const unsigned char *)text,
                     strlen(text));
        report_draw(safe);
        if (command_asked != 0)
            report_say("%s", safe);
        command_asked = 0;
        clock_sleep(step < until ? step : until, -1, 0, &command_stop);
    }
}

/*
 * Waits until the goal is reached. Returns the exit status, 0 if it is. What
 * was just made may not show at once, which is taken for as long as a silence
 * of the server (--timeout); then, or after it was seen, it is gone.
 */
static int await(struct job *j, enum goal goal)
{
    int64_t begun = clock_now(CLOCK_STEADY), pause = CLOCK_SECOND;
    char what[SENTENCE] = "the table does not show yet";
    bool seen = false, announced = j->o->quiet;

    for (; command_stop == 0; pause += pause < PAUSE_MAX ? pause / 2 : 0) {
        enum outcome outcome = look(j);
        bool missing = outcome != OUTCOME_DONE && tables_missing(j->db);
        int64_t now = clock_now(CLOCK_STEADY);

        if (missing && goal == GONE)
            return 0;
        if (outcome != OUTCOME_DONE &&
            (!missing || seen || now - begun > j->o->wait))
            return failed(j, outcome);
        if (outcome == OUTCOME_DONE && reached(j, goal, what))
            return 0;
        if (outcome == OUTCOME_DONE && goal != GONE && is_stuck(j->d.status)) {
            say("the table %s is %s, and so will not be ready", j->name,
                j->d.status);
            return COMMAND_FAILED;
        }
        if (goal == INDEXED && outcome == OUTCOME_DONE &&
            tables_index(&j->d, j->index) == NULL &&
            (seen || now - begun > j->o->wait)) {
            say("the table %s has lost its index %s", j->name, j->index);
            return COMMAND_FAILED;
        }
        seen = seen || (outcome == OUTCOME_DONE && (goal != INDEXED ||
                        tables_index(&j->d, j->index) != NULL));
        if (!announced && now - begun >= LONG_WAIT) {
            say("waiting: %s; Ctrl-C ends the wait, not what is under way",
                what);
            announced = true;
        }
        nap(what, begun, now + (pause < PAUSE_MAX ? pause : PAUSE_MAX));
    }
    return COMMAND_STOPPED;
}

/* A change has begun: waits for its end, if that is asked for, and says so.
   Returns the exit status. */
__attribute__((format(printf, 3, 4)))
static int finish(struct job *j, enum goal goal, const char *format, ...)
{
    int status = j->o->await ? await(j, goal) : 0;
    char text[SENTENCE];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (status == 0 && !j->o->quiet)
        say("%s: %s", text, j->o->await ? "done"
            : "begun (--wait waits until it is done)");
    return status;
}

/* What is asked for is so already, or under way. */
__attribute__((format(printf, 3, 4)))
static int already(struct job *j, enum goal goal, const char *format, ...)
{
    char text[SENTENCE];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!j->o->quiet)
        say("%s", text);
    return j->o->await ? await(j, goal) : 0;
}

/* DynamoDB makes one change of a table at a time. The exit status, if it is
   not ready for one, and will not be waited for. */
static int make_ready(struct job *j)
{
    char what[SENTENCE];

    if (reached(j, READY, what))
        return 0;
    if (j->o->await)
        return await(j, READY);
    say("the table %s cannot be changed now: %s (--wait waits for it)",
        j->name, what);
    return COMMAND_FAILED;
}

/* -------------------------------------------------------- create, delete */

/* The key that a new table is to have. */
static const char *new_key(const struct job *j)
{
    return j->o->key != NULL ? j->o->key : "publicId";
}

/* There is a table of that name: is it the one that is asked for? */
static int create_again(struct job *j)
{
    const struct tables_description *d = &j->d;
    const char *key = new_key(j);
    const char *sort = j->o->sort != NULL ? j->o->sort : "";
    bool mode = j->o->on_demand || j->o->read > 0;

    if (strcmp(d->status, "DELETING") == 0) {
        say("the table %s is just being deleted: wait for that (ocrdyn table "
            "delete %s --yes --wait)", j->name, j->name);
        return COMMAND_FAILED;
    }
    if (strcmp(d->hash, key) != 0 || strcmp(tables_type(d, key), "S") != 0 ||
        strcmp(d->range, sort) != 0 ||
        (*sort != '\0' && strcmp(tables_type(d, sort), "S") != 0)) {
        say("the table %s exists already, but with the key %s (%s)%s%s%s%s%s",
            j->name, d->hash, tables_type(d, d->hash),
            *d->range != '\0' ? " and the sort key " : "", d->range,
            *d->range != '\0' ? " (" : "", tables_type(d, d->range),
            *d->range != '\0' ? ")" : "");
        return COMMAND_MISUSED;
    }
    if (mode && !same_capacity(&d->capacity, &j->capacity)) {
        char text[64];

        say("the table %s exists already, but its capacity is %s (ocrdyn "
            "table capacity changes it)", j->name,
            capacity_text(text, &d->capacity));
        return COMMAND_MISUSED;
    }
    return already(j, READY, "the table %s exists already, with the key %s%s",
                   j->name, key, j->o->n_tags > 0
                   ? "; its tags were not looked at" : "");
}

static int create(struct job *j)
{
    struct tables_tag tags[OPTIONS_ATTRIBUTES_MAX];
    struct tables_new new = {j->name, new_key(j), j->o->sort, j->capacity,
        tags, j->o->n_tags};
    enum outcome outcome = look(j);
    unsigned i;

    if (outcome == OUTCOME_DONE)
        return create_again(j);
    if (!tables_missing(j->db))
        return failed(j, outcome);
    for (i = 0; i < j->o->n_tags; i++) {
        struct tables_tag *tag = &tags[i];

        tag->name = j->o->tags[i].name;
        tag->value = j->o->tags[i].value;
    }
    outcome = tables_create(j->db, &new);
    /* by another, in between, or by a first try whose answer got lost */
    if (strcmp(j->db->code, "ResourceInUseException") == 0 &&
        look(j) == OUTCOME_DONE)
        return create_again(j);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    return finish(j, READY, "making the table %s", j->name);
}

static int delete(struct job *j)
{
    enum outcome outcome = look(j);

    if (outcome != OUTCOME_DONE && tables_missing(j->db))
        return already(j, GONE, "there is no table %s", j->name);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    if (strcmp(j->d.status, "DELETING") == 0)
        return already(j, GONE, "the table %s is being deleted already",
                       j->name);
    if (!j->o->yes) {
        say("this would delete the table %s for good, with all its items: "
            "%lld of them, %lld bytes, when DynamoDB last counted them; --yes "
            "does it", j->name, (long long)j->d.items, (long long)j->d.size);
        return COMMAND_MISUSED;
    }
    outcome = tables_delete(j->db, j->name);
    if (outcome != OUTCOME_DONE && !tables_missing(j->db))
        return failed(j, outcome);
    return finish(j, GONE, "deleting the table %s", j->name);
}

/* ------------------------------------------------------------ show, list */

/* Prints "NAME: value", whatever is in it. */
__attribute__((format(printf, 1, 2)))
static void print(const char *format, ...)
{
    char text[2048], safe[2048];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rows_visible(safe, sizeof safe, (const unsigned char *)text, strlen(text));
    puts(safe);
}

static void show_index(const struct tables_description *d,
                       const struct tables_index *x)
{
    struct tables_capacity capacity = {d->capacity.on_demand, x->read,
        x->write};
    bool sorted = *x->range != '\0';

    if (x->local) {
        print("local index %s: it is as ready as the table", x->name);
    } else {
        char text[64];

        print("index %s: %s%s, key %s (%s)%s%s%s%s%s, projection %s, %s",
              x->name, x->status, x->backfilling ? " (being filled)" : "",
              x->hash, tables_type(d, x->hash), sorted ? ", sort key " : "",
              x->range, sorted ? " (" : "", tables_type(d, x->range),
              sorted ? ")" : "", x->projection,
              capacity_text(text, &capacity));
    }
}

static int show(struct job *j)
{
    const struct tables_description *d = &j->d;
    enum outcome outcome = look(j);
    char text[64];
    unsigned i;

    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    print("table: %s", j->name);
    print("status: %s", d->status);
    print("key: %s (%s)", d->hash, tables_type(d, d->hash));
    if (*d->range != '\0')
        print("sort key: %s (%s)", d->range, tables_type(d, d->range));
    print("capacity: %s", capacity_text(text, &d->capacity));
    print("items: %lld (DynamoDB counts about every six hours)",
          (long long)d->items);
    print("size: %lld bytes (likewise)", (long long)d->size);
    for (i = 0; i < d->n_indexes; i++)
        show_index(d, &d->indexes[i]);
    if (d->more > 0)
        print("more indexes: %u", d->more);
    return command_printed(0);
}

static int list(struct job *j)
{
    char after[TABLES_NAME] = "";
    enum outcome outcome;
    struct buf names;

    buf_init(&names, 65536);
    do {
        size_t i, n = 0;

        outcome = tables_list(j->db, after, &names);
        for (i = 0; outcome == OUTCOME_DONE && i < names.len; i++)
            if (names.data[i] == '\0') {
                print("%s", (const char *)names.data + n);
                n = i + 1;
            }
    } while (outcome == OUTCOME_DONE && *after != '\0');
    buf_free(&names);
    return command_printed(outcome == OUTCOME_DONE ? 0 : failed(j, outcome));
}

/* ------------------------------------------------------- capacity, index */

static int resize(struct job *j)
{
    enum outcome outcome = look(j);
    char text[64];
    int status;

    capacity_text(text, &j->capacity);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    if (same_capacity(&j->d.capacity, &j->capacity))
        return already(j, RESIZED, "the capacity of the table %s is %s "
                       "already", j->name, text);
    status = make_ready(j);
    if (status != 0)
        return status;
    outcome = tables_resize(j->db, j->name, &j->d, &j->capacity);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    return finish(j, RESIZED, "changing the capacity of the table %s to %s",
                  j->name, text);
}

/* There is an index of that name: is it the one that is asked for? */
static int add_index_again(struct job *j, const struct tables_index *x)
{
    if (strcmp(x->status, "DELETING") == 0) {
        say("the index %s of the table %s is just being dropped: wait for "
            "that (ocrdyn table index %s drop %s --wait)", x->name, j->name,
            j->name, x->name);
        return COMMAND_FAILED;
    }
    if (x->local || strcmp(x->hash, j->o->key) != 0 || *x->range != '\0') {
        say("the table %s has an index %s already, but another: %s%s%s%s",
            j->name, x->name, x->local ? "a local one" : "by ", x->hash,
            *x->range != '\0' ? " and " : "", x->range);
        return COMMAND_MISUSED;
    }
    return already(j, INDEXED, "the table %s has the index %s by %s already",
                   j->name, x->name, j->o->key);
}

static int add_index(struct job *j)
{
    struct tables_capacity capacity = j->capacity;
    enum outcome outcome = look(j);
    const struct tables_index *x = tables_index(&j->d, j->index);
    const char *type = tables_type(&j->d, j->o->key);
    int status;

    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    if (x != NULL)
        return add_index_again(j, x);
    if (*type != '\0' && strcmp(type, "S") != 0) {
        say("the attribute %s is a key of the table %s or of its indexes "
            "already, with the type %s, not S (string)", j->o->key, j->name,
            type);
        return COMMAND_MISUSED;
    }
    if (j->d.capacity.on_demand && j->o->read > 0) {
        say("the table %s is on demand, and so are its indexes: leave out "
            "--read and --write", j->name);
        return COMMAND_MISUSED;
    }
    if (j->o->read == 0)
        capacity = j->d.capacity;
    status = make_ready(j);
    if (status != 0)
        return status;
    outcome = tables_add_index(j->db, j->name, j->index, j->o->key,
                               &capacity);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    return finish(j, INDEXED, "adding the index %s to the table %s", j->index,
                  j->name);
}

static int drop_index(struct job *j)
{
    enum outcome outcome = look(j);
    const struct tables_index *x = tables_index(&j->d, j->index);

    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    if (x == NULL)
        return already(j, UNINDEXED, "the table %s has no index %s", j->name,
                       j->index);
    if (x->local) {
        say("the index %s of the table %s is a local one, which goes with its "
            "table only", j->index, j->name);
        return COMMAND_MISUSED;
    }
    if (strcmp(x->status, "DELETING") == 0)
        return already(j, UNINDEXED, "the index %s of the table %s is being "
                       "dropped already", j->index, j->name);
    outcome = tables_drop_index(j->db, j->name, j->index);
    if (outcome != OUTCOME_DONE)
        return failed(j, outcome);
    return finish(j, UNINDEXED, "dropping the index %s of the table %s",
                  j->index, j->name);
}

/* ------------------------------------------------------ the command line */

/* Options that not every word takes. */
enum { KEY = 1, SORT = 2, ON_DEMAND = 4, UNITS = 8, TAG = 16, WAIT = 32,
    YES = 64 };

static const char *const option_names[] = {
    "--key", "--sort", "--on-demand", "--read", "--tag", "--wait", "--yes"
};

static const struct verb {
    const char *word, *third;    /* "index TABLE add" */
    int n_words;
    unsigned takes;
    int (*work)(struct job *j);
} verbs[] = {
    {"create", NULL, 2, KEY | SORT | ON_DEMAND | UNITS | TAG | WAIT, create},
    {"show", NULL, 2, 0, show},
    {"list", NULL, 1, 0, list},
    {"delete", NULL, 2, WAIT | YES, delete},
    {"capacity", NULL, 2, ON_DEMAND | UNITS | WAIT, resize},
    {"index", "add", 4, KEY | UNITS | WAIT, add_index},
    {"index", "drop", 4, WAIT, drop_index}
};

/* Which of them is meant? NULL, and said, if none. */
static const struct verb *find(const struct options *o)
{
    size_t i;

    for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct verb *v = &verbs[i];

        if (o->n_words == v->n_words && strcmp(o->words[0], v->word) == 0 &&
            (v->third == NULL || strcmp(o->words[2], v->third) == 0))
            return v;
    }
    options_wrong(OPTIONS_TABLE, "that is none of: create TABLE, show TABLE, "
                  "list, delete TABLE, capacity TABLE, index TABLE add NAME, "
                  "index TABLE drop NAME");
    return NULL;
}

static bool check_options(const struct options *o, const struct verb *v)
{
    unsigned given = (o->key != NULL ? KEY : 0) |
        (o->sort != NULL ? SORT : 0) | (o->on_demand ? ON_DEMAND : 0) |
        (o->read > 0 ? UNITS : 0) | (o->n_tags > 0 ? TAG : 0) |
        (o->await ? WAIT : 0) | (o->yes ? YES : 0), i;

    for (i = 0; i < sizeof option_names / sizeof option_names[0]; i++)
        if ((given & ~v->takes) >> i & 1)
            return options_wrong(OPTIONS_TABLE, "%s is not for table %s%s%s",
                                 option_names[i], v->word, v->third != NULL
                                 ? " TABLE " : "", v->third != NULL
                                 ? v->third : "");
    if (v->work == add_index && o->key == NULL)
        return options_wrong(OPTIONS_TABLE, "which attribute is the index by? "
                             "--key names it");
    if (v->work == resize && !o->on_demand && o->read == 0)
        return options_wrong(OPTIONS_TABLE, "which capacity? --on-demand, or "
                             "--read N --write N");
    if (o->sort != NULL && o->key != NULL && strcmp(o->sort, o->key) == 0)
        return options_wrong(OPTIONS_TABLE, "--key and --sort are the same");
    return true;
}

static bool check_words(const struct options *o)
{
    int i;

    for (i = 1; i < o->n_words; i += 2)
        if (!tables_name(o->words[i]) ||
            (i == 3 && strncmp(o->words[i], "arn:", 4) == 0))
            return options_wrong(OPTIONS_TABLE, "\"%s\" is not the name of %s "
                                 "(3 to 255 of a-z A-Z 0-9 _ . -)",
                                 o->words[i], i == 1 ? "a table"
                                 : "an index");
    return true;
}

int table(const struct options *o)
{
    static struct job j;         /* too large for a small machine's stack */
    const struct verb *verb = find(o);

    if (verb == NULL || !check_options(o, verb) || !check_words(o))
        return COMMAND_MISUSED;
    j.o = o;
    j.name = o->n_words > 1 ? o->words[1] : NULL;
    j.index = o->n_words > 3 ? o->words[3] : NULL;
    j.capacity = (struct tables_capacity){o->read == 0, o->read, o->write};
    j.db = command_dynamodb(o);
    if (j.db == NULL)
        return COMMAND_MISUSED;
    command_signals();
    command_confine(o);
    return verb->work(&j);
}
