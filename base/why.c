/* why: see why.h. */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>

bool why_not(char error[WHY_MAX], const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(error, WHY_MAX, format, ap);
    va_end(ap);
    return false;
}
