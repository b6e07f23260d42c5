/* run: see run.h. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caller.h"
#include "checkpoint.h"
#include "clock.h"
#include "command.h"
#include "ids.h"
#include "items.h"
#include "tables.h"

/* How long, and how often, an answer that got lost is looked for before the
   image is asked for again: after 1/4 s, 1 s and 4 s. */
enum { LOOKS = 3 };
#define FIRST_LOOK (CLOCK_SECOND / 4)

/* A run under way. */
struct state {
    const struct options *o;
    struct cloudinary *cloudinary;
    struct dynamodb *db;         /* NULL without a table */
    struct rows_in in;
    struct rows_out out;
    struct cloudinary_request request;
    struct cloudinary_result result;
    struct item item;
    struct caller caller;
    struct checkpoint checkpoint;
    int failed;                  /* descriptor of --failed, or -1 */
    bool stored[ITEMS_BATCH_MAX];     /* of the ids to come, in order */
    size_t stored_at, stored_n;
    bool in_doubt;               /* the image in hand may have been paid */
    bool unchecked;              /* the table; nothing was stored in it yet */
    bool settled;                /* the last record of ours is done with */
    bool to_file;                /* the rows go to a file */
    int64_t list_begin;          /* where standard input was at first */
    bool shown;                  /* results that explicit's answers lack are
                                    there, as one was seen */
    int64_t synced;              /* when the checkpoint was last written */
    struct report report;
    int exit;                    /* once the run must end early */
};

/* -------------------------------------------------------------- the row */

static void unwritten(struct state *s, const char *what, int error)
{
    report_say("cannot write %s: %s", what, strerror(error));
    s->exit = COMMAND_UNWRITTEN;
}

/* Appends the id to the file of --failed. */
static void note_failed(struct state *s, const unsigned char *id, size_t len)
{
    unsigned char record[ROWS_ID_MAX + 1];
    size_t done = 0;

    memcpy(record, id, len);
    record[len++] = s->o->null ? '\0' : '\n';
    while (done < len) {
        ssize_t n = write(s->failed, record + done, len - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR) {
            unwritten(s, s->o->failed, n == 0 ? EIO : errno);
            return;
        }
    }
}

/* The record's fate is out: the checkpoint may count it. `often`: it comes
   cheap and in numbers, so that once a second is enough. */
static void settle(struct state *s, bool often)
{
    int64_t now = clock_now(CLOCK_STEADY);

    s->settled = true;
    if (s->checkpoint.fd < 0 || s->exit == COMMAND_UNWRITTEN ||
        (often && now - s->synced < CLOCK_SECOND))
        return;
    s->synced = now;
    /* what it counts must be on the disk before it is */
    if ((s->to_file && !rows_sync(STDOUT_FILENO)) ||
        (s->failed >= 0 && !rows_sync(s->failed)))
        unwritten(s, "the rows to the disk", errno);
    else if (!checkpoint_done(&s->checkpoint)) {
        report_say("%s", s->checkpoint.error);
        s->exit = COMMAND_UNWRITTEN;
    }
}

/* Prints the row of an image whose fate is known. */
static void finish(struct state *s, const unsigned char *id, size_t len,
                   enum report_status status, const char *detail)
{
    const struct buf *text = &s->result.text;
    const bool has_text = status == REPORT_COMPLETE ||
        (status == REPORT_UNSTORED && text->len > 0);
    const struct row row = {id, len, report_names[status],
        has_text ? text->data : NULL, has_text ? text->len : 0, detail};
    uint64_t bad;

    s->report.count[status]++;
    if (*detail != '\0')
        command_complain(id, len, detail);
    if (!rows_write(&s->out, &row))
        unwritten(s, "standard output", s->out.error);
    if (status == REPORT_FAILED && s->failed >= 0)
        note_failed(s, id, len);
    if (!s->in_doubt)
        settle(s, status == REPORT_SKIPPED);
    bad = s->report.count[REPORT_FAILED] + s->report.count[REPORT_UNSTORED];
    if (s->exit == 0 && s->o->max_errors > 0 && bad >= s->o->max_errors) {
        report_say("stopped after %" PRIu64 " failure%s (--max-errors)", bad,
                   bad == 1 ? "" : "s");
        s->exit = COMMAND_STOPPED;
    }
}

