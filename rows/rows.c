/*
 * rows.c: writes rows as TSV, JSON Lines, CSV or plain text, through one fixed
 * buffer.
 */
#include "rows/rows.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "json.h"

bool rows_format_parse(enum rows_format *format, const char *name)
{
    static const char names[][9] = {
        [ROWS_TSV] = "tsv", [ROWS_JSONL] = "jsonl", [ROWS_CSV] = "csv",
        [ROWS_TEXT] = "text", [ROWS_DYNAMODB] = "dynamodb"
    };

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = (enum rows_format)i;
            return true;
        }
    }
    return false;
}

const char row_status_names[ROW_STATUSES][9] = {
    [ROW_COMPLETE] = "complete", [ROW_EMPTY] = "empty",
    [ROW_SKIPPED] = "skipped", [ROW_FAILED] = "failed",
    [ROW_UNSTORED] = "unstored", [ROW_STORED] = "stored",
    [ROW_UPDATED] = "updated", [ROW_DELETED] = "deleted",
    [ROW_ABSENT] = "absent", [ROW_PRINTED] = "printed"
};

void rows_out_init(struct rows_out *out, int fd, enum rows_format format,
                   bool null)
{
    out->fd = fd;
    out->format = format == ROWS_DYNAMODB ? ROWS_JSONL : format;
    out->null = null;
    out->failed = false;
    out->error = 0;
    out->len = 0;
}

static void flush(struct rows_out *out)
{
    if (!out->failed && !file_write(out->fd, out->buffer, out->len)) {
        out->failed = true;
        out->error = errno;
    }
    out->len = 0;
}

/* Adds to the buffer; `context` is a struct rows_out, as json_quote needs. */
static void add(void *context, const void *bytes, size_t n)
{
    struct rows_out *out = context;
    const unsigned char *p = bytes;

    while (n > 0) {
        size_t room = sizeof out->buffer - out->len;
        size_t k = n < room ? n : room;

        memcpy(out->buffer + out->len, p, k);
        out->len += k;
        p += k;
        n -= k;
        if (out->len == sizeof out->buffer)
            flush(out);
    }
}

static void add_text(struct rows_out *out, const char *text)
{
    add(out, text, strlen(text));
}

static void add_escaped(struct rows_out *out, const unsigned char *p, size_t n)
{
    while (n > 0) {
        size_t k = text_printable(p, n, "\\\\");

        add(out, p, k);
        if (k < n) {
            char text[9];

            k += text_escape(p + k, n - k, text);
            add_text(out, text);
        }
        p += k;
        n -= k;
    }
}

/* Adds bytes as they are, except that a NUL that would end the row becomes
   U+FFFD, and that quotes inside quotes are doubled. */
static void add_raw(struct rows_out *out, const unsigned char *p, size_t n,
                    bool quoted)
{
    for (; n > 0; p++, n--) {
        if (*p == '\0' && out->null) {
            add_text(out, "\xef\xbf\xbd");
            continue;
        }
        if (*p == '"' && quoted)
            add(out, p, 1);
        add(out, p, 1);
    }
}

/* At the start of the output, readers would take it for a byte order mark. */
static bool begins_with_mark(const unsigned char *p, size_t n)
{
    return text_begin(p, n, true, true) == TEXT_MARK;
}

static void add_csv(struct rows_out *out, const unsigned char *p, size_t n)
{
    bool quoted = n == 0 || p[0] == ' ' || p[n - 1] == ' ' ||
        begins_with_mark(p, n);

    for (size_t i = 0; i < n && !quoted; i++)
        quoted = p[i] == '"' || p[i] == ',' || p[i] == '\r' || p[i] == '\n';
    if (!quoted) {
        add_raw(out, p, n, false);
        return;
    }
    add_text(out, "\"");
    add_raw(out, p, n, true);
    add_text(out, "\"");
}

/* Separates field number i of a row from the one before it. */
static void add_separator(struct rows_out *out, size_t i)
{
    if (i > 0)
        add_text(out, out->format == ROWS_TSV ? "\t" : ",");
}

