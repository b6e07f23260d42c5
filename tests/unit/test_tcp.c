/* Unit tests of net_connect: which addresses it tries, in which order, and for
   how long. This file replaces the resolver, the sockets and the clock. */
#include "net/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wait.h"
#include "base/clock.h"
#include "tests/unit/test.h"

/* ----------------------------------------- resolver, sockets and clock */

static struct {
    const char *addresses;       /* what the resolver returns: "6" and "4" are
                                    addresses of IPv6 and IPv4, "s" and "f"
                                    those of the loopback interface */
    const char *dead, *closed;   /* those that do not answer, and those that
                                    refuse connections */
    char tried[32];
    int64_t now;
    int error;                   /* of the current connect */
} world;

static int family(char address)
{
    return address == '6' || address == 's' ? AF_INET6 : AF_INET;
}

static void set_address(struct addrinfo *ai, char address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    in.sin_addr.s_addr = htonl(address == 'f' ? 0x7f000001 : 0xc0000201);
    in6.sin6_addr.s6_addr[0] = address == 's' ? 0 : 0x20;
    in6.sin6_addr.s6_addr[15] = 1;
    ai->ai_family = family(address);
    ai->ai_addrlen = ai->ai_family == AF_INET ? sizeof in : sizeof in6;
    if (ai->ai_family == AF_INET)
        memcpy(ai->ai_addr, &in, sizeof in);
    else
        memcpy(ai->ai_addr, &in6, sizeof in6);
}

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    const char *a = world.addresses;

    (void)node;
    (void)service;
    for (; *a != '\0'; a++, list = &(*list)->ai_next) {
        *list = calloc(1, sizeof **list);
        (*list)->ai_socktype = hints->ai_socktype;
        (*list)->ai_addr = calloc(1, sizeof(struct sockaddr_storage));
        set_address(*list, *a);
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *ai)
{
    while (ai != NULL) {
        struct addrinfo *next = ai->ai_next;

        free(ai->ai_addr);
        free(ai);
        ai = next;
    }
}

/* Returns the letter of an address. */
static char address_of(const struct sockaddr *sa)
{
    struct addrinfo ai;
    struct sockaddr_storage other;
    const char *a;

    for (a = world.addresses; *a != '\0'; a++) {
        memset(&other, 0, sizeof other);
        ai.ai_addr = (struct sockaddr *)&other;
        set_address(&ai, *a);
        if (memcmp(sa, &other, ai.ai_addrlen) == 0)
            return *a;
    }
    return '?';
}

/* In glibc the second argument is a union of all kinds of addresses. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t size)
{
    const char a = address_of(to.__sockaddr__);

    (void)fd;
    (void)size;
    world.tried[strlen(world.tried)] = a;
    world.error = strchr(world.dead, a) != NULL ? ETIMEDOUT
        : strchr(world.closed, a) != NULL ? ECONNREFUSED : 0;
    errno = world.error == ECONNREFUSED ? ECONNREFUSED : EINPROGRESS;
    return -1;
}

int socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return dup(STDIN_FILENO);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
    (void)fd;
    (void)level;
    (void)name;
    (void)value;
    (void)n;
    return 0;
}

int getsockopt(int fd, int level, int name, void *restrict value,
               socklen_t *restrict n)
{
    (void)fd;
    (void)level;
    (void)name;
    memset(value, 0, *n);
    return 0;
}

int64_t clock_now(enum clock_kind kind)
{
    (void)kind;
    return world.now;
}

enum wait_result wait_until(int64_t until, int fd, short events,
                            const volatile sig_atomic_t *stop)
{
    (void)fd;
    (void)events;
    (void)stop;
    if (world.error == 0)
        return WAIT_READY;
    world.now = until;
    return WAIT_TIME;
}

/* ---------------------------------------------------------------- tests */

/* Several connections one after the other, with 10 s for each address. `tried`
   are all addresses that were tried, `seconds` is the time it took. */
static const struct {
    const char *what, *addresses, *dead, *closed;
    int connections;
    bool loopback, works;
    const char *tried;
    int seconds;
} cases[] = {
    {"the first address answers", "64", "", "", 1, false, true, "6", 0},
    {"a dead family costs its time once", "64", "6", "", 3, false, true,
     "6444", 10},
    {"IPv4 may be the dead one", "46", "4", "", 3, false, true, "4666", 10},
    {"a family that refuses costs no time", "64", "", "6", 2, false, true,
     "644", 0},
    {"families take turns", "666444", "6", "", 2, false, true, "644", 10},
    {"one family has more addresses than the other", "6444", "64", "", 1,
     false, false, "6444", 40},
    {"one family alone", "444", "", "4", 1, false, false, "444", 0},
    {"all addresses are dead", "6464", "64", "", 2, false, false, "64646464",
     80},
    {"loopback: another address is not tried", "64f", "", "", 1, true, true,
     "f", 0},
    {"loopback: both families", "s6f4", "s", "", 2, true, true, "sff", 10},
    {"loopback: no such address", "6464", "", "", 1, true, false, "", 0}
};

static void test_connect(void)
{
    size_t i;
    int n;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net net = {.fd = -1};
        bool works = false;

        memset(&world, 0, sizeof world);
        world.addresses = cases[i].addresses;
        world.dead = cases[i].dead;
        world.closed = cases[i].closed;
        for (n = 0; n < cases[i].connections; n++) {
            works = net_connect(&net, "host.example", 443, 10 * CLOCK_SECOND,
                                cases[i].loopback);
            net_close(&net);
        }
        CHECK(works == cases[i].works &&
              strcmp(world.tried, cases[i].tried) == 0 &&
              world.now == cases[i].seconds * CLOCK_SECOND,
              "%s: tried <%s> in %lld s: %s", cases[i].what, world.tried,
              (long long)(world.now / CLOCK_SECOND),
              works ? "connected" : net.error);
    }
}

/* The family that answered last is the first, but not the only one. */
static void test_family_that_dies(void)
{
    struct net net = {.fd = -1};

    memset(&world, 0, sizeof world);
    world.addresses = "64";
    world.closed = "";
    world.dead = "6";
    net_connect(&net, "host.example", 443, CLOCK_SECOND, false);
    net_close(&net);
    world.dead = "4";
    CHECK(net_connect(&net, "host.example", 443, CLOCK_SECOND, false) &&
          net.family == AF_INET6 && strcmp(world.tried, "6446") == 0,
          "the other family is tried when this one dies: <%s>", world.tried);
    net_close(&net);
}

int main(void)
{
    test_connect();
    test_family_that_dies();
    return test_done("test_net");
}
