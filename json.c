/* json: see json.h. */
#include "json.h"

#include <string.h>


_Static_assert(sizeof(struct json) <= 2048, "json.h promises 2 KB at most");

enum { REPLACEMENT = 0xfffd, ESCAPES = 8 };

/* The letters of escapes, and what they stand for. */
static const char escape_letters[] = "\"\\/bfnrt";
static const unsigned char escaped[] = "\"\\/\b\f\n\r\t";

/* What comes next. */
enum json_state {
    VALUE,
    ELEMENT,                 /* the first of an array, or "]" */
    NAME,
    MEMBER,                  /* the first of an object, or "}" */
    COLON,
    AFTER,                   /* "," or the end of what is open */
    DONE,                    /* white space */
    STRING,                  /* the rest of a string */
    ESCAPE,                  /* what stands after a backslash */
    HEX,                     /* digits of \u */
    HIGH,                    /* the second half of a surrogate pair */
    MINUS,                   /* what stands after this part of a number */
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    EXPONENT,
    SIGN,
    POWER,
    LITERAL                  /* the rest of true, false or null */
};

/* ---- picks: which values are wanted ---- */

_Static_assert(JSON_MAX_PICKS <= 32, "picks are bits of a uint32_t");
_Static_assert(JSON_MAX_TOKENS <= 16, "tokens are bits of a uint16_t");

static const unsigned char *picks_fail(struct json *j, enum json_error error,
                                const unsigned char *p)
{
    if (j->error == JSON_OK)
        j->error = (uint8_t)error;
    return p;
}

/* The lowest pick of a mask that is not empty. */
static unsigned lowest(uint32_t mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/* Is this the end of a reference token? */
static bool ended(char c)
{
    return c == '/' || c == '\0';
}

/* Does the wildcard of a pick that has them stand here? */
static bool star(const struct json *j, unsigned i, const char *s)
{
    return s[0] == '*' && ended(s[1]) && j->picks[i].wild;
}

/* Starts to follow a pointer; false if it is not one. */
static bool track_init(struct json_track *t, const char *s, bool wild)
{
    unsigned bit = 0;            /* of the token in hand */
    size_t n;

    memset(t, 0, sizeof *t);
    t->token = s;
    if (!ended(*s))
        return false;
    for (; *s != '\0'; s += n) {
        n = (unsigned char)*s < 0x80 ? 1
            : text_utf8_length((const unsigned char *)s, strlen(s));
        if (n == 0)
            return false;
        if (*s == '/') {
            if (t->tokens == JSON_MAX_TOKENS)
                return false;
            bit = 1u << t->tokens++;
            t->literal = (uint16_t)(t->literal | bit);
        } else if (*s == '~' && s[1] != '0' && s[1] != '1') {
            return false;
        } else if (*s == '*' && wild) {
            if (!ended(s[1]))
                return false;
            t->literal = (uint16_t)(t->literal ^ bit);
        }
    }
    return true;
}

static void picks_init(struct json *j)
{
    unsigned i;

    for (i = 0; i < j->n; i++)
        if (!track_init(&j->tracks[i], j->picks[i].pointer, j->picks[i].wild))
            picks_fail(j, JSON_E_POINTER, NULL);
}

bool json_pointer_valid(const char *pointer, bool wild)
{
    struct json_track t;

    return track_init(&t, pointer, wild);
}

/*
 * The member or element in hand is the one that the next token names. A new
 * place for a wildcard makes the tokens after it good for another value.
 */
static void advance(struct json_track *t)
{
    unsigned bit = 1u << t->matched++;

    if ((t->literal & bit) == 0)
        t->used = (uint16_t)(t->used & (bit - 1));
    for (t->token = t->at; !ended(*t->token); t->token++)
        ;
}

/* The value that the last matched token led to is over. */
static void retreat(struct json_track *t)
{
    t->matched--;
    do
        t->token--;
    while (*t->token != '/');
}

static bool picks_look(struct json *j)
{
    unsigned i, level = j->depth - 1u;

    j->candidates = 0;
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];

        if (t->matched == level && t->tokens > level
            && (t->used >> level & 1) == 0) {
            t->at = t->token + 1;
            j->candidates |= UINT32_C(1) << i;
        }
    }
    if (j->candidates == 0 && j->walk == 0) {
        j->quiet = true;
        j->floor = j->depth;
    }
    return j->quiet;
}

