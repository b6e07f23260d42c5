/*
 * sandbox.c: a seccomp filter and a Landlock rule set, through system calls
 * (seccomp(2), landlock(7)). The kernel's constants are written out, because
 * its headers are not installed wherever a libc's are.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The architecture that the program was built for (AUDIT_ARCH_... of
   linux/audit.h); 0: unknown here. The filter checks it because the kernel
   also accepts calls of other architectures, by other numbers. */
static const uint32_t machine =
#if defined SANDBOX_OFF || defined __SANITIZE_ADDRESS__
    0;
#elif defined __x86_64__ && !defined __ILP32__
    0xC000003E;
#elif defined __i386__
    0x40000003;
#elif defined __aarch64__ && defined __AARCH64EL__
    0xC00000B7;
#elif defined __ARM_EABI__ && defined __ARMEL__
    0x40000028;
#elif defined __s390x__
    0x80000016;
#elif defined __riscv && __riscv_xlen == 64
    0xC00000F3;
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
    0xC0000015;
#else
    0;
#endif

static const uint16_t denied[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_kcmp, SYS_mount, SYS_umount2, SYS_pivot_root,
    SYS_chroot, SYS_unshare, SYS_setns, SYS_name_to_handle_at,
    SYS_open_by_handle_at, SYS_truncate, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_personality,
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_capset, SYS_setuid,
    SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
    SYS_setgroups, SYS_setfsuid, SYS_setfsgid,
#ifdef SYS_setuid32
    SYS_setuid32, SYS_setgid32, SYS_setreuid32, SYS_setregid32,
    SYS_setresuid32, SYS_setresgid32, SYS_setgroups32, SYS_setfsuid32,
    SYS_setfsgid32, SYS_truncate64,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_listen                /* else part of socketcall(2) */
    SYS_listen,
#endif
    /* newer than some libcs, with the same numbers on all of these machines:
       io_uring, mounting by descriptors, pidfd_getfd, process_madvise,
       mount_setattr */
    425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442
};

enum { N = sizeof denied / sizeof denied[0] };

/* An instruction of a filter (linux/filter.h), and the opcodes used here. */
struct instruction {
    uint16_t code;
    uint8_t yes, no;             /* instructions to skip */
    uint32_t k;
};

enum { LOAD = 0x20, IF_EQUAL = 0x15, IF_AT_LEAST = 0x35, RETURN = 0x06 };

/* Offsets in struct seccomp_data, and actions (linux/seccomp.h). */
enum { AT_NUMBER = 0, AT_MACHINE = 4 };
#define ALLOW UINT32_C(0x7FFF0000)
#define KILL_PROCESS UINT32_C(0x80000000)    /* before Linux 4.14, it
                                                kills the thread */

const char *sandbox_calls(void)
{
    struct instruction filter[N + 6] = {
        {LOAD, 0, 0, AT_MACHINE},
        {IF_EQUAL, 0, N + 3, machine},
        {LOAD, 0, 0, AT_NUMBER},
        {IF_AT_LEAST, N + 1, 0, 0x40000000},     /* x86-64's x32 */
        [N + 4] = {RETURN, 0, 0, ALLOW},
        [N + 5] = {RETURN, 0, 0, KILL_PROCESS}
    };
    const struct {
        unsigned short n;
        const struct instruction *first;
    } program = {N + 6, filter};
    size_t i;

    for (i = 0; i < N; i++)
        filter[4 + i] = (struct instruction){IF_EQUAL, (uint8_t)(N - i), 0,
                                             denied[i]};
    if (machine == 0)
        return "this build has no sandbox";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0 ||
        prctl(PR_SET_SECCOMP, 2UL, &program, 0UL, 0UL) != 0)
        return strerror(errno);
    return NULL;
}

/* The rights that change something in a folder (linux/landlock.h), with
   O_TRUNC from its third version on; and the system calls, which have the same
   numbers on all machines. */
enum {
    WRITE_FILE = 1 << 1, REMOVE_FILE = 1 << 5, MAKE_FILE = 1 << 8,
    CHANGES = WRITE_FILE | 0x1FF0, TRUNCATE = 1 << 14,
    CREATE_RULESET = 444, ADD_RULE, RESTRICT_SELF
};

const char *sandbox_files(int folder)
{
    long version = machine == 0 ? -1 : syscall(CREATE_RULESET, NULL, 0, 1);
    const uint64_t truncate = version >= 3 ? TRUNCATE : 0;
    const uint64_t handled = CHANGES | truncate;
    const struct {
        uint64_t allowed;
        int32_t folder;
    } rule = {WRITE_FILE | REMOVE_FILE | MAKE_FILE | truncate, folder};
    const char *error = NULL;
    int rules;

    if (machine == 0)
        return "this build has no sandbox";
    rules = version < 1 ? -1
        : (int)syscall(CREATE_RULESET, &handled, sizeof handled, 0);
    if (rules < 0)
        return strerror(errno);
    if ((folder >= 0 && syscall(ADD_RULE, rules, 1, &rule, 0) != 0) ||
        prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0 ||
        syscall(RESTRICT_SELF, rules, 0) != 0)
        error = strerror(errno);
    close(rules);
    return error;
}
