/*
 * fuzz_checkpoint: a libFuzzer target for the file that checkpoint.c reads.
 *
 * The input is that file; where its first byte is "+", the line "check" with
 * the right sum is put behind the rest, which no fuzzer would find. Accepted
 * and closed, or refused: with no record in between, the file must be what it
 * was, to the byte, and be judged the same the next time. So none is accepted
 * that checkpoint.c would not have written.
 */
#include "rows/checkpoint.h"

#include <bearssl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX = 2048 };

static char path[64];

static void expect(bool good)
{
    if (!good)
        abort();
}

static void remove_folder(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

/* A folder in memory, if there is one: each file is synced. */
static void make_folder(void)
{
    int n = snprintf(path, sizeof path, "%s/fuzz-XXXXXX",
                     access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");

    expect(mkdtemp(path) != NULL);
    (void)snprintf(path + n, sizeof path - (size_t)n, "/at");
    expect(atexit(remove_folder) == 0);
}

static void write_file(const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    expect(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
}

static size_t read_file(char text[MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, MAX);

    expect(n >= 0);
    close(fd);
    return (size_t)n;
}

static size_t add_sum(char *text, size_t n)
{
    br_sha256_context sha;
    unsigned char sum[32];
    size_t i;

    br_sha256_init(&sha);
    br_sha256_update(&sha, text, n);
    br_sha256_out(&sha, sum);
    n += (size_t)sprintf(text + n, "check ");
    for (i = 0; i < sizeof sum; i++)
        n += (size_t)sprintf(text + n, "%02x", sum[i]);
    text[n++] = '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct checkpoint c, again;
    static char text[MAX], after[MAX];
    bool good;

    if (n > MAX - 100)
        return 0;
    if (path[0] == '\0')
        make_folder();
    if (n > 0 && data[0] == '+') {
        memcpy(text, data + 1, n - 1);
        n = add_sum(text, n - 1);
    } else if (n > 0) {
        memcpy(text, data, n);
    }
    write_file(text, n);
    good = checkpoint_open(&c, path, "", 0);
    expect(good == (c.error.text[0] == '\0'));
    expect(checkpoint_close(&c, true) || !good);
    expect(read_file(after) == n && memcmp(after, text, n) == 0);
    if (!good)
        return 0;
    expect(checkpoint_open(&again, path, "", 0));
    expect(again.records == c.records && again.unclean == c.unclean);
    expect(checkpoint_close(&again, true));
    return 0;
}
