/* file.c: system calls on files, repeated after signals. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

ssize_t file_read(int fd, void *bytes, size_t n, off_t offset)
{
    char *p = bytes;
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(fd, p + done, n - done, offset + (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

bool file_write(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t put = write(fd, p, n);

        if (put > 0) {
            p += put;
            n -= (size_t)put;
        } else if (put == 0) {
            errno = EIO;
            return false;
        } else if (errno == EAGAIN) {
            struct pollfd pfd = {fd, POLLOUT, 0};

            poll(&pfd, 1, -1);       /* an error shows in the next write() */
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool file_lock(int fd, bool wait)
{
    int result;

    do
        result = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool file_empty(int fd)
{
    int result;

    do
        result = ftruncate(fd, 0);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

/* EINVAL: there is nothing that could be synced. */
static bool sync_by(int (*call)(int fd), int fd)
{
    int result;

    do
        result = call(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

bool file_sync(int fd)
{
    return sync_by(fdatasync, fd);
}

/* fdatasync(2) may leave out a rename that does not change the folder's
   size. */
bool file_sync_folder(int folder)
{
    return sync_by(fsync, folder);
}

enum file_repair file_end_record(int fd, bool null, bool unsure)
{
    const char end = null ? '\0' : '\n';
    char path[32], last = end;
    struct stat st;
    ssize_t n = 0;
    int reader;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return FILE_WHOLE;
    /* fd may be open for writing only */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    reader = file_open(path, O_RDONLY);
    if (reader < 0 && !unsure)
        return FILE_WHOLE;
    if (reader >= 0) {
        n = file_read(reader, &last, 1, st.st_size - 1);
        close(reader);
    }
    if (n == 1 && last == end)
        return FILE_WHOLE;
    if (!file_write(fd, &end, 1))
        return FILE_UNWRITTEN;
    return n == 1 ? FILE_ENDED : FILE_ENDED_UNREAD;
}
