/*
 * sandbox: permissions that the process gives up for good, once it has
 * everything that it needs.
 *
 * An attacker who exploits an error in the code that parses network data must
 * not reach the rest of the machine. This is a second line of defence; it is
 * absent where the kernel does not support it (before Linux 3.5 for seccomp and
 * 5.13 for Landlock, or built without them; qemu-user).
 *
 * Both functions return NULL, or why this protection is absent. A build with
 * SANDBOX_OFF defined has none: one that measures coverage, which writes files
 * at its end, or searches for leaks, which needs ptrace(2). gcc's
 * AddressSanitizer switches it off by itself.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/*
 * Denies system calls that run a program, inspect another process, change the
 * user or a namespace, mount, load a module, use keys of the kernel or listen
 * on a socket: SIGSYS ends a process that tries (seccomp). This is a list of
 * denied calls, not of allowed ones, because the calls that a libc makes
 * depend on its kind, its version and the machine.
 */
const char *sandbox_calls(void);

/*
 * Denies opening files for writing, and creating, removing or renaming them,
 * except in the folder that is open as `folder` and below it (-1: everywhere)
 * (Landlock). Files that are open already are not affected.
 */
const char *sandbox_files(int folder);

#endif
