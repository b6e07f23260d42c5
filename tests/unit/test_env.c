/* The unit test of env.c. */
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

int main(void)
{
    static const char name[] = "OCRDYN_TEST_ENV";

    unsetenv(name);
    CHECK(env_get(name) == NULL, "a variable that is unset has no value");
    setenv(name, "", 1);
    CHECK(env_get(name) == NULL, "nor has one that is empty");
    setenv(name, " ", 1);
    CHECK(env_get(name) != NULL && strcmp(env_get(name), " ") == 0,
          "a blank is a value");
    return test_done("test_env");
}
