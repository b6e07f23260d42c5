/*
 * progress: shows what a command has done so far, in the progress line, in
 * response to SIGUSR1, and in the summary at the end.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cloudinary/pace.h"
#include "rows/rows.h"

/* When the progress line is drawn; AUTO: if standard error is a terminal. */
enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* Times are ns of CLOCK_STEADY. */
struct progress {
    const char *what;            /* what `ids` counts, in the singular, such as
                                    "item"; NULL: images */
    uint64_t ids;                /* ids read from the list */
    uint64_t count[ROW_STATUSES];        /* ids by their status */
    uint64_t calls;              /* all calls to Cloudinary */
    uint64_t units;              /* calls to Cloudinary that are paid for */
    bool lists;                  /* the command is list: `ids` were printed */
    uint64_t reused;             /* texts taken from earlier results */
    uint64_t retries;            /* repeated calls to both services */
    int64_t start;               /* time of the start */
    int64_t waited;              /* total duration of waits */
    int64_t waits_until;         /* end of the current wait, or 0 */
    struct pace_quota quota;     /* the account's quota in the last answer */
    int64_t quota_at;            /* time of that answer */
    int64_t list_size, list_read;        /* bytes; size -1: unknown */
};

/* Draws the progress line, at most every 200 ms. */
void progress_draw(const struct progress *p);

/* Prints the summary. */
void progress_summary(const struct progress *p);

/* Makes SIGUSR1 print `p`, which must stay valid, also during waits. */
void progress_watch(const struct progress *p);

/* Prints the watched progress if SIGUSR1 arrived since the last call. */
void progress_answer(void);

/* Writes a number, which must not be negative, with one decimal place. */
void progress_tenths(char text[24], double number);

#endif
