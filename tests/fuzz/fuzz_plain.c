/*
 * fuzz_plain: a libFuzzer target for plain.c.
 *
 * The input is an item. It is read by itself, and twice in an array; all must
 * say the same of it. Whatever is told as JSON must be JSON, and what names
 * an item by an attribute must be found where that was told.
 *
 * Then it is read with its types, as -f dynamodb is. What is taken must be told
 * as without them; written as a line and read again, it must be the same line.
 * What is refused must be refused with a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "dynamodb/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect(bool good)
{
    if (!good)
        abort();
}

static bool ignore(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    (void)context, (void)pick, (void)event, (void)type, (void)bytes, (void)n;
    return true;
}

static bool is_json(const unsigned char *bytes, size_t n)
{
    struct json j;

    json_init(&j, NULL, 0, ignore, NULL);
    json_feed(&j, bytes, n);
    return json_end(&j);
}

/* What was told, in one text, and how often an item ended. */
struct told {
    struct buf text;
    char name[32];               /* of an attribute that can be a key */
    unsigned items;
};

static bool tell(void *context, const struct plain_value *v)
{
    struct told *told = context;

    if (v == NULL) {
        told->items++;
        buf_str(&told->text, "end\n");
        return true;
    }
    expect(v->name != NULL && strlen(v->type) <= 4);
    expect((v->bytes == NULL) == (strcmp(v->type, "NULL") == 0));
    expect(!v->json || is_json(v->bytes, v->len));
    buf_format(&told->text, "%zu:", v->name_len);
    buf_add(&told->text, v->name, v->name_len);
    buf_format(&told->text, "=%s,%d,%zu:", v->type, v->json, v->len);
    buf_add(&told->text, v->bytes, v->bytes == NULL ? 0 : v->len);
    if (v->name_len < sizeof told->name &&
        memchr(v->name, '\0', v->name_len) == NULL) {
        memcpy(told->name, v->name, v->name_len);
        told->name[v->name_len] = '\0';
    }
    return true;
}

static bool stop(void *context, const struct plain_value *v)
{
    (void)v;
    ++*(unsigned *)context;
    return false;
}

static bool read_item(struct told *told, const unsigned char *json, size_t n,
                      bool many)
{
    struct plain plain;
    bool good;

    memset(told, 0, sizeof *told);
    buf_init(&told->text, 64 << 20);
    plain_init(&plain);
    good = plain_read(&plain, json, n, many, tell, told);
    expect(!told->text.failed);
    plain_free(&plain);
    return good;
}

static void with_key(const unsigned char *data, size_t n, const char *name)
{
    struct plain plain;
    struct buf id, again;

    plain_init(&plain);
    buf_init(&id, 32 << 20);
    buf_init(&again, 32 << 20);
    expect(plain_key(&plain, data, n, name, NULL, &id) && id.len > 0);
    expect(plain_key(&plain, data, n, name, name, &again) &&
           again.len > id.len);
    expect(!plain_key(&plain, data, n, "there is no such key", NULL, &id));
    buf_free(&id);
    buf_free(&again);
    plain_free(&plain);
}

/* Makes a line of an item, and counts its size. */
struct line {
    struct buf text;
    uint64_t size;
};

static bool add_to_line(void *context, const struct plain_value *v)
{
    struct line *line = context;

    if (v != NULL) {
        expect(v->name_len > 0 && v->size >= v->name_len);
        expect(is_json(v->typed, v->typed_len));
        expect(memchr(v->typed, '\n', v->typed_len) == NULL);
        line->size += v->size;
    }
    plain_line(&line->text, v);
    return true;
}

static bool read_line(struct line *line, const unsigned char *json, size_t n)
{
    struct plain plain;
    bool good;

    line->size = 0;
    buf_init(&line->text, 64 << 20);
    plain_init(&plain);
    plain.typed = true;
    good = plain_read(&plain, json, n, false, add_to_line, line);
    expect(good || plain.why[0] != '\0');
    expect(!line->text.failed);
    plain_free(&plain);
    return good;
}

static void with_types(const uint8_t *data, size_t n, bool taken)
{
    const size_t head = strlen("{\"Item\":");
    struct line line, again;

    if (read_line(&line, data, n)) {
        expect(taken);
        expect(is_json(line.text.data, line.text.len));
        expect(read_line(&again, line.text.data + head,
                         line.text.len - head - 1));
        expect(again.size == line.size && again.text.len == line.text.len);
        expect(memcmp(again.text.data, line.text.data, line.text.len) == 0);
        buf_free(&again.text);
    }
    buf_free(&line.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct told one, two;
    struct buf array;
    unsigned calls = 0;
    struct plain plain;
    bool good = read_item(&one, data, n, false);

    expect(good ? one.items == 1 : one.items <= 1);
    buf_init(&array, 1 << 20);
    buf_byte(&array, '[');
    buf_add(&array, data, n);
    buf_byte(&array, ',');
    buf_add(&array, data, n);
    buf_byte(&array, ']');
    if (good) {
        expect(read_item(&two, array.data, array.len, true));
        expect(two.items == 2 && two.text.len == 2 * one.text.len);
        expect(memcmp(two.text.data, one.text.data, one.text.len) == 0);
        expect(memcmp(two.text.data + one.text.len, one.text.data,
                      one.text.len) == 0);
        buf_free(&two.text);
        if (one.text.len > strlen("end\n") && one.name[0] != '\0')
            with_key(data, n, one.name);
        plain_init(&plain);
        expect(plain_read(&plain, data, n, false, stop, &calls) && calls == 1);
        plain_free(&plain);
    }
    with_types(data, n, good);
    buf_free(&array);
    buf_free(&one.text);
    return 0;
}
