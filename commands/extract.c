/*
 * extract.c: prints the texts in saved OCR answers, or the values at a JSON
 * Pointer.
 */
#include "commands/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/report.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/confine.h"
#include "cloudinary/answer.h"
#include "json.h"

static bool is_input(const char *file)
{
    return strcmp(file, "-") == 0;
}

/* Returns the name of a file for messages. */
static const char *shown_name(const char *file)
{
    return is_input(file) ? "standard input" : file;
}

/* Reads like read(2), and also waits if the descriptor is non-blocking. */
static ssize_t read_some(int fd, unsigned char *bytes, size_t size)
{
    struct pollfd pfd = {fd, POLLIN, 0};
    ssize_t n;

    while ((n = read(fd, bytes, size)) < 0) {
        if (errno == EAGAIN)
            poll(&pfd, 1, -1);
        else if (errno != EINTR)
            break;
    }
    return n;
}

/* Reads until it is known how the file begins. Returns the number of bytes that
   were read, or -1. */
static ssize_t read_begin(int fd, unsigned char *bytes, size_t size,
                          enum text_begin *begin)
{
    size_t have = 0;

    do {
        ssize_t n = read_some(fd, bytes + have, size - have);

        if (n < 0)
            return -1;
        have += (size_t)n;
        *begin = text_begin(bytes, have, n == 0, false);
    } while (*begin == TEXT_UNKNOWN);
    return (ssize_t)have;
}

/* Prints a message; returns false. */
__attribute__((format(printf, 1, 2)))
static bool complain(const char *format, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, format);
    text_format(text, sizeof text, format, ap);
    va_end(ap);
    report_line(text);
    return false;
}

/* Prints why a file is not a JSON document. `skipped` bytes of the file were
   not fed; `piece` is the part that contains the error. Returns false. */
static bool not_json(const struct json *json, const char *file,
                     size_t skipped, const unsigned char *piece, ssize_t n)
{
    const bool encoding = json_error(json) == JSON_E_UTF8 && n > 0;

    return complain("%s: not JSON at byte %" PRIu64 ": %s%s", shown_name(file),
                    json_offset(json) + skipped,
                    json_sentence(json_error(json)),
                    encoding ? text_hint(piece, (size_t)n) : "");
}

/* Feeds a file to `json`. Returns false, after a message, if the file is not
   one complete document. */
static bool read_document(struct json *json, const char *file)
{
    unsigned char piece[16384];
    enum text_begin begin = TEXT_UNKNOWN;
    char sentence[128];
    const char *utf16;
    size_t skip;
    int fd = is_input(file) ? STDIN_FILENO
                            : open(file, O_RDONLY | O_CLOEXEC);
    int error;
    ssize_t n;

    if (fd < 0)
        return complain("%s: %s", file, strerror(errno));
    n = read_begin(fd, piece, sizeof piece, &begin);
    skip = begin == TEXT_MARK ? TEXT_MARK_SIZE : 0;
    if (n >= (ssize_t)skip) {
        n -= (ssize_t)skip;
        memmove(piece, piece + skip, (size_t)n);
    }
    utf16 = text_utf16(begin, "it", sentence, sizeof sentence);
    if (utf16 == NULL && n >= 0 && json_feed(json, piece, (size_t)n))
        do
            n = read_some(fd, piece, sizeof piece);
        while (n > 0 && json_feed(json, piece, (size_t)n));
    error = errno;
    if (!is_input(file))
        close(fd);
    if (n < 0)
        return complain("%s: %s", shown_name(file), strerror(error));
    if (utf16 != NULL)
        return complain("%s: %s", shown_name(file), utf16);
    return json_end(json) || not_json(json, file, skip, piece, n);
}

/* Reads the OCR text of a file. Returns false, after a message, on an error. */
static bool read_text(struct buf *text, const char *file)
{
    struct answer answer;
    bool good;

    if (!answer_init(&answer, "", text, NULL, NULL, 0)) {
        good = complain("%s: out of memory", shown_name(file));
    } else {
        char sentence[ANSWER_SENTENCE];

        good = read_document(&answer.json, file) &&
            (answer_judge(&answer, sentence) == ANSWER_TEXT ||
             complain("%s: %s", shown_name(file), sentence));
    }
    answer_free(&answer);
    return good;
}

struct value {
    struct buf *bytes;
    bool found;
};

/* The picks: a string is picked as text, any other value as JSON. */
enum { STRING, ANYTHING };

static bool take_value(void *context, unsigned pick, enum json_event event,
                       enum json_type type, const unsigned char *bytes,
                       size_t n)
{
    struct value *value = context;

    value->found = true;
    if (event == JSON_BYTES && (pick == STRING) == (type == JSON_STRING))
        buf_add(value->bytes, bytes, n);
    return true;
}

/* Reads the value at --pointer. Returns false, after a message, on an error. */
static bool read_value(struct buf *bytes, const struct options *o,
                       const char *file)
{
    const char *pointer = o->extract.pointer;
    const struct json_pick picks[] = {
        [STRING] = {pointer, JSON_WANT_TEXT, false},
        [ANYTHING] = {pointer, JSON_WANT_RAW, false}
    };
    struct value value = {bytes, false};
    struct json json;

    buf_reset(bytes);
    json_init(&json, picks, 2, take_value, &value);
    if (!read_document(&json, file))
        return false;
    if (!value.found)
        return complain("%s: no value at %s", shown_name(file), pointer);
    if (bytes->failed)
        return complain("%s: the value is larger than 16 MB", shown_name(file));
    /* printed with U+FFFD in its place, an id would be another id */
    return !o->null || bytes->len == 0 ||
        memchr(bytes->data, '\0', bytes->len) == NULL ||
        complain("%s: the value has a NUL, which -0 cannot print",
                 shown_name(file));
}

static void print_record(struct command *c, const struct buf *text)
{
    struct row row = {NULL, 0, "", text->data, text->len, ""};

    if (c->o->extract.pointer == NULL && answer_blank(text))
        return;
    if (!c->o->null && text->len > 0 && text->data[text->len - 1] == '\n')
        row.text_len--;          /* rows_write adds a newline */
    rows_write(&c->out, &row);
    command_flush(c);
}

int extract(const struct options *o)
{
    static struct command c;
    struct buf text;
    int i, status = 0;

    c.o = o;
    confine_process(o);
    if (o->n_words == 0 && isatty(STDIN_FILENO))
        report_line("reading an answer from the terminal (Ctrl-D ends it)");
    rows_out_init(&c.out, STDOUT_FILENO, ROWS_TEXT, o->null);
    buf_init(&text, ANSWER_TEXT_MAX);
    for (i = 0; (i == 0 || i < o->n_words) && c.exit == 0; i++) {
        const char *file = o->n_words > 0 ? o->words[i] : "-";

        if (o->extract.pointer != NULL ? read_value(&text, o, file)
                               : read_text(&text, file))
            print_record(&c, &text);
        else
            status = COMMAND_FAILED;
    }
    buf_free(&text);
    return c.exit != 0 ? c.exit : status;
}
