/*
 * curl_yajl < public_ids: does ocrdyn's job with libcurl (TLS by OpenSSL,
 * libcurl's SigV4) and yajl, as a C programmer would write it: one handle for
 * each server, connections that stay open, answers parsed while they arrive,
 * and a row for each id, which is flushed.
 *
 * BENCH_CLOUDINARY and BENCH_DYNAMODB are the URLs of the servers; BENCH_CA is
 * a file with the CA of both. The exit status is 1 after any error.
 */
#include <curl/curl.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64, ID_MAX = 1024 };

struct text {
    char *bytes;
    size_t n, size;
};

/* The path to a wanted string: names of members, and indices in digits. */
struct path {
    const char *parts[9];
    unsigned n;
    unsigned matched;            /* parts that the open containers match */
    struct text text;
};

static struct path paths[] = {
    {.parts = {"info", "ocr", "adv_ocr", "status"}, .n = 4},
    {.parts = {"info", "ocr", "adv_ocr", "data", "0", "textAnnotations", "0",
        "description"}, .n = 8}
};

enum { STATUS, TEXT, PATHS };

/* The position of the parser. */
static struct {
    unsigned depth;
    bool array[DEPTH];
    unsigned index[DEPTH];
    const unsigned char *key;
    size_t key_len;
} at;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "curl_yajl: %s: %s\n", what, why);
    exit(1);
}

static void add(struct text *t, const void *bytes, size_t n)
{
    if (t->n + n > t->size) {
        t->size = 2 * (t->n + n) + 256;
        t->bytes = realloc(t->bytes, t->size);
        if (t->bytes == NULL)
            fail("memory", "out");
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

/* ---------------------------------------------------------------- yajl */

/* Does the next part of the path lead to the value that begins now? */
static bool next_part(const struct path *p)
{
    const char *part = p->parts[p->matched];

    if (p->matched + 1 != at.depth || p->matched >= p->n)
        return false;
    if (at.array[at.depth])
        return at.index[at.depth] == (unsigned)atoi(part);
    return strlen(part) == at.key_len &&
        memcmp(part, at.key, at.key_len) == 0;
}

static int value_done(void *context)
{
    (void)context;
    at.index[at.depth]++;
    return 1;
}

static int on_boolean(void *context, int value)
{
    (void)value;
    return value_done(context);
}

static int on_string(void *context, const unsigned char *bytes, size_t n)
{
    unsigned i;

    for (i = 0; i < PATHS; i++)
        if (paths[i].matched + 1 == paths[i].n && next_part(&paths[i]))
            add(&paths[i].text, bytes, n);
    return value_done(context);
}

static int on_key(void *context, const unsigned char *bytes, size_t n)
{
    (void)context;
    at.key = bytes;
    at.key_len = n;
    return 1;
}

static int begin(bool array)
{
    unsigned i;

    for (i = 0; i < PATHS; i++)
        if (at.depth > 0 && next_part(&paths[i]))
            paths[i].matched++;
    if (++at.depth >= DEPTH)
        return 0;
    at.array[at.depth] = array;
    at.index[at.depth] = 0;
    return 1;
}

static int on_map(void *context)
{
    (void)context;
    return begin(false);
}

static int on_array(void *context)
{
    (void)context;
    return begin(true);
}

static int on_end(void *context)
{
    unsigned i;

    at.depth--;
    for (i = 0; i < PATHS; i++)
        if (paths[i].matched > 0 && paths[i].matched == at.depth)
            paths[i].matched--;
    return value_done(context);
}

static const yajl_callbacks callbacks = {
    value_done, on_boolean, NULL, NULL, NULL, on_string, on_map, on_key,
    on_end, on_array, on_end
};

/* ------------------------------------------------------------- libcurl */

static size_t take_answer(char *bytes, size_t size, size_t n, void *parser)
{
    return yajl_parse(parser, (unsigned char *)bytes, size * n)
        == yajl_status_ok ? size * n : 0;
}

static size_t ignore(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

static void perform(CURL *curl, const char *what)
{
    CURLcode code = curl_easy_perform(curl);
    long status = 0;

    if (code != CURLE_OK)
        fail(what, curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        fail(what, "not a 200");
}

static CURL *handle(void)
{
    CURL *curl = curl_easy_init();

    if (curl == NULL)
        fail("libcurl", "no handle");
    curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("BENCH_CA"));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    return curl;
}

static void ask(CURL *curl, const char *id)
{
    yajl_handle parser = yajl_alloc(&callbacks, NULL, NULL);
    char *escaped = curl_easy_escape(curl, id, 0), url[4096];
    unsigned i;

    for (i = 0; i < PATHS; i++)
        paths[i].matched = 0, paths[i].text.n = 0;
    memset(&at, 0, sizeof at);
    snprintf(url, sizeof url, "%s/v1_1/demo/resources/image/upload/%s",
             getenv("BENCH_CLOUDINARY"), escaped);
    curl_free(escaped);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, parser);
    perform(curl, "Cloudinary");
    if (yajl_complete_parse(parser) != yajl_status_ok)
        fail("Cloudinary", "not JSON");
    yajl_free(parser);
    if (paths[STATUS].text.n != 8 ||
        memcmp(paths[STATUS].text.bytes, "complete", 8) != 0)
        fail("Cloudinary", "no result");
}

static void put_string(yajl_gen gen, const char *bytes, size_t n)
{
    yajl_gen_string(gen, (const unsigned char *)bytes, n);
}

/* "name":{"S":value} */
static void put_member(yajl_gen gen, const char *name, const char *value,
                       size_t n)
{
    put_string(gen, name, strlen(name));
    yajl_gen_map_open(gen);
    put_string(gen, "S", 1);
    put_string(gen, value, n);
    yajl_gen_map_close(gen);
}

static void store(CURL *curl, const char *id, const struct text *text)
{
    yajl_gen gen = yajl_gen_alloc(NULL);
    const unsigned char *body;
    size_t n;

    yajl_gen_map_open(gen);
    put_string(gen, "TableName", 9);
    put_string(gen, "ocr", 3);
    put_string(gen, "Item", 4);
    yajl_gen_map_open(gen);
    put_member(gen, "publicId", id, strlen(id));
    put_member(gen, "text", text->bytes, text->n);
    yajl_gen_map_close(gen);
    yajl_gen_map_close(gen);
    yajl_gen_get_buf(gen, &body, &n);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)n);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body);
    perform(curl, "DynamoDB");
    yajl_gen_free(gen);
}

