/*
 * net: a TCP connection with deadlines.
 *
 * Names are resolved by getaddrinfo(3), which has time limits of its own;
 * everything after that is non-blocking and waits through wait_until only.
 * Signals that are caught do not end a wait: what was begun is finished.
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NET_ERROR = 320 };    /* bytes of a sentence */

enum net_result {
    NET_OK,
    NET_END,             /* the peer has closed, in order */
    NET_CUT,             /* the peer is gone, or broke the protocol */
    NET_LATE,            /* a deadline has passed */
    NET_REFUSED,         /* TLS: no handshake with this peer, now or later;
                            or a proxy will not have it */
    NET_EARLY            /* writing: the peer speaks before it has it all */
};

struct net {
    int fd;              /* -1: not connected */
    int64_t wait;        /* the longest silence, in nanoseconds */
    int64_t until;       /* end of all waiting, by CLOCK_STEADY */
    int family;          /* of the address that answered last; 0 at first */
    bool asked;          /* nothing was read since it was written to */
    size_t at, end;      /* in `ahead`, of what was read but not given out */
    unsigned char ahead[4096];   /* small reads, as of a TLS record's five
                            bytes, take in what follows: a system call less */
    char error[NET_ERROR];   /* a sentence, after any answer but NET_OK */
};

/* The bytes of an IPv4 or IPv6 address: how many, or 0 if it is none. */
size_t net_address(unsigned char out[16], const char *text);

/*
 * Connects to `host` (a name or an address without brackets), trying all of
 * its addresses; each has `timeout` nanoseconds. IPv6 and IPv4 take turns
 * (RFC 8305 section 4), else it is the resolver's order; it begins with the
 * family that answered the last time, so that one that is dead makes no second
 * connection wait. `loopback` refuses every address outside 127.0.0.0/8 and
 * ::1. Sets TCP_NODELAY and SO_KEEPALIVE. False: see `error`.
 */
bool net_connect(struct net *net, const char *host, unsigned short port,
                 int64_t timeout, bool loopback);

/* Reads what is there, at least one byte, at most `size`. */
enum net_result net_read(struct net *net, void *bytes, size_t size,
                         size_t *got);

/*
 * Writes some of n > 0 bytes. NET_EARLY, if `alert`, when something came to
 * read before the socket would take more.
 */
enum net_result net_write(struct net *net, const void *bytes, size_t n,
                          size_t *sent, bool alert);

/* Has the peer said or done anything on a connection that should be idle?
   Then it is not to be used again. */
bool net_stale(const struct net *net);

void net_close(struct net *net);

/* "no WHAT within N s": returns NET_LATE. */
enum net_result net_late(struct net *net, const char *what, int64_t ns);

/* Writes the sentence and returns `result`. */
enum net_result net_fail(struct net *net, enum net_result result,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
