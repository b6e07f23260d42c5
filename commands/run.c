/*
 * run.c: the loop of a run, and the life of one image: look whether it is done,
 * OCR it, store its text, print its row, let the checkpoint count it.
 */
#include "commands/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "base/file.h"
#include "cli/caller.h"
#include "rows/checkpoint.h"
#include "base/clock.h"
#include "cli/command.h"
#include "rows/ids.h"
#include "dynamodb/items.h"
#include "dynamodb/tables.h"

/* A lost answer is looked for this often, after 1/4 s, 1 s and 4 s, before the
   image is asked for again. */
enum { LOOKS = 3 };
#define FIRST_LOOK (CLOCK_SECOND / 4)

struct state {
    struct command c;
    struct items_id id;          /* of the current record */
    struct cloudinary_request request;
    struct cloudinary_result result;
    struct item item;
    char why[96];                /* why the item cannot be made */
    struct caller caller;
    struct rows_out failed;      /* --failed; fd is -1 if not given */
    bool stored[ITEMS_BATCH_MAX];     /* for the next ids, in their order */
    size_t stored_at, stored_n;
    bool in_doubt;               /* the current image may have been paid for,
                                    but is not done */
    bool unchecked;              /* the table could not be checked, and nothing
                                    was stored in it yet */
    bool settled;                /* the last record of this shard is finished */
    int64_t list_begin;          /* initial offset of standard input */
    bool shown;                  /* a result was found that explicit's answer
                                    lacked */
    int64_t synced;              /* when the checkpoint was last written */
};

/* ---- rows ---- */

/* Lets the checkpoint count the current record, which is finished. With
   `often`, at most once a second: such records are cheap and numerous. */
static void settle(struct state *s, bool often)
{
    struct command *c = &s->c;
    int64_t now = clock_now(CLOCK_STEADY);

    s->settled = true;
    if (c->checkpoint.fd < 0 || c->exit == COMMAND_UNWRITTEN ||
        (often && now - s->synced < CLOCK_SECOND))
        return;
    s->synced = now;
    /* rows must be on the disk before the checkpoint counts them */
    if (s->failed.fd >= 0 && !file_sync(s->failed.fd))
        command_write_error(c, c->o->run.failed, errno);
    else if (command_sync(c))
        command_check_saved(c, checkpoint_done(&c->checkpoint));
}

/* Prints the row of the current image, and finishes it. */
static void finish(struct state *s, enum row_status status,
                   const char *detail)
{
    struct command *c = &s->c;
    const struct buf *text = &s->result.text;
    struct row row = {s->id.bytes, s->id.n, NULL, NULL, 0, detail};
    uint64_t bad;

    if (status == ROW_COMPLETE || status == ROW_UNSTORED) {
        row.text = text->len > 0 ? text->data : NULL;
        row.text_len = text->len;
    }
    if (c->o->run.dry_run) {
        command_count(c, status, s->id.bytes, s->id.n, detail);
        return;
    }
    command_row(c, status, &row);
    if (status == ROW_FAILED && s->failed.fd >= 0) {
        rows_line(&s->failed, s->id.bytes, s->id.n);
        if (!rows_flush(&s->failed))
            command_write_error(c, c->o->run.failed, s->failed.error);
    }
    if (!s->in_doubt)
        settle(s, status == ROW_SKIPPED);
    bad = c->progress.count[ROW_FAILED] + c->progress.count[ROW_UNSTORED];
    if (c->exit == 0 && c->o->run.max_errors > 0 &&
        bad >= c->o->run.max_errors) {
        report_say("stopped after %" PRIu64 " failure%s (--max-errors)", bad,
                   bad == 1 ? "" : "s");
        c->exit = COMMAND_STOPPED;
    }
}

/* The same for an image whose text is known: read now, or stored earlier. */
static void finish_read(struct state *s)
{
    finish(s, answer_blank(&s->result.text) ? ROW_EMPTY : ROW_COMPLETE,
           "");
}

/* ---- the text of an image ---- */

static enum outcome call_ocr(struct cloudinary *c, void *state)
{
    struct state *s = state;

    return cloudinary_ocr(c, &s->request, s->id.bytes, s->id.n, &s->result);
}

static enum outcome call_read(struct cloudinary *c, void *state)
{
    struct state *s = state;

