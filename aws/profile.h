/*
 * profile: AWS's credentials and config files, and which profile of them is
 * in use.
 *
 * A pure parser of the files' text, which takes any bytes and copies nothing,
 * and on top of it the two files of this user. Nobody has written the syntax
 * down. This is what AWS's C library (aws-c-sdkutils) reads, and where only
 * botocore can make sense of a text, what botocore reads:
 *   - "#" and ";" begin a comment at a line's first character that is not
 *     blank, and after a blank on a line "name = value";
 *   - a line that is indented deeper than the property before it goes on with
 *     that one's value;
 *   - under a property without a value, such lines are "name = value" of
 *     their own (see profile_nested);
 *   - names of properties may be in any case, and the last of equal ones
 *     wins, also over several sections of one name;
 *   - a section with another kind of name is passed over; a line without "=",
 *     "[" without "]" and a property before any section make the text wrong.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/why.h"

/* ---- the syntax ---- */

/* Sections are [x] in a credentials file; in a config file [default],
   [profile x] and [services x]. "[profile default]" there hides [default]. */
enum profile_section { PROFILE_CREDENTIALS, PROFILE_CONFIG, PROFILE_SERVICES };

/* Bytes within the text, without blanks at both ends; NULL: there are none.
   Never n = 0 but with NULL. Lines that go on with a value are in it as they
   stand, with their newlines. */
struct profile_value {
    const char *text;
    size_t n;
};

enum { PROFILE_FILE_MAX = 1 << 20 };

struct profile_file {
    enum profile_section kind;   /* PROFILE_CREDENTIALS or PROFILE_CONFIG */
    struct buf text;             /* empty if there is none, and `why` */
    const char *why;
    char path[1024];
};

/* Is it right? False: `error` says which line is wrong, and shows nothing of
   it. What follows takes other texts, too, and reads them up to that line. */
bool profile_valid(const struct profile_file *f, char error[WHY_MAX]);

/* Is there a section of that profile? */
bool profile_has(const struct profile_file *f, const char *profile);

/* A property of it. */
struct profile_value profile_find(const struct profile_file *f,
                                  const char *profile, const char *property);

/* In [services x], of the lines under the service's property, which has no
   value itself: the value of the last that is called `property`. */
struct profile_value profile_nested(const struct profile_file *f,
                                    const char *services, const char *service,
                                    const char *property);

/* ---- the files ---- */

struct profile {
    char name[128];
    bool option;                 /* named by --profile, */
    bool named;                  /* or also by a variable: it must be there */
    struct profile_file credentials, config;
};

/*
 * Reads ~/.aws/credentials and ~/.aws/config, or what
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name. The profile in use is
 * `name`, or where that is NULL or "", AWS_PROFILE's, AWS_DEFAULT_PROFILE's or
 * "default". A file that is not there, or that nobody may look for, is empty;
 * one that cannot be read or is wrong makes this false, with a sentence.
 * profile_free is to be called in either case, and wipes.
 */
bool profile_load(struct profile *p, const char *name, char error[WHY_MAX]);
void profile_free(struct profile *p);

/* Is there a profile of that name in either file? */
bool profile_known(const struct profile *p, const char *name);

/* A property of a profile, from the credentials file, else from config. */
struct profile_value profile_get(const struct profile *p, const char *name,
                                 const char *property);

/* A setting: the variable AWS_..., else the property of the profile in use
   that has the same name (in any case, see above) without "AWS_". */
struct profile_value profile_setting(const struct profile *p,
                                     const char *variable);

/* A string's bytes; none of NULL. */
struct profile_value profile_string(const char *text);

/* Is it "true"? Everything else is false. */
bool profile_on(const struct profile *p, const char *variable);

/* Is it that word, in any case? */
bool profile_is(struct profile_value value, const char *word);

/* As a string. False, and an empty one, if it has no room or there is none. */
bool profile_copy(char *to, size_t size, struct profile_value value);

/* An environment variable's value, or NULL; empty counts as unset. */
const char *profile_variable(const char *name);

/* Reads a whole file of at most to->max bytes. False: errno. */
bool profile_read(struct buf *to, const char *path);

#endif
