/*
 * json.c: a streaming JSON tokenizer (RFC 8259) that extracts values by JSON
 * Pointer (RFC 6901), and functions that write JSON.
 *
 * run() is the state machine, where nearly all of the time is spent. Where a
 * pick may match, it calls the functions that follow the picks' pointers and
 * report events to the caller. Inside an array or object where no pick can
 * match, j->quiet is set and the machine only validates; this is most of a
 * typical document.
 */
#include "json.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(sizeof(struct json) <= 2048, "json.h promises 2 KB at most");
_Static_assert(JSON_MAX_PICKS <= 32, "picks are bits of a uint32_t");
_Static_assert(JSON_MAX_TOKENS <= 16, "tokens are bits of a uint16_t");

enum { REPLACEMENT = 0xfffd, ESCAPES = 8 };

/* The letters of escapes, and the characters that they stand for. */
static const char escape_letters[] = "\"\\/bfnrt";
static const unsigned char escaped[] = "\"\\/\b\f\n\r\t";

/* A valid pointer for events without bytes. */
static const unsigned char nothing[1];

/* What the machine expects next. */
enum state {
    VALUE,
    ELEMENT,                 /* the first element of an array, or "]" */
    NAME,
    MEMBER,                  /* the first name of an object, or "}" */
    COLON,
    AFTER,                   /* "," or the end of the array or object */
    DONE,                    /* white space after the document */
    STRING,                  /* the rest of a string */
    ESCAPE,                  /* the character after a backslash */
    HEX,                     /* a digit of a \u escape */
    HIGH,                    /* a low surrogate, after a high one */
    MINUS,                   /* the rest of a number after its "-", */
    ZERO,                    /* after an integer part that is 0, */
    INTEGER,                 /* or any other, */
    POINT,                   /* after the decimal point, */
    FRACTION,                /* and a digit of the fraction, */
    EXPONENT_E,              /* after the "e", */
    EXPONENT_SIGN,           /* the sign of the exponent, */
    EXPONENT,                /* and a digit of it */
    LITERAL                  /* the rest of true, false or null */
};

/* Records the first error. Returns `p`, where reading stops. */
static const unsigned char *fail(struct json *j, enum json_error error,
                                 const unsigned char *p)
{
    if (j->error == JSON_OK)
        j->error = error;
    return p;
}

/* ---- following the pointers of the picks ---- */

/* The lowest pick of a set that is not empty. */
static unsigned lowest(uint32_t set)
{
    return (unsigned)__builtin_ctz(set);
}

/* Does a reference token end before `c`? */
static bool token_ends(char c)
{
    return c == '/' || c == '\0';
}

/* Is this the wildcard of a pick that has wildcards? */
static bool is_wildcard(const struct json *j, unsigned i, const char *s)
{
    return s[0] == '*' && token_ends(s[1]) && j->picks[i].wild;
}

/* Parses a pointer. False if it is not valid. */
static bool track_init(struct json_track *t, const char *s, bool wild)
{
    unsigned bit = 0;            /* of the current token */
    size_t n;

    memset(t, 0, sizeof *t);
    t->token = s;
    if (!token_ends(*s))
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
            t->fixed = (uint16_t)(t->fixed | bit);
        } else if (*s == '~' && s[1] != '0' && s[1] != '1') {
            return false;
        } else if (*s == '*' && wild) {
            if (!token_ends(s[1]))
                return false;
            t->fixed = (uint16_t)(t->fixed ^ bit);
        }
    }
    return true;
}

bool json_pointer_valid(const char *pointer, bool wild)
{
    struct json_track t;

    return track_init(&t, pointer, wild);
}

/* The current member or element matches the next token. Where this is a
   wildcard, the tokens after it may lead to a match again. */
static void advance(struct json_track *t)
{
    unsigned bit = 1u << t->matched++;

    if ((t->fixed & bit) == 0)
        t->used = (uint16_t)(t->used & (bit - 1));
    for (t->token = t->at; !token_ends(*t->token); t->token++)
        ;
}

