/* rows: see rows.h. */
#include "rows/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "json.h"

bool rows_format_parse(enum rows_format *format, const char *name)
{
    static const char names[][6] = {
        [ROWS_TSV] = "tsv", [ROWS_JSONL] = "jsonl", [ROWS_CSV] = "csv",
        [ROWS_TEXT] = "text"
    };

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = (enum rows_format)i;
            return true;
        }
    }
    return false;
}

/* ---- in ---- */

void rows_in_init(struct rows_in *in, int fd, bool null)
{
    in->fd = fd;
    in->null = null;
    in->eof = false;
    in->place.begin = 0;
    in->place.started = null;        /* a mark would be part of the id */
    in->place.skip = false;
    in->end = 0;
}

enum rows_read rows_peek(const struct rows_in *in, struct rows_place *place,
                         const unsigned char **id, size_t *len)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};

    while (place->begin < in->end) {
        const unsigned char *p = in->buffer + place->begin;
        size_t have = in->end - place->begin;
        const unsigned char *end = memchr(p, in->null ? '\0' : '\n', have);
        size_t n = end != NULL ? (size_t)(end - p) : have;
        bool skipped = place->skip;

        if (!place->started && have >= sizeof mark &&
            memcmp(p, mark, sizeof mark) == 0) {
            place->begin += sizeof mark;
            place->started = true;
            continue;
        }
        /* One byte above the bound may be a CR, and no part of the id. */
        if (end == NULL && !in->eof && !skipped && have <= ROWS_ID_MAX + 1)
            return ROWS_MORE;
        place->begin += end != NULL ? n + 1 : n;
        place->started = true;
        place->skip = end == NULL;
        if (!in->null && end != NULL && n > 0 && p[n - 1] == '\r')
            n--;
        if (skipped || (n == 0 && !in->null))
            continue;
        *id = p;
        *len = n > ROWS_ID_MAX ? ROWS_ID_MAX : n;
        return n > ROWS_ID_MAX ? ROWS_LONG : ROWS_ID;
    }
    return in->eof ? ROWS_END : ROWS_MORE;
}

enum rows_read rows_next(struct rows_in *in, const unsigned char **id,
                         size_t *len)
{
    enum rows_read r = rows_peek(in, &in->place, id, len);
    ssize_t n;

    if (r != ROWS_MORE)
        return r;
    /* What is left is shorter than the buffer: there is room for a read. */
    in->end -= in->place.begin;
    memmove(in->buffer, in->buffer + in->place.begin, in->end);
    in->place.begin = 0;
    n = read(in->fd, in->buffer + in->end, sizeof in->buffer - in->end);
    if (n < 0)
        return errno == EAGAIN ? ROWS_MORE : ROWS_ERROR;
    in->eof = n == 0;
    in->end += (size_t)n;
    in->taken += (uint64_t)n;
    return rows_peek(in, &in->place, id, len);
}

bool rows_ready(const struct rows_in *in)
{
    struct rows_place place = in->place;
    const unsigned char *id;
    size_t len;

    return rows_peek(in, &place, &id, &len) != ROWS_MORE;
}

/* ---- characters that cannot stand as they are ---- */

/* Writes the escape for what is at `p` (n > 0), and a NUL. Returns how many
   bytes it stands for. */
static size_t escape(const unsigned char *p, size_t n, char text[9])
{
    static const char digits[] = "0123456789ABCDEF";
    static const char letters[] = "\\\\\tt\nn\rr";
    size_t k = text_utf8_length(p, n) == 2 ? 2 : 1;     /* U+0080 to U+009F */

    *text++ = '\\';
    for (size_t i = 0; letters[i] != '\0'; i += 2) {
        if (*p == (unsigned char)letters[i]) {
            text[0] = letters[i + 1];
            text[1] = '\0';
            return k;
        }
    }
    for (size_t i = 0; i < k; i++) {
        if (i > 0)
            *text++ = '\\';
        *text++ = 'x';
        *text++ = digits[p[i] >> 4];
        *text++ = digits[p[i] & 15];
    }
    *text = '\0';
    return k;
}

