/*
 * ocrdyn: from the command line to the command. What the words mean is in
 * options.c, what the commands do is in rooms of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "export.h"
#include "extract.h"
#include "help.h"
#include "put.h"
#include "run.h"
#include "store.h"

/* What does each command's work; returns the exit status. */
static int (*const commands[OPTIONS_COMMANDS])(const struct options *o) = {
    [OPTIONS_RUN] = run,
    [OPTIONS_EXTRACT] = extract,
    [OPTIONS_GET] = store,
    [OPTIONS_PUT] = put,
    [OPTIONS_UPDATE] = store,
    [OPTIONS_DELETE] = store,
    [OPTIONS_QUERY] = export,
    [OPTIONS_SCAN] = export
};

/* Prints to standard output, and knows whether it got there. */
static int print(const char *text)
{
    fputs(text, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    report_say("cannot write standard output: %s", strerror(errno));
    return COMMAND_UNWRITTEN;
}

/* Are the standard descriptors such that a command can begin? Its exit status
   if not. */
static int check_descriptors(const struct options *o)
{
    struct stat st;

    if (o->command != OPTIONS_EXTRACT &&
        o->command != OPTIONS_SCAN && fstat(STDIN_FILENO, &st) < 0) {
        report_say("standard input is closed");
        return COMMAND_MISUSED;
    }
    if (fstat(STDOUT_FILENO, &st) < 0) {
        report_say("standard output is closed");
        return COMMAND_UNWRITTEN;
    }
    /* else what is opened first would get its number, and what is said */
    if (fstat(STDERR_FILENO, &st) < 0 && open("/dev/null", O_WRONLY) < 0)
        return COMMAND_MISUSED;
    return 0;
}

int main(int argc, char **argv)
{
    static struct options o;
    enum options_command command = OPTIONS_RUN;
    int status;

    report_init(REPORT_NEVER);
    if (argc > 1 && argv[1][0] != '-') {
        if (!options_find(&command, argv[1]))
            return COMMAND_MISUSED;
        argv++;
        argc--;
    }
    if (!options_parse(&o, command, argc, argv))
        return COMMAND_MISUSED;
    if (o.help)
        return print(help_texts[command]);
    if (o.version)
        return print("ocrdyn " OCRDYN_VERSION "\n");
    status = check_descriptors(&o);
    if (status != 0)
        return status;
    report_init(o.quiet || command == OPTIONS_EXTRACT ? REPORT_NEVER
                                                      : o.progress);
    status = commands[command](&o);
    command_close();
    if (command_stop != 0) {
        signal(command_stop, SIG_DFL);
        raise(command_stop);
    }
    return status;
}
