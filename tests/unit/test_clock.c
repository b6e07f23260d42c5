/* Unit tests of clock.c: the times that services write. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "tests/unit/test.h"

static const struct {
    const char *text;
    long long http, utc;         /* -1: not of that form */
} times[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777, -1},    /* RFC 9110 5.6.7 */
    {"1994-11-06 08:49:37", -1, 784111777},
    {"1994-11-06 08:49:37 UTC", -1, 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0, -1},
    {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199, -1},
    {"Fri, 31 Dec 9999 23:59:60 GMT", 253402300800, -1},
    {"Sunday, 06-Nov-94 08:49:37 GMT", -1, -1},
    {"Sun Nov  6 08:49:37 1994", -1, -1},
    {"Sun, 06 nov 1994 08:49:37 GMT", -1, -1},
    {"Sun, 06 Nov 1994 08:49:37 UTC", -1, -1},
    {"Sun, 06 Nov 1994 08:49:37", -1, -1},
    {"Sun, 06 Nov 1994 24:00:00 GMT", -1, -1},
    {"Sun, 06 Nov 1994 08:60:00 GMT", -1, -1},
    {"Sun, 06 Nov 1994 08:00:61 GMT", -1, -1},
    {"Sun, 00 Nov 1994 08:49:37 GMT", -1, -1},
    {"Sun, 32 Nov 1994 08:49:37 GMT", -1, -1},
    {"Sun,  6 Nov 1994 08:49:37 GMT", -1, -1},
    {"Wed, 31 Dec 1969 23:59:59 GMT", -1, -1},
    {"1994-13-06 08:49:37", -1, -1},
    {"1994-02-29 08:49:37", -1, -1},
    {"Sun, 31 Nov 1994 08:49:37 GMT", -1, -1},
    {"1994-11-06T08:49:37", -1, -1},
    {"1994-11-06 8:49:37", -1, -1},
    {"1994-11-06", -1, -1},
    {"-994-11-06 08:49:37", -1, -1},
    {"", -1, -1}
};