/* --------------------------------------------------- an image's text */

struct question {
    struct state *s;
    const unsigned char *id;
    size_t len;
};

static enum outcome call_ocr(struct cloudinary *c, void *question)
{
    const struct question *q = question;

    return cloudinary_ocr(c, &q->s->request, q->id, q->len, &q->s->result);
}

static enum outcome call_read(struct cloudinary *c, void *question)
{
    const struct question *q = question;

    return cloudinary_read(c, &q->s->request, q->id, q->len, &q->s->result);
}

/* Has the image read, or reads what is there. */
static enum outcome ask(struct state *s, bool ocr, const unsigned char *id,
                        size_t len)
{
    struct question q = {s, id, len};
    enum outcome outcome = caller_call(&s->caller, ocr ? call_ocr : call_read,
                                       &q, ocr);

    if (s->caller.starved)
        s->exit = COMMAND_STOPPED;
    return outcome;
}

/* How a look for an answer ends that is there in no form. `unshown`: the
   image was read, that is certain. */
static enum outcome not_found(struct state *s, bool unshown)
{
    char *error = s->cloudinary->error;

    snprintf(error, OUTCOME_SENTENCE, "Cloudinary: %s", unshown
             ? "the image was read, but neither the answer nor the image has "
             "the result (--via update has it in its answer)"
             : "the result that was on its way is not there");
    /* with the very first one, it is no matter of the image */
    return unshown && !s->shown ? OUTCOME_STOP : OUTCOME_BAD;
}

/*
 * An answer got lost that may have been paid for, or is on its way, or is not
 * shown: looks for it. DONE, with result.complete: it was there. DONE without:
 * it was not, and nothing says that it should be. BAD: it is there, and is no
 * text; or it should be there, and is not, within --timeout. RETRY, STOP as
 * above.
 */
