/*
 * why: the old name of error.h and of the second half of outcome.h, for the
 * files that still use it. It goes with the last of them.
 */
#ifndef WHY_H
#define WHY_H

#include "base/error.h"
#include "base/outcome.h"

#endif
