/*
 * list.c: requests the pages of a listing and prints their rows.
 */
#include "commands/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "base/file.h"
#include "cli/caller.h"
#include "base/circle.h"

/* Bytes of a column's JSON Pointer (RFC 6901): the one to all resources, and
   the column's own or a name, in which each "~" and "/" takes two bytes. */
enum { POINTER_MAX = 16 + 2 * OPTIONS_COLUMN_MAX };

_Static_assert((int)OPTIONS_LISTED_MAX == (int)LISTING_COLUMNS,
               "what the options let through has room here");

struct state {
    struct command c;
    struct rows_field fields[LISTING_COLUMNS];   /* of the current row */
    struct cloudinary_listing listing;
    struct listing_page page;
    char pointers[LISTING_COLUMNS][POINTER_MAX];
    char cursor[LISTING_CURSOR]; /* of the next page */
    struct circle circle;        /* detects a repeated cursor */
    struct caller caller;
    bool large;                  /* the last answer was too large; fewer rows
                                    may fit */
};

/* ---- rows ---- */

/* Writes the rows in the buffer. Returns false if the command must end. */
static bool flush(struct command *c)
{
    if (wait_stop == 0)
        command_flush(c);
    /* no message: the reader of the pipe may have ended by the same Ctrl-C */
    else if (!rows_flush(&c->out))
        c->exit = COMMAND_UNWRITTEN;
    return c->exit == 0;
}

/* Returns whether this column contains ids. */
static bool is_id(const struct rows_field *field)
{
    return (field->name_len == 9 &&
            memcmp(field->name, "public_id", 9) == 0) ||
        (field->name_len == 8 && memcmp(field->name, "asset_id", 8) == 0);
}

/* Returns why a row cannot be printed unchanged, or NULL if it can. A run that
   reads such a row would take it for another id, and pay for that one. */
static const char *unfit(const struct state *s, const struct rows_field *id)
{
    const unsigned char *p = id->bytes;
    const size_t n = s->c.out.format == ROWS_TEXT ? 1 : s->listing.n;

    if (rows_unfit(&s->c.out, id, n) < n)
        return "it has a NUL";
    if (s->c.out.format != ROWS_TEXT)
        return NULL;
    if (p == NULL || id->len == 0)
        return "its first column is missing or empty";
    if (id->json && is_id(id))
        return "its first column is not a string";
    if (s->c.out.null)
        return NULL;
    if (memchr(p, '\n', id->len) != NULL || p[id->len - 1] == '\r')
        return "it has a line end (-0 takes it)";
    return id->len < 3 || memcmp(p, "\xef\xbb\xbf", 3) != 0 ? NULL
        : "it begins with a byte order mark (-0 takes it)";
}

static void print_row(struct state *s, size_t *at)
{
    struct command *c = &s->c;
    struct rows_field *fields = s->fields;
    const char *wrong;
    unsigned i;

    for (i = 0; i < s->listing.n; i++) {
        struct listing_cell cell = listing_next(&s->page, at);

        fields[i].bytes = cell.found ? cell.bytes : NULL;
        fields[i].len = cell.found ? cell.n : 0;
        fields[i].json = !cell.string;
    }
    wrong = unfit(s, &fields[0]);
    if (wrong != NULL) {
        char reason[128];

        snprintf(reason, sizeof reason, "this row cannot be printed: %s",
                 wrong);
        command_count(c, ROW_FAILED, fields[0].bytes, fields[0].len,
                      reason);
        return;
    }
    rows_add(&c->out, fields, c->out.format == ROWS_TEXT ? 1 : s->listing.n);
    c->progress.ids += flush(c);
}

/* Prints the page, and saves the cursor of the next one in the checkpoint. */
static void print_page(struct state *s)
{
    struct command *c = &s->c;
    uint64_t before = c->progress.ids;
    size_t at = 0;
    unsigned i;

    for (i = 0; i < s->page.rows && c->exit == 0; i++) {
        print_row(s, &at);
        command_advance(c);
    }
    memcpy(s->cursor, s->page.cursor, sizeof s->cursor);
    /* rows must be on the disk before the checkpoint counts them */
    if (c->checkpoint.fd >= 0 && c->exit == 0 && command_sync(c))
        command_check_saved(c, checkpoint_save(&c->checkpoint,
                                               c->checkpoint.records +
                                               c->progress.ids - before,
                                               s->cursor, strlen(s->cursor)));
}

/* ---- pages ---- */

static enum outcome call_list(struct cloudinary *c, void *state)
{
    struct state *s = state;

    return cloudinary_list(c, &s->listing, &s->page, &s->large);
}

/* Reads the next page; while an answer is too large, requests half as many
   rows. Returns false if the command must end. */
