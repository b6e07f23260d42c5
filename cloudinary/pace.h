/*
 * pace: when the next call may be made. Functions of a state, of what an
 * answer said, and of the time; nothing here sleeps or reads a clock.
 *
 * Times are nanoseconds of CLOCK_STEADY, 0 up to 2^62 (146 years). Two limits
 * hold at once:
 *
 *   - the rate that was asked for, N calls in a window: calls are spaced so
 *     that no window of that length, wherever it begins and both its ends
 *     included, ever has more than N, however late some of them are. At most
 *     0.1 % fewer are made, as long as calls are no more than 1/2000 of the
 *     window late, and 2 us or more apart;
 *   - the account's quota, as the last answer told it: calls go on one after
 *     the other while more than the reserve is left, then wait for its reset.
 *     After that nothing is known until the next answer, so that the first
 *     call of each of the account's windows is made blind.
 *
 * What a server says is never trusted to be sane: there is no number that
 * makes it wait for longer than an hour and a second.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

/* What an answer says about the account's quota. */
struct pace_quota {
    bool known;              /* the three were there, and are numbers */
    int64_t limit;           /* calls in a window */
    int64_t remaining;       /* of them, by whomever they are made */
    int64_t reset;           /* ns from the answer to the end of the window */
};

struct pace {
    int64_t spacing;         /* ns between two calls; 0: no rate was asked */
    int64_t slack;           /* ns that a call may be late without moving the
                                schedule */
    int64_t due;             /* when the schedule has the next call */
    bool begun;
    int64_t reserve;         /* calls, or percent of the limit */
    bool percent;
    struct pace_quota quota; /* the last that was known, less the calls made
                                since */
    int64_t until;           /* when it surely has ended */
    bool uncounted;          /* for the caller to set: the calls to come do not
                                count against the quota, which does not hold
                                them up */
};

/*
 * `calls` (1 to 10^9) in `window` ns (1 to 2^61), or no rate where `calls` is
 * 0. The reserve is a number of calls, or a percentage (0 to 99) of the limit,
 * rounded up. What is out of range becomes the nearest that is not.
 */
void pace_init(struct pace *pace, int64_t calls, int64_t window,
               int64_t reserve, bool percent);

/*
 * The same rate for one of `shards` processes that share it, before it goes
 * to pace_init. They may all make their calls in the same moment, and still
 * keep it together: each takes calls/shards of the window, rounded down.
 * Where there are fewer calls than shards, each takes one in a window that is
 * shards/calls (rounded up) times as long, and it is over windows of that
 * length that they keep the rate. No rate (`calls` is 0) stays none.
 */
void pace_share(int64_t *calls, int64_t *window, int64_t shards);

/* When the next call may be made: `now`, or later. Sets *quota to whether it
   is the quota that it waits for. */
int64_t pace_next(const struct pace *pace, int64_t now, bool *quota);

/* A call is made at `now`, which pace_next allowed. It counts against the
   quota, whether an answer comes or not. */
void pace_call(struct pace *pace, int64_t now);

/*
 * An answer came at `now`. One that says nothing about the quota (known is
 * false) leaves the last word standing. The window is over a second after its
 * reset, since the service counts full seconds. A reset in the past is now;
 * one further off than an hour (which is what Cloudinary's window is) counts
 * as an hour.
 */
void pace_answer(struct pace *pace, const struct pace_quota *quota,
                 int64_t now);

/* Would the reserve leave nothing of the account's limit, ever? Then waiting
   does not help. */
bool pace_starved(const struct pace *pace);

/* ---- trying again ---- */

/*
 * How long to wait before try number `retry` (1 is the first repetition):
 * anything from 0 up to base * 2^(retry-1), at most `cap` ("full jitter");
 * `random` is 32 random bits. All in ns.
 */
int64_t backoff_delay(unsigned retry, int64_t base, int64_t cap,
                     uint32_t random);

/*
 * The AWS SDKs' rule for trying again ("retry behavior 2.1", as botocore has
 * it in retries/standard.py and retries/quota.py), with DynamoDB's base of
 * 25 ms: a bucket of tokens for each client, so that a service in trouble is
 * not made worse. How many tries one call gets is the caller's to say.
 */
struct backoff_bucket {
    unsigned tokens;         /* 500 at first, and at most */
    unsigned spent;          /* by the last retry of the call in hand */
};

void backoff_bucket_init(struct backoff_bucket *bucket);

/*
 * May the call be tried again, after it failed `retry` times, the last time
 * because it was throttled or not? `after` is x-amz-retry-after in ms, or -1.
 * False: give up now. True: wait *delay ns before.
 */
bool backoff_retry(struct backoff_bucket *bucket, unsigned retry, bool throttled,
                int64_t after, uint32_t random, int64_t *delay);

/* The call in hand succeeded. */
void backoff_success(struct backoff_bucket *bucket);

/* The call in hand is given up: what its retries took stays taken. */
void backoff_failure(struct backoff_bucket *bucket);

#endif
