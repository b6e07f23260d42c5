/*
 * outcome: what became of a call to a service, and what the service said about
 * it, in values and sentences of bounded length.
 *
 * Each service has one table that maps its answers to outcomes; no other code
 * looks at a status code.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum outcome {
    OUTCOME_DONE,        /* it succeeded */
    OUTCOME_RETRY,       /* it did not happen; a repetition may succeed */
    OUTCOME_WAIT,        /* a limit is reached; it may succeed after that */
    OUTCOME_LOST,        /* it may have happened: no complete answer came */
    OUTCOME_BAD,         /* this item cannot be done; the next one may */
    OUTCOME_STOP         /* no further call of this kind can succeed */
};

enum {
    OUTCOME_SENTENCE = 3072,     /* bytes of a sentence, */
    OUTCOME_SHOWN = 1536         /* and of the part that quotes the service */
};

/*
 * Writes "WHO: what" and then `advice` to `out`. `what` may quote the service,
 * whose words may be hostile: it is made safe for a terminal, and cut after
 * OUTCOME_SHOWN bytes (why_cut).
 */
void outcome_say(char out[OUTCOME_SENTENCE], const char *who,
                 const char *advice, const char *what, va_list ap)
    __attribute__((format(printf, 4, 0)));

/* The first bytes of a short value from an answer, with a NUL after them. It
   starts as all zeros. Sentences need struct why_words. */
struct outcome_note {
    size_t len;
    char text[256];
};

void outcome_note_add(struct outcome_note *note, const void *bytes, size_t n);

/*
 * Finds phrases in a text of any length that arrives in pieces; upper and lower
 * case are equal. It starts as {phrases}.
 */
struct why_watch {
    const char *const *phrases;  /* ends with NULL; at most 32, each of at most
                                    64 bytes */
    unsigned found;              /* a bit for each phrase */
    char after[32];              /* the text that follows the first occurrence
                                    of the last phrase in the list */
    size_t len;                  /* of the window */
    char window[256];            /* the end of what has arrived */
};

void why_watch_add(struct why_watch *watch, const void *bytes, size_t n);

/* Ends the text: phrases at its end are found, too. */
void why_watch_end(struct why_watch *watch);

enum { WHY_WORDS = 1024 };       /* bytes of a service's own words */

/*
 * What a service says in its own words, as a string: the first WHY_WORDS
 * bytes, and "[cut]" if there were more. A NUL becomes U+FFFD. It starts as
 * all zeros.
 */
struct why_words {
    size_t len;                  /* of the text */
    bool cut;
    struct why_watch *watch;     /* gets all of the words; or NULL */
    char text[WHY_WORDS + 8];
};

void why_words_add(struct why_words *words, const void *bytes, size_t n);

#endif
