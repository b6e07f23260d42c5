/*
 * The unit test of checkpoint.c, in a folder of its own under $TMPDIR (else
 * in memory, or /tmp), which it removes. It has its own system calls, which
 * do the kernel's, except for the one that is to fail, or before which the
 * process is killed. It kills children at random, too; the seed is printed,
 * but not the times that the kernel takes.
 */
#include "rows/checkpoint.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/test.h"

static const char path[] = "list.at", beside[] = "list.at.new";
static const char job[] = "run --ocr adv_ocr";
static struct checkpoint c, other;

/* ---- system calls ---- */

enum { TRACE = 4096, KILL = -1 };

static struct {
    int count;                       /* calls so far */
    int at;                          /* the one that fails; 0: none */
    char letter;                     /* or the first with this letter */
    int error;                       /* an errno, or KILL */
    size_t most;                     /* bytes written at once; 0: any */
    const char *when;                /* in the middle of a call by this */
    void (*then)(void);              /* name, do that, once */
    char trace[TRACE];               /* what was called, a letter each */
} calls;

static void calls_reset(void)
{
    memset(&calls, 0, sizeof calls);
}

/* The call number `at`, or the first with this letter, is to fail. */
static void calls_fail(int at, char letter, int error)
{
    calls_reset();
    calls.at = at;
    calls.letter = letter;
    calls.error = error;
}

/* Does the call with this letter fail now? */
static bool fails(char letter)
{
    void (*then)(void) = calls.then;

    if (calls.count < TRACE - 1)
        calls.trace[calls.count] = letter;
    if (then != NULL && strchr(calls.when, letter) != NULL) {
        calls.then = NULL;
        then();
    }
    calls.count++;
    if (calls.count != calls.at && letter != calls.letter)
        return false;
    calls.letter = '\0';
    if (calls.error == KILL)
        kill(getpid(), SIGKILL);
    errno = calls.error;
    return true;
}

int open(const char *name, int flags, ...)
{
    const int is_folder = (flags & O_DIRECTORY) != 0;
    const int creates = (flags & O_CREAT) != 0;
    unsigned mode = 0;
    va_list ap;

    va_start(ap, flags);
    if (creates)
        mode = va_arg(ap, unsigned);
    va_end(ap);
    if (fails("onDD"[creates + 2 * is_folder]))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
}

int flock(int fd, int operation)
{
    return fails('l') ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int fstat(int fd, struct stat *st)
{
    return fails('s') ? -1 : fstatat(fd, "", st, AT_EMPTY_PATH);
}

int lstat(const char *name, struct stat *st)
{
    return fails('S') ? -1 :
        fstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW);
}

