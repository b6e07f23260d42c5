/*
 * why: the sentence that says why something was not done.
 */
#ifndef WHY_H
#define WHY_H

#include <stdbool.h>
#include <stddef.h>

enum {
    WHY_MAX = 2048,              /* bytes of it: room for a path and more, or
                                    for a service's words */
    WHY_WORDS = 1024             /* bytes of a service's words */
};

/* Writes it to `error`, and is false, for a caller to return. What does not
   fit is cut, see why_cut. */
bool why_not(char error[WHY_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends a text that did not fit into its `size` bytes (at least 8) with "[cut]",
   where a character begins. */
void why_cut(char *text, size_t size);

/*
 * Finds phrases in a text of any length that comes in pieces; letters may be
 * in any case. Begins as {phrases}.
 */
struct why_watch {
    const char *const *phrases;  /* ended by NULL; at most 32, each of at most
                                    64 bytes */
    unsigned found;              /* a bit for each */
    char after[32];              /* what follows the last phrase of the list,
                                    where that was found first */
    size_t len;                  /* of the window */
    char window[256];            /* the end of what has come */
};

void why_watch_add(struct why_watch *watch, const void *bytes, size_t n);

/* The text is whole. */
void why_watch_end(struct why_watch *watch);

/*
 * What a service says in words of its own, as a string: the first WHY_WORDS
 * bytes, and "[cut]" if there were more. A NUL among them becomes U+FFFD. An
 * empty one is all zeros.
 */
struct why_words {
    size_t len;                  /* of the text */
    bool cut;
    struct why_watch *watch;     /* is given all of the words; or NULL */
    char text[WHY_WORDS + 8];
};

void why_words_add(struct why_words *words, const void *bytes, size_t n);

#endif
