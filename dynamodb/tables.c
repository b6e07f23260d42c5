/* tables.c: requests of DynamoDB's operations on tables, and the parser of
   table descriptions. */
#include "dynamodb/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tables_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                      "WXYZ0123456789_.-");

    if (strncmp(name, "arn:", 4) == 0)
        return strlen(name) <= 1024;
    return name[n] == '\0' && n >= 3 && n <= 255;
}

/* ---- queries ---- */

/* The picks: members of the table; its lists, to know which one is open;
   members of the elements of these lists, which are parts of the table's key,
   attribute definitions and indexes; members of the parts of an index's key. */
enum {
    P_TABLE, P_STATUS, P_MODE, P_READ, P_WRITE, P_ITEMS, P_SIZE,
    P_KEYS, P_GLOBAL, P_LOCAL,
    P_ELEMENT, P_NAME, P_TYPE, P_KIND,
    P_INDEX_NAME, P_INDEX_STATUS, P_INDEX_FILLS, P_INDEX_PROJECTION,
    P_INDEX_READ, P_INDEX_WRITE,
    P_PART, P_PART_NAME, P_PART_KIND,
    P_N
};

_Static_assert((int)P_N <= (int)DYNAMODB_PICKS_MAX, "there is a pick for all");

static const struct json_pick picks[P_N] = {
    [P_TABLE] = {"/Table", JSON_WANT_TYPE, false},
    [P_STATUS] = {"/Table/TableStatus", JSON_WANT_STRING, false},
    [P_MODE] = {"/Table/BillingModeSummary/BillingMode", JSON_WANT_STRING,
        false},
    [P_READ] = {"/Table/ProvisionedThroughput/ReadCapacityUnits",
        JSON_WANT_NUMBER, false},
    [P_WRITE] = {"/Table/ProvisionedThroughput/WriteCapacityUnits",
        JSON_WANT_NUMBER, false},
    [P_ITEMS] = {"/Table/ItemCount", JSON_WANT_NUMBER, false},
    [P_SIZE] = {"/Table/TableSizeBytes", JSON_WANT_NUMBER, false},
    [P_KEYS] = {"/Table/KeySchema", JSON_WANT_TYPE, false},
    [P_GLOBAL] = {"/Table/GlobalSecondaryIndexes", JSON_WANT_TYPE, false},
    [P_LOCAL] = {"/Table/LocalSecondaryIndexes", JSON_WANT_TYPE, false},
    [P_ELEMENT] = {"/Table/*/*", JSON_WANT_TYPE, true},
    [P_NAME] = {"/Table/*/*/AttributeName", JSON_WANT_STRING, true},
    [P_TYPE] = {"/Table/*/*/AttributeType", JSON_WANT_STRING, true},
    [P_KIND] = {"/Table/*/*/KeyType", JSON_WANT_STRING, true},
    [P_INDEX_NAME] = {"/Table/*/*/IndexName", JSON_WANT_STRING, true},
    [P_INDEX_STATUS] = {"/Table/*/*/IndexStatus", JSON_WANT_STRING, true},
    [P_INDEX_FILLS] = {"/Table/*/*/Backfilling", JSON_WANT_TYPE, true},
    [P_INDEX_PROJECTION] = {"/Table/*/*/Projection/ProjectionType",
        JSON_WANT_STRING, true},
    [P_INDEX_READ] = {"/Table/*/*/ProvisionedThroughput/ReadCapacityUnits",
        JSON_WANT_NUMBER, true},
    [P_INDEX_WRITE] = {"/Table/*/*/ProvisionedThroughput/WriteCapacityUnits",
        JSON_WANT_NUMBER, true},
    [P_PART] = {"/Table/*/*/KeySchema/*", JSON_WANT_TYPE, true},
    [P_PART_NAME] = {"/Table/*/*/KeySchema/*/AttributeName", JSON_WANT_STRING,
        true},
    [P_PART_KIND] = {"/Table/*/*/KeySchema/*/KeyType", JSON_WANT_STRING, true}
};

