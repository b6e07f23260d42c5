/*
 * json: a streaming JSON tokenizer that picks out values by JSON Pointer.
 *
 * It takes a document in pieces of any size (push), accepts exactly RFC 8259
 * and nothing else, and checks all of it, UTF-8 included, whether anybody
 * asked for the part or not. It allocates nothing, calls itself never, and
 * its whole state is `struct json` (at most 2 KB).
 *
 * What is fixed here because RFC 8259 leaves it open:
 *   - a byte order mark is refused;
 *   - nesting is at most JSON_MAX_DEPTH levels, deeper is an error;
 *   - numbers are never converted, so they may have any size;
 *   - an escape for half of a surrogate pair becomes U+FFFD;
 *   - \u0000 is kept (texts have lengths, not terminators);
 *   - of duplicate members the first that leads to a match is taken;
 *   - after the document only white space may follow.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    JSON_MAX_DEPTH = 512,    /* nested arrays and objects */
    JSON_MAX_PICKS = 32,     /* pointers at once */
    JSON_MAX_TOKENS = 16     /* reference tokens in one pointer */
};

enum json_type {
    JSON_NONE,               /* no value yet */
    JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER,
    JSON_TRUE, JSON_FALSE, JSON_NULL
};

/* What a pick wants of the values that its pointer names. */
enum json_want {
    JSON_WANT_TYPE,          /* only that one is there, and its type */
    JSON_WANT_TEXT,          /* a string's decoded text, a number's or
                                literal's characters; for an object or an
                                array only its type */
    JSON_WANT_RAW,           /* the value's own bytes, as they stand */
    JSON_WANT_WALK           /* events for everything inside it, too */
};

/*
 * A pick: a JSON Pointer (RFC 6901, "" is the whole document, "~0" and "~1"
 * stand for "~" and "/") and what is wanted there. Two additions, which only
 * hold where `wild` is set: the reference token "*" matches every element of
 * an array and every member of an object, and a token that ends in "*"
 * matches every member whose name starts with what stands before it. A "*"
 * anywhere else is then refused.
 *
 * A pick without a wildcard is taken once, from the first value that matches.
 * One with wildcards is taken once for each place that the wildcards name:
 * each element, and each member that stands there, is such a place, and a
 * token that has led to a match is not followed again until a wildcard before
 * it names another.
 */
struct json_pick {
    const char *pointer;     /* UTF-8, ended by NUL; kept by the caller */
    uint8_t want;            /* enum json_want */
    bool wild;
    uint32_t cap;            /* bytes of TEXT or RAW at most in one value; a
                                longer one is JSON_E_CAP, after that many
                                bytes; 0 means no limit */
};

enum json_event {
    JSON_BEGIN,              /* a value starts, its type is known */
    JSON_BYTES,              /* a piece of its text or raw bytes, n > 0 */
    JSON_END,                /* it ended, whole and valid */
    JSON_NAME                /* WALK only: a piece of a member's name, decoded;
                                at least one per member, perhaps with n = 0;
                                the BEGIN of the member's value ends it */
};

/*
 * Called as picked values stream by. `pick` is the index of the pick. In WALK
 * every value inside the picked one has its own BEGIN, BYTES and END, with
 * the same index; the caller counts BEGIN and END to know where it is.
 * `type` is that of the value in BEGIN, BYTES and END, and JSON_STRING in
 * NAME. Where one value is picked by several, the lower index is told first.
 * `bytes` is valid during the call only, and never NULL; pieces may end
 * within a character. A caller that returns false stops the tokenizer with
 * JSON_E_CALLER, and is not called again.
 *
 * How the document was cut into pieces shows in nothing but the number of
 * BYTES and NAME, and in how those of one pick lie between those of others.
 */
typedef bool json_fn(void *context, unsigned pick, enum json_event event,
                     enum json_type type, const unsigned char *bytes,
                     size_t n);

