/* clock.c: the kernel's clocks and randomness, and dates as text. */
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/text.h"

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

void clock_random(void *bytes, size_t n)
{
    ssize_t got;

    do
        got = getrandom(bytes, n, 0);
    while (got < 0 && errno == EINTR);
    if (n > 256 || got != (ssize_t)n)
        abort();
}

/* ---- times as text ---- */

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

/*
 * Returns whether the text begins with this form, and its numbers in `part`. A
 * digit in the form matches a digit of the part with that number, "?" matches
 * any character, and every other character itself.
 */
static bool parse(int part[PARTS], const char *text, const char *form)
{
    memset(part, 0, PARTS * sizeof *part);
    for (; *form != '\0'; form++, text++) {
        if (text_is_digit(*form)) {
            int *n = &part[*form - '0'];

            if (!text_is_digit(*text))
                return false;
            *n = *n * 10 + *text - '0';
        } else if (*text == '\0' || (*form != '?' && *form != *text)) {
            return false;
        }
    }
    return true;
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Returns the number of days in a month, 0 to 11. */
static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned char lengths[12] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    return lengths[month] + (month == 1 && is_leap(year) ? 1U : 0U);
}

/* Returns the seconds since 1970 of a date in the Gregorian calendar, or -1 if
   it does not exist. Years begin in March here, so that a leap day is the last
   day of its year. */
static int64_t seconds(const int part[PARTS])
{
    static const struct {
        short least, most;
    } range[PARTS] = {
        {1970, 9999}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 60}
    };
    bool early = part[MONTH] < 3;
    int y = part[YEAR] - early, m = part[MONTH] + (early ? 9 : -3), days;

    for (int i = 0; i < PARTS; i++)
        if (part[i] < range[i].least || part[i] > range[i].most)
            return -1;
    if (part[DAY] > (int)month_days((unsigned)part[YEAR],
                                    (unsigned)part[MONTH] - 1))
        return -1;
    days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
        part[DAY] - 1 - 719468;
    return (((int64_t)days * 24 + part[HOUR]) * 60 + part[MINUTE]) * 60 +
        part[SECOND];
}

int64_t clock_http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *month = months;
    int part[PARTS];

    if (!parse(part, text, "???, 22 ??? 0000 33:44:55 GMT"))
        return -1;
    while (*month != '\0' && memcmp(text + 8, month, 3) != 0)
        month += 3;
    part[MONTH] = (int)(month - months) / 3 + 1;     /* 13: unknown */
    return seconds(part);
}

int64_t clock_utc(const char *text)
{
    int part[PARTS];

    return parse(part, text, "0000-11-22 33:44:55") ? seconds(part) : -1;
}

/* Parses a time zone, which ends the text: *ahead is how many seconds it is
   ahead of UTC. */
static bool parse_zone(int64_t *ahead, const char *text)
{
    static const char *const names[] = {"Z", "z", "UTC", "GMT"};
    static const char *const forms[] = {"?33:44", "?3344", "?33"};
    size_t n = 0, i;
    int part[PARTS];

    *ahead = 0;
    for (i = 0; i < sizeof names / sizeof names[0] && n == 0; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            n = strlen(names[i]);
    if (*text == '+' || *text == '-')
        for (i = 0; i < sizeof forms / sizeof forms[0] && n == 0; i++)
            if (parse(part, text, forms[i])) {
                n = strlen(forms[i]);
                *ahead = part[HOUR] * 3600 + part[MINUTE] * 60;
                if (*text == '-')
                    *ahead = -*ahead;
                if (part[HOUR] > 23 || part[MINUTE] > 59)
                    return false;
            }
    return n > 0 && text[n + strspn(text + n, " ")] == '\0';
}

int64_t clock_iso(const char *text)
{
    int part[PARTS], second[PARTS];
    int64_t at, ahead;
    bool extended;

    text += strspn(text, " ");
    extended = parse(part, text, "0000-11-22?33:44");
    if (!extended && !parse(part, text, "00001122?3344"))
        return -1;
    text += extended ? 10 : 8;
    if (*text != 'T' && *text != 't' && *text != ' ')
        return -1;
    text += extended ? 6 : 5;
    if (parse(second, text, extended ? ":55" : "55")) {
        part[SECOND] = second[SECOND];
        text += extended ? 3 : 2;
        if ((*text == '.' || *text == ',') && text_is_digit(text[1]))
            for (text++; text_is_digit(*text); text++)
                ;
    }
    at = seconds(part);
    if (at < 0 || !parse_zone(&ahead, text + strspn(text, " ")))
        return -1;
    return at < ahead ? -1 : at - ahead;
}

static void put_decimal(char *out, unsigned value, size_t digits)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* gmtime() is not used: on some machines its time_t ends in 2038. */
bool clock_date(char out[CLOCK_DATE], int64_t when)
{
    static const int64_t end = 253402300800;   /* the year 10000 */
    unsigned year = 1970, month = 0, day, second, length;

    out[0] = '\0';
    if (when < 0 || when >= end)
        return false;
    day = (unsigned)(when / 86400);
    second = (unsigned)(when % 86400);
    for (; day >= (length = is_leap(year) ? 366 : 365); year++)
        day -= length;
    while (day >= (length = month_days(year, month))) {
        day -= length;
        month++;
    }
    memcpy(out, "00000000T000000Z", CLOCK_DATE);
    put_decimal(out, year, 4);
    put_decimal(out + 4, month + 1, 2);
    put_decimal(out + 6, day + 1, 2);
    put_decimal(out + 9, second / 3600, 2);
    put_decimal(out + 11, second / 60 % 60, 2);
    put_decimal(out + 13, second % 60, 2);
    return true;
}
