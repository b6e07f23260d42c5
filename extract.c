/* extract: see extract.h. */
#include "extract.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "command.h"
#include "report.h"
#include "rows.h"

static bool is_input(const char *file)
{
    return strcmp(file, "-") == 0;
}

static bool complain(const char *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says what is wrong with a file. File and words may be hostile. */
static bool complain(const char *file, const char *format, ...)
{
    char name[512], words[512], safe[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(words, sizeof words, format, ap);
    va_end(ap);
    if (is_input(file))
        file = "standard input";
    rows_visible(name, sizeof name, (const unsigned char *)file,
                 strlen(file));
    rows_visible(safe, sizeof safe, (const unsigned char *)words,
                 strlen(words));
    report_say("%s: %s", name, safe);
    return false;
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

/* Feeds a file to `json`. False, and said, if that is no whole document. */
static bool read_document(struct json *json, const char *file)
{
    unsigned char piece[16384];
    int fd = is_input(file) ? STDIN_FILENO
                            : open(file, O_RDONLY | O_CLOEXEC);
    int error;
    ssize_t n;

    if (fd < 0)
        return complain(file, "%s", strerror(errno));
    do
        n = read_some(fd, piece, sizeof piece);
    while (n > 0 && json_feed(json, piece, (size_t)n));
    error = errno;
    if (!is_input(file))
        close(fd);
    if (n < 0)
        return complain(file, "%s", strerror(error));
    return json_end(json) ||
        complain(file, "not JSON at byte %llu: %s",
                 (unsigned long long)json_offset(json),
                 json_sentence(json_error(json)));
}

/* Reads the OCR text of a file. */
static bool read_text(struct buf *text, const char *file)
{
    struct answer answer;
    bool good;

    if (!answer_init(&answer, "", text, NULL, NULL, 0)) {
        good = complain(file, "memory is out");
    } else {
        char sentence[ANSWER_SENTENCE];

        good = read_document(&answer.json, file) &&
            (answer_judge(&answer, sentence) == ANSWER_TEXT ||
             complain(file, "%s", sentence));
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
static bool read_value(struct buf *bytes, const char *pointer,
                       const char *file)
{
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
        return complain(file, "no value at %s", pointer);
    if (bytes->failed)
        return complain(file, "the value is larger than 16 MB");
    return true;
}

static void print(struct rows_out *out, const struct options *o,
                  const struct buf *text)
{
    struct row row = {NULL, 0, "", text->data, text->len, ""};

    if (o->pointer == NULL && answer_blank(text))
        return;
    if (!o->null && text->len > 0 && text->data[text->len - 1] == '\n')
        row.text_len--;          /* the row adds it */
    rows_write(out, &row);
}

int extract(const struct options *o)
{
    static struct rows_out out;
    struct buf text;
    int i, status = 0;

    command_confine(o);
    command_confine_files(o, -1);
    if (o->n_words == 0 && isatty(STDIN_FILENO))
        report_say("reading an answer from the terminal; Ctrl-D ends it");
    rows_out_init(&out, STDOUT_FILENO, ROWS_TEXT, o->null);
    buf_init(&text, ANSWER_TEXT_MAX);
    for (i = 0; (i == 0 || i < o->n_words) && !out.failed; i++) {
        const char *file = o->n_words > 0 ? o->words[i] : "-";
        bool good = o->pointer != NULL ? read_value(&text, o->pointer, file)
                                       : read_text(&text, file);

        if (!good)
            status = COMMAND_FAILED;
        else
            print(&out, o, &text);
    }
    buf_free(&text);
    if (!out.failed)
        return status;
    report_say("cannot write standard output: %s", strerror(out.error));
    return COMMAND_UNWRITTEN;
}
