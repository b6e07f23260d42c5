/*
 * checkpoint.c: reads, locks and replaces a checkpoint, a file that remembers
 * how much of a list is done:
 *
 *     ocrdyn checkpoint 1
 *     records 3
 *     hash 43ac...
 *     job 5e8c...
 *     state closed
 *     place ...
 *     check 0541...
 *
 * "hash" is over the records done, "job" over the caller's description of the
 * job, "check" over the lines before it (SHA-256). "state" is open while a run
 * uses the file. "place" is a position (checkpoint_save), and absent where
 * there is none. 1.0.0 writes and reads the same files.
 */
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum {
    HASH = CHECKPOINT_HASH,
    HEX = CHECKPOINT_HEX - 1,            /* digits of a hash */
    SIZE = 512,              /* bytes of a file at most, */
    MAX = SIZE + CHECKPOINT_POSITION,    /* and of one with a position */
    NAME = 200,              /* bytes of a path in a sentence */
    TRIES = 100              /* to lock a file that is being replaced */
};

static const char magic[] = "ocrdyn checkpoint ";

/* Writes the sentence, which begins with the path or the end of a long one. */
__attribute__((format(printf, 2, 3)))
static bool refuse(struct checkpoint *c, const char *format, ...)
{
    const size_t n = strlen(c->path), cut = n > NAME ? n - NAME : 0;
    va_list ap;

    error_set(&c->error, "%s%s ", cut > 0 ? "..." : "", c->path + cut);
    va_start(ap, format);
    error_vadd(&c->error, format, ap);
    va_end(ap);
    return false;
}

static bool refuse_errno(struct checkpoint *c, const char *what)
{
    return refuse(c, "cannot be %s: %s", what, strerror(errno));
}

/* Adds what to do to the sentence of refuse(). */
static bool advise(struct checkpoint *c)
{
    return error_add(&c->error, " (remove it to begin the list anew)");
}

/* ---- the text of the file ---- */

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

/* Writes the text for what *c contains to c->text. Returns false, with errno,
   if there is no memory for it. */
static bool render(struct checkpoint *c, bool in_use)
{
    struct buf *text = &c->text;
    char check[CHECKPOINT_HEX];

    buf_reset(text);
    buf_format(text, "%s1\nrecords %" PRIu64 "\nhash %s\njob %s\nstate %s\n",
               magic, c->records, c->stored, c->job,
               in_use ? "open" : "closed");
    if (c->position.len > 0) {
        buf_str(text, "place ");
        buf_add(text, c->position.data, c->position.len);
        buf_byte(text, '\n');
    }
    digest(check, text->data, text->len);
    return buf_format(text, "check %s\n", check);
}

/*
 * Takes the values out of a text of n bytes with a NUL after them. What stands
 * between the values is not examined: a text is valid if they render the same
 * text again, byte for byte.
 */
static bool parse(struct checkpoint *c, const char *text, size_t n)
{
    const size_t tail = strlen("\nhash \njob \nstate ") + (size_t)2 * HEX;
    char *p;

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
    if (strncmp(p, "\nplace ", 7) == 0)
        buf_add(&c->position, p + 7, strcspn(p + 7, "\n"));
    return render(c, c->unclean) && c->text.len == n &&
        memcmp(c->text.data, text, n) == 0 &&
        (c->records > 0 || strspn(c->stored, "0") == HEX);
}

/* Reads the whole file, or its beginning if it is longer than any checkpoint,
   and adds a NUL. Returns false, with errno, if that failed. */
static bool read_text(int fd, struct buf *text)
{
    char piece[4096];
    ssize_t n;

    buf_init(text, MAX + sizeof piece + 1);
    do {
        n = file_read(fd, piece, sizeof piece, (off_t)text->len);
        if (n < 0)
            return false;
        buf_add(text, piece, (size_t)n);
    } while (n == sizeof piece && text->len <= MAX && !text->failed);
    return buf_byte(text, '\0');
}

/* Takes what the file contains, with a NUL after it: a checkpoint of this
   job. */
static bool accept_text(struct checkpoint *c, const struct buf *file,
                        const char job[CHECKPOINT_HEX])
{
    const char *text = (const char *)file->data;

    if (file->len == 1)
        return refuse(c, "is empty, which no checkpoint is") || advise(c);
    if (strncmp(text, magic, strlen(magic)) != 0)
        return refuse(c, "is not a checkpoint: name another file");
    if (!parse(c, text, file->len - 1)) {
        if (c->position.starved || c->text.starved)
            return refuse(c, "cannot be read: out of memory");
        return refuse(c, "is damaged, or of another version of ocrdyn") ||
            advise(c);
    }
    if (strcmp(c->job, job) != 0)
        return refuse(c, "is of another job: it was made with other options")
            || advise(c);
    return true;
}

static bool load(struct checkpoint *c, const char job[CHECKPOINT_HEX])
{
    struct buf file;
    bool good;

    good = read_text(c->fd, &file) ? accept_text(c, &file, job)
                                   : refuse_errno(c, "read");
    buf_free(&file);
    return good;
}

/* ---- the file and its lock ---- */

/*
 * Both files are locked. Who has the lock of the file at the path is the run
 * on this list. Only who has the lock of the second file may write, remove or
 * rename it; the run takes that lock for each replacement, and with the rename
 * it becomes the lock of the file at the path, without a gap. A lock counts
 * only if the locked file still has its name.
 *
 * If there is no file yet, two runs may want to create it. The first to lock
 * the second file does; the other is refused, or finds that the file exists
 * and releases the lock, for which the first may have to wait in its first
 * replacement.
 */

/* Returns whether the open file is the one that has this name. */
static bool is_at(int fd, const char *path)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
        opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Opens and locks the file at the path, or the second file. Returns its
   descriptor, or -1; without a sentence if there is no file at the path. */
