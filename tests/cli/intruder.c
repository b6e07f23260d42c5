/*
 * intruder: does what somebody would who has found a way into the program.
 * A library for LD_PRELOAD; the program is linked dynamically. At the first
 * answer from the network it makes the call that INTRUDER_CALL names, or on
 * the file INTRUDER_PATH does what INTRUDER_CALL says, and prints to standard
 * error "intruder: " and the error's name, or "done".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Their arguments are all 0: whether they may be made is told by the number
   alone, and nothing comes of them. */
static const struct {
    const char *name;
    long number;
} calls[] = {
    {"execve", SYS_execve}, {"execveat", SYS_execveat},
    {"ptrace", SYS_ptrace}, {"process_vm_readv", SYS_process_vm_readv},
    {"mount", SYS_mount}, {"unshare", SYS_unshare}, {"setns", SYS_setns},
    {"init_module", SYS_init_module}, {"bpf", SYS_bpf},
    {"keyctl", SYS_keyctl}, {"setuid", SYS_setuid}, {"listen", SYS_listen},
    {"truncate", SYS_truncate}, {"io_uring_setup", 425}, {"fsopen", 430},
    {"mount_setattr", 442}, {"getpid", SYS_getpid},
#ifdef __x86_64__
    {"x32", 0x40000000 | SYS_getpid},
#endif
};

static long intrude(const char *call, const char *path)
{
    char other[4096];
    size_t i;

    if (strcmp(call, "read") == 0)
        return open(path, O_RDONLY);
    if (strcmp(call, "write") == 0)
        return open(path, O_WRONLY);
    if (strcmp(call, "truncate it") == 0)
        return open(path, O_RDONLY | O_TRUNC);
    if (strcmp(call, "make") == 0)
        return open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (strcmp(call, "make a folder") == 0)
        return mkdir(path, 0700);
    if (strcmp(call, "remove") == 0)
        return unlink(path);
    snprintf(other, sizeof other, "%s.other", path);
    if (strcmp(call, "rename") == 0)
        return rename(path, other);
    for (i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].name, call) == 0)
            return syscall(calls[i].number, 0L, 0L, 0L, 0L, 0L, 0L);
    abort();
}

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
    static ssize_t (*real)(int, void *, size_t, int);
    const char *call = getenv("INTRUDER_CALL");
    void *p;

    if (real == NULL) {
        p = dlsym(RTLD_NEXT, "recv");
        memcpy(&real, &p, sizeof real);
        if (call != NULL)
            dprintf(STDERR_FILENO, "intruder: %s\n",
                    intrude(call, getenv("INTRUDER_PATH")) >= 0 ? "done"
                    : strerrorname_np(errno));
    }
    return real(fd, bytes, n, flags);
}
