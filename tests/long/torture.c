/*
 * torture: makes one system call of a program fail, and writes down all that
 * it makes. A library for LD_PRELOAD with glibc; the program is linked
 * dynamically and has one thread. Its environment:
 *
 *     TORTURE_LOG    a file, to which each call appends a line
 *                    "KIND N HIT WHAT": the Nth of its kind, 1 where it was
 *                    made to fail, and the file or the host that it is about
 *     TORTURE_KIND   which call: its name (see names)
 *     TORTURE_NTH    the how-manieth
 *     TORTURE_HOW    in which way: the name of an error (see ways), or
 *                      short    only a part is read or written
 *                      full     the same, and the next write fails: ENOSPC
 *                      end      the end of the file, or of the connection
 *                      early    a wait ends before anything happened
 *     TORTURE_STORM  in place of these three, a seed: one call in three is
 *                    interrupted, cut short or asked to try again, as may
 *                    happen to a program at any time
 *
 * An error that ends a connection does end it. What a program sees of time
 * is made the same in each run, so that the Nth call is: a recv that finds
 * nothing is not counted, and the first one after a send finds nothing.
 * Of malloc and calloc, which count as one kind, only the program's own calls
 * are counted, not those of libc.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind {
    CONNECT, FCHMOD, FDATASYNC, FLOCK, FSYNC, FTRUNCATE, GETADDRINFO,
    GETRANDOM, MALLOC, OPEN, POLL, PPOLL, PREAD, READ, RECV, RENAME, SEND,
    SOCKET, WRITE, KINDS
};

static const char *const names[KINDS] = {
    "connect", "fchmod", "fdatasync", "flock", "fsync", "ftruncate",
    "getaddrinfo", "getrandom", "malloc", "open", "poll", "ppoll", "pread",
    "read", "recv", "rename", "send", "socket", "write"
};

/* Ways that are no errno; those of getaddrinfo are negative, too. */
enum { PASS = 0, SHORT = 10000, FULL, END, EARLY };

static const struct {
    const char *name;
    int way;
} ways[] = {
    {"EACCES", EACCES}, {"EAFNOSUPPORT", EAFNOSUPPORT}, {"EAGAIN", EAGAIN},
    {"ECONNREFUSED", ECONNREFUSED}, {"ECONNRESET", ECONNRESET},
    {"EDQUOT", EDQUOT}, {"EFBIG", EFBIG}, {"EINTR", EINTR}, {"EIO", EIO},
    {"EMFILE", EMFILE}, {"ENETUNREACH", ENETUNREACH}, {"ENOBUFS", ENOBUFS},
    {"ENOLCK", ENOLCK}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},
    {"ENOENT", ENOENT}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EPIPE", EPIPE},
    {"EROFS", EROFS}, {"ETIMEDOUT", ETIMEDOUT},
    {"EAI_AGAIN", EAI_AGAIN}, {"EAI_FAIL", EAI_FAIL},
    {"EAI_MEMORY", EAI_MEMORY}, {"EAI_NONAME", EAI_NONAME},
    {"EAI_SYSTEM", EAI_SYSTEM},
    {"short", SHORT}, {"full", FULL}, {"end", END}, {"early", EARLY}
};

/* What may happen to a call at any time, by kind. */
static const int storms[KINDS][4] = {
    [CONNECT] = {EINTR}, [FDATASYNC] = {EINTR}, [FLOCK] = {EINTR},
    [FSYNC] = {EINTR}, [FTRUNCATE] = {EINTR}, [GETRANDOM] = {EINTR},
    [OPEN] = {EINTR}, [POLL] = {EINTR}, [PPOLL] = {EINTR, EARLY},
    [PREAD] = {EINTR, SHORT}, [READ] = {EINTR, SHORT},
    [RECV] = {EINTR, SHORT, EAGAIN}, [SEND] = {EINTR, SHORT, EAGAIN},
    [WRITE] = {EINTR, SHORT}
};

static struct {
    int kind, way;               /* kind -1: none */
    unsigned long nth;
    unsigned storm;              /* 0: none */
    int log;
} plan = {-1, PASS, 0, 0, -1};

static unsigned long counts[KINDS];
static int full = -1;            /* the descriptor whose disk is full */
static bool asked[1024];         /* a send without a recv, by descriptor */

/* ------------------------------------------------- what libc has for it */

