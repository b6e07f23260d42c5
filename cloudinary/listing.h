/*
 * listing: the columns in a page of a listing, as it streams in.
 *
 * A page is the JSON of Cloudinary's "Get resources" or "Search for
 * resources": {"resources": [...], "next_cursor": "..."}. Of each resource
 * only the values at a few JSON Pointers are held, and of all of them no more
 * than LISTING_MAX bytes; that they are held until the page is whole is what
 * keeps a page that was cut short from being printed in part, and its reader
 * from keeping the server waiting.
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
    LISTING_CURSOR = 1024,       /* with its NUL */
    LISTING_MAX = 1 << 20        /* bytes of a page's cells */
};

struct listing_cell {
    bool found;                  /* there is a value, and it is not null */
    bool string;                 /* a string's text; else JSON, in one line */
    const unsigned char *bytes;
    size_t n;
};

/* A page that was read. */
struct listing_page {
    unsigned rows;
    struct buf cells;            /* for listing_next, row by row */
    char cursor[LISTING_CURSOR]; /* of the next page; "": there is none */
};

void listing_page_init(struct listing_page *page);
void listing_page_free(struct listing_page *page);

/* The page's next cell; *at begins as 0. */
struct listing_cell listing_next(const struct listing_page *page, size_t *at);

struct listing {
    /* not for the caller */
    struct listing_page *page;
    const char *type, *resource_type;
    unsigned n;
    bool array, strange, error;
    struct buf cursor;
    enum json_type types[LISTING_COLUMNS];   /* of the row in hand */
    struct buf values[LISTING_COLUMNS];
    struct outcome_note has_type, has_resource_type;
    struct json_pick picks[JSON_MAX_PICKS];
    /* for the caller */
    struct why_words message;    /* /error/message */
    struct json json;            /* takes the page: json_feed, json_end */
};

/*
 * Starts a page. `columns` are 1 to LISTING_COLUMNS JSON Pointers that begin
 * with "/resources/" and "*", an asterisk standing for each resource; they
 * stay the caller's. Resources of another type than `type` and `resource_type`
 * (NULL: any) are passed over. `page` is not to be
 * looked at before listing_judge.
 */
void listing_init(struct listing *l, const char *const columns[], unsigned n,
                  const char *type, const char *resource_type,
                  struct listing_page *page);

enum listing_verdict {
    LISTING_PAGE,                /* `page` has it */
    LISTING_ERROR,               /* the service says that there is an error */
    LISTING_LARGE,               /* its cells are above LISTING_MAX */
    LISTING_STARVED,             /* memory is out */
    LISTING_STRANGE              /* it is not understood */
};

/* What a whole page (json_end was true) comes to. */
enum listing_verdict listing_judge(struct listing *l);

/* After any listing_init. */
void listing_free(struct listing *l);

#endif
