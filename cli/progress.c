/* progress.c: formats the progress line and the summary of a command. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/report.h"
#include "base/wait.h"

static const struct progress *watched;
static int64_t drawn;            /* time of the last drawing, or 0 */

/* Writes a duration in at most two units: "3 d 4 h", "4 h 5 min", "12 s". */
static void duration(char out[48], int64_t ns)
{
    long long all = (long long)(ns / CLOCK_SECOND);

    if (all >= 86400)
        snprintf(out, 48, "%lld d %lld h", all / 86400, all % 86400 / 3600);
    else if (all >= 3600)
        snprintf(out, 48, "%lld h %lld min", all / 3600, all % 3600 / 60);
    else if (all >= 60)
        snprintf(out, 48, "%lld min %lld s", all / 60, all % 60);
    else
        snprintf(out, 48, "%lld s", all);
}

/* Adds `before` and a count such as "7 images". */
static void add_count(struct buf *line, const char *before, uint64_t n,
                      const char *what)
{
    buf_format(line, "%s%" PRIu64 " %s%s", before, n, what,
               n == 1 ? "" : "s");
}

void progress_tenths(char text[24], double number)
{
    uint64_t tenths = (uint64_t)(number * 10 + 0.5);

    snprintf(text, 24, "%" PRIu64 ".%u", tenths / 10,
             (unsigned)(tenths % 10));
}

/* Terminates the line with a NUL and returns it. */
static const char *end_line(struct buf *line)
{
    return buf_byte(line, '\0') ? (const char *)line->data : "out of memory";
}

/* Adds the part of the list that was read, and the time that the rest takes at
   the same speed. */
static void add_rest(struct buf *line, const struct progress *p, int64_t took)
{
    const double left = (double)(p->list_size - p->list_read) /
        (double)p->list_read;
    char percent[24], time[48];

    duration(time, left < 1e6 ? (int64_t)((double)took * left) : INT64_MAX);
    progress_tenths(percent, 100.0 * (double)p->list_read /
                    (double)p->list_size);
    buf_format(line, "; %s %%, %s to go", percent, time);
}

static void progress_line(struct buf *line, const struct progress *p)
{
    const int64_t now = clock_now(CLOCK_STEADY), took = now - p->start;
    uint64_t done = p->lists ? p->ids : 0, bad;
    char text[48];
    int i;

    buf_init(line, 512);
    for (i = 0; i < ROW_STATUSES; i++)
        done += p->count[i];
    bad = p->count[ROW_FAILED] + p->count[ROW_UNSTORED];
    buf_format(line, "%" PRIu64 " done", done);
    if (bad > 0)
        buf_format(line, ", %" PRIu64 " failed", bad);
    if (took > CLOCK_SECOND)
        buf_format(line, ", %" PRIu64 "/h", (uint64_t)((double)done * 3600 *
                   CLOCK_SECOND / (double)took + 0.5));
    if (p->quota.known) {
        report_time(text, p->quota_at + p->quota.reset);
        buf_format(line, "; %" PRId64 " of %" PRId64 " calls left until %s",
                   p->quota.remaining, p->quota.limit, text);
    }
    if (p->list_size > 0 && p->list_read > 0 && done > 0)
        add_rest(line, p, took);
    if (p->waits_until > now) {
        report_time(text, p->waits_until);
        buf_format(line, "; waiting until %s", text);
    }
}

void progress_draw(const struct progress *p)
{
    const int64_t now = clock_now(CLOCK_STEADY);
    struct buf line;

    if (drawn != 0 && now - drawn < CLOCK_SECOND / 5)
        return;
    progress_line(&line, p);
    if (report_draw(end_line(&line)))
        drawn = now;
    buf_free(&line);
}

void progress_answer(void)
{
    struct buf line;

    if (wait_asked == 0)
        return;
    wait_asked = 0;
    progress_line(&line, watched);
    report_line(end_line(&line));
    buf_free(&line);
}

void progress_watch(const struct progress *p)
{
    watched = p;
    wait_interrupted = progress_answer;
}

void progress_summary(const struct progress *p)
{
    const uint64_t others = p->calls - p->units;
    struct buf line;
    char text[48];
    int i;

    buf_init(&line, 512);
    add_count(&line, "", p->ids, p->what == NULL ? "image" : p->what);
    for (i = 0; i < ROW_STATUSES; i++)
        if (p->count[i] > 0)
            buf_format(&line, ", %" PRIu64 " %s", p->count[i],
                       row_status_names[i]);
    if (p->lists)
        add_count(&line, "; ", p->calls, "call");
    else if (p->what == NULL)
        add_count(&line, "; ", p->units, "OCR call");
    if (p->reused > 0) {
        add_count(&line, ", ", p->reused, "result");
        buf_str(&line, " reused");
    }
    if (others > 0 && !p->lists)
        add_count(&line, ", ", others, "other");
    if (p->retries > 0)
        buf_format(&line, ", %" PRIu64 " retr%s", p->retries,
                   p->retries == 1 ? "y" : "ies");
    duration(text, clock_now(CLOCK_STEADY) - p->start);
    buf_format(&line, "; %s", text);
    if (p->waited >= CLOCK_SECOND) {
        duration(text, p->waited);
        buf_format(&line, ", of which %s waiting", text);
    }
    report_line(end_line(&line));
    buf_free(&line);
}