/* The value that the last matched token led to has ended. */
static void retreat(struct json_track *t)
{
    t->matched--;
    do
        t->token--;
    while (*t->token != '/');
}

/*
 * Finds the picks that may match the next member or element of the current
 * level; if there are none, the rest of the level is quiet. A token without
 * a wildcard that has led to a match is not followed again: of duplicate
 * members the first counts.
 */
static void find_candidates(struct json *j)
{
    const unsigned level = j->depth - 1;

    j->candidates = 0;
    for (unsigned i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];

        if (t->matched == level && t->tokens > level &&
            (t->used >> level & 1) == 0) {
            t->at = t->token + 1;
            j->candidates |= UINT32_C(1) << i;
        }
    }
    if (j->candidates == 0 && j->walk == 0) {
        j->quiet = true;
        j->quiet_depth = j->depth;
    }
}

/* Is this reference token the array index `index`? Compares from its end. */
static bool is_index(const char *s, uint64_t index)
{
    const char *end = s;

    while (!token_ends(*end))
        end++;
    do {
        if (end == s || *--end != (char)('0' + index % 10))
            return false;
        index /= 10;
    } while (index > 0);
    return end == s;
}

/* An element begins or a name has ended. Keeps the candidates that match. */
static void match_candidates(struct json *j)
{
    const uint64_t index = j->object ? 0 : j->index[j->depth - 1]++;

    for (uint32_t left = j->candidates; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        struct json_track *t = &j->tracks[i];

        if (is_wildcard(j, i, t->at) ||
            (j->object ? token_ends(*t->at) : is_index(t->at, index)))
            advance(t);
        else
            j->candidates &= ~(UINT32_C(1) << i);
    }
}

/* Does a piece of a name continue as the pick's token does? */
static bool match_piece(struct json *j, unsigned i,
                        const unsigned char *bytes, size_t n)
{
    const char *s = j->tracks[i].at;

    for (; n > 0; n--, bytes++, s++) {
        char c = *s;

        if ((unsigned char)c != *bytes && c != '~' && c != '*')
            return false;        /* the most frequent case */
        if (c == '~')
            c = *++s == '0' ? '~' : '/';
        else if (token_ends(c))
            return false;
        else if (is_wildcard(j, i, s))
            break;
        if ((unsigned char)c != *bytes)
            return false;
    }
    j->tracks[i].at = s;
    return true;
}

/* ---- reporting to the caller ---- */

static void tell(struct json *j, unsigned i, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    if (j->error != JSON_E_CALLER &&
        !j->fn(j->context, i, event, type, bytes, n))
        j->error = JSON_E_CALLER;
}

static void tell_bytes(struct json *j, uint32_t picks,
                       const unsigned char *bytes, size_t n)
{
    for (; n > 0 && picks != 0; picks &= picks - 1) {
        const unsigned i = lowest(picks);

        tell(j, i, JSON_BYTES, j->tracks[i].type, bytes, n);
    }
}

/* Reports the bytes up to `p` to the picks that get bytes as they are. */
static void flush(struct json *j, const unsigned char *p)
{
    tell_bytes(j, j->copy, j->from, (size_t)(p - j->from));
    j->from = p;
}

/* Does the pick select the current value itself? */
static bool selects(const struct json *j, const struct json_track *t)
{
    return t->tokens == j->depth && t->matched == j->depth;
}

/* Does a pick that wants this get values of this type as decoded text? */
static bool takes_text(enum json_want want, enum json_type type)
{
    return type == JSON_STRING &&
        (want == JSON_WANT_TEXT || want == JSON_WANT_STRING ||
         want == JSON_WANT_WALK);
}

