/*
 * backoff: decides how long to wait before a call is repeated, and whether it
 * may be.
 *
 * Pure functions of a state, a random number and what the answer said. All
 * times are nanoseconds unless stated otherwise.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns the delay before repetition number `retry` (1 is the first): evenly
 * distributed from 0 to base * 2^(retry - 1), at most `cap` ("full jitter").
 * `random` is 32 random bits.
 */
int64_t backoff_delay(unsigned retry, int64_t base, int64_t cap,
                      uint32_t random);

/*
 * The retry quota of the AWS SDKs' standard retry mode, as botocore implements
 * it (retries/standard.py, retries/quota.py), with DynamoDB's base delay of 25
 * ms. Each client has a bucket of tokens, and each repetition costs some, so
 * that repetitions do not add load to a service in trouble. The caller limits
 * the number of attempts of one call.
 */
struct backoff_bucket {
    unsigned tokens;         /* at most 500, the initial value */
    unsigned spent;          /* by the last repetition of the current call */
};

void backoff_bucket_init(struct backoff_bucket *bucket);

/*
 * Decides whether a call that has failed `retry` times may be repeated. The
 * last failure was `throttled`, or another transient one. `after` is the value
 * of x-amz-retry-after in ms, or -1. Returns true and sets *delay to the time
 * to wait first, or returns false if the bucket has too few tokens, which ends
 * the call.
 */
bool backoff_retry(struct backoff_bucket *bucket, unsigned retry,
                   bool throttled, int64_t after, uint32_t random,
                   int64_t *delay);

/* The current call succeeded: returns the tokens of its last repetition to the
   bucket, or one token if there was none. */
void backoff_success(struct backoff_bucket *bucket);

/* The current call failed for good: its tokens stay spent. */
void backoff_failure(struct backoff_bucket *bucket);

#endif
