/* list: see list.h. */
#include "list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caller.h"
#include "checkpoint.h"
#include "clock.h"
#include "command.h"

/* A column's pointer: the one to all resources, and its own, or its name with
   each "~" and "/" as two bytes (RFC 6901). */
enum { POINTER_MAX = 16 + 2 * OPTIONS_COLUMN_MAX };

_Static_assert((int)OPTIONS_LISTED_MAX == (int)LISTING_COLUMNS,
               "what the options let through has room here");

static const char *const id_alone[] = {"public_id"};

struct state {
    const struct options *o;
    const char *const *names;    /* of the columns */
    struct cloudinary_listing listing;
    struct listing_page page;
    char pointers[LISTING_COLUMNS][POINTER_MAX];
    char cursor[LISTING_CURSOR]; /* of the page to be read */
    struct caller caller;
    struct checkpoint checkpoint;
    struct rows_out out;
    struct report report;
    bool to_file;                /* the rows go to a file */
    int exit;                    /* once the command must end early */
    bool unfit;                  /* some ids could not be printed */
};

/* ---------------------------------------------------------------- rows */

static void unwritten(struct state *s, int error)
{
    /* the reader of a pipe ends with the same Ctrl-C */
    if (command_stop == 0)
        report_say("cannot write standard output: %s", strerror(error));
    s->exit = COMMAND_UNWRITTEN;
}

/*
 * What keeps a row from being printed as it is, or NULL: whoever reads it
 * would take it for another id, and pay for that one.
 */
static const char *unfit(const struct state *s, const struct rows_field *id)
{
    const unsigned char *p = id->bytes;

    if (s->out.format != ROWS_TEXT)
        return NULL;
    if (p == NULL || id->len == 0)
        return "there is none";
    if (s->out.null)
        return memchr(p, '\0', id->len) == NULL ? NULL : "it has a NUL";
    if (memchr(p, '\n', id->len) != NULL || p[id->len - 1] == '\r')
        return "it has a line end (-0 takes it)";
    return id->len < 3 || memcmp(p, "\xef\xbb\xbf", 3) != 0 ? NULL
        : "it begins with a byte order mark (-0 takes it)";
}

/* Fields with the names of the columns, and nothing in them. */
static void name_fields(const struct state *s, struct rows_field *fields)
{
    unsigned i;

    for (i = 0; i < s->listing.n; i++)
        fields[i] = (struct rows_field){(const unsigned char *)s->names[i],
            strlen(s->names[i]), NULL, 0, false};
}

static void print_row(struct state *s, size_t *at)
{
    struct rows_field fields[LISTING_COLUMNS] = {{NULL, 0, NULL, 0, false}};
    const char *wrong;
    unsigned i;

    name_fields(s, fields);
    for (i = 0; i < s->listing.n; i++) {
        struct listing_cell cell = listing_next(&s->page, at);

        fields[i].bytes = cell.found ? cell.bytes : NULL;
        fields[i].len = cell.n;
        fields[i].json = !cell.string;
    }
    wrong = unfit(s, &fields[0]);
    if (wrong != NULL) {
        char safe[512];

        rows_visible(safe, sizeof safe, fields[0].bytes, fields[0].len);
        report_say("%s: this row cannot be printed: %s", safe, wrong);
        s->unfit = true;
        s->report.count[REPORT_FAILED]++;
        return;
    }
    rows_add(&s->out, fields, s->out.format == ROWS_TEXT ? 1 : s->listing.n);
    if (!rows_flush(&s->out))
        unwritten(s, s->out.error);
    else
        s->report.ids++;
}

/* Prints the page, and counts it. */
static void print_page(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;
    uint64_t before = s->report.ids;
    size_t at = 0;
    unsigned i;

    for (i = 0; i < s->page.rows && s->exit == 0; i++) {
        print_row(s, &at);
        report_progress(&s->report);
        command_progress();
    }
    memcpy(s->cursor, s->page.cursor, sizeof s->cursor);
    if (c->fd < 0 || s->exit != 0)
        return;
    /* what it counts must be on the disk before it is */
    if (s->to_file && !rows_sync(STDOUT_FILENO)) {
        unwritten(s, errno);
    } else if (!checkpoint_at(c, c->records + s->report.ids - before,
                              s->cursor, strlen(s->cursor))) {
        report_say("%s", c->error);
        s->exit = COMMAND_UNWRITTEN;
    }
}

/* --------------------------------------------------------------- pages */

struct question {
    struct state *s;
    bool large;
};

static enum outcome call_list(struct cloudinary *c, void *question)
{
    struct question *q = question;

    return cloudinary_list(c, &q->s->listing, &q->s->page, &q->large);
}

/* Reads the next page. False: the command is to end. */
static bool read_page(struct state *s)
{
    struct cloudinary_listing *l = &s->listing;
    struct question q = {s, false};
    enum outcome outcome;
    uint64_t left = s->o->limit - s->report.ids;

    if (s->o->limit > 0 && left < l->most)
        l->most = (unsigned)left;
    do {
        outcome = caller_call(&s->caller, call_list, &q, false);
        /* assumed: a cursor does not depend on how much is asked for */
        q.large = q.large && outcome == OUTCOME_BAD && l->most > 1;
        l->most = q.large ? l->most / 2 : l->most;
    } while (q.large && command_stop == 0);
    if (outcome == OUTCOME_DONE)
        return true;
    if (command_stop == 0 && !s->caller.starved)
        report_say("%s", s->caller.cloudinary->error);
    s->exit = COMMAND_STOPPED;
    return false;
}

/* ------------------------------------------------------------ the whole */

