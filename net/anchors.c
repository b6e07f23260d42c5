/*
 * anchors.c: which certificates are trust anchors, and how they are loaded.
 *
 * A loaded anchor consists of a `struct anchor` in one buffer and of the bytes
 * that it points to in another. A certificate has about 1,400 bytes, of which
 * an anchor needs 400.
 */
#include "net/anchors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    ANCHORS_MAX = 2 << 20,       /* bytes of all anchors */
    BUNDLE_MAX = 16 << 20,       /* bytes of one file */
    CERTIFICATE_MAX = 16 << 10,  /* bytes of one certificate */
    CONSTRAINTS_MAX = 4096       /* bytes of the name constraints of one */
};

/* -------------------------------------------------------------- the list */

void anchors_init(struct anchors *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->loaded, ANCHORS_MAX);
    buf_init(&a->bytes, ANCHORS_MAX);
}

void anchors_free(struct anchors *a)
{
    buf_free(&a->loaded);
    buf_free(&a->bytes);
    anchors_init(a);
}

/* Why the certificate cannot be an anchor, or NULL. That it is not valid yet
   is no reason, because that changes. */
static const char *anchor_fault(const struct cert *c, int64_t now)
{
    if (c->fault != NULL)
        return c->fault;
    if (cert_is_empty(c->subject.name))
        return "has an empty subject";
    if (now > c->subject.not_after)
        return "has expired";
    if (c->subject.ca && c->key_id.p == NULL)
        return "has no subjectKeyIdentifier";
    if (!cert_for_servers(c))
        return "is not for servers (extendedKeyUsage)";
    if (cert_self_issued(c) && c->issuer_key_id.p != NULL &&
        !der_equal(c->issuer_key_id, c->key_id))
        return "is self-issued, but names another key as its issuer's";
    if (c->subject.constraints.n > CONSTRAINTS_MAX)
        return "has more than 4 KB of name constraints";
    return NULL;
}

static bool is_same(const struct anchor *a, const struct anchor *b)
{
    return der_equal(a->name, b->name) && a->not_before == b->not_before &&
        a->not_after == b->not_after && a->curve == b->curve &&
        der_equal(a->key, b->key) &&
        memcmp(a->exponent, b->exponent, sizeof a->exponent) == 0 &&
        a->ca == b->ca && a->path == b->path &&
        der_equal(a->constraints, b->constraints);
}

/* Lets `d` point to its bytes, which are at p. Returns their end. */
static const unsigned char *place(struct der *d, const unsigned char *p)
{
    d->p = d->n > 0 ? p : NULL;
    return p + d->n;
}

/* Sets all pointers of the list into the buffer of their bytes, which may have
   moved: the bytes of one anchor follow those of the one before. */
static void place_all(struct anchors *a)
{
    struct anchor *list = (struct anchor *)(void *)a->loaded.data;
    const unsigned char *p = a->bytes.data;
    size_t i;

    a->list = list;
    a->n = a->loaded.len / sizeof *list;
    for (i = 0; i < a->n; i++) {
        p = place(&list[i].name, p);
        p = place(&list[i].key, p);
        p = place(&list[i].constraints, p);
    }
}

const char *anchors_add(struct anchors *a, const struct cert *c, int64_t now)
{
    const struct anchor *s = &c->subject;
    const char *fault = anchor_fault(c, now);
    size_t i;

    if (fault != NULL)
        return fault;
    /* directories have the same certificate under several names */
    for (i = 0; i < a->n; i++)
        if (is_same(&a->list[i], s))
            return NULL;
    buf_add(&a->bytes, s->name.p, s->name.n);
    buf_add(&a->bytes, s->key.p, s->key.n);
    buf_add(&a->bytes, s->constraints.p, s->constraints.n);
    a->loaded.failed = a->loaded.failed || a->bytes.failed;
    buf_add(&a->loaded, s, sizeof *s);
    place_all(a);
    return NULL;
}

/* ------------------------------------------------------------------- PEM */

/* The certificates of a text, which is taken byte by byte. */
struct pem {
    struct buf der;              /* the current certificate */
    bool inside;                 /* between BEGIN and END */
    char line[32];               /* the beginning of the current line */
    size_t n;
    unsigned bits, n_bits;       /* digits that do not make a byte yet */
};

static void pem_init(struct pem *p, size_t max)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->der, max);
}

static bool begins(const struct pem *p, const char *text)
{
    const size_t n = strlen(text);

    return p->n >= n && memcmp(p->line, text, n) == 0;
}

static bool end_line(struct pem *p)
{
    const bool ended = p->inside && begins(p, "-----END ");

    if (begins(p, "-"))
        p->inside = false;
    if (begins(p, "-----BEGIN CERTIFICATE-----") ||
        begins(p, "-----BEGIN X509 CERTIFICATE-----")) {
        p->inside = true;
        p->n_bits = 0;
        buf_reset(&p->der);
    }
    p->n = 0;
    return ended;
}

