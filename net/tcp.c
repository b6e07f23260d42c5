/* tcp.c: connects to the addresses of a host in turn; reads and writes with
   deadlines, on non-blocking sockets. */
#include "net/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wait.h"
#include "base/clock.h"
#include "base/error.h"

enum net_result net_fail(struct net *net, enum net_result result,
                         const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(net->error, sizeof net->error, format, ap);
    va_end(ap);
    if (n >= NET_ERROR)
        why_cut(net->error, sizeof net->error);
    return result;
}

enum net_result net_late(struct net *net, const char *what, int64_t ns)
{
    return net_fail(net, NET_LATE, "no %s within %lld s", what,
                    (long long)(ns / CLOCK_SECOND));
}

void net_close(struct net *net)
{
    if (net->fd >= 0)
        close(net->fd);
    net->fd = -1;
}

size_t net_address(unsigned char out[16], const char *text)
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static bool is_loopback(const struct sockaddr *sa)
{
    const char *bytes = (const char *)sa;

    if (sa->sa_family == AF_INET)
        return bytes[offsetof(struct sockaddr_in, sin_addr)] == 127;
    return sa->sa_family == AF_INET6 &&
        memcmp(bytes + offsetof(struct sockaddr_in6, sin6_addr),
               &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

/* Waits for the end of a connect(2). Returns 0 or an errno. */
static int connect_end(int fd, int64_t until)
{
    int error = 0;
    socklen_t len = sizeof error;
    enum wait_result w;

    do
        w = wait_until(until, fd, POLLOUT, NULL);
    while (w == WAIT_SIGNAL);
    if (w == WAIT_TIME)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return errno;
    return error;
}

/* Connects to one address. Returns the socket, or -1 and sets errno. */
static int connect_one(const struct addrinfo *ai, int64_t timeout)
{
    const int on = 1;
    int error = 0, fd;

    fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                ai->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    /* after EINTR it continues in the background (POSIX, connect()) */
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
        error = errno;
        if (error == EINPROGRESS || error == EINTR)
            error = connect_end(fd, clock_now(CLOCK_STEADY) + timeout);
    }
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

/* Returns the first from `ai` on whose family is this one, or is not. */
static const struct addrinfo *find(const struct addrinfo *ai, int family,
                                   bool same)
{
    while (ai != NULL && (ai->ai_family == family) != same)
        ai = ai->ai_next;
    return ai;
}

/* Connects to an address from the list; the families take turns. */
static void connect_any(struct net *net, const struct addrinfo *list,
                        int64_t timeout, bool loopback, const char *host,
                        const char *service)
{
    const int first = net->family != 0 ? net->family : list->ai_family;
    const struct addrinfo *next[2] = {find(list, first, true),
                                      find(list, first, false)};
    bool same = true;

    for (; net->fd < 0 && (next[0] != NULL || next[1] != NULL); same = !same) {
        const struct addrinfo *ai = next[!same];

        if (ai == NULL)
            continue;
        next[!same] = find(ai->ai_next, first, same);
        if (loopback && !is_loopback(ai->ai_addr))
            continue;
        net->fd = connect_one(ai, timeout);
        if (net->fd < 0)
            net_fail(net, NET_CUT, "cannot connect to %s port %s: %s",
                     host, service, strerror(errno));
        else
            net->family = ai->ai_family;
    }
}

bool net_connect(struct net *net, const char *host, unsigned short port,
                 int64_t timeout, bool loopback)
{
    struct addrinfo hints, *list = NULL;
    char service[8];
    int error;

    net->fd = -1;
    net->asked = false;
    net->at = net->end = 0;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    error = getaddrinfo(host, service, &hints, &list);
    if (error != 0) {
        net_fail(net, NET_CUT, "cannot find the address of %s: %s", host,
                 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return false;
    }
    net_fail(net, NET_CUT, "%s is not a loopback address", host);
    connect_any(net, list, timeout, loopback, host, service);
    freeaddrinfo(list);
    return net->fd >= 0;
}

/* Waits for `events` of poll(2), up to the nearer of both deadlines. */
static enum net_result await(struct net *net, short events)
{
    int64_t silence = clock_now(CLOCK_STEADY) + net->wait;
    bool silent = silence <= net->until;
    enum wait_result w;

    do
        w = wait_until(silent ? silence : net->until, net->fd, events, NULL);
    while (w == WAIT_SIGNAL);
    if (w == WAIT_READY)
        return NET_OK;
    if (silent)
        return net_late(net, "answer", net->wait);
    return net_fail(net, NET_LATE, "the answer takes too long");
}

enum net_result net_read(struct net *net, void *bytes, size_t size,
                         size_t *got)
{
    const bool ahead = size < sizeof net->ahead;
    enum net_result r = NET_OK;

    /* the answer to a request has hardly arrived yet: saves a recv(2) */
    if (net->asked && net->at == net->end)
        r = await(net, POLLIN);
    net->asked = false;
    if (r != NET_OK)
        return r;
    while (net->at == net->end) {
        ssize_t n = recv(net->fd, ahead ? net->ahead : bytes,
                         ahead ? sizeof net->ahead : size, 0);

        if (n > 0 && !ahead) {
            *got = (size_t)n;
            return NET_OK;
        }
        if (n > 0) {
            net->at = 0;
            net->end = (size_t)n;
            break;
        }
        if (n == 0)
            return net_fail(net, NET_END, "the connection was closed");
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return net_fail(net, NET_CUT, "%s", strerror(errno));
        r = await(net, POLLIN);
        if (r != NET_OK)
            return r;
    }
    *got = net->end - net->at < size ? net->end - net->at : size;
    memcpy(bytes, net->ahead + net->at, *got);
    net->at += *got;
    return NET_OK;
}

enum net_result net_write(struct net *net, const void *bytes, size_t n,
                          size_t *sent, bool alert)
{
    for (;;) {
        ssize_t done = send(net->fd, bytes, n, MSG_NOSIGNAL);
        enum net_result r;

        if (done > 0) {
            net->asked = true;
            *sent = (size_t)done;
            return NET_OK;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return net_fail(net, NET_CUT, "%s", strerror(errno));
        r = await(net, alert ? POLLIN | POLLOUT : POLLOUT);
        if (r != NET_OK)
            return r;
        if (alert && net_stale(net))
            return net_fail(net, NET_EARLY, "answered before all was sent");
    }
}

bool net_stale(const struct net *net)
{
    struct pollfd pfd = {net->fd, POLLIN, 0};
    int n;

    if (net->at < net->end)
        return true;
    do
        n = poll(&pfd, 1, 0);
    while (n < 0 && errno == EINTR);
    return n != 0;
}
