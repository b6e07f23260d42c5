/*
 * profile: reads AWS's credentials and config files, and knows which profile
 * is in use.
 *
 * The first part parses a file, the second one loads the two files of the
 * user. The syntax has no specification. botocore and the AWS command line
 * read the files with Python's configparser, so this parser accepts and
 * rejects what configparser does; the tests compare it with botocore:
 *   - CR, LF and CR LF end a line. Blank characters are those that Python's
 *     str.strip() removes, including U+00A0 and other Unicode spaces.
 *   - A line that begins with "#" or ";", indented or not, is a comment. There
 *     are no comments after a value: " # x" is part of it.
 *   - "[name]" begins a section. The name ends at the last "]" of the line,
 *     and the rest of the line is ignored.
 *   - "name = value" or "name: value" is a property; the first "=" or ":"
 *     counts. The name is case-insensitive.
 *   - A line that is indented deeper than the property continues its value,
 *     after a newline. Empty lines in between are part of the value, comments
 *     are not.
 *   - If the property's own line has no value, each of the indented lines is a
 *     "name = value" of its own (profile_member).
 *   - A section other than [DEFAULT] that occurs twice is an error, and so is
 *     a property that occurs twice in a section, and any other line.
 *   - The properties of [DEFAULT] apply to each section that does not set
 *     them.
 *
 * Deliberate differences from botocore:
 *   - A byte order mark is skipped; botocore refuses the file. Editors on
 *     Windows write it, and it does not change the meaning.
 *   - A NUL byte is refused. botocore accepts it, but no value of AWS has one.
 *   - Only the ASCII letters of a property's name are case-insensitive; AWS's
 *     names have no others.
 *   - The lines below a property of [DEFAULT] are checked even if the file
 *     has no other section.
 *   - A file that exists and cannot be read is an error. botocore ignores it,
 *     which could lead to credentials of another identity.
 *   - The file has at most PROFILE_FILE_MAX bytes and PROFILE_ENTRIES_MAX
 *     sections and properties.
 *
 * AWS's C library (aws-c-sdkutils) also accepts comments after values,
 * repeated sections and properties (it merges them) and blanks around a
 * section's name. This parser does not, because for the AWS command line such
 * a file is invalid or has another meaning.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* ---- the syntax ---- */

/* Sections are [x] in a credentials file. In a config file they are [default]
   (the same as [profile default]), [profile x] and [services x], where x can be
   quoted as in a shell. If a profile has several sections, the last counts. */
enum profile_section { PROFILE_CREDENTIALS, PROFILE_CONFIG, PROFILE_SERVICES };

/* A value, without blanks at both ends. No value has text == NULL, an empty
   one has n == 0. A value of several lines contains newlines; one that begins
   with a newline is a block of properties. */
struct profile_value {
    const char *text;
    size_t n;
};

enum { PROFILE_FILE_MAX = 1 << 20, PROFILE_ENTRIES_MAX = 50000 };

/* A section (its value is NULL) or a property. */
struct profile_entry {
    struct profile_value name, value;
    unsigned section;            /* the number of the section */
    unsigned line;
};

struct profile_file {
    enum profile_section kind;   /* PROFILE_CREDENTIALS or PROFILE_CONFIG */
    struct buf text;             /* names and values point into it; empty if
                                    there is no file */
    struct buf entries;          /* struct profile_entry, in file order */
    const char *why;             /* why the file was not read, or NULL */
    char path[1024];
};

/* Parses f->text into f->entries; joins the lines of a value in f->text.
   Returns false and writes a sentence to `error` that names the line and the
   remedy, and quotes nothing from the file; f->entries is then unusable. */
bool profile_parse(struct profile_file *f, char error[WHY_MAX]);

/* Returns whether the file has a section for the profile. */
bool profile_has(const struct profile_file *f, const char *profile);

/* Returns a property of the profile, or no value. */
struct profile_value profile_find(const struct profile_file *f,
                                  const char *profile, const char *property);

/* Returns whether the value is a block: the lines below a property that has no
   value on its own line. */
bool profile_is_block(struct profile_value value);

/* Returns the value of the last line "property = value" of a block. Here the
   name is case-sensitive and ends at "=" only. Returns no value if the property
   is absent or `block` is not a block. */
struct profile_value profile_member(struct profile_value block,
                                    const char *property);

/* The same for the block called `service` in the section [services x], where x
   is `services`. */
struct profile_value profile_nested(const struct profile_file *f,
                                    const char *services, const char *service,
                                    const char *property);

/* ---- the files ---- */

struct profile {
    char name[128];
    bool option;                 /* the name is from --profile, */
    bool named;                  /* or from that or a variable: the profile must
                                    exist */
    struct profile_file credentials, config;
};

/*
 * Reads ~/.aws/credentials and ~/.aws/config, or the files that
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name. The profile in use is
 * `name` or, if that is NULL or "", AWS_PROFILE, AWS_DEFAULT_PROFILE or
 * "default". A file that does not exist, or is in a folder that cannot be
 * searched, counts as empty. Returns false and writes a sentence to `error` if
 * a file cannot be read or is not valid. The caller calls profile_free in any
 * case; it wipes the contents.
 */
bool profile_load(struct profile *p, const char *name, char error[WHY_MAX]);
void profile_free(struct profile *p);

/* Returns whether one of the files has the profile. */
bool profile_known(const struct profile *p, const char *name);

/* Returns a property of the profile from the credentials file or, if that does
   not set it, from the config file. An empty value counts as set. */
struct profile_value profile_get(const struct profile *p, const char *name,
                                 const char *property);

/* Returns the value of the variable AWS_... or, if that is unset, of the
   property of the profile in use whose name is the variable's without "AWS_".
   Returns no value if that is empty. */
struct profile_value profile_setting(const struct profile *p,
                                     const char *variable);

/* Returns the bytes of a string; no value if it is NULL. */
struct profile_value profile_string(const char *text);

/* Returns whether the setting (profile_setting) is "true", in any case. */
bool profile_on(const struct profile *p, const char *variable);

/* Returns whether the value is the word; ignores case. */
bool profile_is(struct profile_value value, const char *word);

/* Copies a value as a string of at most `size` - 1 bytes. Returns false and
   makes an empty string if it is too long or there is no value. */
bool profile_copy(char *to, size_t size, struct profile_value value);

/* Appends a whole file to `to`. Returns false and sets errno if it cannot be
   read; EFBIG if it does not fit into `to`. */
bool profile_read(struct buf *to, const char *path);

#endif
