/*
 * test_image: explores the life of images, every sequence of events.
 *
 * The real image_next runs against a model of Cloudinary, of the table, of the
 * output, of the notes in the checkpoint, of kill -9 and of power loss, for one
 * image and for two at a time. Breadth first, every state that can be reached
 * is visited once. At each, the promises of DESIGN.md section 3 are asserted;
 * at the end, that from each a state can be reached in which every image is
 * counted. tests/unit/test_image_mutants.py breaks image.c in many ways and sees
 * this test fail.
 */
#include "cloudinary/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { MOST = 2 };               /* images */

/* How Cloudinary treats an image. */
enum kind {
    GOOD,                        /* its text is in the answer and in details */
    OTHER,                       /* the same, under another key */
    SILENT,                      /* the answer lacks it; details have it */
    UNREADABLE,                  /* the OCR fails */
    MISSING,                     /* no such image */
    KINDS
};

enum work { IDLE, BUSY, FINISHED };
enum row { ROW_NO, ROW_TORN, ROW_WHOLE };
enum life { DEAD, RUNNING };
enum { NO_ACTION = 15 };

struct one {
    struct image image;
    uint8_t action;              /* that image_next wants, or NO_ACTION */
    /* Cloudinary */
    uint8_t kind, work;
    bool shown;                  /* details show the result */
    uint8_t units;               /* paid in this world, not before it */
    bool before;                 /* the result is older than this world */
    bool flying;                 /* a request is out, and not answered */
    bool d, settled;             /* those times have passed */
    bool server;                 /* the last answer was a complete 5xx */
    /* what the run left behind */
    bool noted;                  /* in the checkpoint: it was asked for */
    bool item;                   /* in the table */
    uint8_t row;                 /* in the output */
    uint8_t printed;             /* its enum image_row */
    bool blamed;                 /* it is to fail for what is not its own */
    bool refused;                /* the table's last word: no, not too large */
    bool ignored;                /* the table has it, and that is no end */
};

struct world {
    struct image_run run;
    struct one one[MOST];
    uint8_t counted;             /* the checkpoint: records done */
    uint8_t life;
};

struct setting {
    struct image_rules rules;
    unsigned n;                  /* images */
    bool pipe;                   /* rows go to a pipe: they cannot be cut */
    bool plain;                  /* images are GOOD and new */
};

/* ------------------------------------------------------------- the search */

struct entry {
    struct world world;
    uint32_t parent;
    const char *event;
};

static struct entry *entries;
static uint32_t n_entries, room;
static uint32_t *table_;
static uint32_t table_size;
static uint64_t n_transitions;
static uint32_t (*edges)[2];
static size_t n_edges, edges_room;

static uint64_t hash(const struct world *w)
{
    const unsigned char *p = (const unsigned char *)w;
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof *w; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 33;
}

static void grow(void)
{
    table_size = table_size == 0 ? 1 << 16 : table_size * 2;
    table_ = realloc(table_, table_size * sizeof *table_);
    memset(table_, 0xff, table_size * sizeof *table_);
    for (uint32_t i = 0; i < n_entries; i++) {
        uint64_t at = hash(&entries[i].world);

        while (table_[at & (table_size - 1)] != UINT32_MAX)
            at++;
        table_[at & (table_size - 1)] = i;
    }
}

static const char killed[] = "kill -9", powerless[] = "power loss";
static const char stopped[] = "signal";

static const char *const event_names[] = {
    [IMAGE_BEGIN] = "begin",
    [IMAGE_LOOK_TEXT] = "look: text", [IMAGE_LOOK_OTHER] = "look: other key",
    [IMAGE_LOOK_BAD] = "look: bad", [IMAGE_LOOK_PENDING] = "look: pending",
    [IMAGE_LOOK_ABSENT] = "look: absent",
    [IMAGE_LOOK_MISSING] = "look: 404", [IMAGE_LOOK_LIMIT] = "look: limit",
    [IMAGE_LOOK_FAILED] = "look: failed",
    [IMAGE_IN_TABLE] = "in table", [IMAGE_NOT_IN_TABLE] = "not in table",
    [IMAGE_CHECK_FAILED] = "check failed",
    [IMAGE_ASK_TEXT] = "ask: text", [IMAGE_ASK_OTHER] = "ask: other key",
    [IMAGE_ASK_NONE] = "ask: no result", [IMAGE_ASK_PENDING] = "ask: pending",
    [IMAGE_ASK_BAD] = "ask: bad", [IMAGE_ASK_MISSING] = "ask: 404",
    [IMAGE_ASK_REFUSED] = "ask: refused", [IMAGE_ASK_OPTION] = "ask: option",
    [IMAGE_ASK_BUSY] = "ask: 423", [IMAGE_ASK_LIMIT] = "ask: limit",
    [IMAGE_ASK_THROTTLED] = "ask: throttled", [IMAGE_ASK_UNSENT] = "unsent",
    [IMAGE_ASK_SERVER] = "ask: 5xx", [IMAGE_ASK_LOST] = "ask: lost",
    [IMAGE_STORED] = "stored", [IMAGE_STORE_LARGE] = "too large",
    [IMAGE_STORE_REFUSED] = "put refused", [IMAGE_STORE_FAILED] = "put failed",
    [IMAGE_FORBIDDEN] = "forbidden", [IMAGE_WAITED] = "waited",
    [IMAGE_STOP] = "stop", [IMAGE_PRINTED] = "printed",
    [IMAGE_UNPRINTED] = "disk full"
};

