/* ids: see ids.h. */
#include "rows/ids.h"

#include <bearssl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "dynamodb/item.h"
#include "base/text.h"

enum rows_read ids_next(struct rows_in *in, const volatile sig_atomic_t *stop,
                        const unsigned char **id, size_t *len)
{
    enum rows_read r = ROWS_MORE;

    while (r == ROWS_MORE || (r == ROWS_ERROR && errno == EINTR)) {
        if (!rows_ready(in) &&
            clock_sleep(INT64_MAX, in->fd, POLLIN, stop) == CLOCK_SIGNAL &&
            *stop == 0)
            continue;
        if (*stop != 0)
            return ROWS_END;
        r = rows_next(in, id, len);
    }
    return r;
}

const char *ids_wrong(const unsigned char *id, size_t n, bool key)
{
    if (n == 0)
        return "the id is empty";
    if (key && n > ITEM_KEY_MAX)
        return "the id is longer than the 2048 bytes of a DynamoDB key";
    return text_is_utf8(id, n) ? NULL : "the id is not UTF-8";
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
