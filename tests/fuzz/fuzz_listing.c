/*
 * fuzz_listing: a libFuzzer target for the pages of a listing (listing.c).
 *
 * The first byte says how large the pieces are in which the rest, a page, is
 * fed. However it is cut, the same must come of it; the cells of a page that
 * is whole are read back to the last byte, and hold what cells may hold; its
 * cursor is one that can stand in a URL's query and on a line.
 */
#include "cloudinary/listing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool good)
{
    if (!good)
        abort();
}

enum { BROKEN = -1, COLUMNS = 3 };

static const char *const columns[COLUMNS] = {
    "/resources/*/public_id", "/resources/*/tags", "/resources/*/context/a~1b"
};

/* A verdict, or BROKEN where the page is no JSON. */
static int read_page(struct listing_page *page, const uint8_t *p, size_t n,
                     size_t piece, bool mixed)
{
    struct listing l;
    int verdict = BROKEN;

    listing_init(&l, columns, COLUMNS, mixed ? "upload" : NULL,
                 mixed ? "image" : NULL, page);
    for (; n > 0; p += piece, n -= piece) {
        piece = piece < n ? piece : n;
        json_feed(&l.json, p, piece);
    }
    if (json_end(&l.json))
        verdict = (int)listing_judge(&l);
    listing_free(&l);
    return verdict;
}

static void check_page(const struct listing_page *page)
{
    size_t at = 0, i, k;

    for (i = 0; i < (size_t)page->rows * COLUMNS; i++) {
        struct listing_cell cell = listing_next(page, &at);

        expect(at <= page->cells.len && (cell.found || !cell.string));
        if (!cell.found || cell.string)
            continue;
        expect(cell.n > 0 && memchr("{[-0123456789tf", *cell.bytes, 15));
        for (k = 0; k < cell.n; k++)
            expect(cell.bytes[k] != '\n' && cell.bytes[k] != '\r');
    }
    expect(at == page->cells.len);
    for (i = 0; page->cursor[i] != '\0'; i++)
        expect(page->cursor[i] > ' ' && page->cursor[i] < 0x7f);
    expect(i < LISTING_CURSOR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct listing_page whole, pieces;
    bool mixed;
    int verdict;

    if (size == 0)
        return 0;
    mixed = data[0] & 1;
    listing_page_init(&whole);
    listing_page_init(&pieces);
    verdict = read_page(&whole, data + 1, size - 1, size, mixed);
    expect(read_page(&pieces, data + 1, size - 1, 1 + data[0] / 2, mixed) ==
           verdict);
    if (verdict == LISTING_PAGE) {
        check_page(&whole);
        expect(whole.rows == pieces.rows &&
               whole.cells.len == pieces.cells.len &&
               strcmp(whole.cursor, pieces.cursor) == 0);
        expect(whole.cells.len == 0 || memcmp(whole.cells.data,
               pieces.cells.data, whole.cells.len) == 0);
    }
    listing_page_free(&whole);
    listing_page_free(&pieces);
    return 0;
}
