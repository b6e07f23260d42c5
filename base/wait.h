/*
 * wait: waiting for a time, a descriptor or a signal, and the signals that end
 * a command.
 *
 * wait_until is the only function of the program that sleeps. Tests that
 * control time replace it together with clock_now and clock_random (clock.h).
 */
#ifndef WAIT_H
#define WAIT_H

#include <signal.h>
#include <stdint.h>

/* The number of the signal that ends the command, or 0; and whether SIGUSR1
   has asked for the progress. Signal handlers set both. */
extern volatile sig_atomic_t wait_stop, wait_asked;

/*
 * Installs the handlers. The first SIGINT or SIGTERM sets wait_stop, which
 * ends waits; the second ends the process at once. SIGUSR1 sets wait_asked.
 * SIGPIPE and SIGXFSZ are ignored, so that write(2) reports EPIPE and EFBIG.
 * A SIGINT or SIGTERM that is ignored at the start (nohup, a shell's &) stays
 * ignored.
 */
void wait_signals(void);

/*
 * Called, outside of signal handlers, before a wait of more than 20 ms and
 * after a signal handler has interrupted a wait, so that what the handler
 * noted has its effect before the wait continues. NULL: nothing is called.
 */
extern void (*wait_interrupted)(void);

enum wait_result {
    WAIT_TIME,           /* the time has come */
    WAIT_READY,          /* the descriptor is ready, or has an error */
    WAIT_SIGNAL          /* a signal handler ran, or *stop is not 0 */
};

/*
 * Waits until CLOCK_STEADY reaches `until` (INT64_MAX: for ever), until `fd`
 * (-1: none) is ready for `events` of poll(2), or until a signal handler runs.
 * Where `stop` is not NULL, the wait also ends when *stop is not 0; a signal
 * between the test of *stop and the wait is not missed.
 */
enum wait_result wait_until(int64_t until, int fd, short events,
                            const volatile sig_atomic_t *stop);

#endif
