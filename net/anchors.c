/* pem: see pem.h. */
#include "net/anchors.h"

#include <string.h>

void pem_init(struct pem *p, size_t max)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->der, max);
}

void pem_free(struct pem *p)
{
    buf_free(&p->der);
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

/* The value of a digit of base64 (RFC 4648 section 4), or -1. */
static int value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void take_digit(struct pem *p, int value)
{
    p->bits = p->bits << 6 | (unsigned)value;
    p->n_bits += 6;
    if (p->n_bits >= 8) {
        p->n_bits -= 8;
        buf_byte(&p->der, (unsigned char)(p->bits >> p->n_bits));
    }
}

bool pem_take(struct pem *p, unsigned char byte)
{
    const int value = value_of(byte);

    if (byte == '\n' || byte == '\r')
        return end_line(p);
    if (byte >= 0x80)            /* of a byte order mark, or no PEM */
        return false;
    if (p->n < sizeof p->line)
        p->line[p->n++] = (char)byte;
    if (p->inside && p->line[0] != '-' && value >= 0)
        take_digit(p, value);
    return false;
}
