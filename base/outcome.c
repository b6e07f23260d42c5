/* outcome.c: what a service said, cut, made safe and searched for phrases. */
#include "base/outcome.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

void outcome_say(char out[OUTCOME_SENTENCE], const char *who,
                 const char *advice, const char *what, va_list ap)
{
    char safe[4 * 2048];         /* escapes are up to four times as long */

    text_format(safe, sizeof safe, what, ap);
    if (strlen(safe) >= OUTCOME_SHOWN)
        why_cut(safe, OUTCOME_SHOWN);
    snprintf(out, OUTCOME_SENTENCE, "%s: %.*s%s", who, OUTCOME_SHOWN, safe,
             advice);
}

void outcome_note_add(struct outcome_note *note, const void *bytes, size_t n)
{
    size_t room = sizeof note->text - 1 - note->len;

    if (n > room)
        n = room;
    memcpy(note->text + note->len, bytes, n);
    note->len += n;
    note->text[note->len] = '\0';
}

/* ---- phrases ---- */

/* Bytes of the window that stay for the next search: no phrase, nor the text
   that follows one, is longer. */
enum { WATCH_KEPT = 96 };

/* Looks for the phrases in the window, which is a string. */
static void search(struct why_watch *w)
{
    unsigned i;

    for (i = 0; w->phrases[i] != NULL; i++) {
        const char *at = strcasestr(w->window, w->phrases[i]);

        if (at == NULL)
            continue;
        /* a phrase found at the end of the window is found again when more of
           the text that follows it has arrived */
        if (w->phrases[i + 1] == NULL && strlen(w->after) + 1 <
            sizeof w->after)
            snprintf(w->after, sizeof w->after, "%s",
                     at + strlen(w->phrases[i]));
        w->found |= 1u << i;
    }
}

void why_watch_add(struct why_watch *w, const void *bytes, size_t n)
{
    const char *p = bytes;

    for (; n > 0; n--, p++) {
        if (w->len == sizeof w->window - 1) {
            search(w);
            w->len = WATCH_KEPT;
            memmove(w->window, w->window + sizeof w->window - 1 - WATCH_KEPT,
                    WATCH_KEPT);
        }
        w->window[w->len++] = (char)(*p != '\0' ? *p : ' ');
        w->window[w->len] = '\0';
    }
}

void why_watch_end(struct why_watch *w)
{
    search(w);
}

/* ---- words ---- */

void why_words_add(struct why_words *w, const void *bytes, size_t n)
{
    static const char replacement[] = "\xef\xbf\xbd";
    const char *p = bytes;

    if (w->watch != NULL)
        why_watch_add(w->watch, bytes, n);
    for (; n > 0 && !w->cut; n--, p++) {
        const char *from = *p != '\0' ? p : replacement;
        size_t k = *p != '\0' ? 1 : sizeof replacement - 1;

        w->cut = w->len + k > WHY_WORDS;
        if (w->cut) {
            /* why_cut needs the next byte: the end may be inside a character */
            w->text[w->len] = *from;
            why_cut(w->text, w->len + sizeof "[cut]");
            break;
        }
        memcpy(w->text + w->len, from, k);
        w->len += k;
        w->text[w->len] = '\0';
    }
}
