/* items.c: requests and answers of DynamoDB's operations on items. */
#include "dynamodb/items.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- parts of requests ---- */

/* Appends "#p0":"name". */
static void add_name(struct buf *body, unsigned i, const char *name)
{
    dynamodb_next(body);
    buf_format(body, "\"#p%u\":", i);
    dynamodb_quote(body, name);
}

/* Appends "ExpressionAttributeNames":{"#k":"key" without the "}". */
static void begin_names(struct buf *body, const char *key)
{
    dynamodb_name(body, "ExpressionAttributeNames");
    buf_byte(body, '{');
    dynamodb_text(body, "#k", key);
}

/* Appends a strongly consistent read and the attributes to read. */
static void project(struct buf *body, const char *key,
                    const struct items_wanted *wanted)
{
    const char *const *names = wanted->names;
    const unsigned n = wanted->n;
    unsigned i;

    buf_str(body, ",\"ConsistentRead\":true");
    if (wanted->all)
        return;
    buf_str(body, ",\"ProjectionExpression\":\"#k");
    for (i = 0; i < n; i++)
        if (strcmp(names[i], key) != 0)
            buf_format(body, ",#p%u", i);
    buf_byte(body, '"');
    begin_names(body, key);
    for (i = 0; i < n; i++)
        if (strcmp(names[i], key) != 0)
            add_name(body, i, names[i]);
    buf_byte(body, '}');
}

/* Starts a request whose `member` is an item to put, or a key. */
static struct buf *begin(struct dynamodb *db, const char *table,
                         const char *member, const unsigned char *json,
                         size_t n)
{
    struct buf *body = dynamodb_request(db, table);

    dynamodb_name(body, member);
    buf_add(body, json, n);
    return body;
}

/* ---- single items ---- */

static const struct items_wanted nothing;        /* beyond the key */
static const struct json_pick one_pick = {"/Item", JSON_WANT_RAW, false};

static const unsigned short one_type = DYNAMODB_ABSENT | DYNAMODB_NULL |
    DYNAMODB_OBJECT;

/* DynamoDB omits a missing item; null means the same. */
static bool is_there(const struct buf *item)
{
    return item->len > 0 && item->data[0] == '{';
}

enum outcome items_put(struct dynamodb *db, const char *table,
                       struct item *item)
{
    buf_byte(&item->json, '}');
    begin(db, table, "Item", item->json.data, item->json.len);
    db->request.failed |= item->json.failed || item->member.failed ||
        item->scalar.failed;
    return dynamodb_call(db, "PutItem", NULL, true);
}

/* The attribute to read. */
struct wanted {
    const char *name;
    struct buf *text;
};

static bool take_string(void *context, const struct plain_value *v)
{
    struct wanted *wanted = context;

    if (plain_is(v, wanted->name) && strcmp(v->type, "S") == 0)
        buf_add(wanted->text, v->bytes, v->len);
    return true;
}

static enum outcome no_item(struct dynamodb *db)
{
    return dynamodb_fail(db, OUTCOME_BAD, "its answer holds something that is "
                         "no item, or memory is out");
}

enum outcome items_get(struct dynamodb *db, const char *table,
                       const char *key, const unsigned char *id, size_t n,
                       const char *name, bool *found, struct buf *text)
{
    struct buf item, *body = dynamodb_request(db, table);
    struct dynamodb_kept kept = {.picks = &one_pick, .types = &one_type, .n = 1,
        .to = {&item}};
    struct wanted wanted = {name, text};
    enum outcome outcome;
    struct plain plain;

    buf_init(&item, ITEMS_FOUND_MAX);
    plain_init(&plain);
    buf_reset(text);
    dynamodb_name(body, "Key");
    dynamodb_key(body, key, id, n);
    project(body, name, &nothing);
    outcome = dynamodb_keep(db, "GetItem", &kept, false);
    *found = outcome == OUTCOME_DONE && is_there(&item);
    if (*found && (!plain_read(&plain, item.data, item.len, false,
                               take_string, &wanted) || text->failed))
        outcome = no_item(db);
    plain_free(&plain);
    buf_free(&item);
    return outcome;
}

/* ---- batches ---- */

