/*
 * ids: what can be said of a public_id without a call.
 */
#ifndef IDS_H
#define IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is wrong with an id of n bytes, as a sentence, or NULL. `key`: it is
 * to be the partition key of a DynamoDB item (1 to 2048 bytes).
 */
const char *ids_wrong(const unsigned char *id, size_t n, bool key);

/*
 * The shard of `shards` (1 or more) that an id falls to, from 1: the first 8
 * bytes of its SHA-256, as a big-endian number, modulo `shards`, and 1. Never
 * to be changed: processes of different versions may share one list.
 */
int64_t ids_shard(const unsigned char *id, size_t n, int64_t shards);

#endif
