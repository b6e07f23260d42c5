/* report.c: prints messages and the progress line to standard error. */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

static bool draws;               /* a progress line is wanted */
static bool drawn;               /* and is on the terminal */

void report_init(bool wanted)
{
    draws = wanted;
}

static void erase(void)
{
    if (drawn)
        fputs("\r\033[K", stderr);
    drawn = false;
}

void report_line(const char *line)
{
    erase();
    fprintf(stderr, "ocrdyn: %s\n", line);
}

void report_say(const char *format, ...)
{
    char safe[4096];
    va_list ap;

    va_start(ap, format);
    text_format(safe, sizeof safe, format, ap);
    va_end(ap);
    report_line(safe);
}

bool report_draw(const char *line)
{
    if (!draws)
        return false;
    erase();
    fprintf(stderr, "ocrdyn: %s", line);
    fflush(stderr);
    drawn = true;
    return true;
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