/* A batch of items to read or of writes. */
struct batch {
    struct dynamodb *db;
    const char *table, *hash, *range;    /* range may be NULL */
    const struct items_id *ids;          /* what to read, */
    const struct items_write *writes;    /* or what to write */
    size_t n;                            /* how many of them */
    bool left[ITEMS_BATCH_MAX];          /* not processed so far */
    const struct items_wanted *wanted;   /* for a batch that reads */
    struct buf *found;           /* the items, each with a NUL */
    struct buf undone;           /* unprocessed items or keys, likewise */
    struct plain plain;
    struct buf id, known;        /* plain_key of one; of the whole batch, */
    size_t ends[ITEMS_BATCH_MAX];        /* and the offsets where each ends */
};

static bool identify(struct batch *b, const unsigned char *json, size_t n)
{
    return plain_key(&b->plain, json, n, b->hash, b->range, &b->id);
}

/* Fills b->known on the first call. Returns false if memory runs out or a write
   has no key. */
static bool know(struct batch *b)
{
    size_t i;

    if (b->known.len > 0)
        return true;
    for (i = 0; i < b->n; i++) {
        if (b->writes == NULL)
            plain_string_key(b->ids[i].bytes, b->ids[i].n, &b->id);
        else if (!identify(b, b->writes[i].json, b->writes[i].n))
            return false;
        buf_add(&b->known, b->id.data, b->id.len);
        b->ends[i] = b->known.len;
    }
    return !b->known.failed;
}

/* Returns the index in the batch of an item or key, or b->n if it is not one of
   the batch. */
static size_t find(struct batch *b, const unsigned char *json, size_t n)
{
    size_t i, at = 0;

    if (!know(b) || !identify(b, json, n))
        return b->n;
    for (i = 0; i < b->n; at = b->ends[i++])
        if (b->ends[i] - at == b->id.len &&
            memcmp(b->known.data + at, b->id.data, b->id.len) == 0)
            break;
    return i;
}

/* Sets at[i] and size[i] to the place in `from` of each member of the batch,
   and size[i] to 0 for those that are not there. Returns BAD if `from` contains
   something else: a key that is a number can come back written differently. */
static enum outcome sort(struct batch *b, const struct buf *from, size_t *at,
                         size_t *size)
{
    size_t next, n;

    memset(size, 0, b->n * sizeof *size);
    for (next = 0; next < from->len; next += n + 1) {
        size_t i;

        n = strlen((const char *)from->data + next);
        i = find(b, from->data + next, n);
        if (i == b->n)
            return no_item(b->db);
        at[i] = next;
        size[i] = n;
    }
    return OUTCOME_DONE;
}

/* Sends BatchGetItem and takes the items and the unprocessed keys from the
   answer. Each level above these keys is checked, so that none is missed. */
static enum outcome call_get(struct batch *b)
{
    enum { ITEM, TABLES, TABLE, LEFT, ENTRY, KEYS, KEY, N };
    static const struct json_pick picks[N] = {
        [ITEM] = {"/Responses/*/*", JSON_WANT_RAW, true},
        [TABLES] = {"/Responses", JSON_WANT_TYPE, false},
        [TABLE] = {"/Responses/*", JSON_WANT_TYPE, true},
        [LEFT] = {"/UnprocessedKeys", JSON_WANT_TYPE, false},
        [ENTRY] = {"/UnprocessedKeys/*", JSON_WANT_TYPE, true},
        [KEYS] = {"/UnprocessedKeys/*/Keys", JSON_WANT_TYPE, true},
        [KEY] = {"/UnprocessedKeys/*/Keys/*", JSON_WANT_RAW, true}
    };
    static const unsigned short types[N] = {
        [ITEM] = DYNAMODB_OBJECT, [TABLES] = DYNAMODB_OBJECT,
        [TABLE] = DYNAMODB_ARRAY,
        [LEFT] = DYNAMODB_ABSENT | DYNAMODB_NULL | DYNAMODB_OBJECT,
        [ENTRY] = DYNAMODB_OBJECT, [KEYS] = DYNAMODB_ARRAY,
        [KEY] = DYNAMODB_OBJECT
    };
    struct dynamodb_kept kept = {.picks = picks, .types = types, .n = N,
        .to = {[ITEM] = b->found, [KEY] = &b->undone}, .stays = b->found->len};
    enum outcome outcome = dynamodb_keep(b->db, "BatchGetItem", &kept, false);

    return outcome == OUTCOME_DONE && kept.seen[ENTRY] != kept.seen[KEYS]
        ? dynamodb_strange(b->db, picks[KEYS].pointer) : outcome;
}

