/*
 * scan: the commands query and scan, which print many items.
 *
 * Both follow the pages of an answer, empty ones included, to the last one. A
 * page is kept as JSON until it is complete and valid, and is then printed;
 * memory does not grow with the number of pages.
 *
 * Without --columns, JSON Lines and typed JSON have every attribute of an item.
 * JSON omits an attribute that the item does not have, also with --columns, so
 * that it stays absent when the rows are stored again. In the other formats,
 * the columns are the table's keys, the text attribute, and then, sorted, the
 * other attributes of the first 100 items of the first page that has any. An
 * attribute that appears later is reported once, and makes the exit status 1.
 *
 * The checkpoint of a scan is replaced after each page. It contains the
 * columns, the position where the scan continues, and the length of the file of
 * rows at that moment: after an unclean end, that same file is cut back to this
 * length.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "cli/options.h"

/* Runs query or scan. Returns the exit status, also after a signal. */
int export(const struct options *o);

#endif
