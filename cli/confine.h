/*
 * confine: drops the rights that a command no longer needs (base/sandbox.h),
 * as the options and the AWS credentials permit.
 *
 * Nothing is dropped if credential_process has run: it may have to run again,
 * and would inherit the limits. With --verbose a message tells what is not
 * limited, and why.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include "cli/options.h"

/*
 * Limits system calls, and also the writing of files if the options name no
 * file. To be called when the services are ready and before the first call.
 */
void confine_process(const struct options *o);

/* Limits the writing of files to the folder that is open as `folder`; -1
   permits none. */
void confine_files(const struct options *o, int folder);

#endif
