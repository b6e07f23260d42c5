/* circle: see circle.h. */
#include "base/circle.h"

/* FNV-1a, 64 bits. */
static uint64_t hash(const unsigned char *p, size_t n)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (; n > 0; n--, p++)
        sum = (sum ^ *p) * UINT64_C(1099511628211);
    return sum;
}

bool circle_closes(struct circle *c, const void *place, size_t n)
{
    const uint64_t here = hash(place, n);
    const bool first = c->power == 0;
    const bool closes = !first && (here == c->last || here == c->mark);

    c->last = here;
    if (first || ++c->steps == c->power) {
        c->mark = here;
        c->power = first ? 1 : 2 * c->power;
        c->steps = 0;
    }
    return closes;
}
