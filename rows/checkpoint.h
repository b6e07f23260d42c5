/*
 * checkpoint: a small file that remembers how far a list got.
 *
 * It holds how many records of the list are done and a running hash over
 * them, whatever the length of the list, in a few lines that a person can
 * read. It is replaced as a whole after each record: written beside (to the
 * path with ".new" after it), synced to disk, renamed over; so that there is
 * an old or a new one at any moment, and never half of one. It is locked
 * while it is open: a second run on it is refused. A run that is killed
 * leaves no lock, but perhaps the file beside, which the next one takes.
 *
 * A file that is empty, cut, longer than it should be, changed or somebody
 * else's is refused, and left as it is; so is whatever is not a file of its
 * own: a symbolic link, a folder, a device. So is one whose job or whose list
 * is another: the caller says what the job is, and gives it the records again
 * one by one.
 *
 * A program that may run under a limit on the size of files must ignore
 * SIGXFSZ: then it is an error like a full disk, else it kills.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHECKPOINT_HASH = 32,        /* bytes of one, */
    CHECKPOINT_HEX = 65,         /* and of its digits with a NUL */
    CHECKPOINT_PATH = 4096,
    CHECKPOINT_PLACE = 131072    /* bytes of a place, its NUL included */
};

struct checkpoint {
    int fd;                          /* holds the lock; -1: not open */
    int folder;                      /* that both are in */
    uint64_t records;                /* done, by all runs on the list */
    uint64_t given;                  /* records seen so far in this process */
    char job[CHECKPOINT_HEX];
    char stored[CHECKPOINT_HEX];             /* over the records done */
    unsigned char running[CHECKPOINT_HASH];  /* over the records given */
    bool unclean;                    /* the last run did not close it, and
                                        none was done since */
    char error[512];                 /* a sentence that names the file */
    const char *path;                /* the caller's */
    char beside[CHECKPOINT_PATH];    /* the file that will replace it */
    char place[CHECKPOINT_PLACE];    /* where other work than a list has got
                                        to, see checkpoint_at; or "" */
};

/*
 * Opens `path`, which must stay, or makes it. `job` (n bytes) is whatever must
 * be equal for the same list to be the same work; only its hash is kept. Marks
 * the file as in use, which shows that it can be written. False: `error` says
 * why it is refused.
 */
bool checkpoint_open(struct checkpoint *c, const char *path, const void *job,
                     size_t n);

enum checkpoint_place {
    CHECKPOINT_DONE,         /* this record was done by an earlier run */
    CHECKPOINT_FIRST,        /* it was not, but the last run had an unclean
                                end, and none was done since: perhaps it was,
                                look it up */
    CHECKPOINT_NEW,          /* to be done */
    CHECKPOINT_OTHER         /* this is another list: `error` says so */
};

/* Gives it the next record of the list, which has n bytes, any. */
enum checkpoint_place checkpoint_record(struct checkpoint *c,
                                        const void *record, size_t n);

/*
 * The record that was given last is done, its row and its item are out; and
 * with it all before it: one that was passed over without a thought need not
 * be followed by this. Returns once that is on the disk. False: `error` says
 * why not, and the old file is there still. Does nothing about a record that
 * was done before.
 */
bool checkpoint_done(struct checkpoint *c);

/*
 * For work that is no list: `n` records are done by now, in all, and `place`
 * (without a line end) is what is needed to go on, which the next
 * checkpoint_open finds in c->place. Answers as checkpoint_done; also if the
 * place is too long.
 */
bool checkpoint_at(struct checkpoint *c, uint64_t n, const void *place,
                   size_t len);

/* The list ended. True unless it is shorter than what was done of it. */
bool checkpoint_list_end(struct checkpoint *c);

/*
 * Closes it. `clean`: no record is in hand of which it is not known whether
 * it was done. Where an earlier run left one, and nothing was done since, the
 * file goes on saying so. False as above. An unopened or closed one is fine.
 */
bool checkpoint_close(struct checkpoint *c, bool clean);

#endif
