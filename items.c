/* items: see items.h. */
#include "items.h"

#include <string.h>

enum outcome items_put(struct dynamodb *db, const char *table,
                       struct item *item)
{
    struct buf *body = &item->request;

    buf_reset(body);
    dynamodb_table(body, table);
    buf_str(body, ",\"Item\":");
    buf_add(body, item->json.data, item->json.len);
    buf_str(body, "}}");
    body->failed |= item->json.failed || item->spare.failed;
    return dynamodb_call(db, "PutItem", body, NULL, true);
}

/* Two of a request's members: the attribute that it is about is #a. */
static void project(struct buf *body, const char *name)
{
    buf_str(body, "\"ProjectionExpression\":\"#a\","
            "\"ExpressionAttributeNames\":{\"#a\":");
    dynamodb_quote(body, name);
    buf_str(body, "},\"ConsistentRead\":true");
}

/* ---- one ---- */

enum { P_ITEM, P_STRING };

static const struct json_pick one_picks[] = {
    [P_ITEM] = {"/Item", JSON_WANT_TYPE, false, 0},
    [P_STRING] = {"/Item/*/S", JSON_WANT_TEXT, true, 0}
};

struct one {
    bool found;
    struct buf *text;
};

static void one_begin(void *context)
{
    struct one *one = context;

    one->found = false;
    buf_reset(one->text);
}

static bool one_picked(void *context, unsigned pick, enum json_event event,
                       enum json_type type, const unsigned char *bytes,
                       size_t n)
{
    struct one *one = context;

    (void)type;
    if (pick == P_ITEM)
        one->found = true;
    else if (event == JSON_BEGIN)
        buf_reset(one->text);
    else if (event == JSON_BYTES)
        buf_add(one->text, bytes, n);
    return true;
}

enum outcome items_get(struct dynamodb *db, const char *table,
                       const char *key, const unsigned char *id, size_t n,
                       const char *name, bool *found, struct buf *text)
{
    struct one one = {false, text};
    const struct dynamodb_want want = {one_picks, 2, one_picked, one_begin,
        &one};
    enum outcome outcome;
    struct buf body;

    buf_init(&body, 65536 + 6 * ITEM_NAME_MAX);
    dynamodb_table(&body, table);
    buf_str(&body, ",\"Key\":");
    dynamodb_key(&body, key, id, n);
    buf_byte(&body, ',');
    project(&body, name);
    buf_byte(&body, '}');
    outcome = dynamodb_call(db, "GetItem", &body, &want, false);
    *found = one.found;
    buf_free(&body);
    return outcome;
}

/* ---- many ---- */

enum { P_FOUND, P_LEFT };

/* keys of items, and what was not looked up */
static const struct json_pick many_picks[] = {
    [P_FOUND] = {"/Responses/*/*/*/S", JSON_WANT_TEXT, true, 0},
    [P_LEFT] = {"/UnprocessedKeys/*/Keys/*/*/S", JSON_WANT_TEXT, true, 0}
};

struct many {
    const struct items_id *ids;
    size_t n;
    struct buf string;           /* the key in hand */
    bool marks[2][ITEMS_BATCH_MAX];      /* of the ids, by pick */
};

static void many_begin(void *context)
{
    struct many *many = context;

    memset(many->marks, 0, sizeof many->marks);
}

static bool many_picked(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct many *many = context;
    size_t i;

    (void)type;
    if (event == JSON_BEGIN)
        buf_reset(&many->string);
    else if (event == JSON_BYTES)
        buf_add(&many->string, bytes, n);
    else
        for (i = 0; i < many->n; i++)
            if (many->ids[i].n == many->string.len &&
                memcmp(many->ids[i].bytes, many->string.data,
                       many->ids[i].n) == 0)
                many->marks[pick][i] = true;
    return true;
}

/* One request for those of the ids that are asked for. */
static enum outcome batch(struct dynamodb *db, struct many *many,
                          const char *table, const char *key,
                          const bool *ask)
{
    const struct dynamodb_want want = {many_picks, 2, many_picked, many_begin,
        many};
    enum outcome outcome;
    struct buf body;
    bool first = true;
    size_t i;

    buf_init(&body, ITEMS_BATCH_MAX * (6 * ITEM_KEY_MAX + 2048));
    buf_str(&body, "{\"RequestItems\":{");
    dynamodb_quote(&body, table);
    buf_str(&body, ":{\"Keys\":[");
    for (i = 0; i < many->n; i++) {
        if (!ask[i])
            continue;
        if (!first)
            buf_byte(&body, ',');
        first = false;
        dynamodb_key(&body, key, many->ids[i].bytes, many->ids[i].n);
    }
    buf_str(&body, "],");
    project(&body, key);
    buf_str(&body, "}}}");
    outcome = dynamodb_call(db, "BatchGetItem", &body, &want, false);
    buf_free(&body);
    return outcome;
}

enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have)
{
    bool ask[ITEMS_BATCH_MAX], any = n > 0;
    enum outcome outcome = OUTCOME_DONE;
    struct many many = {.ids = ids, .n = n};
    unsigned retry = 0;
    size_t i;

    buf_init(&many.string, ITEM_KEY_MAX);
    for (i = 0; i < n; i++) {
        ask[i] = true;
        have[i] = false;
    }
    while (any) {
        outcome = batch(db, &many, table, key, ask);
        if (outcome != OUTCOME_DONE)
            break;
        any = false;
        for (i = 0; i < n; i++) {
            have[i] |= many.marks[P_FOUND][i];
            ask[i] = many.marks[P_LEFT][i];
            any |= ask[i];
        }
        if (any && !dynamodb_wait(db, OUTCOME_WAIT, ++retry, false)) {
            outcome = dynamodb_fail(db, OUTCOME_STOP, "", "it leaves keys of "
                                    "a batch unprocessed, after %u tries",
                                    retry);
            break;
        }
    }
    buf_free(&many.string);
    return outcome;
}
