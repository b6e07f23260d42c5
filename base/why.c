/* why: see why.h. */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char mark[] = "[cut]";

bool why_not(char error[WHY_MAX], const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(error, WHY_MAX, format, ap);
    va_end(ap);
    if (n >= WHY_MAX)
        why_cut(error, WHY_MAX);
    return false;
}

void why_cut(char *text, size_t size)
{
    size_t n = size - sizeof mark;

    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(text + n, mark, sizeof mark);
}

/* ---- phrases ---- */

/* What of the window stays for the next search: no phrase, nor what follows
   it, is longer. */
enum { WATCH_KEPT = 96 };

/* Looks for the phrases in the window, which is a string. */
static void search(struct why_watch *w)
{
    unsigned i;

    for (i = 0; w->phrases[i] != NULL; i++) {
        const char *at = strcasestr(w->window, w->phrases[i]);

        if (at == NULL)
            continue;
        /* at the end of the window more of it may be there now */
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
        if (w->cut) {            /* it may be in the midst of a character */
            w->text[w->len] = *from;
            why_cut(w->text, w->len + sizeof mark);
            break;
        }
        memcpy(w->text + w->len, from, k);
        w->len += k;
        w->text[w->len] = '\0';
    }
}
