/*
 * progress: what a command has done so far, as the progress line, as an answer
 * to SIGUSR1, and as the summary at the end.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cloudinary/pace.h"
#include "rows/rows.h"

/* When the progress line is drawn: AUTO if standard error is a terminal. */
enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* Times are ns of CLOCK_STEADY. */
struct progress {
    const char *what;            /* NULL: images; else "item" or the like */
    uint64_t ids;                /* read from the list */
    uint64_t count[ROW_STATUSES];
    uint64_t calls, units;       /* calls to Cloudinary; those that are paid */
    bool lists;                  /* a listing: `ids` were printed */
    uint64_t reused;             /* texts taken from earlier results */
    uint64_t retries;            /* of both services */
    int64_t start, waited;
    int64_t waits_until;         /* 0, or when the current wait ends */
    struct pace_quota quota;     /* as the last answer said, at: */
    int64_t quota_at;
    int64_t list_size, list_read;        /* bytes; size -1: unknown */
};

/* Draws the progress line, unless it was drawn in the last 200 ms. */
void progress_draw(const struct progress *p);

/* Prints the progress line as a message. */
void progress_print(const struct progress *p);

/* Prints the summary. */
void progress_summary(const struct progress *p);

/* From now on SIGUSR1 prints this progress, wherever the program waits. */
void progress_watch(const struct progress *p);

/* Prints the watched progress if SIGUSR1 has asked for it since. */
void progress_answer(void);

/* Writes a number that is not negative, with one decimal place. */
void progress_tenths(char text[24], double number);

#endif
