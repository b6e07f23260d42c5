/*
 * records.c: state machines that split TSV, CSV, JSON Lines and text into
 * records and fields, byte by byte, so that the input can arrive in pieces of
 * any size.
 */
#include "rows/records.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* The state of a field: where the next byte is. */
enum {
    FIELD,                   /* at the start of the field */
    PLAIN,                   /* CSV: in a field without quotes */
    QUOTED,                  /* CSV: between quotes */
    QUOTE,                   /* CSV: after a quote that may be the closing one;
                                also after a CR LF that ended the record */
    RETURN,                  /* after a CR that an LF must follow */
    ESCAPE,                  /* TSV: after a backslash */
    ABSENT,                  /* TSV: after a \N at the start of the field */
    OCTAL,                   /* TSV: in the octal digits of an escape */
    HEX                      /* TSV: in its hexadecimal digits */
};

enum { NAME_SHOWN = 96 };        /* bytes of a name in a sentence */

/* Marks the current record as bad. The first error is kept. */
__attribute__((format(printf, 2, 3)))
static void fail(struct records *r, const char *format, ...)
{
    va_list ap;

    if (r->bad)
        return;
    r->bad = true;
    if (r->header)
        error_set(&r->error, "the names of columns: ");
    else
        error_set(&r->error, "record %llu: ",
                  (unsigned long long)r->number + 1);
    va_start(ap, format);
    error_vadd(&r->error, format, ap);
    va_end(ap);
}

/* ---- fields ---- */

static void open_field(struct records *r)
{
    struct record_field *field = &r->fields[r->n];

    field->type = JSON_STRING;
    field->len = 0;
    if (r->format == ROWS_JSONL)
        field->name_len = 0;
    r->state = FIELD;
}

/* Adds bytes to the current field. */
static void put(struct records *r, const unsigned char *bytes, size_t n)
{
    if (r->bad)
        return;
    buf_add(&r->values, bytes, n);
    r->fields[r->n].len += n;
}

static void put_byte(struct records *r, unsigned c)
{
    const unsigned char byte = (unsigned char)c;

    put(r, &byte, 1);
}

static void close_field(struct records *r)
{
    if (r->n < RECORDS_FIELDS)
        r->n++;
    else
        fail(r, "it has more than %d fields", RECORDS_FIELDS);
    open_field(r);
}

/* An empty field is absent in a format that cannot tell the two apart. */
static void absent_if_empty(struct records *r)
{
    if (r->fields[r->n].len == 0)
        r->fields[r->n].type = JSON_NULL;
}

/* Points the fields at their bytes, once these no longer move. */
static void settle(struct records *r)
{
    static const unsigned char nothing[1];
    const unsigned char *name = r->names.len > 0 ? r->names.data : nothing;
    const unsigned char *bytes = r->values.len > 0 ? r->values.data : nothing;

    for (size_t i = 0; i < r->n; i++) {
        struct record_field *field = &r->fields[i];

        field->name = name;
        field->bytes = field->type == JSON_NULL ? NULL : bytes;
        name += field->name_len;
        bytes += field->len;
    }
}

static void fail_name(struct records *r, size_t i)
{
    const struct record_field *f = &r->fields[i];
    char name[NAME_SHOWN];

    text_visible(name, sizeof name, f->name, f->name_len);
    fail(r, "name %zu, \"%s\", is not UTF-8%s", i + 1, name,
         text_hint(f->name, f->name_len));
}

/* Names must not be empty, must be UTF-8, and must differ. */
static void check_names(struct records *r)
{
    for (size_t i = 0; i < r->n && !r->bad; i++) {
        const struct record_field *a = &r->fields[i];

        if (a->name_len == 0)
            fail(r, "name %zu is empty", i + 1);
        if (!text_is_utf8(a->name, a->name_len))
            fail_name(r, i);
        for (size_t k = 0; k < i; k++) {
            const struct record_field *b = &r->fields[k];

            if (a->name_len == b->name_len &&
                memcmp(a->name, b->name, a->name_len) == 0)
                fail(r, "names %zu and %zu are the same", k + 1, i + 1);
        }
    }
}