/* Sends BatchWriteItem and takes the unprocessed writes from the answer.
   Returns BAD if the answer does not make clear which these are. */
static enum outcome call_write(struct batch *b)
{
    enum { THING, LEFT, TABLE, REQUEST, KIND, N };
    static const struct json_pick picks[N] = {
        [THING] = {"/UnprocessedItems/*/*/*/*", JSON_WANT_RAW, true},
        [LEFT] = {"/UnprocessedItems", JSON_WANT_TYPE, false},
        [TABLE] = {"/UnprocessedItems/*", JSON_WANT_TYPE, true},
        [REQUEST] = {"/UnprocessedItems/*/*", JSON_WANT_TYPE, true},
        [KIND] = {"/UnprocessedItems/*/*/*", JSON_WANT_TYPE, true}
    };
    static const unsigned short types[N] = {
        [THING] = DYNAMODB_OBJECT,
        [LEFT] = DYNAMODB_ABSENT | DYNAMODB_NULL | DYNAMODB_OBJECT,
        [TABLE] = DYNAMODB_ARRAY, [REQUEST] = DYNAMODB_OBJECT,
        [KIND] = DYNAMODB_OBJECT
    };
    struct dynamodb_kept kept = {.picks = picks, .types = types, .n = N,
        .to = {[THING] = &b->undone}};
    enum outcome outcome = dynamodb_keep(b->db, "BatchWriteItem", &kept, true);

    if (outcome == OUTCOME_DONE && kept.seen[REQUEST] != kept.seen[THING])
        return no_item(b->db);
    return outcome == OUTCOME_STOP && kept.strange != 0 ? OUTCOME_BAD
                                                        : outcome;
}

/* Sends one request for what is not processed so far. */
static enum outcome ask(struct batch *b)
{
    struct buf *body = &b->db->request;
    const bool reads = b->writes == NULL;
    size_t i;

    buf_reset(body);
    buf_str(body, "{\"RequestItems\":{");
    dynamodb_name(body, b->table);
    buf_str(body, reads ? "{\"Keys\":[" : "[");
    for (i = 0; i < b->n; i++) {
        if (!b->left[i])
            continue;
        dynamodb_next(body);
        if (reads) {
            dynamodb_key(body, b->hash, b->ids[i].bytes, b->ids[i].n);
            continue;
        }
        buf_str(body, b->writes[i].remove ? "{\"DeleteRequest\":{\"Key\":"
                : "{\"PutRequest\":{\"Item\":");
        buf_add(body, b->writes[i].json, b->writes[i].n);
        buf_str(body, "}}");
    }
    buf_byte(body, ']');
    if (reads) {
        project(body, b->hash, b->wanted);
        buf_byte(body, '}');
    }
    buf_byte(body, '}');
    return reads ? call_get(b) : call_write(b);
}

/* Sends requests until everything is processed. */
static enum outcome ask_all(struct batch *b)
{
    size_t at[ITEMS_BATCH_MAX], size[ITEMS_BATCH_MAX], left = b->n, before, i;
    enum outcome outcome = OUTCOME_DONE;
    unsigned retry = 0;

    memset(b->left, true, b->n);
    while (left > 0) {
        outcome = ask(b);
        if (outcome == OUTCOME_DONE)
            outcome = sort(b, &b->undone, at, size);
        if (outcome != OUTCOME_DONE)
            break;
        for (before = left, left = i = 0; i < b->n; i++) {
            b->left[i] = b->left[i] && size[i] > 0;
            left += b->left[i];
        }
        /* an answer is limited to 16 MB, so a partial one is normal: as long as
           there is progress, the delay stays short */
        retry = left < before ? 1 : retry + 1;
        if (left > 0 && !dynamodb_wait(b->db, OUTCOME_WAIT, retry, false))
            return dynamodb_fail(b->db, OUTCOME_STOP, *b->db->stop != 0
                                 ? "a part of a batch was left unprocessed "
                                 "when a signal came, after %u tries"
                                 : "it leaves a part of a batch unprocessed, "
                                 "after %u tries", retry);
    }
    return outcome;
}

/* Reads items if `found` is not NULL, else writes. */
static enum outcome work(struct batch *b, struct items_found *found)
{
    struct buf none;
    enum outcome outcome;

