/* der: see der.h. */
#include "net/der.h"

#include <string.h>

#include "base/clock.h"

bool der_next(struct der *in, unsigned *tag, struct der *value)
{
    size_t head = 2, n;

    if (in->n < 2 || (in->p[0] & 0x1f) == 0x1f)
        return false;
    n = in->p[1];
    if (n >= 0x80) {
        head += n - 0x80;
        if (n == 0x80 || n > 0x83 || in->n < head)
            return false;
        n = 0;
        for (size_t i = 2; i < head; i++)
            n = n << 8 | in->p[i];
        if (n < 0x80 || in->p[2] == 0)       /* not the shortest form */
            return false;
    }
    if (n > in->n - head)
        return false;
    *tag = in->p[0];
    value->p = in->p + head;
    value->n = n;
    in->p += head + n;
    in->n -= head + n;
    return true;
}

bool der_is(const struct der *in, unsigned tag)
{
    return in->n > 0 && in->p[0] == tag;
}

bool der_get(struct der *in, unsigned tag, struct der *value)
{
    unsigned found;

    return der_is(in, tag) && der_next(in, &found, value);
}

bool der_whole(struct der *in, unsigned tag, struct der *element,
               struct der *value)
{
    *element = *in;
    if (!der_get(in, tag, value))
        return false;
    element->n -= in->n;
    return true;
}

bool der_only(struct der in, unsigned tag, struct der *value)
{
    return der_get(&in, tag, value) && in.n == 0;
}

bool der_equal(struct der a, struct der b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool der_boolean(struct der value, bool *b)
{
    if (value.n != 1 || (value.p[0] != 0 && value.p[0] != 0xff))
        return false;
    *b = value.p[0] != 0;
    return true;
}

bool der_integer(struct der value, uint32_t *i)
{
    size_t k;

    if (value.n == 0 || value.p[0] >= 0x80)
        return false;
    if (value.n > 1 && value.p[0] == 0 && value.p[1] < 0x80)
        return false;
    if (value.n > 4) {
        *i = UINT32_MAX;
        return true;
    }
    for (*i = 0, k = 0; k < value.n; k++)
        *i = *i << 8 | value.p[k];
    return true;
}

bool der_time(unsigned tag, struct der value, int64_t *seconds)
{
    /* where the digits of YYYYMMDDHHMMSS go */
    static const unsigned char to[] = {
        0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18
    };
    char text[] = "2000-00-00 00:00:00";
    const size_t skip = tag == DER_TIME ? 0 : 2;
    size_t i;

    if ((tag != DER_TIME && tag != DER_UTC_TIME) ||
        value.n != sizeof to - skip + 1 || value.p[value.n - 1] != 'Z')
        return false;
    for (i = skip; i < sizeof to; i++) {
        if (value.p[i - skip] < '0' || value.p[i - skip] > '9')
            return false;
        text[to[i]] = (char)value.p[i - skip];
    }
    if (tag == DER_UTC_TIME && text[2] >= '5') {
        text[0] = '1';
        text[1] = '9';
    }
    *seconds = clock_utc(text);
    return *seconds >= 0;
}
