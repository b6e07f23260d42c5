/*
 * answer: the text in an OCR answer, as it streams in.
 *
 * An answer is the JSON of a Cloudinary resource with the OCR add-on's result
 * under info.ocr, keyed by the value that was asked for ("OCR Text Detection
 * and Extraction"). Of all of it only the text is held, and what pointers of
 * the caller's name, so memory does not grow with the answer.
 *
 * The text is textAnnotations[0].description of each element of data, or its
 * fullTextAnnotation.text where it lacks the former, joined by form feeds.
 * What nobody understands is told apart from an image without text.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "json.h"
#include "base/outcome.h"

enum {
    ANSWER_TEXT_MAX = 16 << 20,  /* bytes of one image's text */
    ANSWER_VALUES_MAX = 16,      /* pointers of the caller's */
    ANSWER_SENTENCE = WHY_WORDS + 128
};

enum answer_verdict {
    ANSWER_TEXT,                 /* the text is the whole text */
    ANSWER_ERROR,                /* the service says that there is an error */
    ANSWER_NONE,                 /* it has no OCR result */
    ANSWER_FAILED,               /* the OCR failed */
    ANSWER_PENDING,              /* it is not finished */
    ANSWER_STRANGE,              /* it is not understood */
    ANSWER_LARGE                 /* the text is above ANSWER_TEXT_MAX */
};

/* One page: an element of data[]. Nothing in it is for the caller. */
struct answer_page {
    bool description, full;      /* whole texts were there */
    bool bare;                   /* textAnnotations[0] has no description */
    bool strange;                /* a part has the wrong type */
    bool error;
    bool known;                  /* the member in hand is one that is read */
    bool unknown;                /* there is something in another member */
    size_t at;                   /* where its text begins */
};

struct answer {
    /* not for the caller */
    struct buf *text, *values;
    bool exact_next;             /* the next result is the one asked for */
    bool found, listening;
    bool strange;
    bool error;                  /* it has a member "error" */
    enum json_type data_type;
    unsigned pages;
    struct answer_page page;
    struct buf spare;            /* fullTextAnnotation.text, for the case */
    struct buf pointer;          /* to the result asked for */
    struct outcome_note status;
    struct why_words reason;
    struct json_pick picks[JSON_MAX_PICKS];
    /* for the caller */
    bool exact;                  /* the result is the one asked for */
    struct why_words message;    /* /error/message */
    struct json json;            /* takes the answer: json_feed, json_end */
};

/*
 * Starts an answer. `ocr` is the value asked for; where info.ocr lacks it, and
 * for "", the first that begins with adv_ocr is the result. The text goes to
 * `text`, a buffer for at most ANSWER_TEXT_MAX bytes, and the JSON, as it
 * came, of the values at the n <= ANSWER_VALUES_MAX JSON Pointers to `values`,
 * as many buffers: empty where nothing is, `failed` where it is too large.
 * All of that must be there until answer_free; the buffers are reset here,
 * and stay the caller's. False if there is no memory, or `ocr` is above
 * 1 KB.
 */
bool answer_init(struct answer *a, const char *ocr, struct buf *text,
                 const char *const pointers[], struct buf values[],
                 unsigned n);

/* After any answer_init; the caller's buffers are left as they are. */
void answer_free(struct answer *a);

/*
 * What a whole answer (json_end was true) comes to. The sentence says why it
 * is not ANSWER_TEXT, partly in words of the answer's own, which may be
 * hostile.
 */
enum answer_verdict answer_judge(const struct answer *a,
                                 char sentence[ANSWER_SENTENCE]);

/* Does the image have no text? White space alone, and the form feeds between
   pages, are none. */
bool answer_blank(const struct buf *text);

#endif
