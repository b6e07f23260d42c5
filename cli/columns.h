/*
 * columns: which attributes of items are printed, and the row that one item's
 * are on their way to.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "dynamodb/plain.h"
#include "rows/rows.h"

enum {
    COLUMNS_MAX = 256,           /* that are printed */
    COLUMNS_KNOWN = 1024         /* and attributes that were told of */
};

struct columns {
    size_t n, shown;             /* attributes known; the first are printed */
    struct buf names, values;
    struct columns_one {
        size_t name, name_len;   /* where in names */
        size_t value, len;       /* where in values */
        bool there;              /* the item has it, perhaps as NULL; */
        bool present, json;      /* and it is not NULL */
    } list[COLUMNS_KNOWN];
};

void columns_init(struct columns *c);

/* The column of that name, which is added, unless there are `max` (or memory
   is out): then c->n. */
size_t columns_add(struct columns *c, const unsigned char *name, size_t n,
                   size_t max);

/* Adds a column to be printed, unless its name is "". */
void columns_name(struct columns *c, const char *name);

/* Which attribute is it? c->n if it is none that is known. */
size_t columns_find(const struct columns *c, const unsigned char *name,
                    size_t n);

/* Sorts the columns from number `first` on by the bytes of their names, and
   from now on prints those that are there. */
void columns_fix(struct columns *c, size_t first);

/* Takes an attribute for the row in hand. False if it is in no column. */
bool columns_take(struct columns *c, const struct plain_value *value);

/* Adds the header line. */
void columns_header(const struct columns *c, struct rows_out *out);

/*
 * Adds the row, and begins the next one. An attribute that the item does not
 * have is no member of JSON Lines, and an empty field elsewhere, as one that is
 * NULL is. False if it cannot be printed as it
 * is: then `why` says which attribute has a NUL, and nothing is added.
 */
bool columns_row(struct columns *c, struct rows_out *out, char *why,
                 size_t size);

#endif
