/*
 * json: see json.h. What most bytes of a document need is in machine.c; which
 * values are told to the caller, in picks.c.
 */
#include "json.h"

#include <string.h>

#include "json/machine.h"
#include "json/picks.h"

_Static_assert(sizeof(struct json) <= 2048, "json.h promises 2 KB at most");

enum { REPLACEMENT = 0xfffd, ESCAPES = 8 };

/* The letters of escapes, and what they stand for. */
static const char escape_letters[] = "\"\\/bfnrt";
static const unsigned char escaped[] = "\"\\/\b\f\n\r\t";

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

/* ---- strings in ---- */

const unsigned char *json_beyond(struct json *j, const unsigned char *p,
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

const unsigned char *json_escapes(struct json *j, const unsigned char *p,
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

const unsigned char *json_number(struct json *j, const unsigned char *p,
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

const unsigned char *json_literal(struct json *j, const unsigned char *p,
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

const unsigned char *json_level_ends(struct json *j, const unsigned char *p)
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

const unsigned char *json_value_starts(struct json *j, const unsigned char *p)
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
