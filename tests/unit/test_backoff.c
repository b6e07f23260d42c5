/* Unit tests of base/backoff.c: delays, and the bucket of retry tokens. */
#include "base/backoff.h"

#include <inttypes.h>

#include "tests/unit/test.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static void test_backoff(void)
{
    static const struct { unsigned retry; int64_t base, cap, most; } cases[] =
    {
        {1, 25 * MS, 20 * S, 25 * MS}, {2, 25 * MS, 20 * S, 50 * MS},
        {5, 25 * MS, 20 * S, 400 * MS}, {10, 25 * MS, 20 * S, 12800 * MS},
        {11, 25 * MS, 20 * S, 20 * S}, {1000, 25 * MS, 20 * S, 20 * S},
        {UINT32_MAX, S, 20 * S, 20 * S}, {0, S, 20 * S, S},
        {1, S, S, S}, {1, S, S - 1, S - 1}, {2, S, 2 * S, 2 * S},
        {2, S, 2 * S - 1, 2 * S - 1}, {63, 1, INT64_MAX, INT64_C(1) << 62},
        {64, 1, INT64_MAX, INT64_MAX}, {65, 1, INT64_MAX, INT64_MAX},
        {1, INT64_MAX, INT64_MAX, INT64_MAX}, {1, 1, 1, 1},
        {3, 0, S, 0}, {3, -1, S, 0}, {3, S, 0, 0}, {3, S, INT64_MIN, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t most = cases[i].most, sum = 0, last = -1;
        bool good = true;
        uint32_t k;

        /* 2^16 evenly spread numbers */
        for (k = 0; k < 65536; k++) {
            int64_t wait = backoff_delay(cases[i].retry, cases[i].base,
                                        cases[i].cap, k << 16);

            good &= wait >= last && wait >= 0 && (wait < most || most == 0);
            last = wait;
            sum += wait / 65536;
        }
        CHECK(good, "retry %u waits from 0 to its bound", cases[i].retry);
        CHECK(most < 65536 || (sum >= most / 2 - most / 32768 - 65536 &&
                               sum <= most / 2),
              "retry %u waits half its bound on average", cases[i].retry);
        last = backoff_delay(cases[i].retry, cases[i].base, cases[i].cap,
                            UINT32_MAX);
        CHECK(backoff_delay(cases[i].retry, cases[i].base, cases[i].cap, 0) ==
              0 && (last < most || most == 0) &&
              last >= most - most / 1000000000 - 1,
              "retry %u waits between 0 and nearly its bound",
              cases[i].retry);
    }
}

/* Returns the tokens left after these events: t is a throttled retry, r another
   one, R one that is refused, s success, f failure. Returns -1 if a retry was
   allowed or refused unexpectedly. */
static int tokens_after(const char *events)
{
    struct backoff_bucket bucket;
    int64_t delay;
    bool good = true;

    backoff_bucket_init(&bucket);
    for (; *events != '\0'; events++) {
        if (*events == 's')
            backoff_success(&bucket);
        else if (*events == 'f')
            backoff_failure(&bucket);
        else
            good &= backoff_retry(&bucket, 1, *events == 't', -1, 0, &delay) ==
                (*events != 'R');
    }
    return good ? (int)bucket.tokens : -1;
}

static void test_bucket(void)
{
    static const struct { const char *events; int tokens; } cases[] = {
        {"", 500}, {"s", 500}, {"r", 486}, {"t", 495}, {"rs", 500},
        {"ts", 500}, {"rrs", 486}, {"rts", 486}, {"trs", 495},
        {"rrss", 487}, {"rf", 486}, {"rfs", 487}, {"rrfsss", 475},
        {"f", 500}, {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", 10},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrRRs", 11},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrt", 5},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrtt", 0},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrttRs", 1},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrsr", 10},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(tokens_after(cases[i].events) == cases[i].tokens,
              "%s leaves %d tokens: %d", cases[i].events, cases[i].tokens,
              tokens_after(cases[i].events));
}

static void test_retry(void)
{
    static const uint32_t half = UINT32_C(1) << 31;
    static const struct {
        unsigned retry;
        bool throttled;
        int64_t after;
        uint32_t random;
        int64_t delay;
    } cases[] = {
        {1, false, -1, half, 12500000}, {2, false, -1, half, 25 * MS},
        {1, true, -1, half, 500 * MS}, {2, true, -1, half, S},
        {6, true, -1, half, 10 * S}, {60, false, -1, half, 10 * S},
        {1, false, 0, half, 12500000}, {1, false, 12, half, 12500000},
        {1, false, 13, half, 13 * MS}, {1, false, 5012, half, 5012 * MS},
        {1, false, 5013, half, 5012500000},
        {1, false, 999999999, half, 5012500000},
        {1, false, INT64_MAX, half, 5012500000},
        {1, false, INT64_MIN, half, 12500000},
        {1, true, INT64_MAX, 0, 5 * S}, {1, true, 700, 0, 700 * MS},
        {9, true, 1, half, 10 * S}, {9, true, 12000, half, 12 * S},
        {9, true, 16000, half, 15 * S},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct backoff_bucket bucket;
        int64_t delay = -1;

        backoff_bucket_init(&bucket);
        CHECK(backoff_retry(&bucket, cases[i].retry, cases[i].throttled,
                         cases[i].after, cases[i].random, &delay) &&
              delay == cases[i].delay, "retry %u after %" PRId64
              " ms: %" PRId64 " ns", cases[i].retry, cases[i].after, delay);
    }
}

int main(void)
{
    test_backoff();
    test_bucket();
    test_retry();
    return test_done("test_backoff");
}