    return cloudinary_read(c, &s->request, s->id.bytes, s->id.n, &s->result);
}

/* OCRs the image, which costs money, or reads the result that it has. */
static enum outcome ask(struct state *s, bool ocr)
{
    enum outcome outcome = caller_call(&s->caller, ocr ? call_ocr : call_read,
                                       s, ocr);

    if (s->caller.starved)
        s->c.exit = COMMAND_STOPPED;
    return outcome;
}

/* Sets the error for a result that look_back did not find. `unshown`: explicit
   did read the image, but its answer did not have the result. */
static enum outcome not_found(struct state *s, bool unshown)
{
    char *error = s->c.cloudinary->error;

    snprintf(error, OUTCOME_SENTENCE, "Cloudinary: %s", unshown
             ? "the image was read, but neither the answer nor the image has "
             "the result (--via update has it in its answer)"
             : "the result that was on its way is not there");
    /* if that was never found, the cause is not this image */
    return unshown && !s->shown ? OUTCOME_STOP : OUTCOME_BAD;
}

/*
 * Looks for a result after an answer that was lost, that says that OCR is not
 * finished, or that does not contain the result.
 *   - DONE: with result.complete, it was found; without, it was not, and
 *     nothing says that it should exist (or a signal arrived).
 *   - BAD: it was found but is unusable, or it should exist but did not appear
 *     (if it was pending, within --timeout).
 *   - RETRY: as from caller_call.
 *   - STOP: as from caller_call, or no result of explicit was ever found.
 */
static enum outcome look_back(struct state *s)
{
    int64_t now = clock_now(CLOCK_STEADY), bound = now + s->c.o->net.timeout;
    int64_t delay = FIRST_LOOK, asked = s->c.cloudinary->wait;
    bool unshown = s->result.unshown, pending = s->result.pending;
    bool sure = unshown || pending;
    unsigned looks;

    /* wait for Retry-After, if a failing server sent it */
    caller_wait(&s->caller, now + (asked < CALLER_MAX ? asked : CALLER_MAX),
                s->c.cloudinary->error);
    for (looks = unshown ? 0 : 1; looks <= LOOKS || pending; looks++) {
        enum outcome outcome;

        /* after a signal, the waits return at once: one look is still taken */
        now = clock_now(CLOCK_STEADY);
        if (looks > 0)
            caller_wait(&s->caller, pending && now + delay > bound ? bound
                        : now + delay, pending ? "the result is on its way"
                        : "the answer is looked for before the image is "
                        "asked for again");
        outcome = ask(s, false);
        if (outcome == OUTCOME_DONE && s->result.unusable)
            return OUTCOME_BAD;
        if (outcome != OUTCOME_DONE || s->result.complete ||
            wait_stop != 0)
            return outcome;
        pending = s->result.pending;
        sure |= pending;
        if (pending && clock_now(CLOCK_STEADY) >= bound)
            return OUTCOME_BAD;
        if (looks > 0)
            delay = 4 * delay < 32 * CLOCK_SECOND ? 4 * delay : delay;
    }
    return sure ? not_found(s, unshown) : OUTCOME_DONE;
}

/* Notes that a result was found which explicit's answer did not have, and
   reports the first time. */
static void note_unshown(struct state *s)
{
    if (!s->shown && !s->c.o->quiet)
        report_line("explicit's answers have no OCR result: each image is "
                    "read once more, which is one of the account's hourly "
                    "calls");
    s->shown = true;
}

/*
 * Looks whether the image already has a result, from before this run. Returns
 * as look_back does. `paid`: an earlier run may have paid for the result, so
 * that an unusable one is accepted as the image's: BAD.
 */
static enum outcome look_first(struct state *s, bool paid)
{
    enum outcome outcome = ask(s, false);

    if (outcome == OUTCOME_DONE && s->result.pending) {
        s->in_doubt = true;
        outcome = look_back(s);
    }
    if (outcome == OUTCOME_DONE && s->result.unusable && paid)
        return OUTCOME_BAD;
    if (outcome == OUTCOME_DONE && s->result.complete)
        s->c.progress.reused++;
    return outcome;
}

/*
 * Gets the text of an image. `paid`: an earlier run may have paid for it
 * already. Returns DONE; BAD or RETRY if there is no text; STOP; WAIT if the
 * run must end before that is known.
 */
