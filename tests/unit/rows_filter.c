/*
 * rows_filter: rows.c and records.c as a filter, for
 * tests/test_rows_peers.py.
 *
 *   rows_filter ids|ids0
 *       reads ids (ids0: that end in NUL) and prints each in hexadecimal on
 *       a line of its own, with "long " before one that is too long
 *   rows_filter tsv|jsonl|csv|text|tsv0|jsonl0|csv0|text0
 *       reads rows, a line each of four words in hexadecimal (id, status,
 *       text, detail; "-" is an empty one, "N" no text), and writes them (0:
 *       as with -0), after their header
 *   rows_filter read tsv|jsonl|csv|text|tsv0|... [COLUMN...]
 *       reads records of that format, and prints each on a line of its own:
 *       for each field its name and bytes in hexadecimal as NAME=TEXT,
 *       NAME:JSON or NAME~; "!" and a sentence for one that is wrong
 *   rows_filter visible SIZE
 *       reads lines of one word and prints what text_visible makes of each
 *
 * The exit status is 1 if something could not be read or written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "rows/ids.h"
#include "rows/records.h"
#include "rows/rows.h"

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

static bool print_ids(bool null)
{
    static struct ids in;
    const unsigned char *id;
    size_t len;
    enum ids_answer r;

    if (setvbuf(stdout, NULL, _IOLBF, BUFSIZ) != 0)
        return false;
    ids_init(&in, STDIN_FILENO, null);
    while ((r = ids_read(&in, &id, &len)) < IDS_END) {
        if (r == IDS_MORE)
            continue;
        if (r == IDS_LONG)
            printf("long ");
        for (size_t i = 0; i < len; i++)
            printf("%02x", (unsigned)id[i]);
        putchar('\n');
    }
    return r == IDS_END;
}

/* The words of a line; false if there are not as many. */
static bool split(char *line, char **words, int n)
{
    for (int i = 0; i < n; i++) {
        words[i] = strtok(i == 0 ? line : NULL, " \n");
        if (words[i] == NULL)
            return false;
    }
    return true;
}

static bool write_rows(enum rows_format format, bool null)
{
    static struct rows_out out;
    char *line = NULL, *words[4];
    size_t size = 0;
    bool good;

    rows_out_init(&out, STDOUT_FILENO, format, null);
    good = rows_header(&out);
    while (good && getline(&line, &size, stdin) > 0) {
        struct row row = {0};

        good = split(line, words, 4);
        if (!good)
            break;
        row.id_len = unhex(words[0]);
        row.id = (unsigned char *)words[0];
        unhex(words[1]);
        row.status = words[1];
        if (strcmp(words[2], "N") != 0) {
            row.text_len = unhex(words[2]);
            row.text = (unsigned char *)words[2];
        }
        unhex(words[3]);
        row.detail = words[3];
        good = rows_write(&out, &row);
    }
    free(line);
    return good;
}

static void print_hex(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%02x", (unsigned)bytes[i]);
}

static bool print_records(enum rows_format format, bool null,
                          const char *const *columns, size_t n)
{
    static struct records r;
    enum records_read answer;

    records_init(&r, STDIN_FILENO, format, null, n > 0 ? columns : NULL, n);
    while ((answer = records_next(&r)) < RECORDS_END) {
        if (answer == RECORDS_MORE)
            continue;
        if (answer == RECORDS_BAD)
            printf("!%s", r.error.text);
        for (size_t i = 0; i < r.n; i++) {
            const struct record_field *f = &r.fields[i];

            fputs(i > 0 ? " " : "", stdout);
            print_hex(f->name, f->name_len);
            putchar(f->type == JSON_NULL ? '~'
                    : f->type == JSON_STRING ? '=' : ':');
            print_hex(f->bytes, f->len);
        }
        putchar('\n');
    }
    if (answer == RECORDS_BROKEN)
        printf("!%s\n", r.error.text);
    records_free(&r);
    return answer == RECORDS_END;
}

static bool print_visible(size_t size)
{
    char *line = NULL, *word, *out = malloc(size);
    size_t room = 0;

    while (out != NULL && getline(&line, &room, stdin) > 0 &&
           split(line, &word, 1)) {
        size_t n = unhex(word);

        text_visible(out, size, (unsigned char *)word, n);
        puts(out);
    }
    free(line);
    free(out);
    return out != NULL;
}

int main(int argc, char **argv)
{
    bool reads = argc > 2 && strcmp(argv[1], "read") == 0;
    char *what = argc > 1 ? argv[reads ? 2 : 1] : "";
    size_t n = strlen(what);
    bool null = n > 0 && what[n - 1] == '0';
    enum rows_format format;
    bool good = false;

    if (argc > 2 && strcmp(what, "visible") == 0)
        return print_visible((size_t)strtoul(argv[2], NULL, 10)) ? 0 : 1;
    if (null)
        what[n - 1] = '\0';
    if (strcmp(what, "ids") == 0)
        good = print_ids(null);
    else if (!rows_format_parse(&format, what))
        good = false;
    else if (reads)
        good = print_records(format, null, (const char *const *)&argv[3],
                             (size_t)argc - 3);
    else
        good = write_rows(format, null);
    return good ? 0 : 1;
}