/* The parser's state. */
struct parse {
    struct tables_description *d;
    const char *index;           /* must be in the result; or NULL */
    unsigned list;               /* the open list: P_KEYS, P_GLOBAL,
                                    P_LOCAL, or P_TABLE for any other or none */
    unsigned strange;            /* 1 + the first pick with an unexpected
                                    value, or 0 */
    struct tables_index in_hand;
    struct outcome_note notes[P_N];      /* the values of the picks */
};

static void begin(void *context)
{
    struct parse *p = context;

    memset(p->d, 0, sizeof *p->d);
    memset(p->notes, 0, sizeof p->notes);
    p->list = P_TABLE;
    p->strange = P_TABLE + 1;    /* until the table is found */
}

static void be_strange(struct parse *p, unsigned pick)
{
    if (p->strange == 0)
        p->strange = pick + 1;
}

/* Copies the value of a pick, cut to `size` bytes with the NUL. */
static void take(char *to, size_t size, const struct parse *p, unsigned pick)
{
    const struct outcome_note *note = &p->notes[pick];
    size_t n = note->len < size ? note->len : size - 1;

    memcpy(to, note->text, n);
    to[n] = '\0';
}

static int64_t number(const struct parse *p, unsigned pick)
{
    const char *text = p->notes[pick].text;

    return *text < '0' || *text > '9' ? -1 : strtoll(text, NULL, 10);
}

/* Ends a part of a key, whose name and kind are the values of two picks.
   Returns false if the name is missing, or the kind missing or unknown. */
static bool end_part(const struct parse *p, unsigned name, unsigned kind,
                     char hash[TABLES_NAME], char range[TABLES_NAME])
{
    bool is_hash = strcmp(p->notes[kind].text, "HASH") == 0;

    if (p->notes[name].len == 0 ||
        (!is_hash && strcmp(p->notes[kind].text, "RANGE") != 0))
        return false;
    take(is_hash ? hash : range, TABLES_NAME, p, name);
    return true;
}

/* Ends an index. Adds it to the description, or counts it if that is full; the
   wanted index then replaces the last one. */
static void end_index(struct parse *p)
{
    struct tables_description *d = p->d;
    struct tables_index *i = &p->in_hand;

    take(i->name, sizeof i->name, p, P_INDEX_NAME);
    take(i->status, sizeof i->status, p, P_INDEX_STATUS);
    take(i->projection, sizeof i->projection, p, P_INDEX_PROJECTION);
    i->read = number(p, P_INDEX_READ);
    i->write = number(p, P_INDEX_WRITE);
    if (d->n_indexes < TABLES_INDEXES_MAX) {
        d->indexes[d->n_indexes++] = *i;
        return;
    }
    d->more++;
    if (p->index != NULL && strcmp(i->name, p->index) == 0)
        d->indexes[TABLES_INDEXES_MAX - 1] = *i;
}

