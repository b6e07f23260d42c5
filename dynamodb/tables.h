/*
 * tables: DynamoDB's operations on tables, one function each.
 *
 * Functions that change a table return when DynamoDB has accepted the change;
 * tables_describe shows its progress. DynamoDB reports an error for a change
 * that is already made, so callers check first. Outcomes are those of
 * dynamodb_call.
 */
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "dynamodb/dynamodb.h"

/* Returns whether this can name a table: 3 to 255 of a-z A-Z 0-9 _ . -, or an
   ARN of at most 1024 bytes. */
bool tables_name(const char *name);

/* ---- queries ---- */

enum {
    TABLES_NAME = 256,           /* bytes of a name, with its NUL */
    TABLES_INDEXES_MAX = 25,     /* DynamoDB's default limits: 20 global and
                                    5 local indexes */
    TABLES_ATTRIBUTES_MAX = 64   /* two for each index and the table, and
                                    some more */
};

/* PAY_PER_REQUEST, or capacity units per second. */
struct tables_capacity {
    bool on_demand;
    int64_t read, write;
};

struct tables_index {
    char name[TABLES_NAME];
    bool local;                  /* a local index, which is created with the
                                    table; only its name and keys matter */
    bool backfilling;
    char status[64];
    char hash[TABLES_NAME], range[TABLES_NAME];  /* as in the description */
    char projection[16];
    int64_t read, write;
};

struct tables_attribute {
    char name[TABLES_NAME];
    char type[4];                /* "S", "N", "B" */
};

/* The result of DescribeTable. What the answer does not contain is "" or -1.
   Strings are the service's own words: text_visible makes them safe for a
   terminal. */
struct tables_description {
    char status[64];
    char hash[TABLES_NAME];      /* the partition key */
    char range[TABLES_NAME];     /* the sort key, or "" */
    struct tables_capacity capacity;
    int64_t items, size;         /* up to six hours old; size in bytes */
    struct tables_attribute attributes[TABLES_ATTRIBUTES_MAX];
    struct tables_index indexes[TABLES_INDEXES_MAX];
    unsigned n_attributes, n_indexes;
    unsigned more;               /* number of indexes beyond the maximum */
};

/* Returns whether the capacity is known completely. */
bool tables_capacity_known(const struct tables_capacity *capacity);

/* Sets db->error: the answer does not contain `what` ("type") of the `kind`
   ("key") `name`. Returns STOP. */
enum outcome tables_unsaid(struct dynamodb *db, const char *what,
                           const char *kind, const char *name);

/*
 * DescribeTable. The index `index` (may be NULL), if it exists, is among the
 * indexes of the result, however many there are. Returns STOP if the answer
 * does not describe a table, or if an index has no name, or a part of a key
 * lacks its name or kind.
 */
enum outcome tables_describe(struct dynamodb *db, const char *name,
                             const char *index,
                             struct tables_description *d);

/*
 * ListTables: sets `names` to the names, each ended by NUL, of up to 100 tables
 * that follow *after ("": from the first table). Sets *after to the last of
 * them, or to "" if no more follow. A page has less than 64 KB.
 */
enum outcome tables_list(struct dynamodb *db, char after[TABLES_NAME],
                         struct buf *names);

/* Returns whether the last call failed because the table or index does not
   exist. */
bool tables_missing(const struct dynamodb *db);

/* Returns the type of a key attribute, or "" if it is not one. */
const char *tables_type(const struct tables_description *d,
                        const char *attribute);

/* Returns the index of that name, or NULL. */
const struct tables_index *tables_index(const struct tables_description *d,
                                        const char *name);

/*
 * Returns DONE if the table is ready for items whose only key is the string
 * attribute `key`. Otherwise returns BAD, or STOP if the description is
 * incomplete, and sets db->error.
 */
enum outcome tables_judge(struct dynamodb *db, const char *name,
                          const char *key,
                          const struct tables_description *d);

/*
 * tables_describe for callers that need only the keys. Returns BAD if the
 * table does not exist. If the credentials do not allow DescribeTable, returns
 * DONE with a sentence in db->error, and *d contains only the string `key` as
 * the partition key.
 */
enum outcome tables_known(struct dynamodb *db, const char *name,
                          const char *index, const char *key,
                          struct tables_description *d);

/* Calls tables_known and, if DescribeTable is allowed, tables_judge. */
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

/* Changes the capacity. `d` is the table's present description. If the table
   was on demand, each of its global indexes gets the same capacity. */
enum outcome tables_resize(struct dynamodb *db, const char *name,
                           const struct tables_description *d,
                           const struct tables_capacity *capacity);

/* Adds a global index with the string attribute `key` as its partition key,
   which projects all attributes. */
enum outcome tables_add_index(struct dynamodb *db, const char *name,
                              const char *index, const char *key,
                              const struct tables_capacity *capacity);

enum outcome tables_drop_index(struct dynamodb *db, const char *name,
                               const char *index);

#endif