static enum outcome obtain(struct state *s, bool paid)
{
    enum outcome outcome;
    unsigned lost = 0;

    if (paid || s->c.o->run.reuse) {
        outcome = look_first(s, paid);
        if (outcome != OUTCOME_DONE || s->result.complete)
            return outcome;
    }
    while (wait_stop == 0 && s->c.exit == 0) {
        char why[OUTCOME_SENTENCE];
        bool unshown;

        outcome = ask(s, true);
        if (outcome != OUTCOME_LOST)
            return outcome;
        s->in_doubt = true;
        unshown = s->result.unshown;
        memcpy(why, s->c.cloudinary->error, sizeof why);
        outcome = look_back(s);
        if (outcome == OUTCOME_DONE && s->result.complete && unshown)
            note_unshown(s);
        if (outcome != OUTCOME_DONE || s->result.complete)
            return outcome;
        memcpy(s->c.cloudinary->error, why, sizeof why);
        if (wait_stop != 0)
            break;
        s->in_doubt = false;
        if (++lost >= s->caller.max_attempts)
            return OUTCOME_RETRY;
        s->c.progress.retries++;
    }
    return OUTCOME_WAIT;
}

/* ---- storing ---- */

/* Makes the item. Returns why it cannot be stored, or NULL. */
static const char *make_item(struct state *s, bool empty)
{
    const struct options *o = s->c.o;
    struct item *item = &s->item;
    const char *why;
    unsigned i;

    item_reset(item);
    item_string(item, o->key, s->id.bytes, s->id.n);
    item_string(item, o->text, empty ? NULL : s->result.text.data,
                s->result.text.len);
    for (i = 0; i < o->sets.n; i++)
        item_string(item, o->sets.list[i].name, o->sets.list[i].value,
                    strlen(o->sets.list[i].value));
    for (i = 0; i < o->run.attrs.n; i++) {
        const struct buf *value = &s->result.values[i];

        if (s->result.value_large[i])
            return "DynamoDB: a value of --attr is larger than an item";
        if (value->len == 0)
            continue;
        why = item_json(item, o->run.attrs.list[i].name, value->data,
                        value->len);
        if (why != NULL) {
            snprintf(s->why, sizeof s->why, "DynamoDB: a value of --attr %s",
                     why);
            return s->why;
        }
    }
    if (!item_fits(item))
        return "DynamoDB: the item is larger than 400 KB";
    /* unreachable: ids and options are checked, answers are JSON */
    return item->replaced == 0 ? NULL : "an attribute is not UTF-8";
}

/* Stores the text that was read, and finishes the image. */
static void store(struct state *s)
{
    struct command *c = &s->c;
    const char *wrong = make_item(s, answer_blank(&s->result.text));
    enum outcome outcome;

    if (wrong != NULL) {
        finish(s, ROW_UNSTORED, wrong);
        return;
    }
    outcome = items_put(c->db, c->o->table, &s->item);
    if (outcome == OUTCOME_DONE) {
        s->unchecked = false;
        finish_read(s);
        return;
    }
    /* A table that refuses an item must not cost more images: if it could not
       be checked, the key's name may be wrong. The checkpoint does not count
       this image, so that the next run finds its text and stores it. */
    s->in_doubt = outcome != OUTCOME_BAD || s->unchecked;
    finish(s, ROW_UNSTORED, c->db->error);
    if (s->in_doubt && c->exit == 0)
        c->exit = COMMAND_STOPPED;
}

static bool is_mine(const struct state *s, const struct items_id *id)
{
    const struct options *o = s->c.o;

    return o->shard.count == 0 ||
        ids_shard(id->bytes, id->n, o->shard.count) == o->shard.number;
}

/* Returns why an id cannot be used, as far as no call is needed, or NULL. */
static const char *id_wrong(const struct state *s, const struct items_id *id)
{
    if (s->c.o->run.by_asset && !ids_asset(id->bytes, id->n))
        return "an asset_id has 32 hexadecimal digits (--by)";
    return ids_wrong(id->bytes, id->n,
                     s->c.o->table != NULL ? ITEM_KEY_MAX : IDS_MAX);
}

/* Asks the table for the current id and those after it that have been read
   already, up to the first duplicate. */
