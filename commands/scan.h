/*
 * export: items in numbers: query and scan.
 *
 * Both follow the pages of an answer until there is none that follows, empty
 * ones included. A page is held, as its JSON, until it is whole and right, and
 * then printed; nothing else grows.
 *
 * Without --columns, JSON Lines and typed JSON have every attribute of an item;
 * one that an item does not have is left out there, with --columns, too, so that
 * it stays absent where the rows are put. In the other formats the columns are
 * the table's keys, then the text attribute, then what else the first page with
 * items in it has in its first 100, sorted. An attribute that comes later is
 * told once, and makes the exit status 1.
 *
 * The checkpoint of a scan is replaced after each page; in it are the columns,
 * where the scan goes on, and how long the file of rows was then: after an
 * unclean end that very file is cut back to it.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "cli/options.h"

/* Does the command's work. Returns the exit status, for a signal, too. */
int export(const struct options *o);

#endif
