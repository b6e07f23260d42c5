/*
 * names: finds duplicate names among the members of a map.
 *
 * A DynamoDB map has each name once, but a JSON object can repeat a name, and
 * which of the members would be stored depends on the parser. The names of all
 * open maps are kept. Those of a map are sorted when it ends, so that n names
 * take O(n log n) comparisons.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct names {
    struct buf bytes;            /* the length (size_t) and bytes of each */
    struct buf order;            /* pointers into `bytes`: the names of the
                                    map that ends */
};

/* Makes an empty list for at most `max` bytes of names. */
void names_init(struct names *names, size_t max);
void names_reset(struct names *names);
void names_free(struct names *names);

/* Starts a map. Returns the mark to pass to names_close. */
size_t names_open(const struct names *names);

void names_add(struct names *names, const unsigned char *name, size_t n);

/* Ends the map and forgets its names. Returns false if two of them are equal.
   Returns true if names_failed: some names did not fit, or memory ran out. */
bool names_close(struct names *names, size_t mark);
bool names_failed(const struct names *names);

#endif
