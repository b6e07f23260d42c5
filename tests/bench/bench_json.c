/*
 * bench_json.c: compares the speed of json.c and yajl on OCR responses.
 *
 * The documents have the structure of a Cloudinary OCR response: text
 * annotations with bounding boxes; pages down to symbols, with boxes and
 * confidences; the full text. They have about 3 KB, 57 KB, 366 KB and 4 MB;
 * one is the third with indentation. Both parsers get pieces of 16 KB. yajl
 * validates UTF-8 and has callbacks that do nothing; json.c has the picks that
 * the program uses. They alternate, and the fastest of many rounds counts, so
 * that the ratio is right on a busy machine, too.
 *
 * The exit status is 1 if a ratio is below the first argument (default 3). The
 * argument "profile" makes it read the document of 366 KB twenty times, for
 * `make profile`.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yajl/yajl_parse.h>

enum { PIECE = 16384 };

struct text {
    unsigned char *bytes;
    size_t n, size;
};

static void add(struct text *t, const char *s)
{
    size_t n = strlen(s);

    if (t->n + n > t->size) {
        t->size = t->size * 2 + n + 4096;
        t->bytes = realloc(t->bytes, t->size);
        if (t->bytes == NULL)
            abort();
    }
    memcpy(t->bytes + t->n, s, n);
    t->n += n;
}

static uint32_t seed;

static unsigned any(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (unsigned)((uint64_t)seed * below >> 32);
}

static void add_box(struct text *t, const char *name)
{
    unsigned x = any(2400), y = any(3300), w = 8 + any(300), h = 12 + any(40);
    char s[160];

    snprintf(s, sizeof s, "\"%s\":{\"vertices\":[{\"x\":%u,\"y\":%u},"
             "{\"x\":%u,\"y\":%u},{\"x\":%u,\"y\":%u},{\"x\":%u,\"y\":%u}]}",
             name, x, y, x + w, y + any(3), x + w, y + h, x, y + h);
    add(t, s);
}

static void add_property(struct text *t)
{
    int digits = (int)any(3) * 4;
    char s[96];

    snprintf(s, sizeof s, "\"property\":{\"detectedLanguages\":"
             "[{\"languageCode\":\"en\",\"confidence\":%.*f}]},",
             digits, 0.5 + any(1000) / 2000.0);
    add(t, s);
}

static const char *const words[] = {
    "INVOICE", "the", "of", "Total", "42.10", "and", "quantity", "a", "is",
    "Stra\xc3\x9f-E", "payable", "within", "thirty", "days", "\\\"net\\\""
};

enum { WORDS = sizeof words / sizeof words[0] };

static const char *word(unsigned i)
{
    return words[(i * 7 + i / 3) % WORDS];
}

/* Adds a symbol for each character of the word. */
static void add_symbols(struct text *t, const char *w, bool last)
{
    char s[96];

    while (*w != '\0') {
        size_t n = *w == '\\' || *w == '\xc3' ? 2 : 1;
        int digits = 2 + (int)any(2) * 6;

        add(t, "{");
        if (last && w[n] == '\0')
            add(t, "\"property\":{\"detectedBreak\":{\"type\":\"SPACE\"}},");
        add_box(t, "boundingBox");
        snprintf(s, sizeof s, ",\"text\":\"%.*s\",\"confidence\":%.*f}%s",
                 (int)n, w, digits, 0.6 + any(399) / 1000.0,
                 w[n] != '\0' ? "," : "");
        add(t, s);
        w += n;
    }
}

static void add_annotations(struct text *t, unsigned n)
{
    unsigned i;

    add(t, "\"textAnnotations\":[{\"locale\":\"en\",\"description\":\"");
    for (i = 0; i < n; i++) {
        add(t, word(i));
        add(t, i % 9 == 8 ? "\\n" : " ");
    }
    add(t, "\",");
    add_box(t, "boundingPoly");
    for (i = 0; i < n; i++) {
        add(t, "},{\"description\":\"");
        add(t, word(i));
        add(t, "\",");
        add_box(t, "boundingPoly");
    }
    add(t, "}],");
}

static void add_pages(struct text *t, unsigned n)
{
    unsigned i;

    add(t, "\"fullTextAnnotation\":{\"pages\":[{");
    add_property(t);
    add(t, "\"width\":2480,\"height\":3508,\"blocks\":[{");
    add_box(t, "boundingBox");
    add(t, ",\"paragraphs\":[{");
    add_box(t, "boundingBox");
    add(t, ",\"words\":[");
    for (i = 0; i < n; i++) {
        add(t, i > 0 ? ",{" : "{");
        add_property(t);
        add_box(t, "boundingBox");
        add(t, ",\"symbols\":[");
        add_symbols(t, word(i), true);
        add(t, "]}");
    }
    add(t, "]}],\"blockType\":\"TEXT\",\"confidence\":0.98}]}],\"text\":\"");
    for (i = 0; i < n; i++) {
        add(t, word(i));
        add(t, i % 9 == 8 ? "\\n" : " ");
    }
    add(t, "\"}");
}

/* Makes a response with n words. */
static struct text response(unsigned n)
{
    struct text t = { NULL, 0, 0 };

    seed = n;
    add(&t, "{\"asset_id\":\"31d2c3d453ba7c6def4e43b11fcf3185\",\"public_id\":"
        "\"scans/0001\",\"version\":1704120182,\"width\":2480,\"height\":3508,"
        "\"format\":\"png\",\"resource_type\":\"image\",\"created_at\":"
        "\"2024-01-01T14:43:02Z\",\"tags\":[],\"pages\":1,\"bytes\":179956,"
        "\"type\":\"upload\",\"placeholder\":false,\"url\":"
        "\"http://res.example/scans/0001.png\",\"folder\":\"scans\",\"info\":"
        "{\"ocr\":{\"adv_ocr\":{\"status\":\"complete\",\"data\":[{");
    add_annotations(&t, n);
    add_pages(&t, n);
    add(&t, "}]}}}}");
    return t;
}

