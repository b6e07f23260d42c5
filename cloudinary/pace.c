/*
 * pace.c: the schedule that keeps a rate, the account's quota, and the size of
 * pages. The comment above pace_init proves that the rate is never exceeded.
 */
#include "cloudinary/pace.h"

#include "base/clock.h"

static const int64_t max_calls = INT64_C(1000000000);
static const int64_t max_window = INT64_C(1) << 61;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* ---- rate ---- */

/*
 * Let a(k) be the time of call k, and d(k) <= a(k) the time when it was due:
 *
 *     e(k) = max(d(k), a(k) - slack)        the call as the schedule counts it
 *     d(k+1) = e(k) + spacing               d(0) = a(0)
 *
 * A late call moves the schedule only by the part of its delay that exceeds
 * the slack. N calls later
 *
 *     a(k+N) >= d(k+N) >= e(k) + N * spacing          since e(j) >= d(j)
 *                      >= a(k) - slack + N * spacing
 *                       > a(k) + window               by the choice of slack
 *
 * so that no closed window contains N + 1 calls, whenever they were made.
 *
 * slack = N * spacing - window - 1 is the largest value for which the last
 * step holds. With w = window + floor(window / 2000) + 1 and spacing =
 * ceil(w / N), w <= N * spacing <= w + N - 1, hence slack >= floor(window /
 * 2000) >= 0. N calls take at most window + window / 2000 + N, which is within
 * 0.1 % of the window if N <= window / 2000, that is, if the spacing is 2 us
 * or more.
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
    calls = clamp(calls, 1, max_calls);
    window = clamp(window, 1, max_window);
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
    *window = *window > max_window / times ? max_window :
        *window * times;
    *calls = 1;
}

/* ---- quota ---- */

/* Returns the number of calls that are left to other users. */
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
    pace->until = now + clamp(quota->reset, 0, 3600 * CLOCK_SECOND) +
        CLOCK_SECOND;
}

bool pace_starved(const struct pace *pace)
{
    const struct pace_quota *quota = &pace->quota;

    return !pace->uncounted && quota->known && quota->limit > 0 &&
        quota->limit <= reserve(pace) && quota->remaining <= reserve(pace);
}

/* ---- pages ---- */

void pace_spend(struct pace *pace, double units, int64_t now)
{
    const double max = 1024;     /* a page of 1 MB consumes 256 */

    pace->owed += units < max ? units : max;
    while (pace->owed > 0) {
        pace_call(pace, now);
        pace->owed -= 1;
    }
}

/*
 * The service rounds the consumption of a page up to a unit, so that the real
 * one may be almost a unit less; half a unit less is the estimate. Without it,
 * a page of small items, which consumes one unit, could not grow at a rate of
 * one unit per second.
 */
uint64_t pace_page(uint64_t limit, uint64_t scanned, double units,
                   double share)
{
    const double max = 1000000;
    double items = (double)scanned, next;

    if (!(units > 0) || scanned == 0)
        return limit;
    if (units > share) {
        next = items * share / units;
        return next < 1 ? 1 : (uint64_t)next;
    }
    next = units - 0.5 > share / 4 ? items * share / (units - 0.5) : 4 * items;
    if (next < items + 1)
        next = items + 1;
    if (next < (double)limit)    /* another limit ended the page */
        next = (double)limit;
    return next > max ? (uint64_t)max : (uint64_t)next;
}
