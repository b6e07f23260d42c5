/*
 * records: reads rows, one record after the other, from a file descriptor. A
 * record is a list of fields with names.
 *
 * Reads what rows.h writes, and what other programs write in the same formats.
 * What rows_write was given comes back byte for byte, except where a format has
 * only one way to write two things: bytes that are not UTF-8 are U+FFFD in JSON
 * Lines; an empty `detail` is absent in CSV; with `null`, a NUL is U+FFFD in
 * TSV, CSV and TEXT, an empty field of TSV is absent, and a tab in a field of
 * TSV separates two fields.
 *
 * TSV   as PostgreSQL's COPY reads its text format (PostgreSQL's manual, COPY,
 *       "Text Format"): \b \f \n \r \t \v; \ and one to three octal digits; \x
 *       and one or two hexadecimal digits; \ before any other byte (also a tab
 *       or a line end) is that byte; a field \N is absent. A line ends with LF
 *       or CRLF; any other CR must be escaped. A line "\." is an ordinary
 *       field. There is no header line: the caller knows the columns.
 * CSV   RFC 4180, with LF allowed in place of CRLF. The first line is the
 *       header, with a different name for each column; each record has as many
 *       fields. An empty field without quotes is absent.
 * JSONL one object per line; each member is a field; null is absent. Two
 *       members with the same name are an error, and so is any other violation
 *       of RFC 8259, and half of a surrogate pair.
 * DYNAMODB  is read as JSONL; the caller reads the member "Item".
 * TEXT  the record is one field, "text", as it is.
 *
 * A UTF-8 byte order mark at the start is skipped (but not in TEXT, nor in TSV
 * with `null`, whose fields are raw), and so are empty lines in CSV and JSONL.
 * UTF-16 is refused as a whole. Names in CSV must be UTF-8; texts of TSV and
 * CSV can be any bytes. A bad record is reported and skipped, and the next one
 * is read, if the end of the bad one is known. Memory is bounded: RECORDS_MAX
 * for the values of a record, the same for the names, and sizeof(struct
 * records).
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "json.h"
#include "rows/rows.h"

enum {
    RECORDS_MAX = 6 << 20,       /* bytes of one record in the input, with its
                                    line end: an item of 400 KB is 2.4 MB if
                                    each byte is written as \u00XX, and 5.7 MB
                                    if it is a list of {"SS": [""]} */
    RECORDS_FIELDS = 1024        /* of one record */
};

enum records_read {
    RECORDS_ONE,             /* a record */
    RECORDS_BAD,             /* a record with an error: `error` */
    RECORDS_MORE,            /* no whole record yet: call again when the
                                descriptor is readable (also the answer to
                                EAGAIN) */
    RECORDS_END,             /* the end of the input */
    RECORDS_BROKEN,          /* the records that follow cannot be separated,
                                because of a wrong quote in CSV: `error`;
                                sticks */
    RECORDS_REFUSED,         /* no record can be read: the names of the columns
                                are wrong, or the input is UTF-16: `error`;
                                sticks */
    RECORDS_ERROR            /* read(2) failed: errno; the call may be repeated
                                after EINTR */
};

struct record_field {
    const unsigned char *name;
    size_t name_len;
    enum json_type type;     /* JSON_NULL: absent. JSON_STRING: `bytes` are the
                                text, any bytes. Others, in JSONL only: `bytes`
                                are the text of a number or boolean, or the JSON
                                of an array or object as it is in the input */
    const unsigned char *bytes;
    size_t len;
};

struct records {
    /* the record */
    struct record_field fields[RECORDS_FIELDS + 1];
    size_t n;                        /* of its fields */
    uint64_t number;                 /* from 1; the header and empty lines are
                                        not counted */
    struct error error;              /* names the record */

    /* private */
    int fd;
    enum rows_format format;
    bool null;
    bool eof;
    bool started;                    /* how the input begins is known */
    bool header;                     /* the current record is the header */
    bool over;                       /* the current record was returned */
    bool whole;                      /* its end was seen */
    bool bad;                        /* it has an error */
    bool blank;                      /* JSON: only white space so far */
    bool broken;
    bool refused;
    uint8_t state;                   /* in the current field */
    unsigned code;                   /* value of the current escape */
    unsigned digits;                 /* digits that it can still have */
    unsigned depth;                  /* in JSON */
    size_t columns;                  /* that each record must have, or 0 */
    size_t size;                     /* bytes of the record so far */
    struct buf names, values;        /* of all fields, without separators */
    struct json json;
    size_t begin, end;               /* of the bytes read and not used */
    unsigned char buffer[ROWS_BUFFER];
};

/*
 * Prepares to read from `fd`. With `null` (the option -0) records end in NUL,
 * and fields are raw (rows_out_init). `columns` are the n names of the columns
 * of TSV, at most RECORDS_FIELDS; NULL means those of rows_write. The other
 * formats contain their names.
 */
void records_init(struct records *r, int fd, enum rows_format format,
                  bool null, const char *const *columns, size_t n);

/*
 * Reads the next record into `fields`, where it stays valid until the next
 * call. Calls read(2) at most once, and not at all if the buffer already holds
 * the answer.
 */
enum records_read records_next(struct records *r);

/* Frees the memory. */
void records_free(struct records *r);

#endif
