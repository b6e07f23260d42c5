/*
 * der: reads ASN.1 in its distinguished encoding (X.690 section 10), in
 * memory, element by element.
 *
 * Takes what certificates need and nothing besides: tags of one byte,
 * definite lengths in their shortest form, below 16 MB. Whatever else comes,
 * or does not fit into what holds it, is no element.
 */
#ifndef DER_H
#define DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that someone else owns: those of an element, or those still to read. */
struct der {
    const unsigned char *p;      /* NULL: not there */
    size_t n;
};

enum {                           /* the tags, as their byte */
    DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BITS = 0x03,
    DER_OCTETS = 0x04, DER_OID = 0x06, DER_UTC_TIME = 0x17,
    DER_TIME = 0x18, DER_SEQUENCE = 0x30, DER_SET = 0x31,
    DER_CONTEXT = 0x80,          /* [0]; [n] is DER_CONTEXT + n */
    DER_INNER = 0x20             /* added: what is in it are elements */
};

/* Takes the next element off `in`: its tag, and the bytes in it. False, and
   nothing taken, if there is none. */
bool der_next(struct der *in, unsigned *tag, struct der *value);

/* Is that the tag of the next element? */
bool der_is(const struct der *in, unsigned tag);

/* Takes the next element, which must have that tag. */
bool der_get(struct der *in, unsigned tag, struct der *value);

/* The same, and shows the element also with its tag and length. */
bool der_whole(struct der *in, unsigned tag, struct der *element,
               struct der *value);

/* Is one element with that tag all there is? */
bool der_only(struct der in, unsigned tag, struct der *value);

bool der_equal(struct der a, struct der b);

/* The value of a BOOLEAN; of a small INTEGER that is not negative (larger
   ones are UINT32_MAX); of a time (RFC 5280 section 4.1.2.5: whole seconds, in
   UTC; and not before 1970), as seconds since 1970. False: it is none. */
bool der_boolean(struct der value, bool *b);
bool der_integer(struct der value, uint32_t *i);
bool der_time(unsigned tag, struct der value, int64_t *seconds);

#endif
