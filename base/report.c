/* report: see report.h. */
#include "base/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "rows/rows.h"

const char row_status_names[ROW_STATUSES][9] = {
    "complete", "empty", "skipped", "failed", "unstored", "stored",
    "updated", "deleted", "absent", "printed"
};

static bool shows;               /* the progress line is wanted, */
static bool shown;               /* and there */
static int64_t drawn;            /* when */

void report_init(enum progress_when progress)
{
    shows = progress == PROGRESS_ALWAYS ||
        (progress == PROGRESS_AUTO && isatty(STDERR_FILENO));
}

static void erase(void)
{
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}

void report_say(const char *format, ...)
{
    va_list ap;

    erase();
    fputs("ocrdyn: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void report_line(const char *line)
{
    report_say("%s", line);
}

void report_visible(char *out, size_t size, const char *format, va_list ap)
{
    char text[4096];

    vsnprintf(text, sizeof text, format, ap);
    text_visible(out, size, (const unsigned char *)text, strlen(text));
}

bool report_safe(const char *format, ...)
{
    char safe[4096];
    va_list ap;

    va_start(ap, format);
    report_visible(safe, sizeof safe, format, ap);
    va_end(ap);
    report_line(safe);
    return false;
}

void report_time(char out[32], int64_t when)
{
    int64_t now = clock_now(CLOCK_CALENDAR);
    int64_t at = now + when - clock_now(CLOCK_STEADY);
    char d[CLOCK_DATE];          /* 20261122T140007Z */

    if (!clock_date(d, at / CLOCK_SECOND))
        snprintf(out, 32, "an unknown time");
    else if (at / CLOCK_SECOND / 86400 == now / CLOCK_SECOND / 86400)
        snprintf(out, 32, "%.2s:%.2s:%.2s UTC", d + 9, d + 11, d + 13);
    else
        snprintf(out, 32, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s UTC", d, d + 4,
                 d + 6, d + 9, d + 11, d + 13);
}

/* "3 d 4 h", "4 h 5 min", "12 s": two units at most. */
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

/* Adds ", 7 images" or the like. */
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

/* The line as a string. */
static const char *end_line(struct buf *line)
{
    return buf_byte(line, '\0') ? (const char *)line->data : "memory is out";
}

static void progress_line(struct buf *line, const struct progress *r)
{
    int64_t now = clock_now(CLOCK_STEADY), took = now - r->start;
    uint64_t done = 0, bad;
    char text[48];
    int i;

    buf_init(line, 512);
    if (r->lists)
        done = r->ids;
    for (i = 0; i < ROW_STATUSES; i++)
        done += r->count[i];
    bad = r->count[ROW_FAILED] + r->count[ROW_UNSTORED];
    buf_format(line, "%" PRIu64 " done", done);
    if (bad > 0)
        buf_format(line, ", %" PRIu64 " failed", bad);
    if (took > CLOCK_SECOND)
        buf_format(line, ", %" PRIu64 "/h", (uint64_t)((double)done * 3600 *
                   CLOCK_SECOND / (double)took + 0.5));
    if (r->quota.known) {
        report_time(text, r->quota_at + r->quota.reset);
        buf_format(line, "; %" PRId64 " of %" PRId64 " calls left until %s",
                   r->quota.remaining, r->quota.limit, text);
    }
    if (r->list_size > 0 && r->list_read > 0 && done > 0) {
        double left = (double)(r->list_size - r->list_read) /
            (double)r->list_read;
        char part[24];

        duration(text, left < 1e6 ? (int64_t)((double)took * left)
                                  : INT64_MAX);
        progress_tenths(part, 100.0 * (double)r->list_read /
                      (double)r->list_size);
        buf_format(line, "; %s %%, %s to go", part, text);
    }
    if (r->waits_until > now) {
        report_time(text, r->waits_until);
        buf_format(line, "; waiting until %s", text);
    }
}

void report_draw(const char *line)
{
    if (!shows)
        return;
    erase();
    fprintf(stderr, "ocrdyn: %s", line);
    fflush(stderr);
    shown = true;
}

void progress_draw(const struct progress *r)
{
    int64_t now;
    struct buf line;

    if (!shows)
        return;
    now = clock_now(CLOCK_STEADY);
    if (drawn != 0 && now - drawn < CLOCK_SECOND / 5)
        return;
    progress_line(&line, r);
    report_draw(end_line(&line));
    buf_free(&line);
    drawn = now;
}

void progress_print(const struct progress *r)
{
    struct buf line;

    progress_line(&line, r);
    report_line(end_line(&line));
    buf_free(&line);
}

void progress_summary(const struct progress *r)
{
    const uint64_t others = r->calls - r->units;
    struct buf line;
    char text[48];
    int i;

    buf_init(&line, 512);
    add_count(&line, "", r->ids, r->what == NULL ? "image" : r->what);
    for (i = 0; i < ROW_STATUSES; i++)
        if (r->count[i] > 0)
            buf_format(&line, ", %" PRIu64 " %s", r->count[i],
                       row_status_names[i]);
    if (r->lists)
        add_count(&line, "; ", r->calls, "call");
    else if (r->what == NULL)
        add_count(&line, "; ", r->units, "OCR call");
    if (r->reused > 0) {
        add_count(&line, ", ", r->reused, "result");
        buf_str(&line, " reused");
    }
    if (others > 0 && !r->lists)
        add_count(&line, ", ", others, "other");
    if (r->retries > 0)
        buf_format(&line, ", %" PRIu64 " retr%s", r->retries,
                   r->retries == 1 ? "y" : "ies");
    duration(text, clock_now(CLOCK_STEADY) - r->start);
    buf_format(&line, "; %s", text);
    if (r->waited >= CLOCK_SECOND) {
        duration(text, r->waited);
        buf_format(&line, ", of which %s waiting", text);
    }
    report_line(end_line(&line));
    buf_free(&line);
}
