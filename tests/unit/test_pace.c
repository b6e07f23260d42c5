/*
 * Unit tests of cloudinary/pace.c in virtual time: thousands of random
 * schedules, and a year of calls. Prints the random seed; pass it as an
 * argument to repeat a run.
 */
#include "cloudinary/pace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/test.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define HOUR (3600 * S)
#define DAY (24 * HOUR)

enum { RING = 4096 };

/* ---- random numbers ---- */

static uint64_t seed;

static uint64_t chance(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545F4914F6CDD1D);
}

/* Returns a number from 0 to n - 1, or 0 if n is 0 or less. */
static int64_t below(int64_t n)
{
    return n <= 0 ? 0 : (int64_t)(chance() % (uint64_t)n);
}

/* Returns a number from 1 to `most`, small and large ones equally likely. */
static int64_t magnitude(int64_t most)
{
    int64_t x = 1;

    while (x < most && below(8) != 0)
        x = x > most / 2 ? most : 2 * x;
    return x - below(x / 2);
}

/* ---- no window has too many calls ---- */

/* The times of the last calls. */
struct ring {
    int64_t at[RING];
    uint64_t n;
};

static struct ring ring;

/* Records a call. Returns false if a closed window now has more than `calls`
   of them. */
static bool ring_add(int64_t calls, int64_t window, int64_t now)
{
    bool good = ring.n < (uint64_t)calls ||
        now - ring.at[(ring.n - (uint64_t)calls) % RING] > window;

    ring.at[ring.n++ % RING] = now;
    return good;
}

/* Calls pace_next, and clears *good if the result breaks an invariant. */
static int64_t next(const struct pace *pace, int64_t now, bool *good)
{
    const int64_t longest = HOUR + S;
    bool quota, again;
    int64_t at = pace_next(pace, now, &quota);

    *good &= at >= now && pace_next(pace, at, &again) == at && !again;
    *good &= at - now <= (pace->spacing > longest ? pace->spacing : longest);
    *good &= !quota || at > now;
    *good &= quota || pace->spacing > 0 || at == now;
    return at;
}

/* How the calls of a schedule behave. */
struct habit {
    int64_t late;                    /* ns, the maximum for most calls */
    int64_t lasts;                   /* ns, the maximum duration */
    int64_t jump;                    /* ns, the maximum for one call in 100 */
    bool absurd;                     /* the server reports absurd numbers */
};

static int64_t anything(void)
{
    static const int64_t odd[] = {0, 1, -1, 99, 100, 101, 500, 3600, S, HOUR,
        HOUR + 1, 365 * DAY, INT64_MAX, INT64_MAX - 1, INT64_MIN,
        INT64_MIN + 1, INT64_MAX / 99, INT64_MAX / 100 + 1};

    if (below(4) == 0)
        return (int64_t)chance();
    return odd[below(sizeof odd / sizeof *odd)];
}

/* Makes n calls with these habits. Returns when the last one began, or -1 if
   the rate was exceeded or an invariant broken. */
static int64_t schedule(int64_t calls, int64_t window, int64_t n,
                        const struct habit *habit)
{
    struct pace pace;
    int64_t now = below(DAY), i;
    bool good = true;

    pace_init(&pace, calls, window, below(120), below(2) == 0);
    ring.n = 0;
    for (i = 0; i < n && good; i++) {
        now = next(&pace, now, &good) + below(habit->late + 1);
        if (habit->jump > 0 && below(100) == 0)
            now += below(habit->jump);
        pace_call(&pace, now);
        good &= ring_add(calls, window, now);
        now += below(habit->lasts + 1);
        if (habit->absurd) {
            struct pace_quota quota = {below(3) > 0, anything(), anything(),
                anything()};

            pace_answer(&pace, &quota, now);
            pace_starved(&pace);
        }
    }
    return good ? ring.at[(ring.n - 1) % RING] : -1;
}

