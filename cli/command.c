/*
 * command.c: what commands share, above all those that print rows: start, end,
 * the list of ids, the checkpoint, and the errors that end them early.
 */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/report.h"
#include "base/text.h"
#include "base/wait.h"
#include "cli/confine.h"
#include "cli/services.h"

void command_complain(const unsigned char *id, size_t n, const char *reason)
{
    char safe[512];

    text_visible(safe, sizeof safe, id, n);
    report_say("%s%s%s", safe, n > 0 ? ": " : "", reason);
}

int command_flush_stdout(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    report_say("cannot write standard output: %s", strerror(errno));
    return COMMAND_UNWRITTEN;
}

/* ---------------------------------------------- commands that print rows */

bool command_begin(struct command *c, const struct options *o,
                   unsigned services, const char *reads)
{
    char error[SERVICES_ERROR];

    c->o = o;
    c->checkpoint.fd = -1;
    c->progress.start = clock_now(CLOCK_STEADY);
    c->progress.list_size = -1;
    if (fstat(STDOUT_FILENO, &c->file) < 0 || !S_ISREG(c->file.st_mode))
        c->file.st_size = -1;
    ids_init(&c->in, STDIN_FILENO, o->null);
    rows_out_init(&c->out, STDOUT_FILENO, o->format, o->null);
    if (((services & COMMAND_IMAGES) != 0 &&
         (c->cloudinary = services_cloudinary(o, error)) == NULL) ||
        ((services & COMMAND_TABLE) != 0 &&
         (c->db = services_dynamodb(o, error)) == NULL)) {
        report_line(error);
        return false;
    }
    if (reads != NULL && isatty(STDIN_FILENO) && !o->quiet)
        report_say("reading %s from the terminal (Ctrl-D ends them)", reads);
    wait_signals();
    confine_process(o);
    progress_watch(&c->progress);
    return true;
}

bool command_continues(const struct command *c, uint64_t done)
{
    return c->exit == 0 && wait_stop == 0 &&
        (c->o->limit == 0 || done < c->o->limit);
}

/* Ends the command because the list is UTF-16. */
static void refuse_utf16(struct command *c)
{
    char sentence[128];

    report_line(ids_utf16(&c->in, sentence, sizeof sentence));
    c->exit = COMMAND_MISUSED;
}

bool command_check_list(struct command *c)
{
    struct ids_position position;
    const unsigned char *id;
    size_t n;

    if (!isatty(c->in.fd) &&
        !ids_wait(&c->in, clock_now(CLOCK_STEADY) + COMMAND_LOOK,
                  &wait_stop))
        command_read_error(c);
    position = c->in.position;
    if (ids_peek(&c->in, &position, &id, &n) == IDS_UTF16)
        refuse_utf16(c);
    return c->exit == 0 && wait_stop == 0;
}

enum ids_answer command_next(struct command *c, const unsigned char **id,
                            size_t *n)
{
    enum ids_answer r = ids_next(&c->in, &wait_stop, id, n);

    if (r == IDS_ERROR)
        command_read_error(c);
    else if (r == IDS_UTF16)
        refuse_utf16(c);
    return r == IDS_ERROR || r == IDS_UTF16 ? IDS_END : r;
}

void command_count(struct command *c, enum row_status status,
                   const unsigned char *id, size_t n, const char *detail)
{
    c->progress.count[status]++;
    if (status == ROW_ABSENT)
        detail = "the table has no such item";
    if (*detail != '\0' && status != ROW_SKIPPED)
        command_complain(id, n, detail);
}

void command_row(struct command *c, enum row_status status,
                 struct row *row)
{
    command_count(c, status, row->id, row->id_len, row->detail);
    row->status = row_status_names[status];
    rows_write(&c->out, row);
    command_flush(c);
}

void command_advance(struct command *c)
{
    if (c->db != NULL) {
        c->progress.retries += c->db->retries;
        c->db->retries = 0;
    }
    progress_draw(&c->progress);
    progress_answer();
}

void command_flush(struct command *c)
{
    if (!rows_flush(&c->out) && c->exit != COMMAND_UNWRITTEN)
        command_write_error(c, "standard output", c->out.error);
}

void command_read_error(struct command *c)
{
    report_say("cannot read standard input: %s", strerror(errno));
    c->exit = COMMAND_STOPPED;
}

void command_write_error(struct command *c, const char *what, int error)
{
    report_say("cannot write %s: %s", what, strerror(error));
    c->exit = COMMAND_UNWRITTEN;
}

void command_check_call(struct command *c, enum outcome outcome)
{
    if (outcome == OUTCOME_DONE)
        return;
    if (wait_stop == 0)
        report_line(c->db->error);
    if (c->exit == 0)
        c->exit = outcome == OUTCOME_BAD ? COMMAND_MISUSED : COMMAND_STOPPED;
}

void command_keys(struct command *c, struct keys *keys)
{
    const struct options *o = c->o;
    const char *index = o->find.index;
    enum outcome outcome = keys_read(c->db, o->table, index, o->key, keys);
    const char *hash = index != NULL ? keys->index_hash.name : keys->hash.name;

    if (outcome == OUTCOME_DONE && o->key_given && strcmp(o->key, hash) != 0)
        outcome = dynamodb_fail(c->db, OUTCOME_BAD, "the partition key of "
                                "%s is %s, not %s (--key names it)",
                                index != NULL ? index : o->table, hash,
                                o->key);
    command_check_call(c, outcome);
}

bool command_resume(struct command *c, struct buf *job)
{
    if (job->failed || !checkpoint_open(&c->checkpoint, c->o->checkpoint,
                                        job->data, job->len)) {
        report_line(job->failed ? "out of memory" : c->checkpoint.error.text);
        c->exit = COMMAND_MISUSED;
    }
    buf_free(job);
    return c->exit == 0;
}

bool command_sync(struct command *c)
{
    if (c->file.st_size < 0 || file_sync(STDOUT_FILENO))
        return true;
    command_write_error(c, "the rows to the disk", errno);
    return false;
}

void command_check_saved(struct command *c, bool saved)
{
    if (saved)
        return;
    report_line(c->checkpoint.error.text);
    c->exit = COMMAND_UNWRITTEN;
}

void command_confine_files(const struct command *c)
{
    /* without files, confine_process has done it */
    if (c->o->checkpoint != NULL || c->o->run.failed != NULL)
        confine_files(c->o, c->checkpoint.fd < 0 ? -1 : c->checkpoint.folder);
}

bool command_has_header(const struct command *c)
{
    return c->checkpoint.fd >= 0 &&
        (c->checkpoint.records > 0 || c->checkpoint.position.len > 0 ||
         c->file.st_size > 0);
}

int command_end(struct command *c, bool clean)
{
    const uint64_t *counts = c->progress.count;

    if (c->checkpoint.fd >= 0) {
        bool saved = checkpoint_close(&c->checkpoint, clean &&
                                      c->exit != COMMAND_UNWRITTEN);

        command_check_saved(c, saved);
    }
    if (!c->o->quiet && !c->o->run.dry_run && c->exit != COMMAND_MISUSED)
        progress_summary(&c->progress);
    if (c->exit != 0)
        return c->exit;
    return counts[ROW_FAILED] + counts[ROW_UNSTORED] + counts[ROW_ABSENT] > 0
        ? COMMAND_FAILED : 0;
}
