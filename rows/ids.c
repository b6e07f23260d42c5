/* ids: see ids.h. */
#include "rows/ids.h"

#include <bearssl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/wait.h"
#include "base/clock.h"
#include "dynamodb/item.h"
#include "json.h"
#include "base/text.h"

enum rows_read ids_next(struct rows_in *in, const volatile sig_atomic_t *stop,
                        const unsigned char **id, size_t *len)
{
    enum rows_read r = ROWS_MORE;

    while (r == ROWS_MORE || (r == ROWS_ERROR && errno == EINTR)) {
        if (!rows_ready(in) &&
            wait_until(INT64_MAX, in->fd, POLLIN, stop) == WAIT_SIGNAL &&
            *stop == 0)
            continue;
        if (*stop != 0)
            return ROWS_END;
        r = rows_next(in, id, len);
    }
    return r;
}

bool ids_wait(struct rows_in *in, int64_t until,
              const volatile sig_atomic_t *stop)
{
    while (*stop == 0 && !rows_ready(in)) {
        enum wait_result wait = wait_until(until, in->fd, POLLIN, stop);

        if (wait == WAIT_TIME)
            return true;
        if (wait == WAIT_SIGNAL)
            continue;
        if (!rows_fill(in) && errno != EINTR)
            return false;
    }
    return true;
}

const char *ids_wrong(const unsigned char *id, size_t n, bool key)
{
    if (n == 0)
        return "the id is empty";
    if (key && n > ITEM_KEY_MAX)
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
        if (id[i] == '\0' ||
            strchr("0123456789abcdefABCDEF", id[i]) == NULL)
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