static void test_schedules(void)
{
    static const int64_t windows[] = {1, 2, 1999, 2001, MS, S, 60 * S, HOUR,
                                      DAY};
    int i, broken = 0;

    for (i = 0; i < 6000; i++) {
        int64_t window = below(3) == 0 ? magnitude(DAY) :
            windows[below(sizeof windows / sizeof *windows)];
        int64_t calls = magnitude(RING);
        int64_t each = window / calls + 1;
        struct habit habit = {0, 0, 0, below(4) == 0};
        uint64_t before = seed;

        if (below(4) > 0)
            habit.late = magnitude(below(2) == 0 ? window : each);
        if (below(4) > 0)
            habit.lasts = magnitude(3 * each);
        if (below(3) == 0)
            habit.jump = magnitude(30 * DAY);
        if (schedule(calls, window, 500 + 2 * calls % 2000, &habit) < 0 &&
            broken++ == 0)
            printf("at %" PRIu64 ": %" PRId64 " calls in %" PRId64 " ns\n",
                   before, calls, window);
    }
    CHECK(broken == 0, "no closed window has too many calls: %d of %d "
          "random schedules", broken, i);
}

static void test_year(void)
{
    const struct habit habit = {50 * MS, 1500 * MS, 0, false};
    const int64_t n = INT64_C(2000) * 24 * 365;

    CHECK(schedule(2000, HOUR, n, &habit) > 0,
          "no window in a year at 2000/h has more calls");
}

/* One call is late by the whole slack and all others are on time: the rate is
   kept by one nanosecond, so no larger slack is possible. */
static void test_sharp(void)
{
    static const struct { int64_t calls, window; } cases[] = {
        {1, 1}, {1, 2}, {1, 1999}, {1, DAY}, {2, 3}, {7, 60 * S},
        {500, HOUR}, {2000, HOUR}, {1000, S}, {1000000000, S},
        {1000000000, 1}, {1, INT64_C(1) << 60},
        {1000000000, INT64_C(1) << 60}
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t calls = cases[i].calls, window = cases[i].window, late;
        struct pace pace;
        bool quota;

        pace_init(&pace, calls, window, 0, false);
        CHECK(pace.slack >= window / 2000 && pace.spacing > 0,
              "the slack of %" PRId64 " calls in %" PRId64 " ns", calls,
              window);
        pace_call(&pace, 0);
        late = pace_next(&pace, 0, &quota) + pace.slack;
        pace_call(&pace, late);
        /* the next calls are on time, so they are `spacing` apart */
        CHECK(pace_next(&pace, 0, &quota) + (calls - 1) * pace.spacing ==
              late + window + 1, "%" PRId64 " calls in %" PRId64
              " ns, one late by the slack", calls, window);
        pace_call(&pace, late + 2 * window);
        CHECK(pace_next(&pace, 0, &quota) ==
              late + 2 * window - pace.slack + pace.spacing,
              "a call that is later moves the schedule by the excess");
    }
}

/* ---- at most 0.1 % of the rate is lost ---- */

/* Returns the number of calls in the closed span that begins with the first
   one, or -1 if the rate was exceeded. */
static int64_t count_calls(int64_t calls, int64_t window, int64_t span,
                           int64_t late)
{
    struct pace pace;
    int64_t now = S, n = 0;
    bool good = true;

    pace_init(&pace, calls, window, 0, false);
    ring.n = 0;
    while (now <= S + span) {
        pace_call(&pace, now);
        good &= ring_add(calls, window, now);
        n++;
        now = next(&pace, now, &good) + below(late + 1);
    }
    return good ? n : -1;
}

static void test_loss(void)
{
    static const struct { int64_t calls, window; } rates[] = {
        {1, DAY}, {3, DAY}, {1, HOUR}, {500, HOUR}, {1999, HOUR},
        {2000, HOUR}, {1, 60 * S}, {60, 60 * S}, {1, S}, {7, S}, {333, S},
        {1000, S}
    };

    for (size_t i = 0; i < 3 * (sizeof rates / sizeof *rates); i++) {
        int64_t calls = rates[i / 3].calls, window = rates[i / 3].window;
        int64_t span = window > HOUR ? 100 * window : HOUR;
        int64_t late = i % 3 == 0 ? 0 : i % 3 == 1 ? window / 2500 :
            window / 2000;
        int64_t made;

        if (i % 3 == 2)              /* the last call may be late as well */
            span *= 2;
        made = count_calls(calls, window, span, late);
        CHECK(made >= 0 && 1000 * made >= 999 * (span / window * calls) &&
              made <= span / window * calls, "%" PRId64 " calls in %" PRId64
              " ns, at most %" PRId64 " ns late: %" PRId64 " in %" PRId64
              " ns", calls, window, late, made, span);
    }
}

