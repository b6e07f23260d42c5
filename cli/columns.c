/*
 * columns.c: collects the attributes of an item in columns, and prints them as
 * a row.
 */
#include "cli/columns.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

void columns_init(struct columns *c)
{
    c->n = c->shown = 0;
    buf_init(&c->names, PLAIN_MAX);
    buf_init(&c->values, PLAIN_MAX);
}

size_t columns_find(const struct columns *c, const unsigned char *name,
                    size_t n)
{
    size_t i = 0;

    while (i < c->n && (c->list[i].name_len != n ||
                        memcmp(c->names.data + c->list[i].name, name, n) !=
                        0))
        i++;
    return i;
}

size_t columns_add(struct columns *c, const unsigned char *name, size_t n,
                   size_t max)
{
    struct columns_one *one = &c->list[c->n];
    size_t i = columns_find(c, name, n);

    if (i < c->n || c->n >= max)
        return i;
    one->name = c->names.len;
    one->name_len = n;
    one->there = one->present = false;
    if (buf_add(&c->names, name, n))
        c->n++;
    return i;
}

void columns_name(struct columns *c, const char *name)
{
    if (*name != '\0')
        columns_add(c, (const unsigned char *)name, strlen(name), COLUMNS_MAX);
}

/* Compares the names of columns `i` and `k` by their bytes. */
static bool is_before(const struct columns *c, size_t i, size_t k)
{
    const struct columns_one *a = &c->list[i], *b = &c->list[k];
    size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(c->names.data + a->name, c->names.data + b->name, n);

    return order < 0 || (order == 0 && a->name_len < b->name_len);
}

void columns_fix(struct columns *c, size_t first)
{
    size_t i, k;

    for (i = first; i < c->n; i++)
        for (k = i; k > first && is_before(c, k, k - 1); k--) {
            struct columns_one one = c->list[k];

            c->list[k] = c->list[k - 1];
            c->list[k - 1] = one;
        }
    c->shown = c->n;
}

bool columns_take(struct columns *c, const struct plain_value *value)
{
    size_t i = columns_find(c, value->name, value->name_len);

    if (i >= c->shown)
        return false;
    c->list[i].there = true;
    c->list[i].present = value->bytes != NULL;
    c->list[i].json = value->json;
    c->list[i].value = c->values.len;
    c->list[i].len = value->bytes != NULL ? value->len : 0;
    buf_add(&c->values, value->bytes, c->list[i].len);
    return true;
}

/* Makes the fields of a row. `there`: only those that the item has. Returns
   their number. */
static size_t make_fields(const struct columns *c, bool there,
                          struct rows_field *fields)
{
    static const unsigned char nothing[1];
    const unsigned char *values = c->values.len > 0 ? c->values.data : nothing;
    size_t i, n = 0;

    for (i = 0; i < c->shown; i++) {
        const struct columns_one *one = &c->list[i];

        if (there && !one->there)
            continue;
        fields[n].name = c->names.data + one->name;
        fields[n].name_len = one->name_len;
        fields[n].bytes = one->present ? values + one->value : NULL;
        fields[n].len = one->present ? one->len : 0;
        fields[n++].json = one->json;
    }
    return n;
}

void columns_header(const struct columns *c, struct rows_out *out)
{
    struct rows_field fields[COLUMNS_MAX];

    rows_names(out, fields, make_fields(c, false, fields));
}

bool columns_row(struct columns *c, struct rows_out *out, char *why,
                 size_t size)
{
    struct rows_field fields[COLUMNS_MAX];
    size_t bad, n, i;

    n = make_fields(c, out->format == ROWS_JSONL, fields);
    bad = rows_unfit(out, fields, n);
    if (bad == n) {
        rows_add(out, fields, n);
    } else {
        char name[128];

        text_visible(name, sizeof name, fields[bad].name,
                     fields[bad].name_len);
        snprintf(why, size, "not printed: the attribute %s has a NUL, which "
                 "-0 cannot print (-f jsonl can)", name);
    }
    for (i = 0; i < c->shown; i++)
        c->list[i].there = c->list[i].present = false;
    buf_reset(&c->values);
    return bad == n;
}
