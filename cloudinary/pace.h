/*
 * pace: decides when the next call may be made.
 *
 * Pure functions of a state, of what the last answer said, and of the time;
 * nothing here sleeps or reads a clock. Times are nanoseconds of CLOCK_STEADY,
 * from 0 to 2^62 (146 years). Two limits apply together:
 *
 *   - the rate that the user asked for, N calls in a window. No closed
 *     interval of the window's length contains more than N calls, wherever it
 *     begins and however late some of the calls are. The loss is at most 0.1 %
 *     as long as calls are at most 1/2000 of the window late and their spacing
 *     is at least 2 us;
 *   - the account's quota, as the last answer reported it. Calls are not
 *     delayed while more than the reserve is left; then they wait for the
 *     reset. After a reset nothing is known until the next answer, so the
 *     first call in each of the account's windows is made blindly.
 *
 * No number from a server, sane or not, causes a wait of more than an hour and
 * a second.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

/* The account's quota, from the headers of an answer. */
struct pace_quota {
    bool known;              /* all three headers were there and are numbers */
    int64_t limit;           /* calls in a window */
    int64_t remaining;       /* calls left, for all users of the account */
    int64_t reset;           /* ns from the answer to the end of the window */
};

struct pace {
    int64_t spacing;         /* ns between two calls; 0: no rate */
    int64_t slack;           /* ns that a call may be late without moving the
                                schedule */
    int64_t due;             /* the schedule's time of the next call */
    bool begun;              /* a call was made */
    int64_t reserve;         /* calls, or percent of the limit */
    bool percent;
    struct pace_quota quota; /* the last known one, less the calls since */
    int64_t until;           /* when the quota's window is certainly over */
    double owed;             /* units spent but not yet counted as calls, more
                                than -1; see pace_spend */
    bool uncounted;          /* set by the caller: the next calls do not count
                                against the quota, which does not delay them */
};

/*
 * Starts with a rate of `calls` (1 to 10^9) in `window` ns (1 to 2^61), or
 * without a rate if `calls` is 0. The reserve is a number of calls, or, with
 * `percent`, a percentage (0 to 99) of the limit, rounded up. Arguments out of
 * range are replaced by the nearest value in range.
 */
void pace_init(struct pace *pace, int64_t calls, int64_t window,
               int64_t reserve, bool percent);

/*
 * Divides a rate among `shards` processes; call it before pace_init. Together
 * the processes keep the rate even if all make their calls at the same moment.
 * Each gets calls/shards of the window, rounded down. If there are fewer calls
 * than shards, each gets one call in a window that is shards/calls (rounded
 * up) times as long, and the rate is kept over windows of that length. No rate
 * (`calls` is 0) stays no rate.
 */
void pace_share(int64_t *calls, int64_t *window, int64_t shards);

/* Returns when the next call may be made: `now` or later. Sets *quota to
   whether the quota is what delays it. */
int64_t pace_next(const struct pace *pace, int64_t now, bool *quota);

/* Counts a call that is made at `now`, which pace_next allowed. It counts
   against the quota whether an answer arrives or not. */
void pace_call(struct pace *pace, int64_t now);

/*
 * Takes the quota of an answer that arrived at `now`. An answer without one
 * (known is false) leaves the last quota in place. The window ends one second
 * after its reset, because the service counts whole seconds. A reset in the
 * past counts as now, and one that is more than an hour (the length of
 * Cloudinary's window) away counts as an hour.
 */
void pace_answer(struct pace *pace, const struct pace_quota *quota,
                 int64_t now);

/* Returns true if the reserve covers the account's whole limit, so that
   waiting does not help. */
bool pace_starved(const struct pace *pace);

/* ---- pages ----
 *
 * A rate can also be one of units that a page of items consumes, which is
 * known only after the page was read. Then each unit counts as a call, and all
 * units of a page are paid for before the next page: the rate is kept on
 * average.
 */

/* Counts the units (whole or half ones) of a page that was read at `now`; at
   most 1024 of them. */
void pace_spend(struct pace *pace, double units, int64_t now);

/*
 * Returns the number of items that the next page may read so that it consumes
 * about `share` units (1 or more). The last page had a maximum of `limit`
 * items, read `scanned` and consumed `units` (0: unknown, the result is
 * `limit`). The number grows, at most to four times, while pages consume no
 * more than their share, and shrinks in proportion after a page that consumed
 * more. The result is between 1 and a million.
 */
uint64_t pace_page(uint64_t limit, uint64_t scanned, double units,
                   double share);

#endif
