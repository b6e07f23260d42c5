/*
 * hashed: tells MemorySanitizer that what BearSSL's hashes write is defined.
 *
 * For tests/variants.sh, which links with --wrap for these two. The library is
 * not instrumented, so that the sanitizer does not see it write.
 */
#include <bearssl.h>
#include <sanitizer/msan_interface.h>

void __real_br_sha256_out(const br_sha256_context *context, void *out);
void __wrap_br_sha256_out(const br_sha256_context *context, void *out);
size_t __real_br_hmac_out(const br_hmac_context *context, void *out);
size_t __wrap_br_hmac_out(const br_hmac_context *context, void *out);

void __wrap_br_sha256_out(const br_sha256_context *context, void *out)
{
    __real_br_sha256_out(context, out);
    __msan_unpoison(out, br_sha256_SIZE);
}

size_t __wrap_br_hmac_out(const br_hmac_context *context, void *out)
{
    size_t n = __real_br_hmac_out(context, out);

    __msan_unpoison(out, n);
    return n;
}