/* ---- TSV ---- */

/* Takes the byte after a backslash. Returns how many bytes it used, 0 or 1. */
static size_t unescape(struct records *r, unsigned char c)
{
    static const char letters[] = "b\bf\fn\nr\rt\tv\v";
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;

    r->state = PLAIN;
    r->code = 0;
    if (c == 'N' && r->fields[r->n].len == 0) {
        r->state = ABSENT;
    } else if (c == 'x') {
        r->state = HEX;
        r->digits = 2;
    } else if (c >= '0' && c <= '7') {
        r->state = OCTAL;
        r->digits = 3;
        return 0;
    } else if (letter != NULL && (letter - letters) % 2 == 0) {
        put_byte(r, (unsigned char)letter[1]);
    } else {
        put_byte(r, c);
    }
    return 1;
}

/* Ends an escape with digits: it is complete, or another byte follows. */
static void end_digits(struct records *r)
{
    if (r->state == HEX && r->digits == 2)
        put_byte(r, 'x');            /* no digit follows: an ordinary letter */
    else
        put_byte(r, r->code & 0xff);
    r->state = PLAIN;
}

/* Takes the byte after a part of an escape. Returns how many bytes it used. */
static size_t take_digit(struct records *r, unsigned char c)
{
    const int base = r->state == HEX ? 16 : 8, digit = text_hex(c);

    if (digit < 0 || digit >= base) {
        end_digits(r);
        return 0;
    }
    r->code = r->code * (unsigned)base + (unsigned)digit;
    if (--r->digits == 0)
        end_digits(r);
    return 1;
}

/* Ends what is unfinished where the record ends. */
static void end_escape(struct records *r)
{
    if (r->state == ABSENT)
        r->fields[r->n].type = JSON_NULL;
    else if (r->state == OCTAL || r->state == HEX)
        end_digits(r);
    else if (r->state == ESCAPE)
        fail(r, "it ends in a backslash");
    else if (r->state == RETURN)
        fail(r, "it has a CR that is not escaped");
}

/* Returns the number of bytes before the first of these characters. */
static size_t before(const unsigned char *p, size_t n, const char *marks)
{
    size_t i = 0;

    while (i < n && (p[i] == '\0' || strchr(marks, p[i]) == NULL))
        i++;
    return i;
}

/* The take functions use some of the n bytes at `p`, at most up to the end of
   the record, and return how many. */
static size_t take_tsv(struct records *r, const unsigned char *p, size_t n)
{
    size_t k;

    switch (r->state) {
    case ESCAPE:
        return unescape(r, *p);
    case OCTAL:
    case HEX:
        return take_digit(r, *p);
    case ABSENT:
        if (*p == '\t' || *p == '\n' || *p == '\r')
            r->fields[r->n].type = JSON_NULL;
        else
            put_byte(r, 'N');
        r->state = PLAIN;
        return 0;
    case RETURN:
        if (*p != '\n')
            end_escape(r);
        r->state = PLAIN;
        return 0;
    }
    k = before(p, n, "\\\r\t\n");
    put(r, p, k);
    if (k == n)
        return n;
    switch (p[k]) {
    case '\\': r->state = ESCAPE; break;
    case '\r': r->state = RETURN; break;
    case '\t': close_field(r); break;
    default: r->whole = true;
    }
    return k + 1;
}

/* TSV with `null`, whose fields are raw. */
static size_t take_tsv0(struct records *r, const unsigned char *p, size_t n)
{
    const unsigned char *tab = memchr(p, '\t', n);
    size_t k = tab != NULL ? (size_t)(tab - p) : n;

    put(r, p, k);
    if (tab == NULL)
        return n;
    absent_if_empty(r);
    close_field(r);
    return k + 1;
}

/* ---- CSV ---- */

/* After a wrong quote, what is quoted is unknown, and so is where the next
   record begins, unless NULs separate the records. */
static void wrong_quote(struct records *r, const char *what)
{
    fail(r, "%s", what);
    r->broken = !r->null;
    r->state = PLAIN;
}