/* Is this reference token the array index `index`? Compared from its end. */
static bool is_index(const char *s, uint64_t index)
{
    const char *end = s;

    while (!ended(*end))
        end++;
    do {
        if (end == s || *--end != (char)('0' + index % 10))
            return false;
        index /= 10;
    } while (index > 0);
    return end == s;
}

static void picks_match(struct json *j)
{
    uint64_t index = 0;
    uint32_t left;

    if (!j->object)
        index = j->index[j->depth - 1]++;
    for (left = j->candidates; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        struct json_track *t = &j->tracks[i];

        if (star(j, i, t->at)
            || (j->object ? ended(*t->at) : is_index(t->at, index)))
            advance(t);
        else
            j->candidates &= ~(UINT32_C(1) << i);
    }
}

/* Does a piece of a name go on as the token does? */
static bool match_piece(struct json *j, unsigned i,
                        const unsigned char *bytes, size_t n)
{
    const char *s = j->tracks[i].at;

    for (; n > 0; n--, bytes++, s++) {
        char c = *s;

        if ((unsigned char)c != *bytes && c != '~' && c != '*')
            return false;        /* as with most */
        if (c == '~')
            c = *++s == '0' ? '~' : '/';
        else if (ended(c))
            return false;
        else if (star(j, i, s))
            break;
        if ((unsigned char)c != *bytes)
            return false;
    }
    j->tracks[i].at = s;
    return true;
}

/* ---- telling the caller ---- */

/* For bytes that are there but not worth a name. */
static const unsigned char picks_nothing[1];

static void tell(struct json *j, unsigned i, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    if (j->error == JSON_E_CALLER)
        return;
    if (!j->fn(j->context, i, event, type, bytes, n))
        j->error = JSON_E_CALLER;
}

/* Tells bytes to the picks in `mask`. Each has room for them. */
static void tell_bytes(struct json *j, uint32_t mask,
                       const unsigned char *bytes, size_t n)
{
    for (; n > 0 && mask != 0; mask &= mask - 1) {
        const unsigned i = lowest(mask);
        struct json_track *t = &j->tracks[i];

        t->told += n;
        tell(j, i, JSON_BYTES, (enum json_type)t->type, bytes, n);
    }
}

/* How many bytes more the pick may be told of its value. */
static size_t room(const struct json *j, unsigned i)
{
    size_t cap = j->picks[i].cap;

    if (cap == 0 || (j->walk >> i & 1) != 0)
        return SIZE_MAX;
    return cap - j->tracks[i].told;
}

static void picks_flush(struct json *j, const unsigned char *p)
{
    if (j->copy != 0 && p != j->from)
        tell_bytes(j, j->copy, j->from, (size_t)(p - j->from));
    j->from = p;
}

static const unsigned char *picks_cut(struct json *j, const unsigned char *p,
                               const unsigned char *end)
{
    static const char numeric[] = "0123456789+-.Ee";
    bool ends = j->state >= MINUS && j->state <= POWER
                && memchr(numeric, *p, sizeof numeric - 1) == NULL;
    size_t least = (size_t)(end - p), left;
    unsigned i;

    for (i = 0; i < j->n; i++) {
        if ((j->copy >> i & 1) == 0)
            continue;
        left = room(j, i) - (size_t)(p - j->from);
        if (left == 0 && ends && j->tracks[i].tokens == j->depth)
            left = 1;
        if (left < least)
            least = left;
    }
    if (least == 0)
        picks_fail(j, JSON_E_CAP, p);
    return p + least;
}

