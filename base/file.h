/*
 * file: operations on the files that a command writes.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>

/* Waits until what was written to `fd` is on the disk. Returns false, with
   errno, where that failed. A pipe or terminal has no disk: true. */
bool file_sync(int fd);

enum file_repair {
    FILE_WHOLE,              /* nothing to do, or not a regular file */
    FILE_ENDED,              /* the last record was cut short; it has an end */
    FILE_ENDED_UNREAD,       /* the same, but the file could not be read: the
                                last record may have been whole */
    FILE_UNWRITTEN           /* the end could not be written: errno */
};

/*
 * Ends the last record of the file `fd` (with NUL if `null`, else with LF) if
 * the end of a process or a full disk has cut it short, so that the next
 * record begins on its own. Where the file cannot be read (it is open for
 * writing only, and /proc is not mounted), `unsure` decides: an empty line too
 * many does less harm than a record that is lost.
 */
enum file_repair file_end_record(int fd, bool null, bool unsure);

#endif