/* Takes a byte outside quotes that ends a field, or that is an error. */
static void end_csv(struct records *r, unsigned char c)
{
    if (c == ',' || c == '\n' || c == '\r') {
        if (r->state == PLAIN)
            absent_if_empty(r);
        if (c == ',')
            close_field(r);
        else if (r->null)
            fail(r, "it has a line end outside quotes");
        else if (c == '\n')
            r->whole = true;
        else
            r->state = RETURN;
    } else if (r->state == QUOTE) {
        wrong_quote(r, "a quoted field continues after its closing quote");
    } else {
        wrong_quote(r, "a field that does not begin with a quote contains one");
    }
}

static size_t take_csv(struct records *r, const unsigned char *p, size_t n)
{
    const unsigned char *quote;
    size_t k;

    switch (r->state) {
    case FIELD:
        r->state = *p == '"' ? QUOTED : PLAIN;
        return *p == '"';
    case QUOTED:
        quote = memchr(p, '"', n);
        k = quote != NULL ? (size_t)(quote - p) : n;
        put(r, p, k);
        if (quote == NULL)
            return n;
        r->state = QUOTE;
        return k + 1;
    case QUOTE:
        if (*p == '"') {
            put(r, p, 1);
            r->state = QUOTED;
        } else {
            end_csv(r, *p);
        }
        return 1;
    case RETURN:
        r->whole = *p == '\n';
        if (!r->whole)
            fail(r, "it has a CR outside quotes that no LF follows");
        r->state = r->whole ? QUOTE : PLAIN;
        return r->whole;
    }
    k = before(p, n, ",\"\r\n");
    put(r, p, k);
    if (k == n)
        return n;
    end_csv(r, p[k]);
    return k + 1;
}

/* Ends a record of CSV where the input, or a NUL, does. */
static void last_csv(struct records *r)
{
    if (r->state == QUOTED)
        fail(r, "it ends between quotes");
    else if (r->state == RETURN)
        fail(r, "it has a CR outside quotes that no LF follows");
    else if (r->state != QUOTE)
        absent_if_empty(r);
}

/* ---- JSON Lines ---- */

enum { NAMES, RAW };

static const struct json_pick picks[] = {
    [NAMES] = {"", JSON_WANT_WALK, false},
    [RAW] = {"/*", JSON_WANT_RAW, true}
};

/* Returns whether the current field is made of what this pick delivers: of
   arrays and objects the JSON as it is, of other values the text. */
static bool is_kept(const struct records *r, unsigned pick)
{
    switch (r->fields[r->n].type) {
    case JSON_NULL: return false;
    case JSON_OBJECT:
    case JSON_ARRAY: return pick == RAW;
    default: return pick == NAMES;
    }
}

static bool take_event(void *context, unsigned pick, enum json_event event,
                       enum json_type type, const unsigned char *bytes,
                       size_t n)
{
    struct records *r = context;
    struct record_field *field = &r->fields[r->n];

    if (event == JSON_BYTES) {
        if ((pick == RAW || r->depth == 2) && is_kept(r, pick))
            put(r, bytes, n);
    } else if (pick != NAMES) {
        return true;
    } else if (event == JSON_BEGIN) {
        if (r->depth++ == 1)
            field->type = type;
        else if (r->depth == 1 && type != JSON_OBJECT)
            fail(r, "it is not a JSON object");
    } else if (event == JSON_END) {
        if (--r->depth == 1)
            close_field(r);
    } else if (r->depth == 1) {
        buf_add(&r->names, bytes, n);
        field->name_len += n;
    }
    return !r->bad;
}

/* The current name or value is not UTF-8. It ends in the n bytes at `p`, which
   show which encoding it may be. */
static void fail_utf8(struct records *r, const unsigned char *p, size_t n)
{
    const size_t len = r->fields[r->n].name_len;
    char name[NAME_SHOWN];

    if (r->depth < 2) {
        fail(r, "the name of attribute %zu is not UTF-8%s", r->n + 1,
             text_hint(p, n));
        return;
    }
    text_visible(name, sizeof name, len > 0 ? r->names.data + r->names.len -
                 len : p, len);
    fail(r, "the value of \"%s\" is not UTF-8%s", name, text_hint(p, n));
}

