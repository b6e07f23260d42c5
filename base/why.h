/*
 * why: the sentence that says why something was not done.
 */
#ifndef WHY_H
#define WHY_H

#include <stdbool.h>

enum { WHY_MAX = 1200 };         /* bytes of it: room for a path and more */

/* Writes it to `error`, and is false, for a caller to return. */
bool why_not(char error[WHY_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