    buf_init(&none, 0);
    buf_init(&b->undone, ITEMS_FOUND_MAX);
    buf_init(&b->id, PLAIN_MAX);
    buf_init(&b->known, PLAIN_MAX);
    plain_init(&b->plain);
    b->found = found != NULL ? &found->json : &none;
    outcome = ask_all(b);
    if (outcome == OUTCOME_DONE && found != NULL)
        outcome = sort(b, &found->json, found->at, found->size);
    buf_free(&b->undone);
    buf_free(&b->id);
    buf_free(&b->known);
    plain_free(&b->plain);
    return outcome;
}

enum outcome items_fetch(struct dynamodb *db, const char *table,
                         const char *key, const struct items_wanted *wanted,
                         const struct items_id *ids, size_t n,
                         struct items_found *found)
{
    struct batch batch = {.db = db, .table = table, .hash = key, .ids = ids,
        .n = n, .wanted = wanted};

    buf_reset(&found->json);
    return work(&batch, found);
}

enum outcome items_have(struct dynamodb *db, const char *table,
                        const char *key, const struct items_id *ids,
                        size_t n, bool *have)
{
    struct items_found found;
    enum outcome outcome;
    size_t i;

    buf_init(&found.json, ITEMS_FOUND_MAX);
    outcome = items_fetch(db, table, key, &nothing, ids, n, &found);
    for (i = 0; i < n && outcome == OUTCOME_DONE; i++)
        have[i] = found.size[i] > 0;
    buf_free(&found.json);
    return outcome;
}

enum outcome items_write(struct dynamodb *db, const char *table,
                         const char *hash, const char *range,
                         struct items_write *writes, size_t n)
{
    struct batch batch = {.db = db, .table = table, .hash = hash,
        .range = range, .writes = writes, .n = n, .left = {true}};
    enum outcome outcome = n == 1 ? OUTCOME_BAD : work(&batch, NULL);
    size_t i;

    /* if the batch failed for a reason that may concern one item only, the
       rest is sent one by one; sending a write twice does no harm */
    for (i = 0; i < n; i++) {
        struct items_write *w = &writes[i];

        w->outcome = OUTCOME_DONE;
        if (!batch.left[i])
            continue;
        if (outcome != OUTCOME_STOP) {
            begin(db, table, w->remove ? "Key" : "Item", w->json, w->n);
            outcome = dynamodb_call(db, w->remove ? "DeleteItem" : "PutItem",
                                    NULL, true);
        }
        w->outcome = outcome;
        memcpy(w->why, db->error, sizeof w->why);
    }
    return outcome == OUTCOME_STOP ? outcome : OUTCOME_DONE;
}

/* ---- writes with a condition ---- */

/* A hash of an item's attributes, and their number. */
struct sums {
    uint32_t sum;
    size_t n;
};

/* Adds an attribute's hash to a sum, which does not depend on their order. A
   collision misleads items_put_new only about an item that another process
   stored in the seconds between two attempts. */
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
    struct buf old, *body = begin(db, table, "Item", item, n);
    struct dynamodb_kept kept = {.picks = &one_pick, .n = 1, .to = {&old}};
    const uint64_t retries = db->retries;
    enum outcome outcome;

    buf_init(&old, ITEMS_FOUND_MAX);
    buf_str(body, ",\"ConditionExpression\":\"attribute_not_exists(#k)\","
            "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"");
    begin_names(body, key);
    buf_byte(body, '}');
    db->counted = true;
    outcome = dynamodb_keep(db, "PutItem", &kept, true);
    db->counted = false;
    *there = outcome == OUTCOME_BAD && condition_failed(db);
    if (*there) {
        outcome = OUTCOME_DONE;
        /* an earlier attempt may have stored it, and its answer was lost */
        if (db->retries > retries && is_there(&old) && same_item(item, n, &old))
            *there = false;
    }
    buf_free(&old);
    return outcome;
}

/*
 * An attempt whose answer was lost does not make the condition fail in the next
 * one: the update removes attributes but never the item.
 */
