/* items: see items.h. */
#include "items.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* items, and the keys of what was not looked up */
static const struct json_pick many_picks[] = {
    [P_FOUND] = {"/Responses/*/*", JSON_WANT_RAW, true, 0},
    [P_LEFT] = {"/UnprocessedKeys/*/Keys/*/*/S", JSON_WANT_TEXT, true, 0}
};

struct many {
    const struct items_id *ids;
    size_t n;
    struct buf *json;            /* items, one after the other, */
    size_t ends[ITEMS_BATCH_MAX];        /* where each ends, */
    size_t items, before;        /* how many; those of earlier answers */
    struct buf string;           /* the key in hand */
    bool left[ITEMS_BATCH_MAX];
};

static void many_begin(void *context)
{
    struct many *many = context;

    many->items = many->before;
    many->json->len = many->items > 0 ? many->ends[many->items - 1] : 0;
    memset(many->left, 0, sizeof many->left);
}

static size_t find_id(const struct items_id *ids, size_t n,
                      const unsigned char *bytes, size_t len)
{
    size_t i = 0;

    while (i < n && (ids[i].n != len ||
                     memcmp(ids[i].bytes, bytes, len) != 0))
        i++;
    return i;
}

static bool many_picked(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct many *many = context;
    size_t i;

    (void)type;
    if (event == JSON_BYTES) {
        buf_add(pick == P_FOUND ? many->json : &many->string, bytes, n);
    } else if (pick == P_FOUND && event == JSON_END) {
        if (many->items == ITEMS_BATCH_MAX)
            return false;        /* more than was asked for */
        many->ends[many->items++] = many->json->len;
    } else if (pick == P_LEFT && event == JSON_BEGIN) {
        buf_reset(&many->string);
    } else if (pick == P_LEFT) {
        i = find_id(many->ids, many->n, many->string.data, many->string.len);
        if (i < many->n)
            many->left[i] = true;
    }
    return true;
}

/* Three of a request's members: of items the key and these attributes are
   wanted. */
static void project_all(struct buf *body, const char *key,
                        const char *const *names, unsigned n)
{
    unsigned i;

    buf_str(body, "\"ConsistentRead\":true,\"ProjectionExpression\":\"#k");
    for (i = 0; i < n; i++)
        if (strcmp(names[i], key) != 0)
            buf_format(body, ",#p%u", i);
    buf_str(body, "\",\"ExpressionAttributeNames\":{\"#k\":");
    dynamodb_quote(body, key);
    for (i = 0; i < n; i++)
        if (strcmp(names[i], key) != 0) {
            buf_format(body, ",\"#p%u\":", i);
            dynamodb_quote(body, names[i]);
        }
    buf_byte(body, '}');
}

/* One request for those of the ids that are left. */
static enum outcome ask(struct dynamodb *db, struct many *many,
                        const char *table, const char *key,
                        const char *const *names, unsigned n_names)
{
    const struct dynamodb_want want = {many_picks, 2, many_picked, many_begin,
        many};
    enum outcome outcome;
    struct buf body;
    bool first = true;
    size_t i;

    buf_init(&body, 8 << 20);
    buf_str(&body, "{\"RequestItems\":{");
    dynamodb_quote(&body, table);
    buf_str(&body, ":{\"Keys\":[");
    for (i = 0; i < many->n; i++) {
        if (!many->left[i])
            continue;
        buf_str(&body, first ? "" : ",");
        first = false;
        dynamodb_key(&body, key, many->ids[i].bytes, many->ids[i].n);
    }
    buf_str(&body, "],");
    project_all(&body, key, names, n_names);
    buf_str(&body, "}}}");
    outcome = dynamodb_call(db, "BatchGetItem", &body, &want, false);
    buf_free(&body);
    return outcome;
}

/* Which items are whose? False if memory is out or it is no item. */
static bool assign(const struct many *many, const char *key,
                   struct items_found *found)
{
    struct buf wanted, id;
    struct plain plain;
    bool good = true;
    size_t i, k, at = 0;

    plain_init(&plain);
    buf_init(&id, PLAIN_MAX);
    buf_init(&wanted, PLAIN_MAX);
    for (i = 0; i < many->items && good; at = many->ends[i++]) {
        size_t size = many->ends[i] - at;

        good = plain_key(&plain, found->json.data + at, size, key, NULL, &id);
        for (k = 0; k < many->n && good; k++) {
            buf_reset(&wanted);
            buf_format(&wanted, "%zu:S:", many->ids[k].n + 2);
            buf_add(&wanted, many->ids[k].bytes, many->ids[k].n);
            if (wanted.len == id.len &&
                memcmp(wanted.data, id.data, id.len) == 0) {
                found->at[k] = at;
                found->size[k] = size;
            }
        }
    }
    buf_free(&id);
    buf_free(&wanted);
    plain_free(&plain);
    return good;
}

