/*
 * The unit test of rows.c, and of text_visible. It replaces write(2), so that a
 * write can take less than it was asked for, and fail.
 */
#include "rows/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/test.h"

enum { OUT = 1 << 20, BIG = 100000 };

/* ---- system calls ---- */

/* What the next calls do: `fail` has an errno for each, 0 for a call that
   works, or FAIL_ZERO for one that returns 0. All calls after them work. */
enum { FAIL_ZERO = -1 };

struct calls {
    size_t most;                     /* bytes in one call */
    const int *fail;
    size_t n_fail;
    int count;
};

static struct calls writes;

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
    if (c->n_fail == 0)
        return false;
    c->n_fail--;
    error = *c->fail++;
    errno = error > 0 ? error : EINTR;
    return error != 0;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    bool zero = writes.n_fail > 0 && *writes.fail == FAIL_ZERO;

    if (calls_fail(&writes))
        return zero ? 0 : -1;
    return (ssize_t)syscall(SYS_write, fd, bytes,
                            n < writes.most ? n : writes.most);
}

/* A file in memory with these bytes, at its start. */
static int file_with(const void *bytes, size_t n)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);

    if (fd < 0 || syscall(SYS_write, fd, bytes, n) != (long)n ||
        lseek(fd, 0, SEEK_SET) != 0) {
        printf("no memfd\n");
        exit(1);
    }
    return fd;
}

/* ---- out ---- */

static char written[OUT];
static size_t written_len;

/* What a descriptor was given, into `written`. */
static void look(int fd)
{
    ssize_t n;

    n = lseek(fd, 0, SEEK_SET) == 0 ? read(fd, written, OUT - 1) : -1;
    written_len = n < 0 ? 0 : (size_t)n;
    written[written_len] = '\0';
}

static bool written_is(const char *text, size_t n)
{
    return written_len == n && memcmp(written, text, n) == 0;
}

#define BYTES(text) (const unsigned char *)(text), sizeof (text) - 1
#define NONE NULL, 0