/* Ends an element of a list. */
static void end_element(struct parse *p)
{
    struct tables_description *d = p->d;

    if (p->list == P_KEYS) {
        if (!end_part(p, P_NAME, P_KIND, d->hash, d->range))
            be_strange(p, P_KEYS);
    } else if (p->list != P_TABLE) {
        if (p->notes[P_INDEX_NAME].len > 0)
            end_index(p);
        else
            be_strange(p, p->list);
    } else if (p->notes[P_NAME].len > 0 && p->notes[P_TYPE].len > 0 &&
               d->n_attributes < TABLES_ATTRIBUTES_MAX) {
        struct tables_attribute *a = &d->attributes[d->n_attributes++];

        take(a->name, sizeof a->name, p, P_NAME);
        take(a->type, sizeof a->type, p, P_TYPE);
    }
}

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct parse *p = context;

    if (event == JSON_BYTES) {
        outcome_note_add(&p->notes[pick], bytes, n);
    } else if (pick == P_TABLE) {
        if (event == JSON_BEGIN && type == JSON_OBJECT)
            p->strange = 0;
    } else if (pick >= P_KEYS && pick <= P_LOCAL) {
        p->list = event == JSON_BEGIN ? pick : P_TABLE;
    } else if (pick == P_INDEX_FILLS) {
        p->in_hand.backfilling = type == JSON_TRUE;
    } else if (event == JSON_BEGIN && (pick == P_ELEMENT || pick == P_PART)) {
        /* forget the members of the previous element */
        memset(&p->notes[pick], 0, (P_N - pick) * sizeof p->notes[0]);
        if (pick == P_ELEMENT) {
            memset(&p->in_hand, 0, sizeof p->in_hand);
            p->in_hand.local = p->list == P_LOCAL;
        }
    } else if (event == JSON_END && pick == P_PART) {
        if (!end_part(p, P_PART_NAME, P_PART_KIND, p->in_hand.hash,
                      p->in_hand.range))
            be_strange(p, P_PART);
    } else if (event == JSON_END && pick == P_ELEMENT) {
        end_element(p);
    }
    return true;
}

enum outcome tables_describe(struct dynamodb *db, const char *name,
                             const char *index, struct tables_description *d)
{
    struct parse p = {.d = d, .index = index};
    const struct dynamodb_want want = {picks, P_N, picked, begin, &p};
    enum outcome outcome;

    dynamodb_request(db, name);
    outcome = dynamodb_call(db, "DescribeTable", &want, false);
    take(d->status, sizeof d->status, &p, P_STATUS);
    if (outcome == OUTCOME_DONE && p.strange > 0)
        outcome = dynamodb_strange(db, picks[p.strange - 1].pointer);
    /* the answer may lack BillingMode if a table never was on demand */
    d->capacity.on_demand =
        strcmp(p.notes[P_MODE].text, "PAY_PER_REQUEST") == 0;
    d->capacity.read = number(&p, P_READ);
    d->capacity.write = number(&p, P_WRITE);
    d->items = number(&p, P_ITEMS);
    d->size = number(&p, P_SIZE);
    return outcome;
}

/* Returns whether one of the names, each ended by NUL, is empty. */
static bool has_empty(const struct buf *names)
{
    size_t i;

    for (i = 0; i < names->len; i++)
        if (names->data[i] == '\0' && (i == 0 || names->data[i - 1] == '\0'))
            return true;
    return false;
}

enum outcome tables_list(struct dynamodb *db, char after[TABLES_NAME],
                         struct buf *names)
{
    static const struct json_pick wanted[] = {
        {"/TableNames/*", JSON_WANT_STRING, true},
        {"/LastEvaluatedTableName", JSON_WANT_STRING, true},
        {"/TableNames", JSON_WANT_TYPE, false}
    };
    static const unsigned short types[] = {DYNAMODB_STRING,
        DYNAMODB_ABSENT | DYNAMODB_NULL | DYNAMODB_STRING, DYNAMODB_ARRAY};
    struct buf last;
    struct dynamodb_kept kept = {.picks = wanted, .types = types, .n = 3,
        .to = {names, &last}};
    enum outcome outcome;

    buf_init(&last, TABLES_NAME);
    buf_reset(&db->request);
    buf_byte(&db->request, '{');
    if (*after != '\0')
        dynamodb_text(&db->request, "ExclusiveStartTableName", after);
    outcome = dynamodb_keep(db, "ListTables", &kept, false);
    if (outcome == OUTCOME_DONE && has_empty(names))
        outcome = dynamodb_strange(db, wanted[0].pointer);
    *after = '\0';
    if (outcome == OUTCOME_DONE && last.len > 0)
        memcpy(after, last.data, last.len);
    buf_free(&last);
    return outcome;
}

bool tables_missing(const struct dynamodb *db)
{
    return strcmp(db->code, "ResourceNotFoundException") == 0;
}