/* Does it get them as the bytes of the document? */
static bool takes_bytes(enum json_want want, enum json_type type)
{
    switch (want) {
    case JSON_WANT_RAW:
        return true;
    case JSON_WANT_NUMBER:
        return type == JSON_NUMBER;
    case JSON_WANT_TEXT:
    case JSON_WANT_WALK:
        return type == JSON_NUMBER || type == JSON_TRUE ||
            type == JSON_FALSE || type == JSON_NULL;
    default:
        return false;
    }
}

/* Does no pick want the current value? (At the end of an array or object, the
   candidates are those of its last member, and say nothing about it.) */
static bool is_unwanted(const struct json *j)
{
    return j->depth > 0 && j->candidates == 0 && j->walk == 0;
}

static void value_begins(struct json *j, enum json_type type,
                         const unsigned char *p)
{
    j->type = type;
    if (j->depth > 0 && !j->object && j->candidates != 0)
        match_candidates(j);
    if (is_unwanted(j))
        return;
    flush(j, p);
    for (unsigned i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        const enum json_want want = j->picks[i].want;
        const uint32_t bit = UINT32_C(1) << i;

        if (selects(j, t)) {
            t->used |= t->fixed;
            j->walk |= want == JSON_WANT_WALK ? bit : 0;
        } else if ((j->walk & bit) == 0) {
            continue;
        }
        j->text |= takes_text(want, type) ? bit : 0;
        j->copy |= takes_bytes(want, type) ? bit : 0;
        t->type = type;
        tell(j, i, JSON_BEGIN, type, nothing, 0);
    }
}

/* The current value has ended before `p`. */
static void value_ends(struct json *j, enum json_type type,
                       const unsigned char *p)
{
    const uint32_t walk = j->walk;
    uint32_t over = 0;

    flush(j, p);
    for (unsigned i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        const uint32_t bit = UINT32_C(1) << i;

        if (selects(j, t))
            over |= bit;
        if (((over | walk) & bit) != 0)
            tell(j, i, JSON_END, type, nothing, 0);
        if (j->depth > 0 && t->matched == j->depth)
            retreat(t);
    }
    j->copy &= ~(over | walk);
    j->walk &= ~over;
    j->text = 0;
}

/* A piece of the current string, decoded, which may be a name. */
static void string_piece(struct json *j, const unsigned char *bytes, size_t n)
{
    if (!j->name) {
        tell_bytes(j, j->text, bytes, n);
        return;
    }
    for (uint32_t left = j->candidates | j->walk; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        const uint32_t bit = UINT32_C(1) << i;

        if ((j->candidates & bit) != 0 && !match_piece(j, i, bytes, n))
            j->candidates &= ~bit;
        if ((j->walk & bit) != 0)
            tell(j, i, JSON_NAME, JSON_STRING, bytes, n);
    }
}

/* An array or object begins at `p`. */
static void level_begins(struct json *j, bool object, const unsigned char *p)
{
    if (!j->quiet)
        value_begins(j, object ? JSON_OBJECT : JSON_ARRAY, p);
    j->levels[++j->depth] = j->object = object;
    if (j->quiet)
        return;
    if (j->depth <= JSON_MAX_TOKENS)
        j->index[j->depth - 1] = 0;
    find_candidates(j);
}

/* The current array or object has ended before `p`. */
static void level_ends(struct json *j, const unsigned char *p)
{
    const enum json_type type = j->object ? JSON_OBJECT : JSON_ARRAY;

    if (j->depth == j->quiet_depth)
        j->quiet = false;
    j->object = j->levels[--j->depth];
    if (!j->quiet)
        value_ends(j, type, p);
}

/* ---- strings ---- */

/* Does this byte end a run of plain characters in a string? A row is 32. */
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

static inline const unsigned char *skip_plain(const unsigned char *p,
                                              const unsigned char *end)
{
    while (p < end && !stops[*p])
        p++;
    return p;
}

