/* outcome: see outcome.h. */
#include "base/outcome.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/why.h"

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
