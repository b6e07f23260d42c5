/*
 * The unit test of error.c: a sentence is cut between characters, and is safe
 * for a terminal.
 */
#include "base/error.h"

#include <string.h>

#include "tests/unit/test.h"

static void test_set(void)
{
    struct error error = {"old"};

    CHECK(!error_set(&error, "%s: %d", "status", 7) &&
          strcmp(error.text, "status: 7") == 0, "a sentence: %s", error.text);
    CHECK(!error_add(&error, " (%s)", "advice") &&
          strcmp(error.text, "status: 7 (advice)") == 0,
          "a sentence goes on: %s", error.text);
    error_set(&error, "a\033[2J%s", "\302\233");
    CHECK(strcmp(error.text, "a\\x1B[2J\\xC2\\x9B") == 0,
          "a terminal obeys none of it: %s", error.text);
    error_add(&error, "%s", "\n");
    CHECK(strcmp(error.text, "a\\x1B[2J\\xC2\\x9B\\n") == 0,
          "and none of what follows: %s", error.text);
}

/* Sentences of two-byte characters, of all lengths around both limits: those
   of a sentence and of what is formatted at once. */
static void test_long(void)
{
    static char text[8192];
    struct error error;
    bool good = true, marked = true;

    for (size_t n = 1; n < 3000; n++) {
        size_t len;

        text[0] = 'x';
        for (size_t i = 0; i < n; i++)
            memcpy(text + 1 + 2 * i, "\303\251", 3);
        error_set(&error, "%s", text);
        len = strlen(error.text);
        if (1 + 2 * n < ERROR_MAX) {
            good &= strcmp(error.text, text) == 0;
            continue;
        }
        marked &= len < ERROR_MAX && strcmp(error.text + len - 3, "...") == 0;
        good &= len % 2 == 0 && len > ERROR_MAX - 4 &&
            strncmp(error.text, text, len - 3) == 0;
        error_add(&error, "%s", text);
        good &= strlen(error.text) < ERROR_MAX;
    }
    CHECK(good, "a sentence that fits is whole, others end with a character");
    CHECK(marked, "and with a mark");
}

static void test_cut(void)
{
    char text[9];

    strcpy(text, "abcdefgh");
    why_cut(text, sizeof text);
    CHECK(strcmp(text, "abc[cut]") == 0, "a text is cut: %s", text);
    strcpy(text, "a\xe2\x82\xac" "efgh");
    why_cut(text, sizeof text);
    CHECK(strcmp(text, "a[cut]") == 0, "before a character: %s", text);
    strcpy(text, "\xe2\x82\xac" "defgh");
    why_cut(text, sizeof text);
    CHECK(strcmp(text, "\xe2\x82\xac[cut]") == 0, "after one: %s", text);
}

static void test_why_not(void)
{
    static char long_one[3 * WHY_MAX];
    char error[WHY_MAX];
    size_t n;

    for (n = WHY_MAX - 3; n < WHY_MAX + 3; n++) {
        memset(long_one, 'x', n);
        long_one[n] = '\0';
        why_not(error, "%s", long_one);
        if (n < WHY_MAX)
            CHECK(strcmp(error, long_one) == 0, "%zu bytes fit", n);
        else
            CHECK(strlen(error) == WHY_MAX - 1 &&
                  strcmp(error + WHY_MAX - 6, "[cut]") == 0,
                  "%zu bytes are cut", n);
    }
}

int main(void)
{
    test_set();
    test_long();
    test_cut();
    test_why_not();
    return test_done("test_error");
}