enum outcome items_fetch(struct dynamodb *db, const char *table,
                         const char *key, const char *const *names,
                         unsigned n_names, const struct items_id *ids,
                         size_t n, struct items_found *found)
{
    struct many many = {.ids = ids, .n = n, .json = &found->json};
    enum outcome outcome = OUTCOME_DONE;
    unsigned retry = 0;
    size_t i, left = n;

    buf_init(&many.string, ITEM_KEY_MAX);
    buf_reset(&found->json);
    memset(found->size, 0, sizeof found->size);
    memset(many.left, true, n);
    while (left > 0) {
        outcome = ask(db, &many, table, key, names, n_names);
        if (outcome != OUTCOME_DONE)
            break;
        /* 16 MB in an answer: what was had is no reason to wait for long */
        if (many.items > many.before)
            retry = 0;
        many.before = many.items;
        for (left = i = 0; i < n; i++)
            left += many.left[i];
        if (left > 0 && !dynamodb_wait(db, OUTCOME_WAIT, ++retry, false)) {
            outcome = dynamodb_fail(db, OUTCOME_STOP, "", "it leaves keys of "
                                    "a batch unprocessed, after %u tries",
                                    retry);
            break;
        }
    }
    buf_free(&many.string);
    if (outcome == OUTCOME_DONE && (found->json.failed ||
                                    !assign(&many, key, found)))
        outcome = dynamodb_fail(db, OUTCOME_STOP, "", "its answer holds "
                                "something that is no item, or memory is "
                                "out");
    return outcome;
}

enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have)
{
    struct items_found found;
    enum outcome outcome;
    size_t i;

    buf_init(&found.json, ITEMS_FOUND_MAX);
    outcome = items_fetch(db, table, key, NULL, 0, ids, n, &found);
    for (i = 0; i < n; i++)
        have[i] = found.size[i] > 0;
    buf_free(&found.json);
    return outcome;
}

/* ---- writes ---- */

static const struct json_pick write_picks[] = {
    {"/UnprocessedItems/*/*/*/*", JSON_WANT_RAW, true, 0}
};

/* What a batch left undone: items and keys. */
struct undone {
    struct buf json;
    size_t ends[ITEMS_WRITE_MAX], n;
};

static void undone_begin(void *context)
{
    struct undone *undone = context;

    buf_reset(&undone->json);
    undone->n = 0;
}

static bool undone_picked(void *context, unsigned pick, enum json_event event,
                          enum json_type type, const unsigned char *bytes,
                          size_t n)
{
    struct undone *undone = context;

    (void)pick;
    (void)type;
    if (event == JSON_BYTES)
        buf_add(&undone->json, bytes, n);
    if (event != JSON_END)
        return true;
    if (undone->n == ITEMS_WRITE_MAX)
        return false;
    undone->ends[undone->n++] = undone->json.len;
    return true;
}

static enum outcome send_batch(struct dynamodb *db, const char *table,
                               const struct items_write *writes,
                               const bool *left, size_t n,
                               struct undone *undone)
{
    const struct dynamodb_want want = {write_picks, 1, undone_picked,
        undone_begin, undone};
    enum outcome outcome;
    struct buf body;
    bool first = true;
    size_t i;

    buf_init(&body, ITEMS_WRITE_BYTES + 65536);
    buf_str(&body, "{\"RequestItems\":{");
    dynamodb_quote(&body, table);
    buf_str(&body, ":[");
    for (i = 0; i < n; i++) {
        if (!left[i])
            continue;
        buf_str(&body, first ? "{" : ",{");
        first = false;
        buf_str(&body, writes[i].remove ? "\"DeleteRequest\":{\"Key\":"
                : "\"PutRequest\":{\"Item\":");
        buf_add(&body, writes[i].json, writes[i].n);
        buf_str(&body, "}}");
    }
    buf_str(&body, "]}}");
    outcome = dynamodb_call(db, "BatchWriteItem", &body, &want, true);
    buf_free(&body);
    return outcome;
}

