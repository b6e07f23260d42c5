/*
 * clock: time, waiting and randomness, and nothing else of the kind anywhere.
 *
 * Tests that own time link their own three functions instead.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <signal.h>
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

/* Called, outside of the handler, before a wait of more than 20 ms and after a
   signal that was caught has interrupted one: whatever a handler noted is seen
   before the wait goes on. NULL at first. */
extern void (*wait_interrupted)(void);

enum wait_result {
    WAIT_TIME,          /* `until` has come */
    WAIT_READY,         /* the descriptor is ready (or in error) */
    WAIT_SIGNAL         /* a signal was caught */
};

/*
 * Waits until CLOCK_STEADY is at `until` (INT64_MAX: for ever), or `fd` (-1:
 * none) is ready for `events` of poll(2), or a signal is caught while it
 * waits or, where `stop` is not NULL, *stop is or becomes other than 0: no
 * signal falls into the gap between looking and waiting.
 */
enum wait_result wait_until(int64_t until, int fd, short events,
                            const volatile sig_atomic_t *stop);

/* Fills n bytes (at most 256) from the kernel. Ends the program when there
   is no randomness to be had: nothing could be done safely without. */
void clock_random(void *bytes, size_t n);

/*
 * Times as services write them, in UTC: seconds since 1970, or -1 if `text`
 * does not begin so. clock_http_date: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC
 * 9110 section 5.6.7, the one form that may be sent). clock_utc: "1994-11-06
 * 08:49:37". clock_iso: "1994-11-06T08:49:37Z" (RFC 3339), and nothing after
 * it; perhaps with a fraction, which is left out, or with "+01:00" for "Z".
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
