/*
 * options: what the command line says, checked.
 *
 * One table has every option of every command: its names, what its value is
 * called, and which commands take it. Help is elsewhere (help.h), but the
 * parser, the man page's test and the shell completions go by this table.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include "rows.h"

enum {
    OPTIONS_ATTRIBUTES_MAX = 16,         /* of -a, and of -s */
    OPTIONS_COLUMNS_MAX = 12,
    OPTIONS_COLUMN_MAX = 128             /* bytes of a column's name */
};

enum options_command {
    OPTIONS_RUN, OPTIONS_LIST, OPTIONS_EXTRACT, OPTIONS_TABLE, OPTIONS_CHECK,
    OPTIONS_COMMANDS
};

/* The table, as those read it that tell about options. */
struct options_row {
    const char *name;
    int id;                      /* its letter, or 256 and above */
    const char *value;           /* what its value is called, or NULL */
    unsigned commands;           /* that take it, a bit each */
};

extern const struct options_row options_table[];
extern const size_t options_rows;
extern const char *const options_names[OPTIONS_COMMANDS];

struct options_attribute {
    const char *name;
    const char *value;           /* -a: a JSON Pointer; -s: the value */
};

/* What the options of all commands say. What a command does not take has its
   default. */
struct options {
    enum options_command command;
    bool help, version;
    const char *completion;      /* the shell that it is for, or NULL */
    char **words;                /* what is no option */
    int n_words;

    const char *table;           /* NULL: rows are only printed */
    const char *key, *text;      /* attribute names; of table, key may be NULL:
                                    not given */
    struct options_attribute attrs[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_attrs;
    struct options_attribute sets[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_sets;
    const char *ocr, *type, *resource_type;
    bool explicit;               /* --via explicit */
    bool by_asset;               /* --by asset_id */
    enum rows_format format;
    bool formatted;              /* --format was given */
    bool null, quiet, verbose;
    enum report_progress progress;
    bool skip_stored, reuse, dry_run;
    const char *checkpoint, *failed;     /* files, or NULL */
    uint64_t limit, max_errors;  /* 0: none */
    int64_t shard, shards;       /* 1-based; shards 0: all ids */
    int64_t rate, window;        /* calls in ns; rate 0: not asked for */
    int64_t reserve;             /* hourly calls left to others, */
    bool percent;                /* or so many percent of them */
    uint64_t max_attempts;       /* at one call; 0: the service's default */
    int64_t wait, connect;       /* ns: of silence, to connect */
    const char *cacert;
    const char *region, *profile, *endpoint_url;

    /* list: of the first five at most one, or NULL */
    const char *prefix, *tag, *folder, *since, *search;
    const char *columns[OPTIONS_COLUMNS_MAX];    /* names, or JSON Pointers */
    unsigned n_columns;          /* 0: public_id alone */

    const char *pointer;         /* extract: NULL for the OCR text */

    /* table */
    const char *sort;            /* key; NULL: none */
    bool on_demand, yes, await;
    int64_t read, write;         /* capacity units; 0: not given */
    struct options_attribute tags[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_tags;
};

/*
 * Takes the command line of a command, argv[1] being the first word after its
 * name. False, and said, if something in it is wrong; whatever can be told
 * without looking at the machine is.
 */
bool options_parse(struct options *o, enum options_command command, int argc,
                   char **argv);

/* The command of that name. False, and said, if there is none. */
bool options_find(enum options_command *command, const char *name);

/* Says what is wrong with the command line of `command`, and which help shows
   how it goes. Returns false. */
bool options_wrong(enum options_command command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
