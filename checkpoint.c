/* checkpoint: see checkpoint.h. */
#include "checkpoint.h"

#include <bearssl.h>
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
    HEX = 64,                /* its digits */
    SIZE = 512 + CHECKPOINT_CURSOR,      /* of a file, at most */
    NAME = 200,              /* bytes of a path in a sentence */
    TRIES = 100              /* to lock a file that is being replaced */
};

static const char magic[] = "ocrdyn checkpoint ";

/* Writes the sentence, which begins with the path, or the end of one that is
   long. */
__attribute__((format(printf, 2, 3)))
static bool refuse(struct checkpoint *c, const char *format, ...)
{
    const size_t n = strlen(c->path);
    char what[sizeof c->error - NAME - 8];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    (void)snprintf(c->error, sizeof c->error, "%s%.*s %s",
                   n > NAME ? "..." : "", NAME,
                   c->path + (n > NAME ? n - NAME : 0), what);
    return false;
}

/* ---- what the file says ---- */

struct content {
    uint64_t records;
    unsigned char hash[HASH], job[HASH];
    bool open;
    char cursor[CHECKPOINT_CURSOR];
};

static void digest(unsigned char out[HASH], const void *bytes, size_t n)
{
    br_sha256_context sha;

    br_sha256_init(&sha);
    br_sha256_update(&sha, bytes, n);
    br_sha256_out(&sha, out);
}

static void to_hex(char out[HEX + 1], const unsigned char bytes[HASH])
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < HASH; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* Of HEX digits in lower case; what is none gives nonsense. */
static void from_hex(unsigned char bytes[HASH], const char *hex)
{
    int i;

    for (i = 0; i < HEX; i++, hex++) {
        int digit = *hex <= '9' ? *hex - '0' : *hex - 'a' + 10;

        bytes[i / 2] = (unsigned char)(bytes[i / 2] << 4 | digit);
    }
}

/* Its bytes, no terminator. Returns how many. */
static size_t render(const struct content *content, char text[SIZE])
{
    char hash[HEX + 1], job[HEX + 1], check[HEX + 1];
    unsigned char sum[HASH];
    size_t n;

    to_hex(hash, content->hash);
    to_hex(job, content->job);
    n = (size_t)snprintf(text, SIZE, "%s1\nrecords %" PRIu64
                         "\nhash %s\njob %s\nstate %s\n", magic,
                         content->records, hash, job,
                         content->open ? "open" : "closed");
    if (content->cursor[0] != '\0')
        n += (size_t)snprintf(text + n, SIZE - n, "cursor %s\n",
                              content->cursor);
    digest(sum, text, n);
    to_hex(check, sum);
    return n + (size_t)snprintf(text + n, SIZE - n, "check %s\n", check);
}

/* The cursor that follows the state, if one does. */
static void take_cursor(struct content *content, const char *state)
{
    const char *p = strchr(state, '\n');
    size_t n;

    content->cursor[0] = '\0';
    if (p == NULL || strncmp(p, "\ncursor ", 8) != 0)
        return;
    p += 8;
    n = strcspn(p, "\n");
    if (n >= sizeof content->cursor)
        return;
    memcpy(content->cursor, p, n);
    content->cursor[n] = '\0';
}

/* Takes the values out of a text, and believes them only when they make the
   same text again, byte by byte: what stands between them is not looked at
   before. */