enum json_error {
    JSON_OK,
    JSON_E_SYNTAX,           /* this byte cannot stand here */
    JSON_E_UTF8,             /* not UTF-8 (RFC 3629) */
    JSON_E_CONTROL,          /* an unescaped control character in a string */
    JSON_E_ESCAPE,           /* an escape that JSON does not have */
    JSON_E_DEPTH,            /* nested deeper than JSON_MAX_DEPTH */
    JSON_E_CAP,              /* a picked value is longer than its cap */
    JSON_E_END,              /* the document ends too early, or is empty */
    JSON_E_TRAILING,         /* something follows the document */
    JSON_E_POINTER,          /* a pick's pointer is not a JSON Pointer, or
                                there are too many picks or tokens */
    JSON_E_CALLER            /* the caller's function returned false */
};

struct json;                 /* at the end of this file */

/*
 * Starts a document. `picks` (n of them, at most JSON_MAX_PICKS, possibly 0)
 * and the pointers in them stay the caller's and must live as long as `j`.
 * A bad pointer shows as JSON_E_POINTER from json_feed and json_end.
 */
void json_init(struct json *j, const struct json_pick *picks, unsigned n,
               json_fn *fn, void *context);

/*
 * Feeds the next `n` bytes (any number, also 0). Returns false once the
 * document is known to be wrong; errors stick, so that only json_end's
 * answer needs looking at.
 */
bool json_feed(struct json *j, const unsigned char *bytes, size_t n);

/* Says that the document is over. True if it was whole and right. */
bool json_end(struct json *j);

/* The error so far, the byte (counted from 0) at which it was found, and a
   sentence for it in static storage, without a capital or a full stop. */
enum json_error json_error(const struct json *j);
uint64_t json_offset(const struct json *j);
const char *json_sentence(enum json_error error);

/* Is `pointer` one that json_init would take? */
bool json_pointer_valid(const char *pointer, bool wild);

/* Takes a piece of what json_quote writes, n > 0. */
typedef void json_put(void *context, const void *piece, size_t n);

/*
 * Writes `n` bytes of UTF-8 as a JSON string, quotes included, through `put`;
 * only what must be is escaped (", \, U+0000 to U+001F, and U+007F to U+009F
 * for the sake of terminals). What is not UTF-8 becomes U+FFFD, one for each
 * maximal subpart (Unicode 15, section 3.9); returns how many it had to
 * replace.
 */
size_t json_quote(const unsigned char *bytes, size_t n, json_put *put,
                  void *context);

/*
 * The state. Nothing in it is for the caller, who only gives it room.
 */
struct json_track {          /* how far the path in hand follows a pick */
    const char *token;       /* the "/" of the token to match next, or NUL */
    const char *at;          /* within it, while a name is compared */
    size_t told;             /* bytes told of the value that is open */
    uint16_t literal;        /* a bit for each token without a wildcard */
    uint16_t used;           /* of these, those that led to a value */
    uint8_t tokens;          /* in the pointer: the depth of its values */
    uint8_t matched;         /* tokens that the path in hand matches */
    uint8_t type;            /* of the value that BEGIN last told of */
};

struct json {
    const struct json_pick *picks;
    json_fn *fn;
    void *context;
    const unsigned char *from;   /* first byte not told to `copy` */
    const char *literal;     /* what must follow of "true" and the like */
    uint64_t offset;         /* bytes before the piece in hand */
    uint32_t walk;           /* picks, a bit each, whose value is walked; */
    uint32_t text;           /* that are told the string in hand, decoded; */
    uint32_t copy;           /* that are told bytes as they stand; */
    uint32_t candidates;     /* that the member or element in hand may match */
    uint32_t code;           /* of the \u escape in hand */
    uint32_t high;           /* a first half of a surrogate pair, or 0 */
    uint16_t depth;          /* open arrays and objects */
    uint16_t floor;          /* depth at which `quiet` ends */
    uint8_t state;
    uint8_t error;           /* enum json_error */
    uint8_t n;               /* picks */
    uint8_t type;            /* of the scalar in hand */
    uint8_t digits;          /* hex digits of the \u escape still to come */
    struct text_utf8 utf8;   /* within a character of the string in hand */
    bool name;               /* the string in hand is a name */
    bool object;             /* the innermost open one is an object */
    bool quiet;              /* nothing in this subtree is picked */
    bool idle;               /* nobody wants the value in hand */
    bool levels[JSON_MAX_DEPTH + 1];        /* what each is: an object? */
    uint64_t index[JSON_MAX_TOKENS];        /* of the element in hand */
    struct json_track tracks[JSON_MAX_PICKS];
};

#endif
