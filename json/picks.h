/*
 * picks: which values of a document are wanted, and telling the caller.
 *
 * A part of json.c, and of nobody else's concern: machine.c calls
 * these at each value and name that a pick may still match.
 */
#ifndef PICKS_H
#define PICKS_H

#include "json/machine.h"

/* For bytes that are there but not worth a name. */
extern const unsigned char picks_nothing[1];

/* Starts to follow the picks' pointers. */
void picks_init(struct json *j);

/* The first error sticks. Returns `p`, where reading ends. */
const unsigned char *picks_fail(struct json *j, enum json_error error,
                                const unsigned char *p);

/*
 * Which picks may match in what is open? If none, the rest of it is quiet.
 * Called where an array or object starts, and at each comma. A token that has
 * led to a value is not followed again: of duplicates the first is taken.
 */
bool picks_look(struct json *j);

/* An element starts, or a name is over: which candidates does it match? */
void picks_match(struct json *j);

/* Tells what stands before `p` to those who take bytes as they stand. */
void picks_flush(struct json *j, const unsigned char *p);

/*
 * Where to stop before `end`, so that nobody is told more bytes as they stand
 * than the cap allows. A byte that only ends a number is not told any more.
 */
const unsigned char *picks_cut(struct json *j, const unsigned char *p,
                               const unsigned char *end);

/*
 * A value starts at `p`: BEGIN to all whom it is for; false if it is for
 * nobody. `state` is what comes after its first byte.
 */
bool picks_begin(struct json *j, enum json_type type, enum json_state state,
                 const unsigned char *p);

/* The value in hand ends before `p`: END to all whom it was for, if any. */
bool picks_end(struct json *j, enum json_type type, const unsigned char *p);

/*
 * A piece of the string in hand, decoded, up to `end`. Returns where reading
 * goes on: `end`, or before it where somebody's cap is, which is an error.
 */
const unsigned char *picks_string(struct json *j, const unsigned char *bytes,
                                  const unsigned char *end);

#endif
