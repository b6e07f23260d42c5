/* completion: see completion.h. */
#include "completion.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

enum kind { FLAG, FREE, CHOICE, FILES };

static enum kind kind_of(const struct options_row *r)
{
    if (r->value == NULL)
        return FLAG;
    if (strcmp(r->value, "FILE") == 0)
        return FILES;
    if (strchr(r->value, '|') != NULL &&
        r->value[strspn(r->value, "abcdefghijklmnopqrstuvwxyz_|")] == '\0')
        return CHOICE;
    return FREE;
}

static bool takes_files(int command)
{
    return command == OPTIONS_EXTRACT;
}

/* The words of a choice, apart. */
static void print_choice(const char *value)
{
    for (; *value != '\0'; value++)
        putchar(*value == '|' ? ' ' : *value);
}

static void print_commands(void)
{
    int i;

    for (i = 0; i < OPTIONS_COMMANDS; i++)
        printf("%s%s", i > 0 ? " " : "", options_names[i]);
}

/* Calls `print` for each option of a command. */
static void each(int command, void (*print)(int command,
                                            const struct options_row *r))
{
    size_t i;

    for (i = 0; i < options_rows; i++)
        if ((options_table[i].commands >> command & 1) != 0)
            print(command, &options_table[i]);
}

static bool has_letter(const struct options_row *r)
{
    return r->id < 256;
}

/* ----------------------------------------------------------------- bash */

/* Bash has taken --format=csv apart, into three words. */
static const char bash_head[] =
"# ocrdyn in bash, by ocrdyn --completion bash\n"
"_ocrdyn() {\n"
"    local command=run list= i=$COMP_CWORD\n"
"    local word=${COMP_WORDS[i]} before=${COMP_WORDS[i-1]}\n"
"    if [[ $word == = ]]; then\n"
"        word=\n"
"    elif [[ $before == = ]]; then\n"
"        before=${COMP_WORDS[i-2]}\n"
"    fi\n"
"    [[ $i -gt 1 && ${COMP_WORDS[1]} != -* ]] && command=${COMP_WORDS[1]}\n"
"    COMPREPLY=()\n"
"    case $command:$before in\n";

static void bash_value(int command, const struct options_row *r)
{
    const char *name = options_names[command];
    enum kind kind = kind_of(r);

    if (kind == FLAG)
        return;
    printf("    %s:--%s", name, r->name);
    if (has_letter(r))
        printf("|%s:-%c", name, r->id);
    printf(") ");
    if (kind == CHOICE) {
        printf("list='");
        print_choice(r->value);
        printf("' ;;\n");
    } else {
        printf("%sreturn ;;\n", kind == FILES ? "compopt -o default; " : "");
    }
}

static void bash_name(int command, const struct options_row *r)
{
    (void)command;
    if (has_letter(r))
        printf(" -%c", r->id);
    printf(" --%s", r->name);
}

static void print_bash(void)
{
    int i;

    fputs(bash_head, stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++)
        each(i, bash_value);
    fputs("    *) case $command:$word in\n", stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        printf("        %s:-*) list='", options_names[i]);
        each(i, bash_name);
        printf("' ;;\n");
        if (takes_files(i))
            printf("        %s:*) compopt -o default; return ;;\n",
                   options_names[i]);
    }
    fputs("        *) [[ $i -gt 1 ]] || list='", stdout);
    print_commands();
    fputs("' ;;\n"
          "        esac ;;\n"
          "    esac\n"
          "    COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n"
          "}\n"
          "complete -F _ocrdyn ocrdyn\n", stdout);
}

/* ------------------------------------------------------------------ zsh */

static const char zsh_head[] =
"#compdef ocrdyn\n"
"# ocrdyn in zsh, by ocrdyn --completion zsh\n"
"_ocrdyn() {\n"
"    local command=run\n"
"    if [[ $words[2] != -* ]]; then\n"
"        if (( CURRENT == 2 )); then\n"
"            compadd -- ";

/* One spelling of an option; it may come again, as -a does. */
static void zsh_spelling(const struct options_row *r, const char *spelling,
                         const char *value)
{
    enum kind kind = kind_of(r);

    printf(" \\\n        '*%s", spelling);
    if (kind != FLAG)
        printf("%s:%s:", value, r->value);
    if (kind == CHOICE) {
        putchar('(');
        print_choice(r->value);
        putchar(')');
    } else if (kind != FLAG) {
        printf("%s", kind == FILES ? "_files" : " ");
    }
    putchar('\'');
}

static void zsh_option(int command, const struct options_row *r)
{
    char spelling[64];

    (void)command;
    if (has_letter(r)) {
        snprintf(spelling, sizeof spelling, "-%c", r->id);
        zsh_spelling(r, spelling, "+");
    }
    snprintf(spelling, sizeof spelling, "--%s", r->name);
    zsh_spelling(r, spelling, "=");
}

static void print_zsh(void)
{
    int i;

    fputs(zsh_head, stdout);
    print_commands();
    fputs("\n"
          "            return\n"
          "        fi\n"
          "        command=$words[2]\n"
          "        shift words\n"
          "        (( CURRENT-- ))\n"
          "    fi\n"
          "    case $command in\n", stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        printf("    %s) _arguments -s -S", options_names[i]);
        each(i, zsh_option);
        printf("%s ;;\n", takes_files(i) ? " \\\n        '*:FILE:_files'" : "");
    }
    fputs("    esac\n"
          "}\n"
          "if [[ $funcstack[1] == _ocrdyn ]]; then\n"
          "    _ocrdyn \"$@\"\n"
          "else\n"
          "    compdef _ocrdyn ocrdyn\n"
          "fi\n", stdout);
}

/* ----------------------------------------------------------------- fish */

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

static void fish_option(int command, const struct options_row *r)
{
    enum kind kind = kind_of(r);

    printf("complete -c ocrdyn -n '__ocrdyn_is %s'", options_names[command]);
    if (has_letter(r))
        printf(" -s %c", r->id);
    printf(" -l %s", r->name);
    if (kind == CHOICE) {
        printf(" -x -a '");
        print_choice(r->value);
        putchar('\'');
    } else if (kind != FLAG) {
        printf(" %s -d '%s'", kind == FILES ? "-r -F" : "-x", r->value);
    }
    putchar('\n');
}

static void print_fish(void)
{
    int i;

    fputs(fish_head, stdout);
    print_commands();
    fputs("'\n", stdout);
    for (i = 0; i < OPTIONS_COMMANDS; i++) {
        each(i, fish_option);
        if (takes_files(i))
            printf("complete -c ocrdyn -n '__ocrdyn_is %s' -F\n",
                   options_names[i]);
    }
}

bool completion_print(const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {
        {"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}
    };
    size_t i;

    for (i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print();
            return true;
        }
    return false;
}