static enum outcome send_one(struct dynamodb *db, const char *table,
                             const struct items_write *w)
{
    enum outcome outcome;
    struct buf body;

    buf_init(&body, ITEMS_WRITE_BYTES + 65536);
    dynamodb_table(&body, table);
    buf_str(&body, w->remove ? ",\"Key\":" : ",\"Item\":");
    buf_add(&body, w->json, w->n);
    buf_byte(&body, '}');
    outcome = dynamodb_call(db, w->remove ? "DeleteItem" : "PutItem", &body,
                            NULL, true);
    buf_free(&body);
    return outcome;
}

/* Are these the keys of one item? */
static bool same_key(struct plain *plain, const char *hash, const char *range,
                     const unsigned char *a, size_t a_n,
                     const unsigned char *b, size_t b_n)
{
    struct buf one, other;
    bool same;

    buf_init(&one, PLAIN_MAX);
    buf_init(&other, PLAIN_MAX);
    same = plain_key(plain, a, a_n, hash, range, &one) &&
        plain_key(plain, b, b_n, hash, range, &other) &&
        one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
    buf_free(&one);
    buf_free(&other);
    return same;
}

/* Marks the writes that are undone. False if there is one that cannot be
   found, as a key that is a number may come back written in another way. */
static bool mark_undone(const struct undone *undone, const char *hash,
                        const char *range, const struct items_write *writes,
                        bool *left, size_t n)
{
    struct plain plain;
    size_t i, k = 0, at = 0;

    plain_init(&plain);
    memset(left, 0, n);
    for (i = 0; i < undone->n && k < n; at = undone->ends[i++]) {
        for (k = 0; k < n; k++)
            if (same_key(&plain, hash, range, undone->json.data + at,
                         undone->ends[i] - at, writes[k].json, writes[k].n))
                break;
        if (k < n)
            left[k] = true;
    }
    plain_free(&plain);
    return undone->n == 0 || (k < n && !undone->json.failed);
}

/* Sends those that are left one by one; to do so twice does no harm. */
static enum outcome write_singly(struct dynamodb *db, const char *table,
                                 struct items_write *writes, const bool *left,
                                 size_t n)
{
    enum outcome outcome = OUTCOME_DONE;
    size_t i;

    for (i = 0; i < n; i++) {
        if (!left[i])
            continue;
        if (outcome != OUTCOME_STOP)
            outcome = send_one(db, table, &writes[i]);
        writes[i].outcome = outcome;
        memcpy(writes[i].why, db->error, sizeof writes[i].why);
    }
    return outcome == OUTCOME_STOP ? outcome : OUTCOME_DONE;
}

enum outcome items_write(struct dynamodb *db, const char *table,
                         const char *hash, const char *range,
                         struct items_write *writes, size_t n)
{
    bool left[ITEMS_WRITE_MAX], before[ITEMS_WRITE_MAX];
    struct undone undone = {.n = n};
    enum outcome outcome = OUTCOME_DONE;
    unsigned retry = 0;
    size_t i, count = n;

    buf_init(&undone.json, ITEMS_FOUND_MAX);
    for (i = 0; i < n; i++)
        writes[i].outcome = OUTCOME_DONE;
    memset(left, true, sizeof left);
    while (undone.n > 0) {
        memcpy(before, left, sizeof left);
        outcome = n == 1 ? OUTCOME_BAD
            : send_batch(db, table, writes, left, n, &undone);
        if (outcome == OUTCOME_STOP)
            break;
        if (outcome == OUTCOME_BAD ||
            !mark_undone(&undone, hash, range, writes, left, n)) {
            outcome = write_singly(db, table, writes, before, n);
            buf_free(&undone.json);
            return outcome;
        }
        retry = undone.n < count ? 1 : retry + 1;
        count = undone.n;
        if (count > 0 && !dynamodb_wait(db, OUTCOME_WAIT, retry, true)) {
            outcome = dynamodb_fail(db, OUTCOME_STOP, "", "it leaves items "
                                    "of a batch unprocessed, after %u tries",
                                    retry);
            break;
        }
    }
    buf_free(&undone.json);
    for (i = 0; i < n && outcome == OUTCOME_STOP; i++)
        if (left[i]) {
            writes[i].outcome = outcome;
            memcpy(writes[i].why, db->error, sizeof writes[i].why);
        }
    return outcome;
}

/* ---- writes with a condition ---- */

static const struct json_pick old_picks[] = {
    {"/Item", JSON_WANT_RAW, false, 0}
};

