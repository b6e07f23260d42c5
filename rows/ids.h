/*
 * ids: the public_ids of a list, and what can be said of one without a call.
 */
#ifndef IDS_H
#define IDS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rows/rows.h"

/*
 * The next id, as rows_next has it, however long that takes. ROWS_END also
 * once *stop is not 0; ROWS_MORE does not come.
 */
enum rows_read ids_next(struct rows_in *in, const volatile sig_atomic_t *stop,
                        const unsigned char **id, size_t *len);

/*
 * Waits until the first id is there, or the end, or CLOCK_STEADY is at
 * `until`, and takes nothing. False if it could not be read: errno says why.
 * True also once *stop is not 0.
 */
bool ids_wait(struct rows_in *in, int64_t until,
              const volatile sig_atomic_t *stop);

/*
 * What is wrong with an id of n bytes, as a sentence, or NULL. `key`: it is
 * to be the partition key of a DynamoDB item (1 to 2048 bytes).
 */
const char *ids_wrong(const unsigned char *id, size_t n, bool key);

/* Is it an asset_id, 32 hexadecimal digits? */
bool ids_asset(const unsigned char *id, size_t n);

/*
 * The shard of `shards` (1 or more) that an id falls to, from 1: the first 8
 * bytes of its SHA-256, as a big-endian number, modulo `shards`, and 1. Never
 * to be changed: processes of different versions may share one list.
 */
int64_t ids_shard(const unsigned char *id, size_t n, int64_t shards);

#endif
