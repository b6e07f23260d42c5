/*
 * json: a streaming JSON tokenizer that extracts values by JSON Pointer, and
 * functions that write JSON.
 *
 * The tokenizer takes a document in pieces of any size. It accepts what RFC
 * 8259 defines and nothing else, and validates the whole document, including
 * its UTF-8, no matter which values the caller wants. It allocates no memory
 * and does not recurse; its state is one `struct json` of at most 2 KB.
 *
 * Where RFC 8259 leaves a choice:
 *   - A byte order mark is an error.
 *   - Arrays and objects nest at most JSON_MAX_DEPTH levels deep.
 *   - Numbers are not converted, so they have no limits.
 *   - An escape for an unpaired surrogate is decoded as U+FFFD.
 *   - \u0000 is decoded as it is: texts have a length and no terminator.
 *   - Of members with the same name, the first that leads to a match counts.
 *   - Only white space may follow the document.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum {
    JSON_MAX_DEPTH = 512,    /* levels of nested arrays and objects */
    JSON_MAX_PICKS = 32,     /* picks for one document */
    JSON_MAX_TOKENS = 16     /* reference tokens in one pointer */
};

enum json_type {
    JSON_NONE,               /* no value yet */
    JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER,
    JSON_TRUE, JSON_FALSE, JSON_NULL
};

/* What a pick reports of the values that its pointer selects. */
enum json_want {
    JSON_WANT_TYPE,          /* that the value exists, and its type */
    JSON_WANT_TEXT,          /* the decoded text of a string, the characters
                                of a number or literal; of an object or array
                                only the type */
    JSON_WANT_STRING,        /* the decoded text of a string; of any other
                                value, null included, only the type */
    JSON_WANT_NUMBER,        /* the characters of a number; likewise */
    JSON_WANT_RAW,           /* the bytes of the value in the document */
    JSON_WANT_WALK           /* everything inside the value, too */
};

/*
 * A pick: a JSON Pointer (RFC 6901), and what is wanted of the values there.
 *
 * With `wild` set, two wildcards extend RFC 6901: the reference token "*"
 * matches every element of an array and every member of an object, and a
 * token that ends in "*" matches every member whose name starts with the rest
 * of the token. A "*" anywhere else is an error then. Without `wild`, "*" is
 * an ordinary character.
 *
 * A pick without wildcards takes the first value that matches and no other. A
 * pick with wildcards takes one value for each combination of the elements
 * and members that its wildcards match.
 */
struct json_pick {
    const char *pointer;     /* UTF-8 with a NUL; the caller keeps it */
    enum json_want want;
    bool wild;
};

enum json_event {
    JSON_BEGIN,              /* a value begins; its type is known */
    JSON_BYTES,              /* a piece of its text or raw bytes, n > 0 */
    JSON_END,                /* the value is complete and valid */
    JSON_NAME                /* only in WALK: a piece of a member's decoded
                                name; each member has at least one, possibly
                                with n = 0; the value's BEGIN ends the name */
};

/*
 * Receives the events of the picked values. `pick` is the index of the pick.
 * In WALK each value inside the picked one has its own BEGIN, BYTES and END
 * with the same index; the caller counts BEGIN and END to know the level.
 * `type` is the type of the value, and JSON_STRING for a NAME. If several
 * picks select the same value, they get each event in the order of their
 * indices.
 *
 * `bytes` is valid during the call only and never NULL; a piece may end in
 * the middle of a character. When the function returns false, the tokenizer
 * fails with JSON_E_CALLER and does not call it again.
 *
 * How the document was cut into pieces only affects how many BYTES and NAME
 * events there are, and how those of different picks interleave.
 */
typedef bool json_fn(void *context, unsigned pick, enum json_event event,
                     enum json_type type, const unsigned char *bytes,
                     size_t n);

enum json_error {
    JSON_OK,
    JSON_E_SYNTAX,           /* this byte cannot occur here */
    JSON_E_UTF8,             /* a string is not UTF-8 (RFC 3629) */
    JSON_E_CONTROL,          /* an unescaped control character in a string */
    JSON_E_ESCAPE,           /* an escape that JSON does not define */
    JSON_E_DEPTH,            /* nested deeper than JSON_MAX_DEPTH */
    JSON_E_END,              /* the document is empty or ends too early */
    JSON_E_TRAILING,         /* something follows the document */
    JSON_E_POINTER,          /* a pick's pointer is not valid or too long, or
                                there are too many picks */
    JSON_E_CALLER            /* the caller's function returned false */
};

struct json;                 /* defined at the end of this file */

/*
 * Starts a document. `picks` (n of them, possibly 0) and their pointers must
 * stay valid as long as `j` is in use. An invalid pointer is reported as
 * JSON_E_POINTER by json_feed and json_end.
 */
