/*
 * cloudinary: Cloudinary's Admin API, and the one call of its Upload API that
 * has OCR, one function per call.
 *
 * Follows the "Admin API reference" (cloudinary.com/documentation/admin_api),
 * the "Upload API reference" and the "OCR Text Detection and Extraction"
 * add-on page, and where they are silent the official SDKs. What none of them
 * confirms is marked "assumed" where the code relies on it.
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
    CLOUDINARY_VALUE_MAX = 409600,       /* bytes of one picked value: more
                                            fits in no DynamoDB item */
    CLOUDINARY_PAGE = 500                /* resources of a listing at once */
};

struct cloudinary {
    /* the call in hand: not for the caller */
    const char *method;
    struct buf target, body;
    const char *hint;            /* what to do if it is refused with 400 */
    bool json;                   /* the body is; else it is a form */
    bool once;                   /* it costs: it is not sent twice, and one
                                    that may have been done is LOST */
    /* what came of it */
    bool sent;                   /* the last call may have reached it */
    struct pace_quota quota;     /* what its answer said of the account's */
    int64_t wait;                /* after RETRY and WAIT: how long to wait by
                                    the answer, in ns; -1: it does not say */
    char error[OUTCOME_SENTENCE];    /* "Cloudinary: 404 ...": why it was not
                                    DONE */
    char base[160];              /* "/v1_1/CLOUD" after the URL's path */
    char authorization[4096];
    struct http http;
};

/* The account is not needed afterwards, and should be wiped. */
void cloudinary_init(struct cloudinary *c,
                     const struct account *account,
                     const struct http_options *options);

/* Closes the connection and wipes the credentials. */
void cloudinary_close(struct cloudinary *c);

/* Which images, and how to read them. */
struct cloudinary_request {
    const char *resource_type;   /* "image" */
    const char *type;            /* "upload" */
    const char *ocr;             /* "adv_ocr", "adv_ocr:document" */
    const char *pointers[ANSWER_VALUES_MAX]; /* JSON Pointers */
    unsigned n_pointers;
    bool explicit;               /* by the Upload API's explicit */
    bool by_asset;               /* ids are asset_ids: not with `explicit` */
};

/* What was read. The buffers are reused from image to image. */
struct cloudinary_result {
    struct buf text;             /* UTF-8; pages joined by form feeds */
    struct buf values[ANSWER_VALUES_MAX];    /* JSON, as it came; empty
                                    where the pointer found nothing */
    bool value_large[ANSWER_VALUES_MAX];     /* too large to be kept */
    bool complete;               /* the text is the whole text */
    bool pending;                /* the add-on is still at it */
    bool unshown;                /* explicit did it, and does not show it */
    bool unusable;               /* of a read: what is there is no text */
};

void cloudinary_result_init(struct cloudinary_result *result);

/*
 * Has the OCR add-on read the image `id`, by "Update details of an existing
 * resource" (Admin API, POST /resources/:resource_type/:type/:public_id, or
 * PUT /resources/:asset_id) or by "Explicit" (Upload API, POST
 * /:resource_type/explicit, which has no hourly limit), with ocr=. This costs
 * money whenever it is not plainly refused. DONE: `result` holds the text,
 * which is empty if the image has none. LOST: it may have been done, or be
 * under way (`pending`), or was done, and is to be read (`unshown`).
 */
enum outcome cloudinary_ocr(struct cloudinary *c,
                            const struct cloudinary_request *rq,
                            const unsigned char *id, size_t id_len,
                            struct cloudinary_result *result);

/*
 * Reads the image's details ("Get the details of a single resource", GET
 * ...), which costs no OCR. DONE: whether they carry a complete result for
 * exactly the value of the request, which is then in `result`, is in
 * result->complete; one that is under way shows in `pending`, one that failed
 * or is not understood in `unusable`, with the reason in c->error. LOST does
 * not come.
 */
enum outcome cloudinary_read(struct cloudinary *c,
                             const struct cloudinary_request *rq,
                             const unsigned char *id, size_t id_len,
                             struct cloudinary_result *result);

/* That call as it is sent: its target ("/v1_1/CLOUD/...", without NUL) and
   its body. Returns its method. */
const char *cloudinary_ask(const struct cloudinary *c,
                           const struct cloudinary_request *rq,
                           const unsigned char *id, size_t id_len,
                           struct buf *target, struct buf *body);

/* ---- listing ---- */

/* Which resources: of those that may be NULL, at most one is not. */
struct cloudinary_listing {
    const char *resource_type, *type;    /* `search` does not heed them */
    const char *prefix, *tag, *folder, *search;
    const char *since;                   /* a time, ISO 8601 */
    const char *columns[LISTING_COLUMNS];    /* as listing.h has them */
    unsigned n;
    unsigned most;               /* in a page, 1 to CLOUDINARY_PAGE */
    const char *cursor;          /* of the page, "" for the first */
};

/*
 * Reads a page of the account's resources: "Get resources" (GET
 * /resources/:resource_type/:type, .../tags/:tag, /by_asset_folder) or "Search
 * for resources" (POST /resources/search). DONE: it is in `page`. `large`
 * comes with BAD: there may be a page with fewer resources. LOST does not
 * come.
 */
enum outcome cloudinary_list(struct cloudinary *c,
                             const struct cloudinary_listing *l,
                             struct listing_page *page, bool *large);

/* ---- the account ---- */

/* Is there such an account, and are its key and secret right (GET /ping)? */
enum outcome cloudinary_ping(struct cloudinary *c);

/* How many images the OCR add-on has read this month, and how many it may
   read; -1 where the answer does not say. */
struct cloudinary_units {
    bool named;                  /* the answer names the add-on */
    int64_t used, limit;
};

/* "Get product environment usage details" (GET /usage). */
enum outcome cloudinary_usage(struct cloudinary *c,
                              struct cloudinary_units *units);

#endif
