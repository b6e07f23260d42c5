/*
 * The unit test of ids.c. It replaces read(2), so that a read can return less
 * than it was asked for, and fail.
 */
#include "rows/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/test.h"

enum { OUT = 1 << 20 };

/* ---- system calls ---- */

/* What the next calls do: `fail` has an errno for each, or 0 for a call that
   works. All calls after them work. */
struct calls {
    size_t most;                     /* bytes in one call */
    const int *fail;
    size_t n_fail;
    int count;
    bool after_end;                  /* called again after it returned 0 */
    bool end;
};

static struct calls reads;

static void calls_init(struct calls *c, size_t most)
{
    memset(c, 0, sizeof *c);
    c->most = most;
}

/* Does this call fail? */
static bool calls_fail(struct calls *c)
{
    int error;

    c->count++;
    c->after_end |= c->end;
    if (c->n_fail == 0)
        return false;
    c->n_fail--;
    error = *c->fail++;
    errno = error;
    return error != 0;
}

ssize_t read(int fd, void *bytes, size_t n)
{
    long got;

    if (calls_fail(&reads))
        return -1;
    got = syscall(SYS_read, fd, bytes, n < reads.most ? n : reads.most);
    reads.end = got == 0;
    return (ssize_t)got;
}

/* A file in memory with these bytes, at its start. */
static int file_with(const void *bytes, size_t n)
{
    int fd = memfd_create("ids", MFD_CLOEXEC);

    if (fd < 0 || syscall(SYS_write, fd, bytes, n) != (long)n ||
        lseek(fd, 0, SEEK_SET) != 0) {
        printf("no memfd\n");
        exit(1);
    }
    return fd;
}

/* ---- the list ---- */

static char transcript[OUT];

static void record(const char *before, const unsigned char *id, size_t len,
                   const char *after)
{
    static size_t at;

    if (before == NULL) {
        at = 0;
    } else {
        memcpy(transcript + at, before, strlen(before));
        at += strlen(before);
        memcpy(transcript + at, id, len);
        at += len;
        memcpy(transcript + at, after, strlen(after));
        at += strlen(after);
    }
    transcript[at] = '\0';
}

/* All that a descriptor gives, as "[id][id]<a long one>", into transcript.
   False if something went against ids.h on the way. */
static bool read_all(int fd, bool null, size_t most)
{
    static struct ids in;
    enum ids_answer r = IDS_MORE;
    bool good = true;

    calls_init(&reads, most);
    ids_init(&in, fd, null);
    record(NULL, NULL, 0, NULL);
    while (r == IDS_MORE || r == IDS_ONE || r == IDS_LONG) {
        const unsigned char *id = NULL, *peeked = NULL;
        size_t len = 0, peeked_len = 0;
        struct ids_position position = in.position;
        enum ids_answer seen = ids_peek(&in, &position, &peeked, &peeked_len);
        bool ready = ids_ready(&in);
        int before = reads.count;

        r = ids_read(&in, &id, &len);
        good &= reads.count == before + (ready ? 0 : 1);
        good &= ready == (seen != IDS_MORE);
        good &= !ready || (r == seen && id == peeked && len == peeked_len);
        if (r == IDS_ONE)
            record("[", id, len, "]");
        else if (r == IDS_LONG)
            record("<", id, len, ">");
    }
    return good && r == IDS_END && !reads.after_end && ids_ready(&in);
}

static void check_ids(const char *what, const void *bytes, size_t n,
                      bool null, const char *expected)
{
    static const size_t most[] = {1, 2, 3, 4, 5, 7, 100, 4095, 4096, 4097,
                                  4098, 4099, IDS_BUFFER};

    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        int fd = file_with(bytes, n);
        bool good = read_all(fd, null, most[i]);

        close(fd);
        CHECK(good && strcmp(transcript, expected) == 0,
              "%s, read by %d bytes, is %.100s: %.100s", what, (int)most[i],
              expected, transcript);
    }
}