/* ---- the range of the arguments ---- */

static void test_init(void)
{
    static const int64_t times[] = {0, 1, HOUR, INT64_C(1) << 62};
    struct pace pace;
    bool quota;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        pace_init(&pace, 0, HOUR, 10, true);
        pace_call(&pace, times[i]);
        pace_call(&pace, times[i]);
        CHECK(pace_next(&pace, times[i], &quota) == times[i] && !quota,
              "without a rate and a quota the next call is now");
        pace_init(&pace, INT64_MAX, INT64_MIN, INT64_MIN, false);
        CHECK(pace_next(&pace, times[i], &quota) == times[i] && !quota &&
              pace.spacing == 1 && pace.reserve == 0, "the first call is now");
        pace_init(&pace, 1, INT64_MAX, INT64_MAX, true);
        pace_call(&pace, times[i]);
        CHECK(pace_next(&pace, times[i], &quota) > times[i] + DAY &&
              !quota && pace.reserve == 99, "the longest window");
    }
    pace_init(&pace, -1, HOUR, INT64_MAX, false);
    CHECK(pace.spacing == 0 && pace.reserve == INT64_MAX,
          "a negative number of calls is no rate");
}

/* ---- the quota ---- */

static void test_quota(void)
{
    static const struct {
        const char *what;
        int64_t reserve;
        struct pace_quota quota;
        int64_t wait;                /* ns, starting at 10 h */
        bool percent, starved;
    } cases[] = {
        {"enough", 10, {true, 500, 51, HOUR}, 0, true, false},
        {"the reserve alone", 10, {true, 500, 50, 60 * S}, 61 * S, true,
         false},
        {"rounded up", 10, {true, 501, 51, 60 * S}, 61 * S, true, false},
        {"one above, rounded up", 10, {true, 501, 52, S}, 0, true, false},
        {"99 % of 2000", 99, {true, 2000, 1980, S}, 2 * S, true, false},
        {"above 99 % of 2000", 99, {true, 2000, 1981, S}, 0, true, false},
        {"no reserve", 0, {true, 500, 1, S}, 0, true, false},
        {"no reserve, none left", 0, {true, 500, 0, S}, 2 * S, true, false},
        {"a count", 7, {true, 500, 8, S}, 0, false, false},
        {"a count reached", 7, {true, 500, 7, S}, 2 * S, false, false},
        {"nothing known", 10, {false, 500, 0, HOUR}, 0, true, false},
        {"no reset left", 10, {true, 500, 0, 0}, S, true, false},
        {"reset in the past", 10, {true, 500, 0, -DAY}, S, true, false},
        {"reset long ago", 10, {true, 500, 0, INT64_MIN}, S, true, false},
        {"reset an hour off", 10, {true, 500, 0, HOUR}, HOUR + S, true, false},
        {"reset later", 10, {true, 500, 0, HOUR + 1}, HOUR + S, true, false},
        {"reset never", 10, {true, 500, 0, INT64_MAX}, HOUR + S, true, false},
        {"more than all left", 10, {true, 500, 501, S}, 0, true, false},
        {"far more left", 10, {true, 500, INT64_MAX, S}, 0, true, false},
        {"less than none", 10, {true, 500, -1, S}, 2 * S, true, false},
        {"far less", 0, {true, 500, INT64_MIN, S}, 2 * S, false, false},
        {"limit 0", 10, {true, 0, 0, S}, 2 * S, true, false},
        {"limit 0, some left", 10, {true, 0, 1, S}, 0, true, false},
        {"limit below 0", 10, {true, INT64_MIN, 1, S}, 0, true, false},
        {"all below 0", 10, {true, -1000, -1, S}, 2 * S, true, false},
        {"limit huge", 99, {true, INT64_MAX, INT64_MAX, S}, 0, true, false},
        {"limit huge, few left", 1, {true, INT64_MAX, INT64_MAX / 100, S},
         2 * S, true, false},
        {"a count above the limit", 500, {true, 500, 500, S}, 2 * S, false,
         true},
        {"a count one below it", 499, {true, 500, 500, S}, 0, false, false},
        {"a count above the limit, but not above what is left", 500,
         {true, 400, 600, S}, 0, false, false},
        {"10 % of 1", 10, {true, 1, 1, S}, 2 * S, true, true},
        {"10 % of 2", 10, {true, 2, 2, S}, 0, true, false},
    };
    struct pace pace;
    bool quota;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pace_init(&pace, 0, 0, cases[i].reserve, cases[i].percent);
        pace_answer(&pace, &cases[i].quota, 10 * HOUR);
        CHECK(pace_next(&pace, 10 * HOUR, &quota) ==
              10 * HOUR + cases[i].wait && quota == (cases[i].wait > 0),
              "%s: the wait", cases[i].what);
        CHECK(pace_starved(&pace) == cases[i].starved, "%s: starved or not",
              cases[i].what);
        CHECK(pace_next(&pace, 10 * HOUR + cases[i].wait, &quota) ==
              10 * HOUR + cases[i].wait && !quota, "%s: it ends",
              cases[i].what);
    }
}

