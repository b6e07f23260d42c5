/* extract: see extract.h. */
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
#include "base/text.h"

static bool is_input(const char *file)
{
    return strcmp(file, "-") == 0;
}

static const char *name(const char *file)
{
    return is_input(file) ? "standard input" : file;
}

/* read(2), which waits for a descriptor that does not block, too. */
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

/* read_some, until it is known how the file begins. What was read is put into
   `bytes`; returns how much, or -1. */
static ssize_t read_begin(int fd, unsigned char *bytes, size_t size,
                          enum text_begin *begin)
{
    size_t have = 0;
    ssize_t n;

    do {
        n = read_some(fd, bytes + have, size - have);
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

/* Says why a file is no JSON document, of which `skipped` bytes were no part;
   `piece` is its part where that showed. Returns false. */
static bool not_json(const struct json *json, const char *file,
                     size_t skipped, const unsigned char *piece, ssize_t n)
{
    const bool text = json_error(json) == JSON_E_UTF8 && n > 0;

    return complain("%s: not JSON at byte %" PRIu64 ": %s%s", name(file),
                       json_offset(json) + skipped,
                       json_sentence(json_error(json)),
                       text ? text_hint(piece, (size_t)n) : "");
}

/* Feeds a file to `json`. False, and said, if that is no whole document. */
static bool read_document(struct json *json, const char *file)
{
    unsigned char piece[16384];
    enum text_begin begin = TEXT_UNKNOWN;
    char sentence[128];
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
    if (begin < TEXT_UTF16 && n >= 0 && json_feed(json, piece, (size_t)n))
        do
            n = read_some(fd, piece, sizeof piece);
        while (n > 0 && json_feed(json, piece, (size_t)n));
    error = errno;
    if (!is_input(file))
        close(fd);
    if (n < 0)
        return complain("%s: %s", name(file), strerror(error));
    if (text_utf16(begin, "it", sentence, sizeof sentence) != NULL)
        return complain("%s: %s", name(file), sentence);
    return json_end(json) || not_json(json, file, skip, piece, n);
}

/* Reads the OCR text of a file. */
static bool read_text(struct buf *text, const char *file)
{
    struct answer answer;
    bool good;

    if (!answer_init(&answer, "", text, NULL, NULL, 0)) {
        good = complain("%s: out of memory", name(file));
    } else {
        char sentence[ANSWER_SENTENCE];

        good = read_document(&answer.json, file) &&
            (answer_judge(&answer, sentence) == ANSWER_TEXT ||
             complain("%s: %s", name(file), sentence));
    }
    answer_free(&answer);
    return good;
}

struct value {
    struct buf *bytes;
    bool found;
};

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

/* Reads the value of a file to which the pointer leads. */
static bool read_value(struct buf *bytes, const struct options *o,
                       const char *file)
{
    const char *pointer = o->extract.pointer;
    const struct json_pick picks[] = {
        [STRING] = {pointer, JSON_WANT_TEXT, false, 0},
        [ANYTHING] = {pointer, JSON_WANT_RAW, false, 0}
    };
    struct value value = {bytes, false};
    struct json json;

    buf_reset(bytes);
    json_init(&json, picks, 2, take_value, &value);
    if (!read_document(&json, file))
        return false;
    if (!value.found)
        return complain("%s: no value at %s", name(file), pointer);
    if (bytes->failed)
        return complain("%s: the value is larger than 16 MB", name(file));
    /* it may be an id, and would be another one */
    return !o->null || bytes->len == 0 ||
        memchr(bytes->data, '\0', bytes->len) == NULL ||
        complain("%s: the value has a NUL, which -0 cannot print",
                    name(file));
}

static void print(struct command *c, const struct buf *text)
{
    struct row row = {NULL, 0, "", text->data, text->len, ""};

    if (c->o->extract.pointer == NULL && answer_blank(text))
        return;
    if (!c->o->null && text->len > 0 && text->data[text->len - 1] == '\n')
        row.text_len--;          /* the row adds it */
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
            print(&c, &text);
        else
            status = COMMAND_FAILED;
    }
    buf_free(&text);
    return c.exit != 0 ? c.exit : status;
}
