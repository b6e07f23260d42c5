/*
 * answer.c: follows an OCR result with JSON Pointers and classifies it as
 * text, error, pending or of an unknown form.
 */
#include "cloudinary/answer.h"

#include <stdio.h>
#include <string.h>

/*
 * The values that are picked from an answer. The result is under info.ocr,
 * keyed by the requested value. Assumed: if that key is missing, the first key
 * that begins with adv_ocr is the result.
 *
 * The order matters: of picks that select the same value, the lower one gets
 * the event first.
 */
enum {
    P_EXACT,                     /* info.ocr.VALUE; set by answer_init */
    P_RESULT, P_STATUS, P_DATA, P_PAGE, P_MEMBER, P_INSIDE, P_ANNOTATIONS,
    P_FULL, P_CONTEXT, P_FIRST, P_DESCRIPTION, P_FULL_TEXT, P_PAGE_ERROR,
    P_ERROR, P_MESSAGE,
    P_N
};

#define RESULT "/info/ocr/adv_ocr*"
#define PAGE RESULT "/data/*"

static const struct json_pick picks[P_N] = {
    [P_EXACT] = {NULL, JSON_WANT_TYPE, false},
    [P_RESULT] = {RESULT, JSON_WANT_TYPE, true},
    [P_STATUS] = {RESULT "/status", JSON_WANT_STRING, true},
    [P_DATA] = {RESULT "/data", JSON_WANT_STRING, true},
    [P_PAGE] = {PAGE, JSON_WANT_TYPE, true},
    [P_MEMBER] = {PAGE "/*", JSON_WANT_TEXT, true},
    [P_INSIDE] = {PAGE "/*/*", JSON_WANT_TEXT, true},
    [P_ANNOTATIONS] = {PAGE "/textAnnotations", JSON_WANT_TYPE, true},
    [P_FULL] = {PAGE "/fullTextAnnotation", JSON_WANT_TYPE, true},
    [P_CONTEXT] = {PAGE "/context", JSON_WANT_TYPE, true},
    [P_FIRST] = {PAGE "/textAnnotations/0", JSON_WANT_TYPE, true},
    [P_DESCRIPTION] = {PAGE "/textAnnotations/0/description",
        JSON_WANT_STRING, true},
    [P_FULL_TEXT] = {PAGE "/fullTextAnnotation/text", JSON_WANT_STRING, true},
    [P_PAGE_ERROR] = {PAGE "/error/message", JSON_WANT_STRING, true},
    [P_ERROR] = {"/error", JSON_WANT_STRING, false},
    [P_MESSAGE] = {"/error/message", JSON_WANT_STRING, false}
};

_Static_assert(P_N + ANSWER_VALUES_MAX <= JSON_MAX_PICKS,
               "there is a pick for everything");

/* A result under info.ocr begins. It is read if it has the requested key or is
   the first one; a result that is null counts as missing. */
static void result_begin(struct answer *a, enum json_type type)
{
    a->listening = type != JSON_NULL && (a->exact_next || !a->found);
    if (!a->listening)
        return;
    a->exact = a->exact_next;
    a->found = true;
    a->strange = type != JSON_OBJECT;
    a->data_type = JSON_NONE;
    a->pages = 0;
    memset(&a->status, 0, sizeof a->status);
    memset(&a->reason, 0, sizeof a->reason);
    buf_reset(a->text);
}

static void page_begin(struct answer *a, enum json_type type)
{
    memset(&a->page, 0, sizeof a->page);
    buf_reset(&a->spare);
    if (a->pages++ > 0)
        buf_byte(a->text, '\f');
    a->page.at = a->text->len;
    a->page.strange = type != JSON_OBJECT;
}

/*
 * The text of a page is textAnnotations[0].description, or else
 * fullTextAnnotation.text. A page with neither is blank, unless it contains
 * something unknown, which must not pass for an empty text. Members that are
 * null or empty count as missing: serializers of Google Vision's answers write
 * all members, the unused ones as null and [].
 */
static void page_end(struct answer *a)
{
    struct answer_page *p = &a->page;

    if (a->text->len == p->at && p->full) {
        buf_add(a->text, a->spare.data, a->spare.len);
        a->text->failed |= a->spare.failed;
        a->text->starved |= a->spare.starved;
    }
    if (p->strange || p->error || (p->bare && !p->full) ||
        (!p->description && !p->full && p->unknown))
        a->strange = true;
}

/* Handles a member of a page that must be of type `wanted` or null. */
static void page_part(struct answer_page *p, bool begin, enum json_type type,
                      enum json_type wanted)
{
    p->known |= begin;
    p->strange |= type != JSON_NULL && type != wanted;
}

