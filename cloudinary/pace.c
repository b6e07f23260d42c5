/* pace: see pace.h. */
#include "cloudinary/pace.h"

static const int64_t second = INT64_C(1000000000);
static const int64_t most_calls = INT64_C(1000000000);
static const int64_t longest_window = INT64_C(1) << 61;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* ---- rate ---- */

/*
 * Let a(k) be when call k was made, and d(k) <= a(k) when it was due. With
 *
 *     e(k) = max(d(k), a(k) - slack)        the call, as the schedule sees it
 *     d(k+1) = e(k) + spacing               d(0) = a(0)
 *
 * a late call moves the schedule only by what it is late above the slack, and
 * N calls later
 *
 *     a(k+N) >= d(k+N) >= e(k) + N * spacing          as e(j) >= d(j)
 *                      >= a(k) - slack + N * spacing
 *                       > a(k) + window               by the choice of slack
 *
 * so that no closed window has N + 1 calls, whatever the calls' times were.
 *
 * slack = N * spacing - window - 1 is the largest for which the last step is
 * true. With w = window + floor(window / 2000) + 1 and spacing = ceil(w / N),
 * w <= N * spacing <= w + N - 1, hence slack >= floor(window / 2000) >= 0, and
 * N calls take at most window + window / 2000 + N: within 0.1 % of the window
 * where N <= window / 2000, which is to say 2 us or more for a call.
 *
 * Nothing overflows: w + N < 2^61 + 2^51 + 2^30, and times are below 2^62.
 */
void pace_init(struct pace *pace, int64_t calls, int64_t window,
               int64_t reserve, bool percent)
{
    *pace = (struct pace){.percent = percent};
    pace->reserve = clamp(reserve, 0, percent ? 99 : INT64_MAX);
    if (calls <= 0)
        return;
    calls = clamp(calls, 1, most_calls);
    window = clamp(window, 1, longest_window);
    pace->spacing = (window + window / 2000 + calls) / calls;
    pace->slack = calls * pace->spacing - window - 1;
}

void pace_share(int64_t *calls, int64_t *window, int64_t shards)
{
    int64_t times;

    if (*calls <= 0 || shards <= 1)
        return;
    if (*calls >= shards) {
        *calls /= shards;
        return;
    }
    times = (shards - 1) / *calls + 1;
    *window = *window > longest_window / times ? longest_window :
        *window * times;
    *calls = 1;
}

/* ---- quota ---- */

/* The calls that are left to others. */
static int64_t reserve(const struct pace *pace)
{
    int64_t limit = pace->quota.limit;

    if (!pace->percent)
        return pace->reserve;
    if (limit <= 0)
        return 0;
    return limit / 100 * pace->reserve +
        (limit % 100 * pace->reserve + 99) / 100;
}

int64_t pace_next(const struct pace *pace, int64_t now, bool *quota)
{
    int64_t at = pace->due > now ? pace->due : now;

    *quota = false;
    if (!pace->uncounted && pace->quota.known && pace->until > at &&
        pace->quota.remaining <= reserve(pace)) {
        *quota = true;
        at = pace->until;
    }
    return at;
}

void pace_call(struct pace *pace, int64_t now)
{
    if (pace->spacing > 0) {
        if (!pace->begun)
            pace->due = now;
        else if (pace->due < now - pace->slack)
            pace->due = now - pace->slack;
        pace->due += pace->spacing;
        pace->begun = true;
    }
    if (pace->quota.remaining > 0 && !pace->uncounted)
        pace->quota.remaining--;
}

void pace_answer(struct pace *pace, const struct pace_quota *quota,
                 int64_t now)
{
    if (!quota->known)
        return;
    pace->quota = *quota;
    pace->until = now + clamp(quota->reset, 0, 3600 * second) + second;
}

bool pace_starved(const struct pace *pace)
{
    const struct pace_quota *quota = &pace->quota;

    return !pace->uncounted && quota->known && quota->limit > 0 &&
        quota->limit <= reserve(pace) && quota->remaining <= reserve(pace);
}

/* ---- trying again ---- */

int64_t backoff_delay(unsigned retry, int64_t base, int64_t cap,
                     uint32_t random)
{
    unsigned doublings = retry == 0 ? 0 : retry - 1;
    uint64_t most;

    if (base <= 0 || cap <= 0)
        return 0;
    if (doublings > 62 || base > cap >> doublings)
        most = (uint64_t)cap;
    else
        most = (uint64_t)base << doublings;
    /* most * random / 2^32, in two halves */
    return (int64_t)((most >> 32) * random +
                     ((most & UINT32_MAX) * random >> 32));
}

enum { TOKENS = 500, COST_TRANSIENT = 14, COST_THROTTLED = 5 };

void backoff_bucket_init(struct backoff_bucket *bucket)
{
    bucket->tokens = TOKENS;
    bucket->spent = 0;
}

bool backoff_retry(struct backoff_bucket *bucket, unsigned retry, bool throttled,
                int64_t after, uint32_t random, int64_t *delay)
{
    const unsigned cost = throttled ? COST_THROTTLED : COST_TRANSIENT;
    const int64_t ms = second / 1000;
    int64_t own = backoff_delay(retry, throttled ? second : 25 * ms,
                               20 * second, random);
    int64_t most = own + 5 * second;

    if (bucket->tokens < cost) {
        backoff_failure(bucket);
        return false;
    }
    bucket->tokens -= cost;
    bucket->spent = cost;
    *delay = after <= 0 ? own : after > most / ms ? most :
        clamp(after * ms, own, most);
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
