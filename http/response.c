/*
 * response.c: a state machine that parses HTTP/1.1 responses (RFC 9112).
 *
 * The header block is collected in `head` and checked and packed there once
 * it is complete. Body bytes go straight to the caller; of chunk sizes,
 * extensions and trailers only counters are kept.
 */
#include "http/response.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum state {
    S_HEAD,                      /* in the header block */
    S_BODY,                      /* `left` bytes, or all until the end */
    S_SIZE,                      /* in the digits of a chunk size */
    S_EXTENSION,                 /* after the digits, up to CR */
    S_SIZE_LF,
    S_CHUNK,                     /* `left` bytes of a chunk */
    S_CHUNK_CR, S_CHUNK_LF,
    S_TRAILER,                   /* at the start of a trailer line */
    S_TRAILER_LINE, S_TRAILER_LF,
    S_END_LF                     /* after the CR of the last, empty line */
};

void http_response_init(struct http_response *r)
{
    /* `head` is written before it is read, and large */
    memset(r, 0, offsetof(struct http_response, head));
    r->keep = true;
}

/* Records the first error. Returns false. */
static bool fail(struct http_response *r, const char *sentence)
{
    if (r->error == NULL)
        r->error = sentence;
    r->keep = false;
    return false;
}

/* Records the first error of a header line. Returns NULL. */
static char *fail_line(struct http_response *r, const char *sentence)
{
    fail(r, sentence);
    return NULL;
}

/* Content-Length and Transfer-Encoding say where the body ends. Lines that
   mention them follow the grammar, or the response is refused. */
static const char length_name[] = "Content-Length";
static const char coding_name[] = "Transfer-Encoding";

static bool is_framing(const char *name)
{
    return strcasecmp(name, length_name) == 0 ||
        strcasecmp(name, coding_name) == 0;
}

/* Returns true if a line contains one of the two names before its first
   colon. No comparison goes past the colon, which is in neither name. */
static bool mentions_framing(const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));

    for (; colon != NULL && line < colon; line++)
        if (strncasecmp(line, length_name, sizeof length_name - 1) == 0 ||
            strncasecmp(line, coding_name, sizeof coding_name - 1) == 0)
            return true;
    return false;
}

