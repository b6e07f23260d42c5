/*
 * command: what the commands have in common: their exit statuses, the signals
 * that end them, the two services, ready to be called; and, of those that
 * print rows, the beginning, the end, and what may go wrong in between.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <signal.h>
#include <stdbool.h>

#include <sys/stat.h>

#include "rows/checkpoint.h"
#include "cloudinary/cloudinary.h"
#include "dynamodb/dynamodb.h"
#include "rows/ids.h"
#include "dynamodb/keys.h"
#include "base/clock.h"
#include "cli/options.h"
#include "cli/progress.h"

/* Exit statuses, as in ocrdyn(1). */
enum {
    COMMAND_FAILED = 1,          /* some of it failed */
    COMMAND_MISUSED = 2,         /* nothing was called */
    COMMAND_STOPPED = 3,         /* nothing more could succeed */
    COMMAND_UNWRITTEN = 4        /* output could not be written */
};

/*
 * What a command gives up (sandbox.h), said with -v where that cannot be: once
 * the services are ready, and before they are called; with it all writing of
 * files, where the options name none (see command_opened). Where
 * credential_process has been run, nothing: it may have to run again, and
 * would inherit it.
 */
void command_confine(const struct options *o);

/* The end of a command that printed to stdout: its exit status, which is
   `status`, or says that it was not written. */
int command_printed(int status);

/* Prints "ID: reason", or the reason alone where n is 0. */
void command_complain(const unsigned char *id, size_t n, const char *reason);

/* ---- commands that print rows ---- */

/* The first member of the state of each, which is static: what it holds stays
   until the program ends. */
struct command {
    const struct options *o;
    struct cloudinary *cloudinary;       /* NULL where it is not called */
    struct dynamodb *db;
    int exit;                    /* the status, once it must end early */
    struct stat file;            /* of the rows; st_size -1: they go to none */
    struct progress progress;
    struct rows_out out;
    struct ids in;
    struct checkpoint checkpoint;
};

enum { COMMAND_IMAGES = 1, COMMAND_TABLE = 2 };

/*
 * Begins: readies the services (a bit each), signals, report and rows of a
 * zeroed `c`, and gives up what command_confine does. `reads`: what it reads,
 * for a person at a terminal, or NULL. False, and said, if something is missing
 * or wrong: it is MISUSED, and nothing was called.
 */
bool command_begin(struct command *c, const struct options *o,
                   unsigned services, const char *reads);

/* Is there more to be done, after `done` of what --limit limits? */
bool command_goes_on(const struct command *c, uint64_t done);

/*
 * Standard input is looked at before anything is called. What writes it may be
 * slow, and the table should be checked meanwhile: after COMMAND_LOOK what
 * comes is looked at when it comes.
 */
#define COMMAND_LOOK CLOCK_SECOND

/*
 * Looks at the first id of the list on standard input, for COMMAND_LOOK at
 * most. False if the command is to end: the list is UTF-16 or cannot be read,
 * which is said, or a signal came.
 */
bool command_list(struct command *c);

/* The next id of standard input: ids_next, but that an error is said, and the
   end. */
enum ids_answer command_next(struct command *c, const unsigned char **id,
                            size_t *n);

/* Counts what became of an id, and says what is wrong, but of what was skipped;
   and prints the row, too, with this status. */
void command_count(struct command *c, enum row_status status,
                   const unsigned char *id, size_t n, const char *detail);
void command_row(struct command *c, enum row_status status,
                 struct row *row);

/* Prints what is in the buffer of rows. */
void command_flush(struct command *c);

/* Some of the work is done: counts retries of the table's calls, and shows the
   progress. */
void command_advance(struct command *c);

/* Each of these says why the command must end, and notes its exit status:
   standard input cannot be read (errno); `what` cannot be written; the last
   call of the table came to `outcome`, unless that is DONE. */
void command_unread(struct command *c);
void command_unwritten(struct command *c, const char *what, int error);
void command_failed(struct command *c, enum outcome outcome);

/* The keys of the table, or of the index, of the options. Ends the command
   where there are none, or not the --key that was given. */
void command_keys(struct command *c, struct keys *keys);

/* Opens the checkpoint of the options for this job, which is freed. False ends
   the command, and is said. */
bool command_resume(struct command *c, struct buf *job);

/* Puts the rows on the disk, before a checkpoint counts them. False as above.
   And ends the command if the checkpoint was not written then. */
bool command_sync(struct command *c);
void command_saved(struct command *c, bool saved);

/* All files are open: gives up all writing but in the checkpoint's folder. */
void command_opened(const struct command *c);

/* Does standard output have its header already? */
bool command_headed(const struct command *c);

/* The end: closes the checkpoint, `clean` as it has that, prints the summary,
   unless it was a dry run. Returns the exit status. */
int command_end(struct command *c, bool clean);

#endif
