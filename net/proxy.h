/*
 * proxy: the HTTP proxy that stands between this machine and a service.
 *
 * Which one, if any, is a pure function of the URL and of the values of the
 * variables that most programs know (HTTPS_PROXY, ALL_PROXY, NO_PROXY). Only
 * https goes through a proxy, by CONNECT (RFC 9110 section 9.3.6), so that
 * the proxy learns the host's name and no more; plain http is for this
 * machine itself, and goes there directly. The proxy itself is spoken to in
 * plain http, with Basic credentials (RFC 7617) where the URL has some.
 */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/url.h"

struct proxy {
    char host[URL_HOST_MAX];    /* without brackets; "": there is none */
    unsigned short port;
    char authorization[1400];    /* Proxy-Authorization, or "" */
};

/* What variables say; NULL or "" where they say nothing. */
struct proxy_variables {
    const char *own;             /* a proxy for this service alone: goes before
                                    the others, and NO_PROXY is not for it */
    const char *https, *all;     /* the first that says something is taken */
    const char *no;              /* NO_PROXY */
};

/*
 * Sets the proxy for `url`: "[http://][USER:PASSWORD@]HOST[:PORT][/]", port 80
 * where none is named, user and password percent-decoded. NO_PROXY lists,
 * between commas or blanks, what is reached directly: names, which stand for
 * all names below them, too, with or without a dot (or "*.") before them;
 * addresses; blocks of them, as 10.0.0.0/8; each of the former with or without
 * ":PORT"; or "*", everything. What else stands there is passed over. Names
 * are not resolved. False: `error` says what is wrong, and shows nothing of
 * the value. The caller wipes the proxy after use.
 */
bool proxy_choose(struct proxy *proxy, const struct url *url,
                  const struct proxy_variables *variables, char *error,
                  size_t size);

#endif
