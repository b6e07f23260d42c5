/*
 * fortify: three functions that Debian's libbearssl.a wants and musl lacks.
 *
 * Debian compiles BearSSL with _FORTIFY_SOURCE, which turns some calls of
 * memcpy, memmove and memset into checked ones that only glibc has. They are
 * here as glibc documents them (LSB 5.0, "__memcpy_chk"): more bytes than the
 * destination holds end the program. A libc that has them wins, because these
 * are weak; a BearSSL built without _FORTIFY_SOURCE does not ask for them.
 */
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);
void *__memmove_chk(void *to, const void *from, size_t n, size_t room);
void *__memset_chk(void *to, int c, size_t n, size_t room);

__attribute__((weak))
void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
    if (n > room)
        abort();
    return memcpy(to, from, n);
}

__attribute__((weak))
void *__memmove_chk(void *to, const void *from, size_t n, size_t room)
{
    if (n > room)
        abort();
    return memmove(to, from, n);
}

__attribute__((weak))
void *__memset_chk(void *to, int c, size_t n, size_t room)
{
    if (n > room)
        abort();
    return memset(to, c, n);
}