/* ------------------------------------------------------------- the row */

static void print(const char *id, const struct text *text)
{
    size_t i;

    printf("%s\tcomplete\t", id);
    for (i = 0; i < text->n; i++) {
        switch (text->bytes[i]) {
        case '\\': fputs("\\\\", stdout); break;
        case '\t': fputs("\\t", stdout); break;
        case '\n': fputs("\\n", stdout); break;
        case '\r': fputs("\\r", stdout); break;
        default: putchar_unlocked(text->bytes[i]);
        }
    }
    fputs("\t\n", stdout);
    fflush(stdout);
}

int main(void)
{
    struct curl_slist *fields = NULL;
    CURL *images, *table;
    char id[ID_MAX];

    curl_global_init(CURL_GLOBAL_DEFAULT);
    images = handle();
    curl_easy_setopt(images, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(images, CURLOPT_USERPWD, "key:secret");
    curl_easy_setopt(images, CURLOPT_POSTFIELDS, "ocr=adv_ocr");
    table = handle();
    fields = curl_slist_append(fields,
                               "Content-Type: application/x-amz-json-1.0");
    fields = curl_slist_append(fields,
                               "X-Amz-Target: DynamoDB_20120810.PutItem");
    fields = curl_slist_append(fields, "Expect:");
    curl_easy_setopt(table, CURLOPT_URL, getenv("BENCH_DYNAMODB"));
    curl_easy_setopt(table, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(table, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(table, CURLOPT_AWS_SIGV4,
                     "aws:amz:eu-central-1:dynamodb");
    curl_easy_setopt(table, CURLOPT_USERPWD, "AKIDEXAMPLE:secret");
    while (fgets(id, sizeof id, stdin) != NULL) {
        id[strcspn(id, "\n")] = '\0';
        ask(images, id);
        store(table, id, &paths[TEXT].text);
        print(id, &paths[TEXT].text);
    }
    curl_easy_cleanup(images);
    curl_easy_cleanup(table);
    curl_slist_free_all(fields);
    curl_global_cleanup();
    return 0;
}
