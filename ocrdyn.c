/*
 * ocrdyn: from the command line to the command. What the words mean is in
 * options.c, what the commands do is in rooms of their own.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "command.h"
#include "completion.h"
#include "extract.h"
#include "help.h"
#include "list.h"
#include "run.h"
#include "table.h"

/* What does each command's work; returns the exit status. */
static int (*const commands[OPTIONS_COMMANDS])(const struct options *o) = {
    [OPTIONS_RUN] = run,
    [OPTIONS_LIST] = list,
    [OPTIONS_EXTRACT] = extract,
    [OPTIONS_TABLE] = table,
    [OPTIONS_CHECK] = check
};

/* Prints to standard output, and knows whether it got there. */
static int print(const char *text)
{
    fputs(text, stdout);
    return command_printed(0);
}

/* Are the standard descriptors such that a command can begin? Its exit status
   if not. */
static int check_descriptors(const struct options *o)
{
    struct stat st;

    if (o->command == OPTIONS_RUN && fstat(STDIN_FILENO, &st) < 0) {
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
    if (o.completion != NULL)
        return completion_print(o.completion) ? print("") :
            (options_wrong(command, "--completion: \"%s\" is not bash, zsh "
                           "or fish", o.completion), COMMAND_MISUSED);
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
