/*
 * pem: takes the certificates out of a text (PEM, RFC 7468), byte by byte.
 *
 * As lax as bundles are: a line ends with LF, CR or both, and is as long as it
 * likes; what stands before, between and behind certificates is passed over,
 * and so are objects of another kind, a byte order mark, and in a certificate
 * whatever is no digit of base64. Whether what it finds is a certificate is
 * for cert.h, which wants every byte of it in its place.
 */
#ifndef PEM_H
#define PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct pem {
    struct buf der;              /* the certificate in hand */
    bool inside;                 /* of one */
    char line[32];               /* how the line in hand begins */
    size_t n;
    unsigned bits, n_bits;       /* digits that make no byte yet */
};

/* For certificates of at most `max` bytes. */
void pem_init(struct pem *p, size_t max);
void pem_free(struct pem *p);

/* Takes a byte of the text; a LF more at its end. True: that has ended a
   certificate, which is in `der` until the next call (or was too large, where
   der.failed). */
bool pem_take(struct pem *p, unsigned char byte);

#endif