/* ISO C has no conversion from an object's pointer to a function's. */
#define REAL(name) \
    static __typeof__(name) *real_##name(void) \
    { \
        static __typeof__(name) *f; \
        void *p; \
        if (f == NULL) { \
            p = dlsym(RTLD_NEXT, #name); \
            memcpy(&f, &p, sizeof f); \
        } \
        return f; \
    }

REAL(calloc)
REAL(connect)
REAL(fchmod)
REAL(fdatasync)
REAL(flock)
REAL(fsync)
REAL(ftruncate)
REAL(getaddrinfo)
REAL(getrandom)
REAL(malloc)
REAL(open)
REAL(poll)
REAL(ppoll)
REAL(pread)
REAL(read)
REAL(recv)
REAL(rename)
REAL(send)
REAL(socket)
REAL(write)

/* ------------------------------------------------------------- the plan */

__attribute__((noreturn))
static void refuse(const char *what)
{
    fprintf(stderr, "torture: %s is not understood\n", what);
    _exit(99);
}

static int find_way(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, name) == 0)
            return ways[i].way;
    refuse("TORTURE_HOW");
}

static int find_kind(const char *name)
{
    int i;

    for (i = 0; i < KINDS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    refuse("TORTURE_KIND");
}

__attribute__((constructor))
static void begin(void)
{
    const char *log = getenv("TORTURE_LOG"), *kind = getenv("TORTURE_KIND");
    const char *nth = getenv("TORTURE_NTH"), *how = getenv("TORTURE_HOW");
    const char *storm = getenv("TORTURE_STORM");

    if (log != NULL) {           /* out of the way of the program's own */
        int fd = real_open()(log, O_WRONLY | O_CREAT | O_APPEND, 0666);

        plan.log = fcntl(fd, F_DUPFD_CLOEXEC, 900);
        close(fd);
    }
    if (storm != NULL)
        plan.storm = (unsigned)strtoul(storm, NULL, 10) * 2 + 1;
    if (kind == NULL)
        return;
    if (nth == NULL || how == NULL)
        refuse("half a plan");
    plan.way = find_way(how);
    plan.nth = strtoul(nth, NULL, 10);
    plan.kind = find_kind(kind);
}

/* A number below n; a linear congruential generator's upper bits. */
static unsigned dice(unsigned n)
{
    plan.storm = plan.storm * 1664525u + 1013904223u;
    return (plan.storm >> 16) % n;
}

static int storm_way(enum kind kind)
{
    unsigned n = 0;

    while (n < 4 && storms[kind][n] != PASS)
        n++;
    return n == 0 || dice(3) > 0 ? PASS : storms[kind][dice(n)];
}

/* Counts a call and writes it down: PASS, or the way in which it fails, with
   errno set where that is an error. */
static int strike(enum kind kind, const char *what)
{
    const int before = errno;
    int way = PASS, n;
    char line[5000];

    counts[kind]++;
    if (plan.storm != 0)
        way = storm_way(kind);
    else if ((int)kind == plan.kind && counts[kind] == plan.nth)
        way = plan.way;
    n = snprintf(line, sizeof line, "%s %lu %d %s\n", names[kind],
                 counts[kind], way != PASS, what);
    if (plan.log >= 0 && real_write()(plan.log, line, (size_t)n) != n)
        abort();
    errno = way > PASS && way < SHORT ? way : before;
    return way;
}

/* The file that a descriptor is, or "socket:[...]". */
static const char *named(int fd)
{
    static char path[4096];
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    return path;
}

static bool is_error(int way)
{
    return way != PASS && way < SHORT;
}

/* ------------------------------------------------------------- sockets */

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    int way = strike(GETADDRINFO, node);

    if (way == EAI_SYSTEM)
        errno = EMFILE;
    return way != PASS ? way : real_getaddrinfo()(node, service, hints, list);
}

int socket(int domain, int type, int protocol)
{
    if (strike(SOCKET, domain == AF_INET ? "IPv4" : "IPv6") != PASS)
        return -1;
    return real_socket()(domain, type, protocol);
}

