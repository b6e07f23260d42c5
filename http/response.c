/* response: the parser of responses, see http.h. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "http.h"

enum state {
    S_HEAD,                      /* in the header block */
    S_BODY,                      /* `left` bytes, or all until the end */
    S_SIZE,                      /* hexadecimal digits of a chunk's size */
    S_EXTENSION,                 /* after them, until CR */
    S_SIZE_LF,
    S_CHUNK,                     /* `left` bytes of a chunk */
    S_CHUNK_CR, S_CHUNK_LF,
    S_TRAILER,                   /* at the start of a trailer line */
    S_TRAILER_LINE, S_TRAILER_LF,
    S_END_LF                     /* after the CR of the last, empty line */
};

void http_response_init(struct http_response *r, bool head_only)
{
    /* the head is not worth wiping: it is written before it is read */
    memset(r, 0, offsetof(struct http_response, head));
    r->head_only = head_only;
    r->keep = true;
}

static bool wrong(struct http_response *r, const char *sentence)
{
    if (r->error == NULL)
        r->error = sentence;
    r->keep = false;
    return false;
}

/* Is the field's name, at `p`, this one (in any case)? */
static bool is_named(const char *p, const char *name)
{
    return (*p | 0x20) == (*name | 0x20) && strcasecmp(p, name) == 0;
}

/* These two say where the body ends: lines about them are read as the grammar
   has it, or not at all. */
static const char length_name[] = "Content-Length";
static const char coding_name[] = "Transfer-Encoding";

static bool is_framing(const char *name)
{
    return is_named(name, length_name) || is_named(name, coding_name);
}

/* Does a line that is not as the grammar has it mention one of the two before
   its first colon? */
static bool mentions_framing(const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const size_t n = sizeof length_name - 1, k = sizeof coding_name - 1;

    for (; colon != NULL && line < colon; line++)
        if (((size_t)(colon - line) >= n &&
             strncasecmp(line, length_name, n) == 0) ||
            ((size_t)(colon - line) >= k &&
             strncasecmp(line, coding_name, k) == 0))
            return true;
    return false;
}

const char *http_response_field(const struct http_response *r,
                                const char *name)
{
    const char *p = r->head, *end = r->head + r->head_len;

    while (r->head_done && p < end) {
        const char *value = p + strlen(p) + 1;

        if (is_named(p, name))
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "HTTP/1.1 200 OK" (RFC 9112 section 4), n bytes and LF. */
static bool status_line(struct http_response *r, const char *line, size_t n)
{
    const char *p = line + 8;

    if (n < 12 || memcmp(line, "HTTP/1.", 7) != 0 ||
        (line[7] != '0' && line[7] != '1') || *p != ' ')
        return wrong(r, "this is not an HTTP/1.1 answer");
    while (*p == ' ')            /* the line ends in LF */
        p++;
    if (p[0] < '1' || p[0] > '5' || !text_is_digit(p[1]) ||
        !text_is_digit(p[2]) ||
        (!is_blank(p[3]) && p[3] != '\r' && p[3] != '\n'))
        return wrong(r, "the status line is wrong");
    r->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0';
    r->keep = line[7] == '1';
    return true;
}

/* Has a comma-separated list this member (any case)? */
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

/* Has a list of content codings none but identity, which is no coding (RFC
   9110 section 12.5.3)? */
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

/* Digits only; a list of equal ones passes (RFC 9110 section 8.6). */
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
            return wrong(r, "there are two different Content-Lengths");
        *have = true;
        r->left = n;
        p += strspn(p, " \t");
        if (*p == '\0')
            return true;
        if (*p++ != ',')
            break;
    }
    return wrong(r, "the Content-Length is wrong");
}

