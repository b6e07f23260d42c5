/*
 * command: what the commands have in common: their exit statuses, the signals
 * that end them, and the two services, ready to be called.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <signal.h>
#include <stdbool.h>

#include "cloudinary.h"
#include "dynamodb.h"
#include "options.h"

#ifndef OCRDYN_VERSION
#define OCRDYN_VERSION "unknown"
#endif

/* Exit statuses, as in ocrdyn(1). */
enum {
    COMMAND_FAILED = 1,          /* some of it failed */
    COMMAND_MISUSED = 2,         /* nothing was called */
    COMMAND_STOPPED = 3,         /* nothing more could succeed */
    COMMAND_UNWRITTEN = 4        /* output could not be written */
};

/* The signal to end by, or 0; and whether progress was asked for. */
extern volatile sig_atomic_t command_stop, command_asked;

/*
 * From now on the first SIGINT or SIGTERM sets command_stop, which ends waits,
 * and the second ends the program; SIGUSR1 sets command_asked; broken pipes
 * and files grown too large are errors of write(2).
 */
void command_signals(void);

/*
 * What a command gives up (sandbox.h), said with -v where that cannot be: once
 * the services are ready, and before they are called; and once all files are
 * open, all writing but in the folder that is open as `folder` (-1: none).
 * Where credential_process has been run, nothing: it may have to run again,
 * and would inherit it.
 */
void command_confine(const struct options *o);
void command_confine_files(const struct options *o, int folder);

/*
 * The services as options and environment say. They are static: a command
 * has one of each at most. NULL, and said, if something is missing or wrong;
 * then nothing was called.
 */
struct cloudinary *command_cloudinary(const struct options *o);
struct dynamodb *command_dynamodb(const struct options *o);

/* The same, which say nothing: `error` (COMMAND_ERROR bytes) has the reason. */
enum { COMMAND_ERROR = CHAIN_ERROR };
struct cloudinary *command_try_cloudinary(const struct options *o,
                                          char *error);
struct dynamodb *command_try_dynamodb(const struct options *o, char *error);

/* The end of a command that printed to stdout: its exit status, which is
   `status`, or says that it was not written. */
int command_printed(int status);

/* From now on SIGUSR1 prints the progress of this report, wherever the program
   waits. */
void command_watch(const struct report *report);

/* Prints it now, if it was asked for: for where nothing is waited for. */
void command_progress(void);

/* Says "ID: reason". */
void command_complain(const unsigned char *id, size_t n, const char *reason);

/* Closes what was opened, and wipes the keys. */
void command_close(void);

#endif