static void test_formats(void)
{
    static const struct {
        enum rows_format format;
        bool null;
        struct row row;
        const char *expected;
        size_t n;
    } cases[] = {
#define CASE(format, null, id, status, text, detail, expected) \
        {format, null, {BYTES(id), status, text, detail}, \
         expected, sizeof (expected) - 1}
        CASE(ROWS_TSV, false, "a", "complete", BYTES("b"), "",
             "a\tcomplete\tb\t\n"),
        CASE(ROWS_TSV, false, "a", "failed", NONE, "no \"such\" image",
             "a\tfailed\t\\N\tno \"such\" image\n"),
        CASE(ROWS_TSV, false, "", "complete", BYTES(""), "",
             "\tcomplete\t\t\n"),
        CASE(ROWS_TSV, false, "\\N", "s", BYTES("\\N\\"), "\\",
             "\\\\N\ts\t\\\\N\\\\\t\\\\\n"),
        CASE(ROWS_TSV, false, "a\tb", "s", BYTES("\tc\nd\r\ne"), "f\n",
             "a\\tb\ts\t\\tc\\nd\\r\\ne\tf\\n\n"),
        CASE(ROWS_TSV, false, "\0\001", "s", BYTES("\033[2J\177\b\v\f"), "\037",
             "\\x00\\x01\ts\t\\x1B[2J\\x7F\\x08\\x0B\\x0C\t\\x1F\n"),
        CASE(ROWS_TSV, false, "\302\200\302\233\302\237\302\240", "s",
             BYTES("\303\251\360\237\230\200\342\200\256"), "\302\205",
             "\\xC2\\x80\\xC2\\x9B\\xC2\\x9F\302\240\ts\t"
             "\303\251\360\237\230\200\342\200\256\t\\xC2\\x85\n"),
        CASE(ROWS_TSV, false, "\377a\302", "s", BYTES("\233m\355\240\200"),
             "\302", "\\xFFa\\xC2\ts\t\\x9Bm\\xED\\xA0\\x80\t\\xC2\n"),
        CASE(ROWS_TSV, false, "\302a", "s", BYTES("\302\302"), "",
             "\\xC2a\ts\t\\xC2\\xC2\t\n"),
        CASE(ROWS_TSV, true, "a\\", "s", BYTES("\t\n\r\\\033\377"), "d",
             "a\\\ts\t\t\n\r\\\033\377\td\0"),
        CASE(ROWS_TSV, true, "a\0", "s", NONE, "",
             "a\357\277\275\ts\t\t\0"),
        CASE(ROWS_JSONL, false, "a", "complete", BYTES("b"), "",
             "{\"public_id\":\"a\",\"status\":\"complete\",\"text\":\"b\","
             "\"detail\":\"\"}\n"),
        CASE(ROWS_JSONL, true, "\"\\", "failed", NONE, "\n",
             "{\"public_id\":\"\\\"\\\\\",\"status\":\"failed\","
             "\"text\":null,\"detail\":\"\\n\"}\0"),
        CASE(ROWS_JSONL, false, "\377", "s", BYTES(""), "\302",
             "{\"public_id\":\"\357\277\275\",\"status\":\"s\",\"text\":\"\","
             "\"detail\":\"\357\277\275\"}\n"),
        CASE(ROWS_CSV, false, "a", "complete", BYTES("b c"), "",
             "a,complete,b c,\r\n"),
        CASE(ROWS_CSV, false, "", "s", BYTES(""), "", "\"\",s,\"\",\r\n"),
        CASE(ROWS_CSV, false, "a", "s", NONE, "d", "a,s,,d\r\n"),
        CASE(ROWS_CSV, false, "a,b", "s", BYTES("\""), "\"d\"",
             "\"a,b\",s,\"\"\"\",\"\"\"d\"\"\"\r\n"),
        CASE(ROWS_CSV, false, "a\nb", "s", BYTES("a\rb"), " ",
             "\"a\nb\",s,\"a\rb\",\" \"\r\n"),
        CASE(ROWS_CSV, false, " a", "s", BYTES("b "), "c d",
             "\" a\",s,\"b \",c d\r\n"),
        CASE(ROWS_CSV, false, "\0\033\377", "s", BYTES("\t"), "",
             "\0\033\377,s,\t,\r\n"),
        CASE(ROWS_CSV, true, "a", "s", BYTES("\0,\0"), "\"",
             "a,s,\"\357\277\275,\357\277\275\",\"\"\"\"\0"),
        CASE(ROWS_TEXT, false, "a", "s", BYTES("b\t\"\nd\\\033\377\0"), "e",
             "b\t\"\nd\\\033\377\0\n"),
        CASE(ROWS_TEXT, false, "a", "s", NONE, "e", "\n"),
        CASE(ROWS_TEXT, true, "a", "s", BYTES("b\n\0"), "e",
             "b\n\357\277\275\0"),
        CASE(ROWS_TEXT, true, "a", "s", NONE, "e", "\0"),
#undef CASE
    };
    static struct rows_out out;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = file_with("", 0);

        calls_init(&writes, OUT);
        rows_out_init(&out, fd, cases[i].format, cases[i].null);
        CHECK(rows_write(&out, &cases[i].row) && writes.count == 1,
              "row case %d is written at once", (int)i);
        look(fd);
        close(fd);
        CHECK(written_is(cases[i].expected, cases[i].n),
              "row case %d is %s: %s", (int)i, cases[i].expected, written);
    }
}

