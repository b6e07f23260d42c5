/*
 * sigv4_filter: sigv4.c as a filter, for tests/test_sigv4_peers.py.
 *
 * Reads requests, a line each, and answers each with a line. Words are
 * separated by a space and are hexadecimal, so that they can hold any byte;
 * "-" is an empty one.
 *
 *   date SECONDS
 *       -> what clock_date writes
 *   sign METHOD PATH QUERY KEEP DATE ACCESS SECRET REGION SERVICE PAYLOAD
 *        [NAME VALUE]...
 *       -> canonical request, string to sign, Authorization (KEEP is "-" for
 *          a path that is to be normalised)
 *
 * A refusal is "-". SECONDS is decimal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sigv4.h"

enum { OUT = 1 << 20 };

static char out[OUT];

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Decodes in place, adds a NUL, and gives the length. */
static size_t unhex(char *word)
{
    size_t n = 0;

    if (strcmp(word, "-") != 0) {
        for (; word[2 * n] != '\0'; n++)
            word[n] = (char)(digit(word[2 * n]) << 4 | digit(word[2 * n + 1]));
    }
    word[n] = '\0';
    return n;
}

static void print(size_t n, char end)
{
    if (n == 0)
        putchar('-');
    for (size_t i = 0; i < n; i++)
        printf("%02x", (unsigned)(unsigned char)out[i]);
    putchar(end);
}

/* The next word, decoded. */
static char *next(size_t *len)
{
    static char none[] = "";
    char *word = strtok(NULL, " \n");
    size_t n;

    if (word == NULL)
        word = none;
    n = unhex(word);
    if (len != NULL)
        *len = n;
    return word;
}

static void answer_sign(void)
{
    struct sigv4_header headers[SIGV4_MAX_HEADERS + 1];
    struct sigv4_request rq = {.headers = headers};
    struct sigv4_scope scope = {.key = NULL};
    const char *date;

    rq.method = next(NULL);
    rq.path = next(NULL);
    rq.query = next(NULL);
    rq.keep_path = *next(NULL) != '\0';
    date = next(NULL);
    scope.access_key = next(NULL);
    scope.secret_key = next(NULL);
    scope.region = next(NULL);
    scope.service = next(NULL);
    rq.payload = next(&rq.payload_len);
    while (rq.n_headers < sizeof headers / sizeof *headers) {
        headers[rq.n_headers].name = next(NULL);
        if (*headers[rq.n_headers].name == '\0')
            break;
        headers[rq.n_headers++].value = next(NULL);
    }
    print(sigv4_canonical_request(&rq, out, OUT), ' ');
    print(sigv4_string_to_sign(&rq, &scope, date, out, OUT), ' ');
    print(sigv4_authorization(&rq, &scope, date, out, OUT), '\n');
}

static void answer_date(void)
{
    char date[CLOCK_DATE];
    const char *seconds = strtok(NULL, " \n");

    if (seconds == NULL || !clock_date(date, strtoll(seconds, NULL, 10)))
        puts("-");
    else
        puts(date);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        const char *command = strtok(line, " \n");

        if (command != NULL && strcmp(command, "sign") == 0)
            answer_sign();
        else
            answer_date();
    }
    free(line);
    return 0;
}
