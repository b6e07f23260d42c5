/*
 * listing.c: collects the cells of a page in one buffer, row by row, and checks
 * the form of the page.
 */
#include "cloudinary/listing.h"

#include <string.h>

/* The values that are picked from a page. Each column has two picks, of which
   one provides the bytes: the first those of strings, decoded, and the second
   those of other values, as they are. */
enum {
    P_RESOURCES, P_ROW, P_TYPE, P_RESOURCE_TYPE, P_CURSOR, P_ERROR, P_MESSAGE,
    P_COLUMNS
};

_Static_assert(P_COLUMNS + 2 * LISTING_COLUMNS <= JSON_MAX_PICKS,
               "there is a pick for everything");

static const struct json_pick picks[P_COLUMNS] = {
    [P_RESOURCES] = {"/resources", JSON_WANT_TYPE, false},
    [P_ROW] = {"/resources/*", JSON_WANT_TYPE, true},
    [P_TYPE] = {"/resources/*/type", JSON_WANT_STRING, true},
    [P_RESOURCE_TYPE] = {"/resources/*/resource_type", JSON_WANT_STRING, true},
    [P_CURSOR] = {"/next_cursor", JSON_WANT_STRING, false},
    [P_ERROR] = {"/error", JSON_WANT_STRING, false},
    [P_MESSAGE] = {"/error/message", JSON_WANT_STRING, false}
};

static void row_begin(struct listing *l, enum json_type type)
{
    unsigned i;

    l->strange |= type != JSON_OBJECT;
    memset(&l->has_type, 0, sizeof l->has_type);
    memset(&l->has_resource_type, 0, sizeof l->has_resource_type);
    for (i = 0; i < l->n; i++) {
        buf_reset(&l->values[i]);
        l->types[i] = JSON_NONE;
    }
}

static bool is_wanted(const struct listing *l)
{
    return (l->type == NULL || strcmp(l->has_type.text, l->type) == 0) &&
        (l->resource_type == NULL ||
         strcmp(l->has_resource_type.text, l->resource_type) == 0);
}

/* Appends the cells of the row. A cell is a byte for its kind (0: no value or
   null, 1: string, 2: other JSON), its length as a size_t, and its bytes. */
static void row_end(struct listing *l)
{
    struct buf *cells = &l->page->cells;
    unsigned i;

    /* a resource without a type cannot be compared with the wanted type */
    l->strange |= (l->type != NULL && l->has_type.len == 0) ||
        (l->resource_type != NULL && l->has_resource_type.len == 0);
    if (!is_wanted(l))
        return;
    l->page->rows++;
    for (i = 0; i < l->n; i++) {
        const struct buf *value = &l->values[i];
        enum json_type type = l->types[i];

        buf_byte(cells, type == JSON_NONE || type == JSON_NULL ? 0
                 : type == JSON_STRING ? 1 : 2);
        buf_add(cells, &value->len, sizeof value->len);
        buf_add(cells, value->data, value->len);
        cells->failed |= value->failed;
        cells->starved |= value->starved;
    }
}

static void column(struct listing *l, unsigned pick, enum json_type type,
                   const unsigned char *bytes, size_t n)
{
    struct buf *value = &l->values[pick / 2];
    bool decoded = pick % 2 == 0;

    l->types[pick / 2] = type;
    if (decoded != (type == JSON_STRING) || type == JSON_NULL)
        return;
    if (decoded)
        buf_add(value, bytes, n);
    else
        for (; n > 0; n--, bytes++)      /* line ends are white space here */
            buf_byte(value, *bytes == '\n' || *bytes == '\r' ? ' ' : *bytes);
}

/* Receives the picked values. Bytes can be added for every event, because BEGIN
   and END have none. */
static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct listing *l = context;

    switch (pick) {
    case P_RESOURCES:
        l->array = type == JSON_ARRAY;
        break;
    case P_ROW:
        if (event == JSON_BEGIN)
            row_begin(l, type);
        else
            row_end(l);
        break;
    case P_TYPE:
        outcome_note_add(&l->has_type, bytes, n);
        break;
    case P_RESOURCE_TYPE:
        outcome_note_add(&l->has_resource_type, bytes, n);
        break;
    case P_CURSOR:
        buf_add(&l->cursor, bytes, n);
        l->strange |= type != JSON_STRING && type != JSON_NULL;
        break;
    case P_ERROR:                /* a string here is the message itself */
        l->error = type != JSON_NULL;
        why_words_add(&l->message, bytes, n);
        break;
    case P_MESSAGE:
        why_words_add(&l->message, bytes, n);
        break;
    default:
        column(l, pick - P_COLUMNS, type, bytes, n);
        break;
    }
    return true;
}

void listing_init(struct listing *l, const char *const columns[], unsigned n,
                  const char *type, const char *resource_type,
                  struct listing_page *page)
{
    unsigned i;

    memset(l, 0, sizeof *l);
    l->page = page;
    l->type = type;
    l->resource_type = resource_type;
    l->n = n;
    memcpy(l->picks, picks, sizeof picks);
    for (i = 0; i < n; i++) {
        struct json_pick *pair = &l->picks[P_COLUMNS + 2 * i];

        pair[0] = (struct json_pick){columns[i], JSON_WANT_STRING, true};
        pair[1] = (struct json_pick){columns[i], JSON_WANT_RAW, true};
        buf_init(&l->values[i], LISTING_MAX);
    }
    buf_init(&l->cursor, LISTING_CURSOR - 1);
    buf_reset(&page->cells);
    page->rows = 0;
    page->cursor[0] = '\0';
    json_init(&l->json, l->picks, P_COLUMNS + 2 * n, picked, l);
}

void listing_free(struct listing *l)
{
    unsigned i;

    for (i = 0; i < l->n; i++)
        buf_free(&l->values[i]);
    buf_free(&l->cursor);
}

enum listing_verdict listing_judge(struct listing *l)
{
    struct listing_page *page = l->page;
    size_t i, n = l->cursor.len;

    if (l->error)
        return LISTING_ERROR;
    /* the cursor is stored in a checkpoint and sent back unchanged */
    for (i = 0; i < n; i++)
        l->strange |= l->cursor.data[i] <= ' ' || l->cursor.data[i] >= 0x7f;
    if (!l->array || l->strange || (l->cursor.failed && !l->cursor.starved))
        return LISTING_STRANGE;
    if (page->cells.starved || l->cursor.starved)
        return LISTING_STARVED;
    if (page->cells.failed)
        return LISTING_LARGE;
    if (n > 0)
        memcpy(page->cursor, l->cursor.data, n);
    page->cursor[n] = '\0';
    return LISTING_PAGE;
}

/* ---- the page ---- */

void listing_page_init(struct listing_page *page)
{
    memset(page, 0, sizeof *page);
    buf_init(&page->cells, LISTING_MAX);
}

void listing_page_free(struct listing_page *page)
{
    buf_free(&page->cells);
}

struct listing_cell listing_next(const struct listing_page *page, size_t *at)
{
    const unsigned char *p = page->cells.data + *at;
    struct listing_cell cell = {p[0] != 0, p[0] == 1, NULL, 0};

    memcpy(&cell.n, p + 1, sizeof cell.n);
    cell.bytes = p + 1 + sizeof cell.n;
    *at += 1 + sizeof cell.n + cell.n;
    return cell;
}
