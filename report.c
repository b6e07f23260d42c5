/* report: see report.h. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "rows.h"
#include "sigv4.h"

const char *const report_names[REPORT_STATUSES] = {
    "complete", "empty", "skipped", "failed", "unstored", "stored",
    "updated", "deleted", "absent", "printed"
};

static bool shows;               /* the progress line is wanted, */
static bool shown;               /* and there */
static int64_t drawn;            /* when */

void report_init(enum report_progress progress)
{
    shows = progress == REPORT_ALWAYS ||
        (progress == REPORT_AUTO && isatty(STDERR_FILENO));
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
    rows_visible(out, size, (const unsigned char *)text, strlen(text));
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
    char d[SIGV4_DATE];          /* 20261122T140007Z */

    if (!sigv4_date(d, at / CLOCK_SECOND))
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

/* Appends to the line, which has 512 bytes. */
__attribute__((format(printf, 2, 3)))
static void add(char *line, const char *format, ...)
{
    size_t n = strlen(line);
    va_list ap;

    va_start(ap, format);
    vsnprintf(line + n, 512 - n, format, ap);
    va_end(ap);
}

static void progress_line(char *line, const struct report *r)
{
    int64_t now = clock_now(CLOCK_STEADY), took = now - r->start;
    uint64_t done = 0, bad;
    char text[48];
    int i;

    if (r->lists)
        done = r->ids;
    for (i = 0; i < REPORT_STATUSES; i++)
        done += r->count[i];
    bad = r->count[REPORT_FAILED] + r->count[REPORT_UNSTORED];
    *line = '\0';
    add(line, "%" PRIu64 " done", done);
    if (bad > 0)
        add(line, ", %" PRIu64 " failed", bad);
    if (took > CLOCK_SECOND)
        add(line, ", %.0f/h", (double)done * 3600 * CLOCK_SECOND /
            (double)took);
    if (r->quota.known) {
        report_time(text, r->quota_at + r->quota.reset);
        add(line, "; %lld of %lld calls left until %s",
            (long long)r->quota.remaining, (long long)r->quota.limit, text);
    }
    if (r->list_size > 0 && r->list_read > 0 && done > 0) {
        double left = (double)(r->list_size - r->list_read) /
            (double)r->list_read;

        duration(text, left < 1e6 ? (int64_t)((double)took * left)
                                  : INT64_MAX);
        add(line, "; %.1f %%, %s to go", 100.0 * (double)r->list_read /
            (double)r->list_size, text);
    }
    if (r->waits_until > now) {
        report_time(text, r->waits_until);
        add(line, "; waiting until %s", text);
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

void report_progress(const struct report *r)
{
    int64_t now;
    char line[512];

    if (!shows)
        return;
    now = clock_now(CLOCK_STEADY);
    if (drawn != 0 && now - drawn < CLOCK_SECOND / 5)
        return;
    progress_line(line, r);
    report_draw(line);
    drawn = now;
}

void report_now(const struct report *r)
{
    char line[512];

    progress_line(line, r);
    report_line(line);
}

static const char *s(uint64_t n)
{
    return n == 1 ? "" : "s";
}

void report_summary(const struct report *r)
{
    const uint64_t others = r->calls - r->units;
    char line[512] = "", text[48];
    int i;

    add(line, "%" PRIu64 " %s%s", r->ids, r->what == NULL ? "image" : r->what,
        s(r->ids));
    for (i = 0; i < REPORT_STATUSES; i++)
        if (r->count[i] > 0)
            add(line, ", %" PRIu64 " %s", r->count[i], report_names[i]);
    if (r->lists)
        add(line, "; %" PRIu64 " call%s", r->calls, s(r->calls));
    else if (r->what == NULL)
        add(line, "; %" PRIu64 " OCR call%s", r->units, s(r->units));
    if (r->reused > 0)
        add(line, ", %" PRIu64 " result%s reused", r->reused, s(r->reused));
    if (others > 0 && !r->lists)
        add(line, ", %" PRIu64 " other%s", others, s(others));
    if (r->retries > 0)
        add(line, ", %" PRIu64 " retr%s", r->retries,
            r->retries == 1 ? "y" : "ies");
    duration(text, clock_now(CLOCK_STEADY) - r->start);
    add(line, "; %s", text);
    if (r->waited >= CLOCK_SECOND) {
        duration(text, r->waited);
        add(line, ", of which %s waiting", text);
    }
    report_line(line);
}
