/*
 * file: files and descriptors, with system calls that a signal may interrupt
 * repeated until they have an answer.
 *
 * All functions but file_end_record fail with -1 or false, and errno.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens a file that is closed on exec; one that is created gets mode 0600.
   Returns its descriptor, or -1. */
int file_open(const char *path, int flags);

/* Reads up to n bytes from `offset` on. Returns how many; fewer than n only at
   the end of the file. */
ssize_t file_read(int fd, void *bytes, size_t n, off_t offset);

/* Writes all n bytes. Waits where the descriptor cannot take more, also where
   it is one that does not block. */
bool file_write(int fd, const void *bytes, size_t n);

/* Takes the exclusive lock of flock(2). Without `wait`, fails with EWOULDBLOCK
   if another descriptor has it. */
bool file_lock(int fd, bool wait);

/* Removes the contents. */
bool file_empty(int fd);

/* Waits until what was written to `fd` is on the disk. A pipe or a terminal has
   no disk: true. */
bool file_sync(int fd);

/* The same for a folder: its names. True where the file system cannot do it. */
bool file_sync_folder(int folder);

enum file_repair {
    FILE_WHOLE,              /* nothing to do, or not a regular file */
    FILE_ENDED,              /* the last record was cut; now it has its end */
    FILE_ENDED_UNREAD,       /* ended, but the file could not be read: the last
                                record may have been complete */
    FILE_UNWRITTEN           /* the end could not be written: errno */
};

/*
 * Ends the last record of the file `fd` (with NUL if `null`, else with LF) if
 * the end of a process or a full disk has cut it short, so that the next
 * record begins on its own. Where the file cannot be read (it is open for
 * writing only, and /proc is not mounted), `unsure` decides: an extra empty
 * line does less harm than a lost record.
 */
enum file_repair file_end_record(int fd, bool null, bool unsure);

#endif