static void old_begin(void *context)
{
    buf_reset(context);
}

static bool old_picked(void *context, unsigned pick, enum json_event event,
                       enum json_type type, const unsigned char *bytes,
                       size_t n)
{
    (void)pick;
    (void)type;
    if (event == JSON_BYTES)
        buf_add(context, bytes, n);
    return true;
}

/* Attributes of two items, each a line of name, type and text. */
struct sums {
    uint32_t sum;
    size_t n;
};

/* What does not depend on the attributes' order. A sum may deceive, but only
   about an item that somebody else stored in the seconds between two tries. */
static bool add_sum(void *context, const struct plain_value *v)
{
    struct sums *sums = context;
    uint32_t sum = 2166136261;           /* FNV-1a, 32 bits */
    const unsigned char *parts[3];
    size_t sizes[3], i, k;

    if (v == NULL)
        return true;
    parts[0] = v->name;
    parts[1] = (const unsigned char *)v->type;
    parts[2] = v->bytes;
    sizes[0] = v->name_len;
    sizes[1] = strlen(v->type) + 1;
    sizes[2] = v->bytes == NULL ? 0 : v->len;
    for (i = 0; i < 3; i++)
        for (k = 0; k < sizes[i]; k++)
            sum = (sum ^ parts[i][k]) * 16777619;
    sums->sum += sum;
    sums->n++;
    return true;
}

static bool same_item(const unsigned char *a, size_t a_n,
                      const struct buf *b)
{
    struct sums one = {0, 0}, other = {0, 0};
    struct plain plain;
    bool good;

    plain_init(&plain);
    good = plain_read(&plain, a, a_n, false, add_sum, &one) &&
        plain_read(&plain, b->data, b->len, false, add_sum, &other);
    plain_free(&plain);
    return good && one.n == other.n && one.sum == other.sum;
}

static bool condition_failed(const struct dynamodb *db)
{
    return strcmp(db->code, "ConditionalCheckFailedException") == 0;
}

enum outcome items_put_new(struct dynamodb *db, const char *table,
                           const char *key, const unsigned char *item,
                           size_t n, bool *there)
{
    struct buf body, old;
    const struct dynamodb_want want = {old_picks, 1, old_picked, old_begin,
        &old};
    const uint64_t retries = db->retries;
    enum outcome outcome;

    buf_init(&old, 6 * ITEM_MAX + 65536);
    buf_init(&body, ITEMS_WRITE_BYTES + 65536);
    dynamodb_table(&body, table);
    buf_str(&body, ",\"Item\":");
    buf_add(&body, item, n);
    buf_str(&body, ",\"ConditionExpression\":\"attribute_not_exists(#k)\","
            "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\","
            "\"ExpressionAttributeNames\":{\"#k\":");
    dynamodb_quote(&body, key);
    buf_str(&body, "}}");
    db->counted = true;
    outcome = dynamodb_call(db, "PutItem", &body, &want, true);
    db->counted = false;
    *there = outcome == OUTCOME_BAD && condition_failed(db);
    if (*there) {
        outcome = OUTCOME_DONE;
        /* the first try may have stored it, and its answer have been lost */
        if (db->retries > retries && old.len > 0 && same_item(item, n, &old))
            *there = false;
    }
    buf_free(&body);
    buf_free(&old);
    return outcome;
}

/*
 * A try whose answer got lost cannot make the next one fail: it sets and
 * removes attributes, but never the item whose being there is the condition.
 */
enum outcome items_update(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const struct items_change *changes,
                          unsigned n_changes, bool *there)
{
    enum outcome outcome;
    struct buf body;
    unsigned i, sets = 0, removes = 0;

    buf_init(&body, 8 << 20);
    dynamodb_table(&body, table);
    buf_str(&body, ",\"Key\":");
    dynamodb_key(&body, key, id, n);
    buf_str(&body, ",\"ConditionExpression\":\"attribute_exists(#k)\","
            "\"UpdateExpression\":\"");
    for (i = 0; i < n_changes; i++)
        if (changes[i].value != NULL)
            buf_format(&body, "%s#p%u=:v%u", sets++ == 0 ? "SET " : ",", i,
                       i);
    for (i = 0; i < n_changes; i++)
        if (changes[i].value == NULL)
            buf_format(&body, "%s#p%u", removes++ == 0 ? " REMOVE " : ",", i);
    buf_str(&body, "\",\"ExpressionAttributeNames\":{\"#k\":");
    dynamodb_quote(&body, key);
    for (i = 0; i < n_changes; i++) {
        buf_format(&body, ",\"#p%u\":", i);
        dynamodb_quote(&body, changes[i].name);
    }
    buf_str(&body, sets > 0 ? "},\"ExpressionAttributeValues\":{" : "}");
    for (i = sets = 0; i < n_changes; i++) {
        if (changes[i].value == NULL)
            continue;
        buf_format(&body, "%s\":v%u\":{\"S\":", sets++ == 0 ? "" : ",", i);
        dynamodb_quote(&body, changes[i].value);
        buf_byte(&body, '}');
    }
    buf_str(&body, sets > 0 ? "}}" : "}");
    outcome = dynamodb_call(db, "UpdateItem", &body, NULL, true);
    buf_free(&body);
    *there = outcome == OUTCOME_DONE || !condition_failed(db);
    return *there ? outcome : OUTCOME_DONE;
}

