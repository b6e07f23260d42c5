/*
 * rows: ids in, rows out.
 *
 * Reads public_ids from a file descriptor, one a line or one before each NUL,
 * and writes one row per id as tab-separated values, JSON Lines, CSV or plain
 * text. Neither side holds more than its fixed buffer, whatever it is given,
 * apart from the row that the caller hands over.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS_BUFFER = 16384 };

enum rows_format {
    ROWS_TSV,                /* PostgreSQL's COPY text format: \\ \t \n \r, \N
                                for no text, \xHH for each byte of another
                                control character (U+0080 to U+009F too:
                                terminals obey them) and for each that is not
                                UTF-8, so that all of it is text to grep */
    ROWS_JSONL,              /* {"public_id":,"status":,"text":,"detail":} */
    ROWS_CSV,                /* RFC 4180 with header line and CRLF; no text is
                                an empty field, an empty one a quoted one */
    ROWS_TEXT,               /* the texts only; no text is an empty one */
    ROWS_DYNAMODB            /* {"Item":{...}}: items in DynamoDB's typed JSON,
                                each a line. Rows that are not items are then
                                JSON Lines */
};

/* "tsv", "jsonl", "csv", "text", "dynamodb". False if it is none of them. */
bool rows_format_parse(enum rows_format *format, const char *name);

/* What became of an image or an item, and its name in the column status. */
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
    const unsigned char *text;       /* NULL: none */
    size_t text_len;
    const char *detail;              /* "" if there is nothing to say */
};

/* The names of their columns. */
enum { ROWS_COLUMNS = 4 };
extern const char *const rows_columns[ROWS_COLUMNS];

struct rows_out {
    int fd;
    enum rows_format format;
    bool null;
    bool failed;                     /* sticks */
    int error;                       /* the errno of that */
    size_t len;                      /* bytes in the buffer */
    unsigned char buffer[ROWS_BUFFER];
};

/*
 * Writes to `fd`. With `null` (the option -0) each row ends in NUL instead of
 * its line end and, in TSV and TEXT, fields are raw: nothing is escaped and no
 * text is an empty field. A NUL, which then cannot stand in a field, is U+FFFD
 * in TSV, TEXT and CSV: where that matters, rows_unfit tells. Without `null`
 * what is written does not begin with a byte order mark: TSV escapes it, CSV
 * quotes it (TEXT has it as it is).
 */
void rows_out_init(struct rows_out *out, int fd, enum rows_format format,
                   bool null);

/* The header line, where the format has one. Answers as rows_write. */
bool rows_header(struct rows_out *out);

/*
 * Writes one row and flushes it. Bytes that are not UTF-8 in id, text or
 * detail become U+FFFD in JSON Lines and come back as they are from all other
 * formats. Waits where a descriptor is full, also where it is one that does
 * not block. False if it did not take all of the row, now or earlier; SIGPIPE
 * is the caller's to ignore.
 */
bool rows_write(struct rows_out *out, const struct row *row);

/* ---- rows of other columns ---- */

struct rows_field {
    const unsigned char *name;
    size_t name_len;
    const unsigned char *bytes;      /* NULL: none */
    size_t len;
    bool json;                       /* in JSON Lines they stand as they are */
};

/*
 * Adds the header line, where the format has one, and one row. In TEXT it has
 * one field, its text. rows_line adds what is a row as it stands. What was
 * added is written when the buffer is full, and by rows_flush, which answers
 * as rows_write does for all of it.
 */
void rows_names(struct rows_out *out, const struct rows_field *fields,
                size_t n);
void rows_add(struct rows_out *out, const struct rows_field *fields, size_t n);
void rows_line(struct rows_out *out, const void *bytes, size_t n);

/* The number of the first of these fields that cannot be written as it is, for
   it has a NUL and NULs end rows; n if there is none. */
size_t rows_unfit(const struct rows_out *out, const struct rows_field *fields,
                  size_t n);
bool rows_flush(struct rows_out *out);

#endif