/* Does the pick name the value in hand itself? */
static bool names_this(const struct json *j, const struct json_track *t)
{
    return t->tokens == j->depth && t->matched == j->depth;
}

static bool picks_begin(struct json *j, enum json_type type, enum json_state state,
                 const unsigned char *p)
{
    unsigned i;

    j->state = (uint8_t)state;
    if (j->depth > 0 && !j->object && j->candidates != 0)
        picks_match(j);
    j->idle = j->depth > 0 && j->candidates == 0 && j->walk == 0;
    if (j->idle)
        return false;
    picks_flush(j, p);
    j->type = (uint8_t)type;
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        enum json_want want = j->picks[i].want;
        uint32_t bit = UINT32_C(1) << i;

        if (names_this(j, t)) {
            t->used |= t->literal;
            t->told = 0;
            j->walk |= want == JSON_WANT_WALK ? bit : 0;
            j->copy |= want == JSON_WANT_RAW ? bit : 0;
        } else if ((j->walk & bit) == 0) {
            continue;
        }
        if (want == JSON_WANT_TEXT || want == JSON_WANT_WALK) {
            if (type == JSON_STRING)
                j->text |= bit;
            else if (type != JSON_OBJECT && type != JSON_ARRAY)
                j->copy |= bit;
        }
        t->type = (uint8_t)type;
        tell(j, i, JSON_BEGIN, type, picks_nothing, 0);
    }
    return true;
}

static bool picks_end(struct json *j, enum json_type type, const unsigned char *p)
{
    uint32_t over = 0, walk = j->walk;
    unsigned i;

    j->state = j->depth > 0 ? AFTER : DONE;
    if (j->idle) {
        j->idle = false;
        return false;
    }
    picks_flush(j, p);
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        uint32_t bit = UINT32_C(1) << i;

        if (names_this(j, t))
            over |= bit;
        if (((over | walk) & bit) != 0)
            tell(j, i, JSON_END, type, picks_nothing, 0);
        if (j->depth > 0 && t->matched == j->depth)
            retreat(t);
    }
    j->copy &= ~(over | walk);
    j->walk &= ~over;
    j->text = 0;
    return true;
}

/* A piece of a name, decoded. */
static void tell_name(struct json *j, const unsigned char *bytes, size_t n)
{
    uint32_t left;

    for (left = j->candidates | j->walk; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        const uint32_t bit = UINT32_C(1) << i;

        if ((j->candidates & bit) != 0 && !match_piece(j, i, bytes, n))
            j->candidates &= ~bit;
        if ((j->walk & bit) != 0)
            tell(j, i, JSON_NAME, JSON_STRING, bytes, n);
    }
}

static const unsigned char *picks_string(struct json *j, const unsigned char *bytes,
                                  const unsigned char *end)
{
    size_t n = (size_t)(end - bytes), most = n;
    unsigned i;

    if (j->name) {
        if ((j->candidates | j->walk) != 0)
            tell_name(j, bytes, n);
        return end;
    }
    for (i = 0; j->text != 0 && i < j->n; i++) {
        if ((j->text >> i & 1) != 0 && room(j, i) < most)
            most = room(j, i);
    }
    tell_bytes(j, j->text, bytes, most);
    if (most < n)
        picks_fail(j, JSON_E_CAP, NULL);
    return bytes + most;
}

/* ---- strings in ---- */

