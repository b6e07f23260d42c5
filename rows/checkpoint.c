/* checkpoint: see checkpoint.h. */
#include "rows/checkpoint.h"

#include <bearssl.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HASH = CHECKPOINT_HASH,
    HEX = CHECKPOINT_HEX - 1,            /* its digits */
    SIZE = 512,              /* of a file, at most, */
    MAX = SIZE + CHECKPOINT_PLACE,       /* and of one with a place */
    NAME = 200,              /* bytes of a path in a sentence */
    TRIES = 100              /* to lock a file that is being replaced */
};

static const char magic[] = "ocrdyn checkpoint ";

/* Writes the sentence, which begins with the path, or the end of one that is
   long. */
__attribute__((format(printf, 2, 3)))
static bool refuse(struct checkpoint *c, const char *format, ...)
{
    const size_t n = strlen(c->path), cut = n > NAME ? n - NAME : 0;
    const size_t at = (size_t)snprintf(c->error, sizeof c->error, "%s%s ",
                                       cut > 0 ? "..." : "", c->path + cut);
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(c->error + at, sizeof c->error - at, format, ap);
    va_end(ap);
    return false;
}

static bool refuse_errno(struct checkpoint *c, const char *what)
{
    return refuse(c, "cannot be %s: %s", what, strerror(errno));
}

/* After refuse(): what to do. */
static bool advise(struct checkpoint *c)
{
    const size_t n = strlen(c->error);

    (void)snprintf(c->error + n, sizeof c->error - n, " (remove it to begin "
                   "the list anew)");
    return false;
}

/* ---- what the file says ---- */

static void to_hex(char out[CHECKPOINT_HEX], const unsigned char bytes[HASH])
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < HASH; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static void digest(char out[CHECKPOINT_HEX], const void *bytes, size_t n)
{
    unsigned char hash[HASH];
    br_sha256_context sha;

    br_sha256_init(&sha);
    br_sha256_update(&sha, bytes, n);
    br_sha256_out(&sha, hash);
    to_hex(out, hash);
}

/* The file that says what is in *c: its bytes, no terminator. Returns how
   many. */
static size_t render(const struct checkpoint *c, bool in_use, char text[MAX])
{
    const bool placed = c->place[0] != '\0';
    char check[CHECKPOINT_HEX];
    size_t n = (size_t)snprintf(text, MAX, "%s1\nrecords %" PRIu64
                                "\nhash %s\njob %s\nstate %s\n%s%s%s", magic,
                                c->records, c->stored, c->job,
                                in_use ? "open" : "closed",
                                placed ? "place " : "", c->place,
                                placed ? "\n" : "");

    digest(check, text, n);
    return n + (size_t)snprintf(text + n, MAX - n, "check %s\n", check);
}

/* Takes the values out of a text, and believes them only when they make the
   same text again, byte by byte: what stands between them is not looked at
   before. */
static bool parse(struct checkpoint *c, const char *text, size_t n)
{
    const size_t tail = strlen("\nhash \njob \nstate ") + (size_t)2 * HEX;
    char again[MAX], *p;
    size_t length;

    if (n < strlen(magic) + strlen("1\nrecords "))
        return false;
    c->records = strtoull(text + strlen(magic) + strlen("1\nrecords "), &p,
                          10);
    if ((size_t)(text + n - p) <= tail)
        return false;
    memcpy(c->stored, p + strlen("\nhash "), HEX);
    memcpy(c->job, p + strlen("\nhash \njob ") + HEX, HEX);
    c->unclean = p[tail] == 'o';
    p += tail + strcspn(p + tail, "\n");
    length = strncmp(p, "\nplace ", 7) == 0 ? strcspn(p + 7, "\n") : 0;
    if (length > 0 && length < CHECKPOINT_PLACE) {
        memcpy(c->place, p + 7, length);
        c->place[length] = '\0';
    }
    return render(c, c->unclean, again) == n && memcmp(again, text, n) == 0 &&
        (c->records > 0 || strspn(c->stored, "0") == HEX);
}

/* ---- system calls, which a signal may cut short ---- */