/*
 * Reads on in a string from a character beyond ASCII, or from within one, up
 * to a byte that is special in strings, or to one that is not UTF-8.
 */
static const unsigned char *skip_utf8(struct json *j, const unsigned char *p,
                                      const unsigned char *end)
{
    const unsigned char *start = p;

    while (p < end && (j->utf8.missing > 0 || *p >= 0x80 || !stops[*p]) &&
           text_utf8_step(&j->utf8, *p))
        p++;
    if (!j->quiet)
        string_piece(j, start, (size_t)(p - start));
    if (p < end && (j->utf8.missing > 0 || *p >= 0x80))
        fail(j, JSON_E_UTF8, p);
    return p;
}

/* Reports a code point that an escape stands for. */
static void tell_code(struct json *j, uint32_t code)
{
    unsigned char utf8[4];
    const size_t n = text_utf8_encode(utf8, code);

    if (!j->quiet)
        string_piece(j, utf8, n);
}

/* If there is a high surrogate, no low one follows it. */
static void end_unpaired(struct json *j)
{
    if (j->high != 0) {
        tell_code(j, REPLACEMENT);
        j->unpaired = true;
    }
    j->high = 0;
}

/* The character after a backslash. */
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
    end_unpaired(j);
    if (letter != NULL)
        tell_code(j, escaped[letter - escape_letters]);
    else
        fail(j, JSON_E_ESCAPE, NULL);
}

/* A digit of a \u escape; the last one completes a UTF-16 code unit. */
static void hex_digit(struct json *j, unsigned char c)
{
    const int digit = text_hex(c);
    bool is_high, is_low;

    if (digit < 0) {
        fail(j, JSON_E_ESCAPE, NULL);
        return;
    }
    j->code = j->code << 4 | (uint32_t)digit;
    if (--j->digits > 0)
        return;
    is_high = j->code >= 0xd800 && j->code <= 0xdbff;
    is_low = j->code >= 0xdc00 && j->code <= 0xdfff;
    j->state = STRING;
    if (is_low && j->high != 0) {
        tell_code(j, 0x10000 + ((j->high - 0xd800) << 10) + j->code - 0xdc00);
        j->high = 0;
        return;
    }
    end_unpaired(j);
    if (is_high) {
        j->state = HIGH;
        j->high = j->code;
    } else {
        tell_code(j, is_low ? REPLACEMENT : j->code);
        j->unpaired |= is_low;
    }
}

/* Reads escapes until the string continues with another character. */
static const unsigned char *skip_escapes(struct json *j,
                                         const unsigned char *p,
                                         const unsigned char *end)
{
    for (; p < end && j->state != STRING; p++) {
        if (j->state == ESCAPE) {
            escape(j, *p);
        } else if (j->state == HEX) {
            hex_digit(j, *p);
        } else if (*p == '\\') {
            j->state = ESCAPE;
        } else {
            j->state = STRING;
            end_unpaired(j);
            return p;
        }
        if (j->error != JSON_OK)
            return p;
    }
    return p;
}

/* ---- numbers, literals, white space ---- */

static inline const unsigned char *skip_digits(const unsigned char *p,
                                               const unsigned char *end)
{
    while (p < end && text_is_digit(*p))
        p++;
    return p;
}

/* The state after `c` in a number, or AFTER if `c` does not continue it. */
static enum state number_next(unsigned state, unsigned char c)
{
    const bool digit = text_is_digit(c), e = c == 'e' || c == 'E';

    switch ((enum state)state) {
    case MINUS:
        return c == '0' ? ZERO : digit ? INTEGER : AFTER;
    case ZERO:
        return c == '.' ? POINT : e ? EXPONENT_E : AFTER;
    case INTEGER:
        return digit ? INTEGER : c == '.' ? POINT : e ? EXPONENT_E : AFTER;
    case POINT:
        return digit ? FRACTION : AFTER;
    case FRACTION:
        return digit ? FRACTION : e ? EXPONENT_E : AFTER;
    case EXPONENT_E:
        return digit ? EXPONENT : c == '+' || c == '-' ? EXPONENT_SIGN : AFTER;
    default:                     /* EXPONENT_SIGN, EXPONENT */
        return digit ? EXPONENT : AFTER;
    }
}