static size_t take_json(struct records *r, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n && r->blank; i++)
        r->blank = p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n';
    if (!r->bad && !json_feed(&r->json, p, n) &&
        json_error(&r->json) == JSON_E_UTF8)
        fail_utf8(r, p, n);
    return n;
}

static void end_json(struct records *r)
{
    if (!r->bad && !json_end(&r->json) && !r->bad)
        fail(r, "not JSON at byte %llu of it: %s",
             (unsigned long long)json_offset(&r->json),
             json_sentence(json_error(&r->json)));
    if (r->json.unpaired)
        fail(r, "it has half of a surrogate pair, such as \\ud800, which is "
             "not a character");
}

/* ---- records ---- */

static void begin_record(struct records *r)
{
    r->over = r->whole = r->bad = false;
    r->blank = true;
    r->n = r->size = 0;
    r->depth = 0;
    buf_reset(&r->values);
    if (r->format == ROWS_JSONL) {
        buf_reset(&r->names);
        json_init(&r->json, picks, sizeof picks / sizeof *picks, take_event,
                  r);
    }
    open_field(r);
}

/* Adds the names of n columns. */
static void name_columns(struct records *r, const char *const *names, size_t n)
{
    for (r->n = 0; r->n < n; r->n++) {
        r->fields[r->n].name_len = strlen(names[r->n]);
        buf_str(&r->names, names[r->n]);
    }
    r->columns = n;
}

/* Makes the current record the names of the columns. */
static void adopt_header(struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        r->fields[i].name_len = r->fields[i].len;
    buf_free(&r->names);
    r->names = r->values;
    buf_init(&r->values, RECORDS_MAX);
    r->columns = r->n;
}

void records_init(struct records *r, int fd, enum rows_format format,
                  bool null, const char *const *columns, size_t n)
{
    r->fd = fd;
    r->format = format == ROWS_DYNAMODB ? ROWS_JSONL : format;
    r->null = null;
    r->number = 0;
    r->error.text[0] = '\0';
    r->eof = r->started = r->broken = r->refused = r->bad = false;
    r->begin = r->end = r->n = r->columns = 0;
    buf_init(&r->names, RECORDS_MAX);
    buf_init(&r->values, RECORDS_MAX);
    r->header = true;
    if (format == ROWS_TEXT)
        name_columns(r, &rows_columns[2], 1);
    else if (format == ROWS_TSV && columns == NULL)
        name_columns(r, rows_columns, ROWS_COLUMNS);
    else if (format == ROWS_TSV)
        name_columns(r, columns, n);
    if (r->names.failed)
        fail(r, "they are too long");
    else
        settle(r);
    check_names(r);
    r->broken = r->refused = r->bad;
    r->header = format == ROWS_CSV;
    begin_record(r);
}

void records_free(struct records *r)
{
    buf_free(&r->names);
    buf_free(&r->values);
}

static size_t take_some(struct records *r, const unsigned char *p, size_t n)
{
    switch (r->format) {
    case ROWS_TSV:
        return r->null ? take_tsv0(r, p, n) : take_tsv(r, p, n);
    case ROWS_CSV:
        return take_csv(r, p, n);
    case ROWS_DYNAMODB:          /* records_init turns it into ROWS_JSONL */
    case ROWS_JSONL:
        return take_json(r, p, n);
    case ROWS_TEXT:
        break;
    }
    put(r, p, n);
    return n;
}

/* Takes all bytes of the current record that are there, and what ends it. */
static size_t take(struct records *r, const unsigned char *p, size_t n)
{
    bool marked = r->null || r->format == ROWS_JSONL || r->format == ROWS_TEXT;
    const unsigned char *mark =
        marked ? memchr(p, r->null ? '\0' : '\n', n) : NULL;
    size_t all = mark != NULL ? (size_t)(mark - p) : n, i = 0;

    while (i < all && !r->whole && !r->broken)
        i += take_some(r, p + i, all - i);
    if (mark != NULL) {
        r->whole = true;
        i++;
    }
    if (i > RECORDS_MAX - r->size)
        fail(r, "it is longer than %d bytes", RECORDS_MAX);
    else
        r->size += i;
    return i;
}

