/*
 * ids.c: splits a list of public_ids into ids, in one fixed buffer, and checks
 * and shards single ids.
 */
#include "rows/ids.h"

#include <bearssl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "json.h"

/* ---- the list ---- */

void ids_init(struct ids *in, int fd, bool null)
{
    in->fd = fd;
    in->null = null;
    in->eof = false;
    in->position = (struct ids_position){0, false, false};
    in->end = 0;
    in->taken = 0;
}

/* Decides how the input begins, and skips a byte order mark. Returns IDS_ONE
   once ids can follow. */
static enum ids_answer peek_begin(const struct ids *in,
                                  struct ids_position *position)
{
    switch (text_begin(in->buffer + position->begin,
                       in->end - position->begin, in->eof, in->null)) {
    case TEXT_UNKNOWN:
        return IDS_MORE;
    case TEXT_UTF16:
    case TEXT_UTF16LE:
    case TEXT_UTF16BE:
        return IDS_UTF16;
    case TEXT_MARK:
        if (!in->null)
            position->begin += TEXT_MARK_SIZE;
        break;
    case TEXT_PLAIN:
        break;
    }
    position->started = true;
    return IDS_ONE;
}

enum ids_answer ids_peek(const struct ids *in, struct ids_position *position,
                         const unsigned char **id, size_t *len)
{
    while (position->begin < in->end) {
        const bool skipped = position->skip;
        const unsigned char *p, *end;
        size_t have, n;

        if (!position->started) {
            enum ids_answer begin = peek_begin(in, position);

            if (begin != IDS_ONE)
                return begin;
            continue;
        }
        p = in->buffer + position->begin;
        have = in->end - position->begin;
        end = memchr(p, in->null ? '\0' : '\n', have);
        n = end != NULL ? (size_t)(end - p) : have;
        /* the byte after IDS_MAX others may be the CR of a line end */
        if (end == NULL && !in->eof && !skipped && have <= IDS_MAX + 1)
            return IDS_MORE;
        position->begin += end != NULL ? n + 1 : n;
        position->skip = end == NULL;
        if (!in->null && end != NULL && n > 0 && p[n - 1] == '\r')
            n--;
        if (skipped || (n == 0 && !in->null))
            continue;
        *id = p;
        *len = n > IDS_MAX ? IDS_MAX : n;
        return n > IDS_MAX ? IDS_LONG : IDS_ONE;
    }
    return in->eof ? IDS_END : IDS_MORE;
}

bool ids_ready(const struct ids *in)
{
    struct ids_position position = in->position;
    const unsigned char *id;
    size_t len;

    return ids_peek(in, &position, &id, &len) != IDS_MORE;
}

/* Calls read(2) once. Returns false, with errno, if that failed. */
static bool fill(struct ids *in)
{
    ssize_t n;

    /* what remains is shorter than the buffer: ids_peek returned IDS_MORE */
    in->end -= in->position.begin;
    memmove(in->buffer, in->buffer + in->position.begin, in->end);
    in->position.begin = 0;
    n = read(in->fd, in->buffer + in->end, sizeof in->buffer - in->end);
    if (n < 0)
        return errno == EAGAIN;
    in->eof = n == 0;
    in->end += (size_t)n;
    in->taken += (uint64_t)n;
    return true;
}

enum ids_answer ids_read(struct ids *in, const unsigned char **id,
                         size_t *len)
{
    enum ids_answer answer = ids_peek(in, &in->position, id, len);

    if (answer != IDS_MORE)
        return answer;
    return fill(in) ? ids_peek(in, &in->position, id, len) : IDS_ERROR;
}

enum ids_answer ids_next(struct ids *in, const volatile sig_atomic_t *stop,
                         const unsigned char **id, size_t *len)
{
    enum ids_answer answer = IDS_MORE;

    while (answer == IDS_MORE || (answer == IDS_ERROR && errno == EINTR)) {
        if (!ids_ready(in) &&
            wait_until(INT64_MAX, in->fd, POLLIN, stop) == WAIT_SIGNAL &&
            *stop == 0)
            continue;
        if (*stop != 0)
            return IDS_END;
        answer = ids_read(in, id, len);
    }
    return answer;
}

bool ids_wait(struct ids *in, int64_t until, const volatile sig_atomic_t *stop)
{
    while (*stop == 0 && !ids_ready(in)) {
        enum wait_result wait = wait_until(until, in->fd, POLLIN, stop);

        if (wait == WAIT_TIME)
            return true;
        if (wait == WAIT_SIGNAL)
            continue;
        if (!fill(in) && errno != EINTR)
            return false;
    }
    return true;
}

const char *ids_utf16(const struct ids *in, char *sentence, size_t size)
{
    const unsigned char *p = in->buffer + in->position.begin;

    return text_utf16(text_begin(p, in->end - in->position.begin, in->eof,
                                 in->null), "the list", sentence, size);
}

/* ---- one id ---- */

const char *ids_wrong(const unsigned char *id, size_t n, size_t max)
{
    if (n == 0)
        return "the id is empty";
    if (n > max)
        return "the id is longer than the 2048 bytes of a DynamoDB key";
    if (text_is_utf8(id, n))
        return NULL;
    return *text_hint(id, n) != '\0' ? "the id is not UTF-8 (Windows-1252?)"
                                     : "the id is not UTF-8";
}

bool ids_asset(const unsigned char *id, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (text_hex(id[i]) < 0)
            return false;
    return n == 32;
}

int64_t ids_shard(const unsigned char *id, size_t n, int64_t shards)
{
    unsigned char hash[br_sha256_SIZE];
    br_sha256_context sha;
    uint64_t number = 0;
    int i;

    br_sha256_init(&sha);
    br_sha256_update(&sha, id, n);
    br_sha256_out(&sha, hash);
    for (i = 0; i < 8; i++)
        number = number << 8 | hash[i];
    return (int64_t)(number % (uint64_t)shards) + 1;
}
