/*
 * credentials: a set of AWS keys, and how it is taken from what a source
 * answers, whatever form that has.
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
    int64_t expires;             /* of CLOCK_STEADY, or INT64_MAX */
    char access[129];
    char secret[129];
    char token[CREDENTIALS_TOKEN_MAX + 1];   /* session token, or "" */
    char source[160];            /* where they are from, for a person */
};

/* What an answer may say. */
enum credentials_field {
    CREDENTIALS_ACCESS, CREDENTIALS_SECRET, CREDENTIALS_TOKEN,
    CREDENTIALS_EXPIRATION, CREDENTIALS_CODE, CREDENTIALS_MESSAGE,
    CREDENTIALS_VERSION, CREDENTIALS_FIELDS
};

struct credentials_answer {
    struct buf text[CREDENTIALS_FIELDS];
    enum json_type type[CREDENTIALS_FIELDS];     /* JSON_NONE: it says
                                    nothing, or null; text is a JSON_STRING */
    struct why_words message;    /* in place of text[CREDENTIALS_MESSAGE] */
    struct http_answer http;     /* its body, and the time in s on the clock of
                                    who gives it (-1: he has not told) */
};

void credentials_begin(struct credentials_answer *a);

/* Wipes it. */
void credentials_end(struct credentials_answer *a);

/* Sets a field; without a value, it says nothing. */
void credentials_put(struct credentials_answer *a,
                     enum credentials_field field, struct profile_value value);

/* Sets all fields that are in the body, a JSON object. False: it is none. */
bool credentials_json(struct credentials_answer *a);

/* Sets all fields that are in the body, STS's XML. */
void credentials_xml(struct credentials_answer *a);

bool credentials_is(struct credentials_answer *a,
                    enum credentials_field field, const char *word);

/* A field as a string, to be shown. */
const char *credentials_text(struct credentials_answer *a,
                             enum credentials_field field);

/*
 * Takes the keys. They expire as long from now as it is from the answer's
 * time, if it has one: a clock that is wrong here makes no difference then.
 * Expired ones are taken if `stale`. False: `error` has a sentence without
 * secrets.
 */
bool credentials_take(struct credentials *to, struct credentials_answer *a,
                      bool stale, char error[WHY_MAX]);

#endif