/* As python3-dateutil reads them, and so botocore, but for the last group. */
static const struct {
    const char *text;
    long long time;              /* -1: refused, or without a zone */
} isos[] = {
    {"1994-11-06T08:49:37Z", 784111777},
    {"1994-11-06T08:49:37z", 784111777},
    {"1994-11-06t08:49:37z", 784111777},
    {"1994-11-06 08:49:37Z", 784111777},
    {" 1994-11-06T08:49:37Z ", 784111777},
    {"1994-11-06T08:49:37 Z", 784111777},
    {"1994-11-06T08:49:37UTC", 784111777},
    {"1994-11-06T08:49:37 UTC", 784111777},
    {"1994-11-06 08:49:37 GMT", 784111777},
    {"1994-11-06T08:49:37.1Z", 784111777},
    {"1994-11-06T08:49:37.123456789Z", 784111777},
    {"1994-11-06T08:49:37,5Z", 784111777},
    {"1994-11-06T08:49:37+00:00", 784111777},
    {"1994-11-06T08:49:37-00:00", 784111777},
    {"1994-11-06T08:49:37+0000", 784111777},
    {"1994-11-06T08:49:37.000000+0000", 784111777},
    {"1994-11-06T08:49:37 +0000", 784111777},
    {"1994-11-06T09:49:37+01:00", 784111777},
    {"1994-11-06T10:49:37+02", 784111777},
    {"1994-11-06T03:19:37-05:30", 784111777},
    {"1994-11-06T03:19:37-0530", 784111777},
    {"1994-11-07T08:48:37+23:59", 784111777},
    {"1994-11-06T08:49Z", 784111740},
    {"1994-11-06T09:49+0100", 784111740},
    {"19941106T084937Z", 784111777},
    {"19941106T084937.5+0000", 784111777},
    {"19941106 0849Z", 784111740},
    {"2024-02-29T00:00:00Z", 1709164800},
    {"1970-01-01T00:00:00Z", 0},
    {"1994-11-06T08:49:37", -1},
    {"1994-11-06T08:49:37.5", -1},
    {"1994-11-06T08:49:37ZZ", -1},
    {"1994-11-06T08:49:37EST", -1},
    {"1994-11-06T08:49:37utc", -1},
    {"1994-11-06T08:49:37gmt", -1},
    {"1994-11-06T08:49:37.Z", -1},
    {"1994-11-06T08:49:37+00:00Z", -1},
    {"1994-11-06T08:49:37+ab:cd", -1},
    {"1994-11-06T08:49:37+010", -1},
    {"1994-11-06T08:49:37+24:00", -1},
    {"1994-11-06T08:49:37-2400", -1},
    {"1994-11-06T08:49:37+", -1},
    {"1994-13-06T08:49:37Z", -1},
    {"1994-02-30T08:49:37Z", -1},
    {"1994-04-31T08:49:37Z", -1},
    {"2023-02-29T00:00:00Z", -1},
    {"1900-02-29T00:00:00Z", -1},
    {"1994-11-06T24:00:00Z", -1},
    {"1994-11-06T08:60:00Z", -1},
    {"1994-11-06Z", -1},
    {"784111777", -1},
    {"tomorrow", -1},
    {"", -1},
    /* dateutil knows no leap second, takes these zones and forms, and has
       times before 1970 */
    {"1994-11-06T08:49:60Z", 784111800},
    {"1994-11-06T08:49:37+00:60", -1},
    {"1994-11-06T08:49:37+1:00", -1},
    {"1994-11-06T08:49:37UTC+3", -1},
    {"1994-11-06T08Z", -1},
    {"1994/11/06 08:49:37Z", -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT", -1},
    {"1970-01-01T00:00:00+01:00", -1}
};

static void check_iso(void)
{
    size_t i;

    for (i = 0; i < sizeof isos / sizeof isos[0]; i++) {
        char *copy = strdup(isos[i].text);

        CHECK(clock_iso(copy) == isos[i].time, "\"%s\" as ISO 8601: %lld",
              copy, (long long)clock_iso(copy));
        free(copy);
    }
}

static void check_date(void)
{
    static const struct { long long when; const char *date; } cases[] = {
        {0, "19700101T000000Z"}, {1, "19700101T000001Z"},
        {86399, "19700101T235959Z"}, {86400, "19700102T000000Z"},
        {951782399, "20000228T235959Z"}, {951782400, "20000229T000000Z"},
        {951868800, "20000301T000000Z"}, {1440938160, "20150830T123600Z"},
        {2147483648, "20380119T031408Z"}, {4107542400, "21000301T000000Z"},
        {253402300799, "99991231T235959Z"}
    };
    char text[CLOCK_DATE] = "x";

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(clock_date(text, cases[i].when) &&
              strcmp(text, cases[i].date) == 0, "%lld is %s: %s",
              cases[i].when, cases[i].date, text);
    CHECK(!clock_date(text, -1) && *text == '\0', "no time before 1970");
    *text = 'x';
    CHECK(!clock_date(text, 253402300800) && *text == '\0',
          "no time after 9999");
}

int main(void)
{
    unsigned bad = 0, n;
    size_t i;

    for (i = 0; i < sizeof times / sizeof times[0]; i++) {
        size_t size = strlen(times[i].text) + 1;
        char *copy = malloc(size);       /* so that a read past it shows */

        memcpy(copy, times[i].text, size);
        CHECK(clock_http_date(copy) == times[i].http, "\"%s\" as HTTP date",
              copy);
        CHECK(clock_utc(copy) == times[i].utc, "\"%s\" as UTC", copy);
        free(copy);
    }
    srand(20261122);
    for (n = 0; n < 100000; n++) {
        time_t t = (time_t)((double)rand() / RAND_MAX * 4102444800.0);
        char text[64];
        struct tm tm;

        gmtime_r(&t, &tm);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        bad += clock_http_date(text) != t;
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
        bad += clock_utc(text) != t;
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        bad += clock_iso(text) != t;
    }
    check_iso();
    check_date();
    CHECK(bad == 0, "%u of %u times differ from the C library's", bad, 3 * n);
    return test_done("test_clock");
}
