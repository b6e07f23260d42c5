/*
 * clock: time and randomness.
 *
 * clock_now, clock_random and wait_until (wait.h) are the only functions of
 * the program that read a clock, get randomness or sleep: tests that control
 * time replace these three.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are nanoseconds. */
#define CLOCK_SECOND INT64_C(1000000000)

enum clock_kind {
    CLOCK_STEADY,        /* since an arbitrary start; never steps, and counts
                            the time that the machine is suspended */
    CLOCK_CALENDAR       /* since 1970-01-01 UTC; may step */
};

int64_t clock_now(enum clock_kind kind);

/* Returns CLOCK_CALENDAR in seconds, as services use it. */
int64_t clock_seconds(void);

/* Fills n bytes (at most 256) with random bytes from the kernel. Aborts the
   program if there are none: without them nothing is safe. */
void clock_random(void *bytes, size_t n);

/*
 * These parse times as services write them, in UTC, and return seconds since
 * 1970, or -1 if `text` does not begin with such a time. clock_http_date: "Sun,
 * 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7, the only form that may be
 * sent). clock_utc: "1994-11-06 08:49:37".
 *
 * clock_iso: the whole text is "1994-11-06T08:49:37Z" (RFC 3339) or another
 * form that AWS's tools write and botocore (dateutil) reads: "t" or a blank
 * for "T"; no seconds, or a fraction of them, which is ignored; for "Z",
 * optionally after a blank, "z", "UTC", "GMT", "+01:00", "+0100" or "+01". The
 * basic form "19941106T084937Z" is accepted, too. A text without a zone is not
 * a time.
 */
int64_t clock_http_date(const char *text);
int64_t clock_utc(const char *text);
int64_t clock_iso(const char *text);

enum { CLOCK_DATE = 17 };        /* "20150830T123600Z" and a NUL */

/*
 * Writes a time in seconds since 1970, in UTC and the basic form of ISO 8601,
 * as X-Amz-Date has it. Returns false, with an empty string, if it is negative
 * or after the year 9999.
 */
bool clock_date(char out[CLOCK_DATE], int64_t when);

#endif
