/*
 * clock: time, waiting and randomness, and nothing else of the kind anywhere.
 *
 * Tests that own time link their own three functions instead.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are nanoseconds. */
#define CLOCK_SECOND INT64_C(1000000000)

enum clock_kind {
    CLOCK_STEADY,        /* since some start; never steps, and counts the
                            time that the machine was suspended */
    CLOCK_CALENDAR       /* since 1970-01-01 UTC; may step */
};

int64_t clock_now(enum clock_kind kind);

/* CLOCK_CALENDAR in seconds, as services have it. */
int64_t clock_seconds(void);

/* Fills n bytes (at most 256) from the kernel. Ends the program when there
   is no randomness to be had: nothing could be done safely without. */
void clock_random(void *bytes, size_t n);

/*
 * Times as services write them, in UTC: seconds since 1970, or -1 if `text`
 * does not begin so. clock_http_date: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC
 * 9110 section 5.6.7, the one form that may be sent). clock_utc: "1994-11-06
 * 08:49:37".
 *
 * clock_iso: the whole text is "1994-11-06T08:49:37Z" (RFC 3339) or another
 * form that AWS's tools write and botocore (dateutil) reads: "t" or a blank
 * for "T"; no seconds, or a fraction of them, which is left out; and for "Z",
 * perhaps after a blank, "z", "UTC", "GMT", "+01:00", "+0100" or "+01". Also
 * the basic form "19941106T084937Z". A text without a zone is not a time.
 */
int64_t clock_http_date(const char *text);
int64_t clock_utc(const char *text);
int64_t clock_iso(const char *text);

enum { CLOCK_DATE = 17 };        /* "20150830T123600Z" and its NUL */

/*
 * Writes seconds since 1970 (not negative, before the year 10000) in UTC, in
 * the basic form of ISO 8601, which X-Amz-Date has. False, and an empty
 * string, if they are out of range.
 */
bool clock_date(char out[CLOCK_DATE], int64_t when);

#endif