static enum outcome look_back(struct state *s, const unsigned char *id,
                              size_t len)
{
    int64_t now = clock_now(CLOCK_STEADY), bound = now + s->o->wait;
    int64_t delay = FIRST_LOOK, asked = s->cloudinary->wait;
    bool unshown = s->result.unshown, pending = s->result.pending;
    bool sure = unshown || pending;
    unsigned looks;

    /* Retry-After, where a server in trouble sent it */
    caller_wait(&s->caller, now + (asked < CALLER_MAX ? asked : CALLER_MAX),
                s->cloudinary->error);
    for (looks = unshown ? 0 : 1; looks <= LOOKS || pending; looks++) {
        enum outcome outcome;

        /* when the run is to end, one look is taken at once */
        now = clock_now(CLOCK_STEADY);
        if (looks > 0)
            caller_wait(&s->caller, pending && now + delay > bound ? bound
                        : now + delay, pending ? "the result is on its way"
                        : "the answer is looked for before the image is "
                        "asked for again");
        outcome = ask(s, false, id, len);
        if (outcome == OUTCOME_DONE && s->result.unusable)
            return OUTCOME_BAD;
        if (outcome != OUTCOME_DONE || s->result.complete ||
            command_stop != 0)
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

/* The result was there, where explicit's answer did not have it. */
static void note_unshown(struct state *s)
{
    if (!s->shown && !s->o->quiet)
        report_say("explicit's answers have no OCR result: each image is read "
                   "once more, which is one of the account's hourly calls");
    s->shown = true;
}

/*
 * Does the image carry a result already? Answers as look_back. `paid`: the
 * result may be one that an earlier run paid for, so that it is taken even
 * if it is no text.
 */
static enum outcome look_first(struct state *s, const unsigned char *id,
                               size_t len, bool paid)
{
    enum outcome outcome = ask(s, false, id, len);

    if (outcome == OUTCOME_DONE && s->result.pending) {
        s->in_doubt = true;
        outcome = look_back(s, id, len);
    }
    if (outcome == OUTCOME_DONE && s->result.unusable && paid)
        return OUTCOME_BAD;
    if (outcome == OUTCOME_DONE && s->result.complete)
        s->report.reused++;
    return outcome;
}

/*
 * Gets the text of an image. `paid`: perhaps an earlier run has paid for it
 * already. DONE; BAD or RETRY: it cannot be had; STOP; WAIT: the run is to end
 * before it is known.
 */
static enum outcome obtain(struct state *s, const unsigned char *id,
                           size_t len, bool paid)
{
    enum outcome outcome;
    unsigned lost = 0;

    if (paid || s->o->reuse) {
        outcome = look_first(s, id, len, paid);
        if (outcome != OUTCOME_DONE || s->result.complete)
            return outcome;
    }
    while (command_stop == 0 && s->exit == 0) {
        char why[OUTCOME_SENTENCE];
        bool unshown;

        outcome = ask(s, true, id, len);
        if (outcome != OUTCOME_LOST)
            return outcome;
        s->in_doubt = true;
        unshown = s->result.unshown;
        memcpy(why, s->cloudinary->error, sizeof why);
        outcome = look_back(s, id, len);
        if (outcome == OUTCOME_DONE && s->result.complete && unshown)
            note_unshown(s);
        if (outcome != OUTCOME_DONE || s->result.complete)
            return outcome;
        memcpy(s->cloudinary->error, why, sizeof why);
        if (command_stop != 0)
            break;
        s->in_doubt = false;
        if (++lost >= s->caller.max_attempts)
            return OUTCOME_RETRY;
        s->report.retries++;
    }
    return OUTCOME_WAIT;
}

/* -------------------------------------------------------------- storing */

/* Makes the item. NULL, or why it cannot be stored. */
static const char *make_item(struct state *s, const unsigned char *id,
                             size_t len, bool empty)
{
    struct item *item = &s->item;
    unsigned i;

    item_reset(item);
    item_string(item, s->o->key, id, len);
    item_string(item, s->o->text, empty ? NULL : s->result.text.data,
                         s->result.text.len);
    for (i = 0; i < s->o->n_sets; i++)
        item_string(item, s->o->sets[i].name, s->o->sets[i].value,
                             strlen(s->o->sets[i].value));
    for (i = 0; i < s->o->n_attrs; i++) {
        const struct buf *value = &s->result.values[i];

        if (s->result.value_large[i])
            return "DynamoDB: a value of --attr is larger than an item";
        if (value->len > 0 &&
            !item_json(item, s->o->attrs[i].name, value->data,
                                value->len))
            return "DynamoDB: a value of --attr is nested deeper than 32 "
                "levels";
    }
    if (!item_fits(item))
        return "DynamoDB: the item is larger than 400 KB";
    if (item->replaced > 0 && s->o->verbose)
        command_complain(id, len, "bytes that are not UTF-8 are stored as "
                         "U+FFFD");
    return NULL;
}

/* Stores the text that was read. */
static void store(struct state *s, const unsigned char *id, size_t len)
{
    bool empty = answer_blank(&s->result.text);
    const char *wrong = make_item(s, id, len, empty);
    enum outcome outcome;

    if (wrong != NULL) {
        finish(s, id, len, REPORT_UNSTORED, wrong);
        return;
    }
    outcome = items_put(s->db, s->o->table, &s->item);
    /* in a table that could not be checked, it may well be the key's name */
    if (outcome == OUTCOME_BAD && s->unchecked)
        outcome = OUTCOME_STOP;
    if (outcome == OUTCOME_DONE) {
        s->unchecked = false;
        finish(s, id, len, empty ? REPORT_EMPTY : REPORT_COMPLETE, "");
        return;
    }
    /* A table that refuses must not cost more images. The checkpoint does not
       count this one: the next run finds its text and stores it. */
    s->in_doubt = outcome != OUTCOME_BAD;
    finish(s, id, len, REPORT_UNSTORED, s->db->error);
    if (outcome != OUTCOME_BAD && s->exit == 0)
        s->exit = COMMAND_STOPPED;
}

static void stop_for_table(struct state *s)
{
    if (command_stop == 0)
        report_say("%s", s->db->error);
    s->exit = COMMAND_STOPPED;
}

static bool is_mine(const struct state *s, const unsigned char *id, size_t len)
{
    return s->o->shards == 0 ||
        ids_shard(id, len, s->o->shards) == s->o->shard;
}

/* What is wrong with an id that can be told without a call, or NULL. */
static const char *id_wrong(const struct state *s, const unsigned char *id,
                            size_t len)
{
    if (s->o->by_asset && !ids_asset(id, len))
        return "an asset_id has 32 hexadecimal digits (--by)";
    return ids_wrong(id, len, s->o->table != NULL);
}

/* Asks the table for this id and for those that have been read after it, as
   far as they are there and differ. */
static enum outcome ask_stored(struct state *s, const unsigned char *id,
                               size_t len)
{
    struct items_id ids[ITEMS_BATCH_MAX];
    struct rows_place place = s->in.place;
    size_t n = 1, i;

    ids[0].bytes = id;
    ids[0].n = len;
    while (n < ITEMS_BATCH_MAX) {
        enum rows_read r = rows_peek(&s->in, &place, &ids[n].bytes,
                                     &ids[n].n);

        if (r != ROWS_ID && r != ROWS_LONG)
            break;
        if (r == ROWS_LONG || !is_mine(s, ids[n].bytes, ids[n].n) ||
            id_wrong(s, ids[n].bytes, ids[n].n) != NULL)
            continue;
        for (i = 0; i < n; i++)
            if (ids[i].n == ids[n].n &&
                memcmp(ids[i].bytes, ids[n].bytes, ids[n].n) == 0)
                break;
        if (i < n)               /* it may be stored by then */
            break;
        n++;
    }
    s->stored_at = 0;
    s->stored_n = n;
    return items_have(s->db, s->o->table, s->o->key, ids, n,
                         s->stored);
}

/* With --skip-stored: is it in the table? False, too, if the run must end. */
static bool is_stored(struct state *s, const unsigned char *id, size_t len)
{
    if (s->stored_at == s->stored_n &&
        ask_stored(s, id, len) != OUTCOME_DONE) {
        stop_for_table(s);
        return false;
    }
    return s->stored[s->stored_at++];
}

/* After an unclean end: was this image stored? Then its row is printed. */
static bool was_stored(struct state *s, const unsigned char *id, size_t len)
{
    bool found;

    if (items_get(s->db, s->o->table, s->o->key, id, len, s->o->text,
                     &found, &s->result.text) != OUTCOME_DONE) {
        stop_for_table(s);
        return false;
    }
    if (!found)
        return false;
    s->report.reused++;
    finish(s, id, len, s->result.text.len > 0 ? REPORT_COMPLETE
           : REPORT_EMPTY, "");
    return true;
}

/* One id of the list. `look`: it may have been done by an earlier run. */
static void do_image(struct state *s, const unsigned char *id, size_t len,
                     bool look)
{
    const char *wrong = id_wrong(s, id, len);
    enum outcome outcome;
    bool known;

    if (wrong != NULL) {
        finish(s, id, len, REPORT_FAILED, wrong);
        return;
    }
    if (s->o->skip_stored && is_stored(s, id, len))
        finish(s, id, len, REPORT_SKIPPED, "");
    else if (s->exit == 0 && look && s->db != NULL &&
             was_stored(s, id, len))
        return;
    else if (s->exit == 0) {
        outcome = obtain(s, id, len, look);
        /* RETRY at the end of the run: it would have been tried again */
        known = outcome == OUTCOME_DONE || outcome == OUTCOME_BAD ||
            (outcome == OUTCOME_RETRY && s->exit == 0 && command_stop == 0);
        if (known)
            s->in_doubt = false;
        if (outcome == OUTCOME_STOP) {           /* not this image's fate */
            command_complain(id, len, s->cloudinary->error);
            s->exit = COMMAND_STOPPED;
        } else if (known && outcome != OUTCOME_DONE)
            finish(s, id, len, REPORT_FAILED, s->cloudinary->error);
        else if (known && s->db != NULL)
            store(s, id, len);
        else if (known)
            finish(s, id, len, answer_blank(&s->result.text) ? REPORT_EMPTY
                   : REPORT_COMPLETE, "");
    }
}

/* ------------------------------------------------------------- dry run */

/* Prints the request that would be made. */
static void show_request(struct state *s, const unsigned char *id, size_t len)
{
    const struct cloudinary *c = s->cloudinary;
    const char *wrong = id_wrong(s, id, len);
    struct buf line, target, body;

    if (wrong != NULL) {
        s->report.count[REPORT_FAILED]++;
        command_complain(id, len, wrong);
        return;
    }
    s->report.units++;
    buf_init(&line, 65536);
    buf_init(&target, 32768);
    buf_init(&body, 32768);
    buf_str(&line, cloudinary_ask(c, &s->request, id, len, &target, &body));
    buf_str(&line, c->http.url.tls ? " https://" : " http://");
    buf_str(&line, c->http.url.authority);
    buf_add(&line, target.data, target.len);
    buf_byte(&line, ' ');
    buf_add(&line, body.data, body.len);
    buf_byte(&line, '\n');
    if (fwrite(line.data, 1, line.len, stdout) != line.len ||
        fflush(stdout) != 0)
        unwritten(s, "standard output", errno);
    buf_free(&line);
    buf_free(&target);
    buf_free(&body);
}

static void estimate(const struct state *s)
{
    const uint64_t n = s->report.units;
    const uint64_t reads = s->o->reuse ? n : 0, asks = s->o->explicit ? 0 : n;
    char hours[24], at_2000[24];

    report_say("%" PRIu64 " image%s: %" PRIu64 " OCR unit%s, %s%" PRIu64
               " Admin API calls", s->report.ids, s->report.ids == 1 ? ""
               : "s", n, n == 1 ? "" : "s", reads > 0 ? "up to " : "",
               asks + reads);
    if (s->o->rate > 0) {
        report_tenths(hours, (double)n / (double)s->o->rate *
                      (double)s->o->window / (3600.0 * CLOCK_SECOND));
        report_say("%s hours at --rate", hours);
    } else if (asks + reads > 0) {
        report_tenths(hours, (double)(asks + reads) / 500);
        report_tenths(at_2000, (double)(asks + reads) / 2000);
        report_say("%s hours at 500 calls an hour (free plans), %s at "
                   "2000, before the reserve", hours, at_2000);
    }
}

/* -------------------------------------------------------------- the loop */

/* Has whoever reads the rows gone away? Then no more images are paid for. */
static bool output_gone(struct state *s)
{
    struct pollfd pfd = {STDOUT_FILENO, 0, 0};

    if (s->to_file || poll(&pfd, 1, 0) <= 0 ||
        (pfd.revents & (POLLERR | POLLNVAL)) == 0)
        return false;
    unwritten(s, "standard output", (pfd.revents & POLLNVAL) != 0 ? EBADF
              : EPIPE);
    return true;
}

/* How far the list is read, where it is a file. */
static void measure(struct state *s)
{
    s->report.list_read = s->list_begin + (int64_t)(s->in.taken -
        (s->in.end - s->in.place.begin));
}

/* The next id: ROWS_END also at the end of the run. */
static enum rows_read next_id(struct state *s, const unsigned char **id,
                              size_t *len)
{
    enum rows_read r = ids_next(&s->in, &command_stop, id, len);

    if (r != ROWS_ERROR)
        return r;
    report_say("cannot read standard input: %s", strerror(errno));
    s->exit = COMMAND_STOPPED;
    return ROWS_END;
}

/* May the record be one that is paid for? Not if another's or, as has been
   asked already, stored. */
static bool may_cost(const struct state *s, const unsigned char *id,
                     size_t len)
{
    return is_mine(s, id, len) &&
        (s->stored_at == s->stored_n || !s->stored[s->stored_at]);
}

/* One record of the list. */
static void do_record(struct state *s, enum rows_read r,
                      const unsigned char *id, size_t len)
{
    enum checkpoint_place place = CHECKPOINT_NEW;

    /* what is done is counted by then: after an unclean end it is the first
       record not counted that may have been paid for, and no other */
    if (s->settled && s->checkpoint.given > s->checkpoint.records &&
        may_cost(s, id, len))
        settle(s, false);
    if (s->exit != 0)
        return;
    if (s->checkpoint.fd >= 0)
        place = checkpoint_record(&s->checkpoint, id, len);
    if (place == CHECKPOINT_OTHER) {
        report_say("%s", s->checkpoint.error);
        s->exit = COMMAND_MISUSED;
        return;
    }
    /* others' records are counted with the next of ours: the one in doubt
       after an unclean end may be among those to come */
    if (place == CHECKPOINT_DONE || !is_mine(s, id, len))
        return;
    s->settled = s->in_doubt = false;
    s->report.ids++;
    measure(s);
    if (r == ROWS_LONG)
        finish(s, id, len, REPORT_FAILED, "the id is longer than 4096 bytes");
    else if (s->o->dry_run)
        show_request(s, id, len);
    else
        do_image(s, id, len, place == CHECKPOINT_FIRST);
    if (s->db != NULL) {
        s->report.retries += s->db->retries;
        s->db->retries = 0;
    }
    report_progress(&s->report);
    command_progress();
}

/* Is the table there, and the one that is meant? The exit status if not. */
static int check_table(struct state *s)
{
    struct dynamodb *db = s->db;
    enum outcome outcome = tables_ready(db, s->o->table, s->o->key);

    s->unchecked = *db->error != '\0';
    if (outcome == OUTCOME_DONE && s->unchecked && !s->o->quiet)
        report_say("the table %s could not be checked beforehand: %s",
                   s->o->table, db->error);
    if (outcome == OUTCOME_DONE)
        return 0;
    report_say("%s", db->error);
    return outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
}

/* What must be equal for a checkpoint to be of the same work. */
static bool open_checkpoint(struct state *s)
{
    const struct options *o = s->o;
    struct buf job;
    bool good;

    buf_init(&job, 65536);
    buf_format(&job, "%s\n%s\n%s\n%s\n%lld/%lld\n%d",
               o->table == NULL ? "" : o->table, o->ocr, o->type,
               o->resource_type, (long long)o->shard, (long long)o->shards,
               o->null);
    if (o->by_asset)             /* as it was before there was --by */
        buf_str(&job, "\nasset_id");
    good = !job.failed && checkpoint_open(&s->checkpoint, o->checkpoint,
                                          job.data, job.len);
    if (!good)
        report_say("%s", s->checkpoint.error);
    buf_free(&job);
    return good;
}

/* Ends the last record of a file, if it was cut short. */
static void end_cut(struct state *s, int to, const char *name)
{
    enum rows_mended mended = rows_mend(to, s->o->null, s->checkpoint.unclean);

    if (mended == ROWS_UNWRITTEN)
        unwritten(s, name, errno);
    else if (mended != ROWS_WHOLE)
        report_say("the last record of %s %s cut short, and is ended", name,
                   mended == ROWS_MENDED ? "was" : "may have been");
}

/* Opens what the run needs, in the order in which it does the least harm. */
static void begin(struct state *s)
{
    struct stat st;
    bool goes_on;

    if (s->o->failed != NULL && !s->o->dry_run) {
        do
            s->failed = open(s->o->failed, O_WRONLY | O_CREAT | O_APPEND |
                             O_CLOEXEC, 0666);
        while (s->failed < 0 && errno == EINTR && command_stop == 0);
        if (s->failed < 0) {
            unwritten(s, s->o->failed, errno);
            return;
        }
    }
    if (fstat(s->in.fd, &st) == 0 && S_ISREG(st.st_mode)) {
        s->report.list_size = (int64_t)st.st_size;
        s->list_begin = (int64_t)lseek(s->in.fd, 0, SEEK_CUR);
    }
    s->to_file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    if (s->db != NULL && !s->o->dry_run)
        s->exit = check_table(s);
    if (s->exit == 0 && s->o->checkpoint != NULL && !s->o->dry_run &&
        !open_checkpoint(s))
        s->exit = COMMAND_MISUSED;
    /* a file that goes on has its header already */
    goes_on = s->checkpoint.records > 0 ||
        (s->checkpoint.fd >= 0 && s->to_file && st.st_size > 0);
    if (s->exit == 0 && s->checkpoint.unclean)
        end_cut(s, STDOUT_FILENO, "standard output");
    if (s->exit == 0 && s->failed >= 0)
        end_cut(s, s->failed, s->o->failed);
    if (s->exit == 0 && !s->o->dry_run && !goes_on && !rows_header(&s->out))
        unwritten(s, "standard output", s->out.error);
}

static void end(struct state *s, bool list_ended)
{
    struct checkpoint *c = &s->checkpoint;

    if (c->fd >= 0 && list_ended && s->exit == 0 &&
        !checkpoint_list_end(c)) {
        report_say("%s", c->error);
        s->exit = COMMAND_MISUSED;
    }
    if ((s->settled || (list_ended && s->exit == 0)) &&
        s->exit != COMMAND_MISUSED && s->exit != COMMAND_UNWRITTEN)
        settle(s, false);
    /* a row that was not written is looked up, too, and printed again */
    if (c->fd >= 0 && !checkpoint_close(c, !s->in_doubt &&
                                        s->exit != COMMAND_UNWRITTEN)) {
        report_say("%s", c->error);
        s->exit = COMMAND_UNWRITTEN;
    }
    if (s->failed >= 0)
        close(s->failed);
    if (s->o->dry_run)
        estimate(s);
    else if (!s->o->quiet && s->exit != COMMAND_MISUSED)
        report_summary(&s->report);
    cloudinary_result_free(&s->result);
    item_free(&s->item);
}

static void init(struct state *s, const struct options *o)
{
    unsigned i;

    s->o = o;
    s->failed = -1;
    s->checkpoint.fd = -1;
    s->report.start = clock_now(CLOCK_STEADY);
    s->report.list_size = -1;
    rows_in_init(&s->in, STDIN_FILENO, o->null);
    rows_out_init(&s->out, STDOUT_FILENO, o->format, o->null);
    cloudinary_result_init(&s->result);
    item_init(&s->item);
    s->request.resource_type = o->resource_type;
    s->request.type = o->type;
    s->request.ocr = o->ocr;
    s->request.explicit = o->explicit;
    s->request.by_asset = o->by_asset;
    s->request.n_pointers = o->n_attrs;
    for (i = 0; i < o->n_attrs; i++)
        s->request.pointers[i] = o->attrs[i].value;
}

/* Everything that needs no call is checked here. */
static bool open_services(struct state *s)
{
    s->cloudinary = command_cloudinary(s->o);
    if (s->cloudinary == NULL)
        return false;
    caller_init(&s->caller, s->cloudinary, s->o, &s->report);
    if (s->o->table != NULL)
        s->db = command_dynamodb(s->o);
    return s->o->table == NULL || s->db != NULL;
}

int run(const struct options *o)
{
    static struct state s;       /* too large for a small machine's stack */
    enum rows_read r = ROWS_MORE;
    const unsigned char *id;
    size_t len;

    init(&s, o);
    if (!open_services(&s))
        return COMMAND_MISUSED;
    if (isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading public_ids from the terminal; Ctrl-D ends them");
    command_signals();
    command_confine(o);
    command_watch(&s.report);
    begin(&s);
    command_confine_files(o, s.checkpoint.fd < 0 ? -1 : s.checkpoint.folder);
    while (s.exit == 0 && command_stop == 0 &&
           (o->limit == 0 || s.report.ids < o->limit) &&
           (r = next_id(&s, &id, &len)) != ROWS_END && !output_gone(&s))
        do_record(&s, r, id, len);
    end(&s, r == ROWS_END && command_stop == 0);
    if (s.exit != 0)
        return s.exit;
    return s.report.count[REPORT_FAILED] + s.report.count[REPORT_UNSTORED] > 0
        ? COMMAND_FAILED : 0;
}
