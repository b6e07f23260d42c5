/* file: putting a file on the disk, and ending a record that was cut short. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_sync(int fd)
{
    int result;

    do
        result = fdatasync(fd);
    while (result < 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

/* Reads the last byte of a file of `size` bytes that may be open for writing
   only. Returns 1 with the byte in *last, 0 where it could not be read, -1
   where the file could not even be opened. */
static int read_last(int to, off_t size, char *last)
{
    char path[32];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/self/fd/%d", to);
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -1;
    do
        n = pread(fd, last, 1, size - 1);
    while (n < 0 && errno == EINTR);
    close(fd);
    return n == 1;
}

enum file_repair file_end_record(int fd, bool null, bool unsure)
{
    const char end = null ? '\0' : '\n';
    struct stat st;
    int read_it;
    ssize_t n;
    char last;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return FILE_WHOLE;
    read_it = read_last(fd, st.st_size, &last);
    if ((read_it == 1 && last == end) || (read_it < 0 && !unsure))
        return FILE_WHOLE;
    do
        n = write(fd, &end, 1);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = EIO;
    if (n != 1)
        return FILE_UNWRITTEN;
    return read_it == 1 ? FILE_ENDED : FILE_ENDED_UNREAD;
}