static void test_names(void)
{
    static const struct {
        const char *name;
        bool null;
        const char *header;
        size_t n;
    } cases[] = {
        {"tsv", false, "", 0}, {"jsonl", false, "", 0}, {"text", true, "", 0},
        {"dynamodb", false, "", 0},
        {"csv", false, "public_id,status,text,detail\r\n", 30},
        {"csv", true, "public_id,status,text,detail", 29},
    };
    static const char *const bad[] = {"", "TSV", "tsv ", "json", "csvx",
                                      "dynamo"};
    static struct rows_out out;
    enum rows_format format = ROWS_CSV;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = file_with("", 0);
        bool known = rows_format_parse(&format, cases[i].name);

        calls_init(&writes, OUT);
        rows_out_init(&out, fd, format, cases[i].null);
        CHECK(known && rows_header(&out), "%s is a format", cases[i].name);
        look(fd);
        close(fd);
        CHECK(written_is(cases[i].header, cases[i].n), "%s has the header %s",
              cases[i].name, cases[i].header);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!rows_format_parse(&format, bad[i]) && format == ROWS_CSV,
              "\"%s\" is no format", bad[i]);
}

/* A row that does not fit into the buffer. */
static const struct row *big_row(void)
{
    static unsigned char text[BIG];
    static struct row row = {BYTES("big"), "complete", text, BIG, ""};

    for (size_t i = 0; i < BIG; i++)
        text[i] = (unsigned char)("0123456789abc\n\\"[i % 15]);
    return &row;
}

static void test_writes(void)
{
    static const size_t most[] = {1, 2, 4095, ROWS_BUFFER - 1, OUT};
    static const int fail[] = {EINTR, EINTR, EAGAIN, 0, EINTR, 0, EAGAIN};
    static char expected[OUT];
    static struct rows_out out;
    size_t expected_len = 0;

    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        int fd = file_with("", 0);

        calls_init(&writes, most[i]);
        if (i > 0) {
            writes.fail = fail;
            writes.n_fail = sizeof fail / sizeof *fail;
        }
        rows_out_init(&out, fd, ROWS_TSV, false);
        CHECK(rows_write(&out, big_row()) && rows_write(&out, big_row()),
              "rows are written by %d bytes", (int)most[i]);
        look(fd);
        close(fd);
        if (i == 0) {
            memcpy(expected, written, written_len);
            expected_len = written_len;
        }
        CHECK(expected_len > 2 * (size_t)BIG &&
              written_is(expected, expected_len),
              "what is written by %d bytes is whole", (int)most[i]);
    }
}

/* One row goes nowhere, and says why; after that nothing is tried. */
static void check_refused(const char *what, int fd, const struct row *row,
                          int error)
{
    static struct rows_out out;
    int before;

    rows_out_init(&out, fd, ROWS_CSV, false);
    CHECK(!rows_write(&out, row) && out.failed && out.error == error,
          "%s: %s", what, strerror(out.error));
    before = writes.count;
    CHECK(!rows_write(&out, row) && !rows_header(&out) &&
          out.error == error && writes.count == before,
          "%s: nothing is tried after that", what);
    out.format = ROWS_TSV;
    CHECK(!rows_header(&out), "%s: also where there is no header", what);
}

static void test_refused(void)
{
    static const struct row row = {BYTES("a"), "s", NONE, ""};
    static const int zero[] = {FAIL_ZERO}, late[] = {0, 0, EIO};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), pipes[2];

    calls_init(&writes, OUT);
    if (fd >= 0) {
        check_refused("a full device", fd, &row, ENOSPC);
        check_refused("a full device, a big row", fd, big_row(), ENOSPC);
        close(fd);
    } else {
        test_skip("there is no /dev/full");
    }
    if (pipe2(pipes, O_CLOEXEC) != 0)
        exit(1);
    close(pipes[0]);
    check_refused("nobody reads", pipes[1], &row, EPIPE);
    close(pipes[1]);
    check_refused("a closed descriptor", -1, &row, EBADF);
    fd = file_with("", 0);
    writes.fail = zero;
    writes.n_fail = 1;
    check_refused("a write of nothing", fd, &row, EIO);
    writes.fail = late;
    writes.n_fail = 3;
    check_refused("the third write of a row", fd, big_row(), EIO);
    look(fd);
    CHECK(written_len == 2 * (size_t)ROWS_BUFFER,
          "nothing follows what was refused");
    close(fd);
}