/* Copies a state into one whose padding is zero, so that equal states have
   equal bytes. */
static void copy(struct world *to, const struct world *from)
{
    memset(to, 0, sizeof *to);
#define COPY(member) to->member = from->member
    COPY(run.reached); COPY(run.stored); COPY(run.other_key); COPY(run.same);
    COPY(run.reason); COPY(run.missing); COPY(run.stop);
    COPY(counted); COPY(life);
    for (unsigned i = 0; i < MOST; i++) {
        COPY(one[i].image.wait); COPY(one[i].image.row);
        COPY(one[i].image.end); COPY(one[i].image.doubt);
        COPY(one[i].image.found); COPY(one[i].image.pauses);
        COPY(one[i].image.phase); COPY(one[i].image.tries);
        COPY(one[i].image.why); COPY(one[i].image.counted);
        COPY(one[i].action); COPY(one[i].kind); COPY(one[i].work);
        COPY(one[i].shown); COPY(one[i].units); COPY(one[i].before);
        COPY(one[i].flying); COPY(one[i].d); COPY(one[i].settled);
        COPY(one[i].server); COPY(one[i].noted); COPY(one[i].item);
        COPY(one[i].row); COPY(one[i].printed); COPY(one[i].blamed);
        COPY(one[i].refused); COPY(one[i].ignored);
    }
#undef COPY
}

/* A state that is reached from `parent` by `event`. */
static void reach(const struct world *state, uint32_t parent,
                  const char *event)
{
    struct world same, *w = &same;
    uint64_t at;
    uint32_t found;

    copy(&same, state);
    at = hash(w);

    if (n_entries * 2 >= table_size) {
        grow();
        at = hash(w);
    }
    while ((found = table_[at & (table_size - 1)]) != UINT32_MAX &&
           memcmp(&entries[found].world, w, sizeof *w) != 0)
        at++;
    if (found == UINT32_MAX) {
        if (n_entries == room) {
            room = room == 0 ? 1 << 14 : room * 2;
            entries = realloc(entries, room * sizeof *entries);
        }
        found = n_entries++;
        entries[found] = (struct entry){*w, parent, event};
        table_[at & (table_size - 1)] = found;
    }
    if (parent == UINT32_MAX)
        return;
    n_transitions++;
    if (event == killed || event == powerless || event == stopped)
        return;                  /* no way to an end may need it */
    if (n_edges == edges_room) {
        edges_room = edges_room == 0 ? 1 << 16 : edges_room * 2;
        edges = realloc(edges, edges_room * sizeof *edges);
    }
    edges[n_edges][0] = parent;
    edges[n_edges++][1] = found;
}

static unsigned depth_of(uint32_t at)
{
    unsigned n = 0;

    for (; entries[at].parent != UINT32_MAX; at = entries[at].parent)
        n++;
    return n;
}

static void print_path(uint32_t at)
{
    if (entries[at].parent != UINT32_MAX) {
        print_path(entries[at].parent);
        printf(" > %s", entries[at].event);
    }
}

/* ----------------------------------------------------------- one step */

/* Is no image of this run at work? Then the process ends. */
static bool at_rest(const struct setting *set, const struct world *w)
{
    for (unsigned i = 0; i < set->n; i++)
        if (w->one[i].action != NO_ACTION)
            return false;
    return true;
}

/* The process ends. With `power`, the machine does, too: notes that were not
   synced may be gone, and D counts from the next start. */
