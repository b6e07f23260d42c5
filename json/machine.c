/* machine: see machine.h. */
#include "json/machine.h"

#include <string.h>

#include "json/picks.h"

/* ---- runs of bytes ---- */

static const uint64_t ones = UINT64_C(0x0101010101010101);

/* Eight bytes as a number. Its byte order is of no concern here. */
static uint64_t load(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* What a string does not take as it stands; a row is 32 characters. */
static const bool stops[256] = {
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
    0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
    0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,
    0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
};

/*
 * The first byte that stops[] names. Most strings are short: 16 bytes go one
 * by one. Then eight go at once while none of them stops: in one of the terms
 * the high bit is set of a byte that does, and if none does, of no byte.
 */
static inline const unsigned char *plain(const unsigned char *p,
                                         const unsigned char *end)
{
    unsigned fours;

    for (fours = 0; fours < 4 && end - p >= 4; fours++, p += 4) {
        if (stops[p[0]])
            return p;
        if (stops[p[1]])
            return p + 1;
        if (stops[p[2]])
            return p + 2;
        if (stops[p[3]])
            return p + 3;
    }
    for (; end - p >= 8; p += 8) {
        uint64_t w = load(p);
        uint64_t flags = w | (w - ones * 0x20) | ((w ^ ones * '"') - ones)
                         | ((w ^ ones * '\\') - ones);

        if ((flags & ones * 0x80) != 0)
            break;
    }
    while (p < end && !stops[*p])
        p++;
    return p;
}

static inline bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline const unsigned char *digits(const unsigned char *p,
                                          const unsigned char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static const unsigned char *blank(const unsigned char *p,
                                  const unsigned char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        while (end - p > 8 && load(p + 1) == ones * ' ')
            p += 8;
        p++;
    }
    return p;
}

/* ---- the machine ---- */

static inline const unsigned char *pause(struct json *j, enum json_state state,
                                         const unsigned char *p)
{
    j->state = (uint8_t)state;
    return p;
}

/*
 * Each state is a case, and goes to the next by name: that makes a branch of
 * each step, and processors foresee many of those better than one that all
 * steps share. `quiet` is a constant in each call, and what it rules out is
 * compiled away.
 */
static inline __attribute__((always_inline)) const unsigned char *
run(struct json *j, const unsigned char *p, const unsigned char *end,
    bool quiet)
{
    const unsigned char *start;

again:
    switch ((enum json_state)j->state) {
    case ELEMENT:
    element:
        if (p == end)
            return pause(j, ELEMENT, p);
        if (*p == ']')
            goto after;
        if (*p <= ' ') {
            j->state = ELEMENT;
            goto other;
        }
        /* fall through */
    case VALUE:
    value:
        if (p == end)
            return pause(j, VALUE, p);
        if (*p >= '0' && *p <= '9') {    /* most values, in a response */
            j->state = *p == '0' ? ZERO : INTEGER;
            if (!quiet && picks_begin(j, JSON_NUMBER,
                                      (enum json_state)j->state, p))
                return p + 1;
            goto number;
        }
        if (*p == '"') {
            j->name = false;
            if (!quiet && picks_begin(j, JSON_STRING, STRING, p))
                return p + 1;
            p++;
            goto string;
        }
        if (quiet && j->depth < JSON_MAX_DEPTH) {
            if (*p == '{') {
                j->levels[++j->depth] = j->object = true;
                p++;
                goto member;
            }
            if (*p == '[') {
                j->levels[++j->depth] = j->object = false;
                p++;
                goto element;
            }
        }
        start = p;
        p = json_value_starts(j, p);
        if (p > start)
            return p;
        goto other;
    case MEMBER:
    member:
        if (p == end)
            return pause(j, MEMBER, p);
        if (*p == '}')
            goto after;
        if (*p <= ' ') {
            j->state = MEMBER;
            goto other;
        }
        /* fall through */
    case NAME:
    name:
        if (p == end)
            return pause(j, NAME, p);
        if (*p != '"') {
            j->state = NAME;
            goto other;
        }
        j->name = true;
        p++;
        goto string;
    case STRING:
        if (j->utf8.missing > 0)
            goto beyond;
        /* fall through */
    string:
        start = p;
        p = plain(p, end);
        if (!quiet) {
            p = picks_string(j, start, p);
            if (j->error != JSON_OK)
                return p;
        }
        if (p == end)
            return pause(j, STRING, p);
        if (*p == '"') {
            p++;
            if (j->name)
                goto named;
            if (!quiet && picks_end(j, JSON_STRING, p))
                return p;
            goto after;
        }
        if (*p == '\\') {
            j->state = ESCAPE;
            p++;
            goto escape;
        }
        if (*p < 0x80)
            return picks_fail(j, JSON_E_CONTROL, p);
    beyond:
        p = json_beyond(j, p, end);
        if (p == end || j->error != JSON_OK)
            return pause(j, STRING, p);
        goto string;
    case ESCAPE:
    case HEX:
    case HIGH:
    escape:
        p = json_escapes(j, p, end);
        if (p == end || j->error != JSON_OK)
            return p;
        goto string;
    named:
        if (!quiet && j->candidates != 0)
            picks_match(j);
        /* fall through */
    case COLON:
        if (p == end)
            return pause(j, COLON, p);
        if (*p != ':') {
            j->state = COLON;
            goto other;
        }
        p++;
        goto value;
    number:                      /* of the usual kinds, and whole */
        p = j->state == ZERO ? p + 1 : digits(p + 1, end);
        if (end - p > 1 && *p == '.' && is_digit(p[1])) {
            j->state = FRACTION;
            p = digits(p + 2, end);
        }
        if (p < end && *p != '.' && *p != 'e' && *p != 'E') {
            if (!quiet && picks_end(j, JSON_NUMBER, p))
                return p;
            goto after;
        }
        /* fall through */
    case MINUS:
    case ZERO:
    case INTEGER:
    case POINT:
    case FRACTION:
    case EXPONENT:
    case SIGN:
    case POWER:
        return json_number(j, p, end);
    case LITERAL:
        return json_literal(j, p, end);
    case AFTER:
    after:
        if (p == end)
            return pause(j, AFTER, p);
        if (*p == ',') {
            p++;
            if (!quiet && picks_look(j))
                return pause(j, j->object ? NAME : VALUE, p);
            if (j->object)
                goto name;
            goto value;
        }
        if (*p == '}' ? j->object : *p == ']' && !j->object) {
            if (!quiet || j->depth == j->floor)
                return json_level_ends(j, p);
            j->object = j->levels[--j->depth];
            p++;
            goto after;
        }
        j->state = AFTER;
        break;
    case DONE:
        break;
    }
other:
    start = p;
    p = blank(p, end);
    if (p == end)
        return p;
    if (p > start)
        goto again;
    return picks_fail(j, j->state == DONE ? JSON_E_TRAILING : JSON_E_SYNTAX, p);
}

/* Of most documents little is read here: it is compiled for size. */
__attribute__((cold, noinline))
static const unsigned char *run_hooked(struct json *j, const unsigned char *p,
                                       const unsigned char *end)
{
    return run(j, p, end, false);
}

const unsigned char *machine_run(struct json *j, const unsigned char *p,
                                 const unsigned char *end)
{
    return j->quiet ? run(j, p, end, true) : run_hooked(j, p, end);
}
