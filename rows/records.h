/*
 * records: rows in, with their fields.
 *
 * Reads back what rows writes, and what others write in the same formats: one
 * record after the other from a file descriptor, each a list of fields with
 * names. What rows_write was given comes back byte for byte, with these
 * exceptions, in which the format has only one way to write two things: bytes
 * that are not UTF-8 are U+FFFD in JSON Lines; an empty `detail` is an absent
 * one in CSV; with `null` a NUL is U+FFFD in TSV, CSV and TEXT, an empty field
 * of TSV an absent one, and a field of TSV with a tab in it two fields.
 *
 * TSV   as PostgreSQL's COPY reads its text format (its manual, COPY, "Text
 *       Format"): \b \f \n \r \t \v, \ and one to three octal digits, \x and
 *       one or two hexadecimal ones, \ before any other byte (a tab or a line
 *       end, too) is that byte, a field that is only \N is absent. A line ends
 *       in LF or CRLF; any other CR must be escaped. A line "\." is a field
 *       like any other. No header line: the caller knows the columns.
 * CSV   RFC 4180, with LF as good as CRLF: the first line is the header, with
 *       a name for each column, no two the same; each record has as many
 *       fields. An empty field without quotes is absent.
 * JSONL an object a line; each member is a field; null is absent. Two members
 *       of one name are an error, as any other breach of RFC 8259 is, and half
 *       of a surrogate pair.
 * DYNAMODB  read as JSONL is: the member "Item" is the caller's to read.
 * TEXT  the record is one field, "text", as it stands.
 *
 * A UTF-8 byte order mark at the very start is passed over (but in TEXT, and
 * in TSV with `null`, whose fields are raw), and so are empty lines in CSV and
 * JSONL. UTF-16 is refused as a whole. The names of CSV are UTF-8; texts of TSV
 * and CSV may be any bytes. A wrong record is passed over, said, and the next
 * one follows, where its end can be told. Memory is bounded: RECORDS_MAX for
 * the values of a record, as much for names, and sizeof(struct records).
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json.h"
#include "rows/rows.h"

enum {
    RECORDS_MAX = 6 << 20,       /* bytes of one record as it is read, its line
                                    end included: an item of 400 KB, each byte
                                    as \u00XX, is 2.4 MB; one that is a list of
                                    {"SS": [""]} is 5.7 MB */
    RECORDS_FIELDS = 1024,       /* of one record */
    RECORDS_SENTENCE = 320
};

enum records_read {
    RECORDS_ONE,             /* a record */
    RECORDS_BAD,             /* a wrong one: `sentence` says why */
    RECORDS_MORE,            /* none yet: call again when there is more to
                                read (EAGAIN shows as this, too) */
    RECORDS_END,             /* no more */
    RECORDS_BROKEN,          /* what follows cannot be told apart: a quote in
                                CSV is wrong; `sentence` says it; sticks */
    RECORDS_REFUSED,         /* no record can be read: there are no good names
                                of columns, or it is UTF-16; `sentence` says
                                it; sticks */
    RECORDS_ERROR            /* errno says why; EINTR may be tried again */
};

struct record_field {
    const unsigned char *name;
    size_t name_len;
    enum json_type type;     /* JSON_NULL: absent. JSON_STRING: `bytes` are
                                its text, any bytes. Another, of JSONL only:
                                they are its JSON, as it stands */
    const unsigned char *bytes;
    size_t len;
};

struct records {
    /* the record */
    struct record_field fields[RECORDS_FIELDS + 1];
    size_t n;                        /* fields of it */
    uint64_t number;                 /* counted from 1; a header, or an empty
                                        line, is not counted */
    char sentence[RECORDS_SENTENCE]; /* names the record; is fit for a
                                        terminal */

    /* not for the caller */
    int fd;
    enum rows_format format;
    bool null;
    bool eof;
    bool started;                    /* it is known how the input begins */
    bool header;                     /* the record in hand is the header */
    bool over;                       /* the record in hand was given out */
    bool whole;                      /* its end was seen */
    bool bad;
    bool blank;                      /* JSON: only white space so far */
    bool broken;
    bool refused;
    uint8_t state;
    unsigned code;                   /* of an escape in hand */
    unsigned digits;                 /* of it, that may follow */
    unsigned depth;                  /* in JSON */
    size_t columns;                  /* that each record has */
    size_t size;                     /* bytes of the record so far */
    struct buf names, values;        /* one behind the other */
    struct json json;
    size_t begin, end;               /* of what was read and not taken */
    unsigned char buffer[ROWS_BUFFER];
};

/*
 * Reads from `fd`; `null` as the option -0 has it: records end in NUL, and
 * fields are raw as rows_out_init says. `columns` (n names, at most
 * RECORDS_FIELDS) are those of TSV; NULL means those that rows writes. The
 * other formats have names of their own.
 */
void records_init(struct records *r, int fd, enum rows_format format,
                  bool null, const char *const *columns, size_t n);

/*
 * The next record, in `fields`, where it stays until the next call. Reads at
 * most once, and not at all while the buffer has the answer.
 */
enum records_read records_next(struct records *r);

/* Gives back the memory. */
void records_free(struct records *r);

#endif