/* Makes a copy with line breaks and two spaces for each level. */
static struct text pretty(const struct text *from)
{
    struct text t = { NULL, 0, 0 };
    bool inside = false;
    unsigned level = 0, i, k;

    for (i = 0; i < from->n; i++) {
        char c[2] = { (char)from->bytes[i], '\0' };

        if (c[0] == '"' && from->bytes[i - 1] != '\\')
            inside = !inside;
        if (!inside && (c[0] == '}' || c[0] == ']'))
            for (add(&t, "\n"), k = 0, level--; k < level; k++)
                add(&t, "  ");
        add(&t, c);
        if (!inside && (c[0] == '{' || c[0] == '['))
            level++;
        if (!inside && c[0] == ':')
            add(&t, " ");
        if (!inside && (c[0] == '{' || c[0] == '[' || c[0] == ','))
            for (add(&t, "\n"), k = 0; k < level; k++)
                add(&t, "  ");
    }
    return t;
}

/* yajl gets all callbacks, which do nothing. */

static int on_null(void *c) { (void)c; return 1; }
static int on_bool(void *c, int b) { (void)c; (void)b; return 1; }

static int on_bytes(void *c, const char *s, size_t n)
{
    (void)c;
    (void)s;
    (void)n;
    return 1;
}

static int on_ubytes(void *c, const unsigned char *s, size_t n)
{
    (void)c;
    (void)s;
    (void)n;
    return 1;
}

static const yajl_callbacks nothing = {
    on_null, on_bool, NULL, NULL, on_bytes, on_ubytes, on_null, on_ubytes,
    on_null, on_null, on_null
};

static bool run_yajl(const struct text *t)
{
    yajl_handle h = yajl_alloc(&nothing, NULL, NULL);
    bool good = h != NULL;
    size_t i, n;

    for (i = 0; good && i < t->n; i += n) {
        n = t->n - i < PIECE ? t->n - i : PIECE;
        good = yajl_parse(h, t->bytes + i, n) == yajl_status_ok;
    }
    good = good && yajl_complete_parse(h) == yajl_status_ok;
    yajl_free(h);
    return good;
}

/* json.c: counts the bytes of text, which the program would keep. */

static bool count(void *context, unsigned pick, enum json_event event,
                  enum json_type type, const unsigned char *bytes, size_t n)
{
    (void)pick;
    (void)type;
    (void)bytes;
    if (event == JSON_BYTES)
        *(size_t *)context += n;
    return true;
}

static bool run_json(const struct text *t)
{
    static const struct json_pick picks[] = {
        { "/error/message", JSON_WANT_TEXT, false },
        { "/info/ocr/adv_ocr*/status", JSON_WANT_TEXT, true },
        { "/info/ocr/adv_ocr/data/*/textAnnotations/0/description",
          JSON_WANT_TEXT, true },
        { "/info/ocr/adv_ocr/data/*/fullTextAnnotation/text",
          JSON_WANT_TEXT, true }
    };
    struct json j;
    size_t i, n, bytes = 0;

    json_init(&j, picks, sizeof picks / sizeof picks[0], count, &bytes);
    for (i = 0; i < t->n; i += n) {
        n = t->n - i < PIECE ? t->n - i : PIECE;
        json_feed(&j, t->bytes + i, n);
    }
    return json_end(&j) && bytes > 0;
}

static double seconds(bool (*run)(const struct text *), const struct text *t,
                      unsigned times)
{
    struct timespec a, b;
    unsigned i;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (i = 0; i < times; i++) {
        if (!run(t)) {
            fprintf(stderr, "bench_json: a parser refuses a document\n");
            exit(2);
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return (double)(b.tv_sec - a.tv_sec)
           + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static bool compare(const char *name, const struct text *t, double wanted)
{
    unsigned times = (unsigned)(8000000 / t->n + 1), round;
    double ours = 1e9, theirs = 1e9, s, ratio;
    double megabytes = (double)t->n * times / 1e6;

    for (round = 0; round < 15; round++) {
        s = seconds(run_yajl, t, times);
        theirs = s < theirs ? s : theirs;
        s = seconds(run_json, t, times);
        ours = s < ours ? s : ours;
    }
    ratio = theirs / ours;
    printf("%-8s %8zu bytes  json.c %6.0f MB/s  yajl %5.0f MB/s  "
           "ratio %.2f%s\n", name, t->n, megabytes / ours, megabytes / theirs,
           ratio, ratio < wanted ? "  (below)" : "");
    return ratio >= wanted;
}

int main(int argc, char **argv)
{
    static const struct { const char *name; unsigned words; } sizes[] = {
        { "3 KB", 3 }, { "57 KB", 64 }, { "366 KB", 414 }, { "4 MB", 4600 }
    };
    double wanted = argc > 1 ? strtod(argv[1], NULL) : 3;
    bool good = true;
    struct text t = { NULL, 0, 0 }, p;
    size_t i;

    if (argc > 1 && strcmp(argv[1], "profile") == 0) {
        t = response(sizes[2].words);
        for (i = 0; i < 20 && good; i++)
            good = run_json(&t);
        return good ? 0 : 1;
    }
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        t = response(sizes[i].words);
        good = compare(sizes[i].name, &t, wanted) && good;
        if (i == 2) {
            p = pretty(&t);
            good = compare("pretty", &p, wanted) && good;
            free(p.bytes);
        }
        free(t.bytes);
    }
    return good ? 0 : 1;
}