static int open_file(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool lock(int fd, bool wait)
{
    int result;

    do
        result = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

/* A file system that cannot sync a folder says EINVAL. */
static bool sync_file(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL;
}

static bool empty_file(int fd)
{
    int result;

    do
        result = ftruncate(fd, 0);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        n -= (size_t)put;
    }
    return true;
}

/* Up to `size` bytes of the file's beginning, or -1. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t got = pread(fd, bytes + n, size - n, (off_t)n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* Is the opened file the one that has this name? */
static bool is_at(int fd, const char *path)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
        opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* ---- the file and its lock ---- */

/*
 * Two locks, both on the files themselves. Whoever has that of the file at
 * the path is the run on this list. Only who has that of the file beside may
 * write, remove or rename that one; the run takes it for each replacement,
 * and with the rename it becomes the former, without a gap. A lock counts
 * only once it is seen that the file locked still has its name.
 *
 * Where there is no file yet, two runs may want to make it. The first to lock
 * the file beside does; the other is refused, or finds the path taken and
 * lets go, which the first may have to wait for in its first replacement.
 */

static bool refuse_replaced(struct checkpoint *c)
{
    return refuse(c, "is made or replaced all the time by somebody else");
}

enum taken { TAKEN, REFUSED, AGAIN };

/* Locks a file that was opened. AGAIN: it has lost its name. */
static enum taken take(struct checkpoint *c, int fd, const char *path,
                       bool wait)
{
    enum taken taken = AGAIN;

    if (!lock(fd, wait)) {
        if (errno == EWOULDBLOCK)
            refuse(c, "is in use by another run");
        else
            refuse_errno(c, "locked");
        taken = REFUSED;
    } else if (is_at(fd, path)) {
        return TAKEN;
    }
    close(fd);
    return taken;
}

/* Opens the file and locks it; fd stays -1 if there is none. */
static bool hold(struct checkpoint *c)
{
    struct stat st;
    int i;

    for (i = 0; i < TRIES; i++) {
        enum taken taken;
        int fd;

        if (lstat(c->path, &st) != 0)
            return errno == ENOENT || refuse_errno(c, "looked at");
        if (!S_ISREG(st.st_mode))
            return refuse(c, "is %s: name %s",
                          S_ISLNK(st.st_mode) ? "a symbolic link"
                          : S_ISDIR(st.st_mode) ? "a folder"
                          : "not a plain file",
                          S_ISLNK(st.st_mode) ? "the file itself" : "a file");
        fd = open_file(c->path, O_RDWR);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return refuse_errno(c, "opened");
        taken = take(c, fd, c->path, false);
        if (taken == TAKEN)
            c->fd = fd;
        if (taken != AGAIN)
            return taken == TAKEN;
    }
    return refuse_replaced(c);
}

/* Opens the file beside and locks it, or -1. */
static int hold_beside(struct checkpoint *c)
{
    int i;

    for (i = 0; i < TRIES; i++) {
        int fd = open_file(c->beside, O_RDWR | O_CREAT);
        enum taken taken;

        if (fd < 0) {
            refuse_errno(c, "written (first to the same name with .new)");
            return -1;
        }
        taken = take(c, fd, c->beside, c->fd >= 0);
        if (taken != AGAIN)
            return taken == TAKEN ? fd : -1;
    }
    refuse_replaced(c);
    return -1;
}

/* Is it what a run that was killed left beside, and no other file? */
static bool is_left(int fd)
{
    char text[MAX + 1];
    struct stat st;
    ssize_t n = read_all(fd, text, sizeof text);
    size_t same = n < (ssize_t)strlen(magic) ? (size_t)n : strlen(magic);

    return n >= 0 && n <= MAX && fstat(fd, &st) == 0 && st.st_nlink == 1 &&
        (n == 0 || (n <= SIZE && text[0] == '\0') ||
         memcmp(text, magic, same) == 0);
}

/* Is the path's file the one that is held, or still none? */
static bool is_ours(const struct checkpoint *c)
{
    struct stat st;

    if (c->fd >= 0)
        return is_at(c->fd, c->path);
    return lstat(c->path, &st) != 0 && errno == ENOENT;
}

/* A new file has the mode of the one that it replaces. */
static bool keep_mode(const struct checkpoint *c, int fd)
{
    struct stat old;

    return c->fd < 0 ||
        (fstat(c->fd, &old) == 0 && fchmod(fd, old.st_mode & 0777) == 0);
}

/* Replaces the file by one that says what is in *c. */
static bool replace(struct checkpoint *c, bool in_use)
{
    char text[MAX];
    int fd = hold_beside(c);

    if (fd < 0)
        return false;
    if (!is_left(fd) || !empty_file(fd)) {
        close(fd);
        return refuse(c, "cannot be written: what has the same name with "
                      ".new is in the way");
    }
    if (!is_ours(c)) {
        refuse(c, "was made, replaced or removed by somebody else meanwhile");
    } else if (!keep_mode(c, fd) ||
               !write_all(fd, text, render(c, in_use, text)) ||
               !sync_file(fd) || rename(c->beside, c->path) != 0) {
        refuse_errno(c, "written");
    } else {
        if (c->fd >= 0)
            close(c->fd);
        c->fd = fd;
        return sync_file(c->folder) || refuse_errno(c, "synced to disk");
    }
    unlink(c->beside);
    close(fd);
    return false;
}

/* Reads the file. */
static bool load(struct checkpoint *c, const char *job)
{
    const char *wrong = NULL;
    char text[MAX + 2];
    ssize_t n = read_all(c->fd, text, sizeof text - 1);

    if (n < 0)
        return refuse_errno(c, "read");
    text[n] = '\0';
    if (n == 0)
        wrong = "empty, which no checkpoint is";
    else if (strncmp(text, magic, strlen(magic)) != 0)
        return refuse(c, "is not a checkpoint: name another file");
    else if (!parse(c, text, (size_t)n))
        wrong = "damaged, or of another version of ocrdyn";
    else if (strcmp(c->job, job) != 0)
        wrong = "of another job: the options are not those that it was made "
            "with";
    if (wrong == NULL)
        return true;
    refuse(c, "is %s", wrong);
    return advise(c);
}

/* Sets both paths and opens their folder. */
static bool place(struct checkpoint *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t n = strlen(path);

    c->path = path;
    if (n == 0 || n + sizeof ".new" > sizeof c->beside)
        return refuse(c, "cannot be the name of a checkpoint: it is %s",
                      n == 0 ? "empty" : "too long");
    (void)snprintf(c->beside, sizeof c->beside, "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    c->folder = open_file(c->beside, O_RDONLY | O_DIRECTORY);
    if (c->folder < 0)
        return refuse_errno(c, "made: its folder");
    (void)snprintf(c->beside, sizeof c->beside, "%s.new", path);
    return true;
}

static void shut(struct checkpoint *c)
{
    if (c->fd >= 0)
        close(c->fd);
    if (c->folder >= 0)
        close(c->folder);
    c->fd = c->folder = -1;
}

bool checkpoint_open(struct checkpoint *c, const char *path, const void *job,
                     size_t n)
{
    char hash[CHECKPOINT_HEX];

    memset(c, 0, offsetof(struct checkpoint, place));    /* 128 KB less */
    c->place[0] = '\0';
    c->fd = c->folder = -1;
    digest(hash, job, n);
    memcpy(c->job, hash, sizeof hash);
    memset(c->stored, '0', HEX);
    if (place(c, path) && hold(c) && (c->fd < 0 || load(c, hash)) &&
        replace(c, true))
        return true;
    shut(c);
    return false;
}

bool checkpoint_close(struct checkpoint *c, bool clean)
{
    bool good = c->fd < 0 || !clean || c->unclean || replace(c, false);

    shut(c);
    return good;
}

/* ---- the list ---- */

enum checkpoint_place checkpoint_record(struct checkpoint *c,
                                        const void *record, size_t n)
{
    const uint64_t length = htobe64(n);
    br_sha256_context sha;
    char hex[CHECKPOINT_HEX];

    br_sha256_init(&sha);
    br_sha256_update(&sha, c->running, sizeof c->running);
    br_sha256_update(&sha, &length, sizeof length);
    br_sha256_update(&sha, record, n);
    br_sha256_out(&sha, c->running);
    c->given++;
    if (c->given > c->records)
        return c->unclean ? CHECKPOINT_FIRST : CHECKPOINT_NEW;
    to_hex(hex, c->running);
    if (c->given < c->records || strcmp(hex, c->stored) == 0)
        return CHECKPOINT_DONE;
    refuse(c, "is of another list: records 1 to %" PRIu64 " are not those "
           "that were done", c->records);
    advise(c);
    return CHECKPOINT_OTHER;
}

bool checkpoint_done(struct checkpoint *c)
{
    if (c->given <= c->records)
        return true;
    c->records = c->given;
    to_hex(c->stored, c->running);
    c->unclean = false;
    return replace(c, true);
}

bool checkpoint_at(struct checkpoint *c, uint64_t n, const void *place,
                   size_t len)
{
    if (len >= sizeof c->place || memchr(place, '\n', len) != NULL ||
        memchr(place, '\0', len) != NULL)
        return refuse(c, "cannot hold a place as long as this");
    c->records = n;
    memcpy(c->place, place, len);
    c->place[len] = '\0';
    c->unclean = false;
    return replace(c, true);
}

bool checkpoint_list_end(struct checkpoint *c)
{
    if (c->given >= c->records)
        return true;
    refuse(c, "is of another list: this one ends after record %" PRIu64
           ", and %" PRIu64 " were done", c->given, c->records);
    return advise(c);
}
