/*
 * report: messages on standard error, each one line that begins with
 * "ocrdyn: ", and a progress line that a message replaces.
 *
 * Messages may quote servers and files. report_say makes its message safe for
 * a terminal (text_visible); report_line prints a sentence that is safe
 * already, such as that of a struct error.
 */
#ifndef ROW_H
#define ROW_H

#include <stdbool.h>
#include <stdint.h>

/* Switches report_draw on or off; at the start it is off. */
void report_init(bool draws);

/* Prints a message, made safe for a terminal and cut at 4 KB. */
void report_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Prints a message that is safe for a terminal. */
void report_line(const char *line);

/* Draws `line` as the progress line, without a line end, in place of the one
   that is there. The next message erases it. Returns false if report_init has
   switched this off. */
bool report_draw(const char *line);

/* Writes a time of CLOCK_STEADY as "14:00:07 UTC", preceded by the date if it
   is not today's. */
void report_time(char out[32], int64_t when);

#endif
