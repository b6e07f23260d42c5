/*
 * cloudinary: a client of Cloudinary's Admin API, and of the one call of its
 * Upload API that has OCR. Each call has its own function.
 *
 * It follows the "Admin API reference"
 * (cloudinary.com/documentation/admin_api), the "Upload API reference" and the
 * page of the "OCR Text Detection and Extraction" add-on; where they are
 * silent, it does what the official SDKs do. Where the code relies on
 * something that none of them confirms, a comment marks it as "assumed".
 *
 * Every call returns an outcome, and sets c->error to a sentence if that is not
 * OUTCOME_DONE. A call that does not cost anything never returns OUTCOME_LOST,
 * but OUTCOME_RETRY.
 */
#ifndef CLOUDINARY_H
#define CLOUDINARY_H

#include <stdbool.h>
#include <stddef.h>

#include "cloudinary/account.h"
#include "cloudinary/answer.h"
#include "base/buf.h"
#include "http.h"
#include "cloudinary/listing.h"
#include "base/outcome.h"
#include "cloudinary/pace.h"

enum {
    CLOUDINARY_VALUE_MAX = 409600,       /* bytes of one picked value: a
                                            larger one fits into no DynamoDB
                                            item (400 KB) */
    CLOUDINARY_PAGE = 500                /* the most resources in one page of a
                                            listing */
};

struct cloudinary {
    /* the current call; private */
    const char *method;
    struct buf target, body;
    const char *hint;            /* advice if the status is 400 */
    bool json;                   /* type of the body: JSON, or a form */
    bool once;                   /* the call costs: it is not sent twice, and
                                    it is LOST if it may have been done */
    /* the result of the last call */
    bool sent;                   /* the server may have got the request */
    struct pace_quota quota;     /* the account's quota, from the answer */
    int64_t wait;                /* ns to wait before the next attempt, from
                                    an answer with another status than 200;
                                    -1: it does not say */
    char error[OUTCOME_SENTENCE];    /* "Cloudinary: 404 ...", or "";
                                    safe for a terminal */
    char base[160];              /* "/v1_1/CLOUD", follows the URL's path */
    char authorization[4096];
    struct http http;
};

/* Prepares a client; does not connect. Copies the account, which the caller
   should then wipe. Without memory, every call returns OUTCOME_STOP. */
void cloudinary_init(struct cloudinary *c,
                     const struct account *account,
                     const struct http_options *options);

/* Closes the connection, frees all memory and wipes the credentials. */
void cloudinary_close(struct cloudinary *c);

/* Which kind of images to read, and what to extract from the answers. */
struct cloudinary_request {
    const char *resource_type;   /* such as "image" */
    const char *type;            /* such as "upload" */
    const char *ocr;             /* "adv_ocr", "adv_ocr:document", ... */
    const char *pointers[ANSWER_VALUES_MAX]; /* JSON Pointers */
    unsigned n_pointers;
    bool explicit;               /* call "Explicit" of the Upload API */
    bool by_asset;               /* ids are asset_ids; excludes `explicit` */
};

/* What a call about an image returns. The buffers are reused between images. */
struct cloudinary_result {
    struct buf text;             /* UTF-8; form feeds between pages */
    struct buf values[ANSWER_VALUES_MAX];    /* raw JSON; empty if there is no
                                    value at the pointer */
    bool value_large[ANSWER_VALUES_MAX];     /* it was too large to keep */
    bool complete;               /* the text is complete */
    bool pending;                /* the OCR is not finished */
    bool unshown;                /* "Explicit" succeeded, but its answer has no
                                    result */
    bool unusable;               /* only cloudinary_read: the OCR failed, or its
                                    result is not understood */
};

void cloudinary_result_init(struct cloudinary_result *result);

/*
 * Requests OCR of the image `id`, with the parameter `ocr`, through
 *   - "Update details of an existing resource" of the Admin API (POST
 *     /resources/:resource_type/:type/:public_id, or PUT
 *     /resources/:asset_id); or
 *   - "Explicit" of the Upload API (POST /:resource_type/explicit), which has
 *     no hourly limit.
 * It costs money unless the service clearly refuses it. After OUTCOME_DONE,
 * `result` has the text, which is empty if the image has none. After
 * OUTCOME_LOST, the OCR may have been done. If result->pending is set, it is in
 * progress; if result->unshown is set, it was done (assumed), and
 * cloudinary_read can get the result.
 */
enum outcome cloudinary_ocr(struct cloudinary *c,
                            const struct cloudinary_request *rq,
                            const unsigned char *id, size_t id_len,
                            struct cloudinary_result *result);

/*
 * Reads the image's details ("Get the details of a single resource", GET of the
 * Admin API's paths above), which costs no OCR. After OUTCOME_DONE,
 * result->complete is set if they contain a complete result for exactly the
 * requested value of `ocr`, and `result` has its text. If there is such a
 * result, but it is not finished, result->pending is set; if it failed or is
 * not understood, result->unusable. c->error then has the reason.
 */
enum outcome cloudinary_read(struct cloudinary *c,
                             const struct cloudinary_request *rq,
                             const unsigned char *id, size_t id_len,
                             struct cloudinary_result *result);

/* Returns the method of the request that cloudinary_ocr sends, without sending
   it, and appends its target ("/v1_1/CLOUD/...", without a NUL) and its body to
   the buffers. */
const char *cloudinary_ask(const struct cloudinary *c,
                           const struct cloudinary_request *rq,
                           const unsigned char *id, size_t id_len,
                           struct buf *target, struct buf *body);

/* ---- listing ---- */

/* Which resources to list. At most one of prefix, tag, folder, search and
   `since` is not NULL. The pointers stay the caller's. */
struct cloudinary_listing {
    const char *resource_type, *type;    /* ignored with `search` */
    const char *prefix, *tag, *folder, *search;
    const char *since;                   /* earliest creation time, ISO 8601 */
    const char *columns[LISTING_COLUMNS];    /* JSON Pointers, see listing.h */
    unsigned n;
    unsigned most;               /* resources in a page, 1 to CLOUDINARY_PAGE */
    const char *cursor;          /* next_cursor of the last page; "" at first */
};

/*
 * Reads one page of the account's resources: "Get resources" (GET
 * /resources/:resource_type/:type, .../tags/:tag, /resources/by_asset_folder)
 * or "Search for resources" (POST /resources/search). After OUTCOME_DONE,
 * `page` has it. *large is set, with OUTCOME_BAD, if the page is larger than
 * LISTING_MAX: a page with fewer resources may fit.
 */
enum outcome cloudinary_list(struct cloudinary *c,
                             const struct cloudinary_listing *l,
                             struct listing_page *page, bool *large);

/* ---- the account ---- */

/* Checks that the account exists and accepts the credentials ("Ping", GET
   /ping). */
enum outcome cloudinary_ping(struct cloudinary *c);

/* The images that the OCR add-on has read this month, and the most that it may
   read; -1 if the answer does not say. */
struct cloudinary_units {
    bool named;                  /* the answer mentions the add-on */
    int64_t used, limit;
};

/* Gets the add-on's usage ("Get product environment usage details", GET
   /usage). */
enum outcome cloudinary_usage(struct cloudinary *c,
                              struct cloudinary_units *units);

#endif
