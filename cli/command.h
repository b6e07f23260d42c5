/*
 * command: what commands share: exit statuses, and for the commands that print
 * rows their start, their end, the list of ids, the checkpoint, and the errors
 * that end them early.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cloudinary/cloudinary.h"
#include "dynamodb/dynamodb.h"
#include "dynamodb/keys.h"
#include "rows/checkpoint.h"
#include "rows/ids.h"
#include "rows/rows.h"

/* Exit statuses, as ocrdyn(1) documents them. */
enum {
    COMMAND_FAILED = 1,          /* some ids, rows or files failed */
    COMMAND_MISUSED = 2,         /* usage or configuration; nothing was paid */
    COMMAND_STOPPED = 3,         /* ended early: nothing more could succeed */
    COMMAND_UNWRITTEN = 4        /* output could not be written */
};

/* Flushes stdout. Returns `status`, or COMMAND_UNWRITTEN, after a message, if
   the output could not be written. */
int command_flush_stdout(int status);

/* Prints "ID: reason", or only the reason if `n` is 0. */
void command_complain(const unsigned char *id, size_t n, const char *reason);

/* ---- commands that print rows ---- */

/* The first member of the state of each of these commands, which is static:
   it exists until the program ends. */
struct command {
    const struct options *o;
    struct cloudinary *cloudinary;       /* NULL: not used */
    struct dynamodb *db;         /* NULL: not used */
    int exit;                    /* not 0: the command must end with it */
    struct stat file;            /* of standard output; st_size is -1 if that
                                    is not a regular file */
    struct progress progress;
    struct rows_out out;
    struct ids in;
    struct checkpoint checkpoint;
};

/* The services that a command uses, one bit each. */
enum { COMMAND_IMAGES = 1, COMMAND_TABLE = 2 };

/*
 * Initializes a zeroed `c`: the services, signal handlers, progress and rows;
 * then confines the process (cli/confine.h). `reads` names what the command
 * reads from standard input, for a message on a terminal; NULL: nothing.
 * Returns false, after a message, if something is missing or wrong: the exit
 * status is then COMMAND_MISUSED, and no service was called.
 */
bool command_begin(struct command *c, const struct options *o,
                   unsigned services, const char *reads);

/* Returns whether the command goes on after `done` of what --limit counts. */
bool command_continues(const struct command *c, uint64_t done);

/* How long a command waits for the beginning of its input before it checks the
   table: the program that writes the input may be slow. */
#define COMMAND_LOOK CLOCK_SECOND

/*
 * Examines the first id on standard input, which it waits for up to
 * COMMAND_LOOK. Returns false if the command must end: the list is UTF-16 or
 * cannot be read (after a message), or a signal arrived.
 */
bool command_check_list(struct command *c);

/*
 * Waits for the next id of standard input, as ids_next does. Returns IDS_ONE,
 * IDS_LONG, or IDS_END at the end of the list, on a signal, and after a
 * message about an error.
 */
enum ids_answer command_next(struct command *c, const unsigned char **id,
                            size_t *n);

/* Counts an id by its status, and prints `detail` as a message unless the id
   was skipped. command_row also sets the row's status and prints the row. */
void command_count(struct command *c, enum row_status status,
                   const unsigned char *id, size_t n, const char *detail);
void command_row(struct command *c, enum row_status status,
                 struct row *row);

/* Writes the rows that are in the buffer. */
void command_flush(struct command *c);

/* Updates the progress after a piece of work: adds the retries of DynamoDB
   calls, draws the progress line, answers SIGUSR1. */
void command_advance(struct command *c);

/*
 * Each of these prints why the command must end, and sets its exit status.
 * command_read_error: standard input cannot be read, for the reason in errno.
 * command_write_error: `what` cannot be written, for the reason `error`.
 * command_check_call: the last DynamoDB call failed; does nothing if `outcome`
 * is OUTCOME_DONE.
 */
void command_read_error(struct command *c);
void command_write_error(struct command *c, const char *what, int error);
void command_check_call(struct command *c, enum outcome outcome);

/* Reads the keys of the table and of --index. Ends the command if that fails,
   or if --key names another partition key. */
void command_keys(struct command *c, struct keys *keys);

/* Opens the checkpoint for this job, and frees `job`. Returns false, after a
   message, if the command must end. */
bool command_resume(struct command *c, struct buf *job);

/* Syncs the rows to disk, so that a checkpoint can count them. Returns false,
   after a message, if the command must end. */
bool command_sync(struct command *c);

/* Ends the command, with a message, if the checkpoint was not saved. */
void command_check_saved(struct command *c, bool saved);

/* Limits the writing of files to the checkpoint's folder. To be called when
   all files are open. */
void command_confine_files(const struct command *c);

/* Returns whether the output already has its header line: the checkpoint counts
   rows, or the file of rows is not empty. */
bool command_has_header(const struct command *c);

/* Closes the checkpoint (`clean` as in checkpoint_close) and prints the summary
   unless this is a dry run. Returns the exit status. */
int command_end(struct command *c, bool clean);

#endif