static void make_pointer(char *to, const char *name)
{
    const bool is_pointer = *name == '/';

    to = stpcpy(to, is_pointer ? "/resources/*" : "/resources/*/");
    for (; *name != '\0'; name++) {
        bool special = !is_pointer && (*name == '~' || *name == '/');

        if (special)
            *to++ = '~';
        *to++ = *name;
        if (special)
            to[-1] = to[-1] == '~' ? '0' : '1';
    }
    *to = '\0';
}

static void set_columns(struct state *s)
{
    const struct options *o = s->o;
    unsigned i;

    s->names = o->n_columns > 0 ? o->columns : id_alone;
    s->listing.n = o->n_columns > 0 ? o->n_columns : 1;
    for (i = 0; i < s->listing.n; i++) {
        make_pointer(s->pointers[i], s->names[i]);
        s->listing.columns[i] = s->pointers[i];
    }
}

static void init(struct state *s, const struct options *o)
{
    struct cloudinary_listing *l = &s->listing;
    enum rows_format format = o->formatted || o->n_columns > 0 ? o->format
        : ROWS_TEXT;

    memset(s, 0, sizeof *s);
    s->o = o;
    s->checkpoint.fd = -1;
    s->report.start = clock_now(CLOCK_STEADY);
    s->report.list_size = -1;
    s->report.lists = true;
    rows_out_init(&s->out, STDOUT_FILENO, format, o->null);
    listing_page_init(&s->page);
    set_columns(s);
    l->resource_type = o->resource_type != NULL ? o->resource_type : "image";
    l->type = o->type != NULL ? o->type : "upload";
    l->prefix = o->prefix;
    l->tag = o->tag;
    l->folder = o->folder;
    l->since = o->since;
    l->search = o->search;
    l->most = CLOUDINARY_PAGE;
    l->cursor = s->cursor;
}

static void add_part(struct buf *job, const char *part)
{
    buf_str(job, part == NULL ? "" : part);
    buf_byte(job, '\0');
}

/* The checkpoint's job is all that says which rows there are. */
static bool open_checkpoint(struct state *s)
{
    const struct cloudinary_listing *l = &s->listing;
    struct checkpoint *c = &s->checkpoint;
    struct buf job;
    unsigned i;

    buf_init(&job, 65536);
    add_part(&job, "list");
    add_part(&job, l->resource_type);
    add_part(&job, l->type);
    add_part(&job, l->prefix);
    add_part(&job, l->tag);
    add_part(&job, l->folder);
    add_part(&job, l->since);
    add_part(&job, l->search);
    buf_format(&job, "%d %d", (int)s->out.format, s->out.null);
    for (i = 0; i < l->n; i++)
        add_part(&job, l->columns[i]);
    if (job.failed || !checkpoint_open(c, s->o->checkpoint, job.data,
                                       job.len)) {
        report_say("%s", job.failed ? "memory is out" : c->error);
        s->exit = COMMAND_MISUSED;
    } else if (c->unclean && !s->o->quiet) {
        report_say("%s: an earlier list had an unclean end: up to a page of "
                   "rows after the first %" PRIu64 " may come twice",
                   s->o->checkpoint, c->records);
    }
    if (strlen(c->place) < sizeof s->cursor)
        memcpy(s->cursor, c->place, strlen(c->place) + 1);
    buf_free(&job);
    return s->exit == 0;
}

static void begin(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;
    enum rows_mended mended = ROWS_WHOLE;
    struct stat st;
    bool goes_on;

    s->to_file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    if (s->o->checkpoint != NULL && !open_checkpoint(s))
        return;
    if (c->unclean)
        mended = rows_mend(STDOUT_FILENO, s->o->null, true);
    if (mended == ROWS_UNWRITTEN)
        unwritten(s, errno);
    /* a file that goes on has its header already */
    goes_on = c->records > 0 || *s->cursor != '\0' ||
        (c->fd >= 0 && s->to_file && st.st_size > 0);
    if (s->exit == 0 && !goes_on) {
        struct rows_field fields[LISTING_COLUMNS];

        name_fields(s, fields);
        rows_names(&s->out, fields, s->listing.n);
        if (!rows_flush(&s->out))
            unwritten(s, s->out.error);
    }
}

static void end(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;

    if (c->fd >= 0 && !checkpoint_close(c, s->exit != COMMAND_UNWRITTEN)) {
        report_say("%s", c->error);
        s->exit = COMMAND_UNWRITTEN;
    }
    if (!s->o->quiet && s->exit != COMMAND_MISUSED)
        report_summary(&s->report);
    listing_page_free(&s->page);
}

int list(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */
    struct cloudinary *cloudinary;
    bool ended;

    init(&s, o);
    cloudinary = command_cloudinary(o);
    if (cloudinary == NULL)
        return COMMAND_MISUSED;
    caller_init(&s.caller, cloudinary, o, &s.report);
    command_signals();
    command_confine(o);
    command_watch(&s.report);
    begin(&s);
    command_confine_files(o, s.checkpoint.fd < 0 ? -1 : s.checkpoint.folder);
    ended = s.exit == 0 && s.checkpoint.records > 0 && *s.cursor == '\0';
    if (ended)
        report_say("%s: this listing is complete; remove the file to begin it "
                   "anew", o->checkpoint);
    while (!ended && s.exit == 0 && command_stop == 0 &&
           (o->limit == 0 || s.report.ids < o->limit) && read_page(&s)) {
        print_page(&s);
        ended = *s.cursor == '\0';
    }
    end(&s);
    return s.exit != 0 ? s.exit : s.unfit ? COMMAND_FAILED : 0;
}
