/*
 * answer: extracts the text from a streamed answer with an OCR result.
 *
 * An answer is the JSON of a Cloudinary resource. The OCR add-on's result is
 * under info.ocr, keyed by the requested value of `ocr` ("OCR Text Detection
 * and Extraction"). Only the text and the values at the caller's pointers are
 * kept, so memory does not grow with the rest of the answer.
 *
 * The text is textAnnotations[0].description of each element of data, or its
 * fullTextAnnotation.text if the former is missing, joined by form feeds. An
 * answer of an unknown form is never reported as an image without text.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "json.h"
#include "base/outcome.h"

enum {
    ANSWER_TEXT_MAX = 16 << 20,  /* bytes of the text of one image */
    ANSWER_VALUES_MAX = 16,      /* pointers of the caller */
    ANSWER_SENTENCE = WHY_WORDS + 128
};

enum answer_verdict {
    ANSWER_TEXT,                 /* the text is complete */
    ANSWER_ERROR,                /* the answer has a member "error" */
    ANSWER_NONE,                 /* there is no OCR result */
    ANSWER_FAILED,               /* the result's status is "failed" */
    ANSWER_PENDING,              /* its status is neither that nor "complete" */
    ANSWER_STRANGE,              /* the result has an unknown form */
    ANSWER_LARGE                 /* the text is larger than ANSWER_TEXT_MAX, or
                                    out of memory */
};

/* One page, an element of data[]. Private. */
struct answer_page {
    bool description, full;      /* a complete text was found there */
    bool bare;                   /* textAnnotations[0] has no description */
    bool strange;                /* a part has the wrong type */
    bool error;
    bool known;                  /* the current member is one that is read */
    bool unknown;                /* another member is not empty */
    size_t at;                   /* offset of its text in answer.text */
};

struct answer {
    /* private */
    struct buf *text, *values;
    bool exact_next;             /* the next result has the requested key */
    bool found, listening;
    bool strange;
    bool error;                  /* there is a member "error" */
    enum json_type data_type;
    unsigned pages;
    struct answer_page page;
    struct buf spare;            /* the page's fullTextAnnotation.text */
    struct buf pointer;          /* to the requested result */
    struct outcome_note status;
    struct why_words reason;
    struct json_pick picks[JSON_MAX_PICKS];
    /* for the caller */
    bool exact;                  /* the result has the requested key */
    struct why_words message;    /* /error/message */
    struct json json;            /* feed the answer to it, then json_end */
};

/*
 * Starts an answer. `ocr` is the requested value. If info.ocr has no result
 * with that key, or `ocr` is "", the first key that begins with adv_ocr counts.
 * The text is appended to `text`, whose maximum should be ANSWER_TEXT_MAX. The
 * raw JSON of the values at `pointers` (n <= ANSWER_VALUES_MAX JSON Pointers)
 * goes to `values` (n buffers): a buffer stays empty if there is no value, and
 * is `failed` if the value is too large.
 *
 * The pointers and the buffers belong to the caller and must stay valid until
 * answer_free; answer_init resets the buffers. Returns false if there is no
 * memory or `ocr` is too long (1,000 bytes always fit).
 */
bool answer_init(struct answer *a, const char *ocr, struct buf *text,
                 const char *const pointers[], struct buf values[],
                 unsigned n);

/* Frees the memory of an answer, also after answer_init failed. Does not touch
   the caller's buffers. */
void answer_free(struct answer *a);

/*
 * Returns the verdict on a complete answer, for which json_end returned true.
 * Writes to `sentence` why it is not ANSWER_TEXT, or "". The sentence may quote
 * the answer, which may be hostile, and is not made safe for a terminal.
 */
enum answer_verdict answer_judge(const struct answer *a,
                                 char sentence[ANSWER_SENTENCE]);

/* Returns whether a text is empty or consists only of white space and the form
   feeds between pages. */
bool answer_blank(const struct buf *text);

#endif