/* The last known quota, less the calls since, applies until its window is
   over. */
static void test_silence(void)
{
    const struct pace_quota told = {true, 100, 53, 60 * S};
    const struct pace_quota more = {true, 1000, 101, 60 * S};
    const struct pace_quota less = {true, 100, 10, 60 * S};
    const struct pace_quota silent = {false, 0, 0, 0};
    struct pace pace;
    int64_t now = HOUR;
    bool quota;
    int i;

    pace_init(&pace, 0, 0, 50, false);
    pace_answer(&pace, &told, now);
    for (i = 0; pace_next(&pace, now, &quota) == now && i < 10; i++) {
        pace_call(&pace, now);
        pace_answer(&pace, &silent, now + S);
    }
    CHECK(i == 3 && quota && pace_next(&pace, now, &quota) == now + 61 * S,
          "answers without a quota count the last one down");
    now += 61 * S;
    for (i = 0; i < 1000; i++) {
        pace_call(&pace, now);
        pace_answer(&pace, &silent, now);
    }
    CHECK(pace_next(&pace, now, &quota) == now && !quota,
          "after the window nothing is known, and calls continue");
    pace_answer(&pace, &less, now);
    CHECK(pace_next(&pace, now, &quota) == now + 61 * S, "less is left");
    pace_answer(&pace, &more, now);
    CHECK(pace_next(&pace, now, &quota) == now, "the limit grew");
    pace_answer(&pace, &less, now);
    CHECK(pace_next(&pace, now, &quota) == now + 61 * S, "and shrank again");
    CHECK(pace_next(&pace, now + 3 * DAY, &quota) == now + 3 * DAY && !quota,
          "after days of suspension a call is made at once");
    for (i = 0; i < 20; i++)
        pace_call(&pace, now);
    CHECK(pace.quota.remaining == 0,
          "the remaining calls never become negative");
}

/* The later of the two limits applies. */
static void test_both(void)
{
    const struct pace_quota spent = {true, 100, 0, 60 * S};
    struct pace pace;
    bool quota;

    pace_init(&pace, 1, 30 * S, 0, false);
    pace_call(&pace, HOUR);
    pace_answer(&pace, &spent, HOUR);
    CHECK(pace_next(&pace, HOUR, &quota) == HOUR + 61 * S && quota,
          "the quota is later than the rate");
    pace.uncounted = true;
    CHECK(pace_next(&pace, HOUR, &quota) > HOUR + 30 * S && !quota &&
          pace_next(&pace, HOUR, &quota) < HOUR + 31 * S &&
          !pace_starved(&pace), "uncounted calls are limited by the rate only");
    pace.quota.remaining = 5;
    pace_call(&pace, HOUR);
    CHECK(pace.quota.remaining == 5,
          "an uncounted call does not use the quota");
    pace_init(&pace, 1, DAY, 0, false);
    pace_call(&pace, HOUR);
    pace_answer(&pace, &spent, HOUR);
    CHECK(pace_next(&pace, HOUR, &quota) > HOUR + DAY && !quota,
          "the rate is later than the quota");
}

