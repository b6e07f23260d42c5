/*
 * tables: DynamoDB's calls about tables, one function each.
 */
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>

#include "dynamodb.h"

/* Is it a table's name (3 to 255 of a-z A-Z 0-9 _ . -), or an ARN? */
bool tables_name(const char *name);

/*
 * DescribeTable: DONE if the table is ready for items whose one key is the
 * string attribute `key`, or, with a sentence in db->error, if these
 * credentials may not ask. BAD if there is no such table, or it is another.
 */
enum outcome tables_ready(struct dynamodb *db, const char *name,
                          const char *key);

#endif