static void die(const struct setting *set, uint32_t from,
                const struct world *before, const char *event)
{
    const bool power = event == powerless;
    struct world w = *before;

    w.life = DEAD;
    memset(&w.run, 0, sizeof w.run);
    for (unsigned i = 0; i < set->n; i++) {
        struct one *o = &w.one[i];

        memset(&o->image, 0, sizeof o->image);
        o->action = NO_ACTION;
        o->flying = o->server = false;
        o->blamed = o->refused = o->ignored = false;
        if (power) {
            o->noted = i >= w.counted;
            o->d = o->settled = false;
        }
    }
    reach(&w, from, event);
}

/* May an image fail for this? Absent: each time that it was asked for came to
   nothing, or the answer had no result. */
static bool own_fault(enum image_event event)
{
    return event == IMAGE_LOOK_BAD || event == IMAGE_LOOK_MISSING ||
        event == IMAGE_LOOK_ABSENT || event == IMAGE_ASK_BAD ||
        event == IMAGE_ASK_MISSING || event == IMAGE_ASK_REFUSED ||
        event == IMAGE_ASK_OPTION || event == IMAGE_ASK_BUSY;
}

/* Tells image number i of an event; with its new action, the next state. */
static void tell(const struct setting *set, uint32_t from,
                 const struct world *before, unsigned i,
                 enum image_event event, struct image_times times)
{
    struct world w = *before;
    struct one *o = &w.one[i];

    o->action = (uint8_t)image_next(&o->image, &w.run, &set->rules,
                                    event, &times);
    /* what image_next does not read any more, or only compares, is made equal,
       so that states which behave alike are one */
    if (o->action != IMAGE_WAIT)
        o->image.wait = 0;
    if (o->action != IMAGE_PRINT)
        o->image.row = 0;
    if (o->action == IMAGE_END)
        o->image = (struct image){.end = o->image.end};
    if (o->image.pauses > 1)
        o->image.pauses = 1;
    if (o->image.tries > set->rules.attempts)
        o->image.tries = (uint8_t)set->rules.attempts;
    o->blamed = o->action == IMAGE_PRINT &&
        o->image.row == IMAGE_ROW_FAILED && !own_fault(event);
    if (o->action == IMAGE_PRINT)
        o->refused = o->image.row == IMAGE_ROW_UNSTORED &&
            event != IMAGE_STORE_LARGE;
    o->ignored = event == IMAGE_IN_TABLE && o->action != IMAGE_PRINT;
    if (o->action == IMAGE_ASK) {
        o->noted = true;
        o->d = o->settled = false;
    }
    if (o->action == IMAGE_ASK)
        o->server = false;
    if (event == IMAGE_ASK_SERVER) {
        o->server = true;
        o->settled = false;
    }
    if (event == IMAGE_PRINTED) {
        o->row = ROW_WHOLE;
        o->printed = (uint8_t)before->one[i].image.row;
    }
    if (o->action == IMAGE_END && o->image.end == IMAGE_DONE) {
        w.counted++;
        o->noted = o->d = o->settled = o->server = false;
    }
    if (event == IMAGE_UNPRINTED)
        o->row = ROW_TORN;
    if (o->action == IMAGE_END)
        o->action = NO_ACTION;
    reach(&w, from, event == IMAGE_STOP &&
          before->one[i].action == IMAGE_WAIT ? stopped : event_names[event]);
}

/* The same with every value of the times that are not modelled. */
static void tell_any(const struct setting *set, uint32_t from,
                     const struct world *w, unsigned i, enum image_event event)
{
    const struct one *o = &w->one[i];

    for (unsigned bits = 0; bits < 4; bits++)
        tell(set, from, w, i, event, (struct image_times){
             .d = o->d, .settled = o->settled, .minute = (bits & 1) != 0,
             .patience = (bits & 2) != 0});
}

static void after_look(const struct setting *set, uint32_t from,
                       const struct world *w, unsigned i)
{
    static const enum image_event any[] = {
        IMAGE_LOOK_FAILED, IMAGE_LOOK_LIMIT, IMAGE_FORBIDDEN
    };
    const struct one *o = &w->one[i];

    for (size_t k = 0; k < sizeof any / sizeof *any; k++)
        tell_any(set, from, w, i, any[k]);
    if (o->kind == MISSING) {
        tell_any(set, from, w, i, IMAGE_LOOK_MISSING);
        return;
    }
    if (o->work == BUSY)
        tell_any(set, from, w, i, IMAGE_LOOK_PENDING);
    if (o->work == BUSY && o->kind == SILENT)
        return;                  /* assumed: what is paid for shows at once */
    if (o->work == FINISHED && o->shown)
        tell_any(set, from, w, i, o->kind == OTHER ? IMAGE_LOOK_OTHER
                 : o->kind == UNREADABLE ? IMAGE_LOOK_BAD : IMAGE_LOOK_TEXT);
    else
        tell_any(set, from, w, i, IMAGE_LOOK_ABSENT);
}

