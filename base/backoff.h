/*
 * backoff: how long to wait before a call is repeated.
 *
 * Pure functions of a state, a random number and what the answer said. All
 * times are nanoseconds.
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
 * it (retries/standard.py, retries/quota.py), with the base of 25 ms that
 * DynamoDB has: a bucket of tokens for each client keeps a service in trouble
 * from getting more load. The caller limits the number of tries of one call.
 */
struct backoff_bucket {
    unsigned tokens;         /* 500 at the start, and at most */
    unsigned spent;          /* by the last repetition of the current call */
};

void backoff_bucket_init(struct backoff_bucket *bucket);

/*
 * Says whether a call may be repeated that has failed `retry` times, the last
 * time because it was throttled or for another passing reason. `after` is
 * x-amz-retry-after in ms, or -1. Returns false where the bucket is empty: the
 * call has failed. Returns true with the delay to wait first in *delay.
 */
bool backoff_retry(struct backoff_bucket *bucket, unsigned retry,
                   bool throttled, int64_t after, uint32_t random,
                   int64_t *delay);

/* The current call succeeded: its last repetition's tokens return. */
void backoff_success(struct backoff_bucket *bucket);

/* The current call is given up: the tokens that it spent stay spent. */
void backoff_failure(struct backoff_bucket *bucket);

#endif
