/*
 * anchors: the trust anchors of a service, loaded from files of certificates
 * in PEM (RFC 7468) or built in.
 *
 * Bundles vary, and are read leniently: a line ends with LF, CR or both, and
 * may have any length. Text outside of certificates, objects of other kinds
 * and a byte order mark are skipped, and so is every byte within a certificate
 * that is not a base64 digit. A certificate that results from this is read
 * strictly (cert.h).
 */
#ifndef ANCHORS_H
#define ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/cert.h"

struct anchors {
    const struct anchor *list;   /* n of them */
    size_t n;
    struct buf loaded;           /* the list, unless it is the built-in one */
    struct buf bytes;            /* what its members point to */
};

/* The built-in anchors, which mkanchors.c makes of a bundle. */
extern const struct anchor anchors_builtin[];
extern const size_t anchors_builtin_n;

/* Makes the list empty. anchors_free also frees its memory. */
void anchors_init(struct anchors *a);
void anchors_free(struct anchors *a);

/*
 * Adds the subject of a certificate, unless the list has it already. `now` is
 * in seconds since 1970. Returns NULL, or why it cannot be an anchor, as in
 * "has expired". If the list is full (2 MB) or no memory is left, sets
 * loaded.failed and leaves the list as it is.
 */
const char *anchors_add(struct anchors *a, const struct cert *c, int64_t now);

/*
 * Adds the certificates of a file, or of all files in a directory; those that
 * cannot be anchors are skipped, and so are files of a directory that cannot
 * be read. Returns false and writes a sentence to `error`, of `size` bytes, if
 * the file or the directory cannot be read, or has no usable certificate. A
 * certificate that the list has already is usable.
 */
bool anchors_file(struct anchors *a, const char *path, char *error,
                  size_t size);
bool anchors_dir(struct anchors *a, const char *path, char *error,
                 size_t size);

/* Sets an empty list to the system's anchors: those of the first file with any
   among the usual places, or else the built-in ones. */
void anchors_system(struct anchors *a);

#endif
