/*
 * columns: the attributes that are printed as columns, and the row that is made
 * from the attributes of one item.
 *
 * Attributes beyond the printed ones can be remembered, so that a message names
 * each of them only once.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "dynamodb/plain.h"
#include "rows/rows.h"

enum {
    COLUMNS_MAX = 256,           /* columns that can be printed */
    COLUMNS_KNOWN = 1024         /* attributes that can be remembered */
};

struct columns {
    size_t n;                    /* attributes that are known */
    size_t shown;                /* the first of them, which are printed */
    struct buf names, values;
    struct columns_one {
        size_t name, name_len;   /* position in `names` */
        size_t value, len;       /* position in `values` */
        bool there;              /* the item has it, perhaps as NULL */
        bool present;            /* the item has it, and it is not NULL */
        bool json;               /* the value is JSON, not a string */
    } list[COLUMNS_KNOWN];
};

void columns_init(struct columns *c);

/* Returns the number of the attribute with this name, which is added if there
   are fewer than `max`. Returns c->n if it was not added, also when out of
   memory. */
size_t columns_add(struct columns *c, const unsigned char *name, size_t n,
                   size_t max);

/* Adds a column to print, unless its name is "". */
void columns_name(struct columns *c, const char *name);

/* Returns the number of the attribute with this name, or c->n if it is not
   known. */
size_t columns_find(const struct columns *c, const unsigned char *name,
                    size_t n);

/* Sorts the columns from number `first` on by the bytes of their names. All
   columns that are known now are printed. */
void columns_fix(struct columns *c, size_t first);

/* Adds an attribute to the current row. Returns false if it has no column. */
bool columns_take(struct columns *c, const struct plain_value *value);

/* Adds the header line to `out`. */
void columns_header(const struct columns *c, struct rows_out *out);

/*
 * Adds the current row to `out`, and begins the next one. An attribute that the
 * item does not have is omitted in JSON Lines; in other formats it is an empty
 * field, like one that is NULL. Returns false if the row cannot be printed
 * unchanged: then nothing is added, and `why` (of `size` bytes) names the
 * attribute that contains a NUL.
 */
bool columns_row(struct columns *c, struct rows_out *out, char *why,
                 size_t size);

#endif