static enum outcome ask_stored(struct state *s)
{
    struct command *c = &s->c;
    struct items_id ids[ITEMS_BATCH_MAX];
    struct ids_position position = c->in.position;
    size_t n = 1, i;

    ids[0] = s->id;
    while (n < ITEMS_BATCH_MAX) {
        struct items_id *id = &ids[n];
        enum ids_answer r = ids_peek(&c->in, &position, &id->bytes, &id->n);

        if (r != IDS_ONE && r != IDS_LONG)
            break;
        if (r == IDS_LONG || !is_mine(s, id) || id_wrong(s, id) != NULL)
            continue;
        for (i = 0; ids[i].n != id->n ||
                 memcmp(ids[i].bytes, id->bytes, id->n) != 0; i++)
            ;                    /* sentinel: the last entry equals itself */
        if (i < n)               /* a duplicate: it may be stored by its turn */
            break;
        n++;
    }
    s->stored_at = 0;
    s->stored_n = n;
    return items_have(c->db, c->o->table, c->o->key, ids, n, s->stored);
}

/* With --skip-stored: returns whether the item exists. Returns false, too, if
   the run must end. */
static bool is_stored(struct state *s)
{
    if (s->stored_at == s->stored_n && ask_stored(s) != OUTCOME_DONE) {
        command_check_call(&s->c, OUTCOME_STOP);
        return false;
    }
    return s->stored[s->stored_at++];
}

/* After an unclean end: returns whether this image was stored, and if so,
   prints its row. Returns false, too, if the run must end. */
static bool was_stored(struct state *s)
{
    struct command *c = &s->c;
    bool found;

    if (items_get(c->db, c->o->table, c->o->key, s->id.bytes, s->id.n,
                  c->o->text, &found, &s->result.text) != OUTCOME_DONE) {
        command_check_call(c, OUTCOME_STOP);
        return false;
    }
    if (!found)
        return false;
    c->progress.reused++;
    finish_read(s);
    return true;
}

/* Processes the current image. `look`: an earlier run may have done it. */
static void do_image(struct state *s, bool look)
{
    struct command *c = &s->c;
    enum outcome outcome;
    bool known;

    if (c->o->run.skip_stored && is_stored(s)) {
        finish(s, ROW_SKIPPED, "");
        return;
    }
    if (c->exit == 0 && look && c->db != NULL && was_stored(s))
        return;
    if (c->exit != 0)
        return;
    outcome = obtain(s, look);
    /* at the end of the run, RETRY is not final: it would be tried again */
    known = outcome == OUTCOME_DONE || outcome == OUTCOME_BAD ||
        (outcome == OUTCOME_RETRY && c->exit == 0 && wait_stop == 0);
    if (known)
        s->in_doubt = false;
    if (outcome == OUTCOME_STOP) {               /* not about this image */
        command_complain(s->id.bytes, s->id.n, c->cloudinary->error);
        c->exit = COMMAND_STOPPED;
    } else if (known && outcome != OUTCOME_DONE)
        finish(s, ROW_FAILED, c->cloudinary->error);
    else if (known && c->db != NULL)
        store(s);
    else if (known)
        finish_read(s);
}

/* ---- dry run ---- */

/* Prints the request that a run would send. */
static void show_request(struct state *s)
{
    const struct cloudinary *c = s->c.cloudinary;
    struct buf target, body;
    const char *method;

    s->c.progress.units++;
    buf_init(&target, 32768);
    buf_init(&body, 32768);
    method = cloudinary_ask(c, &s->request, s->id.bytes, s->id.n, &target,
                            &body);
    if (printf("%s http%s://%s%.*s %.*s\n", method, c->http.url.tls ? "s" : "",
               c->http.url.authority, (int)target.len,
               (const char *)target.data, (int)body.len,
               (const char *)body.data) < 0 ||
        fflush(stdout) != 0)
        command_write_error(&s->c, "standard output", errno);
    buf_free(&target);
    buf_free(&body);
}