/* ---- pages ---- */

enum { P_ITEMS, P_LAST, P_SCANNED, P_UNITS };

static const struct json_pick page_picks[] = {
    [P_ITEMS] = {"/Items", JSON_WANT_RAW, false, 0},
    [P_LAST] = {"/LastEvaluatedKey", JSON_WANT_RAW, false, 0},
    [P_SCANNED] = {"/ScannedCount", JSON_WANT_TEXT, false, 0},
    [P_UNITS] = {"/ConsumedCapacity/CapacityUnits", JSON_WANT_TEXT, false, 0}
};

struct page {
    struct items_page *to;
    struct buf last;
    struct outcome_note scanned, units;
};

static void page_begin(void *context)
{
    struct page *page = context;

    buf_reset(&page->to->items);
    buf_reset(&page->last);
    memset(&page->scanned, 0, sizeof page->scanned);
    memset(&page->units, 0, sizeof page->units);
}

static bool page_picked(void *context, unsigned pick, enum json_event event,
                        enum json_type type, const unsigned char *bytes,
                        size_t n)
{
    struct page *page = context;

    (void)type;
    if (event != JSON_BYTES)
        return true;
    switch (pick) {
    case P_ITEMS: buf_add(&page->to->items, bytes, n); break;
    case P_LAST: buf_add(&page->last, bytes, n); break;
    case P_SCANNED: outcome_note_add(&page->scanned, bytes, n); break;
    default: outcome_note_add(&page->units, bytes, n); break;
    }
    return true;
}

/* An index that is being filled says so in a ValidationException. */
static void advise(struct dynamodb *db)
{
    size_t n = strlen(db->error);

    if (strstr(db->error, "backfilling") != NULL)
        snprintf(db->error + n, sizeof db->error - n, " (wait until it is "
                 "ready: ocrdyn table index ... --wait)");
}

enum outcome items_page(struct dynamodb *db, const char *operation,
                        const struct buf *request, uint64_t limit,
                        struct items_page *to)
{
    struct page page = {.to = to};
    const struct dynamodb_want want = {page_picks, 4, page_picked, page_begin,
        &page};
    enum outcome outcome;
    struct buf body;
    char *end;

    buf_init(&page.last, ITEMS_PLACE_MAX);
    buf_init(&body, 4 << 20);
    buf_add(&body, request->data, request->len);
    body.failed |= request->failed;
    if (limit > 0)
        buf_format(&body, ",\"Limit\":%" PRIu64, limit);
    if (to->last.len > 0) {
        buf_str(&body, ",\"ExclusiveStartKey\":");
        buf_add(&body, to->last.data, to->last.len);
    }
    buf_byte(&body, '}');
    outcome = dynamodb_call(db, operation, &body, &want, false);
    buf_free(&body);
    if (outcome == OUTCOME_DONE && (to->items.failed || page.last.failed ||
                                    to->items.len == 0))
        outcome = dynamodb_fail(db, OUTCOME_STOP, "", "a page of its answer "
                                "is larger than it may be, or no page, or "
                                "memory is out");
    if (outcome == OUTCOME_DONE) {
        buf_reset(&to->last);
        buf_add(&to->last, page.last.data, page.last.len);
        to->scanned = strtoull(page.scanned.text, NULL, 10);
        /* a page takes whole units or half ones */
        to->units = (double)strtoull(page.units.text, &end, 10) +
            (end[0] == '.' && end[1] == '5' ? 0.5 : 0);
    } else {
        advise(db);
    }
    buf_free(&page.last);
    return outcome;
}
