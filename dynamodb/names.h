/*
 * names: are the names of a map's members different?
 *
 * DynamoDB's maps hold each name once, and JSON's objects need not: which of
 * two equal members would be stored depends on who reads it. Holds the names of
 * all maps that are open; sorts those of one when it ends, so that the time
 * does not grow with the square of their number.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct names {
    struct buf bytes;            /* of each name its length and its bytes */
    struct buf order;            /* pointers to those of the map that ends */
};

/* `max`: bytes of names at most. */
void names_init(struct names *names, size_t max);
void names_reset(struct names *names);
void names_free(struct names *names);

/* A map begins: returns the mark that names_close wants. */
size_t names_open(const struct names *names);

void names_add(struct names *names, const unsigned char *name, size_t n);

/* The map ends. False if two of its names are equal. Where names did not fit
   (names_failed) nobody knows: true. */
bool names_close(struct names *names, size_t mark);
bool names_failed(const struct names *names);

#endif
