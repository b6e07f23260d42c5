/*
 * report: messages on standard error, each one line that begins with
 * "ocrdyn: ", and the progress line that messages push aside.
 *
 * Messages may quote what servers and files contain; every message is made
 * safe for a terminal here, where it is printed (text_visible).
 */
#ifndef ROW_H
#define ROW_H

#include <stdbool.h>
#include <stdint.h>

/* Says whether report_draw draws; it does not at the start. */
void report_init(bool draws);

/* Prints a message. A longer one than 4 KB is cut. */
void report_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Prints a message as it is. */
void report_line(const char *line);

/* Draws `line` in place of the progress line that is drawn, without a line
   end. The next message erases it. Returns false where report_init has
   switched that off. */
bool report_draw(const char *line);

/* Writes a time of CLOCK_STEADY as "14:00:07 UTC", with the date if that is
   another day than today. */
void report_time(char out[32], int64_t when);

#endif
