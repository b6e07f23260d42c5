/*
 * caller.c: the loop that waits for the pace, makes a call, and decides whether
 * to repeat it.
 */
#include "cli/caller.h"

#include "base/report.h"
#include "base/wait.h"
#include "base/backoff.h"
#include "base/clock.h"

#define BACKOFF_BASE CLOCK_SECOND
#define BACKOFF_CAP (60 * CLOCK_SECOND)
#define LONG_WAIT (10 * CLOCK_SECOND)            /* a longer one is announced */
#define LIMIT_WAIT (60 * CLOCK_SECOND)           /* if the answer has no time */

void caller_init(struct caller *caller, struct command *command)
{
    const struct options *o = command->o;
    int64_t rate = o->rate.calls, window = o->rate.window;

    pace_share(&rate, &window, o->shard.count);
    caller->command = command;
    caller->max_attempts = o->net.max_attempts > 0
        ? (unsigned)o->net.max_attempts : 5;
    caller->starved = false;
    pace_init(&caller->pace, rate, window, o->reserve.calls,
              o->reserve.percent);
}

bool caller_wait(struct caller *caller, int64_t when, const char *why)
{
    struct progress *report = &caller->command->progress;
    int64_t begun = clock_now(CLOCK_STEADY), now = begun;

    if (when - now > LONG_WAIT && !caller->command->o->quiet) {
        char text[32];

        report_time(text, when);
        report_say("waiting until %s: %s", text, why);
    }
    report->waits_until = when;
    while (now < when && wait_stop == 0) {
        int64_t step = now + CLOCK_SECOND;

        progress_draw(report);
        wait_until(step < when ? step : when, -1, 0, &wait_stop);
        now = clock_now(CLOCK_STEADY);
    }
    report->waits_until = 0;
    report->waited += now - begun;
    return now >= when;
}

/* Waits until the pace allows the next call. Returns false if the command must
   end. */
static bool turn(struct caller *caller)
{
    for (;;) {
        int64_t now = clock_now(CLOCK_STEADY), at;
        bool quota;

        if (pace_starved(&caller->pace)) {
            report_say("--reserve leaves nothing of the account's %lld calls "
                       "an hour", (long long)caller->pace.quota.limit);
            caller->starved = true;
            return false;
        }
        at = pace_next(&caller->pace, now, &quota);
        if (at <= now)
            return true;
        if (!caller_wait(caller, at, quota ? "the rest of the account's "
                         "hourly calls is left to others (--reserve)"
                         : "--rate"))
            return false;
    }
}

static uint32_t random32(void)
{
    uint32_t random;

    clock_random(&random, sizeof random);
    return random;
}

/* Makes one attempt, and counts it. */
static enum outcome once(struct caller *caller, caller_fn *fn, void *context,
                         bool unit)
{
    struct cloudinary *c = caller->command->cloudinary;
    struct progress *report = &caller->command->progress;
    enum outcome outcome;
    int64_t now = clock_now(CLOCK_STEADY);

    pace_call(&caller->pace, now);
    outcome = fn(c, context);
    report->calls += c->sent;
    report->units += unit && c->sent;
    now = clock_now(CLOCK_STEADY);
    pace_answer(&caller->pace, &c->quota, now);
    if (c->quota.known) {
        report->quota = c->quota;
        report->quota_at = now;
    }
    return outcome;
}

enum outcome caller_call(struct caller *caller, caller_fn *fn, void *context,
                         bool unit)
{
    struct cloudinary *c = caller->command->cloudinary;
    int64_t bound = clock_now(CLOCK_STEADY) + CALLER_MAX;
    unsigned tries = 0, over = 0;

    /* calls of the Upload API have no hourly limit */
    caller->pace.uncounted = unit && caller->command->o->run.explicit;
    while (turn(caller)) {
        enum outcome outcome = once(caller, fn, context, unit);
        int64_t now = clock_now(CLOCK_STEADY), delay;

        if (outcome == OUTCOME_WAIT) {   /* does not count as an attempt */
            delay = c->wait >= 0 ? c->wait : LIMIT_WAIT;
            /* the limit should be over but is not: 4 s, 16 s, then 60 s */
            if (delay < CLOCK_SECOND && over++ > 0)
                delay = over > 3 ? LIMIT_WAIT : CLOCK_SECOND << 2 * (over - 1);
            delay += backoff_delay(1, 5 * CLOCK_SECOND, 5 * CLOCK_SECOND,
                                  random32());
            bound += delay;
        } else if (outcome == OUTCOME_RETRY) {
            delay = backoff_delay(++tries, BACKOFF_BASE, BACKOFF_CAP,
                                 random32());
            if (delay < c->wait)
                delay = c->wait;
            if (tries >= caller->max_attempts || now + delay > bound)
                return outcome;
        } else {
            return outcome;
        }
        caller->command->progress.retries++;
        if (!caller_wait(caller, now + delay, c->error))
            break;
    }
    return OUTCOME_RETRY;
}
