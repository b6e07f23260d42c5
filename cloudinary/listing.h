/*
 * listing: extracts columns from a streamed page of a listing.
 *
 * A page is the JSON of Cloudinary's "Get resources" or "Search for
 * resources": {"resources": [...], "next_cursor": "..."}. Of each resource,
 * only the values at a few JSON Pointers are kept, at most LISTING_MAX bytes in
 * all. They are kept until the page is complete, so that a page that was cut
 * short is never printed in part, and a slow reader of the output does not keep
 * the server waiting.
 */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "json.h"
#include "base/outcome.h"

enum {
    LISTING_COLUMNS = 12,
    LISTING_CURSOR = 1024,       /* bytes of a cursor, with its NUL */
    LISTING_MAX = 1 << 20        /* bytes of the cells of a page */
};

struct listing_cell {
    bool found;                  /* there is a value other than null */
    bool string;                 /* `bytes` is the text of a string; otherwise
                                    it is JSON without line ends */
    const unsigned char *bytes;
    size_t n;
};

/* A parsed page. */
struct listing_page {
    unsigned rows;
    struct buf cells;            /* read them with listing_next */
    char cursor[LISTING_CURSOR]; /* of the next page; "" after the last */
};

void listing_page_init(struct listing_page *page);
void listing_page_free(struct listing_page *page);

/*
 * Returns the cell at *at, and moves *at to the next one. *at starts as 0. The
 * cells come row by row, in the order of the columns; the caller reads no more
 * than the page has. The cell points into the page.
 */
struct listing_cell listing_next(const struct listing_page *page, size_t *at);

struct listing {
    /* private */
    struct listing_page *page;
    const char *type, *resource_type;
    unsigned n;
    bool array, strange, error;
    struct buf cursor;
    enum json_type types[LISTING_COLUMNS];   /* in the current row */
    struct buf values[LISTING_COLUMNS];
    struct outcome_note has_type, has_resource_type;
    struct json_pick picks[JSON_MAX_PICKS];
    /* for the caller */
    struct why_words message;    /* /error/message */
    struct json json;            /* feed the page to it, then json_end */
};

/*
 * Starts a page, and empties `page`. `columns` are 1 to LISTING_COLUMNS JSON
 * Pointers that begin with "/resources/" and "*", the wildcard for every
 * resource. Resources whose type or resource_type differs from the argument
 * are skipped; NULL accepts any. The strings and `page` belong to the caller
 * and must stay valid until listing_free. The contents of `page` are valid once
 * listing_judge has returned LISTING_PAGE.
 */
void listing_init(struct listing *l, const char *const columns[], unsigned n,
                  const char *type, const char *resource_type,
                  struct listing_page *page);

enum listing_verdict {
    LISTING_PAGE,                /* `page` is valid */
    LISTING_ERROR,               /* the answer has a member "error" */
    LISTING_LARGE,               /* the cells exceed LISTING_MAX */
    LISTING_STARVED,             /* out of memory */
    LISTING_STRANGE              /* the answer has an unknown form */
};

/* Returns the verdict on a complete page, for which json_end returned true. */
enum listing_verdict listing_judge(struct listing *l);

/* Frees the memory of a listing, but not its page. */
void listing_free(struct listing *l);

#endif
