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

enum {
    ROWS_ID_MAX = 4096,      /* bytes of one id; DynamoDB's keys end at 2048 */
    ROWS_BUFFER = 16384
};

enum rows_format {
    ROWS_TSV,                /* PostgreSQL's COPY text format: \\ \t \n \r, \N
                                for no text, \xHH for each byte of another
                                control character (U+0080 to U+009F too:
                                terminals obey them) and for each that is not
                                UTF-8, so that all of it is text to grep */
    ROWS_JSONL,              /* {"public_id":,"status":,"text":,"detail":} */
    ROWS_CSV,                /* RFC 4180 with header line and CRLF; no text is
                                an empty field, an empty one a quoted one */
    ROWS_TEXT                /* the texts only; no text is an empty one */
};

/* "tsv", "jsonl", "csv", "text". False if it is none of them. */
bool rows_format_parse(enum rows_format *format, const char *name);

/* ---- in ---- */

enum rows_read {
    ROWS_ID,                 /* an id */
    ROWS_LONG,               /* one longer than ROWS_ID_MAX: its first bytes */
    ROWS_MORE,               /* none yet: call again when there is more to
                                read (EAGAIN shows as this, too) */
    ROWS_END,                /* no more */
    ROWS_ERROR               /* errno says why; EINTR may be tried again */
};

struct rows_in {
    int fd;
    bool null;
    bool eof;                        /* seen; nothing is read after it */
    struct rows_place {
        size_t begin;                /* of what is not given out yet */
        bool started;                /* behind the place of a byte order mark */
        bool skip;                   /* inside an id that was too long */
    } place;
    size_t end;                      /* of what was read */
    uint64_t taken;                  /* bytes read so far */
    unsigned char buffer[ROWS_BUFFER];
};

/* Reads from `fd`; `null` as the option -0 has it. */
void rows_in_init(struct rows_in *in, int fd, bool null);

/*
 * The next id. It stays valid until the next call. The last one needs no
 * terminator. Reads at most once, and not at all while the buffer has the
 * answer. Of ROWS_LONG the rest is passed over. Without `null`: a CR before
 * the LF is not part of the id, a UTF-8 byte order mark at the very start is
 * passed over, and so are empty lines; with it, an id is every byte up to the
 * NUL, and an empty id is one.
 */
enum rows_read rows_next(struct rows_in *in, const unsigned char **id,
                         size_t *len);

/* Will rows_next give an answer without reading from the descriptor? */
bool rows_ready(const struct rows_in *in);

/*
 * Looks ahead: the answer after `place`, which begins as in->place and is
 * moved on; ROWS_MORE where the buffer ends. Nothing is read or taken.
 */
enum rows_read rows_peek(const struct rows_in *in, struct rows_place *place,
                         const unsigned char **id, size_t *len);

/* ---- out ---- */

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
 * in TSV, TEXT and CSV.
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
bool rows_flush(struct rows_out *out);

/* Is what was written to `fd` on the disk now? If not, errno says why. What is
   no file, as a pipe, has no disk. */
bool file_sync(int fd);

/*
 * Ends the last record of the file `fd`, if it was cut short (the end of a
 * process, a full disk), so that it does not spoil the next one. Where that
 * cannot be read, an empty line too many is better than a row lost: `unsure`
 * ends it then. What is no file is left alone.
 */
enum file_repair {
    FILE_WHOLE, FILE_ENDED, FILE_ENDED_UNREAD, FILE_UNWRITTEN  /* errno */
};
enum file_repair file_end_record(int fd, bool null, bool unsure);

/*
 * Writes `n` bytes for a person to read on a terminal: as in TSV, but tab,
 * backslash and all that is printable stand as they are. At most `size` - 1
 * bytes and a NUL (nothing if `size` is 0); what does not fit is cut at a
 * character, and "..." says so.
 */
void text_visible(char *out, size_t size, const unsigned char *bytes,
                  size_t n);

#endif