static bool parse(struct content *content, const char *text, size_t n)
{
    const size_t tail = strlen("\nhash \njob \nstate ") + (size_t)2 * HEX;
    char again[SIZE], *p;

    if (n < strlen(magic) + strlen("1\nrecords "))
        return false;
    content->records = strtoull(text + strlen(magic) + strlen("1\nrecords "),
                                &p, 10);
    if ((size_t)(text + n - p) <= tail)
        return false;
    from_hex(content->hash, p + strlen("\nhash "));
    from_hex(content->job, p + strlen("\nhash \njob ") + HEX);
    content->open = p[tail] == 'o';
    take_cursor(content, p + tail);
    return render(content, again) == n && memcmp(again, text, n) == 0;
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

static bool refuse_lock(struct checkpoint *c)
{
    if (errno == EWOULDBLOCK)
        return refuse(c, "is in use by another run");
    return refuse(c, "cannot be locked: %s", strerror(errno));
}

static bool refuse_replaced(struct checkpoint *c)
{
    return refuse(c, "is made or replaced all the time by somebody else");
}

/* Opens the file and locks it; fd stays -1 if there is none. */
static bool hold(struct checkpoint *c)
{
    struct stat st;
    int i;

    for (i = 0; i < TRIES; i++) {
        if (lstat(c->path, &st) != 0)
            return errno == ENOENT ||
                refuse(c, "cannot be looked at: %s", strerror(errno));
        if (S_ISLNK(st.st_mode))
            return refuse(c, "is a symbolic link: name the file itself");
        if (S_ISDIR(st.st_mode))
            return refuse(c, "is a folder: name a file");
        if (!S_ISREG(st.st_mode))
            return refuse(c, "is not a plain file: name one");
        c->fd = open_file(c->path, O_RDWR);
        if (c->fd < 0 && errno == ENOENT)
            continue;
        if (c->fd < 0)
            return refuse(c, "cannot be opened: %s", strerror(errno));
        if (!lock(c->fd, false))
            return refuse_lock(c);
        if (is_at(c->fd, c->path))
            return true;
        close(c->fd);
        c->fd = -1;
    }
    return refuse_replaced(c);
}

/* Opens the file beside and locks it, or -1. */
static int hold_beside(struct checkpoint *c)
{
    int i;

    for (i = 0; i < TRIES; i++) {
        int fd = open_file(c->beside, O_RDWR | O_CREAT);

        if (fd < 0) {
            refuse(c, "cannot be written (first to the same name with .new): "
                   "%s", strerror(errno));
            return -1;
        }
        if (!lock(fd, c->fd >= 0)) {
            refuse_lock(c);
            close(fd);
            return -1;
        }
        if (is_at(fd, c->beside))
            return fd;
        close(fd);
    }
    refuse_replaced(c);
    return -1;
}

/* Is it what a run that was killed left beside, and no other file? */
static bool is_left(int fd)
{
    char text[SIZE + 1];
    struct stat st;
    ssize_t n = read_all(fd, text, sizeof text);
    size_t same = n < (ssize_t)strlen(magic) ? (size_t)n : strlen(magic);

    return n >= 0 && n <= SIZE && fstat(fd, &st) == 0 && st.st_nlink == 1 &&
        (n == 0 || text[0] == '\0' || memcmp(text, magic, same) == 0);
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
    struct content content = {.records = c->records, .open = in_use};
    char text[SIZE];
    int fd = hold_beside(c);

    if (fd < 0)
        return false;
    if (!is_left(fd) || !empty_file(fd)) {
        close(fd);
        return refuse(c, "cannot be written: what has the same name with "
                      ".new is in the way");
    }
    memcpy(content.hash, c->stored, HASH);
    memcpy(content.job, c->job, HASH);
    memcpy(content.cursor, c->cursor, sizeof content.cursor);
    if (!is_ours(c)) {
        refuse(c, "was made, replaced or removed by somebody else meanwhile");
    } else if (!keep_mode(c, fd) ||
               !write_all(fd, text, render(&content, text)) ||
               !sync_file(fd) || rename(c->beside, c->path) != 0) {
        refuse(c, "cannot be written: %s", strerror(errno));
    } else {
        if (c->fd >= 0)
            close(c->fd);
        c->fd = fd;
        return sync_file(c->folder) ||
            refuse(c, "cannot be synced to disk: %s", strerror(errno));
    }
    unlink(c->beside);
    close(fd);
    return false;
}

/* Reads the file. */
static bool load(struct checkpoint *c)
{
    struct content content = {0};
    char text[SIZE + 2];
    ssize_t n = read_all(c->fd, text, sizeof text - 1);

    if (n < 0)
        return refuse(c, "cannot be read: %s", strerror(errno));
    text[n] = '\0';
    if (n == 0)
        return refuse(c, "is empty, which no checkpoint is (remove it to "
                      "begin the list anew)");
    if (strncmp(text, magic, strlen(magic)) != 0)
        return refuse(c, "is not a checkpoint: name another file");
    if (!parse(&content, text, (size_t)n) ||
        (content.records == 0 && memcmp(content.hash, c->running, HASH) != 0))
        return refuse(c, "is damaged, or of another version of ocrdyn "
                      "(remove it to begin the list anew)");
    if (memcmp(content.job, c->job, HASH) != 0)
        return refuse(c, "is of another job: the options are not those that "
                      "it was made with (remove it to begin the list anew)");
    c->records = content.records;
    memcpy(c->stored, content.hash, HASH);
    memcpy(c->cursor, content.cursor, sizeof c->cursor);
    c->unclean = content.open;
    return true;
}

/* Sets both paths and opens their folder. */
static bool place(struct checkpoint *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t n = strlen(path);

    (void)snprintf(c->path, sizeof c->path, "%s", path);
    if (n == 0 || n + sizeof ".new" > sizeof c->beside)
        return refuse(c, "cannot be the name of a checkpoint: it is %s",
                      n == 0 ? "empty" : "too long");
    (void)snprintf(c->beside, sizeof c->beside, "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    do
        c->folder = open(c->beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (c->folder < 0 && errno == EINTR);
    if (c->folder < 0)
        return refuse(c, "cannot be made: its folder: %s", strerror(errno));
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
    memset(c, 0, sizeof *c);
    c->fd = c->folder = -1;
    digest(c->job, job, n);
    if (place(c, path) && hold(c) && (c->fd < 0 || load(c)) &&
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
    br_sha256_context sha;
    unsigned char length[8];
    int i;

    for (i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)n >> (56 - 8 * i));
    br_sha256_init(&sha);
    br_sha256_update(&sha, c->running, sizeof c->running);
    br_sha256_update(&sha, length, sizeof length);
    br_sha256_update(&sha, record, n);
    br_sha256_out(&sha, c->running);
    c->given++;
    if (c->given > c->records)
        return c->unclean ? CHECKPOINT_FIRST : CHECKPOINT_NEW;
    if (c->given < c->records || memcmp(c->running, c->stored, HASH) == 0)
        return CHECKPOINT_DONE;
    refuse(c, "is of another list: records 1 to %" PRIu64 " are not those "
           "that were done (remove it to begin this list anew)", c->records);
    return CHECKPOINT_OTHER;
}

bool checkpoint_done(struct checkpoint *c)
{
    if (c->given <= c->records)
        return true;
    c->records = c->given;
    memcpy(c->stored, c->running, HASH);
    c->unclean = false;
    return replace(c, true);
}

bool checkpoint_move(struct checkpoint *c, uint64_t records,
                     const char *cursor)
{
    c->records = records;
    (void)snprintf(c->cursor, sizeof c->cursor, "%s", cursor);
    c->unclean = false;
    return replace(c, true);
}

bool checkpoint_list_end(struct checkpoint *c)
{
    return c->given >= c->records ||
        refuse(c, "is of another list: this one ends after record %" PRIu64
               ", and %" PRIu64 " were done (remove it to begin this list "
               "anew)", c->given, c->records);
}