/* Can a number end in this state? */
static bool is_number_end(unsigned state)
{
    return state == ZERO || state == INTEGER || state == FRACTION ||
        state == EXPONENT;
}

/* Begins true, false, null or a negative number. False if `p` does not. */
static bool rare_begins(struct json *j, const unsigned char *p)
{
    enum json_type type = JSON_NUMBER;

    j->state = LITERAL;
    switch (*p) {
    case 't':
        type = JSON_TRUE;
        j->literal = "rue";
        break;
    case 'f':
        type = JSON_FALSE;
        j->literal = "alse";
        break;
    case 'n':
        type = JSON_NULL;
        j->literal = "ull";
        break;
    case '-':
        j->state = MINUS;
        break;
    default:
        j->state = VALUE;
        return false;
    }
    if (!j->quiet)
        value_begins(j, type, p);
    return true;
}

static const unsigned char *skip_blank(const unsigned char *p,
                                       const unsigned char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        while (end - p > 8 && memcmp(p + 1, "        ", 8) == 0)
            p += 8;              /* indentation, eight bytes at once */
        p++;
    }
    return p;
}

/* ---- the machine ---- */

static const unsigned char *pause(struct json *j, enum state state,
                                  const unsigned char *p)
{
    j->state = state;
    return p;
}

/*
 * Reads on in j->state. Returns `end`, or where the document is wrong.
 *
 * Each state goes to the next one by name and not through the switch: a
 * processor predicts many separate branches better than one shared branch.
 * The switch is for the first state of a piece.
 */