/* ---- a truthful server ---- */

/* The service: a limit for each full hour, which other users share. */
struct server {
    int64_t limit, left;
    int64_t hour;                    /* to which `left` applies */
    int64_t others;                  /* calls by them since our last answer */
    int64_t ours;                    /* in this hour */
    bool heard;                      /* we got an answer in this hour */
    int hours, idle;                 /* hours seen, and those without us */
    int percent_others;              /* the others' maximum, of the limit */
    int64_t from, to;                /* limits are between these */
};

static void server_time(struct server *s, int64_t now)
{
    if (s->hour != now / HOUR) {
        s->hours++;
        s->idle += s->ours == 0;
        s->hour = now / HOUR;
        s->limit = s->left = s->from + below(s->to - s->from + 1);
        s->ours = s->others = 0;
        s->heard = false;
    }
}

static void server_others(struct server *s)
{
    int64_t n = below(s->limit * s->percent_others / 100 / 8 + 1);

    if (s->percent_others == 0 || below(50) != 0)
        return;
    n = n < s->left ? n : s->left;
    s->left -= n;
    s->others += n;
}

/* Reset minus the Date of the answer, both in whole seconds. */
static struct pace_quota server_answer(struct server *s, int64_t now,
                                       bool silent)
{
    struct pace_quota quota = {!silent, s->limit, s->left,
        (now / HOUR + 1) * HOUR - now / S * S};

    if (!silent) {
        s->others = 0;
        s->heard = true;
    }
    return quota;
}

/* Runs some hours. Returns false if our calls used the reserve for another
   reason than calls by others since the last answer of this hour. */
static bool serve(struct server *s, int64_t reserve, bool percent,
                  int percent_silent, int64_t lasts, int hours)
{
    struct pace pace;
    int64_t now = below(DAY);
    bool good = true;

    pace_init(&pace, 0, 0, reserve, percent);
    s->hour = -1;
    s->hours = s->idle = 0;
    s->ours = 1;
    while (s->hours <= hours && good) {
        struct pace_quota quota;
        int64_t kept;

        now = next(&pace, now, &good);
        server_time(s, now);
        server_others(s);
        kept = percent ? (s->limit * reserve + 99) / 100 : reserve;
        pace_call(&pace, now);
        good &= s->left + s->others > kept || !s->heard;
        if (s->left > 0)             /* otherwise a 420, which is free */
            s->left--;
        s->ours++;
        now += 1 + below(lasts);
        server_time(s, now);
        server_others(s);
        quota = server_answer(s, now, below(100) < percent_silent);
        pace_answer(&pace, &quota, now);
    }
    return good;
}

static void test_server(void)
{
    int broken = 0, idle = 0, i;

    for (i = 0; i < 600; i++) {
        struct server s = {0};
        int64_t reserve;
        bool percent = below(2) == 0;

        s.from = 2 + magnitude(2000);
        s.to = s.from + magnitude(2000) * below(2);
        s.percent_others = (int)below(3) * 50;
        reserve = percent ? below(50) : below(s.from);
        broken += !serve(&s, reserve, percent, (int)below(4) * 30,
                         magnitude(20 * S), 50);
        idle += s.idle;
    }
    CHECK(broken == 0, "we never use the reserve: %d of %d runs do", broken, i);
    CHECK(idle == 0, "every hour has a call: %d have none", idle);
}

/* The only user of an account uses exactly what the reserve leaves. */
static void test_use(void)
{
    struct server s = {0};
    struct pace pace;
    int64_t now = HOUR - 2 * S, in_hour = 0;
    bool good = true;
    int hours = 0;

    s.from = s.to = 2000;
    s.hour = -1;
    pace_init(&pace, 0, 0, 10, true);
    while (hours < 100) {
        struct pace_quota quota;
        int64_t hour = now / HOUR;

        now = next(&pace, now, &good);
        if (now / HOUR != hour) {
            hours++;
            good &= hours == 1 || in_hour == 1800;
            good &= now % HOUR <= 2 * S;
            in_hour = 0;
        }
        server_time(&s, now);
        pace_call(&pace, now);
        s.left--;
        in_hour++;
        now += 200 * MS;
        if (now / HOUR != s.hour) {
            hours++;
            in_hour = 0;
        }
        server_time(&s, now);
        quota = server_answer(&s, now, false);
        pace_answer(&pace, &quota, now);
    }
    CHECK(good, "each hour has 1800 of 2000 calls, from its beginning on");
}

