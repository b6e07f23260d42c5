/*
 * profile_filter: prints what profile.c reads in the user's files.
 *
 * The first line is "ok", or the sentence of an error, with status 1. Standard
 * input has questions of three strings, each ended by a NUL: a profile, a
 * property and a member. For each of them a line is printed, with the value as
 * a JSON string or null: of the property, or where the member is not empty, of
 * this one in the property's block. An empty property asks whether there is
 * such a profile (true, false); the member " " asks for the property's words,
 * as credential_process has them, as a JSON array.
 */
#include "json.h"
#include "aws/process.h"
#include "aws/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(void *context, const void *piece, size_t n)
{
    (void)context;
    fwrite(piece, 1, n, stdout);
}

static void print_value(struct profile_value value)
{
    if (value.text == NULL)
        printf("null");
    else
        json_quote((const unsigned char *)value.text, value.n, put, NULL);
}

static void print_words(struct profile_value value)
{
    static char room[PROCESS_LINE_MAX + 1];
    static char *words[PROCESS_WORDS_MAX + 1];
    char error[WHY_MAX];
    size_t n = process_split(value.text, value.n, room, words, error), i;

    if (n == 0) {
        print_value(profile_string(error));
        return;
    }
    for (i = 0; i < n; i++) {
        putchar(i == 0 ? '[' : ',');
        print_value(profile_string(words[i]));
    }
    putchar(']');
}

static void answer(const struct profile *p, const char *name,
                   const char *property, const char *member)
{
    struct profile_value value = profile_get(p, name, property);

    if (*property == '\0')
        printf(profile_known(p, name) ? "true" : "false");
    else if (strcmp(member, " ") == 0)
        print_words(value);
    else
        print_value(*member == '\0' ? value : profile_member(value, member));
    putchar('\n');
}

int main(void)
{
    char *field[3] = {NULL, NULL, NULL}, error[WHY_MAX];
    size_t size[3] = {0, 0, 0};
    struct profile p;
    bool good = profile_load(&p, NULL, error);

    puts(good ? "ok" : error);
    while (good && getdelim(&field[0], &size[0], '\0', stdin) > 0 &&
           getdelim(&field[1], &size[1], '\0', stdin) > 0 &&
           getdelim(&field[2], &size[2], '\0', stdin) > 0)
        answer(&p, field[0], field[1], field[2]);
    for (int i = 0; i < 3; i++)
        free(field[i]);
    profile_free(&p);
    return good ? 0 : 1;
}