static const unsigned char *run(struct json *j, const unsigned char *p,
                                const unsigned char *end)
{
    const unsigned char *start;

again:
    switch ((enum state)j->state) {
    case ELEMENT:
    element:
        if (p == end)
            return pause(j, ELEMENT, p);
        if (*p == ']')
            goto level_end;
        if (*p <= ' ') {
            j->state = ELEMENT;
            goto blank;
        }
        /* fall through */
    case VALUE:
    value:
        if (p == end)
            return pause(j, VALUE, p);
        if (text_is_digit(*p)) {     /* most values of an OCR response */
            if (!j->quiet)
                value_begins(j, JSON_NUMBER, p);
            goto number;
        }
        if (*p == '"') {
            if (!j->quiet)
                value_begins(j, JSON_STRING, p);
            j->name = false;
            p++;
            goto string;
        }
        if (*p == '{' || *p == '[') {
            if (j->depth == JSON_MAX_DEPTH)
                return fail(j, JSON_E_DEPTH, p);
            level_begins(j, *p == '{', p);
            p++;
            if (j->object)
                goto member;
            goto element;
        }
        if (!rare_begins(j, p))
            goto blank;
        p++;
        goto again;
    case MEMBER:
    member:
        if (p == end)
            return pause(j, MEMBER, p);
        if (*p == '}')
            goto level_end;
        if (*p <= ' ') {
            j->state = MEMBER;
            goto blank;
        }
        /* fall through */
    case NAME:
    name:
        if (p == end)
            return pause(j, NAME, p);
        if (*p != '"') {
            j->state = NAME;
            goto blank;
        }
        j->name = true;
        p++;
        goto string;
    case STRING:
        if (j->utf8.missing > 0)
            goto utf8;
        /* fall through */
    string:
        start = p;
        p = skip_plain(p, end);
        if (!j->quiet)
            string_piece(j, start, (size_t)(p - start));
        if (p == end)
            return pause(j, STRING, p);
        if (*p == '"') {
            p++;
            if (j->name)
                goto name_end;
            goto scalar_end;
        }
        if (*p == '\\') {
            j->state = ESCAPE;
            p++;
            goto escape;
        }
        if (*p < 0x80)
            return fail(j, JSON_E_CONTROL, p);
    utf8:
        p = skip_utf8(j, p, end);
        if (p == end || j->error != JSON_OK)
            return pause(j, STRING, p);
        goto string;
    case ESCAPE:
    case HEX:
    case HIGH:
    escape:
        p = skip_escapes(j, p, end);
        if (p == end || j->error != JSON_OK)
            return p;
        goto string;
    name_end:
        if (!j->quiet && j->candidates != 0)
            match_candidates(j);
        /* fall through */
    case COLON:
        if (p == end)
            return pause(j, COLON, p);
        if (*p != ':') {
            j->state = COLON;
            goto blank;
        }
        p++;
        goto value;
    number:                      /* the usual kinds that end in this piece */
        j->state = *p == '0' ? ZERO : INTEGER;
        p = *p == '0' ? p + 1 : skip_digits(p + 1, end);
        if (end - p > 1 && *p == '.' && text_is_digit(p[1])) {
            j->state = FRACTION;
            p = skip_digits(p + 2, end);
        }
        if (p < end && *p != '.' && *p != 'e' && *p != 'E')
            goto scalar_end;
        /* fall through */
    case MINUS:
    case ZERO:
    case INTEGER:
    case POINT:
    case FRACTION:
    case EXPONENT_E:
    case EXPONENT_SIGN:
    case EXPONENT:
        for (; p < end; p++) {
            enum state next = number_next(j->state, *p);

            if (next == AFTER)
                break;
            j->state = next;
        }
        if (p == end)
            return p;
        if (!is_number_end(j->state))
            return fail(j, JSON_E_SYNTAX, p);
        goto scalar_end;
    case LITERAL:
        for (; *j->literal != '\0'; p++, j->literal++) {
            if (p == end)
                return p;
            if (*p != (unsigned char)*j->literal)
                return fail(j, JSON_E_SYNTAX, p);
        }
        /* fall through */
    scalar_end:
        if (j->quiet)
            goto after;
        if (!is_unwanted(j))
            value_ends(j, j->type, p);
        /* fall through */
    value_end:
        if (j->error != JSON_OK)     /* the caller's function returned false */
            return p;
        if (j->depth == 0) {
            j->state = DONE;
            goto blank;
        }
        /* fall through */
    case AFTER:
    after:
        if (p == end)
            return pause(j, AFTER, p);
        if (*p == ',') {
            p++;
            if (!j->quiet)
                find_candidates(j);
            if (j->object)
                goto name;
            goto value;
        }
        if (*p != (j->object ? '}' : ']')) {
            j->state = AFTER;
            goto blank;
        }
        /* fall through */
    level_end:
        p++;
        level_ends(j, p);
        if (j->quiet)
            goto after;
        goto value_end;
    case DONE:
        break;
    }
blank:
    start = p;
    p = skip_blank(p, end);
    if (p == end)
        return p;
    if (p > start)
        goto again;
    return fail(j, j->state == DONE ? JSON_E_TRAILING : JSON_E_SYNTAX, p);
}

/* ---- the interface ---- */

void json_init(struct json *j, const struct json_pick *picks, unsigned n,
               json_fn *fn, void *context)
{
    memset(j, 0, sizeof *j);
    j->picks = picks;
    j->fn = fn;
    j->context = context;
    j->state = VALUE;
    if (n > JSON_MAX_PICKS) {
        fail(j, JSON_E_POINTER, NULL);
        return;
    }
    j->n = n;
    for (unsigned i = 0; i < n; i++)
        if (!track_init(&j->tracks[i], picks[i].pointer, picks[i].wild))
            fail(j, JSON_E_POINTER, NULL);
}