static bool read_page(struct state *s)
{
    struct command *c = &s->c;
    unsigned *most = &s->listing.most;
    enum outcome outcome;
    uint64_t left = c->o->limit - c->progress.ids;

    if (c->o->limit > 0 && left < *most)
        *most = (unsigned)left;
    do {
        outcome = caller_call(&s->caller, call_list, s, false);
        /* assumed: a cursor does not depend on the page size */
        s->large = s->large && outcome == OUTCOME_BAD && *most > 1;
        *most = s->large ? *most / 2 : *most;
    } while (s->large && wait_stop == 0);
    if (outcome == OUTCOME_DONE && *s->page.cursor != '\0' &&
        circle_closes(&s->circle, s->page.cursor, strlen(s->page.cursor))) {
        report_line("Cloudinary: the listing goes in a circle: after a page "
                    "comes one that was there before");
        c->exit = COMMAND_STOPPED;
        return false;
    }
    if (outcome == OUTCOME_DONE)
        return true;
    if (wait_stop == 0 && !s->caller.starved)
        report_line(c->cloudinary->error);
    c->exit = COMMAND_STOPPED;
    return false;
}

/* ---- the command ---- */

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

static void set_columns(struct state *s, const struct options *o)
{
    unsigned i;

    s->listing.n = o->columns.n > 0 ? o->columns.n : 1;
    for (i = 0; i < s->listing.n; i++) {
        const char *name = o->columns.n > 0 ? o->columns.list[i] : "public_id";

        s->fields[i].name = (const unsigned char *)name;
        s->fields[i].name_len = strlen(name);
        make_pointer(s->pointers[i], name);
        s->listing.columns[i] = s->pointers[i];
    }
}

static void init(struct state *s, const struct options *o)
{
    struct cloudinary_listing *l = &s->listing;

    s->c.progress.lists = true;
    caller_init(&s->caller, &s->c);
    listing_page_init(&s->page);
    set_columns(s, o);
    l->resource_type = o->image.resource_type != NULL
        ? o->image.resource_type : "image";
    l->type = o->image.type != NULL ? o->image.type : "upload";
    l->prefix = o->list.prefix;
    l->tag = o->list.tag;
    l->folder = o->list.folder;
    l->since = o->list.since;
    l->search = o->list.search;
    l->most = CLOUDINARY_PAGE;
    l->cursor = s->cursor;
}

static void add_part(struct buf *job, const char *part)
{
    buf_str(job, part == NULL ? "" : part);
    buf_byte(job, '\0');
}

/* Opens the checkpoint. Its job is everything that determines which rows are
   printed, and in which form. */
static void open_checkpoint(struct state *s)
{
    const struct cloudinary_listing *l = &s->listing;
    const char *const parts[] = {"list", l->resource_type, l->type, l->prefix,
        l->tag, l->folder, l->since, l->search};
    struct command *c = &s->c;
    const struct buf *position = &c->checkpoint.position;
    struct buf job;
    unsigned i;

    buf_init(&job, 65536);
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        add_part(&job, parts[i]);
    buf_format(&job, "%d %d", (int)c->out.format, c->out.null);
    for (i = 0; i < l->n; i++)
        add_part(&job, l->columns[i]);
    if (!command_resume(c, &job))
        return;
    if (c->checkpoint.unclean && !c->o->quiet)
        report_say("%s: an earlier list had an unclean end: up to a page of "
                   "rows after the first %" PRIu64 " may come twice",
                   c->o->checkpoint, c->checkpoint.records);
    if (position->len > 0 && position->len < sizeof s->cursor)
        memcpy(s->cursor, position->data, position->len);
    if (c->checkpoint.unclean &&
        file_end_record(STDOUT_FILENO, c->o->null, true) == FILE_UNWRITTEN)
        command_write_error(c, "standard output", errno);
}

static void begin(struct state *s)
{
    struct command *c = &s->c;

    if (c->o->checkpoint != NULL)
        open_checkpoint(s);
    if (c->exit != 0 || command_has_header(c))
        return;
    rows_names(&c->out, s->fields, s->listing.n);
    flush(c);
}

int list(const struct options *o)
{
    static struct state s;       /* too large for a small stack */
    struct command *c = &s.c;
    bool ended;

    if (!command_begin(c, o, COMMAND_IMAGES, NULL))
        return COMMAND_MISUSED;
    init(&s, o);
    begin(&s);
    command_confine_files(c);
    ended = c->exit == 0 && c->checkpoint.records > 0 && *s.cursor == '\0';
    if (ended)
        report_say("%s: this listing is complete; remove the file to begin it "
                   "anew", o->checkpoint);
    while (!ended && command_continues(c, c->progress.ids) && read_page(&s)) {
        print_page(&s);
        ended = *s.cursor == '\0';
    }
    return command_end(c, true);
}
