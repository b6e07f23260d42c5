/*
 * response: a streaming parser of HTTP/1.1 responses (RFC 9112).
 *
 * Takes the bytes of one response in pieces of any size, checks them, and
 * passes the body on without copying it. Does no I/O and allocates nothing;
 * the result does not depend on how the bytes are cut into pieces.
 *
 * Besides what RFC 9112 allows, the parser accepts what curl accepts, where
 * it can be read in one way only:
 *
 *   - the status line may lack the reason and the space before it, and may
 *     have several spaces before the status;
 *   - blanks before a field's colon are not part of its name;
 *   - a line that begins with a blank continues the field before it
 *     (obs-fold); one space joins the two;
 *   - a field whose name is not a token is ignored;
 *   - LF alone ends a line of the header block.
 *
 * None of these is accepted in a line that mentions Content-Length or
 * Transfer-Encoding, except the last: these fields say where the body ends,
 * and a proxy that reads such a line differently sees another body.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEAD_MAX = 32768,       /* bytes of a header block */
    HTTP_LINES_MAX = 128,        /* lines of a header block */
    HTTP_INTERIM_MAX = 8,        /* 1xx answers before the final answer */
    HTTP_FRAME_MAX = 8192        /* bytes of a chunk extension; of all trailers
                                    together */
};

/* Receives the next n > 0 bytes of a body. */
typedef void http_body_fn(void *context, const unsigned char *bytes,
                          size_t n);

struct http_response {
    int status;                  /* 100 to 599; 0 before the status line */
    bool keep;                   /* the connection can be used again */
    bool head_done;              /* the final header block is complete */
    bool done;                   /* the response is complete */
    const char *error;           /* a sentence, or NULL; the first error
                                    sticks */
    bool encoded;                /* with an error: the Content-Encoding is not
                                    identity; no body was passed on */
    bool tunnel;                 /* set by the caller after init: the request
                                    was CONNECT, and the response ends with its
                                    header block (RFC 9110 section 9.3.6) */
    /* private to response.c */
    int state;                   /* enum state */
    int interim;                 /* 1xx answers so far */
    bool until_close;            /* the end of the connection ends the body */
    unsigned digits;             /* of the chunk size being read */
    uint64_t left;               /* bytes left of the body or chunk */
    size_t lines, line;          /* of the head: lines so far, and the offset
                                    of the current one */
    size_t frame;                /* bytes of the extension or trailers so far */
    size_t head_len;
    char head[HTTP_HEAD_MAX];    /* once head_done: NAME NUL VALUE NUL ...; the
                                    first name is "", its value the reason */
};

/* Prepares for the response to one request. */
void http_response_init(struct http_response *r);

/*
 * Parses n bytes and calls `body` for those that belong to the body. Returns
 * the number of bytes parsed: n, or fewer if the response became complete
 * (`done`) or wrong (`error`) before the last byte. `body` may be NULL for a
 * tunnel.
 */
size_t http_response_feed(struct http_response *r, const unsigned char *bytes,
                          size_t n, http_body_fn *body, void *context);

/* The peer has closed the connection in order. Returns true if the response
   is complete; otherwise sets `error`. */
bool http_response_end(struct http_response *r);

/* Returns the value of the first field with this name (in any case), or NULL
   if there is none or the head is not complete. The name "" stands for the
   reason in the status line. */
const char *http_response_field(const struct http_response *r,
                                const char *name);

#endif
