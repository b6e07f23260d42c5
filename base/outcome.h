/*
 * outcome: what a call to a service came to, in the few words that the run
 * loop understands, and the sentence that says why.
 *
 * Each service has one table that turns its answers into outcomes; nobody
 * else looks at a status code.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdarg.h>
#include <stddef.h>

enum outcome {
    OUTCOME_DONE,        /* it worked */
    OUTCOME_RETRY,       /* it did not happen; tried again, it may */
    OUTCOME_WAIT,        /* a limit is reached: it may once that is over */
    OUTCOME_LOST,        /* it may have happened: there is no whole answer */
    OUTCOME_BAD,         /* this item cannot be done, the next one may */
    OUTCOME_STOP         /* nothing more of this kind can succeed */
};

enum {
    OUTCOME_SENTENCE = 3072,     /* bytes of a sentence, */
    OUTCOME_SHOWN = 1536         /* and of them, of what the service said */
};

/*
 * Writes "WHO: what" and then `advice` to `out`. What the other side said
 * stands in `what` (at most 1.5 KB, see why_cut) and may be hostile: it is
 * made fit for a terminal.
 */
void outcome_say(char out[OUTCOME_SENTENCE], const char *who,
                 const char *advice, const char *what, va_list ap)
    __attribute__((format(printf, 4, 0)));

/* The first bytes of a short value from an answer, ended by NUL. An empty one
   is all zeros. For sentences there is struct why_words. */
struct outcome_note {
    size_t len;
    char text[256];
};

void outcome_note_add(struct outcome_note *note, const void *bytes, size_t n);

#endif