static void estimate(const struct command *c)
{
    const struct options *o = c->o;
    const uint64_t n = c->progress.units;
    const uint64_t reads = o->run.reuse ? n : 0;
    const uint64_t calls = reads + (o->run.explicit ? 0 : n);
    char hours[24], at_2000[24];

    report_say("%" PRIu64 " image%s: %" PRIu64 " OCR unit%s, %s%" PRIu64
               " Admin API calls", c->progress.ids, c->progress.ids == 1 ? ""
               : "s", n, n == 1 ? "" : "s", reads > 0 ? "up to " : "", calls);
    if (o->rate.calls > 0) {
        progress_tenths(hours, (double)n / (double)o->rate.calls *
                      (double)o->rate.window / (3600.0 * CLOCK_SECOND));
        report_say("%s hours at --rate", hours);
    } else if (calls > 0) {
        progress_tenths(hours, (double)calls / 500);
        progress_tenths(at_2000, (double)calls / 2000);
        report_say("%s hours at 500 calls an hour (free plans), %s at "
                   "2000, before the reserve", hours, at_2000);
    }
}

/* ---- the loop ---- */

/* Returns whether the reader of the rows has gone away: then no more images are
   paid for. */
static bool output_gone(struct state *s)
{
    struct pollfd pfd = {STDOUT_FILENO, 0, 0};

    if (s->c.file.st_size >= 0 || poll(&pfd, 1, 0) <= 0 ||
        (pfd.revents & (POLLERR | POLLNVAL)) == 0)
        return false;
    command_write_error(&s->c, "standard output",
                        (pfd.revents & POLLNVAL) != 0 ? EBADF : EPIPE);
    return true;
}

/* Updates how far the list is read, which the progress shows for a file. */
static void measure(struct state *s)
{
    const struct ids *in = &s->c.in;

    s->c.progress.list_read = s->list_begin +
        (int64_t)(in->taken - (in->end - in->position.begin));
}

/* Returns whether the current record may cost an image: it belongs to this
   shard and is not among those known to be stored. */
static bool may_cost(const struct state *s)
{
    return is_mine(s, &s->id) &&
        (s->stored_at == s->stored_n || !s->stored[s->stored_at]);
}

/* Processes the current record. */
static void do_record(struct state *s, enum ids_answer r)
{
    struct command *c = &s->c;
    enum checkpoint_state state = CHECKPOINT_NEW;
    const char *wrong;

    /* Before a record that may be paid for, the checkpoint counts all that is
       done. After an unclean end, the first record that is not counted is then
       the only one that may have been paid for. */
    if (s->settled && c->checkpoint.given > c->checkpoint.records &&
        may_cost(s))
        settle(s, false);
    if (c->exit != 0)
        return;
    if (c->checkpoint.fd >= 0)
        state = checkpoint_record(&c->checkpoint, s->id.bytes, s->id.n);
    if (state == CHECKPOINT_OTHER) {
        report_line(c->checkpoint.error.text);
        c->exit = COMMAND_MISUSED;
        return;
    }
    /* Records of other shards are counted with the next one of this shard:
       after an unclean end, the one in doubt may come after them. */
    if (state == CHECKPOINT_DONE || !is_mine(s, &s->id))
        return;
    s->settled = s->in_doubt = false;
    c->progress.ids++;
    measure(s);
    wrong = r == IDS_LONG ? "the id is longer than 4096 bytes"
                           : id_wrong(s, &s->id);
    if (wrong != NULL)
        finish(s, ROW_FAILED, wrong);
    else if (c->o->run.dry_run)
        show_request(s);
    else
        do_image(s, state == CHECKPOINT_DOUBT);
    command_advance(c);
}

/* Checks that the table exists and has the right key. */
static void check_table(struct state *s)
{
    struct command *c = &s->c;
    enum outcome outcome = tables_ready(c->db, c->o->table, c->o->key);

    s->unchecked = *c->db->error != '\0';
    if (outcome == OUTCOME_DONE && s->unchecked && !c->o->quiet)
        report_say("the table %s could not be checked beforehand: %s",
                   c->o->table, c->db->error);
    command_check_call(c, outcome);
}

/* Opens the checkpoint. Its job is everything that must be equal for two runs
   to do the same work. */
static void open_checkpoint(struct command *c)
{
    const struct options *o = c->o;
    struct buf job;

    buf_init(&job, 65536);
    buf_format(&job, "%s\n%s\n%s\n%s\n%lld/%lld\n%d",
               o->table == NULL ? "" : o->table, o->run.ocr, o->image.type,
               o->image.resource_type, (long long)o->shard.number,
               (long long)o->shard.count, o->null);
    if (o->run.by_asset)         /* keeps older checkpoints valid */
        buf_str(&job, "\nasset_id");
    command_resume(c, &job);
}