static void test_lines(void)
{
    static const struct { const char *text, *expected; } cases[] = {
        {"", ""}, {"a", "[a]"}, {"a\n", "[a]"}, {"a\nb", "[a][b]"},
        {"\n", ""}, {"\n\n\na\n\n", "[a]"}, {"a\r\nb\r\n", "[a][b]"},
        {"\r\n\r\na\r\n", "[a]"}, {"a\rb\n", "[a\rb]"}, {"a\r\r\n", "[a\r]"},
        {"a\r", "[a\r]"}, {"\r", "[\r]"}, {" a b \n", "[ a b ]"},
        {"\303\251\n\377\n", "[\303\251][\377]"},
        {"\357\273\277a\n", "[a]"}, {"\357\273\277", ""},
        {"\357\273\277\n", ""}, {"\357\273\277\r\na", "[a]"},
        {"\357\273\277\357\273\277a", "[\357\273\277a]"},
        {"\357\273a\n", "[\357\273a]"}, {"\357\273", "[\357\273]"},
        {"\357\n\357\273\277\n", "[\357][\357\273\277]"},
        {"\n\357\273\277a\n", "[\357\273\277a]"},
        {"a\n\357\273\277b\n", "[a][\357\273\277b]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_ids("a list of lines", cases[i].text, strlen(cases[i].text),
                  false, cases[i].expected);
    check_ids("a line with NUL", "a\0b\n", 4, false, "[a");
}

static void test_nulls(void)
{
    static const struct { const char *text; size_t n; const char *expected; }
    cases[] = {
        {"", 0, ""}, {"a", 1, "[a]"}, {"a\0", 2, "[a]"},
        {"a\0b", 3, "[a][b]"}, {"\0", 1, "[]"}, {"\0\0a\0\0", 5, "[][][a][]"},
        {"a\n\0\r\n\0", 6, "[a\n][\r\n]"}, {"a\r\0", 3, "[a\r]"},
        {"\357\273\277a\0", 5, "[\357\273\277a]"},
        {"\357\273\277", 3, "[\357\273\277]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_ids("a list with NULs", cases[i].text, cases[i].n, true,
                  cases[i].expected);
}

struct long_id {
    const char *before;
    size_t n;                        /* of "x" */
    const char *after;               /* perhaps with an id "y" */
    bool whole;                      /* it is not too long */
};

static void check_long(const struct long_id *c, bool null)
{
    static char text[3 * IDS_BUFFER], expected[IDS_MAX + 8];
    size_t before = strlen(c->before), after = strlen(c->after), n;

    memcpy(text, c->before, before);
    memset(text + before, 'x', c->n);
    memcpy(text + before + c->n, c->after, after);
    n = before + c->n + after;
    for (size_t i = 0; i < n; i++) {
        if (null && text[i] == '\n')
            text[i] = '\0';
    }
    n = c->n < IDS_MAX ? c->n : IDS_MAX;
    memset(expected, 'x', n + 1);
    expected[0] = c->whole ? '[' : '<';
    expected[++n] = c->whole ? ']' : '>';
    memcpy(expected + n + 1, strchr(c->after, 'y') ? "[y]" : "\0\0\0", 4);
    check_ids(null ? "a long id and NUL" : "a long id", text,
              before + c->n + after, null, expected);
}

static void test_long(void)
{
    static const char bom[] = "\357\273\277", blank[] = "\n\r\n";
    static const struct long_id lines[] = {
        {"", IDS_MAX, "\r\ny\n", true},
        {"", IDS_MAX, "\r", false},
        {"", IDS_MAX, "\r\r\ny", false},
        {"", IDS_MAX + 1, "\r\ny", false},
        {"", IDS_BUFFER + 1, "\r\n\r\ny", false},
        {bom, IDS_MAX, "\ny", true},
        {bom, IDS_MAX, "", true},
        {bom, IDS_MAX, "\r\ny", true},
        {bom, IDS_MAX + 1, "\ny", false},
        {bom, IDS_BUFFER, "\ny", false},
        {blank, IDS_MAX, "\r\ny", true},
        {blank, IDS_MAX + 1, "", false},
    };
    static const struct long_id both[] = {
        {"", IDS_MAX, "\n", true},
        {"", IDS_MAX, "", true},
        {"", IDS_MAX, "\ny\n", true},
        {"", IDS_MAX + 1, "\n", false},
        {"", IDS_MAX + 1, "", false},
        {"", IDS_MAX + 1, "\ny", false},
        {"", IDS_MAX + 2, "\ny\n", false},
        {"", IDS_BUFFER - 1, "\ny\n", false},
        {"", IDS_BUFFER, "\ny\n", false},
        {"", 2 * IDS_BUFFER + 77, "\ny\n", false},
        {"", 2 * IDS_BUFFER + 77, "", false},
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_long(&lines[i], false);
    for (size_t i = 0; i < 2 * (sizeof both / sizeof *both); i++)
        check_long(&both[i / 2], i % 2 == 1);
}

/* Ids whose ends fall on each place around the end of the buffer. */
static void test_border(void)
{
    static char text[2 * IDS_BUFFER + 64], expected[4 * IDS_BUFFER];
    bool good = true;

    for (size_t shift = 0; shift < 24; shift++) {
        size_t n = 0, m = 0;
        int fd;

        memset(text, 's', shift);
        n = shift;
        memset(expected, 's', shift + 1);
        expected[0] = '[';
        m = shift > 0 ? shift + 1 : 0;
        if (shift > 0)
            expected[m++] = ']';
        text[n++] = '\n';
        while (n < 2 * (size_t)IDS_BUFFER) {
            for (size_t k = 0; k < 13; k++) {
                text[n++] = "0123456789a\r\n"[k];
                expected[m++] = "[0123456789a]"[k];
            }
        }
        fd = file_with(text, n);
        good &= read_all(fd, false, IDS_BUFFER) &&
            strlen(transcript) == m && memcmp(transcript, expected, m) == 0;
        close(fd);
    }
    CHECK(good, "ids are whole wherever the buffer ends");
}

static void test_peek(void)
{
    static struct ids in;
    struct ids_position position;
    const unsigned char *id;
    size_t len;
    int fd = file_with("a\nb\r\n\nc", 7);

    calls_init(&reads, OUT);
    ids_init(&in, fd, false);
    CHECK(ids_read(&in, &id, &len) == IDS_ONE && *id == 'a', "an id");
    position = in.position;
    CHECK(ids_peek(&in, &position, &id, &len) == IDS_ONE && len == 1 &&
          *id == 'b' && ids_peek(&in, &position, &id, &len) == IDS_MORE &&
          reads.count == 1, "what is in the buffer can be seen before");
    CHECK(ids_read(&in, &id, &len) == IDS_ONE && len == 1 && *id == 'b',
          "and is still given out");
    close(fd);
}

static void check_long_told(void)
{
    static struct ids in;
    static char text[IDS_MAX + 2];
    const unsigned char *id;
    size_t len;
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) != 0)
        exit(1);
    memset(text, 'x', sizeof text);
    syscall(SYS_write, fd[1], text, sizeof text);
    calls_init(&reads, OUT);
    ids_init(&in, fd[0], false);
    CHECK(ids_read(&in, &id, &len) == IDS_LONG && len == IDS_MAX,
          "an id that is too long is told before its end");
    syscall(SYS_write, fd[1], "xx\ny\n", 5);
    CHECK(!ids_ready(&in) && ids_read(&in, &id, &len) == IDS_ONE &&
          len == 1 && *id == 'y', "the rest of it is passed over");
    close(fd[0]);
    close(fd[1]);
}

static void test_reads(void)
{
    static struct ids in;
    static const int fail[] = {EINTR, EAGAIN, EIO, 0, EINTR, 0};
    const unsigned char *id;
    size_t len;
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) != 0)
        exit(1);
    syscall(SYS_write, fd[1], "a\nb\n\n\nc", 7);
    calls_init(&reads, 100);
    reads.fail = fail;
    reads.n_fail = sizeof fail / sizeof *fail;
    ids_init(&in, fd[0], false);
    CHECK(!ids_ready(&in), "nothing is ready before the first read");
    CHECK(ids_read(&in, &id, &len) == IDS_ERROR && errno == EINTR,
          "a signal shows");
    CHECK(ids_read(&in, &id, &len) == IDS_MORE,
          "a descriptor that does not block has no more yet");
    CHECK(ids_read(&in, &id, &len) == IDS_ERROR && errno == EIO,
          "an error shows");
    CHECK(ids_read(&in, &id, &len) == IDS_ONE && len == 1 && *id == 'a' &&
          ids_ready(&in) && reads.count == 4,
          "an error can be tried again");
    CHECK(ids_read(&in, &id, &len) == IDS_ONE && len == 1 && *id == 'b' &&
          reads.count == 4, "a whole id in the buffer needs no read");
    CHECK(!ids_ready(&in), "a part of an id is not ready");
    CHECK(ids_read(&in, &id, &len) == IDS_ERROR && errno == EINTR,
          "a signal shows in the middle of an id");
    syscall(SYS_write, fd[1], "d", 1);
    CHECK(ids_read(&in, &id, &len) == IDS_MORE && reads.count == 6,
          "one call reads once");
    close(fd[1]);
    CHECK(ids_read(&in, &id, &len) == IDS_ONE && len == 2 &&
          memcmp(id, "cd", 2) == 0, "no byte is lost on the way");
    CHECK(ids_ready(&in) && ids_read(&in, &id, &len) == IDS_END &&
          ids_read(&in, &id, &len) == IDS_END && !reads.after_end,
          "nothing is read after the end");
    close(fd[0]);
    ids_init(&in, -1, false);
    CHECK(ids_read(&in, &id, &len) == IDS_ERROR && errno == EBADF,
          "a closed descriptor is an error");
    check_long_told();
}

