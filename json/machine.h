/*
 * machine: the state machine that reads a document, for json.c.
 *
 * It is where the time goes. Where picks may still match, the functions of
 * picks.c are called at each value and name, to follow the pointers and tell
 * the caller; where none can, which is called quiet here, reading goes on
 * without them, and that is most of most documents. What is done there is in
 * machine.c, and what is rare in json.c, which offers it here.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "json.h"

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

/*
 * Reads on from `p` < `end`, in j->state. Returns where it stopped: at `end`,
 * at an error, or earlier where somebody was told of a value, for json_feed to
 * see what came of that.
 */
const unsigned char *machine_run(struct json *j, const unsigned char *p,
                                 const unsigned char *end);

/* ---- for the machine, in json.c: where reading goes on ---- */

/* Does a value start at `p`? Arrays and objects where picks may match, or that
   are too deep, and whatever is rare. `p` itself if none does. */
const unsigned char *json_value_starts(struct json *j, const unsigned char *p);

/* The innermost array or object ends at `p`, and picks may match again. */
const unsigned char *json_level_ends(struct json *j, const unsigned char *p);

/* Reads on in a number that was told of, is cut, or of a rare kind. */
const unsigned char *json_number(struct json *j, const unsigned char *p,
                                 const unsigned char *end);

/* Reads on in true, false or null. */
const unsigned char *json_literal(struct json *j, const unsigned char *p,
                                  const unsigned char *end);

/* Reads what a string has from a character beyond ASCII on, or within one, up
   to what is no text, and tells it. */
const unsigned char *json_beyond(struct json *j, const unsigned char *p,
                                 const unsigned char *end);

/* Reads what stands after a backslash, and further escapes, until the string
   goes on as it stands. */
const unsigned char *json_escapes(struct json *j, const unsigned char *p,
                                  const unsigned char *end);

#endif
