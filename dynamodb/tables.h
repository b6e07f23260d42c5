/*
 * tables: DynamoDB's calls about tables, one function each.
 *
 * They begin a change and come back; tables_describe tells how far it got. A
 * change that is made already is an error in DynamoDB's eyes, so ask before.
 */
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "dynamodb/dynamodb.h"

/* Is it a table's name (3 to 255 of a-z A-Z 0-9 _ . -), or an ARN? */
bool tables_name(const char *name);

/* ---- what there is ---- */

enum {
    TABLES_NAME = 256,           /* bytes of a name, NUL included */
    TABLES_INDEXES_MAX = 25,     /* DynamoDB's own limits, if nobody raised
                                    them: 20 global ones, 5 local ones */
    TABLES_ATTRIBUTES_MAX = 64   /* two for each key, and some more */
};

/* PAY_PER_REQUEST, or capacity units a second. */
struct tables_capacity {
    bool on_demand;
    int64_t read, write;
};

struct tables_index {
    char name[TABLES_NAME];
    bool local;                  /* made with the table: it has a name and
                                    keys only */
    bool backfilling;
    char status[64];
    char hash[TABLES_NAME], range[TABLES_NAME];  /* as in the table */
    char projection[16];
    int64_t read, write;
};

struct tables_attribute {
    char name[TABLES_NAME];
    char type[4];                /* "S", "N", "B" */
};

/* What DescribeTable says; what it leaves out is "" or -1. Texts are the
   service's own, and not fit for a terminal before text_visible. */
struct tables_description {
    char status[64];
    char hash[TABLES_NAME];      /* the partition key, */
    char range[TABLES_NAME];     /* and the sort key, or "" */
    struct tables_capacity capacity;
    int64_t items, size;         /* as of up to six hours ago; bytes */
    struct tables_attribute attributes[TABLES_ATTRIBUTES_MAX];
    struct tables_index indexes[TABLES_INDEXES_MAX];
    unsigned n_attributes, n_indexes;
    unsigned more;               /* indexes that found no room */
};

/* Is it all there? */
bool tables_capacity_known(const struct tables_capacity *capacity);

/* Says that the answer does not say the "type" of the "key" `name`, or what
   else. Returns STOP. */
enum outcome tables_unsaid(struct dynamodb *db, const char *what,
                           const char *kind, const char *name);

/* DescribeTable. An index that is called `index` (NULL: none) is among the
   indexes, however many there are. STOP if the answer describes no table, or
   has an index or a part of a key without a name. */
enum outcome tables_describe(struct dynamodb *db, const char *name,
                             const char *index,
                             struct tables_description *d);

/*
 * ListTables: the names of up to 100 tables that come after *after ("": from
 * the first), each ended by NUL, and in *after the last of them, or "" if no
 * more follow. `names` is emptied before; a page fits into 64 KB.
 */
enum outcome tables_list(struct dynamodb *db, char after[TABLES_NAME],
                         struct buf *names);

/* Did the last call fail because there is no such table, or index? */
bool tables_missing(const struct dynamodb *db);

/* The type of a key attribute, "" if it is none. */
const char *tables_type(const struct tables_description *d,
                        const char *attribute);

/* The index of that name, or NULL. */
const struct tables_index *tables_index(const struct tables_description *d,
                                        const char *name);

/*
 * DONE if the table is ready for items whose one key is the string attribute
 * `key`. BAD, or STOP, and why in db->error, if it is not.
 */
enum outcome tables_judge(struct dynamodb *db, const char *name,
                          const char *key,
                          const struct tables_description *d);

/*
 * tables_describe for who goes by the table's keys: BAD if there is no such
 * table. DONE also, with a sentence in db->error, if these credentials may not
 * ask: then all that it says is that the key is the string `key`.
 */
enum outcome tables_known(struct dynamodb *db, const char *name,
                          const char *index, const char *key,
                          struct tables_description *d);

/* tables_known, and then tables_judge, if they may ask. */
enum outcome tables_ready(struct dynamodb *db, const char *name,
                          const char *key);

/* ---- changes ---- */

struct tables_tag {
    const char *name, *value;
};

struct tables_new {
    const char *name;
    const char *key, *sort;      /* string attributes; sort may be NULL */
    struct tables_capacity capacity;
    const struct tables_tag *tags;
    unsigned n_tags;
};

enum outcome tables_create(struct dynamodb *db, const struct tables_new *t);

enum outcome tables_delete(struct dynamodb *db, const char *name);

/* `d` is what the table is now. Where it stops being on demand, its indexes
   get as much each. */
enum outcome tables_resize(struct dynamodb *db, const char *name,
                           const struct tables_description *d,
                           const struct tables_capacity *capacity);

/* A global index of all attributes, by the string attribute `key`. */
enum outcome tables_add_index(struct dynamodb *db, const char *name,
                              const char *index, const char *key,
                              const struct tables_capacity *capacity);

enum outcome tables_drop_index(struct dynamodb *db, const char *name,
                               const char *index);

#endif