static void after_ask(const struct setting *set, uint32_t from,
                      const struct world *before, unsigned i)
{
    static const enum image_event unfelt[] = {
        IMAGE_ASK_REFUSED, IMAGE_ASK_OPTION, IMAGE_ASK_BUSY, IMAGE_ASK_LIMIT,
        IMAGE_ASK_THROTTLED, IMAGE_ASK_UNSENT, IMAGE_ASK_SERVER,
        IMAGE_ASK_LOST, IMAGE_FORBIDDEN
    };
    static const enum image_event answers[KINDS] = {
        IMAGE_ASK_TEXT, IMAGE_ASK_OTHER, IMAGE_ASK_NONE, IMAGE_ASK_BAD,
        IMAGE_ASK_MISSING
    };
    struct world w = *before;
    struct one *o = &w.one[i];

    if (!o->flying) {
        /* it has no effect; */
        for (size_t k = 0; k < sizeof unfelt / sizeof *unfelt; k++)
            tell_any(set, from, &w, i, unfelt[k]);
        if (o->kind == MISSING) {
            tell_any(set, from, &w, i, IMAGE_ASK_MISSING);
            return;
        }
        /* or the work begins */
        o->flying = true;
        o->work = BUSY;
        o->before = o->shown = false;
        reach(&w, from, "the work begins");
        return;
    }
    o->flying = false;
    tell_any(set, from, &w, i, IMAGE_ASK_LOST);
    if (o->work == BUSY)
        tell_any(set, from, &w, i, IMAGE_ASK_PENDING);
    if (o->work == BUSY && o->kind == SILENT)
        tell_any(set, from, &w, i, IMAGE_ASK_NONE);
    if (o->work == FINISHED) {
        tell_any(set, from, &w, i, IMAGE_ASK_SERVER);
        tell_any(set, from, &w, i, answers[o->kind]);
    }
}

static void after_store(const struct setting *set, uint32_t from,
                        const struct world *before, unsigned i)
{
    struct world w = *before;

    tell_any(set, from, &w, i, IMAGE_STORE_LARGE);
    tell_any(set, from, &w, i, IMAGE_STORE_REFUSED);
    tell_any(set, from, &w, i, IMAGE_FORBIDDEN);
    tell_any(set, from, &w, i, IMAGE_STORE_FAILED);
    w.one[i].item = true;
    tell_any(set, from, &w, i, IMAGE_STORE_FAILED);
    tell_any(set, from, &w, i, IMAGE_STORED);
}

static void after_print(const struct setting *set, uint32_t from,
                        const struct world *w, unsigned i)
{
    /* rows keep the order of the list */
    if (i > 0 && w->counted < i) {
        if (w->one[i - 1].action == NO_ACTION)   /* it ended without one */
            tell_any(set, from, w, i, IMAGE_STOP);
        return;
    }
    tell_any(set, from, w, i, IMAGE_PRINTED);
    tell_any(set, from, w, i, IMAGE_UNPRINTED);
}

static void after_wait(const struct setting *set, uint32_t from,
                       const struct world *w, unsigned i)
{
    tell_any(set, from, w, i, IMAGE_WAITED);
    tell_any(set, from, w, i, IMAGE_STOP);
}

/* What happens by itself at Cloudinary, and as time goes by. */
static void by_itself(uint32_t from, const struct world *before, unsigned i)
{
    struct world w = *before;
    struct one *o = &w.one[i];
    bool decided;

    if (o->work == BUSY) {
        o->work = FINISHED;
        o->units++;
        reach(&w, from, "the work is done");
        w = *before;
    }
    if (o->work == FINISHED && !o->shown) {
        o->shown = true;
        reach(&w, from, "details show it");
        w = *before;
    }
    if (o->action == IMAGE_ASK)          /* both times count from later on */
        return;
    decided = o->work == IDLE || (o->work == FINISHED && o->shown);
    if (!o->d && decided) {              /* assumption A */
        o->d = true;
        reach(&w, from, "D passes");
        w = *before;
    }
    if (!o->settled && (decided || !o->server)) {        /* assumption B */
        o->settled = true;
        reach(&w, from, "5 s pass");
    }
}