/* Adds field number i of a row. */
static void add_field(struct rows_out *out, size_t i,
                      const struct rows_field *field)
{
    const unsigned char *p = field->bytes;
    size_t n = p != NULL ? field->len : 0;

    add_separator(out, i);
    switch (out->format) {
    case ROWS_TSV:
        if (out->null) {
            add_raw(out, p, n, false);
        } else if (p == NULL) {
            add_text(out, "\\N");
        } else if (i == 0 && begins_with_mark(p, n)) {
            add_text(out, "\\xEF\\xBB\\xBF");
            add_escaped(out, p + TEXT_MARK_SIZE, n - TEXT_MARK_SIZE);
        } else {
            add_escaped(out, p, n);
        }
        break;
    case ROWS_DYNAMODB:          /* rows_out_init turns it into ROWS_JSONL */
    case ROWS_JSONL:
        json_quote(field->name, field->name_len, add, out);
        add_text(out, ":");
        if (p == NULL)
            add_text(out, "null");
        else if (field->json)
            add(out, p, n);
        else
            json_quote(p, n, add, out);
        break;
    case ROWS_CSV:
        if (p != NULL)
            add_csv(out, p, n);
        break;
    case ROWS_TEXT:
        add_raw(out, p, n, false);
        break;
    }
}

static void end_row(struct rows_out *out)
{
    if (out->null)
        add(out, "", 1);
    else
        add_text(out, out->format == ROWS_CSV ? "\r\n" : "\n");
}

bool rows_flush(struct rows_out *out)
{
    flush(out);
    return !out->failed;
}

void rows_names(struct rows_out *out, const struct rows_field *fields,
                size_t n)
{
    if (out->format != ROWS_CSV)
        return;
    for (size_t i = 0; i < n; i++) {
        add_separator(out, i);
        add_csv(out, fields[i].name, fields[i].name_len);
    }
    end_row(out);
}

void rows_add(struct rows_out *out, const struct rows_field *fields, size_t n)
{
    if (out->format == ROWS_JSONL)
        add_text(out, "{");
    for (size_t i = 0; i < n; i++)
        add_field(out, i, &fields[i]);
    if (out->format == ROWS_JSONL)
        add_text(out, "}");
    end_row(out);
}

void rows_line(struct rows_out *out, const void *bytes, size_t n)
{
    add(out, bytes, n);
    end_row(out);
}

size_t rows_unfit(const struct rows_out *out, const struct rows_field *fields,
                  size_t n)
{
    size_t i = 0;

    if (!out->null || out->format == ROWS_JSONL)
        return n;
    while (i < n && (fields[i].bytes == NULL || memchr(fields[i].bytes, '\0',
                                                       fields[i].len) == NULL))
        i++;
    return i;
}

/* ---- the rows of a run ---- */

enum { ID, STATUS, TEXT, DETAIL };

const char *const rows_columns[ROWS_COLUMNS] = {
    "public_id", "status", "text", "detail"
};

static void name_fields(struct rows_field fields[ROWS_COLUMNS])
{
    for (int i = 0; i < ROWS_COLUMNS; i++)
        fields[i] = (struct rows_field){(const unsigned char *)rows_columns[i],
            strlen(rows_columns[i]), NULL, 0, false};
}

bool rows_header(struct rows_out *out)
{
    struct rows_field fields[ROWS_COLUMNS];

    name_fields(fields);
    rows_names(out, fields, ROWS_COLUMNS);
    return rows_flush(out);
}

bool rows_write(struct rows_out *out, const struct row *row)
{
    struct rows_field f[ROWS_COLUMNS];

    name_fields(f);
    f[ID].bytes = row->id;
    f[ID].len = row->id_len;
    f[STATUS].bytes = (const unsigned char *)row->status;
    f[STATUS].len = strlen(row->status);
    f[TEXT].bytes = row->text;
    f[TEXT].len = row->text_len;
    f[DETAIL].bytes = (const unsigned char *)row->detail;
    f[DETAIL].len = strlen(row->detail);
    if (f[DETAIL].len == 0 && out->format == ROWS_CSV)
        f[DETAIL].bytes = NULL;
    if (out->format == ROWS_TEXT)
        rows_add(out, &f[TEXT], 1);
    else
        rows_add(out, f, ROWS_COLUMNS);
    return rows_flush(out);
}
