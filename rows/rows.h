/*
 * rows: writes rows to a file descriptor, as tab-separated values, JSON Lines,
 * CSV or plain text. Uses one fixed buffer, however long a row is.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS_BUFFER = 16384 };

enum rows_format {
    ROWS_TSV,                /* PostgreSQL's COPY text format: \\ \t \n \r, \N
                                for an absent text, \xHH for each byte of
                                other control characters (including U+0080 to
                                U+009F, which terminals obey) and for each byte
                                that is not UTF-8: grep sees a text file */
    ROWS_JSONL,              /* {"public_id":,"status":,"text":,"detail":} */
    ROWS_CSV,                /* RFC 4180 with a header line and CRLF; an absent
                                text is an empty field, an empty text is "" */
    ROWS_TEXT,               /* the texts only; an absent text is empty */
    ROWS_DYNAMODB            /* {"Item":{...}}: one item per line in DynamoDB's
                                typed JSON. Rows that are not items are written
                                as JSON Lines */
};

/* Returns false unless `name` is "tsv", "jsonl", "csv", "text" or
   "dynamodb". */
bool rows_format_parse(enum rows_format *format, const char *name);

/* What became of an image or an item, and the names of that in the column
   "status". */
enum row_status {
    ROW_COMPLETE, ROW_EMPTY, ROW_SKIPPED, ROW_FAILED, ROW_UNSTORED,
    ROW_STORED, ROW_UPDATED, ROW_DELETED, ROW_ABSENT, ROW_PRINTED,
    ROW_STATUSES
};

extern const char row_status_names[ROW_STATUSES][9];

struct row {
    const unsigned char *id;
    size_t id_len;
    const char *status;
    const unsigned char *text;       /* NULL: absent */
    size_t text_len;
    const char *detail;              /* "" if there is none */
};

/* The names of the columns of struct row. */
enum { ROWS_COLUMNS = 4 };
extern const char *const rows_columns[ROWS_COLUMNS];

struct rows_out {
    int fd;
    enum rows_format format;
    bool null;
    bool failed;                     /* sticks */
    int error;                       /* the errno of the failure */
    size_t len;                      /* bytes in the buffer */
    unsigned char buffer[ROWS_BUFFER];
};

/*
 * Prepares to write to `fd`. With `null` (the option -0) each row ends in NUL
 * instead of a line end and, in TSV and TEXT, fields are raw: nothing is
 * escaped, and an absent text is an empty field. A NUL inside a field then
 * becomes U+FFFD in TSV, TEXT and CSV; rows_unfit finds such fields. Without
 * `null` the output does not begin with a byte order mark: TSV escapes it, CSV
 * quotes it (TEXT does not change it).
 */
void rows_out_init(struct rows_out *out, int fd, enum rows_format format,
                   bool null);

/* Writes the header line, if the format has one. Returns as rows_write. */
bool rows_header(struct rows_out *out);

/*
 * Writes one row and flushes it. Bytes that are not UTF-8 in id, text or
 * detail become U+FFFD in JSON Lines; all other formats preserve them. Waits
 * where the descriptor cannot take more, also if it does not block. Returns
 * false if this row or an earlier one could not be written: `error`. The
 * caller must ignore SIGPIPE.
 */
bool rows_write(struct rows_out *out, const struct row *row);

/* ---- rows of other columns ---- */

struct rows_field {
    const unsigned char *name;
    size_t name_len;
    const unsigned char *bytes;      /* NULL: absent */
    size_t len;
    bool json;                       /* the bytes are JSON, which JSON Lines
                                        takes as it is */
};

/*
 * rows_names adds the header line, if the format has one; rows_add adds a row,
 * which in TEXT has one field, its text; rows_line adds bytes that are a row
 * already. They are written when the buffer is full, and by rows_flush, which
 * returns as rows_write does, for all of them.
 */
void rows_names(struct rows_out *out, const struct rows_field *fields,
                size_t n);
void rows_add(struct rows_out *out, const struct rows_field *fields, size_t n);
void rows_line(struct rows_out *out, const void *bytes, size_t n);

/* Returns the number of the first of n fields that cannot be written unchanged,
   because it contains a NUL and NULs end rows; n if there is none. */
size_t rows_unfit(const struct rows_out *out, const struct rows_field *fields,
                  size_t n);
bool rows_flush(struct rows_out *out);

#endif