int ftruncate(int fd, off_t size)
{
    return fails('t') ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fchmod(int fd, mode_t mode)
{
    return fails('m') ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
    struct iovec to = {bytes, n};

    return fails('p') ? -1 : preadv(fd, &to, 1, at);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    if (fails('w'))
        return calls.error == 0 ? 0 : -1;
    if (calls.most > 0 && n > calls.most)
        n = calls.most;
    return (ssize_t)syscall(SYS_write, fd, bytes, n);
}

/* Only where it is asked for: what it does no test can see, and it takes
   most of the time. */
static bool sync_really;

int fsync(int fd)
{
    if (fails('f'))
        return -1;
    return sync_really ? (int)syscall(SYS_fsync, fd) : 0;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

int rename(const char *from, const char *to)
{
    return fails('r') ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- files ---- */

static void must(bool good, const char *what)
{
    if (!good) {
        printf("cannot %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void put_file(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(name, "we");

    must(f != NULL && fwrite(bytes, 1, n, f) == n && fclose(f) == 0,
         "write a file");
}

/* Its size; at most 600 bytes of it. */
static size_t get_file(const char *name, char bytes[600])
{
    FILE *f = fopen(name, "re");
    size_t n;

    if (f == NULL)
        return 0;
    n = fread(bytes, 1, 600, f);
    (void)fclose(f);
    return n;
}

static bool is_there(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

/* No file, and system calls that work. */
static void clear(void)
{
    calls_reset();
    (void)remove(path);
    (void)remove(beside);
}

/* Returns whether the sentence starts so. */
static bool starts(const char *text)
{
    return strncmp(c.error.text, text, strlen(text)) == 0;
}

static bool position_is(const char *text, size_t n)
{
    return c.position.len == n &&
        (n == 0 || memcmp(c.position.data, text, n) == 0);
}

/* ---- lists ---- */

/* Record number i of the list: of all lengths, some empty, with NULs. */
static size_t record(uint64_t i, unsigned char bytes[64])
{
    size_t n = (size_t)(i * 7 % 61), k;

    for (k = 0; k < n; k++)
        bytes[k] = (unsigned char)(i * 31 + k * k);
    return n;
}

static enum checkpoint_state give(uint64_t i)
{
    unsigned char bytes[64];
    size_t n = record(i, bytes);

    return checkpoint_record(&c, bytes, n);
}

static bool open_it(void)
{
    return checkpoint_open(&c, path, job, sizeof job);
}

/* Makes a file of which `done` records are done. */
static void make(uint64_t done, bool clean)
{
    uint64_t i;

    clear();
    must(open_it(), "open a checkpoint");
    for (i = 0; i < done; i++)
        must(give(i) == CHECKPOINT_NEW && checkpoint_done(&c),
             "do a record");
    must(checkpoint_close(&c, clean), "close a checkpoint");
}

/* The same, opened again, and what is done of the list given, and n more. */
static void make_open(uint64_t done, bool clean, uint64_t n)
{
    make(done, clean);
    must(open_it(), "open a checkpoint");
    for (uint64_t i = 0; i < done + n; i++)
        give(i);
    calls_reset();
}

/* What the file says is done, -1 if it is refused. Changes nothing. */
static int64_t said(void)
{
    char before[600];
    size_t n = get_file(path, before);
    int64_t records = -1;

    calls_reset();
    if (open_it())
        records = (int64_t)c.records;
    checkpoint_close(&c, false);
    if (n > 0)
        put_file(path, before, n);
    return records;
}

/* ---- */

static void test_fresh(void)
{
    struct stat st;

    clear();
    CHECK(open_it() && c.records == 0 && !c.unclean && *c.error.text == '\0',
          "a path without a file is a new checkpoint: %s", c.error.text);
    CHECK(lstat(path, &st) == 0 && st.st_size > 0 && st.st_size <= 512 &&
          !is_there(beside), "it is there, is small, and nothing beside");
    CHECK(give(0) == CHECKPOINT_NEW, "its first record is to be done");
    CHECK(checkpoint_list_end(&c), "no list is too short for it");
    CHECK(checkpoint_close(&c, true) && checkpoint_close(&c, true) &&
          checkpoint_close(&c, false), "it can be closed more than once");
    CHECK(open_it() && c.records == 0 && !c.unclean &&
          give(0) == CHECKPOINT_NEW, "a record not done is to be done later");
    checkpoint_close(&c, false);
}

/* The digits of a hash. */
static void to_hex(char out[CHECKPOINT_HEX], const unsigned char *hash)
{
    for (size_t i = 0; i < CHECKPOINT_HASH; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static void test_resume(void)
{
    enum { LIST = 40 };
    uint64_t done, i;
    bool good = true, ends = true, hash = true;

    for (done = 0; done <= LIST; done++) {
        for (int clean = 0; clean < 2; clean++) {
            char before[CHECKPOINT_HEX], now[CHECKPOINT_HEX];

            make(done, clean == 1);
            good &= open_it() && c.records == done && c.unclean == !clean;
            memcpy(before, c.stored, sizeof before);
            for (i = 0; i < LIST; i++) {
                ends &= checkpoint_list_end(&c) == (i >= done);
                good &= give(i) == (i < done ? CHECKPOINT_DONE : clean ?
                                    CHECKPOINT_NEW : CHECKPOINT_DOUBT);
                to_hex(now, c.running);
                hash &= i + 1 != done || strcmp(before, now) == 0;
            }
            good &= checkpoint_list_end(&c) && c.given == LIST;
            checkpoint_close(&c, false);
        }
    }
    CHECK(good, "a list goes on at every place");
    CHECK(ends, "a list that ends too early is refused");
    CHECK(hash, "the hash is the same however often the list was resumed");
}

/* A file is the same on every machine, and for every later version. */
static void test_format(void)
{
    static const char *const records[] = {"scans/1", "", "a\0b"};
    static const size_t sizes[] = {7, 0, 3};
    static const char expected[] = "ocrdyn checkpoint 1\nrecords 3\nhash "
        "43ac80313d4f482f19306ae6f907fb2cbfdbdd67a08ce317b1c35a0cfa8615cd\n"
        "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002"
        "\nstate closed\ncheck "
        "0541f3d65f5d3fdac280311fc2c34ab925a8c76a16dcc58b912cbee9f7a68906\n";
    char text[600];
    const int fd = dup(0);
    int after;

    clear();
    must(checkpoint_open(&c, path, "job", 3), "open a checkpoint");
    for (int i = 0; i < 3; i++) {
        checkpoint_record(&c, records[i], sizes[i]);
        must(checkpoint_done(&c), "do a record");
    }
    must(checkpoint_close(&c, true), "close a checkpoint");
    CHECK(get_file(path, text) == sizeof expected - 1 &&
          memcmp(text, expected, sizeof expected - 1) == 0,
          "the file, as another implementation has it: %s", text);
    after = dup(0);
    CHECK(fd >= 0 && after == fd + 1, "no descriptor is left open");
    close(after);
    close(fd);
}

/* Files that 1.0.0 has written: each is read, and written again as it was. */
static void test_old_files(void)
{
    static const struct {
        const char *text;
        uint64_t records;
        bool unclean;
        const char *place;
    } files[] = {
    {"ocrdyn checkpoint 1\n"
    "records 3\n"
    "hash 43ac80313d4f482f19306ae6f907fb2cbfdbdd67a08ce317b1c35a0cfa8615cd\n"
    "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002\n"
    "state closed\n"
    "check 0541f3d65f5d3fdac280311fc2c34ab925a8c76a16dcc58b912cbee9f7a68906\n",
    3, false, ""},
    {"ocrdyn checkpoint 1\n"
    "records 3\n"
    "hash 43ac80313d4f482f19306ae6f907fb2cbfdbdd67a08ce317b1c35a0cfa8615cd\n"
    "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002\n"
    "state open\n"
    "check fe302f25111ef03514cff63eacbf739ae676b6e4f95fda6295e756529bb32b80\n",
    3, true, ""},
    {"ocrdyn checkpoint 1\n"
    "records 0\n"
    "hash 0000000000000000000000000000000000000000000000000000000000000000\n"
    "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002\n"
    "state open\n"
    "check 40cc962cf328a7d4e3d4462df5425b42de4a1bbd4870df013120311ed53cd100\n",
    0, true, ""},
    {"ocrdyn checkpoint 1\n"
    "records 1500\n"
    "hash 0000000000000000000000000000000000000000000000000000000000000000\n"
    "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002\n"
    "state closed\n"
    "place {\"columns\":[\"id\"],\"key\":{\"id\":{\"S\":\"a\"}}}\n"
    "check a052103db2e9d5d2e3fa5ea3f54e7df2ad42f78d14c6a4a9d124711c1375a2d9\n",
    1500, false, "{\"columns\":[\"id\"],\"key\":{\"id\":{\"S\":\"a\"}}}"},
    {"ocrdyn checkpoint 1\n"
    "records 1500\n"
    "hash 0000000000000000000000000000000000000000000000000000000000000000\n"
    "job 5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002\n"
    "state open\n"
    "place 0a1b\n"
    "check 745f297298198182944b31571b6170fea4ffdc3916a9e495093235d7265d058a\n",
    1500, true, "0a1b"},
    };
    char now[600];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const size_t n = strlen(files[i].text);

        clear();
        put_file(path, files[i].text, n);
        CHECK(checkpoint_open(&c, path, "job", 3) &&
              c.records == files[i].records && c.unclean == files[i].unclean &&
              position_is(files[i].place, strlen(files[i].place)),
              "file %d of 1.0.0 is read: %s", (int)i, c.error.text);
        CHECK(checkpoint_close(&c, true) && get_file(path, now) == n &&
              memcmp(now, files[i].text, n) == 0,
              "file %d of 1.0.0 is written as it was: %.600s", (int)i, now);
    }
}

static void test_unclean(void)
{
    make_open(3, false, 0);
    CHECK(c.unclean, "an unclean end shows");
    CHECK(give(3) == CHECKPOINT_DOUBT && give(4) == CHECKPOINT_DOUBT,
          "the records after it are perhaps done, until one is");
    CHECK(checkpoint_done(&c) && give(5) == CHECKPOINT_NEW,
          "then they are not");
    CHECK(checkpoint_close(&c, true) && open_it() && c.records == 5 &&
          !c.unclean, "records passed over are done with the next");
    checkpoint_close(&c, true);

    make_open(3, false, 0);
    CHECK(checkpoint_close(&c, true) && open_it() && c.unclean,
          "a clean end without a record done leaves the doubt");
    checkpoint_close(&c, true);
    make_open(3, false, 1);
    CHECK(checkpoint_done(&c) && checkpoint_close(&c, true) && open_it() &&
          !c.unclean, "with one, it does not");
    CHECK(checkpoint_close(&c, true) && open_it() && !c.unclean,
          "an end with nothing done is clean");
    checkpoint_close(&c, true);

    make_open(3, true, 0);
    CHECK(checkpoint_done(&c) && calls.count == 0,
          "what was done before is not done again");
    checkpoint_close(&c, true);
}

/* The list as it was given, but for one change at a place. */
enum change { CHANGED, LONGER, INSERTED, DELETED, SWAPPED, CHANGES };

static enum checkpoint_state give_changed(enum change change, uint64_t at,
                                          uint64_t i)
{
    unsigned char bytes[64];
    size_t n;

    if (change == INSERTED && i > at)
        i--;
    else if (change == DELETED && i >= at)
        i++;
    else if (change == SWAPPED && (i == at || i == at + 1))
        i = 2 * at + 1 - i;
    n = record(i, bytes);
    if (change == CHANGED && i == at && n > 0)
        bytes[n / 2] ^= 1;
    else if (i == at && (change == LONGER || change == CHANGED))
        bytes[n++] = 0;
    return checkpoint_record(&c, bytes, n);
}

static void test_other_list(void)
{
    enum { DONE = 20 };

    for (enum change change = CHANGED; change < CHANGES; change++) {
        uint64_t at, i;

        for (at = 0; at + 1 < DONE; at++) {
            enum checkpoint_state state = CHECKPOINT_DONE;

            make(DONE, true);
            open_it();
            for (i = 0; i < DONE && state == CHECKPOINT_DONE; i++)
                state = give_changed(change, at, i);
            CHECK(i == DONE && state == CHECKPOINT_OTHER &&
                  starts("list.at is of another list: records 1 to 20 are "
                         "not"),
                  "change %d of record %d is seen: %s", (int)change,
                  (int)at, c.error.text);
            checkpoint_close(&c, true);
            CHECK(said() == DONE, "and the checkpoint is as it was");
        }
    }
    make(5, true);
    must(open_it(), "open a checkpoint");
    give(0), give(1);
    CHECK(!checkpoint_list_end(&c) && starts("list.at is of another list: "
          "this one ends after record 2, and 5 were done"),
          "a shorter list is refused: %s", c.error.text);
    checkpoint_close(&c, true);
}

static void refused(const char *what, const char *sentence)
{
    bool good = open_it();

    CHECK(!good && c.fd == -1 && strstr(c.error.text, sentence) != NULL &&
          strncmp(c.error.text, "list.at ", 8) == 0,
          "%s is refused: %s", what, c.error.text);
    checkpoint_close(&c, true);
}

static void test_other_job(void)
{
    static const char *const jobs[] = {"", "run --ocr adv_ocr:", "run"};
    char before[600], after[600];
    size_t n;

    make(5, true);
    n = get_file(path, before);
    for (size_t i = 0; i < 3; i++)
        CHECK(!checkpoint_open(&c, path, jobs[i], strlen(jobs[i])) &&
              strstr(c.error.text, "of another job") != NULL,
              "another job is refused: %s", c.error.text);
    CHECK(get_file(path, after) == n && memcmp(before, after, n) == 0,
          "and the file is as it was");
    CHECK(open_it() && checkpoint_close(&c, true), "the same job is not");
}

/* Every cut, every change of a byte, and what may follow. */
static void test_damage(void)
{
    static const char magic[] = "ocrdyn checkpoint ";
    char text[600], now[600];
    size_t n, i;
    bool good = true, kept = true;
    int fd;

    make(12, false);
    n = get_file(path, text);
    for (i = 0; i < n; i++) {
        put_file(path, text, i);
        refused("a cut file", i == 0 ? "is empty" : i < strlen(magic) ?
                "not a checkpoint" : "damaged");
    }
    put_file(path, text, n);
    fd = open(path, O_WRONLY);
    for (i = 0; i < n; i++) {
        for (int change = 1; change < 256; change++) {
            text[i] = (char)(text[i] ^ change);
            must(pwrite(fd, text + i, 1, (off_t)i) == 1, "change a file");
            good &= !open_it();
            kept &= get_file(path, now) == n && memcmp(now, text, n) == 0;
            text[i] = (char)(text[i] ^ change);
        }
        must(pwrite(fd, text + i, 1, (off_t)i) == 1, "change a file");
    }
    close(fd);
    CHECK(good, "every other byte at every place is refused");
    CHECK(kept && !is_there(beside), "what is refused is left as it is");
    for (i = 0; i < 256; i++) {
        text[n] = (char)i;
        put_file(path, text, n + 1);
        good &= !open_it();
    }
    memset(text + n, '\n', sizeof text - n);
    put_file(path, text, sizeof text);
    good &= !open_it();
    CHECK(good, "a file with more at its end is refused");
    put_file(path, text, n);
    CHECK(open_it() && c.records == 12, "the file itself is not");
    checkpoint_close(&c, true);
}

/* Writes a text, and the line that checks it, over the file. */
static void put_checked(const char *text)
{
    char check[65], whole[1024];
    unsigned char sum[32];
    br_sha256_context sha;

    br_sha256_init(&sha);
    br_sha256_update(&sha, text, strlen(text));
    br_sha256_out(&sha, sum);
    to_hex(check, sum);
    (void)snprintf(whole, sizeof whole, "%.900scheck %s\n", text, check);
    put_file(path, whole, strlen(whole));
}

/* Files that we would not have written, some with a check that is right. */
static void test_foreign(void)
{
    static const struct { const char *from, *to; bool good; } changes[] = {
        {"", "", true}, {"records 5", "records 6", true},
        {"records 5", "records 18446744073709551615", true},
        {"records 5", "records 18446744073709551616", false},
        {"records 5", "records 99999999999999999999", false},
        {"records 5", "records 111111111111111111111", false},
        {"records 5", "records 05", false},
        {"records 5", "records +5", false},
        {"records 5", "records -5", false},
        {"records 5", "records  5", false},
        {"records 5", "records ", false}, {"records 5", "records 0", false},
        {"hash ", "hash 0", false}, {"hash ", "hash\t", false},
        {"hash ", "hash A", false}, {"job ", "", false},
        {"\njob", "\r\njob", false}, {"\njob", "\n\njob", false},
        {"state open", "state ajar", false},
        {"state open", "state opened", false}, {"state open\n", "", false},
        {"state open", "state open ", false},
        {"state open\n", "state open\nmore 1\n", false},
        {"state open\n", "state open\nplace 1a\n", true},
        {"state open\n", "state open\nplace \n", false},
        {"state open\n", "state open\nplace 1a\nplace 1a\n", false},
        {"state open\n", "state open\n\nplace 1a\n", false},
        {"checkpoint 1", "checkpoint 2", false},
        {"checkpoint 1", "checkpoint 11", false},
    };
    char text[600], changed[1024];

    make(5, false);
    text[get_file(path, text)] = '\0';
    *strstr(text, "check ") = '\0';
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(text, changes[i].from);

        (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text),
                       text, changes[i].to, at + strlen(changes[i].from));
        put_checked(changed);
        CHECK(open_it() == changes[i].good, "\"%s\" for \"%s\" is %s: %s",
              changes[i].to, changes[i].from,
              changes[i].good ? "fine" : "refused", c.error.text);
        checkpoint_close(&c, false);
    }
    put_file(path, "scans/1\nscans/2\n", 16);
    refused("a list", "not a checkpoint: name another");
    put_file(path, "\0\0\0", 3);
    refused("NULs", "not a checkpoint: name another");
}

/* Work that is not a list has a position instead. */
static void test_position(void)
{
    static char longest[CHECKPOINT_POSITION + 1];
    const size_t n = CHECKPOINT_POSITION;

    memset(longest, 'c', sizeof longest);
    clear();
    must(open_it(), "open a checkpoint");
    CHECK(c.position.len == 0 && c.records == 0, "there is none at first");
    CHECK(checkpoint_save(&c, 500, longest, n) && checkpoint_close(&c, true),
          "one of the longest is kept: %s", c.error.text);
    CHECK(open_it() && c.records == 500 && position_is(longest, n) &&
          !c.unclean, "and found again: %s", c.error.text);
    CHECK(!checkpoint_save(&c, 600, longest, n + 1) &&
          !checkpoint_save(&c, 600, "a\nb", 3) &&
          !checkpoint_save(&c, 600, "a\0b", 3),
          "one that is longer, or not one line, is refused");
    CHECK(checkpoint_save(&c, 700, "x", 1) && checkpoint_close(&c, false) &&
          open_it() && c.records == 700 && position_is("x", 1) &&
          c.unclean, "after an unclean end, too: %s", c.error.text);
    CHECK(checkpoint_save(&c, 800, "", 0) && checkpoint_close(&c, true) &&
          open_it() && c.records == 800 && c.position.len == 0,
          "and gone when there is none any more: %s", c.error.text);
    checkpoint_close(&c, true);
}

static void test_kinds(void)
{
    clear();
    put_file("aim", "", 0);
    must(symlink("aim", path) == 0, "make a link");
    refused("a symbolic link", "symbolic link");
    (void)remove("aim");
    refused("a dangling link", "symbolic link");
    (void)remove(path);
    must(mkdir(path, 0700) == 0, "make a folder");
    refused("a folder", "folder");
    must(rmdir(path) == 0 && mkfifo(path, 0600) == 0, "make a pipe");
    refused("a pipe", "not a regular file");
    (void)remove(path);
    CHECK(!checkpoint_open(&c, "/dev/null", job, 1) &&
          starts("/dev/null is not a regular file"),
          "a device is refused: %s", c.error.text);
    CHECK(!checkpoint_open(&c, "none/list.at", job, 1) &&
          strstr(c.error.text, "No such file") != NULL,
          "a folder that is not there is refused: %s", c.error.text);
    CHECK(!checkpoint_open(&c, "none/", job, 1),
          "a path that ends in / is refused: %s", c.error.text);
    CHECK(!checkpoint_open(&c, "", job, 1) &&
          strstr(c.error.text, "it is empty") != NULL,
          "no name is refused: %s", c.error.text);
    CHECK(!is_there(path) && !is_there(beside), "and nothing is made");
}

static void test_names(void)
{
    static char name[CHECKPOINT_PATH + 10];
    char folder[CHECKPOINT_PATH];

    clear();
    memset(name, 'x', sizeof name - 1);
    CHECK(!checkpoint_open(&c, name, job, 1) &&
          strstr(c.error.text, "it is too long") != NULL,
          "a path longer than any is refused");
    name[255] = '\0';
    CHECK(!checkpoint_open(&c, name, job, 1) && !is_there(name) &&
          strstr(c.error.text, "too long") != NULL &&
          strncmp(c.error.text, "...xxx", 6) == 0,
          "a name that has no room for .new is refused: %s", c.error.text);
    name[251] = '\0';
    CHECK(checkpoint_open(&c, name, job, 1) && checkpoint_close(&c, true) &&
          remove(name) == 0, "the longest name is not");
    memset(name, '/', sizeof name);
    memcpy(name + CHECKPOINT_PATH - 5 - 7, path, sizeof path);
    must(getcwd(folder, sizeof folder) != NULL, "name the folder");
    memcpy(name, folder, strlen(folder));
    CHECK(checkpoint_open(&c, name, job, 1) && checkpoint_close(&c, true) &&
          is_there(path), "the longest path is not: %s", c.error.text);
    name[strlen(name)] = '/';
    name[CHECKPOINT_PATH - 4] = '\0';
    CHECK(!checkpoint_open(&c, name, job, 1) &&
          strstr(c.error.text, "it is too long") != NULL,
          "a path with one byte more is: %s", c.error.text);
    clear();
    CHECK(checkpoint_open(&c, "./list.at", job, 1) && is_there(path) &&
          checkpoint_close(&c, true), "a path with a folder");
}

/* What stands where the new file is to be written. */
static void test_beside(void)
{
    static const char *const left[] = {"", "o", "ocrdyn checkpoint ",
        "ocrdyn checkpoint 1\nrecords 17\n", "ocrdyn checkpoint 1\nrecords "
        "3\n...........................................................\n"
        "...............................................................\n"
        "...............................................................\n"
        "...............................................................\n"
    };
    static char long_text[CHECKPOINT_POSITION + 1024];

    for (size_t i = 0; i < 5; i++) {
        make(3, true);
        put_file(beside, left[i], strlen(left[i]));
        CHECK(open_it() && checkpoint_close(&c, false) &&
              !is_there(beside) && said() == 3,
              "what a killed run left beside is taken: %s", c.error.text);
        clear();
        put_file(beside, left[i], strlen(left[i]));
        CHECK(open_it() && checkpoint_close(&c, false) && said() == 0,
              "also where it made no file: %s", c.error.text);
    }
    make(3, true);
    put_file(beside, "\0\0\0", 3);
    CHECK(open_it() && checkpoint_close(&c, true), "or a power cut");
    put_file(beside, "mine\n", 5);
    refused("somebody else's file beside", "another file has");
    CHECK(get_file(beside, long_text) == 5, "and is left as it is");
    memset(long_text, 0, sizeof long_text);
    put_file(beside, long_text, 513);
    refused("too many NULs", "another file has");
    memcpy(long_text, left[2], strlen(left[2]));
    put_file(beside, long_text, 513 + CHECKPOINT_POSITION);
    refused("a file that is too long", "another file has");
    put_file(beside, "", 0);
    must(link(beside, "second") == 0, "link a file");
    refused("a file of two names", "another file has");
    (void)remove("second");
    (void)remove(beside);
    must(symlink("aim", beside) == 0, "make a link");
    refused("a link beside", "cannot be written");
    CHECK(!is_there("aim"), "and is not followed");
    (void)remove(beside);
    must(mkfifo(beside, 0600) == 0, "make a pipe");
    refused("a pipe beside", "another file has");
    (void)remove(beside);
    CHECK(said() == 3, "the checkpoint is as it was");
}

static void test_mode(void)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0604};
    const mode_t mask = umask(0);
    struct stat st;

    make(0, true);
    CHECK(lstat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
          "a new file is private");
    umask(022);
    for (size_t i = 0; i < 5; i++) {
        make(1, true);
        must(chmod(path, modes[i]) == 0, "change a mode");
        CHECK(open_it() && checkpoint_close(&c, true) &&
              lstat(path, &st) == 0 && (st.st_mode & 07777) == modes[i],
              "the file keeps its mode %03o", (unsigned)modes[i]);
    }
    umask(mask);
}

/* ---- the lock ---- */

/* A child, and the pipe through which it reports. */
static pid_t child(int fds[2])
{
    pid_t pid = -1;

    if (pipe(fds) == 0)
        pid = fork();
    must(pid >= 0, "fork");
    return pid;
}

static bool open_other(void)
{
    return checkpoint_open(&other, path, job, sizeof job);
}

/* In a child: is it in use? */
static bool in_use_for_child(void)
{
    int status = 0;
    pid_t pid = fork();

    must(pid >= 0, "fork");
    if (pid == 0)
        _exit(!open_other() && strstr(other.error.text, "in use") != NULL);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void test_lock(void)
{
    int fds[2], status;
    pid_t pid;
    char byte = 'n';

    make(2, true);
    must(open_it(), "open");
    for (int i = 0; i < 4; i++) {
        CHECK(!open_other() && strcmp(other.error.text,
              "list.at is in use by another run") == 0,
              "a second open is refused after %d replacements: %s", i,
              other.error.text);
        CHECK(in_use_for_child(), "also in another process");
        give((uint64_t)i);
        CHECK(checkpoint_done(&c), "the first goes on: %s", c.error.text);
    }
    CHECK(checkpoint_close(&c, true) && open_other() && other.records == 4 &&
          checkpoint_close(&other, true), "it is free after the close");
    calls_fail(0, 'l', ENOLCK);
    refused("a file system without locks", "cannot be locked: No locks");

    pid = child(fds);
    if (pid == 0) {
        byte = open_it() ? 'y' : 'n';
        (void)!write(fds[1], &byte, 1);
        for (;;)
            pause();
    }
    must(read(fds[0], &byte, 1) == 1, "read from a child");
    CHECK(byte == 'y' && !open_it() && strstr(c.error.text, "in use") != NULL,
          "a child holds it");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    CHECK(open_it() && c.unclean && c.records == 4,
          "it is free after kill -9 of its holder: %s", c.error.text);
    checkpoint_close(&c, true);
    close(fds[0]);
    close(fds[1]);
}

/* ---- two at once ---- */

static bool other_opened;

static void do_open_other(void)
{
    other_opened = open_other();
}

/* Another run comes and goes. */
static void do_other_run(void)
{
    other_opened = open_other() && checkpoint_close(&other, true);
}

static void do_remove(void)
{
    (void)remove(path);
}

static void do_remove_beside(void)
{
    (void)remove(beside);
}

/* Other files take the place of both, again and again. */
static void do_always(void)
{
    (void)remove(beside);
    (void)remove(path);
    put_file(path, "", 0);
    calls.then = do_always;
}

/* Opens, with `then` done at the beginning of the first call that has one of
   these letters. */
static bool open_while(const char *when, void (*then)(void))
{
    calls_reset();
    calls.when = when;
    calls.then = then;
    other_opened = false;
    return open_it();
}

/* Of two runs that open it at once, one has it. */
static void check_two(const char *when, int64_t records)
{
    bool good = open_while(when, do_open_other);

    CHECK(good != other_opened, "of two runs that open it at once (at %s), "
          "one is refused: %s%s", when, c.error.text, other.error.text);
    CHECK(strstr(good ? other.error.text : c.error.text, "in use") != NULL ||
          strstr(good ? other.error.text : c.error.text, "another process")
          != NULL,
          "and told why: %s%s", c.error.text, other.error.text);
    checkpoint_close(&c, false);
    checkpoint_close(&other, false);
    CHECK(!is_there(beside) && said() == records, "and the file is whole");
}

static void test_two(void)
{
    static const char *const steps[] = {"D", "S", "n", "o", "l", "s", "p",
                                        "t", "w", "f", "r"};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (*steps[i] != 'o') {
            clear();
            check_two(steps[i], 0);
        }
        make(7, true);
        check_two(steps[i], 7);
        make(7, true);
        CHECK(open_while(steps[i], do_other_run) == (c.fd >= 0) &&
              (c.fd >= 0 ? c.records == 7 : *c.error.text != '\0'),
              "one that comes and goes (at %s): %s", steps[i], c.error.text);
        CHECK(!strchr("DSol", *steps[i]) || (other_opened && c.fd >= 0),
              "does no harm before the lock (at %s)", steps[i]);
        checkpoint_close(&c, false);
    }
}

static void test_removed(void)
{
    char text[600];
    pid_t pid;
    int fds[2];

    make(7, true);
    CHECK(open_while("o", do_remove) && c.records == 0,
          "a file removed before it was opened is made: %s", c.error.text);
    checkpoint_close(&c, true);
    make_open(7, true, 1);
    calls.when = "l";
    calls.then = do_remove_beside;
    CHECK(checkpoint_done(&c), "who removes the file beside does no harm: "
          "%s", c.error.text);
    checkpoint_close(&c, true);
    CHECK(!open_while("l", do_always) && c.fd == -1 &&
          strstr(c.error.text, "keeps being replaced") != NULL,
          "a file that is always another is refused: %s", c.error.text);
    make_open(7, true, 1);
    calls.when = "l";
    calls.then = do_always;
    CHECK(!checkpoint_done(&c) &&
          strstr(c.error.text, "keeps being replaced") != NULL,
          "also one beside: %s", c.error.text);
    checkpoint_close(&c, false);

    make_open(1, true, 1);
    pid = child(fds);
    if (pid == 0) {
        int fd = open(beside, O_CREAT | O_RDWR, 0600);

        must(flock(fd, LOCK_EX) == 0, "lock");
        (void)!syscall(SYS_write, fds[1], "", 1);
        usleep(100000);
        (void)remove(beside);
        _exit(0);
    }
    must(read(fds[0], text, 1) == 1, "read from a child");
    CHECK(checkpoint_done(&c), "a run that comes too late to make the file "
          "is waited for: %s", c.error.text);
    checkpoint_close(&c, true);
    waitpid(pid, NULL, 0);
    close(fds[0]);
    close(fds[1]);

    make_open(0, true, 1);
    do_remove();
    CHECK(!checkpoint_done(&c) &&
          strstr(c.error.text, "by another process") != NULL && !is_there(path) && !is_there(beside),
          "a file that was removed is not made again: %s", c.error.text);
    checkpoint_close(&c, true);
    make_open(0, true, 1);
    must(renameat(AT_FDCWD, path, AT_FDCWD, "aside") == 0, "rename");
    put_file(path, "x", 1);
    CHECK(!checkpoint_done(&c) && !checkpoint_close(&c, true) &&
          get_file(path, text) == 1 && !is_there(beside),
          "a file that was replaced is left alone: %s", c.error.text);
    checkpoint_close(&c, true);
    (void)remove("aside");
}

/* ---- failures ---- */

/* What a run of three records reported before something went wrong. */
static int run_three(uint64_t from, int report)
{
    uint64_t i;
    int done = 0;

    if (!open_it())
        return -1;
    for (i = 0; i < from; i++)
        give(i);
    for (; i < from + 3; i++, done++) {
        unsigned char byte = (unsigned char)i;

        give(i);
        if (!checkpoint_done(&c))
            return done;
        if (report >= 0)
            (void)!syscall(SYS_write, report, &byte, 1);
    }
    return checkpoint_close(&c, true) ? 4 : 3;
}

/* Each call of a run fails in turn. */
static void test_each_call(int error, bool fresh)
{
    bool errors = true, kept = true, clean = true, signals = true;
    char trace[TRACE];
    int at, n;

    make(5, true);
    calls_reset();
    run_three(5, -1);
    n = calls.count;
    for (at = 1; at <= n + 10; at++) {
        const uint64_t from = fresh ? 0 : 5;
        int done;
        int64_t records;

        if (fresh)
            clear();
        else
            make(from, true);
        calls_fail(at, '\0', error);
        done = run_three(from, -1);
        memcpy(trace, calls.trace, sizeof trace);
        if (done == 4 && calls.count < at)
            break;
        errors &= done == 4 || (*c.error.text != '\0' &&
                                strchr(c.error.text, '%') == NULL);
        if (error == EINTR && strchr("onlptwfD", trace[at - 1]) != NULL)
            signals &= done == 4;
        clean &= !is_there(beside) || strchr("lspt", trace[at - 1]) != NULL;
        checkpoint_close(&c, false);
        if (fresh && done < 0 && !is_there(path))
            continue;
        records = said() - (int64_t)from;
        kept &= records == (done < 0 ? 0 : done > 3 ? 3 : done) ||
            (done >= 0 && records == done + 1);
    }
    CHECK(at > 20, "there are calls to fail: %d", at);
    CHECK(errors, "a call that fails with %s is told", strerror(error));
    CHECK(kept, "and leaves the old file or the new");
    CHECK(clean, "and nothing beside, once it was written");
    CHECK(signals, "a signal is no failure");
}

static void test_order(void)
{
    const char *at;

    sync_really = true;
    make_open(1, true, 1);
    CHECK(checkpoint_done(&c), "a record is done, and is on the disk");
    sync_really = false;
    at = strchr(calls.trace, 'w');
    CHECK(at != NULL && strcmp(at, "wfrf") == 0,
          "written, synced, renamed, synced: %s", calls.trace);
    give(2);
    calls_reset();
    calls.most = 1;
    CHECK(checkpoint_done(&c) && checkpoint_close(&c, true) && said() == 3,
          "a file written byte by byte is whole");
}

static void test_close_again(void)
{
    make_open(1, true, 1);
    calls_fail(0, 'w', ENOSPC);
    CHECK(!checkpoint_done(&c) && strstr(c.error.text, "No space") != NULL,
          "a full disk is told: %s", c.error.text);
    CHECK(checkpoint_close(&c, true) && said() == 2,
          "what could not be written is, at the end, if there is room");
    make_open(2, true, 1);
    calls_fail(0, 'w', 0);
    CHECK(!checkpoint_done(&c), "a write of nothing is no write");
    give(3);
    calls_fail(0, 'f', EINVAL);
    CHECK(checkpoint_done(&c) && calls.letter == '\0',
          "a file system that cannot sync is used nevertheless");
    checkpoint_close(&c, true);
}

static void test_file_size(void)
{
    struct rlimit before, small;
    char old[600], now[600];
    size_t n;

    make_open(3, true, 1);
    n = get_file(path, old);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t size = 0; size < n; size += 16) {
        must(getrlimit(RLIMIT_FSIZE, &before) == 0, "read a limit");
        small = before;
        small.rlim_cur = size;
        must(setrlimit(RLIMIT_FSIZE, &small) == 0, "set a limit");
        c.records = 3;
        CHECK(!checkpoint_done(&c), "no room for more than %d bytes",
              (int)size);
        must(setrlimit(RLIMIT_FSIZE, &before) == 0, "set a limit");
        CHECK(get_file(path, now) == n && memcmp(old, now, n) == 0 &&
              !is_there(beside), "leaves the old file: %s", c.error.text);
    }
    CHECK(checkpoint_close(&c, true) && said() == 4,
          "and with room it is well again");
    (void)signal(SIGXFSZ, SIG_DFL);
}

static void test_read_only(void)
{
    const uid_t nobody = 65534;
    const bool root = geteuid() == 0;

    make(3, true);
    must(chmod(path, 0666) == 0 && chmod(".", 0555) == 0, "change modes");
    if (root && seteuid(nobody) != 0) {
        test_skip("a folder that is read-only: cannot be another user");
    } else {
        refused("a folder that is read-only", "Permission denied");
        CHECK(!checkpoint_open(&c, "new.at", job, 1) &&
              strstr(c.error.text, "Permission denied") != NULL,
              "also for a new file: %s", c.error.text);
        must(!root || seteuid(0) == 0, "be root again");
        must(chmod(path, 0444) == 0 && chmod(".", 0777) == 0, "change modes");
        must(!root || seteuid(nobody) == 0, "be another user");
        refused("a file that is read-only", "Permission denied");
        must(!root || seteuid(0) == 0, "be root again");
    }
    must(chmod(".", 0700) == 0 && chmod(path, 0600) == 0, "change modes");
    CHECK(said() == 3, "the checkpoint is as it was");
}

/* ---- kill -9 ---- */

/* The last byte of what is in the pipe, or -1. */
static int last_of(int fd)
{
    unsigned char bytes[4096];
    int last = -1;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        last = bytes[n - 1];
    return last;
}

/* A child dies before each of its calls. */
static void test_killed_at_each_call(bool fresh)
{
    bool good = true;
    int at, status = 0;

    for (at = 1; !WIFEXITED(status) || at == 1; at++) {
        int fds[2], last;
        int64_t records;
        uint64_t from = fresh ? 0 : 5;
        pid_t pid;

        if (fresh)
            clear();
        else
            make(from, true);
        pid = child(fds);
        if (pid == 0) {
            calls_fail(at, '\0', KILL);
            run_three(from, fds[1]);
            _exit(0);
        }
        close(fds[1]);
        last = last_of(fds[0]);
        close(fds[0]);
        waitpid(pid, &status, 0);
        records = said();
        if (last < 0)
            last = (int)from - 1;
        good &= records == last + 1 || records == last + 2;
        good &= !is_there(beside);
    }
    CHECK(good && at > 20, "a run killed before any of its %d calls leaves "
          "a checkpoint that tells how far it got", at);
}

/* Does records for ever, and reports each; opens anew after every third. */
static void run_forever(int report)
{
    for (;;) {
        uint64_t i;

        if (!open_it())
            _exit(1);
        for (i = 0; i < c.records; )
            give(i++);
        for (int k = 0; k < 3; k++, i++) {
            give(i);
            if (!checkpoint_done(&c))
                _exit(1);
            (void)!syscall(SYS_write, report, &i, sizeof i);
        }
        if (!checkpoint_close(&c, true))
            _exit(1);
    }
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void test_killed(uint32_t seed)
{
    enum { ROUNDS = 400 };
    const int64_t start = now_ms();
    unsigned shift = 9;              /* up to 8 ms; more on a slow machine */
    int64_t last = -1;
    int round, bad = 0, ended = 0;

    clear();
    for (round = 0; round < ROUNDS && now_ms() - start < 6000; round++) {
        struct timespec wait = {0, 0};
        int64_t records, before = last;
        uint64_t report;
        int fds[2], status;
        pid_t pid = child(fds);

        if (pid == 0) {
            close(fds[0]);
            run_forever(fds[1]);
        }
        close(fds[1]);
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        wait.tv_nsec = (long)(seed >> shift);
        nanosleep(&wait, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        ended += WIFEXITED(status);
        while (read(fds[0], &report, sizeof report) == sizeof report)
            last = (int64_t)report;
        close(fds[0]);
        records = said();
        /* none yet, or of the one that was reported last, or one more */
        if (!(records == last + 1 || records == last + 2) && bad++ == 0)
            printf("round %d: %" PRId64 " reported, %" PRId64 " stored: %s\n",
                   round, last + 1, records, c.error.text);
        if (records > last + 1)
            last = records - 1;
        if (last == before && shift > 3)
            shift--;
    }
    CHECK(bad == 0 && ended == 0, "after kill -9 at random the checkpoint is "
          "whole: %d of %d rounds", round - bad, round);
    CHECK(last > 10, "records were done meanwhile: %" PRId64, last);
    printf("killed %d times in %" PRId64 " records\n", round, last + 1);
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR"), *shm = "/dev/shm";
    char folder[256];
    uint32_t seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) :
        (uint32_t)time(NULL);

    (void)snprintf(folder, sizeof folder, "%s/ocrdyn.XXXXXX",
                   tmp != NULL && *tmp != '\0' ? tmp :
                   access(shm, W_OK | X_OK) == 0 ? shm : "/tmp");
    must(mkdtemp(folder) != NULL && chdir(folder) == 0, "make a folder");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %" PRIu32 "\n", seed);
    test_fresh();
    test_format();
    test_old_files();
    test_resume();
    test_unclean();
    test_other_list();
    test_other_job();
    test_damage();
    test_foreign();
    test_position();
    test_kinds();
    test_names();
    test_beside();
    test_mode();
    test_lock();
    test_two();
    test_removed();
    test_order();
    test_close_again();
    test_each_call(EIO, true);
    test_each_call(EIO, false);
    test_each_call(EINTR, true);
    test_each_call(EINTR, false);
    test_file_size();
    test_read_only();
    test_killed_at_each_call(true);
    test_killed_at_each_call(false);
    test_killed(seed);
    clear();
    CHECK(chdir("/") == 0 && rmdir(folder) == 0,
          "nothing is left in the folder");
    return test_done("test_checkpoint");
}
