/*
 * report: what a person sees on standard error: messages, the progress line,
 * the summary.
 *
 * The progress line is for terminals only: it is drawn over itself, at most
 * five times a second, and taken away before any message.
 */
#ifndef ROW_H
#define ROW_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloudinary/pace.h"

enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* The fates of an image, or of an item, as rows have them. */
enum row_status {
    ROW_COMPLETE, ROW_EMPTY, ROW_SKIPPED, ROW_FAILED,
    ROW_UNSTORED, ROW_STORED, ROW_UPDATED, ROW_DELETED,
    ROW_ABSENT, ROW_PRINTED, ROW_STATUSES
};

extern const char row_status_names[ROW_STATUSES][9];

/* What there is to report. Times are ns of CLOCK_STEADY. */
struct progress {
    const char *what;            /* NULL: images; else "item" */
    uint64_t ids;                /* read from the list */
    uint64_t count[ROW_STATUSES];
    uint64_t calls, units;       /* made to Cloudinary; of them, OCR */
    bool lists;                  /* it is a listing: `ids` were printed */
    uint64_t reused;             /* texts taken from earlier results */
    uint64_t retries;            /* of both services */
    int64_t start, waited;
    int64_t waits_until;         /* 0, or when the wait in hand ends */
    struct pace_quota quota;     /* as last heard, at: */
    int64_t quota_at;
    int64_t list_size, list_read;        /* bytes; size -1: not known */
};

/* Is the progress line to be shown? */
void report_init(enum progress_when progress);

/* "ocrdyn: " and a line; one as it stands. */
void report_line(const char *line);
void report_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The same for what may be hostile: it is made fit for a terminal. False. */
bool report_safe(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* What is printed that way: up to 4 KB, in up to `size` bytes. */
void report_visible(char *out, size_t size, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* Draws the progress line, if it is time to. */
void progress_draw(const struct progress *r);

/* Draws a line of the caller's own in its place. */
void report_draw(const char *line);

/* Prints the progress line now, as a message. */
void progress_print(const struct progress *r);

void progress_summary(const struct progress *r);

/* A number that is not negative, with one decimal place. */
void progress_tenths(char text[24], double number);

/* "14:00:07 UTC" (with the date, if that is another day) for a time of
   CLOCK_STEADY. */
void report_time(char out[32], int64_t when);

#endif