bool json_feed(struct json *j, const unsigned char *bytes, size_t n)
{
    const unsigned char *p;

    if (n == 0 || j->error != JSON_OK)
        return j->error == JSON_OK;
    j->from = bytes;
    p = run(j, bytes, bytes + n);
    flush(j, p);
    j->from = nothing;
    j->offset += (uint64_t)(p - bytes);
    return j->error == JSON_OK;
}

bool json_end(struct json *j)
{
    if (j->error == JSON_OK && j->depth == 0 && is_number_end(j->state)) {
        j->state = DONE;         /* only now it is known that it ends here */
        value_ends(j, JSON_NUMBER, nothing);
    }
    if (j->state != DONE)
        fail(j, JSON_E_END, NULL);
    return j->error == JSON_OK;
}

enum json_error json_error(const struct json *j)
{
    return j->error;
}

uint64_t json_offset(const struct json *j)
{
    return j->offset;
}

const char *json_sentence(enum json_error error)
{
    static const char *const sentences[] = {
        [JSON_OK] = "no error",
        [JSON_E_SYNTAX] = "an unexpected byte",
        [JSON_E_UTF8] = "a string is not UTF-8",
        [JSON_E_CONTROL] = "an unescaped control character in a string",
        [JSON_E_ESCAPE] = "an escape that JSON does not define",
        [JSON_E_DEPTH] = "nested too deeply",
        [JSON_E_END] = "the document ends too early",
        [JSON_E_TRAILING] = "something follows the document",
        [JSON_E_POINTER] = "an invalid JSON Pointer, or too many of them",
        [JSON_E_CALLER] = "the reader of the values stopped"
    };

    return sentences[error];
}

/* ---- writing ---- */

/* Writes a character below U+0100 as an escape. */
static void quote_byte(unsigned char c, json_put *put, void *context)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *named = memchr(escaped, c, ESCAPES);
    char out[6] = "\\u00";
    size_t n = 2;

    if (named != NULL) {
        out[1] = escape_letters[named - escaped];
    } else {
        out[4] = digits[c >> 4];
        out[5] = digits[c & 15];
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
            /* control characters above U+007F are 0xc2 and this byte */
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

/* Separates a name or value from what the buffer ends with. */
static void separate(struct buf *b)
{
    const unsigned char last = b->len > 0 ? b->data[b->len - 1] : '[';

    if (last != '[' && last != '{' && last != ':')
        buf_byte(b, ',');
}

void json_write_object_begin(struct buf *b)
{
    separate(b);
    buf_byte(b, '{');
}

void json_write_object_end(struct buf *b)
{
    buf_byte(b, '}');
}

void json_write_array_begin(struct buf *b)
{
    separate(b);
    buf_byte(b, '[');
}

void json_write_array_end(struct buf *b)
{
    buf_byte(b, ']');
}

void json_write_name(struct buf *b, const char *name)
{
    json_write_name_bytes(b, name, strlen(name));
}

void json_write_name_bytes(struct buf *b, const void *name, size_t n)
{
    json_write_string_bytes(b, name, n);
    buf_byte(b, ':');
}

size_t json_write_string(struct buf *b, const char *string)
{
    return json_write_string_bytes(b, string, strlen(string));
}

size_t json_write_string_bytes(struct buf *b, const void *string, size_t n)
{
    separate(b);
    return json_quote(string, n, buf_put, b);
}

void json_write_number(struct buf *b, int64_t number)
{
    separate(b);
    buf_format(b, "%" PRId64, number);
}

void json_write_bool(struct buf *b, bool value)
{
    separate(b);
    buf_str(b, value ? "true" : "false");
}

void json_write_raw(struct buf *b, const void *json, size_t n)
{
    separate(b);
    buf_add(b, json, n);
}

void json_write_member(struct buf *b, const char *name, const char *string)
{
    json_write_name(b, name);
    json_write_string(b, string);
}
