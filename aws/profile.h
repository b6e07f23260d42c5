/*
 * profile: AWS's credentials and config files, and which profile of them is
 * in use.
 *
 * One parser for both files, and on top of it the two files of this user.
 * Nobody has written the syntax down. Python's configparser is what botocore
 * and AWS's command line read the files with, so this parser reads what
 * configparser reads, refuses what it refuses, and is compared with botocore
 * in the tests:
 *   - CR, LF and CR LF end a line. Blank characters are those of Python's
 *     str.strip(), U+00A0 and other Unicode spaces included;
 *   - a line that begins with "#" or ";", after blanks or not, is a comment.
 *     There are no comments behind a value: " # x" belongs to it;
 *   - "[name]" begins a section. Its name ends at the last "]" of the line,
 *     and what follows is passed over;
 *   - "name = value" or "name: value" is a property; the first "=" or ":"
 *     counts. Its name may be in any case;
 *   - a line that is indented deeper than the property goes on with its value,
 *     after a newline. Empty lines between are part of it, comments are not;
 *   - if the property's own line has no value, the indented lines are
 *     "name = value" of their own (see profile_member);
 *   - a section that is there twice and a property that is twice in one
 *     section are errors; so is every line that is none of all this;
 *   - what is in [DEFAULT] holds for each section that has no such property.
 *
 * Deliberate differences from botocore:
 *   - A byte order mark is skipped; botocore refuses the file. Editors on
 *     Windows write it, and it changes no meaning.
 *   - A NUL byte is refused. botocore reads it, but no value of AWS has one.
 *   - Only ASCII letters of a property's name are taken in any case: AWS's
 *     names have no others.
 *   - The lines below a property of [DEFAULT] are checked even if the file
 *     has no other section.
 *   - A file that exists and cannot be read is an error; botocore passes over
 *     it, and a run would go on as somebody else.
 *   - The file has at most PROFILE_FILE_MAX bytes and PROFILE_ENTRIES_MAX
 *     sections and properties.
 * AWS's C library (aws-c-sdkutils) reads more: comments behind values,
 * repeated sections and properties (it merges them), blanks around a section's
 * name. It is not followed there: a file with these means something else to
 * AWS's command line, or nothing.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* ---- the syntax ---- */

/* Sections are [x] in a credentials file; in a config file [default] (which is
   also [profile default]), [profile x] and [services x], where x may be
   quoted as in a shell. Of several sections of one profile the last counts. */
enum profile_section { PROFILE_CREDENTIALS, PROFILE_CONFIG, PROFILE_SERVICES };

/* Bytes without blanks at both ends. NULL: there is no value; n = 0 and not
   NULL: there is an empty one. A value that goes on over several lines has
   newlines in it; one that begins with a newline is a block of properties. */
struct profile_value {
    const char *text;
    size_t n;
};

enum { PROFILE_FILE_MAX = 1 << 20, PROFILE_ENTRIES_MAX = 50000 };

/* A section (its value is NULL) or a property. */
struct profile_entry {
    struct profile_value name, value;
    unsigned section;            /* which one it is or belongs to */
    unsigned line;
};

struct profile_file {
    enum profile_section kind;   /* PROFILE_CREDENTIALS or PROFILE_CONFIG */
    struct buf text;             /* empty if there is none, and `why`; names
                                    and values are in it */
    struct buf entries;          /* struct profile_entry, in their order */
    const char *why;
    char path[1024];
};

/* Sets f->entries from f->text, where it joins the lines of a value. False:
   `error` says which line is wrong and what to do, and shows nothing of the
   line; f->entries is then of no use. */
bool profile_parse(struct profile_file *f, char error[WHY_MAX]);

/* Is there a section of that profile? */
bool profile_has(const struct profile_file *f, const char *profile);

/* A property of it. */
struct profile_value profile_find(const struct profile_file *f,
                                  const char *profile, const char *property);

/* Is the value a block: lines below a property without a value? */
bool profile_is_block(struct profile_value value);

/* The value of the block's last line "property = value". Here the name's case
   matters, and ":" does not end it. None if it is not a block. */
struct profile_value profile_member(struct profile_value block,
                                    const char *property);

/* In [services x], the same of the block that is called `service`. */
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

/* A property of a profile, from the credentials file, else from config. An
   empty one in the credentials file hides that of config. */
struct profile_value profile_get(const struct profile *p, const char *name,
                                 const char *property);

/* A setting: the variable AWS_..., else the property of the profile in use
   that has the same name (in any case, see above) without "AWS_". An empty
   one counts as unset. */
struct profile_value profile_setting(const struct profile *p,
                                     const char *variable);

/* A string's bytes; none of NULL. */
struct profile_value profile_string(const char *text);

/* Is it "true"? Everything else is false. */
bool profile_on(const struct profile *p, const char *variable);

/* Is it that word, in any case? */
bool profile_is(struct profile_value value, const char *word);

/* As a string. False, and an empty one, if it has no room or there is none;
   an empty value is one. */
bool profile_copy(char *to, size_t size, struct profile_value value);

/* Reads a whole file of at most to->max bytes. False: errno. */
bool profile_read(struct buf *to, const char *path);

#endif
