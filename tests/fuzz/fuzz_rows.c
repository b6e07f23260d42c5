/*
 * fuzz_rows: a libFuzzer target for ids.c and rows.c.
 *
 * The first byte selects what is tested, the second the size of the steps.
 * Reader: the input arrives through a pipe that does not block, one step at a
 * time, and the ids must be those of a splitter that sees all of it at once.
 * Writer: the input is two rows; the TSV or CSV that is written is parsed by a
 * few lines that share nothing with rows.c, and must be the same bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "rows/ids.h"
#include "rows/rows.h"

enum { MAX = 60000, OUT = 16 * MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect(bool good)
{
    if (!good)
        abort();
}

/* ---- in ---- */

/* The next id of the whole input, as ids.h has it; false at its end. */
static bool split(const uint8_t **at, const uint8_t *end, bool null,
                  const uint8_t **id, size_t *len)
{
    while (*at < end) {
        const uint8_t *stop = *at;

        *id = *at;
        while (stop < end && *stop != (null ? '\0' : '\n'))
            stop++;
        *len = (size_t)(stop - *at);
        *at = stop < end ? stop + 1 : end;
        if (!null && stop < end && *len > 0 && stop[-1] == '\r')
            --*len;
        if (null || *len > 0)
            return true;
    }
    return false;
}

static void fuzz_reader(const uint8_t *data, size_t n, bool null, size_t step)
{
    static struct ids in;
    const uint8_t *at = data, *end = data + n, *id, *expected;
    const bool utf16 = text_begin(data, n, true, null) >= TEXT_UTF16;
    size_t len, expected_len, sent = 0;
    int fd[2];

    expect(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    ids_init(&in, fd[0], null);
    if (!null && n >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    for (;;) {
        bool ready = ids_ready(&in);
        enum ids_answer r = ids_read(&in, &id, &len);

        expect(r != IDS_ERROR && !(ready && r == IDS_MORE));
        if (r == IDS_UTF16) {
            expect(utf16 && at == data);
            if (fd[1] >= 0)
                close(fd[1]);
            close(fd[0]);
            return;
        }
        if (r == IDS_END)
            break;
        if (r == IDS_MORE && sent < n) {
            size_t k = n - sent < step ? n - sent : step;

            expect(write(fd[1], data + sent, k) == (ssize_t)k);
            sent += k;
        } else if (r == IDS_MORE && fd[1] >= 0) {
            close(fd[1]);
            fd[1] = -1;
        } else if (r == IDS_ONE || r == IDS_LONG) {
            expect(split(&at, end, null, &expected, &expected_len));
            expect((r == IDS_LONG) == (expected_len > IDS_MAX));
            expect(len == (r == IDS_LONG ? IDS_MAX : expected_len));
            expect(memcmp(id, expected, len) == 0);
        }
    }
    expect(!utf16 && fd[1] < 0);
    expect(!split(&at, end, null, &expected, &expected_len));
    close(fd[0]);
}

/* ---- out ---- */

static unsigned hex(uint8_t c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* Reads one field of TSV, and what ends it. */
static const uint8_t *read_tsv(const uint8_t *p, uint8_t *out, size_t *len)
{
    *len = 0;
    for (; *p != '\t' && *p != '\n'; p++) {
        expect(*p >= ' ' && *p != 0x7f);
        if (*p != '\\') {
            out[(*len)++] = *p;
        } else if (*++p == 'x') {
            out[(*len)++] = (uint8_t)(hex(p[1]) << 4 | hex(p[2]));
            p += 2;
        } else {
            out[(*len)++] = *p == 't' ? '\t' : *p == 'n' ? '\n'
                : *p == 'r' ? '\r' : *p;
        }
    }
    return p + 1;
}

static const uint8_t *read_csv(const uint8_t *p, uint8_t *out, size_t *len)
{
    bool quoted = *p == '"';

    *len = 0;
    for (p += quoted; quoted || (*p != ',' && *p != '\r'); p++) {
        if (quoted && *p == '"' && *++p != '"')
            break;
        expect(quoted || (*p != '"' && *p != '\n'));
        out[(*len)++] = *p;
    }
    expect(*p == ',' || (p[0] == '\r' && p[1] == '\n'));
    return p + (*p == ',' ? 1 : 2);
}

static void expect_field(const uint8_t *field, size_t len, const void *bytes,
                         size_t n)
{
    expect(len == n && memcmp(field, bytes, n) == 0);
}

static void fuzz_writer(const uint8_t *data, size_t n,
                        enum rows_format format, bool null)
{
    static struct rows_out out;
    static uint8_t written[OUT], field[MAX];
    const size_t half = n / 2;
    const struct row row = {data, half, "failed", data + half, n - half, "d"};
    const uint8_t *p = written;
    size_t len;
    ssize_t got;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    expect(fd >= 0);
    rows_out_init(&out, fd, format, null);
    expect(rows_write(&out, &row) && rows_write(&out, &row));
    expect(lseek(fd, 0, SEEK_SET) == 0);
    got = read(fd, written, OUT);
    expect(got > 0 && got < OUT && written[got - 1] == (null ? '\0' : '\n'));
    close(fd);
    for (int i = 0; i < 2 && !null && n > 0 &&
         (format == ROWS_TSV || format == ROWS_CSV); i++) {
        const uint8_t *(*read_field)(const uint8_t *, uint8_t *, size_t *) =
            format == ROWS_TSV ? read_tsv : read_csv;

        p = read_field(p, field, &len);
        expect_field(field, len, data, half);
        p = read_field(p, field, &len);
        expect_field(field, len, "failed", 6);
        p = read_field(p, field, &len);
        expect_field(field, len, data + half, n - half);
        p = read_field(p, field, &len);
        expect_field(field, len, "d", 1);
    }
    expect(p == written || p == written + got);
}

static void fuzz_visible(const uint8_t *data, size_t n, size_t size)
{
    char *text = malloc(size);

    expect(text != NULL);
    text_visible(text, size, data, n);
    expect(strlen(text) < size);
    for (size_t i = 0; text[i] != '\0'; i++)
        expect((uint8_t)text[i] >= ' ' || text[i] == '\t');
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t step;

    if (n < 2 || n > MAX)
        return 0;
    step = data[1] < 128 ? data[1] + 1U : (data[1] - 127U) * 64;
    switch (data[0] % 11) {
    case 0: fuzz_reader(data + 2, n - 2, false, step); break;
    case 1: fuzz_reader(data + 2, n - 2, true, step); break;
    case 2: fuzz_visible(data + 2, n - 2, step); break;
    default:
        fuzz_writer(data + 2, n - 2,
                    (enum rows_format)((data[0] % 11 - 3) / 2),
                    data[0] % 2 == 0);
    }
    return 0;
}