void rows_visible(char *out, size_t size, const unsigned char *bytes, size_t n)
{
    static const char dots[] = "...";
    size_t len = 0, uncut = 0;       /* uncut: and the dots fit behind it */

    if (size-- == 0)
        return;
    while (n > 0) {
        char text[9];
        const void *shown = bytes;
        size_t k = text_utf8_length(bytes, n), m = k;

        if (*bytes != '\t' && text_printable(bytes, k, "\0") == 0) {
            k = escape(bytes, n, text);
            m = strlen(text);
            shown = text;
        }
        if (m > size - len) {
            len = uncut;
            m = size - len < strlen(dots) ? size - len : strlen(dots);
            shown = dots;
            k = n;
        }
        memcpy(out + len, shown, m);
        len += m;
        bytes += k;
        n -= k;
        if (len + strlen(dots) <= size)
            uncut = len;
    }
    out[len] = '\0';
}

/* ---- out ---- */

void rows_out_init(struct rows_out *out, int fd, enum rows_format format,
                   bool null)
{
    out->fd = fd;
    out->format = format;
    out->null = null;
    out->failed = false;
    out->error = 0;
    out->len = 0;
}

static void flush(struct rows_out *out)
{
    size_t done = 0;

    while (!out->failed && done < out->len) {
        ssize_t n = write(out->fd, out->buffer + done, out->len - done);

        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd pfd = {out->fd, POLLOUT, 0};

            poll(&pfd, 1, -1);       /* what it says, write() says better */
        } else if (n == 0 || errno != EINTR) {
            out->failed = true;
            out->error = n == 0 ? EIO : errno;
        }
    }
    out->len = 0;
}

/* Adds to the buffer; `context` is the struct rows_out. */
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

            k += escape(p + k, n - k, text);
            add_text(out, text);
        }
        p += k;
        n -= k;
    }
}

/* As it is, but for NUL where rows end in it, and quotes inside quotes. */
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

static void add_csv(struct rows_out *out, const unsigned char *p, size_t n)
{
    bool quoted = n == 0 || p[0] == ' ' || p[n - 1] == ' ';

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

/* Between two fields of a row. */
static void add_comma(struct rows_out *out, size_t i)
{
    if (i > 0)
        add_text(out, out->format == ROWS_TSV ? "\t" : ",");
}

/* Of field number i of the row. */
static void add_field(struct rows_out *out, size_t i,
                      const struct rows_field *field)
{
    const unsigned char *p = field->bytes;
    size_t n = p != NULL ? field->len : 0;

    add_comma(out, i);
    switch (out->format) {
    case ROWS_TSV:
        if (p == NULL && !out->null)
            add_text(out, "\\N");
        else if (!out->null)
            add_escaped(out, p, n);
        else
            add_raw(out, p, n, false);
        break;
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
        add_comma(out, i);
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

/* ---- files of rows ---- */

bool rows_sync(int fd)
{
    int result;

    do
        result = fdatasync(fd);
    while (result < 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

enum rows_mended rows_mend(int to, bool null, bool unsure)
{
    const char end = null ? '\0' : '\n';
    char path[32], last;
    struct stat st;
    ssize_t n = -1;
    bool unread;
    int fd;

    if (fstat(to, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return ROWS_WHOLE;
    snprintf(path, sizeof path, "/proc/self/fd/%d", to);
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0) {
        do
            n = pread(fd, &last, 1, st.st_size - 1);
        while (n < 0 && errno == EINTR);
        close(fd);
    }
    unread = n != 1;
    if (unread ? fd < 0 && !unsure : last == end)
        return ROWS_WHOLE;
    do
        n = write(to, &end, 1);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = EIO;
    return n != 1 ? ROWS_UNWRITTEN : unread ? ROWS_MENDED_UNREAD
        : ROWS_MENDED;
}
