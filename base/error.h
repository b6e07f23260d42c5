/*
 * error: one sentence that says why something failed.
 *
 * The sentence names who reported what: the object that had the error keeps it
 * in a struct error, and the command prints it. Sentences may quote files and
 * servers; they are made safe for a terminal when they are written, so that a
 * caller can print `text` as it is (report_line).
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { ERROR_MAX = 3072 };       /* bytes of a sentence, with its NUL */

struct error {
    char text[ERROR_MAX];        /* "" if there was no error */
};

/*
 * Writes the sentence. One that does not fit is cut between two characters,
 * and "..." marks the cut; characters that a terminal would obey are written
 * as escapes (text_visible). Returns false, for the caller to return.
 */
bool error_set(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Continues the sentence, in the same way. Both return false. */
bool error_add(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool error_vadd(struct error *error, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

/*
 * What remains of the sentences that are strings. why_not writes one, cuts it
 * with why_cut where it does not fit, and returns false; it is not made safe
 * for a terminal. why_cut ends a text that did not fit into its `size` bytes
 * (at least 8) with "[cut]", where a character begins.
 */
enum { WHY_MAX = 2048 };         /* bytes: a path and more, or the words of a
                                    service */

bool why_not(char error[WHY_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void why_cut(char *text, size_t size);

#endif
