/*
 * caller: makes calls to Cloudinary: each in its turn, and again for as long
 * as that may help.
 *
 * Its turn is when the rate that was asked for and the account's quota allow
 * (pace.h). A limit that the service names is waited out; what fails for a
 * passing reason is tried again, later and later, up to --max-attempts and a
 * quarter of an hour. Waits that are long are announced, with their end; a
 * signal ends them.
 */
#ifndef CALLER_H
#define CALLER_H

#include "cli/command.h"
#include "cloudinary/pace.h"

/* The longest that one call is tried for, apart from limits. */
#define CALLER_MAX (900 * CLOCK_SECOND)

struct caller {
    struct command *command;     /* its report is told of calls, retries,
                                    waits */
    struct pace pace;
    unsigned max_attempts;
    bool starved;                /* the reserve leaves nothing, which was
                                    said: nothing more can be called */
};

void caller_init(struct caller *caller, struct command *command);

/* One call of cloudinary.h. */
typedef enum outcome caller_fn(struct cloudinary *c, void *context);

/*
 * Makes the call; `unit`, if it is one for OCR. The answer is RETRY when
 * trying again did not help: then cloudinary->error says why, or the command
 * is to end (a signal, or `starved`). WAIT does not come.
 */
enum outcome caller_call(struct caller *caller, caller_fn *fn, void *context,
                         bool unit);

/* Waits until `when`, of CLOCK_STEADY. False: the command is to end. */
bool caller_wait(struct caller *caller, int64_t when, const char *why);

#endif
