/*
 * ids: reads the public_ids of a list from a file descriptor, one per line or,
 * with `null` (the option -0), one before each NUL; and what can be said about
 * an id without a call to a service.
 *
 * Without `null`, a CR before the LF is not part of the id, and a UTF-8 byte
 * order mark at the start and empty lines are skipped. With `null`, every byte
 * before the NUL belongs to the id, a byte order mark included, and an id can
 * be empty. The last id needs no terminator. Memory is bounded by the buffer
 * in struct ids, whatever the input is.
 */
#ifndef IDS_H
#define IDS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IDS_MAX = 4096,          /* bytes of one id; a DynamoDB key has 2048 */
    IDS_BUFFER = 16384
};

enum ids_answer {
    IDS_ONE,                 /* an id */
    IDS_LONG,                /* the first IDS_MAX bytes of a longer id; the
                                rest of it is skipped */
    IDS_MORE,                /* no whole id yet: call again when the descriptor
                                is readable (also the answer to EAGAIN) */
    IDS_END,                 /* the end of the list */
    IDS_ERROR,               /* read(2) failed: errno; the call may be repeated
                                after EINTR */
    IDS_UTF16                /* the list is UTF-16: ids_utf16; sticks */
};

struct ids {
    int fd;
    bool null;
    bool eof;                        /* seen; nothing is read after it */
    struct ids_position {
        size_t begin;                /* of the bytes not returned yet */
        bool started;                /* how the input begins is known */
        bool skip;                   /* inside the rest of a long id */
    } position;
    size_t end;                      /* of the bytes read */
    uint64_t taken;                  /* bytes read so far, in total */
    unsigned char buffer[IDS_BUFFER];
};

/* Prepares to read from `fd`. */
void ids_init(struct ids *in, int fd, bool null);

/*
 * Returns the next id in *id and *len, where it stays valid until the next
 * call. Calls read(2) at most once, and not at all if the buffer already holds
 * the answer.
 */
enum ids_answer ids_read(struct ids *in, const unsigned char **id,
                         size_t *len);

/*
 * Returns the next id as ids_read does, but waits for it: never IDS_MORE.
 * Returns IDS_END also when *stop is not 0.
 */
enum ids_answer ids_next(struct ids *in, const volatile sig_atomic_t *stop,
                         const unsigned char **id, size_t *len);

/*
 * Looks ahead without reading or taking anything: returns the answer that
 * follows `position`, which starts as a copy of in->position and is advanced.
 * Returns IDS_MORE at the end of the buffer.
 */
enum ids_answer ids_peek(const struct ids *in, struct ids_position *position,
                         const unsigned char **id, size_t *len);

/* Returns whether ids_read will answer without calling read(2). */
bool ids_ready(const struct ids *in);

/*
 * Waits until the first answer is in the buffer or CLOCK_STEADY reaches
 * `until`, and takes nothing. Returns false, with errno, if reading failed.
 * Returns true also when *stop is not 0.
 */
bool ids_wait(struct ids *in, int64_t until,
              const volatile sig_atomic_t *stop);

/* Writes the sentence for IDS_UTF16 to `sentence`, and returns it. */
const char *ids_utf16(const struct ids *in, char *sentence, size_t size);

/*
 * Returns a sentence that says why an id of n bytes cannot be used, or NULL if
 * it can. `max` is ITEM_KEY_MAX if the id is the partition key of a DynamoDB
 * item, else IDS_MAX.
 */
const char *ids_wrong(const unsigned char *id, size_t n, size_t max);

/* Returns whether the id is an asset_id: 32 hexadecimal digits. */
bool ids_asset(const unsigned char *id, size_t n);

/*
 * Returns the shard, from 1 to `shards`, that an id belongs to: the first 8
 * bytes of its SHA-256, as a big-endian number, modulo `shards`, plus 1. This
 * must never change: processes of different versions may share one list.
 */
int64_t ids_shard(const unsigned char *id, size_t n, int64_t shards);

#endif
