/*
 * floor TEXT < public_ids: measures what TLS costs without anything else.
 *
 * It makes the calls that ocrdyn makes for each id, over two connections that
 * stay open, with BearSSL alone: it ignores the bodies of the answers, and
 * does not parse, sign or print. It stores the contents of the file TEXT with
 * each id.
 *
 * BENCH_CLOUDINARY and BENCH_DYNAMODB are "https://localhost:PORT/PATH";
 * BENCH_CA is a file with the CA of both. The exit status is 1 after any
 * error.
 */
#include <bearssl.h>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/tls.h"           /* only to verify certificates */

struct peer {
    char host[64], port[8];
    const char *path;
    int fd;
    br_ssl_client_context client;
    br_x509_minimal_context unused;
    struct x509 x509;
    br_sslio_context io;
    unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
};

static struct peer images, table;
static char item[1 << 20], request[(1 << 20) + 2048];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static int take(void *fd, unsigned char *bytes, size_t n)
{
    ssize_t got = recv(*(int *)fd, bytes, n, 0);

    return got > 0 ? (int)got : -1;
}

static int give(void *fd, const unsigned char *bytes, size_t n)
{
    ssize_t sent = send(*(int *)fd, bytes, n, MSG_NOSIGNAL);

    return sent > 0 ? (int)sent : -1;
}

static void open_peer(struct peer *p, const char *url,
                      const struct anchors *trust)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *ai;
    const int on = 1;
    int end = 0;

    if (url == NULL || sscanf(url, "https://%63[^:/]:%7[0-9]%n", p->host,
                              p->port, &end) != 2)
        fail("no URL");
    p->path = url + end;
    if (getaddrinfo(p->host, p->port, &hints, &list) != 0)
        fail("no such host");
    p->fd = -1;
    for (ai = list; ai != NULL && p->fd < 0; ai = ai->ai_next) {
        p->fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
        if (connect(p->fd, ai->ai_addr, ai->ai_addrlen) < 0) {
            close(p->fd);
            p->fd = -1;
        }
    }
    freeaddrinfo(list);
    if (p->fd < 0)
        fail("cannot connect");
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    br_ssl_client_init_full(&p->client, &p->unused, NULL, 0);
    x509_init(&p->x509, trust, p->host, time(NULL));
    br_ssl_engine_set_x509(&p->client.eng, &p->x509.vtable);
    /* init_full prefers ChaCha20, but AES is faster in hardware */
    br_ssl_engine_set_suites(&p->client.eng, (const uint16_t[]) {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, 1);
    br_ssl_engine_set_buffer(&p->client.eng, p->buffer, sizeof p->buffer, 1);
    br_ssl_client_reset(&p->client, p->host, 0);
    br_sslio_init(&p->io, &p->client.eng, take, &p->fd, give, &p->fd);
}

/* Sends a request of n bytes and reads the answer with its body. */
static void call(struct peer *p, size_t n)
{
    static char answer[16384];
    const char *length, *end;
    size_t have = 0, body;
    int got;

    if (br_sslio_write_all(&p->io, request, n) != 0 ||
        br_sslio_flush(&p->io) != 0)
        fail("cannot send");
    do {
        got = br_sslio_read(&p->io, answer + have, sizeof answer - 1 - have);
        if (got <= 0)
            fail("cut in the head");
        have += (size_t)got;
        answer[have] = '\0';
        end = strstr(answer, "\r\n\r\n");
    } while (end == NULL);
    length = strstr(answer, "\r\nContent-Length: ");
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0 || length == NULL)
        fail("not the answer");
    body = strtoul(length + 18, NULL, 10);
    for (have -= (size_t)(end + 4 - answer); have < body;
         have += (size_t)got) {
        got = br_sslio_read(&p->io, answer, sizeof answer);
        if (got <= 0)
            fail("cut in the body");
    }
}

static void ask(const char *id)
{
    char escaped[256] = "";
    size_t n = 0;

    for (; *id != '\0' && n < sizeof escaped - 4; id++) {
        if (*id == '/')
            n += (size_t)sprintf(escaped + n, "%%2F");
        else
            escaped[n++] = *id;
    }
    escaped[n] = '\0';
    call(&images, (size_t)sprintf(
        request, "POST %s/v1_1/demo/resources/image/upload/%s HTTP/1.1\r\n"
        "Host: %s:%s\r\nUser-Agent: floor\r\nAccept-Encoding: identity\r\n"
        "Content-Length: 11\r\nAuthorization: Basic a2V5OnNlY3JldA==\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        "ocr=adv_ocr", images.path, escaped, images.host, images.port));
}

static void store(const char *id, const char *text)
{
    int n = sprintf(item, "{\"TableName\":\"ocr\",\"Item\":{\"publicId\":"
                    "{\"S\":\"%s\"},\"text\":{\"S\":\"%s\"}}}", id, text);

    call(&table, (size_t)sprintf(
        request, "POST / HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: floor\r\n"
        "Accept-Encoding: identity\r\nContent-Length: %d\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/"
        "eu-central-1/dynamodb/aws4_request, SignedHeaders=content-type;host;"
        "x-amz-date;x-amz-target, Signature=%064d\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        "X-Amz-Date: 20260101T000000Z\r\n"
        "X-Amz-Target: DynamoDB_20120810.PutItem\r\n\r\n%s",
        table.host, table.port, n, 0, item));
}

int main(int argc, char **argv)
{
    static char text[1 << 19];
    char id[256], error[256];
    const char *ca = getenv("BENCH_CA");
    struct anchors trust;
    FILE *file;

    anchors_init(&trust);
    if (ca == NULL || !anchors_file(&trust, ca, error, sizeof error))
        fail("no CA");
    file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (file == NULL || fread(text, 1, sizeof text - 1, file) == 0)
        fail("no text");
    fclose(file);
    open_peer(&images, getenv("BENCH_CLOUDINARY"), &trust);
    open_peer(&table, getenv("BENCH_DYNAMODB"), &trust);
    while (fgets(id, sizeof id, stdin) != NULL) {
        id[strcspn(id, "\n")] = '\0';
        ask(id);
        store(id, text);
    }
    return 0;
}
