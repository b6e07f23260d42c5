/*
 * fuzz_records: a libFuzzer target for records.c.
 *
 * The first byte is the format, the second in which steps the rest comes. It
 * comes through a pipe that does not block, a step at a time, and once more
 * as a whole; both must give the same answers. And each record of fields with
 * texts is written by rows.c, and read again, if it has the fields for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rows/records.h"

enum { MAX = 60000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect(bool good)
{
    if (!good)
        abort();
}

/* ---- the two ways ---- */

static int file_with(const void *bytes, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    expect(fd >= 0 && write(fd, bytes, n) == (ssize_t)n &&
           lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* The next answer that is one. */
static enum records_read next(struct records *r)
{
    enum records_read answer;

    do
        answer = records_next(r);
    while (answer == RECORDS_MORE);
    return answer;
}

static void expect_same(const struct records *a, const struct records *b)
{
    expect(a->n == b->n && a->number == b->number);
    for (size_t i = 0; i < a->n; i++) {
        const struct record_field *f = &a->fields[i], *g = &b->fields[i];

        expect(f->type == g->type && f->len == g->len &&
               f->name_len == g->name_len);
        expect(memcmp(f->name, g->name, f->name_len) == 0);
        expect((f->bytes == NULL) == (f->type == JSON_NULL));
        expect(f->len == 0 || memcmp(f->bytes, g->bytes, f->len) == 0);
        expect(f->type == JSON_STRING || f->type == JSON_NULL || f->len > 0);
    }
}

/* Writes a record of four fields as a row in another format, and reads it. */
static void write_and_read(const struct records *r)
{
    static struct rows_out out;
    static struct records again;
    const struct record_field *f = r->fields;
    struct row row = {f[0].bytes, f[0].len, "s", f[2].bytes, f[2].len, "d"};
    int fd;

    for (size_t i = 0; i < r->n; i++) {
        if (f[i].type != JSON_STRING)
            return;
    }
    if (r->n != 4)
        return;
    for (int format = ROWS_TSV; format <= ROWS_CSV; format++) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        rows_out_init(&out, fd, (enum rows_format)format, false);
        expect(rows_header(&out) && rows_write(&out, &row));
        expect(lseek(fd, 0, SEEK_SET) == 0);
        records_init(&again, fd, (enum rows_format)format, false, NULL, 0);
        expect(next(&again) == RECORDS_ONE);
        for (size_t i = 0; i <= 2; i += 2) {
            const struct record_field *g = &again.fields[i];

            if (format == ROWS_JSONL && !text_is_utf8(f[i].bytes, f[i].len))
                continue;
            expect(g->len == f[i].len &&
                   memcmp(g->bytes, f[i].bytes, g->len) == 0);
        }
        expect(next(&again) == RECORDS_END);
        records_free(&again);
        close(fd);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct records whole, slow;
    enum records_read answer;
    size_t step, sent = 0;
    int fd[2], file;

    if (n < 2 || n > MAX)
        return 0;
    step = data[1] < 128 ? data[1] + 1U : (data[1] - 127U) * 64;
    file = file_with(data + 2, n - 2);
    expect(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    records_init(&whole, file, (enum rows_format)(data[0] % 4),
                 data[0] / 4 % 2 == 1, NULL, 0);
    records_init(&slow, fd[0], (enum rows_format)(data[0] % 4),
                 data[0] / 4 % 2 == 1, NULL, 0);
    do {
        answer = records_next(&slow);
        expect(answer != RECORDS_ERROR);
        if (answer == RECORDS_MORE && sent < n - 2) {
            size_t k = n - 2 - sent < step ? n - 2 - sent : step;

            expect(write(fd[1], data + 2 + sent, k) == (ssize_t)k);
            sent += k;
        } else if (answer == RECORDS_MORE) {
            expect(fd[1] >= 0);
            close(fd[1]);
            fd[1] = -1;
        } else {
            expect(next(&whole) == answer);
            if (answer != RECORDS_END)
                expect_same(&whole, &slow);
            if (answer == RECORDS_ONE)
                write_and_read(&slow);
        }
    } while (answer < RECORDS_END);
    records_free(&whole);
    records_free(&slow);
    close(file);
    close(fd[0]);
    if (fd[1] >= 0)
        close(fd[1]);
    return 0;
}
