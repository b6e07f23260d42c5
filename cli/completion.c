/* completion: see completion.h. */
#include "cli/completion.h"

#include <stdio.h>

#include "cli/options.h"

/* The words of a choice, apart. */
static void print_choice(const struct options_row *r)
{
    const char *p;

    for (p = r->kind == OPTIONS_CHOICE ? r->value : ""; *p != '\0'; p++)
        putchar(*p == '|' ? ' ' : *p);
}

/* Bash has taken --format=csv apart, into three words. */
static const char bash_head[] =
"# ocrdyn in bash, by ocrdyn --completion bash\n"
"# An option: its names, how its value is completed, the words that it may be\n"
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

static void bash_option(const struct options_row *r, const char *command)
{
    (void)command;
    printf("        _ocrdyn_option '--%s", r->name);
    if (r->letter != '\0')
        printf(" -%c", r->letter);
    printf("' %s '", r->kind == OPTIONS_FLAG ? "''" : r->kind == OPTIONS_FILE
           ? "files" : "words");
    print_choice(r);
    puts("'");
}

static const char zsh_head[] =
"#compdef ocrdyn\n"
"# ocrdyn in zsh, by ocrdyn --completion zsh\n"
"_ocrdyn() {\n"
"    local command=run\n"
"    if [[ $words[2] != -* ]]; then\n"
"        if (( CURRENT == 2 )); then\n"
"            compadd -- ";

static const char zsh_listed[] =
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

/* What follows a spelling; a value follows that after `joint`. */
static void zsh_rest(const struct options_row *r, const char *joint)
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

/* Both spellings, which may come again, as -a does. */
static void zsh_option(const struct options_row *r, const char *command)
{
    (void)command;
    if (r->letter != '\0') {
        printf(" \\\n        '*-%c", r->letter);
        zsh_rest(r, "+");
    }
    printf(" \\\n        '*--%s", r->name);
    zsh_rest(r, "=");
}

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

static void fish_option(const struct options_row *r, const char *command)
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

/* A script is its head, the commands, what follows them; for each command what
   is before and after its name, the options, what takes files, and an end; and
   a tail. */
static const struct {
    const char *head, *listed, *before, *after, *files, *end, *tail;
    void (*option)(const struct options_row *r, const char *command);
} shells[] = {
    {bash_head, "'\n    COMPREPLY=()\n    case $command in\n", "    ", ")\n",
     "        files=files\n", "        ;;\n", bash_tail, bash_option},
    {zsh_head, zsh_listed, "    ", ") _arguments -s -S",
     " \\\n        '*:FILE:_files'", " ;;\n", zsh_tail, zsh_option},
    {fish_head, "'\n", "# ", "\n",
     "complete -c ocrdyn -n '__ocrdyn_is extract' -F\n", "", "", fish_option}
};

void completion_print(unsigned shell)
{
    int i;

    fputs(shells[shell].head, stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++)
        printf("%s ", options_names[i]);
    fputs(shells[shell].listed, stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        const struct options_row *r = NULL;

        printf("%s%s%s", shells[shell].before, options_names[i],
               shells[shell].after);
        while ((r = options_next((enum options_command)i, r)) != NULL)
            shells[shell].option(r, options_names[i]);
        if (i == OPTIONS_EXTRACT)
            fputs(shells[shell].files, stdout);
        fputs(shells[shell].end, stdout);
    }
    fputs(shells[shell].tail, stdout);
}
