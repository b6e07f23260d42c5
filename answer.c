/* answer: see answer.h. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

/*
 * The values that are picked out of an answer. The result stands under
 * info.ocr, keyed by the value asked for; assumed: where that key is missing,
 * the first that begins with adv_ocr is the result.
 */
enum {
    P_EXACT,                     /* info.ocr.VALUE: set per answer */
    P_RESULT, P_STATUS, P_DATA, P_PAGE, P_MEMBER, P_KNOWN1, P_KNOWN2, P_KNOWN3,
    P_FIRST, P_DESCRIPTION, P_FULL, P_PAGE_ERROR,
    P_ERROR, P_MESSAGE,
    P_N
};

#define RESULT "/info/ocr/adv_ocr*"
#define PAGE RESULT "/data/*"

static const struct json_pick picks[P_N] = {
    [P_EXACT] = {NULL, JSON_WANT_TYPE, false, 0},
    [P_RESULT] = {RESULT, JSON_WANT_TYPE, true, 0},
    [P_STATUS] = {RESULT "/status", JSON_WANT_TEXT, true, 0},
    [P_DATA] = {RESULT "/data", JSON_WANT_TEXT, true, 0},
    [P_PAGE] = {PAGE, JSON_WANT_TYPE, true, 0},
    [P_MEMBER] = {PAGE "/*", JSON_WANT_TYPE, true, 0},
    [P_KNOWN1] = {PAGE "/textAnnotations", JSON_WANT_TYPE, true, 0},
    [P_KNOWN2] = {PAGE "/fullTextAnnotation", JSON_WANT_TYPE, true, 0},
    [P_KNOWN3] = {PAGE "/context", JSON_WANT_TYPE, true, 0},
    [P_FIRST] = {PAGE "/textAnnotations/0", JSON_WANT_TYPE, true, 0},
    [P_DESCRIPTION] = {PAGE "/textAnnotations/0/description", JSON_WANT_TEXT,
        true, 0},
    [P_FULL] = {PAGE "/fullTextAnnotation/text", JSON_WANT_TEXT, true, 0},
    [P_PAGE_ERROR] = {PAGE "/error/message", JSON_WANT_TEXT, true, 0},
    [P_ERROR] = {"/error", JSON_WANT_TEXT, false, 0},
    [P_MESSAGE] = {"/error/message", JSON_WANT_TEXT, false, 0}
};

/* A result under info.ocr begins: the one asked for, or the first. */
static void result_begin(struct answer *a, enum json_type type)
{
    a->listening = a->exact_next || !a->found;
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
 * textAnnotations[0].description, else fullTextAnnotation.text. A page with
 * neither is a blank one, unless there is something in it that nobody
 * understands: that must not pass for an empty text.
 */
static void page_end(struct answer *a)
{
    struct answer_page *p = &a->page;

    if (!p->description && p->full) {
        a->text->len = p->at;
        buf_add(a->text, a->spare.data, a->spare.len);
        a->text->failed |= a->spare.failed;
        a->text->starved |= a->spare.starved;
    }
    if (p->strange || p->error ||
        (!p->description && !p->full && p->members > p->known))
        a->strange = true;
}

static bool wrong_type(enum json_type type, enum json_type wanted)
{
    return type != wanted && type != JSON_NULL;
}

static void result_event(struct answer *a, unsigned pick,
                         enum json_event event, enum json_type type)
{
    bool begin = event == JSON_BEGIN;
    struct answer_page *p = &a->page;

    switch (pick) {
    case P_RESULT:
        if (!begin)
            a->listening = false;
        break;
    case P_DATA:
        if (begin)
            a->data_type = type;
        break;
    case P_PAGE:
        if (begin)
            page_begin(a, type);
        else
            page_end(a);
        break;
    case P_MEMBER:
        p->members += begin;
        break;
    case P_KNOWN1:
    case P_KNOWN2:
    case P_KNOWN3:
        p->known += begin;
        p->strange |= pick == P_KNOWN1 ? wrong_type(type, JSON_ARRAY)
                                       : wrong_type(type, JSON_OBJECT);
        break;
    case P_FIRST:                /* must then have a description */
        p->strange |= begin ? type != JSON_OBJECT : !p->description;
        break;
    case P_DESCRIPTION:
    case P_FULL:
        p->strange |= type != JSON_STRING;
        if (!begin && pick == P_DESCRIPTION)
            p->description = true;
        else if (!begin)
            p->full = true;
        break;
    case P_PAGE_ERROR:
        p->error = true;
        break;
    default:
        break;
    }
}

static void result_bytes(struct answer *a, unsigned pick,
                         const unsigned char *bytes, size_t n)
{
    switch (pick) {
    case P_STATUS:
        outcome_note_add(&a->status, bytes, n);
        break;
    case P_DATA:
    case P_PAGE_ERROR:
        outcome_note_add(&a->reason, bytes, n);
        break;
    case P_DESCRIPTION:
        buf_add(a->text, bytes, n);
        break;
    case P_FULL:                 /* only needed where the other is missing */
        if (!a->page.description)
            buf_add(&a->spare, bytes, n);
        break;
    default:
        break;
    }
}

static bool picked(void *context, unsigned pick, enum json_event event,
                   enum json_type type, const unsigned char *bytes, size_t n)
{
    struct answer *a = context;

    if (pick >= P_N) {           /* a pointer of the caller's */
        if (event == JSON_BYTES)
            buf_add(&a->values[pick - P_N], bytes, n);
    } else if (pick == P_EXACT) {
        a->exact_next = event == JSON_BEGIN;
    } else if (pick == P_RESULT && event == JSON_BEGIN) {
        result_begin(a, type);
    } else if (pick == P_ERROR || pick == P_MESSAGE) {
        a->error |= type != JSON_NULL;
        if (event == JSON_BYTES)
            outcome_note_add(&a->message, bytes, n);
    } else if (a->listening) {
        if (event == JSON_BYTES)
            result_bytes(a, pick, bytes, n);
        else
            result_event(a, pick, event, type);
    }
    return true;
}

/* A JSON Pointer to info.ocr.VALUE (RFC 6901 section 3). */
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

static enum answer_verdict say(char sentence[ANSWER_SENTENCE],
                               enum answer_verdict verdict, const char *what,
                               const char *words)
{
    snprintf(sentence, ANSWER_SENTENCE, "%s%s", what, words);
    return verdict;
}

enum answer_verdict answer_judge(const struct answer *a,
                                 char sentence[ANSWER_SENTENCE])
{
    const char *reason = a->reason.text, *status = a->status.text;

    if (a->error)
        return say(sentence, ANSWER_ERROR, "an error: ", a->message.text);
    if (!a->found)
        return say(sentence, ANSWER_NONE, "no OCR text", "");
    if (strcmp(status, "failed") == 0)
        return say(sentence, ANSWER_FAILED, "OCR failed: ", reason);
    if (a->status.len > 0 && strcmp(status, "complete") != 0)
        return say(sentence, ANSWER_PENDING,
                   "OCR is not finished: its status is ", status);
    if (a->status.len == 0 || a->data_type != JSON_ARRAY || a->strange)
        return say(sentence, ANSWER_STRANGE, a->reason.len > 0
                   ? "the OCR result is not understood: "
                   : "the OCR result is not understood", reason);
    if (a->text->failed)
        return say(sentence, ANSWER_LARGE, a->text->starved ? "memory is out"
                   : "the text is larger than 16 MB", "");
    return say(sentence, ANSWER_TEXT, "", "");
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