static void result_event(struct answer *a, unsigned pick,
                         enum json_event event, enum json_type type,
                         const unsigned char *bytes, size_t n)
{
    const bool begin = event == JSON_BEGIN, end = event == JSON_END;
    struct answer_page *p = &a->page;

    switch (pick) {
    case P_RESULT:
        a->listening = begin;
        break;
    case P_STATUS:
        outcome_note_add(&a->status, bytes, n);
        break;
    case P_DATA:
        a->data_type = type;
        why_words_add(&a->reason, bytes, n);
        break;
    case P_PAGE:
        if (begin)
            page_begin(a, type);
        else
            page_end(a);
        break;
    case P_MEMBER:
        if (begin)
            p->known = false;
        else if (!p->known && n > 0)
            p->unknown |= type != JSON_NULL;
        break;
    case P_INSIDE:
        p->unknown |= !p->known && (type == JSON_OBJECT || type == JSON_ARRAY ||
                                    (n > 0 && type != JSON_NULL));
        break;
    case P_ANNOTATIONS:
        page_part(p, begin, type, JSON_ARRAY);
        break;
    case P_FULL:
    case P_CONTEXT:
        page_part(p, begin, type, JSON_OBJECT);
        break;
    case P_FIRST:                /* it may lack a description, see page_end */
        p->strange |= type != JSON_NULL && type != JSON_OBJECT;
        p->bare = !p->description;
        break;
    case P_DESCRIPTION:
        p->strange |= type != JSON_NULL && type != JSON_STRING;
        p->description |= end && type == JSON_STRING;
        buf_add(a->text, bytes, n);
        break;
    case P_FULL_TEXT:            /* used only if there is no description */
        p->strange |= type != JSON_NULL && type != JSON_STRING;
        p->full |= end && type == JSON_STRING;
        if (a->text->len == p->at)
            buf_add(&a->spare, bytes, n);
        break;
    default:                     /* P_PAGE_ERROR; an empty message is not an
                                    error */
        p->error |= n > 0;
        why_words_add(&a->reason, bytes, n);
        break;
    }
}

/* Receives the picked values. Bytes can be added for every event, because BEGIN
   and END have none. */
static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    if (pick >= P_N) {           /* one of the caller's pointers */
        buf_add(&a->values[pick - P_N], bytes, n);
    } else if (pick == P_EXACT) {
        a->exact_next = event == JSON_BEGIN && type != JSON_NULL;
    } else if (pick == P_RESULT && event == JSON_BEGIN) {
        result_begin(a, type);
    } else if (pick == P_ERROR || pick == P_MESSAGE) {
        a->error |= type != JSON_NULL;
        why_words_add(&a->message, bytes, n);
    } else if (a->listening) {
        result_event(a, pick, event, type, bytes, n);
    }
    return true;
}

/* Writes the JSON Pointer to info.ocr.VALUE (RFC 6901 section 3), with its
   NUL. */
static void exact_pointer(struct buf *out, const char *ocr)
{
    buf_str(out, "/info/ocr/");
    for (; *ocr != '\0'; ocr++) {
        if (*ocr == '~')
            buf_str(out, "~0");
        else if (*ocr == '/')
            buf_str(out, "~1");
        else
            buf_byte(out, (unsigned char)*ocr);
    }
    buf_byte(out, '\0');
}

bool answer_init(struct answer *a, const char *ocr, struct buf *text,
                 const char *const pointers[], struct buf values[],
                 unsigned n)
{
    unsigned i;

    memset(a, 0, sizeof *a);
    a->text = text;
    a->values = values;
    buf_reset(text);
    buf_init(&a->spare, ANSWER_TEXT_MAX);
    buf_init(&a->pointer, 2048);
    exact_pointer(&a->pointer, ocr);
    if (a->pointer.failed)
        return false;
    memcpy(a->picks, picks, sizeof picks);
    a->picks[P_EXACT].pointer = (const char *)a->pointer.data;
    for (i = 0; i < n; i++) {
        buf_reset(&values[i]);
        a->picks[P_N + i].pointer = pointers[i];
        a->picks[P_N + i].want = JSON_WANT_RAW;
    }
    json_init(&a->json, a->picks, P_N + n, picked, a);
    return true;
}

void answer_free(struct answer *a)
{
    buf_free(&a->spare);
    buf_free(&a->pointer);
}

enum answer_verdict answer_judge(const struct answer *a,
                                 char sentence[ANSWER_SENTENCE])
{
    enum answer_verdict verdict = ANSWER_TEXT;
    const char *what = "", *words = "", *status = a->status.text;

    if (a->error) {
        verdict = ANSWER_ERROR;
        what = a->message.len > 0 ? "an error: " : "an error without a reason";
        words = a->message.text;
    } else if (!a->found) {
        verdict = ANSWER_NONE;
        what = "no OCR text";
    } else if (strcmp(status, "failed") == 0) {
        verdict = ANSWER_FAILED;
        what = a->reason.len > 0 ? "OCR failed: "
                                 : "OCR failed without a reason";
        words = a->reason.text;
    } else if (*status != '\0' && strcmp(status, "complete") != 0) {
        verdict = ANSWER_PENDING;
        what = "OCR is not finished: its status is ";
        words = status;
    } else if (*status == '\0' || a->data_type != JSON_ARRAY || a->strange) {
        verdict = ANSWER_STRANGE;
        what = a->reason.len > 0 ? "the OCR result is not understood: "
                                 : "the OCR result is not understood";
        words = a->reason.text;
    } else if (a->text->failed) {
        verdict = ANSWER_LARGE;
        what = a->text->starved ? "memory is out"
                                : "the text is larger than 16 MB";
    }
    snprintf(sentence, ANSWER_SENTENCE, "%s%s", what, words);
    return verdict;
}

bool answer_blank(const struct buf *text)
{
    static const char blank[] = " \t\r\n\f";
    size_t i;

    for (i = 0; i < text->len; i++)
        if (memchr(blank, text->data[i], sizeof blank - 1) == NULL)
            return false;
    return true;
}