/* How long the body is (RFC 9112 section 6.3), and what comes after it. */
static bool framing(struct http_response *r)
{
    const char *p = r->head, *end = r->head + r->head_len;
    bool length = false, coded = false;

    if (r->tunnel)
        return r->done = true;
    for (; p < end; p += strlen(p) + 1) {
        const char *value = p + strlen(p) + 1;

        if (is_named(p, length_name) && !content_length(r, value, &length))
            return false;
        if (is_named(p, "Content-Encoding"))
            r->encoded |= !is_identity(value);
        if (is_named(p, coding_name)) {
            if (coded || strcasecmp(value, "chunked") != 0)
                return wrong(r, "the Transfer-Encoding is not just chunked");
            coded = true;
        }
        if (is_named(p, "Connection") && list_has(value, "close"))
            r->keep = false;
        p = value;
    }
    if (coded && length)
        r->keep = false;
    if (r->head_only || r->status == 204 || r->status == 304) {
        r->done = true;
        r->encoded = false;
    } else if (r->encoded) {
        return wrong(r, "the answer has a Content-Encoding");
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

/* Ends a string at `to` with these bytes but for the blanks around them;
   returns what follows it. */
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

/* A line that begins with a blank goes on with the field before it (obs-fold,
   RFC 9112 section 5.2); `last` is that one's name, "" if it was passed over,
   NULL if there is none. */
static char *folded_line(struct http_response *r, char *to, const char *line,
                         const char *end, const char *last)
{
    while (line < end && is_blank(*line))
        line++;
    if (line == end) {           /* some take it for the header's end */
        wrong(r, "a header line has only blanks");
        return NULL;
    }
    if (last == NULL) {
        wrong(r, "the first header line begins with a blank");
        return NULL;
    }
    if (!r->tunnel && (mentions_framing(line, end) || is_framing(last))) {
        wrong(r, "a header line about the body's length is folded");
        return NULL;
    }
    if (*last == '\0')
        return to;
    if (to[-2] == '\0')          /* no space after nothing */
        to--;
    else
        to[-1] = ' ';
    return put_trimmed(to, line, end);
}

/* Takes one field line in place: returns where the next is to go in the new
   head, or NULL. */
static char *field_line(struct http_response *r, char *to, const char *line,
                        const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const char *stop = colon, *name = to;

    if (colon == NULL) {
        wrong(r, "a header line has no colon");
        return NULL;
    }
    while (stop > line && is_blank(stop[-1]))
        stop--;
    if (!text_is_token(line, (size_t)(stop - line))) {
        if (!r->tunnel && mentions_framing(line, end)) {
            wrong(r, "a header line about the body's length is wrong");
            return NULL;
        }
        return to;
    }
    to = put_trimmed(to, line, stop);
    if (stop != colon && !r->tunnel && is_framing(name)) {
        wrong(r, "a header line about the body's length has a blank before "
              "its colon");
        return NULL;
    }
    return put_trimmed(to, colon + 1, end);
}

/*
 * The header block is whole: checks it and packs it. Each "name: value" gives
 * its colon and its line end for the two NULs, so that it fits in place; so
 * does the status line, which has 12 bytes or more before its reason.
 */
static bool head_end(struct http_response *r)
{
    static char dropped[] = "";
    char *end = r->head + r->head_len, *to = r->head;
    char *line = to, *last = NULL;       /* see folded_line */

    while (line < end) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        char *stop = lf > line && lf[-1] == '\r' ? lf - 1 : lf;
        char *at = to;

        if (line == r->head) {
            line += 8;
            line += strspn(line, " ") + 3;       /* status_line was there */
            *to = '\0';
            to = put_trimmed(to + 1, line, stop);
        } else if (stop > line && is_blank(*line)) {
            to = folded_line(r, to, line, stop, last);
        } else if (stop > line) {
            to = field_line(r, to, line, stop);
            last = to != at ? at : dropped;
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
        return wrong(r, "the server changes to a protocol that nobody "
                     "asked for");
    if (++r->interim > HTTP_INTERIM_MAX)
        return wrong(r, "too many interim answers");
    r->head_len = r->line = r->lines = 0;
    r->status = 0;
    r->keep = true;
    return true;
}

/* Takes what stands in a line of the header block, up to a control character,
   and says how much that is. */
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

/* A byte of the header block. LF alone ends a line (RFC 9112 section 2.2),
   CR alone is wrong, and so are all other control characters but tab. */
static bool head_byte(struct http_response *r, unsigned char c)
{
    size_t n = r->head_len;
    const char *line;

    if (n > 0 && r->head[n - 1] == '\r' && c != '\n')
        return wrong(r, "a header line has a CR without LF");
    if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
        return wrong(r, "a header line has a control character");
    if (n >= sizeof r->head)
        return wrong(r, "the header is larger than 32 KB");
    r->head[r->head_len++] = (char)c;
    if (c != '\n')
        return true;
    line = r->head + r->line;
    r->line = r->head_len;
    if (++r->lines > HTTP_LINES_MAX)
        return wrong(r, "the header has more than 128 lines");
    if (r->lines == 1)
        return status_line(r, line, n);
    return *line == '\n' || (line[0] == '\r' && line[1] == '\n')
        ? head_end(r) : true;
}

/* A byte of a chunk's size, or what ends it (RFC 9112 section 7.1). */
static bool size_byte(struct http_response *r, unsigned char c)
{
    int digit = text_hex(c);

    if (digit >= 0) {
        if (r->digits++ == 0)
            r->left = 0;
        r->left = r->left << 4 | (unsigned)digit;
        return r->digits <= 16 ||
            wrong(r, "a chunk's size has more than 16 digits");
    }
    r->frame = 0;
    r->state = c == '\r' ? S_SIZE_LF : S_EXTENSION;
    return (r->digits > 0 && (c == '\r' || c == ';' || c == ' ' ||
                              c == '\t')) ||
        wrong(r, "a chunk's size is wrong");
}

static bool expect(struct http_response *r, unsigned char c, unsigned char want,
                   enum state next)
{
    if (c != want)
        return wrong(r, "a chunk does not end where it should");
    r->state = (int)next;
    return true;
}

/* A byte of what lies around the chunks. */
static bool frame_byte(struct http_response *r, unsigned char c)
{
    if (++r->frame > HTTP_FRAME_MAX && r->state != S_SIZE)
        return wrong(r, "a chunk's extension or the trailer is too long");
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
    /* S_EXTENSION, S_TRAILER, S_TRAILER_LINE: text, until CR */
    if (c == '\r')
        r->state = r->state == S_EXTENSION ? S_SIZE_LF
            : r->state == S_TRAILER ? S_END_LF : S_TRAILER_LF;
    else if (c < 0x20 && c != '\t')
        return wrong(r, "a chunk's extension or the trailer has a control "
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
        wrong(r, r->head_done ? "the answer was cut short"
                              : "the connection ended without an answer");
    return r->error == NULL;
}
