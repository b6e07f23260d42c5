/* names.c: a stack of names, which are sorted to find duplicates when a map
   ends. */
#include "dynamodb/names.h"

#include <stdlib.h>
#include <string.h>

void names_init(struct names *names, size_t max)
{
    buf_init(&names->bytes, max * (1 + sizeof(size_t)));
    buf_init(&names->order, max * sizeof(unsigned char *));
}

void names_reset(struct names *names)
{
    buf_reset(&names->bytes);
    buf_reset(&names->order);
}

void names_free(struct names *names)
{
    buf_free(&names->bytes);
    buf_free(&names->order);
}

size_t names_open(const struct names *names)
{
    return names->bytes.len;
}

void names_add(struct names *names, const unsigned char *name, size_t n)
{
    buf_add(&names->bytes, &n, sizeof n);
    buf_add(&names->bytes, name, n);
}

static size_t length_of(const unsigned char *name)
{
    size_t n;

    memcpy(&n, name, sizeof n);
    return n;
}

/* Any total order will do: equal names become neighbours. */
static int compare(const void *a, const void *b)
{
    const unsigned char *const *p = a, *const *q = b;
    const size_t n = length_of(*p), m = length_of(*q);

    if (n != m)
        return n < m ? -1 : 1;
    return memcmp(*p + sizeof n, *q + sizeof n, n);
}

bool names_failed(const struct names *names)
{
    return names->bytes.failed || names->order.failed;
}

bool names_close(struct names *names, size_t mark)
{
    const unsigned char *p;
    size_t at, n = 0, i;
    bool good = true;

    names->order.len = 0;
    for (at = mark; at < names->bytes.len && !names_failed(names);
         at += sizeof at + length_of(p), n++) {
        p = names->bytes.data + at;
        buf_add(&names->order, &p, sizeof p);
    }
    names->bytes.len = mark;
    if (names_failed(names) || n < 2)
        return true;
    qsort(names->order.data, n, sizeof p, compare);
    for (i = 1; i < n && good; i++)
        good = compare(names->order.data + (i - 1) * sizeof p,
                       names->order.data + i * sizeof p) != 0;
    return good;
}