static void start(const struct setting *set, uint32_t from,
                  const struct world *before)
{
    struct world w = *before;

    w.life = RUNNING;
    memset(&w.run, 0, sizeof w.run);
    for (unsigned i = 0; i < set->n; i++) {
        struct one *o = &w.one[i];

        memset(&o->image, 0, sizeof o->image);
        o->action = NO_ACTION;
        if (i < w.counted)
            continue;
        if (!set->pipe)
            o->row = ROW_NO;     /* the file is cut to what is counted */
        o->printed = 0;
        image_init(&o->image, o->noted);
        o->action = (uint8_t)image_next(&o->image, &w.run, &set->rules,
                                        IMAGE_BEGIN, &(struct image_times){
                                        .d = o->d});
        if (o->action == IMAGE_ASK) {
            o->noted = true;
            o->d = o->settled = false;
        }
    }
    reach(&w, from, "start");
}

static void step(const struct setting *set, uint32_t from)
{
    const struct world w = entries[from].world;

    if (w.counted == set->n)
        return;
    for (unsigned i = 0; i < set->n; i++)
        if (i >= w.counted)
            by_itself(from, &w, i);
    if (w.life == DEAD) {
        start(set, from, &w);
        return;
    }
    if (at_rest(set, &w)) {
        die(set, from, &w, "exit");
        return;
    }
    die(set, from, &w, killed);
    die(set, from, &w, powerless);
    for (unsigned i = 0; i < set->n; i++) {
        switch (w.one[i].action) {
        case IMAGE_LOOK: after_look(set, from, &w, i); break;
        case IMAGE_CHECK:
            tell_any(set, from, &w, i, w.one[i].item ? IMAGE_IN_TABLE
                     : IMAGE_NOT_IN_TABLE);
            tell_any(set, from, &w, i, IMAGE_CHECK_FAILED);
            tell_any(set, from, &w, i, IMAGE_FORBIDDEN);
            break;
        case IMAGE_ASK: after_ask(set, from, &w, i); break;
        case IMAGE_STORE: after_store(set, from, &w, i); break;
        case IMAGE_WAIT: after_wait(set, from, &w, i); break;
        case IMAGE_PRINT: after_print(set, from, &w, i); break;
        default: break;
        }
    }
}

/* ----------------------------------------------------------- the promises */

/* NULL, or the promise that is broken in this state. */
static const char *broken(const struct setting *set, const struct world *w)
{
    for (unsigned i = 0; i < set->n; i++) {
        const struct one *o = &w->one[i];
        const bool paid = o->units > 0;
        const bool text = o->printed == IMAGE_ROW_TEXT ||
            o->printed == IMAGE_ROW_UNSTORED;

        if (o->units > 1)
            return "paid twice";
        if (o->units > 0 && o->before)
            return "paid for what was there";
        if (o->action == IMAGE_PRINT && o->image.row == IMAGE_ROW_FAILED &&
            o->work == BUSY)
            return "failed while the work goes on";
        if (o->action == IMAGE_PRINT && o->image.row == IMAGE_ROW_FAILED &&
            o->image.doubt)
            return "failed in doubt";
        if (o->blamed)
            return "failed for a reason that is not its own";
        if (o->ignored)
            return "not skipped, although the table has it";
        if (o->refused && o->image.end == IMAGE_DONE)
            return "counted although the table refused it";
        if (i >= w->counted)
            continue;
        if (o->row != ROW_WHOLE)
            return "counted without a whole row";
        if (paid && !text && (o->kind == GOOD || o->kind == OTHER) &&
            !(o->printed == IMAGE_ROW_SKIPPED && o->item))
            return "paid, and the text is in no row";
        if (o->printed == IMAGE_ROW_TEXT && set->rules.store && !o->item)
            return "complete, but not in the table";
        if (o->printed == IMAGE_ROW_SKIPPED && !o->item)
            return "skipped, but not in the table";
        if (o->printed == IMAGE_ROW_TEXT && !paid && !o->before)
            return "a text from nowhere";
    }
    return NULL;
}

/* ------------------------------------------------------------ exploration */

static void clear(void)
{
    free(entries);
    free(table_);
    free(edges);
    entries = NULL;
    table_ = NULL;
    edges = NULL;
    n_entries = room = table_size = 0;
    n_edges = edges_room = 0;
    n_transitions = 0;
}

