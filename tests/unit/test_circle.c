/* circle.c: every walk that ends in a circle is noticed, and no other. */
#include "base/circle.h"

#include <stdio.h>

#include "tests/unit/test.h"

/* Walks `lead` places that come once and then a circle of `length`: after how
   many steps is it noticed? 0: not within `most`. */
static unsigned walk(unsigned lead, unsigned length, unsigned most)
{
    struct circle c = {0, 0, 0, 0};
    unsigned i;

    for (i = 0; i < most; i++) {
        char place[32];
        unsigned at = i < lead || length == 0 ? i : lead + (i - lead) % length;
        int n = snprintf(place, sizeof place, "{\"k\":{\"S\":\"%u\"}}", at);

        if (circle_closes(&c, place, (size_t)n))
            return i + 1;
    }
    return 0;
}

static void test_circles(void)
{
    unsigned lead, length;

    for (lead = 0; lead < 40; lead++)
        for (length = 1; length < 40; length++) {
            unsigned steps = walk(lead, length, 1000);

            CHECK(steps > lead + length, "%u+%u: no circle at %u", lead,
                  length, steps);
            CHECK(steps <= 4 * (lead + length) + 1, "%u+%u: seen after %u",
                  lead, length, steps);
        }
}

static void test_a_page_that_leads_to_itself_is_noticed_at_once(void)
{
    unsigned lead;

    for (lead = 0; lead < 100; lead++)
        CHECK(walk(lead, 1, 1000) == lead + 2, "%u places before it", lead);
}

static void test_a_walk_without_a_circle_is_let_go_on(void)
{
    CHECK(walk(0, 0, 200000) == 0, "200,000 places are no circle");
}

int main(void)
{
    test_circles();
    test_a_page_that_leads_to_itself_is_noticed_at_once();
    test_a_walk_without_a_circle_is_let_go_on();
    return test_done("test_circle");
}
