/*
 * sigv4_filter.c: sigv4.c on standard input and output, for
 * test_sigv4_peers.py.
 *
 * It answers each line with a line. Words are separated by a space and are
 * hexadecimal, so that they can contain any byte; "-" is an empty word, and a
 * refusal.
 *
 *   date SECONDS
 *       The answer is the date that clock_date writes. SECONDS is decimal.
 *   sign METHOD PATH QUERY DATE ACCESS SECRET REGION SERVICE PAYLOAD
 *        [NAME VALUE]...
 *       The answer is the canonical request, the string to sign and the
 *       Authorization header.
 */
#include "sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum { OUT = 1 << 20 };

/* Decodes in place and adds a NUL. Returns the length. */
static size_t decode(char *word)
{
    size_t n = 0;

    if (strcmp(word, "-") != 0) {
        for (; word[2 * n] != '\0'; n++)
            word[n] = (char)(text_hex(word[2 * n]) << 4 |
                             text_hex(word[2 * n + 1]));
    }
    word[n] = '\0';
    return n;
}

static void print(const void *bytes, size_t n, char end)
{
    const unsigned char *p = bytes;

    if (n == 0)
        putchar('-');
    for (size_t i = 0; i < n; i++)
        printf("%02x", (unsigned)p[i]);
    putchar(end);
}

/* The next word, decoded; "" after the last. */
static struct bytes next_word(void)
{
    char *word = strtok(NULL, " \n");
    struct bytes bytes = bytes_string("");

    if (word != NULL) {
        bytes.data = (unsigned char *)word;
        bytes.len = decode(word);
    }
    return bytes;
}

static const char *next_string(void)
{
    return (const char *)next_word().data;
}

static void answer_sign(void)
{
    static char header[OUT];
    struct sigv4_header headers[SIGV4_MAX_HEADERS + 1];
    struct sigv4_request rq = {.headers = headers};
    struct sigv4_scope scope = {.key = NULL};
    const char *date;
    struct buf text;

    rq.method = next_string();
    rq.path = next_string();
    rq.query = next_string();
    date = next_string();
    scope.access_key = next_string();
    scope.secret_key = next_string();
    scope.region = next_string();
    scope.service = next_string();
    rq.payload = next_word();
    while (rq.n_headers < sizeof headers / sizeof *headers) {
        headers[rq.n_headers].name = next_string();
        if (*headers[rq.n_headers].name == '\0')
            break;
        headers[rq.n_headers++].value = next_string();
    }
    buf_init(&text, OUT);
    if (!sigv4_canonical_request(&rq, &text))
        buf_reset(&text);
    print(text.data, text.len, ' ');
    buf_reset(&text);
    if (!sigv4_string_to_sign(&rq, &scope, date, &text))
        buf_reset(&text);
    print(text.data, text.len, ' ');
    buf_free(&text);
    print(header, sigv4_authorization(&rq, &scope, date, header,
                                      sizeof header), '\n');
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