/* ---- one id ---- */

static void test_wrong(void)
{
    static const struct {
        const char *id;
        size_t max;
        const char *wrong;       /* the beginning of the sentence, or NULL */
    } cases[] = {
        {"a", 1, NULL}, {"", 9, "the id is empty"}, {"ab", 2, NULL},
        {"abc", 2, "the id is longer than the 2048"},
        {"\303\251", 9, NULL}, {"caf\351", 9, "the id is not UTF-8 (Win"},
        {"\303\251\377\1", 9, "the id is not UTF-8"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *id = cases[i].id, *expected = cases[i].wrong;
        const char *wrong = ids_wrong((const unsigned char *)id, strlen(id),
                                      cases[i].max);

        CHECK(expected == NULL ? wrong == NULL : wrong != NULL &&
              strncmp(wrong, expected, strlen(expected)) == 0,
              "case %d of a wrong id: %s", (int)i,
              wrong != NULL ? wrong : "none");
    }
}

static void test_asset(void)
{
    static const struct { const char *id; bool is; } cases[] = {
        {"0123456789abcdefABCDEF0123456789", true},
        {"0123456789abcdefABCDEF012345678", false},
        {"0123456789abcdefABCDEF01234567890", false},
        {"0123456789abcdefABCDEF012345678g", false},
        {"0123456789abcdef/BCDEF0123456789", false}, {"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(ids_asset((const unsigned char *)cases[i].id,
                        strlen(cases[i].id)) == cases[i].is,
              "\"%s\" is %san asset_id", cases[i].id,
              cases[i].is ? "" : "not ");
}

/* Computed with Python's hashlib: processes of other versions must agree. */
static void test_shard(void)
{
    static const struct { const char *id; int64_t of7, of1000; } cases[] = {
        {"", 2, 653},
        {"a", 5, 251},
        {"scans/1", 4, 933},
        {"scans/2024/invoice 17", 4, 93},
        {"caf\303\251", 7, 650},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned char *id = (const unsigned char *)cases[i].id;
        size_t n = strlen(cases[i].id);

        CHECK(ids_shard(id, n, 1) == 1 && ids_shard(id, n, 7) ==
              cases[i].of7 && ids_shard(id, n, 1000) == cases[i].of1000,
              "\"%s\" is in the shard it always was in", cases[i].id);
    }
}

int main(void)
{
    calls_init(&reads, OUT);
    test_lines();
    test_nulls();
    test_long();
    test_border();
    test_reads();
    test_peek();
    test_wrong();
    test_asset();
    test_shard();
    return test_done("test_ids");
}