const char *tables_type(const struct tables_description *d,
                        const char *attribute)
{
    unsigned i;

    for (i = 0; i < d->n_attributes; i++)
        if (strcmp(d->attributes[i].name, attribute) == 0)
            return d->attributes[i].type;
    return "";
}

const struct tables_index *tables_index(const struct tables_description *d,
                                        const char *name)
{
    unsigned i;

    for (i = 0; i < d->n_indexes; i++)
        if (strcmp(d->indexes[i].name, name) == 0)
            return &d->indexes[i];
    return NULL;
}

enum outcome tables_unsaid(struct dynamodb *db, const char *what,
                           const char *kind, const char *name)
{
    return dynamodb_fail(db, OUTCOME_STOP, "its answer does not say the %s of "
                         "the %s %s", what, kind, name);
}

bool tables_capacity_known(const struct tables_capacity *c)
{
    return c->on_demand || (c->read >= 0 && c->write >= 0);
}

enum outcome tables_judge(struct dynamodb *db, const char *name,
                          const char *key,
                          const struct tables_description *d)
{
    const char *type = tables_type(d, key);

    if (d->status[0] == '\0')
        return tables_unsaid(db, "status", "table", name);
    if (strcmp(d->status, "ACTIVE") != 0 && strcmp(d->status, "UPDATING") != 0)
        return dynamodb_fail(db, OUTCOME_BAD, "the table %s is not ready: its "
                             "status is %s", name, d->status);
    if (d->hash[0] == '\0')
        return tables_unsaid(db, "key", "table", name);
    if (*d->range != '\0')
        return dynamodb_fail(db, OUTCOME_BAD, "the table %s has a sort key, "
                             "%s (a table with a partition key only is "
                             "wanted)", name, d->range);
    if (strcmp(d->hash, key) != 0)
        return dynamodb_fail(db, OUTCOME_BAD, "the partition key of the table "
                             "%s is %s, not %s (--key names it)", name,
                             d->hash, key);
    if (*type == '\0')
        return tables_unsaid(db, "type", "key", key);
    if (strcmp(type, "S") != 0)
        return dynamodb_fail(db, OUTCOME_BAD, "the partition key %s of the "
                             "table %s has the type %s, not S (string)", key,
                             name, type);
    return OUTCOME_DONE;
}

enum outcome tables_known(struct dynamodb *db, const char *name,
                          const char *index, const char *key,
                          struct tables_description *d)
{
    enum outcome outcome = tables_describe(db, name, index, d);

    if (outcome == OUTCOME_DONE)
        return outcome;
    if (strcmp(db->code, "AccessDeniedException") != 0)
        return tables_missing(db) ? OUTCOME_BAD : outcome;
    snprintf(d->hash, sizeof d->hash, "%s", key);
    memcpy(d->attributes[0].name, d->hash, sizeof d->hash);
    memcpy(d->attributes[0].type, "S", 2);
    d->n_attributes = 1;
    return OUTCOME_DONE;
}

enum outcome tables_ready(struct dynamodb *db, const char *name,
                          const char *key)
{
    static struct tables_description d;  /* too large for the stack */
    enum outcome outcome = tables_known(db, name, NULL, key, &d);

    return outcome == OUTCOME_DONE && db->error[0] == '\0'
        ? tables_judge(db, name, key, &d) : outcome;
}

/* ---- changes ---- */

static void add_key(struct buf *b, const char *attribute, const char *name,
                    const char *value)
{
    dynamodb_next(b);
    buf_byte(b, '{');
    dynamodb_text(b, "AttributeName", attribute);
    dynamodb_text(b, name, value);
    buf_byte(b, '}');
}

/* Appends one of the two lists that describe a key: the types of its parts
   (strings) if `types` is set, else their kinds. `range` may be NULL. */
static void add_keys(struct buf *b, const char *hash, const char *range,
                     bool types)
{
    const char *name = types ? "AttributeType" : "KeyType";

    dynamodb_name(b, types ? "AttributeDefinitions" : "KeySchema");
    buf_byte(b, '[');
    add_key(b, hash, name, types ? "S" : "HASH");
    if (range != NULL)
        add_key(b, range, name, types ? "S" : "RANGE");
    buf_byte(b, ']');
}