/* Interrupted, it goes on by itself. Its second argument is a union of all
   kinds of address, in glibc. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t size)
{
    const struct sockaddr *sa = to.__sockaddr__;
    int way = strike(CONNECT, sa->sa_family == AF_INET ? "IPv4" : "IPv6");

    if (way == PASS || way == EINTR) {
        int result = real_connect()(fd, to, size);

        if (way == PASS)
            return result;
        errno = way;
    }
    return -1;
}

/* An error that ends the connection: the peer sees that, too. */
static void cut(int fd, int way)
{
    if (way != EINTR && way != EAGAIN && way != ENOMEM && way != ENOBUFS) {
        shutdown(fd, SHUT_RDWR);
        errno = way;
    }
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    int way = strike(SEND, named(fd));

    if (is_error(way)) {
        cut(fd, way);
        return -1;
    }
    if (fd < 1024)
        asked[fd] = true;
    return real_send()(fd, bytes, way == SHORT ? (n + 1) / 2 : n, flags);
}

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
    struct pollfd pfd = {fd, POLLIN, 0};
    bool first = fd < 1024 && asked[fd];
    int way;

    if (fd < 1024)
        asked[fd] = false;
    if (first || real_poll()(&pfd, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    way = strike(RECV, named(fd));
    if (way == END) {
        shutdown(fd, SHUT_RDWR);
        return 0;
    }
    if (is_error(way)) {
        cut(fd, way);
        return -1;
    }
    return real_recv()(fd, bytes, way == SHORT ? 1 : n, flags);
}

/* ------------------------------------------------------------- waiting */

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
    int way = strike(POLL, "");

    return way != PASS ? -1 : real_poll()(fds, n, timeout);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
          const sigset_t *mask)
{
    int way = strike(PPOLL, "");

    if (way == EARLY)
        return 0;
    return way != PASS ? -1 : real_ppoll()(fds, n, timeout, mask);
}

/* --------------------------------------------------------------- files */

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    va_start(ap, flags);
    if (flags & O_CREAT)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    return strike(OPEN, path) != PASS ? -1 : real_open()(path, flags, mode);
}

ssize_t read(int fd, void *bytes, size_t n)
{
    int way = strike(READ, named(fd));

    if (way == END)
        return 0;
    return is_error(way) ? -1 : real_read()(fd, bytes, way == SHORT ? 1 : n);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
    int way = strike(PREAD, named(fd));

    return is_error(way) ? -1
        : real_pread()(fd, bytes, way == SHORT ? 1 : n, at);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    int way = strike(WRITE, named(fd));

    if (is_error(way))
        return -1;
    if (fd == full) {
        errno = ENOSPC;
        return -1;
    }
    if (way == FULL)
        full = fd;
    return real_write()(fd, bytes, way == PASS ? n : (n + 1) / 2);
}

int fsync(int fd)
{
    return strike(FSYNC, named(fd)) != PASS ? -1 : real_fsync()(fd);
}

int fdatasync(int fd)
{
    return strike(FDATASYNC, named(fd)) != PASS ? -1 : real_fdatasync()(fd);
}

int ftruncate(int fd, off_t size)
{
    return strike(FTRUNCATE, named(fd)) != PASS ? -1
        : real_ftruncate()(fd, size);
}

int fchmod(int fd, mode_t mode)
{
    return strike(FCHMOD, named(fd)) != PASS ? -1 : real_fchmod()(fd, mode);
}

int flock(int fd, int how)
{
    return strike(FLOCK, named(fd)) != PASS ? -1 : real_flock()(fd, how);
}

int rename(const char *from, const char *to)
{
    return strike(RENAME, to) != PASS ? -1 : real_rename()(from, to);
}

/* -------------------------------------------------- memory, randomness */

ssize_t getrandom(void *bytes, size_t n, unsigned flags)
{
    return strike(GETRANDOM, "") != PASS ? -1
        : real_getrandom()(bytes, n, flags);
}

/* Does this address belong to the program, rather than to a library? */
static bool is_programs(void *address)
{
    void *entry;
    Dl_info here, there;
    unsigned long at = getauxval(AT_ENTRY);

    memcpy(&entry, &at, sizeof entry);
    return dladdr(address, &here) != 0 && dladdr(entry, &there) != 0 &&
        here.dli_fbase == there.dli_fbase;
}

void *malloc(size_t n)
{
    if (is_programs(__builtin_return_address(0)) &&
        strike(MALLOC, "") != PASS)
        return NULL;
    return real_malloc()(n);
}

void *calloc(size_t n, size_t size)
{
    if (is_programs(__builtin_return_address(0)) &&
        strike(MALLOC, "") != PASS)
        return NULL;
    return real_calloc()(n, size);
}
