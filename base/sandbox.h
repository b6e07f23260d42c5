/*
 * sandbox: what the process gives up, for good, when it has what it needs.
 *
 * Whoever finds an error in the reading of what comes from the network should
 * not find a machine behind it. This is a second wall: where the kernel has
 * none (before 3.5 and 5.13, or built without; qemu-user) the first has to do.
 *
 * Both functions give NULL, or why there is no such wall here. A build with
 * SANDBOX_OFF defined has none: one that measures coverage, which writes files
 * at its end, or looks for leaks, which needs ptrace(2); gcc's
 * AddressSanitizer defines enough by itself.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/*
 * From now on no program is run, no other process looked into, no user or
 * namespace changed, nothing mounted, no module loaded, no key of the kernel
 * read, no socket listens: a process that tries dies by SIGSYS (seccomp). It
 * is a list of what is denied, not of what is allowed, as what libc calls
 * differs by its kind, its version and the machine.
 */
const char *sandbox_calls(void);

/*
 * From now on nothing can be opened to be written, nor made, removed or
 * renamed, but files in the folder that is open as `folder`, or below it; -1:
 * nowhere (Landlock). What is open stays as it is.
 */
const char *sandbox_files(int folder);

#endif