/* The value of a base64 digit (RFC 4648 section 4), or -1. */
static int digit_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Takes a byte of the text; the caller adds a LF at the end of the text. True
   if a certificate has ended: it is in `der` until the next call, or
   der.failed is set because it is too large. */
static bool pem_take(struct pem *p, unsigned char byte)
{
    const int value = digit_value(byte);

    if (byte == '\n' || byte == '\r')
        return end_line(p);
    if (byte >= 0x80)            /* perhaps of a byte order mark */
        return false;
    if (p->n < sizeof p->line)
        p->line[p->n++] = (char)byte;
    if (!p->inside || p->line[0] == '-' || value < 0)
        return false;
    p->bits = p->bits << 6 | (unsigned)value;
    p->n_bits += 6;
    if (p->n_bits >= 8) {
        p->n_bits -= 8;
        buf_byte(&p->der, (unsigned char)(p->bits >> p->n_bits));
    }
    return false;
}

/* ----------------------------------------------------------------- files */

struct loader {
    struct anchors *anchors;
    struct pem pem;
    size_t usable;               /* certificates that are in the list now */
    const char *fault;           /* of the last one that is not; or NULL */
    char utf16[96];              /* says that the file is UTF-16, or "" */
};

static void end_certificate(struct loader *l)
{
    const struct buf *der = &l->pem.der;
    const char *fault = "has more than 16 KB";
    struct cert c;

    if (!der->failed) {
        cert_read(&c, der->data, der->len);
        fault = anchors_add(l->anchors, &c, clock_seconds());
    }
    if (fault == NULL)
        l->usable++;
    else
        l->fault = fault;
}

static int read_pem(struct loader *l, int fd)
{
    unsigned char bytes[4096];
    size_t total = 0;
    ssize_t got, i;

    while ((got = read(fd, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (total == 0)
            (void)text_utf16(text_begin(bytes, (size_t)got, true, false), "it",
                             l->utf16, sizeof l->utf16);
        for (i = 0; i < got; i++)
            if (pem_take(&l->pem, bytes[i]))
                end_certificate(l);
        total += (size_t)got;
        if (total > BUNDLE_MAX)
            return EFBIG;
    }
    if (pem_take(&l->pem, '\n'))
        end_certificate(l);
    return l->anchors->loaded.failed ? ENOMEM : 0;
}

/* Adds the certificates of a file. Returns 0 or an errno. */
static int load(struct loader *l, const char *path)
{
    int fd, error;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno;
    pem_init(&l->pem, CERTIFICATE_MAX);
    error = read_pem(l, fd);
    buf_free(&l->pem.der);
    close(fd);
    return error;
}

/* Whether certificates were loaded. If not, or if e is an errno, writes the
   sentence. */
static bool loaded(const struct loader *l, int e, const char *path,
                   char *error, size_t size)
{
    if (e != 0)
        snprintf(error, size, "cannot read the certificates in %s: %s", path,
                 strerror(e));
    else if (l->usable == 0 && l->utf16[0] != '\0')
        snprintf(error, size, "cannot read the certificates in %s: %s", path,
                 l->utf16);
    else if (l->usable == 0)
        snprintf(error, size, "no usable certificate in %s%s%s", path,
                 l->fault == NULL ? " (PEM with \"BEGIN CERTIFICATE\" lines "
                 "is expected)" : ": the last one ",
                 l->fault == NULL ? "" : l->fault);
    return e == 0 && l->usable > 0;
}

bool anchors_file(struct anchors *a, const char *path, char *error,
                  size_t size)
{
    struct loader l = {.anchors = a};
    int e = load(&l, path);

    return loaded(&l, e, path, error, size);
}

bool anchors_dir(struct anchors *a, const char *path, char *error,
                 size_t size)
{
    struct loader l = {.anchors = a};
    struct dirent *entry;
    DIR *dir = opendir(path);

    if (dir == NULL)
        return loaded(&l, errno, path, error, size);
    while ((entry = readdir(dir)) != NULL) {
        char name[4096];
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.' && n > 0 && (size_t)n < sizeof name)
            load(&l, name);
    }
    closedir(dir);
    return loaded(&l, 0, path, error, size);
}

void anchors_system(struct anchors *a)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",       /* Debian, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",         /* Fedora, Amazon Linux */
        "/etc/ssl/ca-bundle.pem",                   /* openSUSE */
        "/etc/ssl/cert.pem"                         /* Alpine, OpenWrt */
    };
    char error[256];
    size_t i;

    for (i = 0; i < sizeof places / sizeof places[0]; i++)
        if (anchors_file(a, places[i], error, sizeof error))
            return;
    a->list = anchors_builtin;
    a->n = anchors_builtin_n;
}