/* A pipe that does not block, and a reader that starts late. */
static void test_full_pipe(void)
{
    static struct rows_out out;
    int pipes[2], status = 1;
    pid_t child;

    if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0)
        exit(1);
    child = fork();
    if (child == 0) {
        size_t total = 0;
        struct { ssize_t n; unsigned char bytes[4096]; } got;

        close(pipes[1]);
        usleep(50000);
            while ((got.n = read(pipes[0], got.bytes, sizeof got.bytes)) != 0) {
            if (got.n > 0)
                total += (size_t)got.n;
            else
                usleep(100);
        }
        _exit(total == strlen("\r\n,complete,,big\"\"") + BIG ? 0 : 1);
    }
    close(pipes[0]);
    calls_init(&writes, OUT);
    rows_out_init(&out, pipes[1], ROWS_CSV, false);
    CHECK(rows_write(&out, big_row()) && writes.count < 1000,
          "a full descriptor that does not block is waited for");
    close(pipes[1]);
    CHECK(waitpid(child, &status, 0) == child && status == 0,
          "and gets everything");
}

/* ---- what people see ---- */

static void test_visible(void)
{
    static const struct {
        size_t size;
        const char *bytes;
        size_t n;
        const char *expected;
    } cases[] = {
#define CASE(size, bytes, expected) {size, bytes, sizeof (bytes) - 1, expected}
        CASE(64, "", ""),
        CASE(64, "a\tb\\c \303\251\360\237\230\200",
             "a\tb\\c \303\251\360\237\230\200"),
        CASE(64, "\n\r\0\033[m\177", "\\n\\r\\x00\\x1B[m\\x7F"),
        CASE(64, "\302\233\302\240", "\\xC2\\x9B\302\240"),
        CASE(64, "\377\302", "\\xFF\\xC2"),
        CASE(8, "1234567", "1234567"),
        CASE(8, "12345678", "1234..."),
        CASE(8, "1234\303\251", "1234\303\251"),
        CASE(8, "12345\303\251", "12345\303\251"),
        CASE(8, "123456\303\251", "1234..."),
        CASE(8, "123\303\251xyz", "123..."),
        CASE(8, "123\303\251xyzw", "123..."),
        CASE(8, "12\303\251xyzw", "12\303\251..."),
        CASE(8, "\303\251\n\n\n", "\303\251\\n..."),
        CASE(8, "1\033\033", "1..."),
        CASE(8, "123\033", "123\\x1B"),
        CASE(8, "1234\033", "1234..."),
        CASE(9, "\302\200", "\\xC2\\x80"),
        CASE(8, "\302\200", "..."),
        CASE(5, "12345", "1..."),
        CASE(4, "123", "123"),
        CASE(4, "1234", "..."),
        CASE(3, "12", "12"),
        CASE(3, "123", ".."),
        CASE(2, "12", "."),
        CASE(1, "1", ""),
#undef CASE
    };
    char text[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = cases[i].size;
        /* A block of its own, for the sanitizer to watch its end. */
        char *exact = malloc(size);

        if (exact == NULL)
            exit(1);
        text_visible(exact, size, (const unsigned char *)cases[i].bytes,
                     cases[i].n);
        CHECK(strcmp(exact, cases[i].expected) == 0, "%s in %d bytes is %s",
              cases[i].expected, (int)size, exact);
        free(exact);
    }
    *text = 'x';
    text_visible(text, 0, BYTES("1"));
    CHECK(*text == 'x', "no room, nothing written");
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    calls_init(&writes, OUT);
    test_formats();
    test_names();
    test_writes();
    test_refused();
    test_full_pipe();
    test_visible();
    calls_init(&writes, OUT);
    return test_done("test_rows");
}
