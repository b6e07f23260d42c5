/*
 * ocrdyn.c: main. Dispatches to the command that the first word names; each
 * command has its own file in commands/.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/report.h"
#include "base/wait.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/services.h"
#include "commands/check.h"
#include "commands/extract.h"
#include "commands/get.h"
#include "commands/list.h"
#include "commands/put.h"
#include "commands/run.h"
#include "commands/scan.h"
#include "commands/table.h"

/* The function of each command; it returns the exit status. */
static int (*const commands[OPTIONS_COMMANDS])(const struct options *o) = {
    [OPTIONS_RUN] = run,
    [OPTIONS_LIST] = list,
    [OPTIONS_EXTRACT] = extract,
    [OPTIONS_GET] = store,
    [OPTIONS_PUT] = put,
    [OPTIONS_UPDATE] = store,
    [OPTIONS_DELETE] = store,
    [OPTIONS_QUERY] = export,
    [OPTIONS_SCAN] = export,
    [OPTIONS_TABLE] = table,
    [OPTIONS_CHECK] = check
};

/* Returns 0 if the standard descriptors are open, else the exit status. */
static int check_descriptors(const struct options *o)
{
    struct stat st;

    if (options_reads_input(o->command) && fstat(STDIN_FILENO, &st) < 0) {
        report_line("standard input is closed");
        return COMMAND_MISUSED;
    }
    if (fstat(STDOUT_FILENO, &st) < 0) {
        report_line("standard output is closed");
        return COMMAND_UNWRITTEN;
    }
    /* otherwise the first file to be opened would become descriptor 2 and
       receive the messages */
    if (fstat(STDERR_FILENO, &st) < 0 && open("/dev/null", O_WRONLY) < 0)
        return COMMAND_MISUSED;
    return 0;
}

int main(int argc, char **argv)
{
    static struct options o;
    /* A line goes to standard error in one write: none is as long as this. */
    static char line[8192];
    enum options_command command = OPTIONS_RUN;
    int status;

    setvbuf(stderr, line, _IOLBF, sizeof line);
    argv += argc > 0;            /* argv[0] may be missing */
    if (*argv != NULL && **argv != '-' && !options_find(&command, *argv++))
        return COMMAND_MISUSED;
    if (!options_parse(&o, command, argv))
        return COMMAND_MISUSED;
    if (o.help || o.version || o.shell != OPTIONS_UNSET) {
        if (o.help)
            help_print(command);
        else if (o.version)
            puts("ocrdyn " OCRDYN_VERSION);
        else
            completion_print(o.shell);
        return command_flush_stdout(0);
    }
    status = check_descriptors(&o);
    if (status != 0)
        return status;
    report_init(!o.quiet && command != OPTIONS_EXTRACT &&
                (o.progress == PROGRESS_ALWAYS ||
                 (o.progress == PROGRESS_AUTO && isatty(STDERR_FILENO))));
    status = commands[command](&o);
    services_close();
    if (wait_stop != 0) {
        fflush(stderr);
        signal(wait_stop, SIG_DFL);
        raise(wait_stop);
    }
    return status;
}