/* ---- shards ---- */

/* Runs all shards from the same moment on, with random delays. Returns false
   if together they exceed the rate. */
static bool share(int64_t calls, int64_t window, int64_t shards, int64_t late)
{
    static struct pace pace[16];
    static int64_t at[16];
    int64_t each = calls, span = window, i, first;
    bool good = true, quota;

    pace_share(&each, &span, shards);
    good &= each * shards <= calls || (each == 1 && calls < shards);
    good &= span == window || (calls < shards && span / window * calls >=
                               shards);
    for (i = 0; i < shards; i++) {
        pace_init(&pace[i], each, span, 0, false);
        at[i] = HOUR;
    }
    ring.n = 0;
    for (int n = 0; n < 2000; n++) {
        int64_t now;

        for (first = 0, i = 1; i < shards; i++)
            if (at[i] < at[first])
                first = i;
        now = at[first];
        pace_call(&pace[first], now);
        good &= ring_add(calls * (span / window), span, now);
        at[first] = pace_next(&pace[first], now, &quota) + below(late + 1);
    }
    return good;
}

static void test_share(void)
{
    int64_t calls = 0, window = HOUR;
    int broken = 0, i;

    for (i = 0; i < 1000; i++) {
        int64_t n = magnitude(200), span = magnitude(HOUR) + 1000;

        broken += !share(n, span, 1 + below(16), below(2) * below(span));
    }
    CHECK(broken == 0, "shards keep the rate together: %d of %d runs do not",
          broken, i);
    CHECK(share(1, DAY, 16, 0), "1/d is one in 16 days for 16 shards");
    pace_share(&calls, &window, 7);
    CHECK(calls == 0 && window == HOUR, "no rate stays no rate");
    calls = 2000;
    pace_share(&calls, &window, 3);
    CHECK(calls == 666 && window == HOUR, "a third of 2000 is 666");
    pace_share(&calls, &window, 0);
    CHECK(calls == 666 && window == HOUR, "0 shards count as 1");
    calls = 2;
    pace_share(&calls, &window, 5);
    CHECK(calls == 1 && window == 3 * HOUR, "a fifth of 2/h is 1 in 3 h");
    calls = 1;
    pace_share(&calls, &window, INT64_MAX);
    CHECK(calls == 1 && window == INT64_C(1) << 61,
          "the length of a window is bounded");
}

/* ---- pages ---- */

/* A table of n items, whose sizes `size` returns. A page ends at 1 MB and
   consumes a unit for each 4 KB, or half of that if not `strong`. */
struct table {
    size_t n;
    double (*size)(size_t i);
    bool strong;
};

struct scan {
    uint64_t pages;
    double units, seconds;
    double ahead;                /* the largest number of units above the rate
                                    at the beginning of a page */
    double largest;              /* units of a page */
};

/* Scans the table at `rate` units in `window` seconds. */
static struct scan scan(const struct table *t, int64_t rate, int64_t window)
{
    struct pace pace;
    struct scan s = {0};
    double per_second = (double)rate / (double)window;
    double share = per_second < 1 ? 1 : per_second;
    uint64_t limit = (uint64_t)(share / 100) + 1;
    int64_t start = S, now = start;
    size_t at = 0;

    pace_init(&pace, rate, window * S, 0, false);
    while (at < t->n) {
        double bytes = 0, units;
        uint64_t scanned = 0;
        bool quota;

        now = pace_next(&pace, now, &quota);
        s.seconds = (double)(now - start) / 1e9;
        if (s.units - per_second * s.seconds > s.ahead)
            s.ahead = s.units - per_second * s.seconds;
        while (at < t->n && scanned < limit && bytes < 1 << 20) {
            bytes += t->size(at++);
            scanned++;
        }
        units = (double)(uint64_t)((bytes + 4095) / 4096);
        units = units < 1 ? 1 : units;
        units = t->strong ? units : units / 2;
        s.units += units;
        s.largest = units > s.largest ? units : s.largest;
        s.pages++;
        pace_spend(&pace, units, now);
        limit = pace_page(limit, scanned, units, share);
        now += 20 * MS;          /* the call itself */
    }
    return s;
}

