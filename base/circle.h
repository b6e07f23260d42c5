/*
 * circle: notices that a walk from page to page comes back to a place where
 * it was, so that no answer of a service can make it endless.
 *
 * It keeps hashes of three places, however long the walk is: the last one,
 * which shows at once that a page leads to itself, and the one of Brent's
 * algorithm for longer circles (R. P. Brent, "An Improved Monte Carlo
 * Factorization Algorithm", 1980, section 7): a circle of n places is noticed
 * before it was walked four times.
 */
#ifndef CIRCLE_H
#define CIRCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros is one that has seen no place. */
struct circle {
    uint64_t last, mark;         /* hashes of places */
    uint64_t steps, power;       /* since the mark; until the next one */
};

/* The walk is now at the place of these n bytes. Was it there before? */
bool circle_closes(struct circle *c, const void *place, size_t n);

#endif
