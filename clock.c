/* clock: see clock.h. */
#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

_Static_assert(sizeof(time_t) >= 8, "32 bits of seconds end in 2038");

int64_t clock_now(enum clock_kind kind)
{
    struct timespec ts = {0, 0};

    clock_gettime(kind == CLOCK_STEADY ? CLOCK_BOOTTIME : CLOCK_REALTIME,
                  &ts);
    return (int64_t)ts.tv_sec * CLOCK_SECOND + (int64_t)ts.tv_nsec;
}

int64_t clock_seconds(void)
{
    return clock_now(CLOCK_CALENDAR) / CLOCK_SECOND;
}

/* poll(2)'s own clock stands still while the machine is suspended, so that
   long waits go in steps. */
static struct timespec step(int64_t left)
{
    const int64_t longest = 60 * CLOCK_SECOND;
    struct timespec ts;

    if (left < 0)
        left = 0;
    if (left > longest)
        left = longest;
    ts.tv_sec = (time_t)(left / CLOCK_SECOND);
    ts.tv_nsec = (long)(left % CLOCK_SECOND);
    return ts;
}

void (*clock_interrupted)(void);

enum clock_wait clock_sleep(int64_t until, int fd, short events,
                            const volatile sig_atomic_t *stop)
{
    enum clock_wait result = CLOCK_SIGNAL;
    struct pollfd pfd = {fd, events, 0};
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (clock_interrupted != NULL)
        clock_interrupted();
    while (stop == NULL || *stop == 0) {
        int64_t now = clock_now(CLOCK_STEADY);
        struct timespec ts =
            step(until == INT64_MAX ? INT64_MAX : until - now);
        int n = ppoll(&pfd, fd < 0 ? 0 : 1, &ts, &before);
        if (n > 0) {
            result = CLOCK_READY;
            break;
        }
        if (n < 0 && errno == EINTR)
            break;
        if (clock_now(CLOCK_STEADY) >= until) {
            result = CLOCK_TIME;
            break;
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result == CLOCK_SIGNAL && clock_interrupted != NULL)
        clock_interrupted();
    return result;
}

void clock_random(void *bytes, size_t n)
{
    ssize_t got;

    do
        got = getrandom(bytes, n, 0);
    while (got < 0 && errno == EINTR);
    if (n > 256 || got != (ssize_t)n)
        abort();
}

/* A number of n digits, or -1. */
static int digits(const char *p, int n)
{
    int value = 0;

    for (; n > 0; n--, p++) {
        if (*p < '0' || *p > '9')
            return -1;
        value = value * 10 + *p - '0';
    }
    return value;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: months are
   counted from March, so that the leap day is a year's last. */
static int64_t days(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
        719468;
}

/* A date and what stands at `time`, "08:49:37". */
static int64_t seconds(int year, int month, int day, const char *time)
{
    int h = digits(time, 2), m, s;

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 ||
        h < 0 || h > 23 || time[2] != ':')
        return -1;
    m = digits(time + 3, 2);
    if (m < 0 || m > 59 || time[5] != ':')
        return -1;
    s = digits(time + 6, 2);
    if (s < 0 || s > 60)
        return -1;
    return ((days(year, month, day) * 24 + h) * 60 + m) * 60 + s;
}

/* Has the text the form, in which 0 stands for any character? */
static bool shaped(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++)
        if (*text == '\0' || (*form != '0' && *form != *text))
            return false;
    return true;
}

int64_t clock_http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int month;

    if (!shaped(text, "000, 00 000 0000 00:00:00 GMT"))
        return -1;
    for (month = 0; month < 12; month++)
        if (memcmp(text + 8, months + 3 * (size_t)month, 3) == 0)
            return seconds(digits(text + 12, 4), month + 1,
                           digits(text + 5, 2), text + 17);
    return -1;
}

int64_t clock_utc(const char *text)
{
    if (!shaped(text, "0000-00-00 00:00:00"))
        return -1;
    return seconds(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2),
                   text + 11);
}

int64_t clock_iso(const char *text)
{
    const char *zone;
    int64_t at, offset;

    if (!shaped(text, "0000-00-00T00:00:00"))
        return -1;
    zone = text + 19;
    at = seconds(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2),
                 text + 11);
    if (*zone == '.' && digits(zone + 1, 1) >= 0)
        for (zone++; digits(zone, 1) >= 0; zone++)
            ;
    if (at < 0 || strcmp(zone, "Z") == 0)
        return at;
    if ((*zone != '+' && *zone != '-') || !shaped(zone + 1, "00:00") ||
        zone[6] != '\0' || digits(zone + 1, 2) < 0 || digits(zone + 4, 2) < 0)
        return -1;
    offset = digits(zone + 1, 2) * 3600 + digits(zone + 4, 2) * 60;
    at += *zone == '+' ? -offset : offset;
    return at < 0 ? -1 : at;
}