/* Tells a code point as UTF-8. */
static void tell_code(struct json *j, uint32_t code)
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unsigned char utf8[4];
    size_t i;

    for (i = n - 1; i > 0; i--) {
        utf8[i] = (unsigned char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    /* the first byte of n begins with n ones and a zero */
    utf8[0] = (unsigned char)(n > 1 ? 0xf00U >> n | code : code);
    picks_string(j, utf8, utf8 + n);
}

static const unsigned char *json_beyond(struct json *j, const unsigned char *p,
                                 const unsigned char *end)
{
    const unsigned char *start = p;

    for (; p < end; p++) {
        if (j->utf8.missing == 0 && (*p < ' ' || *p == '"' || *p == '\\'))
            break;
        if (!text_utf8_step(&j->utf8, *p))
            break;
    }
    if (!j->quiet)
        p = picks_string(j, start, p);
    if (p < end && (j->utf8.missing > 0 || *p >= 0x80))
        picks_fail(j, JSON_E_UTF8, p);
    return p;
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
        j->digits = 4;
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
    const int digit = text_hex(c);
    uint32_t code;

    if (digit < 0) {
        picks_fail(j, JSON_E_ESCAPE, NULL);
        return;
    }
    code = j->code = j->code << 4 | (uint32_t)digit;
    if (--j->digits > 0)
        return;
    j->state = STRING;
    if (code >> 10 == 0xdc00 >> 10 && j->high != 0) {
        code = 0x10000 + ((j->high - 0xd800) << 10) + code - 0xdc00;
        j->high = 0;
    }
    half_alone(j);
    if (code >> 10 == 0xd800 >> 10) {
        j->state = HIGH;
        j->high = code;
    } else {
        tell_code(j, code >> 10 == 0xdc00 >> 10 ? REPLACEMENT : code);
    }
}

static const unsigned char *json_escapes(struct json *j, const unsigned char *p,
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

/* ---- numbers and literals ---- */

/* What stands after `c` in a number, or AFTER if it ends before, or VALUE if
   it cannot. */
static enum json_state number_next(unsigned state, unsigned char c)
{
    /* after 0, after 1 to 9, ".", "e", a sign, anything else */
    static const unsigned char next[][6] = {
        {ZERO, INTEGER, VALUE, VALUE, VALUE, VALUE},         /* MINUS */
        {AFTER, AFTER, POINT, EXPONENT, AFTER, AFTER},       /* ZERO */
        {INTEGER, INTEGER, POINT, EXPONENT, AFTER, AFTER},   /* INTEGER */
        {FRACTION, FRACTION, VALUE, VALUE, VALUE, VALUE},    /* POINT */
        {FRACTION, FRACTION, AFTER, EXPONENT, AFTER, AFTER}, /* FRACTION */
        {POWER, POWER, VALUE, VALUE, SIGN, VALUE},           /* EXPONENT */
        {POWER, POWER, VALUE, VALUE, VALUE, VALUE},          /* SIGN */
        {POWER, POWER, AFTER, AFTER, AFTER, AFTER}           /* POWER */
    };

    return (enum json_state)next[state - MINUS][
        c == '0' ? 0 : text_is_digit(c) ? 1 : c == '.' ? 2
        : c == 'e' || c == 'E' ? 3 : c == '+' || c == '-' ? 4 : 5];
}

/* The number or literal in hand ends before `p`. */
static const unsigned char *scalar_ends(struct json *j, const unsigned char *p)
{
    if (j->quiet)
        j->state = AFTER;
    else
        picks_end(j, (enum json_type)j->type, p);
    return p;
}

static const unsigned char *json_number(struct json *j, const unsigned char *p,
                                 const unsigned char *end)
{
    for (; p < end; p++) {
        enum json_state next = number_next(j->state, *p);

        if (next == AFTER)
            return scalar_ends(j, p);
        if (next == VALUE)
            return picks_fail(j, JSON_E_SYNTAX, p);
        j->state = (uint8_t)next;
    }
    return p;
}

static const unsigned char *json_literal(struct json *j, const unsigned char *p,
                                  const unsigned char *end)
{
    while (p < end) {
        if (*p != (unsigned char)*j->literal)
            return picks_fail(j, JSON_E_SYNTAX, p);
        p++;
        if (*++j->literal == '\0')
            return scalar_ends(j, p);
    }
    return p;
}

/* ---- values ---- */

static const unsigned char *json_level_ends(struct json *j, const unsigned char *p)
{
    enum json_type type = j->object ? JSON_OBJECT : JSON_ARRAY;

    j->object = j->levels[--j->depth];
    j->quiet = false;
    picks_end(j, type, p + 1);
    return p + 1;
}

/* An array or object starts. */
static const unsigned char *level_starts(struct json *j, bool object,
                                         const unsigned char *p)
{
    if (j->depth == JSON_MAX_DEPTH)
        return picks_fail(j, JSON_E_DEPTH, p);
    picks_begin(j, object ? JSON_OBJECT : JSON_ARRAY,
                 object ? MEMBER : ELEMENT, p);
    j->levels[++j->depth] = j->object = object;
    if (j->depth <= JSON_MAX_TOKENS)
        j->index[j->depth - 1] = 0;
    picks_look(j);
    return p + 1;
}

/* A literal or a number starts, of which `state` is what comes next. */
static const unsigned char *scalar_starts(struct json *j, enum json_type type,
                                          enum json_state state,
                                          const unsigned char *p)
{
    j->state = (uint8_t)state;
    if (!j->quiet)
        picks_begin(j, type, state, p);
    return p + 1;
}

static const unsigned char *json_value_starts(struct json *j, const unsigned char *p)
{
    switch (*p) {
    case '{':
    case '[':
        return level_starts(j, *p == '{', p);
    case 't':
        j->literal = "rue";
        return scalar_starts(j, JSON_TRUE, LITERAL, p);
    case 'f':
        j->literal = "alse";
        return scalar_starts(j, JSON_FALSE, LITERAL, p);
    case 'n':
        j->literal = "ull";
        return scalar_starts(j, JSON_NULL, LITERAL, p);
    case '-':
        return scalar_starts(j, JSON_NUMBER, MINUS, p);
    }
    j->state = VALUE;
    return p;
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

static const unsigned char *machine_run(struct json *j, const unsigned char *p,
                                 const unsigned char *end)
{
    return j->quiet ? run(j, p, end, true) : run_hooked(j, p, end);
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
            p = machine_run(j, p, stop);
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
    const char *sentence =       /* in the order of the enum */
        "no error\0"
        "a byte that cannot stand here\0"
        "a string is not UTF-8\0"
        "an unescaped control character in a string\0"
        "an escape that JSON does not have\0"
        "nested too deeply\0"
        "a value is longer than its limit\0"
        "the document ends too early\0"
        "something follows the document\0"
        "not a JSON Pointer, or too many of them\0"
        "the reader of the values gave up";
    int i;

    for (i = 0; i < (int)error; i++)
        sentence += strlen(sentence) + 1;
    return sentence;
}

/* ---- strings out ---- */

/* Writes a character below U+0100 as an escape. */
static void quote_byte(unsigned char c, json_put *put, void *context)
{
    static const char digit[] = "0123456789abcdef";
    const unsigned char *named = memchr(escaped, c, ESCAPES);
    char out[6] = "\\u00";
    size_t n = 2;

    if (named != NULL) {
        out[1] = escape_letters[named - escaped];
    } else {
        out[4] = digit[c >> 4];
        out[5] = digit[c & 15];
        n = 6;
    }
    put(context, out, n);
}

size_t json_quote(const unsigned char *bytes, size_t n, json_put *put,
                  void *context)
{
    size_t length, replaced = 0;

    put(context, "\"", 1);
    for (; n > 0; bytes += length, n -= length) {
        length = text_printable(bytes, n, "\"\\");
        if (length > 0) {
            put(context, bytes, length);
            continue;
        }
        length = text_utf8_length(bytes, n);
        if (length > 0) {
            quote_byte(bytes[length - 1], put, context);
        } else {
            length = text_utf8_subpart(bytes, n);
            put(context, "\xef\xbf\xbd", 3);
            replaced++;
        }
    }
    put(context, "\"", 1);
    return replaced;
}
