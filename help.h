/*
 * help: what `ocrdyn COMMAND -h` prints: examples first, 24 lines of 80
 * characters at most.
 */
#ifndef HELP_H
#define HELP_H

#include "options.h"

extern const char *const help_texts[OPTIONS_COMMANDS];

#endif