static void add_throughput(struct buf *b, const struct tables_capacity *c)
{
    if (!c->on_demand)
        buf_format(b, ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":%lld,"
                   "\"WriteCapacityUnits\":%lld}", (long long)c->read,
                   (long long)c->write);
}

static void add_capacity(struct buf *b, const struct tables_capacity *c)
{
    dynamodb_text(b, "BillingMode", c->on_demand ? "PAY_PER_REQUEST"
                  : "PROVISIONED");
    add_throughput(b, c);
}

enum outcome tables_create(struct dynamodb *db, const struct tables_new *t)
{
    struct buf *b = dynamodb_request(db, t->name);
    unsigned i;

    add_keys(b, t->key, t->sort, true);
    add_keys(b, t->key, t->sort, false);
    add_capacity(b, &t->capacity);
    if (t->n_tags > 0)
        buf_str(b, ",\"Tags\":[");
    for (i = 0; i < t->n_tags; i++) {
        dynamodb_next(b);
        buf_byte(b, '{');
        dynamodb_text(b, "Key", t->tags[i].name);
        dynamodb_text(b, "Value", t->tags[i].value);
        buf_byte(b, '}');
    }
    if (t->n_tags > 0)
        buf_byte(b, ']');
    return dynamodb_call(db, "CreateTable", NULL, false);
}

enum outcome tables_delete(struct dynamodb *db, const char *name)
{
    dynamodb_request(db, name);
    return dynamodb_call(db, "DeleteTable", NULL, false);
}

/* Starts the list of index changes. begin_change starts each one:
   {"Create":{"IndexName":"..." or the like. */
static void begin_changes(struct buf *b)
{
    dynamodb_name(b, "GlobalSecondaryIndexUpdates");
    buf_byte(b, '[');
}

static void begin_change(struct buf *b, const char *change, const char *index)
{
    dynamodb_next(b);
    buf_byte(b, '{');
    dynamodb_name(b, change);
    buf_byte(b, '{');
    dynamodb_text(b, "IndexName", index);
}

static enum outcome update(struct dynamodb *db, bool changes)
{
    if (changes)
        buf_byte(&db->request, ']');
    return dynamodb_call(db, "UpdateTable", NULL, false);
}

enum outcome tables_resize(struct dynamodb *db, const char *name,
                           const struct tables_description *d,
                           const struct tables_capacity *capacity)
{
    struct buf *b = dynamodb_request(db, name);
    unsigned i, n = 0;

    add_capacity(b, capacity);
    /* assumed: a table stops being on demand only together with its indexes,
       as infrastructure tools do it; indexes with capacity keep theirs */
    for (i = 0; d->capacity.on_demand && i < d->n_indexes; i++) {
        if (d->indexes[i].local)
            continue;
        if (n++ == 0)
            begin_changes(b);
        begin_change(b, "Update", d->indexes[i].name);
        add_throughput(b, capacity);
        buf_str(b, "}}");
    }
    return update(db, n > 0);
}

enum outcome tables_add_index(struct dynamodb *db, const char *name,
                              const char *index, const char *key,
                              const struct tables_capacity *capacity)
{
    struct buf *b = dynamodb_request(db, name);

    add_keys(b, key, NULL, true);
    begin_changes(b);
    begin_change(b, "Create", index);
    add_keys(b, key, NULL, false);
    buf_str(b, ",\"Projection\":{\"ProjectionType\":\"ALL\"}");
    add_throughput(b, capacity);
    buf_str(b, "}}");
    return update(db, true);
}

enum outcome tables_drop_index(struct dynamodb *db, const char *name,
                               const char *index)
{
    struct buf *b = dynamodb_request(db, name);

    begin_changes(b);
    begin_change(b, "Delete", index);
    buf_str(b, "}}");
    return update(db, true);
}