static double small(size_t i)
{
    (void)i;
    return 100;
}

static double large(size_t i)
{
    (void)i;
    return 300 * 1024;
}

static double mixed(size_t i)
{
    return i / 500 % 2 == 0 ? 100 : 300 * 1024;
}

static void test_pages(void)
{
    static const struct {
        const char *name;
        struct table table;
        int64_t rate, window;
        double most_pages;       /* as a share of the smallest possible number
                                    of units; 30 more are allowed */
    } cases[] = {
        {"20,000 small items, 1/s", {20000, small, true}, 1, 1, 0.9},
        {"20,000 small items, 2/s", {20000, small, true}, 2, 1, 0.5},
        {"20,000 small items, 100/s", {20000, small, true}, 100, 1, 0},
        {"20,000 small items, 6/m", {20000, small, true}, 6, 60, 0.9},
        {"20,000 small items of an index, 1/s", {20000, small, false}, 1, 1,
            1},
        {"20,000 small items of an index, 10/s", {20000, small, false}, 10, 1,
            0.15},
        {"100 large items, 1/s", {100, large, true}, 1, 1, 0.02},
        {"100 large items, 100/s", {100, large, true}, 100, 1, 0.02},
        {"100 large items, 1000/s", {100, large, true}, 1000, 1, 0.01},
        {"small and large ones, 1/s", {3000, mixed, true}, 1, 1, 0.02},
        {"small and large ones, 100/s", {3000, mixed, true}, 100, 1, 0.02},
    };
    size_t i, k;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan s = scan(&cases[i].table, cases[i].rate, cases[i].window);
        double bytes = 0, best;

        for (k = 0; k < cases[i].table.n; k++)
            bytes += cases[i].table.size(k);
        best = bytes / 4096 / (cases[i].table.strong ? 1 : 2);
        CHECK((double)s.pages <= best * cases[i].most_pages + 30,
              "%s: %" PRIu64 " pages for %.0f units", cases[i].name, s.pages,
              best);
        CHECK(s.ahead <= 1, "%s: %.2f units above the rate", cases[i].name,
              s.ahead);
        CHECK(s.units <= 1.6 * best + 30, "%s: %.0f units instead of %.0f",
              cases[i].name, s.units, best);
    }
}

static void test_page_sizes(void)
{
    static const struct {
        uint64_t limit, scanned;
        double units, share;
        uint64_t next;
    } cases[] = {
        {1, 1, 1, 1, 2}, {8, 8, 1, 1, 16}, {40, 40, 1, 1, 80},
        {80, 80, 2, 1, 40}, {1, 1, 100, 1, 1}, {2, 2, 1, 100, 8},
        {100, 100, 100, 100, 101}, {100, 100, 50, 100, 202},
        {100, 100, 101, 100, 99}, {100, 100, 1000, 100, 10},
        /* half units */
        {1, 1, 0.5, 1, 4}, {16, 16, 1, 1, 32}, {16, 16, 1.5, 1, 10},
        /* pages that ended early */
        {100, 3, 1, 1, 100}, {100, 90, 1, 1, 180}, {100, 3, 200, 100, 1},
        /* unknown consumption */
        {7, 100, 0, 1, 7}, {7, 0, 1, 1, 7}, {7, 0, 0, 1, 7},
        {1000000, 1000000, 1, 100, 1000000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t next = pace_page(cases[i].limit, cases[i].scanned,
                                  cases[i].units, cases[i].share);

        CHECK(next == cases[i].next, "%" PRIu64 " items that took %.1f of %.0f "
              "units: then %" PRIu64, cases[i].scanned, cases[i].units,
              cases[i].share, next);
    }
}

int main(int argc, char **argv)
{
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    seed += seed == 0;
    printf("seed %" PRIu64 "\n", seed);
    test_init();
    test_sharp();
    test_schedules();
    test_year();
    test_loss();
    test_quota();
    test_silence();
    test_both();
    test_server();
    test_use();
    test_share();
    test_page_sizes();
    test_pages();
    return test_done("test_pace");
}