enum outcome items_update(struct dynamodb *db, const char *table,
                          const char *key, const unsigned char *id, size_t n,
                          const struct items_change *changes,
                          unsigned n_changes, bool *there)
{
    struct buf *body = dynamodb_request(db, table);
    enum outcome outcome;
    unsigned i, sets = 0, removes = 0;

    dynamodb_name(body, "Key");
    dynamodb_key(body, key, id, n);
    begin_names(body, key);
    for (i = 0; i < n_changes; i++)
        add_name(body, i, changes[i].name);
    buf_str(body, "},\"ConditionExpression\":\"attribute_exists(#k)\","
            "\"UpdateExpression\":\"");
    for (i = 0; i < n_changes; i++)
        if (changes[i].value != NULL)
            buf_format(body, "%s#p%u=:v%u", sets++ == 0 ? "SET " : ",", i, i);
    for (i = 0; i < n_changes; i++)
        if (changes[i].value == NULL)
            buf_format(body, "%s#p%u", removes++ == 0 ? " REMOVE " : ",", i);
    buf_str(body, sets > 0 ? "\",\"ExpressionAttributeValues\":{" : "\"");
    for (i = 0; i < n_changes; i++)
        if (changes[i].value != NULL) {
            dynamodb_next(body);
            buf_format(body, "\":v%u\":", i);
            dynamodb_typed(body, "S", changes[i].value,
                           strlen(changes[i].value));
        }
    if (sets > 0)
        buf_byte(body, '}');
    outcome = dynamodb_call(db, "UpdateItem", NULL, true);
    *there = outcome == OUTCOME_DONE || !condition_failed(db);
    return *there ? outcome : OUTCOME_DONE;
}

/* ---- pages ---- */

/* Returns a number's digits and the NUL that follows them, or "". */
static const char *digits(const struct buf *b)
{
    return b->len > 0 ? (const char *)b->data : "";
}

static bool take_any(void *context, const struct plain_value *v)
{
    (void)context;
    (void)v;
    return true;
}

/* Returns whether this is a valid key, where a page can start. */
static bool is_place(const struct buf *key)
{
    struct plain plain;
    bool good;

    plain_init(&plain);
    good = plain_read(&plain, key->data, key->len, false, take_any, NULL);
    plain_free(&plain);
    return good;
}

enum outcome items_page(struct dynamodb *db, const char *operation,
                        const struct buf *request, uint64_t limit,
                        struct items_page *to)
{
    enum { ITEMS, LAST, SCANNED, UNITS, ITEM, PART, N };
    static const struct json_pick picks[N] = {
        [ITEMS] = {"/Items", JSON_WANT_RAW, false},
        [LAST] = {"/LastEvaluatedKey", JSON_WANT_RAW, false},
        [SCANNED] = {"/ScannedCount", JSON_WANT_NUMBER, true},
        [UNITS] = {"/ConsumedCapacity/CapacityUnits", JSON_WANT_NUMBER, true},
        [ITEM] = {"/Items/*", JSON_WANT_TYPE, true},
        [PART] = {"/LastEvaluatedKey/*", JSON_WANT_TYPE, true}
    };
    static const unsigned short types[N] = {
        [ITEMS] = DYNAMODB_ARRAY,
        [LAST] = DYNAMODB_ABSENT | DYNAMODB_NULL | DYNAMODB_OBJECT
    };
    struct buf scanned, units, *body = &db->request;
    struct dynamodb_kept kept = {.picks = picks, .types = types, .n = N,
        .to = {&to->items, &to->last, &scanned, &units}};
    enum outcome outcome;
    char *end;

    buf_init(&scanned, 256);
    buf_init(&units, 256);
    buf_reset(body);
    buf_add(body, request->data, request->len);
    body->failed |= request->failed;
    if (limit > 0)
        buf_format(body, ",\"Limit\":%" PRIu64, limit);
    if (to->last.len > 0) {
        dynamodb_name(body, "ExclusiveStartKey");
        buf_add(body, to->last.data, to->last.len);
    }
    outcome = dynamodb_keep(db, operation, &kept, false);
    if (kept.seen[PART] == 0)    /* an empty key marks the last page, too */
        buf_reset(&to->last);
    if (outcome == OUTCOME_DONE && to->last.len > 0 && !is_place(&to->last))
        outcome = dynamodb_strange(db, picks[LAST].pointer);
    to->scanned = strtoull(digits(&scanned), NULL, 10);
    if (to->scanned < kept.seen[ITEM])
        to->scanned = kept.seen[ITEM];
    /* the units of a page are a multiple of 0.5 */
    to->units = (double)strtoull(digits(&units), &end, 10) +
        (end[0] == '.' && end[1] == '5' ? 0.5 : 0);
    buf_free(&scanned);
    buf_free(&units);
    return outcome;
}