static int open_locked(struct checkpoint *c, bool second)
{
    const char *path = second ? c->beside : c->path;
    const int flags = O_RDWR | O_NOFOLLOW | (second ? O_CREAT : 0);
    int i;

    for (i = 0; i < TRIES; i++) {
        int fd = file_open(path, flags);

        if (fd < 0) {
            if (second)
                refuse_errno(c, "written (first to the same name with .new)");
            else if (errno != ENOENT)
                refuse_errno(c, "opened");
            return -1;
        }
        if (!file_lock(fd, second && c->fd >= 0)) {
            if (errno == EWOULDBLOCK)
                refuse(c, "is in use by another run");
            else
                refuse_errno(c, "locked");
            close(fd);
            return -1;
        }
        if (is_at(fd, path))
            return fd;
        close(fd);
    }
    refuse(c, "keeps being replaced by another process");
    return -1;
}

/* Opens and locks the file at the path; c->fd stays -1 if there is none. */
static bool hold(struct checkpoint *c)
{
    struct stat st;

    if (lstat(c->path, &st) != 0)
        return errno == ENOENT || refuse_errno(c, "opened");
    if (S_ISLNK(st.st_mode))
        return refuse(c, "is a symbolic link: name the file itself");
    if (!S_ISREG(st.st_mode))
        return refuse(c, "is %s: name a file", S_ISDIR(st.st_mode)
                      ? "a folder" : "not a regular file");
    c->fd = open_locked(c, false);
    return c->fd >= 0 || c->error.text[0] == '\0';
}

/* Returns whether the second file is what a killed run or a power failure left
   there, and not a file of somebody else. */
static bool is_left(int fd)
{
    char text[sizeof magic - 1];
    const ssize_t n = file_read(fd, text, sizeof text, 0);
    struct stat st;

    return n >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 1 &&
        st.st_size <= MAX &&
        ((n > 0 && text[0] == '\0' && st.st_size <= SIZE) ||
         memcmp(text, magic, (size_t)n) == 0);
}

/* Returns whether the path still has the file that is held, or still none. */
static bool is_ours(const struct checkpoint *c)
{
    struct stat st;

    if (c->fd >= 0)
        return is_at(c->fd, c->path);
    return lstat(c->path, &st) != 0 && errno == ENOENT;
}

/* Writes the second file, which gets the mode of the file that it replaces. */
static bool write_text(struct checkpoint *c, int fd, bool in_use)
{
    struct stat old;

    return (c->fd < 0 || (fstat(c->fd, &old) == 0 &&
                          fchmod(fd, old.st_mode & 0777) == 0)) &&
        render(c, in_use) && file_write(fd, c->text.data, c->text.len) &&
        file_sync(fd);
}

/* Replaces the file by one that contains what is in *c. */
static bool replace(struct checkpoint *c, bool in_use)
{
    int fd = open_locked(c, true);

    if (fd < 0)
        return false;
    if (!is_left(fd) || !file_empty(fd)) {
        close(fd);
        return refuse(c, "cannot be written: another file has the same name "
                      "with .new");
    }
    if (!is_ours(c)) {
        refuse(c, "was created, replaced or removed by another process");
    } else if (!write_text(c, fd, in_use) ||
               rename(c->beside, c->path) != 0) {
        refuse_errno(c, "written");
    } else {
        if (c->fd >= 0)
            close(c->fd);
        c->fd = fd;
        return file_sync_folder(c->folder) || refuse_errno(c, "synced to disk");
    }
    unlink(c->beside);
    close(fd);
    return false;
}

/* Sets both paths and opens their folder. */
static bool set_path(struct checkpoint *c, const char *path)
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
    c->folder = file_open(c->beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (c->folder < 0)
        return refuse_errno(c, "created: its folder");
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
    buf_free(&c->position);
    buf_free(&c->text);
}

bool checkpoint_open(struct checkpoint *c, const char *path, const void *job,
                     size_t n)
{
    char hash[CHECKPOINT_HEX];

    memset(c, 0, sizeof *c);
    c->fd = c->folder = -1;
    buf_init(&c->position, CHECKPOINT_POSITION);
    buf_init(&c->text, MAX);
    digest(hash, job, n);
    memcpy(c->job, hash, sizeof hash);
    memset(c->stored, '0', HEX);
    if (set_path(c, path) && hold(c) && (c->fd < 0 || load(c, hash)) &&
        replace(c, true))
        return true;
    shut(c);
    return false;
}

bool checkpoint_close(struct checkpoint *c, bool clean)
{
    bool good;

    if (c->fd < 0)
        return true;
    good = !clean || c->unclean || replace(c, false);
    shut(c);
    return good;
}

/* ---- the list ---- */

enum checkpoint_state checkpoint_record(struct checkpoint *c,
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
        return c->unclean ? CHECKPOINT_DOUBT : CHECKPOINT_NEW;
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

bool checkpoint_save(struct checkpoint *c, uint64_t records,
                     const void *position, size_t n)
{
    if (n > CHECKPOINT_POSITION || memchr(position, '\n', n) != NULL ||
        memchr(position, '\0', n) != NULL)
        return refuse(c, "cannot hold a position of this length");
    buf_reset(&c->position);
    if (n > 0 && !buf_add(&c->position, position, n))
        return refuse(c, "cannot be written: out of memory");
    c->records = records;
    c->unclean = false;
    return replace(c, true);
}

bool checkpoint_list_end(struct checkpoint *c)
{
    if (c->given >= c->records)
        return true;
    return refuse(c, "is of another list: this one ends after record %" PRIu64
                  ", and %" PRIu64 " were done", c->given, c->records) ||
        advise(c);
}
