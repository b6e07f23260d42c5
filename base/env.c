/* env.c: environment variables, of which an empty one is as good as unset. */
#include "base/env.h"

#include <stdlib.h>

const char *env_get(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}