/* Ends the current record. Returns false if it is only an empty line. */
static bool end_record(struct records *r)
{
    if (r->format == ROWS_JSONL) {
        if (r->blank)
            return false;
        end_json(r);
    } else {
        if (r->format == ROWS_CSV)
            last_csv(r);
        else if (r->format == ROWS_TSV && r->null)
            absent_if_empty(r);
        else if (r->format == ROWS_TSV)
            end_escape(r);
        if (r->format == ROWS_CSV && r->n == 0 && !r->bad &&
            r->fields[0].type == JSON_NULL)
            return false;
        close_field(r);
        if (r->columns > 0 && r->n != r->columns)
            fail(r, "the number of its fields is %zu, not %zu", r->n,
                 r->columns);
    }
    if (r->names.starved || r->values.starved)
        fail(r, "out of memory");
    return true;
}

/* Returns the answer for a record that is over; RECORDS_MORE if there is none
   for it: it is an empty line or the header. */
static enum records_read judge(struct records *r)
{
    r->over = true;
    if (!end_record(r))
        return RECORDS_MORE;
    if (r->header && !r->bad)
        adopt_header(r);
    if (!r->bad)
        settle(r);
    if (r->header || r->format == ROWS_JSONL)
        check_names(r);
    if (r->bad)
        r->n = 0;
    if (r->header) {
        r->header = false;
        r->broken = r->refused = r->bad;
        return r->bad ? RECORDS_REFUSED : RECORDS_MORE;
    }
    r->number++;
    return r->broken ? RECORDS_BROKEN : r->bad ? RECORDS_BAD : RECORDS_ONE;
}

/* Finds out how the input begins. Returns false if more bytes are needed. */
static bool look_at_begin(struct records *r)
{
    const bool raw = r->format == ROWS_TEXT ||
        (r->format == ROWS_TSV && r->null);
    enum text_begin begin;

    if (r->started)
        return true;
    begin = text_begin(r->buffer + r->begin, r->end - r->begin, r->eof,
                       r->null);
    if (begin == TEXT_UNKNOWN)
        return false;
    r->started = true;
    if (begin == TEXT_MARK && !raw)
        r->begin += TEXT_MARK_SIZE;
    if (text_utf16(begin, "the input", r->error.text,
                   sizeof r->error.text) != NULL)
        r->broken = r->refused = true;
    return true;
}

/* Returns the answer that is in the buffer, or RECORDS_MORE. */
static enum records_read next(struct records *r)
{
    enum records_read answer = RECORDS_MORE;

    if (!look_at_begin(r))
        return RECORDS_MORE;
    if (r->refused)
        return RECORDS_REFUSED;
    while (answer == RECORDS_MORE && r->begin < r->end) {
        if (r->over)
            begin_record(r);
        r->begin += take(r, r->buffer + r->begin, r->end - r->begin);
        if (r->whole || r->broken)
            answer = judge(r);
    }
    if (answer != RECORDS_MORE || !r->eof)
        return answer;
    if (!r->over && r->size > 0)
        answer = judge(r);
    if (answer == RECORDS_MORE && r->header) {
        fail(r, "there is no header line");
        r->broken = r->refused = true;
        answer = RECORDS_REFUSED;
    }
    return answer != RECORDS_MORE ? answer : RECORDS_END;
}

enum records_read records_next(struct records *r)
{
    enum records_read answer;
    ssize_t n;

    if (r->broken)
        return r->refused ? RECORDS_REFUSED : RECORDS_BROKEN;
    answer = next(r);
    if (answer != RECORDS_MORE)
        return answer;
    r->end -= r->begin;              /* a part of a byte order mark at most */
    memmove(r->buffer, r->buffer + r->begin, r->end);
    r->begin = 0;
    n = read(r->fd, r->buffer + r->end, sizeof r->buffer - r->end);
    if (n < 0)
        return errno == EAGAIN ? RECORDS_MORE : RECORDS_ERROR;
    r->eof = n == 0;
    r->end += (size_t)n;
    return next(r);
}
