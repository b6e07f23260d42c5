/*
 * caller: paces and repeats the calls to Cloudinary.
 *
 * A call is made when the rate that the user asked for and the account's quota
 * allow it (pace.h). After a limit that the service reports, the call is
 * repeated when the limit ends. After another transient failure it is repeated
 * with growing delays, up to --max-attempts attempts and CALLER_MAX. Unless
 * --quiet is given, a wait of more than 10 s is announced, with its end. A
 * signal ends a wait.
 */
#ifndef CALLER_H
#define CALLER_H

#include "cli/command.h"
#include "cloudinary/pace.h"

/* ns for the attempts of one call. The waits for limits that the service
   reports are not counted; those of pace.h are. */
#define CALLER_MAX (900 * CLOCK_SECOND)

struct caller {
    struct command *command;     /* whose `progress` counts calls, retries and
                                    waits */
    struct pace pace;
    unsigned max_attempts;
    bool starved;                /* the reserve covers the whole quota, which
                                    was reported: no call can be made */
};

void caller_init(struct caller *caller, struct command *command);

/* Makes one call of cloudinary.h, once. */
typedef enum outcome caller_fn(struct cloudinary *c, void *context);

/*
 * Makes a call, with repetitions, and returns its outcome. `unit` says that it
 * requests OCR. Never returns OUTCOME_WAIT. OUTCOME_RETRY means that the
 * attempts are used up, and cloudinary->error has the reason; or, if wait_stop
 * or `starved` is set, that the command must end.
 */
enum outcome caller_call(struct caller *caller, caller_fn *fn, void *context,
                         bool unit);

/* Waits until CLOCK_STEADY reaches `when`, and draws the progress meanwhile.
   `why` is for the announcement. Returns false if a signal ended the wait: the
   command must end. */
bool caller_wait(struct caller *caller, int64_t when, const char *why);

#endif
