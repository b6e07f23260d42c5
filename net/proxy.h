/*
 * proxy: which HTTP proxy, if any, a request goes through.
 *
 * A pure function of the URL and of the values of the usual environment
 * variables (HTTPS_PROXY, ALL_PROXY, NO_PROXY). Only https goes through a
 * proxy, in a tunnel (CONNECT, RFC 9110 section 9.3.6), so that the proxy
 * learns no more than the host and port. Plain http is for this machine only,
 * and always goes there directly. The connection to the proxy itself is plain
 * http, with Basic credentials (RFC 7617) if the proxy's URL contains some.
 */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/url.h"

struct proxy {
    char host[URL_HOST_MAX];     /* without brackets; "": no proxy */
    unsigned short port;
    char authorization[1400];    /* value of Proxy-Authorization, or "" */
};

/* The values of the variables; NULL or "" if a variable is not set. */
struct proxy_variables {
    const char *own;             /* the proxy for one service: has precedence,
                                    and NO_PROXY does not apply to it */
    const char *https, *all;     /* the first that is set applies */
    const char *no;              /* NO_PROXY */
};

/*
 * Sets the proxy for `url`.
 *
 * A variable contains "[http://][USER:PASSWORD@]HOST[:PORT][/]". The default
 * port is 80; user and password are percent-decoded.
 *
 * NO_PROXY lists the exceptions, separated by commas or blanks. Each is a host
 * name, which includes all names below it, with or without "." or "*." before
 * it; an IP address; either of them followed by ":PORT"; a block of addresses
 * such as 10.0.0.0/8; or "*" for everything. Other entries are ignored. Names
 * are not resolved.
 *
 * Returns false if the URL in the variable is not valid; the sentence in
 * `error` (`size` bytes) contains nothing of it. The caller wipes `proxy` after
 * use.
 */
bool proxy_choose(struct proxy *proxy, const struct url *url,
                  const struct proxy_variables *variables, char *error,
                  size_t size);

#endif
