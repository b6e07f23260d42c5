/*
 * credentials: a set of AWS credentials, and how to read it from the answers
 * of its sources, in JSON, XML or separate values.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "json.h"
#include "aws/profile.h"
#include "base/error.h"
#include "base/outcome.h"

enum {
    CREDENTIALS_ANSWER_MAX = 1 << 18,    /* bytes of a source's answer */
    CREDENTIALS_TOKEN_MAX = 8191
};

struct credentials {
    int64_t expires;             /* ns on CLOCK_STEADY, or INT64_MAX: never */
    char access[129];
    char secret[129];
    char token[CREDENTIALS_TOKEN_MAX + 1];   /* session token, or "" */
    char source[160];            /* a description of the source, for messages */
};

/* The fields of an answer. */
enum credentials_field {
    CREDENTIALS_ACCESS, CREDENTIALS_SECRET, CREDENTIALS_TOKEN,
    CREDENTIALS_EXPIRATION, CREDENTIALS_CODE, CREDENTIALS_MESSAGE,
    CREDENTIALS_VERSION, CREDENTIALS_FIELDS
};

struct credentials_answer {
    struct buf text[CREDENTIALS_FIELDS];
    enum json_type type[CREDENTIALS_FIELDS];     /* JSON_NONE: absent
                                    or null; a value in `text` that is not from
                                    JSON has JSON_STRING */
    struct why_words message;    /* used instead of text[CREDENTIALS_MESSAGE] */
    struct http_answer http;     /* the body, and the time on the source's
                                    clock, or -1 if it is unknown */
};

/* Makes an empty answer. Release with credentials_end. */
void credentials_begin(struct credentials_answer *a);

/* Wipes and frees the answer. It can be used again. */
void credentials_end(struct credentials_answer *a);

/* Sets a field; a value that is NULL makes it absent. */
void credentials_put(struct credentials_answer *a,
                     enum credentials_field field, struct profile_value value);

/* Sets the fields that the body, a JSON object, contains. Returns false if the
   body is not valid JSON. */
bool credentials_json(struct credentials_answer *a);

/* Sets the fields that the body, XML from STS, contains; not the version.
   Character references are not decoded. */
void credentials_xml(struct credentials_answer *a);

/* Returns whether the field is this string; case matters. */
bool credentials_is(struct credentials_answer *a,
                    enum credentials_field field, const char *word);

/* Returns a field as a string, "" if it is absent or too long. It is valid
   until the field changes, and may not be safe for a terminal. */
const char *credentials_text(struct credentials_answer *a,
                             enum credentials_field field);

/*
 * Stores the keys of an answer. The expiration is counted from the answer's
 * time, if it is known, so that a wrong local clock does not matter. Accepts
 * expired keys only if `stale`. Returns false and writes a sentence without
 * secrets to `error` if the keys cannot be used; `to` may then be changed.
 */
bool credentials_take(struct credentials *to, struct credentials_answer *a,
                      bool stale, char error[WHY_MAX]);

#endif
