/*
 * confine.c: drops the rights that a command no longer needs, before it reads
 * data from the network (seccomp, Landlock).
 */
#include "cli/confine.h"

#include "aws/process.h"
#include "base/report.h"
#include "base/sandbox.h"

static const char runs_again[] = "credential_process may have to run again";

static void tell(const struct options *o, const char *what, const char *why)
{
    if (why != NULL && o->verbose)
        report_say("%s not limited: %s", what, why);
}

void confine_files(const struct options *o, int folder)
{
    tell(o, "the writing of files is", process_used ? runs_again
         : sandbox_files(folder));
}

void confine_process(const struct options *o)
{
    tell(o, "system calls are", process_used ? runs_again : sandbox_calls());
    if (o->checkpoint == NULL && o->run.failed == NULL)
        confine_files(o, -1);
}
