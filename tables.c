/* tables: see tables.h. */
#include "tables.h"

#include <string.h>

bool tables_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                      "WXYZ0123456789_.-");

    if (strncmp(name, "arn:", 4) == 0)
        return strlen(name) <= 1024;
    return name[n] == '\0' && n >= 3 && n <= 255;
}

enum {
    P_STATUS, P_KEY, P_KEY_NAME, P_KEY_TYPE, P_DEF, P_DEF_NAME, P_DEF_TYPE,
    P_N
};

static const struct json_pick picks[P_N] = {
    [P_STATUS] = {"/Table/TableStatus", JSON_WANT_TEXT, false, 0},
    [P_KEY] = {"/Table/KeySchema/*", JSON_WANT_TYPE, true, 0},
    [P_KEY_NAME] = {"/Table/KeySchema/*/AttributeName", JSON_WANT_TEXT, true,
        0},
    [P_KEY_TYPE] = {"/Table/KeySchema/*/KeyType", JSON_WANT_TEXT, true, 0},
    [P_DEF] = {"/Table/AttributeDefinitions/*", JSON_WANT_TYPE, true, 0},
    [P_DEF_NAME] = {"/Table/AttributeDefinitions/*/AttributeName",
        JSON_WANT_TEXT, true, 0},
    [P_DEF_TYPE] = {"/Table/AttributeDefinitions/*/AttributeType",
        JSON_WANT_TEXT, true, 0}
};

/* What DescribeTable says. */
struct description {
    const char *key;             /* whose type is wanted */
    struct outcome_note notes[P_N];
    struct outcome_note hash, range;     /* names of the keys */
    struct outcome_note type;    /* of `key` */
};

static void begin(void *context)
{
    struct description *d = context;
    const char *key = d->key;

    memset(d, 0, sizeof *d);
    d->key = key;
}

/* An element of KeySchema or AttributeDefinitions is whole. */
static void element_end(struct description *d, unsigned pick)
{
    const struct outcome_note *name = &d->notes[pick + 1];
    const struct outcome_note *type = &d->notes[pick + 2];

    if (pick == P_KEY && strcmp(type->text, "HASH") == 0)
        d->hash = *name;
    else if (pick == P_KEY)
        d->range = *name;
    else if (strcmp(name->text, d->key) == 0)
        d->type = *type;
}

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct description *d = context;

    (void)type;
    if (event == JSON_BYTES)
        outcome_note_add(&d->notes[pick], bytes, n);
    else if (event == JSON_BEGIN && (pick == P_KEY || pick == P_DEF))
        memset(&d->notes[pick + 1], 0, 2 * sizeof d->notes[0]);
    else if (event == JSON_END && (pick == P_KEY || pick == P_DEF))
        element_end(d, pick);
    return true;
}

/* Is the table the one that is wanted? */
static enum outcome judge(struct dynamodb *db, const struct description *d,
                          const char *name)
{
    const char *status = d->notes[P_STATUS].text;

    if (strcmp(status, "ACTIVE") != 0 && strcmp(status, "UPDATING") != 0)
        return dynamodb_fail(db, OUTCOME_BAD, "", "the table %s is not ready: "
                             "its status is %s", name, status);
    if (d->range.len > 0)
        return dynamodb_fail(db, OUTCOME_BAD, " (a table with a partition key "
                             "only is wanted)", "the table %s has a sort key, "
                             "%s", name, d->range.text);
    if (strcmp(d->hash.text, d->key) != 0)
        return dynamodb_fail(db, OUTCOME_BAD, " (--key names it)", "the "
                             "partition key of the table %s is %s, not %s",
                             name, d->hash.text, d->key);
    if (strcmp(d->type.text, "S") != 0)
        return dynamodb_fail(db, OUTCOME_BAD, "", "the partition key %s of "
                             "the table %s has the type %s, not S (string)",
                             d->key, name, d->type.text);
    return OUTCOME_DONE;
}

enum outcome tables_ready(struct dynamodb *db, const char *name,
                          const char *key)
{
    struct description d = {.key = key};
    const struct dynamodb_want want = {picks, P_N, picked, begin, &d};
    enum outcome outcome;
    struct buf body;

    buf_init(&body, 4096);
    dynamodb_table(&body, name);
    buf_byte(&body, '}');
    outcome = dynamodb_call(db, "DescribeTable", &body, &want, false);
    buf_free(&body);
    if (outcome == OUTCOME_DONE)
        return judge(db, &d, name);
    if (strcmp(db->code, "AccessDeniedException") == 0)
        return OUTCOME_DONE;
    return strcmp(db->code, "ResourceNotFoundException") == 0 ? OUTCOME_BAD
                                                              : outcome;
}
