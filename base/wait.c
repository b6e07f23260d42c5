/* wait: waits that signals end, over ppoll(2). */
#include "base/wait.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

volatile sig_atomic_t wait_stop, wait_asked;
void (*wait_interrupted)(void);

/* ---------------------------------------------------------------- signals */

static void on_signal(int number)
{
    if (number == SIGUSR1) {
        wait_asked = number;
        return;
    }
    if (wait_stop != 0) {
        signal(number, SIG_DFL);
        raise(number);           /* delivered when the handler returns */
    }
    wait_stop = number;
}

void wait_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action, before;
    size_t i;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;       /* without SA_RESTART, waits end */
    sigfillset(&action.sa_mask);
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN || numbers[i] == SIGUSR1)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* ------------------------------------------------------------------ waits */

/* The clock of ppoll(2) stands still while the machine is suspended, so a long
   wait is made of steps. */
static const int64_t longest_step = 60 * CLOCK_SECOND;

static void call_interrupted(void)
{
    if (wait_interrupted != NULL)
        wait_interrupted();
}

/* Waits `left` ns, at most longest_step; WAIT_TIME is the end of the step. */
static enum wait_result wait_step(int64_t left, int fd, short events,
                                  const sigset_t *mask)
{
    struct pollfd pfd = {fd, events, 0};
    struct timespec ts;
    int n;

    if (left < 0)
        left = 0;
    if (left > longest_step)
        left = longest_step;
    ts.tv_sec = (time_t)(left / CLOCK_SECOND);
    ts.tv_nsec = (long)(left % CLOCK_SECOND);
    n = ppoll(&pfd, fd < 0 ? 0 : 1, &ts, mask);
    if (n > 0)
        return WAIT_READY;
    return n < 0 && errno == EINTR ? WAIT_SIGNAL : WAIT_TIME;
}

/* Waits at most 20 ms, with signals unblocked: most answers come within that
   time, and two system calls are saved. A signal before the call is seen after
   it. */
static enum wait_result wait_briefly(int64_t until, int fd, short events)
{
    int64_t left = until - clock_now(CLOCK_STEADY);
    enum wait_result result;

    result = wait_step(left < CLOCK_SECOND / 50 ? left : CLOCK_SECOND / 50,
                       fd, events, NULL);
    if (result == WAIT_SIGNAL)
        call_interrupted();
    return result;
}

enum wait_result wait_until(int64_t until, int fd, short events,
                            const volatile sig_atomic_t *stop)
{
    enum wait_result result;
    sigset_t all, before;

    if (stop == NULL && fd >= 0) {
        result = wait_briefly(until, fd, events);
        if (result != WAIT_TIME)
            return result;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    call_interrupted();
    do
        result = stop != NULL && *stop != 0 ? WAIT_SIGNAL
            : wait_step(until - clock_now(CLOCK_STEADY), fd, events, &before);
    while (result == WAIT_TIME && clock_now(CLOCK_STEADY) < until);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result == WAIT_SIGNAL)
        call_interrupted();
    return result;
}