/* All worlds to begin with: each kind of image, read before or not, with an
   item of another program's or not. */
static void begin(const struct setting *set)
{
    unsigned total = 1;

    for (unsigned i = 0; i < set->n; i++)
        total *= KINDS * 4;
    for (unsigned k = 0; k < total; k++) {
        struct world w;
        unsigned rest = k;
        bool use = true;

        memset(&w, 0, sizeof w);
        for (unsigned i = 0; i < set->n; i++) {
            struct one *o = &w.one[i];

            o->kind = (uint8_t)(rest % KINDS);
            rest /= KINDS;
            o->before = o->shown = rest % 2 != 0;
            o->work = o->before ? FINISHED : IDLE;
            rest /= 2;
            o->item = rest % 2 != 0;
            rest /= 2;
            o->action = NO_ACTION;
            o->d = o->settled = true;
            use = use && (o->kind != MISSING || !o->before) &&
                (!set->plain || (o->kind == GOOD && !o->before && !o->item));
        }
        for (unsigned i = set->n; i < MOST; i++)
            w.one[i].action = NO_ACTION;
        if (use)
            reach(&w, UINT32_MAX, "");
    }
}

/* How many states have no way to the end? */
static uint32_t without_end(const struct setting *set)
{
    bool *good = calloc(n_entries, 1);
    uint32_t *first = malloc((n_entries + 1) * sizeof *first), *order, n = 0;
    uint32_t *queue = malloc(n_entries * sizeof *queue), head = 0, tail = 0;

    order = malloc((n_edges + 1) * sizeof *order);
    memset(first, 0, (n_entries + 1) * sizeof *first);
    for (size_t i = 0; i < n_edges; i++)
        first[edges[i][1] + 1]++;
    for (uint32_t i = 0; i < n_entries; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < n_edges; i++)
        order[first[edges[i][1]]++] = edges[i][0];
    for (uint32_t i = n_entries; i > 0; i--)
        first[i] = first[i - 1];
    first[0] = 0;
    for (uint32_t i = 0; i < n_entries; i++)
        if (entries[i].world.counted == set->n) {
            good[i] = true;
            queue[tail++] = i;
        }
    while (head < tail) {
        uint32_t at = queue[head++];

        for (uint32_t k = first[at]; k < first[at + 1]; k++)
            if (!good[order[k]]) {
                good[order[k]] = true;
                queue[tail++] = order[k];
            }
    }
    for (uint32_t i = 0; i < n_entries; i++)
        n += !good[i];
    free(good);
    free(first);
    free(order);
    free(queue);
    return n;
}

/* Explores; stops at the first broken promise, which it returns. */
static const char *explore(const struct setting *set, bool print)
{
    clear();
    begin(set);
    for (uint32_t i = 0; i < n_entries; i++) {
        const char *promise = broken(set, &entries[i].world);

        if (promise != NULL) {
            if (print) {
                printf("%s:", promise);
                print_path(i);
                printf("\n");
            }
            return promise;
        }
        step(set, i);
    }
    return without_end(set) > 0 ? "no end can be reached" : NULL;
}

/* All of a setting: one fact. */
static void check(const struct setting *set)
{
    const char *promise = explore(set, true);
    const unsigned depth = depth_of(n_entries - 1);   /* found last */

    CHECK(promise == NULL, "%u image(s), reuse %d, skip %d, store %d, pipe %d: "
          "%s", set->n, set->rules.reuse, set->rules.skip_stored,
          set->rules.store, set->pipe, promise);
    printf("%u image%s%s%s%s%s: %u states, %llu transitions, depth %u\n",
           set->n, set->n > 1 ? "s" : "", set->rules.store ? ", table" : "",
           set->rules.reuse ? ", reuse" : "",
           set->rules.skip_stored ? ", skip stored" : "",
           set->pipe ? ", pipe" : "", n_entries,
           (unsigned long long)n_transitions, depth);
}

/* The word "one" leaves out the settings with two images. */
int main(int argc, char **argv)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        struct setting set = {{.attempts = 2}, 1, (bits & 8) != 0, false};

        set.rules.reuse = (bits & 1) != 0;
        set.rules.store = (bits & 2) != 0;
        set.rules.skip_stored = (bits & 4) != 0;
        if (set.rules.store || !set.rules.skip_stored)
            check(&set);
    }
    if (argc < 2 || strcmp(argv[1], "one") != 0)
        check(&(struct setting){{.attempts = 1, .store = true}, 2, false,
                                true});
    return test_done("test_image");
}
