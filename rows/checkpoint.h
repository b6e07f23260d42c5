/*
 * checkpoint: a small file that remembers how much of a list is done.
 *
 * It contains the number of records that are done and a running hash over
 * them, in a few lines that a person can read; its size does not depend on the
 * length of the list. It is replaced after each record: written to a second
 * file (the path with ".new" appended), synced to the disk, renamed. So there
 * is an old or a new file at any moment, and never half of one. The file is
 * locked while it is open, and a second run with it is refused. A run that is
 * killed leaves no lock, but perhaps the second file, which the next run
 * overwrites.
 *
 * A file that is empty, cut short, too long, changed or not a checkpoint is
 * refused and not modified; so is everything that is not a regular file (a
 * symbolic link, a folder, a device), and a file that belongs to another job or
 * another list. The caller says what the job is, and passes all records of the
 * list again, one by one.
 *
 * A program that may run under a limit on the size of files must ignore
 * SIGXFSZ: then reaching it is an error like a full disk.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum {
    CHECKPOINT_HASH = 32,        /* bytes of a SHA-256, */
    CHECKPOINT_HEX = 65,         /* and of its digits with a NUL */
    CHECKPOINT_PATH = 4096,
    CHECKPOINT_POSITION = 131071 /* bytes of a position */
};

struct checkpoint {
    int fd;                          /* has the lock; -1: not open */
    int folder;                      /* the folder that both files are in */
    uint64_t records;                /* done, by all runs on the list */
    uint64_t given;                  /* records passed in by this process */
    char job[CHECKPOINT_HEX];
    char stored[CHECKPOINT_HEX];             /* over the records done */
    unsigned char running[CHECKPOINT_HASH];  /* over the records given */
    bool unclean;                    /* the last run did not close the file,
                                        and no record was done since */
    struct error error;              /* names the file */
    const char *path;                /* the caller's */
    char beside[CHECKPOINT_PATH];    /* the file that will replace it */
    struct buf position;             /* of work that is not a list, see
                                        checkpoint_save; or empty */
    struct buf text;                 /* of the file */
};

/*
 * Opens the file at `path`, which must remain valid, or creates it. `job`
 * (n bytes) contains everything that must be equal for two runs to do the same
 * work; only its hash is stored. Marks the file as in use, which also shows
 * that it can be written. Returns false if the file is refused: `error`.
 */
bool checkpoint_open(struct checkpoint *c, const char *path, const void *job,
                     size_t n);

enum checkpoint_state {
    CHECKPOINT_DONE,         /* an earlier run did this record */
    CHECKPOINT_DOUBT,        /* perhaps it did: the last run had an unclean end,
                                and no record was done since */
    CHECKPOINT_NEW,          /* to be done */
    CHECKPOINT_OTHER         /* this is another list: `error` */
};

/* Takes the next record of the list, n bytes of any value. */
enum checkpoint_state checkpoint_record(struct checkpoint *c,
                                        const void *record, size_t n);

/*
 * Notes that the last record that was given is done, with all before it: its
 * row and its item are written. (A record that needs no work may be skipped
 * without this call.) Returns once that is on the disk. Returns false if it
 * could not be written: `error`, and the old file is still there. Does nothing
 * about a record that an earlier run did.
 */
bool checkpoint_done(struct checkpoint *c);

/*
 * For work that is not a list: notes that `records` are done, in total, and
 * the position where the work continues, n bytes without a line end or NUL,
 * which the next checkpoint_open puts into c->position. Returns as
 * checkpoint_done; false also if the position is too long.
 */
bool checkpoint_save(struct checkpoint *c, uint64_t records,
                     const void *position, size_t n);

/* The list ended. Returns false if it is shorter than what was done of it:
   `error`. */
bool checkpoint_list_end(struct checkpoint *c);

/*
 * Closes the file. `clean`: of each record it is known whether it was done. If
 * an earlier run had an unclean end, and no record was done since, the file
 * continues to say so. Returns as checkpoint_done; true if it is not open.
 */
bool checkpoint_close(struct checkpoint *c, bool clean);

#endif
