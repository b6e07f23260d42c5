/*
 * tcp: a TCP connection with deadlines.
 *
 * getaddrinfo(3) resolves names, with time limits of its own. Everything else
 * is non-blocking and waits in wait_until only. A signal that is caught does
 * not end a wait, so that a request that has begun is completed.
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NET_ERROR = 1536 };   /* bytes of a sentence: room for a proxy's words */

enum net_result {
    NET_OK,
    NET_END,             /* the peer has closed the connection in order */
    NET_CUT,             /* the connection is lost, or the peer broke the
                            protocol */
    NET_LATE,            /* a deadline has passed */
    NET_REFUSED,         /* TLS or a proxy: another attempt would fail in the
                            same way */
    NET_EARLY            /* while writing: the peer answered before it had
                            everything */
};

struct net {
    int fd;              /* -1: not connected */
    int64_t wait;        /* the longest silence, in nanoseconds */
    int64_t until;       /* the end of all waiting: CLOCK_STEADY */
    int family;          /* of the address that was connected last; 0: none */
    bool asked;          /* nothing was read since the last write */
    size_t at, end;      /* in `ahead`: bytes received, but not yet returned */
    unsigned char ahead[4096];   /* read-ahead, so that a TLS record header
                            does not cost a recv(2) of its own */
    char error[NET_ERROR];   /* a sentence, after any result but NET_OK */
};

/* Sets the bytes of an IPv4 or IPv6 address. Returns their number, 4 or 16, or
   0 if the text is not an address. */
size_t net_address(unsigned char out[16], const char *text);

/*
 * Connects to `host`, a name or an address without brackets, and tries all of
 * its addresses, each for `timeout` nanoseconds. IPv6 and IPv4 addresses
 * alternate (RFC 8305 section 4), in the order of the resolver otherwise. The
 * family that was connected last is the first, so that a family that does not
 * work delays only one connection. With `loopback`, only addresses in
 * 127.0.0.0/8 and ::1 are tried. Sets TCP_NODELAY and SO_KEEPALIVE. Returns
 * false and sets `error` if no address can be connected.
 */
bool net_connect(struct net *net, const char *host, unsigned short port,
                 int64_t timeout, bool loopback);

/* Waits for bytes and reads at least one, at most `size`. */
enum net_result net_read(struct net *net, void *bytes, size_t size,
                         size_t *got);

/* Writes at least one of n bytes. With `alert`, returns NET_EARLY if something
   can be read before the socket takes more. */
enum net_result net_write(struct net *net, const void *bytes, size_t n,
                          size_t *sent, bool alert);

/* Whether an idle connection cannot be used again, because the peer has sent
   something or closed it. */
bool net_stale(const struct net *net);

void net_close(struct net *net);

/* Sets `error` to "no WHAT within N s". Returns NET_LATE. */
enum net_result net_late(struct net *net, const char *what, int64_t ns);

/* Sets `error`. Returns `result`. */
enum net_result net_fail(struct net *net, enum net_result result,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
