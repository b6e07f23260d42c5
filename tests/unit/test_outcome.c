/*
 * The unit test of outcome.c: where a service's words are cut, and that phrases
 * are found at every position, in pieces of every size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outcome.h"
#include "tests/unit/test.h"

/* Adds n bytes in pieces of `step`. */
static void add(struct why_words *w, const char *text, size_t n, size_t step)
{
    size_t i;

    for (i = 0; i < n; i += step) {
        size_t k = n - i < step ? n - i : step;
        char *copy = malloc(k);

        memcpy(copy, text + i, k);
        why_words_add(w, copy, k);
        free(copy);
    }
}

static void test_words(void)
{
    static const size_t steps[] = {1, 2, 3, 7, 100, 4096};
    static char text[4096];
    struct why_words w;
    size_t i, n;

    for (i = 0; i < sizeof steps / sizeof steps[0]; i++)
        for (n = WHY_WORDS - 5; n < WHY_WORDS + 5; n++) {
            memset(text, 'x', n);
            memset(&w, 0, sizeof w);
            add(&w, text, n, steps[i]);
            CHECK(w.cut == (n > WHY_WORDS), "%zu bytes: cut", n);
            CHECK(strlen(w.text) == (n > WHY_WORDS ? WHY_WORDS + 5 : n),
                  "%zu bytes: %zu of text", n, strlen(w.text));
        }
    memset(&w, 0, sizeof w);
    why_words_add(&w, "a\0b", 3);
    CHECK(strcmp(w.text, "a\xef\xbf\xbd" "b") == 0, "NUL is U+FFFD");
    memset(&w, 0, sizeof w);
    memset(text, 0, WHY_WORDS);
    why_words_add(&w, text, WHY_WORDS);
    CHECK(w.cut && strlen(w.text) == 1023 + 5, "NULs: %zu", strlen(w.text));
}

static const char *const phrases[] = {
    "aab", "operations reached", "api operations reached", "again on ", NULL
};

/* The phrase behind `before` bytes and before `after`, in pieces. */
static void check_found(const char *phrase, size_t before, size_t after,
                        size_t step, unsigned found)
{
    static const char time[] = "2026-11-28 14:00:00 UTC";
    struct why_watch watch = {.phrases = phrases};
    struct why_words w = {.watch = &watch};
    const size_t n = strlen(phrase), k = sizeof time - 1;
    char *text = malloc(before + n + k + after);

    memset(text, 'a', before);
    memcpy(text + before, phrase, n);
    memcpy(text + before + n, time, k);
    memset(text + before + n + k, 'z', after);
    add(&w, text, before + n + k + after, step);
    why_watch_end(&watch);
    CHECK(watch.found == found, "\"%s\" behind %zu bytes, in pieces of %zu: "
          "%x", phrase, before, step, watch.found);
    CHECK((found & 8) == 0 || strncmp(watch.after, time, k) == 0,
          "and what follows: \"%s\"", watch.after);
    free(text);
}

static void test_watch(void)
{
    static const size_t afters[] = {0, 1, 8, 9, 100, 300, 1000};
    size_t before, i;

    for (before = 0; before < 700; before++)
        for (i = 0; i < sizeof afters / sizeof afters[0]; i++) {
            size_t step = before % 13 + 1 + i * 50;

            check_found("Again On ", before, afters[i], step, 8);
            check_found(" API operations reached", before, afters[i], step,
                        6);
            check_found("b", before, afters[i], step, before >= 2 ? 1 : 0);
            check_found("agai on ", before, afters[i], step, 0);
        }
    check_found("again on ", 1000000, 1000000, 4096, 8);
}

int main(void)
{
    test_words();
    test_watch();
    return test_done("test_outcome");
}
