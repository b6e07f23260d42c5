/* completion.c: prints the completion scripts for bash, zsh and fish. */
#include "cli/completion.h"

#include <stdio.h>

#include "cli/options.h"

/* Prints the words of a choice, separated by spaces. */
static void print_choice(const struct options_row *r)
{
    const char *p;

    for (p = r->kind == OPTIONS_CHOICE ? r->value : ""; *p != '\0'; p++)
        putchar(*p == '|' ? ' ' : *p);
}

static void print_commands(void)
{
    int i;

    for (i = 0; i < OPTIONS_COMMANDS; i++)
        printf("%s ", options_names[i]);
}

/* ------------------------------------------------------------------ bash */

/* Bash passes --format=csv to the function as three words. */
static const char bash_head[] =
"# ocrdyn in bash, by ocrdyn --completion bash\n"
"# An option: its names, how its value is completed, the words of a choice\n"
"_ocrdyn_option() {\n"
"    names+=\" $1\"\n"
"    [[ \" $1 \" != *\" $before \"* ]] || how=$2 list=$3\n"
"}\n"
"_ocrdyn() {\n"
"    local command=run names= how= list= files= i=$COMP_CWORD\n"
"    local word=${COMP_WORDS[i]} before=${COMP_WORDS[i-1]}\n"
"    if [[ $word == = ]]; then\n"
"        word=\n"
"    elif [[ $before == = ]]; then\n"
"        before=${COMP_WORDS[i-2]}\n"
"    fi\n"
"    [[ $i -gt 1 && ${COMP_WORDS[1]} != -* ]] && command=${COMP_WORDS[1]}\n"
"    local commands='";

static const char bash_tail[] =
"    esac\n"
"    if [[ -z $how ]]; then\n"
"        how=$files list=\n"
"        [[ $i -gt 1 ]] || how=words list=$commands\n"
"        [[ $word != -* ]] || how=words list=$names\n"
"    fi\n"
"    if [[ $how == files ]]; then\n"
"        compopt -o default\n"
"    else\n"
"        COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n"
"    fi\n"
"}\n"
"complete -F _ocrdyn ocrdyn\n";

static void print_bash_option(const struct options_row *r)
{
    printf("        _ocrdyn_option '--%s", r->name);
    if (r->letter != '\0')
        printf(" -%c", r->letter);
    printf("' %s '", r->kind == OPTIONS_FLAG ? "''" : r->kind == OPTIONS_FILE
           ? "files" : "words");
    print_choice(r);
    puts("'");
}

static void print_bash(void)
{
    int i;

    fputs(bash_head, stdout);
    print_commands();
    fputs("'\n    COMPREPLY=()\n    case $command in\n", stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        const struct options_row *r = NULL;

        printf("    %s)\n", options_names[i]);
        while ((r = options_next((enum options_command)i, r)) != NULL)
            print_bash_option(r);
        if (i == OPTIONS_EXTRACT)
            puts("        files=files");
        puts("        ;;");
    }
    fputs(bash_tail, stdout);
}

/* ------------------------------------------------------------------- zsh */

static const char zsh_head[] =
"#compdef ocrdyn\n"
"# ocrdyn in zsh, by ocrdyn --completion zsh\n"
"_ocrdyn() {\n"
"    local command=run\n"
"    if [[ $words[2] != -* ]]; then\n"
"        if (( CURRENT == 2 )); then\n"
"            compadd -- ";

static const char zsh_middle[] =
"\n"
"            return\n"
"        fi\n"
"        command=$words[2]\n"
"        shift words\n"
"        (( CURRENT-- ))\n"
"    fi\n"
"    case $command in\n";

static const char zsh_tail[] =
"    esac\n"
"}\n"
"if [[ $funcstack[1] == _ocrdyn ]]; then\n"
"    _ocrdyn \"$@\"\n"
"else\n"
"    compdef _ocrdyn ocrdyn\n"
"fi\n";

/* Prints what follows the name of an option. `joint` is what separates a value
   from the name in the same word. */
static void print_zsh_rest(const struct options_row *r, const char *joint)
{
    if (r->kind == OPTIONS_FLAG) {
        printf("[%s]'", r->about);
        return;
    }
    printf("%s[%s]:%s:%s", joint, r->about, r->value, r->kind == OPTIONS_FILE
           ? "_files" : r->kind == OPTIONS_CHOICE ? "(" : " ");
    print_choice(r);
    printf("%s'", r->kind == OPTIONS_CHOICE ? ")" : "");
}

/* The * permits to repeat an option, as --attr needs. */
static void print_zsh_option(const struct options_row *r)
{
    if (r->letter != '\0') {
        printf(" \\\n        '*-%c", r->letter);
        print_zsh_rest(r, "+");
    }
    printf(" \\\n        '*--%s", r->name);
    print_zsh_rest(r, "=");
}

static void print_zsh(void)
{
    int i;

    fputs(zsh_head, stdout);
    print_commands();
    fputs(zsh_middle, stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        const struct options_row *r = NULL;

        printf("    %s) _arguments -s -S", options_names[i]);
        while ((r = options_next((enum options_command)i, r)) != NULL)
            print_zsh_option(r);
        if (i == OPTIONS_EXTRACT)
            fputs(" \\\n        '*:FILE:_files'", stdout);
        puts(" ;;");
    }
    fputs(zsh_tail, stdout);
}

/* ------------------------------------------------------------------ fish */

static const char fish_head[] =
"# ocrdyn in fish, by ocrdyn --completion fish\n"
"function __ocrdyn_is\n"
"    set -l words (commandline -opc)\n"
"    set -l name run\n"
"    set -q words[2]; and not string match -q -- '-*' $words[2]\n"
"    and set name $words[2]\n"
"    test $name = $argv[1]\n"
"end\n"
"complete -c ocrdyn -f\n"
"complete -c ocrdyn -n 'test (count (commandline -opc)) = 1' -a '";

static void print_fish_option(const struct options_row *r, const char *command)
{
    printf("complete -c ocrdyn -n '__ocrdyn_is %s'", command);
    if (r->letter != '\0')
        printf(" -s %c", r->letter);
    printf(" -l %s -d '%s'%s", r->name, r->about, r->kind == OPTIONS_FLAG
           ? "" : r->kind == OPTIONS_FILE ? " -r -F" : " -x");
    if (r->kind == OPTIONS_CHOICE) {
        printf(" -a '");
        print_choice(r);
        putchar('\'');
    }
    putchar('\n');
}

static void print_fish(void)
{
    int i;

    fputs(fish_head, stdout);
    print_commands();
    puts("'");
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        const struct options_row *r = NULL;

        printf("# %s\n", options_names[i]);
        while ((r = options_next((enum options_command)i, r)) != NULL)
            print_fish_option(r, options_names[i]);
        if (i == OPTIONS_EXTRACT)
            puts("complete -c ocrdyn -n '__ocrdyn_is extract' -F");
    }
}

void completion_print(unsigned shell)
{
    static void (*const print[])(void) = {print_bash, print_zsh, print_fish};

    print[shell]();
}
