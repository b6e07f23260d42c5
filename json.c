/*
 * json: see json.h.
 *
 * One state machine, run(), reads everything. Where picks may still match it
 * calls the functions of picks.c at each value and name, to follow the
 * pointers and tell the caller. Where none can, which is called quiet here, it
 * goes on without them: it is compiled once for each of the two.
 */
#include "json.h"

#include <string.h>

#include "picks.h"

_Static_assert(sizeof(struct json) <= 2048, "json.h promises 2 KB at most");

enum { REPLACEMENT = 0xfffd, ESCAPES = 8 };

/* The letters of escapes, and what they stand for. */
static const char escape_letters[] = "\"\\/bfnrt";
static const unsigned char escaped[] = "\"\\/\b\f\n\r\t";

/* ---- UTF-8 ---- */

/*
 * How many bytes continue the character that starts with `c`, and the bounds
 * of the first of them (RFC 3629, section 4); -1 where none starts so.
 */
static int utf8_lead(unsigned char c, uint8_t bounds[2])
{
    bounds[0] = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    bounds[1] = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (c < 0xc2 || c > 0xf4)
        return c < 0x80 ? 0 : -1;
    return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

/* May `c` continue the character? After the first, any such byte may. */
static bool utf8_next(unsigned char c, uint8_t bounds[2])
{
    if (c < bounds[0] || c > bounds[1])
        return false;
    bounds[0] = 0x80;
    bounds[1] = 0xbf;
    return true;
}

/* Length of the longest start of a character at `p`, n > 0; is it whole? */
static size_t utf8_start(const unsigned char *p, size_t n, bool *whole)
{
    uint8_t bounds[2];
    int need = utf8_lead(p[0], bounds);
    size_t i;

    for (i = 1; need > 0 && i < n && utf8_next(p[i], bounds); i++)
        need--;
    *whole = need == 0;
    return i;
}

size_t json_utf8(const unsigned char *p, size_t n)
{
    bool whole;
    size_t length;

    if (n == 0 || p[0] < 0x80)
        return n > 0;
    length = utf8_start(p, n, &whole);
    return whole ? length : 0;
}

bool json_is_utf8(const unsigned char *p, size_t n)
{
    while (n > 0) {
        size_t length = json_utf8(p, n);

        if (length == 0)
            return false;
        p += length;
        n -= length;
    }
    return true;
}

/* Writes a code point as UTF-8; returns its length. */
static size_t utf8_put(uint32_t code, unsigned char out[4])
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint32_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t i;

    for (i = n - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (unsigned char)(lead[n] | code);
    return n;
}

/* ---- strings in ---- */

static void tell_code(struct json *j, uint32_t code)
{
    unsigned char utf8[4];
    const unsigned char *end = utf8 + utf8_put(code, utf8);

    picks_string(j, utf8, &end);
}

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

/* What follows in a string from a character beyond ASCII on, or within one. */
static const unsigned char *beyond(struct json *j, const unsigned char *p,
                                   const unsigned char *end)
{
    for (;;) {
        int need;

        for (; j->need > 0; j->need--, p++) {
            if (p == end || !utf8_next(*p, j->bounds))
                return p;
        }
        p = plain(p, end);
        if (p == end || *p < 0x80)
            return p;
        need = utf8_lead(*p, j->bounds);
        if (need < 0)
            return p;
        j->need = (uint8_t)need;
        p++;
    }
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

static inline void push(struct json *j, bool object)
{
    unsigned depth = ++j->depth, bit = 1u << depth % 8;
    uint8_t *bits = &j->levels[depth / 8];

    *bits = (uint8_t)(object ? *bits | bit : *bits & ~bit);
    j->object = object;
}

static inline void pop(struct json *j)
{
    unsigned depth = --j->depth;

    j->object = (j->levels[depth / 8] >> depth % 8 & 1) != 0;
}

/* push() where hooks may be wanted, or the depth is too much. */
static const unsigned char *level_starts(struct json *j, bool object,
                                         const unsigned char *p)
{
    if (j->depth == JSON_MAX_DEPTH)
        return picks_fail(j, JSON_E_DEPTH, p);
    picks_begin(j, object ? JSON_OBJECT : JSON_ARRAY,
                 object ? MEMBER : ELEMENT, p);
    push(j, object);
    if (j->depth <= JSON_MAX_TOKENS)
        j->index[j->depth - 1] = 0;
    picks_look(j);
    return p + 1;
}

/* pop() where hooks may be wanted. */
static const unsigned char *level_ends(struct json *j, const unsigned char *p)
{
    enum json_type type = j->object ? JSON_OBJECT : JSON_ARRAY;

    pop(j);
    j->quiet = false;
    picks_end(j, type, p + 1);
    return p + 1;
}

/* The first half of a surrogate pair, if there was one, stays alone. */
static void half_alone(struct json *j)
{
    if (j->high != 0)
        tell_code(j, REPLACEMENT);
    j->high = 0;
}

/* What stands after a backslash. */
static void escape(struct json *j, unsigned char c)
{
    const char *letter = memchr(escape_letters, c, ESCAPES);

    if (c == 'u') {
        j->state = HEX;
        j->need = 4;
        j->code = 0;
        return;
    }
    j->state = STRING;
    half_alone(j);
    if (letter != NULL)
        tell_code(j, escaped[letter - escape_letters]);
    else
        picks_fail(j, JSON_E_ESCAPE, NULL);
}

/* One digit of \u; after the last the code unit is whole. */
static void hex(struct json *j, unsigned char c)
{
    static const char digit[] = "0123456789abcdefABCDEF";
    const char *d = memchr(digit, c, sizeof digit - 1);
    uint32_t value;
    bool second;

    if (d == NULL) {
        picks_fail(j, JSON_E_ESCAPE, NULL);
        return;
    }
    value = (uint32_t)(d - digit);
    j->code = j->code << 4 | (value < 16 ? value : value - 6);
    if (--j->need > 0)
        return;
    j->state = STRING;
    second = j->code >= 0xdc00 && j->code < 0xe000;
    if (second && j->high != 0) {
        tell_code(j, 0x10000 + ((j->high - 0xd800) << 10) + j->code - 0xdc00);
        j->high = 0;
        return;
    }
    half_alone(j);
    if (j->code >= 0xd800 && j->code < 0xdc00) {
        j->state = HIGH;
        j->high = j->code;
    } else {
        tell_code(j, second ? REPLACEMENT : j->code);
    }
}

/* Reads escapes until the string goes on as it stands. */
static const unsigned char *escapes(struct json *j, const unsigned char *p,
                                    const unsigned char *end)
{
    for (; p < end && j->state != STRING; p++) {
        if (j->state == ESCAPE) {
            escape(j, *p);
        } else if (j->state == HEX) {
            hex(j, *p);
        } else if (*p == '\\') {
            j->state = ESCAPE;
        } else {
            j->state = STRING;
            half_alone(j);
            return p;
        }
        if (j->error != JSON_OK)
            return p;
    }
    return p;
}

static inline const unsigned char *pause(struct json *j, enum json_state state,
                                         const unsigned char *p)
{
    j->state = (uint8_t)state;
    return p;
}

/*
 * Reads on from `p`. Each state is a case, and goes to the next by name: that
 * makes a branch of each step, and processors foresee many of those better
 * than one that all steps share. `quiet` is a constant in each call, and what
 * it rules out is compiled away. Where somebody was told of a value it
 * returns, for json_feed to see what came of that.
 */
static inline __attribute__((always_inline)) const unsigned char *
run(struct json *j, const unsigned char *p, const unsigned char *end,
    bool quiet)
{
    const unsigned char *start;
    enum json_type type;

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
        if (*p >= '1' && *p <= '9') {    /* most values, in a response */
            if (!quiet && picks_begin(j, JSON_NUMBER, INTEGER, p))
                return p + 1;
            p++;
            goto integer;
        }
        switch (*p) {
        case '{':
            if (!quiet || j->depth == JSON_MAX_DEPTH)
                return level_starts(j, true, p);
            push(j, true);
            p++;
            goto member;
        case '[':
            if (!quiet || j->depth == JSON_MAX_DEPTH)
                return level_starts(j, false, p);
            push(j, false);
            p++;
            goto element;
        case '"':
            j->name = false;
            if (!quiet && picks_begin(j, JSON_STRING, STRING, p))
                return p + 1;
            p++;
            goto string;
        case '-':
            if (!quiet && picks_begin(j, JSON_NUMBER, MINUS, p))
                return p + 1;
            p++;
            goto minus;
        case '0':
            if (!quiet && picks_begin(j, JSON_NUMBER, ZERO, p))
                return p + 1;
            p++;
            goto zero;
        case 't': case 'f': case 'n':
            type = *p == 't' ? JSON_TRUE : *p == 'f' ? JSON_FALSE : JSON_NULL;
            j->literal = *p == 't' ? "rue" : *p == 'f' ? "alse" : "ull";
            if (!quiet && picks_begin(j, type, LITERAL, p))
                return p + 1;
            p++;
            goto literal;
        default:
            j->state = VALUE;
            goto other;
        }
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
        if (j->need > 0)
            goto multibyte;
        /* fall through */
    string:
        start = p;
        p = plain(p, end);
        if (!quiet && picks_string(j, start, &p))
            return p;
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
    multibyte:
        start = p;
        p = beyond(j, p, end);
        if (!quiet && picks_string(j, start, &p))
            return p;
        if (p == end)
            return pause(j, STRING, p);
        if (j->need > 0 || *p >= 0x80)
            return picks_fail(j, JSON_E_UTF8, p);
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
    case ESCAPE:
    case HEX:
    case HIGH:
    escape:
        p = escapes(j, p, end);
        if (p == end || j->error != JSON_OK)
            return p;
        goto string;
    case LITERAL:
    literal:
        for (; *j->literal != '\0'; j->literal++, p++) {
            if (p == end)
                return pause(j, LITERAL, p);
            if (*p != (unsigned char)*j->literal)
                return picks_fail(j, JSON_E_SYNTAX, p);
        }
        if (!quiet && picks_end(j, (enum json_type)j->type, p))
            return p;
        goto after;
    case MINUS:
    minus:
        if (p == end)
            return pause(j, MINUS, p);
        if (!is_digit(*p))
            return picks_fail(j, JSON_E_SYNTAX, p);
        if (*p++ == '0')
            goto zero;
        /* fall through */
    case INTEGER:
    integer:
        p = digits(p, end);
        if (p == end)
            return pause(j, INTEGER, p);
        /* fall through */
    case ZERO:
    zero:
        if (p == end)
            return pause(j, ZERO, p);
        if (*p != '.')
            goto exponent;
        p++;
        /* fall through */
    case POINT:
        if (p == end)
            return pause(j, POINT, p);
        if (!is_digit(*p))
            return picks_fail(j, JSON_E_SYNTAX, p);
        /* fall through */
    case FRACTION:
        p = digits(p, end);
        if (p == end)
            return pause(j, FRACTION, p);
    exponent:
        if (*p != 'e' && *p != 'E')
            goto number_ends;
        p++;
        /* fall through */
    case EXPONENT:
        if (p == end)
            return pause(j, EXPONENT, p);
        if (*p == '+' || *p == '-')
            p++;
        /* fall through */
    case SIGN:
        if (p == end)
            return pause(j, SIGN, p);
        if (!is_digit(*p))
            return picks_fail(j, JSON_E_SYNTAX, p);
        /* fall through */
    case POWER:
        p = digits(p, end);
        if (p == end)
            return pause(j, POWER, p);
    number_ends:
        if (!quiet && picks_end(j, JSON_NUMBER, p))
            return p;
        /* fall through */
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
                return level_ends(j, p);
            pop(j);
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

static const unsigned char *run_hooked(struct json *j, const unsigned char *p,
                                       const unsigned char *end)
{
    return run(j, p, end, false);
}

static const unsigned char *run_quiet(struct json *j, const unsigned char *p,
                                      const unsigned char *end)
{
    return run(j, p, end, true);
}

/* ---- the interface ---- */

void json_init(struct json *j, const struct json_pick *picks, unsigned n,
               json_fn *fn, void *context)
{
    memset(j, 0, offsetof(struct json, tracks));
    j->picks = picks;
    j->fn = fn;
    j->context = context;
    j->state = VALUE;
    if (n > JSON_MAX_PICKS) {
        picks_fail(j, JSON_E_POINTER, NULL);
        return;
    }
    j->n = (uint8_t)n;
    picks_init(j);
}

bool json_feed(struct json *j, const unsigned char *bytes, size_t n)
{
    const unsigned char *p = bytes, *end;

    if (n == 0 || j->error != JSON_OK)
        return j->error == JSON_OK;
    end = bytes + n;
    j->from = p;
    while (p < end && j->error == JSON_OK) {
        const unsigned char *stop = j->copy != 0 ? picks_cut(j, p, end) : end;

        if (stop > p)
            p = j->quiet ? run_quiet(j, p, stop) : run_hooked(j, p, stop);
    }
    picks_flush(j, p);
    j->from = picks_nothing;
    j->offset += (uint64_t)(p - bytes);
    return j->error == JSON_OK;
}

bool json_end(struct json *j)
{
    bool number = j->state == ZERO || j->state == INTEGER
                  || j->state == FRACTION || j->state == POWER;

    if (j->error == JSON_OK && j->depth == 0 && number)
        picks_end(j, JSON_NUMBER, j->from);
    if (j->state != DONE)
        picks_fail(j, JSON_E_END, NULL);
    return j->error == JSON_OK;
}

enum json_error json_error(const struct json *j)
{
    return (enum json_error)j->error;
}

uint64_t json_offset(const struct json *j)
{
    return j->offset;
}

const char *json_sentence(enum json_error error)
{
    static const char *const sentences[] = {
        [JSON_OK] = "no error",
        [JSON_E_SYNTAX] = "a byte that cannot stand here",
        [JSON_E_UTF8] = "a string is not UTF-8",
        [JSON_E_CONTROL] = "an unescaped control character in a string",
        [JSON_E_ESCAPE] = "an escape that JSON does not have",
        [JSON_E_DEPTH] = "nested too deeply",
        [JSON_E_CAP] = "a value is longer than its limit",
        [JSON_E_END] = "the document ends too early",
        [JSON_E_TRAILING] = "something follows the document",
        [JSON_E_POINTER] = "not a JSON Pointer, or too many of them",
        [JSON_E_CALLER] = "the reader of the values gave up"
    };

    return sentences[error];
}

/* ---- strings out ---- */

/* Writes a character below U+0100 as an escape. */
static void quote_byte(unsigned char c, json_put *put, void *context)
{
    static const char digit[] = "0123456789abcdef";
    const unsigned char *named = memchr(escaped, c, ESCAPES);
    char out[6] = "\\u00";

    if (named != NULL) {
        out[1] = escape_letters[named - escaped];
        put(context, out, 2);
        return;
    }
    out[4] = digit[c >> 4];
    out[5] = digit[c & 15];
    put(context, out, 6);
}

size_t json_quote(const unsigned char *bytes, size_t n, json_put *put,
                  void *context)
{
    size_t i, start = 0, length, replaced = 0;

    put(context, "\"", 1);
    for (i = 0; i < n; i += length) {
        unsigned char c = bytes[i];
        bool whole, bare;

        length = utf8_start(bytes + i, n - i, &whole);
        bare = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
        if (whole && c == 0xc2 && bytes[i + 1] < 0xa0) {
            bare = false;
            c = bytes[i + 1];
        }
        if (whole && bare)
            continue;
        if (i > start)
            put(context, bytes + start, i - start);
        start = i + length;
        if (whole) {
            quote_byte(c, put, context);
        } else {
            put(context, "\xef\xbf\xbd", 3);
            replaced++;
        }
    }
    if (n > start)
        put(context, bytes + start, n - start);
    put(context, "\"", 1);
    return replaced;
}