/* Ends the last record of a file if it was cut short. */
static void end_cut(struct command *c, int to, const char *name)
{
    enum file_repair mended = c->exit != 0 ? FILE_WHOLE
        : file_end_record(to, c->o->null, c->checkpoint.unclean);

    if (mended == FILE_UNWRITTEN)
        command_write_error(c, name, errno);
    else if (mended != FILE_WHOLE)
        report_say("the last record of %s %s cut short, and is ended", name,
                   mended == FILE_ENDED ? "was" : "may have been");
}

/* Opens the file of --failed. */
static void open_failed(struct state *s)
{
    const char *path = s->c.o->run.failed;
    int fd;

    do
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR && wait_stop == 0);
    if (fd < 0)
        command_write_error(&s->c, path, errno);
    rows_out_init(&s->failed, fd, ROWS_TEXT, s->c.o->null);
}

/* Opens what the run needs, in the order that does the least harm if one of the
   steps fails. */
static void begin(struct state *s)
{
    struct command *c = &s->c;
    const struct options *o = c->o;
    struct stat st;

    s->failed.fd = -1;
    cloudinary_result_init(&s->result);
    item_init(&s->item);
    if (fstat(c->in.fd, &st) == 0 && S_ISREG(st.st_mode)) {
        c->progress.list_size = (int64_t)st.st_size;
        s->list_begin = (int64_t)lseek(c->in.fd, 0, SEEK_CUR);
    }
    if (!command_check_list(c) || o->run.dry_run)
        return;
    if (o->run.failed != NULL)
        open_failed(s);
    if (c->exit == 0 && c->db != NULL)
        check_table(s);
    if (c->exit == 0 && o->checkpoint != NULL)
        open_checkpoint(c);
    if (c->checkpoint.unclean)
        end_cut(c, STDOUT_FILENO, "standard output");
    if (s->failed.fd >= 0)
        end_cut(c, s->failed.fd, o->run.failed);
    if (c->exit == 0 && !command_has_header(c)) {
        rows_header(&c->out);
        command_flush(c);
    }
}

static int end(struct state *s, bool list_ended)
{
    struct command *c = &s->c;

    list_ended = list_ended && c->exit == 0;
    if (c->checkpoint.fd >= 0 && list_ended &&
        !checkpoint_list_end(&c->checkpoint)) {
        report_line(c->checkpoint.error.text);
        c->exit = COMMAND_MISUSED;
    }
    if ((s->settled || list_ended) && c->exit != COMMAND_MISUSED)
        settle(s, false);
    if (c->o->run.dry_run)
        estimate(c);
    /* if rows were not written, command_end makes the end unclean: the next run
       looks that image up and prints its row again */
    return command_end(c, !s->in_doubt);
}

/* Sets how the images are read. */
static void set_request(struct state *s)
{
    const struct options *o = s->c.o;
    unsigned i;

    s->request.resource_type = o->image.resource_type;
    s->request.type = o->image.type;
    s->request.ocr = o->run.ocr;
    s->request.explicit = o->run.explicit;
    s->request.by_asset = o->run.by_asset;
    s->request.n_pointers = o->run.attrs.n;
    for (i = 0; i < o->run.attrs.n; i++)
        s->request.pointers[i] = o->run.attrs.list[i].value;
}

int run(const struct options *o)
{
    static struct state s;       /* too large for a small stack */
    struct command *c = &s.c;
    enum ids_answer r = IDS_MORE;

    if (!command_begin(c, o, COMMAND_IMAGES | (o->table != NULL
                       ? COMMAND_TABLE : 0), "public_ids"))
        return COMMAND_MISUSED;
    caller_init(&s.caller, c);
    set_request(&s);
    begin(&s);
    command_confine_files(c);
    while (command_continues(c, c->progress.ids) &&
           (r = command_next(c, &s.id.bytes, &s.id.n)) != IDS_END &&
           !output_gone(&s))
        do_record(&s, r);
    return end(&s, r == IDS_END && wait_stop == 0);
}
