/* backoff.c: exponential backoff with full jitter, and the token bucket of the
   AWS SDKs. */
#include "base/backoff.h"

#include "base/clock.h"

enum { TOKENS = 500, COST_TRANSIENT = 14, COST_THROTTLED = 5 };

int64_t backoff_delay(unsigned retry, int64_t base, int64_t cap,
                      uint32_t random)
{
    unsigned doublings = retry == 0 ? 0 : retry - 1;
    uint64_t max;

    if (base <= 0 || cap <= 0)
        return 0;
    if (doublings > 62 || base > cap >> doublings)
        max = (uint64_t)cap;
    else
        max = (uint64_t)base << doublings;
    /* max * random / 2^32, in two halves so that nothing overflows */
    return (int64_t)((max >> 32) * random +
                     ((max & UINT32_MAX) * random >> 32));
}

void backoff_bucket_init(struct backoff_bucket *bucket)
{
    bucket->tokens = TOKENS;
    bucket->spent = 0;
}

bool backoff_retry(struct backoff_bucket *bucket, unsigned retry,
                   bool throttled, int64_t after, uint32_t random,
                   int64_t *delay)
{
    const unsigned cost = throttled ? COST_THROTTLED : COST_TRANSIENT;
    const int64_t ms = CLOCK_SECOND / 1000;
    const int64_t own = backoff_delay(retry, throttled ? CLOCK_SECOND
                                      : 25 * ms, 20 * CLOCK_SECOND, random);
    const int64_t max = own + 5 * CLOCK_SECOND;

    if (bucket->tokens < cost) {
        backoff_failure(bucket);
        return false;
    }
    bucket->tokens -= cost;
    bucket->spent = cost;
    *delay = own;
    if (after > max / ms)
        *delay = max;
    else if (after > own / ms)
        *delay = after * ms > own ? after * ms : own;
    return true;
}

void backoff_success(struct backoff_bucket *bucket)
{
    bucket->tokens += bucket->spent > 0 ? bucket->spent : 1;
    if (bucket->tokens > TOKENS)
        bucket->tokens = TOKENS;
    bucket->spent = 0;
}

void backoff_failure(struct backoff_bucket *bucket)
{
    bucket->spent = 0;
}