void json_init(struct json *j, const struct json_pick *picks, unsigned n,
               json_fn *fn, void *context);

/*
 * Takes the next n bytes of the document (n may be 0). Returns false from the
 * first error on. Errors stick, so a caller may ignore the result and test
 * only what json_end returns.
 */
bool json_feed(struct json *j, const unsigned char *bytes, size_t n);

/* Ends the document. Returns true if all of it was valid. */
bool json_end(struct json *j);

/* The error, JSON_OK if there is none; the offset (from 0) of the byte where it
   was found; and a description of an error in static storage, which starts in
   lower case and has no full stop. */
enum json_error json_error(const struct json *j);
uint64_t json_offset(const struct json *j);
const char *json_sentence(enum json_error error);

/* Would json_init accept this pointer? */
bool json_pointer_valid(const char *pointer, bool wild);

/* ---- writing ---- */

/* Receives a piece of what json_quote writes, n > 0. */
typedef void json_put(void *context, const void *piece, size_t n);

/*
 * Writes n bytes of UTF-8 as a JSON string with its quotes, through `put`. It
 * escapes what JSON requires (", \ and U+0000 to U+001F), and U+007F to
 * U+009F, which terminals obey. Bytes that are not UTF-8 become U+FFFD, one
 * for each maximal subpart (Unicode 15, section 3.9). Returns how many U+FFFD
 * it inserted.
 */
size_t json_quote(const unsigned char *bytes, size_t n, json_put *put,
                  void *context);

/*
 * The functions below append JSON, without white space, to a buffer that is
 * empty or contains only what they wrote. They insert the commas: none is
 * needed if the buffer is empty or ends with "[", "{" or ":"; otherwise a
 * value has just ended. Values outside any array or object are separated by
 * commas, too. The caller makes sure that names and values alternate and that
 * brackets match. If something does not fit, b->failed is set.
 */
void json_write_object_begin(struct buf *b);
void json_write_object_end(struct buf *b);
void json_write_array_begin(struct buf *b);
void json_write_array_end(struct buf *b);

/* The name of the next member, with its ":". */
void json_write_name(struct buf *b, const char *name);
void json_write_name_bytes(struct buf *b, const void *name, size_t n);

/* A string, escaped as by json_quote, which describes what is returned. */
size_t json_write_string(struct buf *b, const char *string);
size_t json_write_string_bytes(struct buf *b, const void *string, size_t n);

void json_write_number(struct buf *b, int64_t number);
void json_write_bool(struct buf *b, bool value);

/* Any value as it is: n > 0 bytes of valid JSON without white space at the
   end. */
void json_write_raw(struct buf *b, const void *json, size_t n);

/* A member whose value is a string. */
void json_write_member(struct buf *b, const char *name, const char *string);

/* ---- the state of the tokenizer; callers only provide the memory ---- */

/* How far the path to the current value matches a pick's pointer. */
struct json_track {
    const char *token;       /* the "/" before the token to match next, or
                                the pointer's NUL */
    const char *at;          /* within that token, while a name is compared */
    uint16_t fixed;          /* a bit for each token without a wildcard */
    uint16_t used;           /* those of them that have led to a match */
    unsigned tokens;         /* in the pointer: the depth of its values */
    unsigned matched;        /* tokens that the current path matches */
    enum json_type type;     /* in the last BEGIN */
};

struct json {
    const struct json_pick *picks;
    unsigned n;              /* picks */
    json_fn *fn;
    void *context;
    enum json_error error;
    uint64_t offset;         /* bytes before the current piece */
    unsigned state;          /* what may come next, see json.c */

    unsigned depth;          /* open arrays and objects */
    bool object;             /* the innermost one is an object */
    bool levels[JSON_MAX_DEPTH + 1];     /* `object` of each level */
    uint64_t index[JSON_MAX_TOKENS];     /* of the next array element */

    bool quiet;              /* no pick can match until the level */
    unsigned quiet_depth;    /* with this depth ends */
    const unsigned char *from;   /* first byte that `copy` did not get yet */
    uint32_t candidates;     /* picks, a bit each: may match this member or
                                element; */
    uint32_t walk;           /* get events for everything that is inside; */
    uint32_t copy;           /* get the document's bytes as they are; */
    uint32_t text;           /* get the current string decoded */
    struct json_track tracks[JSON_MAX_PICKS];

    enum json_type type;     /* of the current number or literal */
    const char *literal;     /* what is missing of "true", "false", "null" */
    bool name;               /* the current string is a member's name */
    struct text_utf8 utf8;   /* the position within a character of it */
    unsigned digits;         /* digits missing in a \u escape */
    uint32_t code;           /* the code unit of that escape, so far */
    uint32_t high;           /* a high surrogate before it, or 0 */
    bool unpaired;           /* for the caller: an escape was half of a
                                surrogate pair, and became U+FFFD */
};

#endif