const char *http_response_field(const struct http_response *r,
                                const char *name)
{
    const char *p = r->head, *end = r->head + r->head_len;

    while (r->head_done && p < end) {
        const char *value = p + strlen(p) + 1;

        if (strcasecmp(p, name) == 0)
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Parses "HTTP/1.1 200 OK" (RFC 9112 section 4), n bytes followed by LF. */
static bool status_line(struct http_response *r, const char *line, size_t n)
{
    const char *p = line + 8;

    if (n < 12 || memcmp(line, "HTTP/1.", 7) != 0 ||
        (line[7] != '0' && line[7] != '1') || *p != ' ')
        return fail(r, "the answer is not HTTP/1.1");
    while (*p == ' ')            /* ends at the LF at the latest */
        p++;
    if (p[0] < '1' || p[0] > '5' || !text_is_digit(p[1]) ||
        !text_is_digit(p[2]) ||
        (!is_blank(p[3]) && p[3] != '\r' && p[3] != '\n'))
        return fail(r, "the status line is not valid");
    r->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0';
    r->keep = line[7] == '1';
    return true;
}

/* Returns true if a comma-separated list has this member, in any case. */
static bool list_has(const char *list, const char *member)
{
    size_t n = strlen(member);

    while (*list != '\0') {
        list += strspn(list, " \t,");
        if (strncasecmp(list, member, n) == 0 &&
            (list[n] == '\0' || strchr(" \t,", list[n]) != NULL))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

/* Returns true if every member of a list of content codings is "identity",
   which stands for no coding (RFC 9110 section 12.5.3). */
static bool is_identity(const char *list)
{
    static const char identity[] = "identity";
    const size_t n = sizeof identity - 1;

    while (*(list += strspn(list, " \t,")) != '\0') {
        if (strncasecmp(list, identity, n) != 0 ||
            (list[n] != '\0' && strchr(" \t,", list[n]) == NULL))
            return false;
        list += n;
    }
    return true;
}

/* Parses the value of a Content-Length field into r->left. `*have` tells
   whether an earlier one is there. A list of equal numbers counts as one
   number (RFC 9110 section 8.6). */
static bool content_length(struct http_response *r, const char *p, bool *have)
{
    for (;; p += strspn(p, " \t")) {
        const char *start = p;
        uint64_t n = 0;

        for (; text_is_digit(*p); p++)
            n = n * 10 + (uint64_t)(*p - '0');
        if (p == start || p - start > 18)
            break;
        if (*have && n != r->left)
            return fail(r, "the answer has two different Content-Length "
                        "values");
        *have = true;
        r->left = n;
        p += strspn(p, " \t");
        if (*p == '\0')
            return true;
        if (*p++ != ',')
            break;
    }
    return fail(r, "the Content-Length is not valid");
}

/* Decides how the body ends (RFC 9112 section 6.3), and whether the connection
   can be used after it. */
static bool framing(struct http_response *r)
{
    const char *p = r->head, *end = r->head + r->head_len;
    bool length = false, coded = false;

    if (r->tunnel)
        return r->done = true;
    for (; p < end; p += strlen(p) + 1) {
        const char *value = p + strlen(p) + 1;

        if (strcasecmp(p, length_name) == 0 &&
            !content_length(r, value, &length))
            return false;
        if (strcasecmp(p, "Content-Encoding") == 0)
            r->encoded |= !is_identity(value);
        if (strcasecmp(p, coding_name) == 0) {
            if (coded || strcasecmp(value, "chunked") != 0)
                return fail(r, "the Transfer-Encoding is not chunked alone");
            coded = true;
        }
        if (strcasecmp(p, "Connection") == 0 && list_has(value, "close"))
            r->keep = false;
        p = value;
    }
    if (coded && length)
        r->keep = false;
    if (r->status == 204 || r->status == 304) {
        r->done = true;
        r->encoded = false;
    } else if (r->encoded) {
        return fail(r, "the answer has a Content-Encoding");
    } else if (coded) {
        r->state = S_SIZE;
        r->digits = 0;
    } else if (length) {
        r->state = S_BODY;
        r->done = r->left == 0;
    } else {
        r->state = S_BODY;
        r->until_close = true;
        r->keep = false;
    }
    return true;
}

/* Writes the bytes from `from` to `end`, without the blanks around them, and a
   NUL to `to`. Returns the position after the NUL. */
static char *put_trimmed(char *to, const char *from, const char *end)
{
    size_t n;

    while (from < end && is_blank(*from))
        from++;
    while (end > from && is_blank(end[-1]))
        end--;
    n = (size_t)(end - from);
    memmove(to, from, n);
    to[n] = '\0';
    return to + n + 1;
}

/*
 * Appends a line that begins with a blank to the field before it (obs-fold,
 * RFC 9112 section 5.2). `last` is the name of that field: "" if the field was
 * ignored, NULL if there is none. Returns where the next line goes in the
 * packed head, or NULL after an error.
 */
static char *folded_line(struct http_response *r, char *to, const char *line,
                         const char *end, const char *last)
{
    while (line < end && is_blank(*line))
        line++;
    if (line == end)           /* some readers end the header here */
        return fail_line(r, "a header line contains only blanks");
    if (last == NULL)
        return fail_line(r, "the first header line begins with a blank");
    if (!r->tunnel && (mentions_framing(line, end) || is_framing(last)))
        return fail_line(r, "a folded header line mentions Content-Length or "
                         "Transfer-Encoding");
    if (*last == '\0')
        return to;
    if (to[-2] == '\0')          /* the value is empty so far */
        to--;
    else
        to[-1] = ' ';
    return put_trimmed(to, line, end);
}

/* Packs one field line. Returns where the next line goes in the packed head,
   or NULL after an error. */
static char *field_line(struct http_response *r, char *to, const char *line,
                        const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const char *stop = colon, *name = to;

    if (colon == NULL)
        return fail_line(r, "a header line has no colon");
    while (stop > line && is_blank(stop[-1]))
        stop--;
    if (!text_is_token(line, (size_t)(stop - line))) {
        if (!r->tunnel && mentions_framing(line, end))
            return fail_line(r, "a malformed header line mentions "
                             "Content-Length or Transfer-Encoding");
        return to;
    }
    to = put_trimmed(to, line, stop);
    if (stop != colon && !r->tunnel && is_framing(name))
        return fail_line(r, "Content-Length or Transfer-Encoding has a blank "
                         "before its colon");
    return put_trimmed(to, colon + 1, end);
}

/*
 * Packs the complete header block in place and acts on its status. The packed
 * form never overtakes the lines: the two NULs of a field replace its colon
 * and its line end, and the status line has at least 12 bytes before its
 * reason.
 */
static bool head_end(struct http_response *r)
{
    static char ignored[] = "";
    char *end = r->head + r->head_len, *to = r->head;
    char *line = to, *last = NULL;       /* as folded_line has it */

    while (line < end) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        char *stop = lf > line && lf[-1] == '\r' ? lf - 1 : lf;
        char *at = to;

        if (line == r->head) {   /* "HTTP/1.x", blanks, three digits */
            line += 8;
            line += strspn(line, " ") + 3;
            *to = '\0';
            to = put_trimmed(to + 1, line, stop);
        } else if (stop > line && is_blank(*line)) {
            to = folded_line(r, to, line, stop, last);
        } else if (stop > line) {
            to = field_line(r, to, line, stop);
            last = to != at ? at : ignored;
        }
        if (to == NULL)
            return false;
        line = lf + 1;
    }
    r->head_len = (size_t)(to - r->head);
    if (r->status >= 200) {
        r->head_done = true;
        return framing(r);
    }
    if (r->status == 101)
        return fail(r, "the server switched to a protocol that ocrdyn "
                    "did not ask for");
    if (++r->interim > HTTP_INTERIM_MAX)
        return fail(r, "the server sent more than 8 interim (1xx) answers");
    r->head_len = r->line = r->lines = 0;
    r->status = 0;
    r->keep = true;
    return true;
}

/* Appends text to the head, up to the next control character. Returns the
   number of bytes appended. */
static size_t head_text(struct http_response *r, const unsigned char *bytes,
                        size_t n)
{
    size_t room = sizeof r->head - r->head_len, k = 0;

    if (r->head_len > 0 && r->head[r->head_len - 1] == '\r')
        return 0;
    while (k < n && k < room && bytes[k] >= 0x20 && bytes[k] != 0x7f)
        k++;
    memcpy(r->head + r->head_len, bytes, k);
    r->head_len += k;
    return k;
}

/* Appends one byte to the head. LF with or without CR ends a line (RFC 9112
   section 2.2). CR without LF is an error, and so is every other control
   character except tab. */
static bool head_byte(struct http_response *r, unsigned char c)
{
    size_t n = r->head_len;
    const char *line;

    if (n > 0 && r->head[n - 1] == '\r' && c != '\n')
        return fail(r, "a header line contains CR without LF");
    if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
        return fail(r, "a header line contains a control character");
    if (n >= sizeof r->head)
        return fail(r, "the header is larger than 32 KB");
    r->head[r->head_len++] = (char)c;
    if (c != '\n')
        return true;
    line = r->head + r->line;
    r->line = r->head_len;
    if (++r->lines > HTTP_LINES_MAX)
        return fail(r, "the header has more than 128 lines");
    if (r->lines == 1)
        return status_line(r, line, n);
    return *line == '\n' || (line[0] == '\r' && line[1] == '\n')
        ? head_end(r) : true;
}

/* Takes a digit of a chunk size, or the byte that ends the size (RFC 9112
   section 7.1). */
static bool size_byte(struct http_response *r, unsigned char c)
{
    int digit = text_hex(c);

    if (digit >= 0) {
        if (r->digits++ == 0)
            r->left = 0;
        r->left = r->left << 4 | (unsigned)digit;
        return r->digits <= 16 ||
            fail(r, "a chunk size has more than 16 digits");
    }
    r->frame = 0;
    r->state = c == '\r' ? S_SIZE_LF : S_EXTENSION;
    return (r->digits > 0 && (c == '\r' || c == ';' || c == ' ' ||
                              c == '\t')) ||
        fail(r, "a chunk size is not valid");
}

static bool expect(struct http_response *r, unsigned char c, unsigned char want,
                   enum state next)
{
    if (c != want)
        return fail(r, "CR or LF is missing in the chunked body");
    r->state = (int)next;
    return true;
}

/* Takes one byte of the framing around the chunks. */
static bool frame_byte(struct http_response *r, unsigned char c)
{
    if (++r->frame > HTTP_FRAME_MAX && r->state != S_SIZE)
        return fail(r, "a chunk extension or the trailer is larger than 8 KB");
    switch (r->state) {
    case S_SIZE:
        return size_byte(r, c);
    case S_SIZE_LF:
        r->frame = 0;
        return expect(r, c, '\n', r->left > 0 ? S_CHUNK : S_TRAILER);
    case S_CHUNK_CR:
        return expect(r, c, '\r', S_CHUNK_LF);
    case S_CHUNK_LF:
        r->digits = 0;
        return expect(r, c, '\n', S_SIZE);
    case S_TRAILER_LF:
        return expect(r, c, '\n', S_TRAILER);
    case S_END_LF:
        r->done = c == '\n';
        return expect(r, c, '\n', S_END_LF);
    }
    /* S_EXTENSION, S_TRAILER, S_TRAILER_LINE: text up to CR */
    if (c == '\r')
        r->state = r->state == S_EXTENSION ? S_SIZE_LF
            : r->state == S_TRAILER ? S_END_LF : S_TRAILER_LF;
    else if (c < 0x20 && c != '\t')
        return fail(r, "a chunk extension or the trailer contains a control "
                    "character");
    else if (r->state == S_TRAILER)
        r->state = S_TRAILER_LINE;
    return true;
}

size_t http_response_feed(struct http_response *r, const unsigned char *bytes,
                          size_t n, http_body_fn *body, void *context)
{
    size_t i = 0;

    while (i < n && !r->done && r->error == NULL) {
        size_t piece = n - i;

        if (r->state == S_HEAD) {
            i += head_text(r, bytes + i, piece);
            if (i < n)
                head_byte(r, bytes[i++]);
        } else if (r->state == S_BODY || r->state == S_CHUNK) {
            if (!r->until_close && piece > r->left)
                piece = (size_t)r->left;
            body(context, bytes + i, piece);
            i += piece;
            if (r->until_close)
                continue;
            r->left -= piece;
            if (r->left == 0 && r->state == S_BODY)
                r->done = true;
            else if (r->left == 0)
                r->state = S_CHUNK_CR;
        } else {
            frame_byte(r, bytes[i++]);
        }
    }
    return i;
}

bool http_response_end(struct http_response *r)
{
    if (r->error == NULL && r->until_close)
        r->done = true;
    if (!r->done)
        fail(r, r->head_done ? "the connection ended before the answer was "
                              "complete"
                              : "the connection ended without an answer");
    return r->error == NULL;
}
