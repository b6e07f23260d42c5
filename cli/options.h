/*
 * options: parses and checks the command line.
 *
 * One table describes every option of every command: its names, its value, its
 * purpose, the commands that take it, and the member of struct options that
 * receives the value. The parser, the help texts, the shell completions and
 * the test of the man page all use this table.
 *
 * The syntax is that of POSIX with GNU's extensions: letters can be grouped, a
 * value follows directly or as the next word, a long name can be shortened as
 * long as it stays unambiguous, options and other words can be mixed, "--" ends
 * the options, and "-" is not an option.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPTIONS_ATTRIBUTES_MAX = 16,         /* --attr, --set and similar options */
    OPTIONS_COLUMNS_MAX = 100,           /* names in --columns and --number */
    OPTIONS_LISTED_MAX = 12,             /* names in --columns of list */
    OPTIONS_COLUMN_MAX = 128,            /* bytes of a column's name there */
    OPTIONS_UNSET = 100                  /* a choice that was not made */
};

enum options_command {
    OPTIONS_RUN, OPTIONS_LIST, OPTIONS_EXTRACT, OPTIONS_GET, OPTIONS_PUT,
    OPTIONS_UPDATE, OPTIONS_DELETE, OPTIONS_QUERY, OPTIONS_SCAN,
    OPTIONS_TABLE, OPTIONS_CHECK, OPTIONS_COMMANDS
};

/* The names of the commands, "run" and so on. */
extern const char options_names[OPTIONS_COMMANDS][8];

/* What kind of value an option takes. */
enum options_kind {
    OPTIONS_FLAG,                /* no value */
    OPTIONS_CHOICE,              /* one of the words in "csv|tsv" */
    OPTIONS_ANY,                 /* any string */
    OPTIONS_FILE,                /* a path; not validated */
    OPTIONS_KEY,                 /* the name of a key attribute */
    OPTIONS_NAME,                /* the name of another attribute */
    OPTIONS_NAMES,               /* the same, can be repeated */
    OPTIONS_COLUMNS,             /* attribute names, separated by commas */
    OPTIONS_NUMERIC,             /* the same, of attributes that are numbers */
    OPTIONS_MEMBERS,             /* members of a Cloudinary resource */
    OPTIONS_PAIRS,               /* NAME=VALUE */
    OPTIONS_POINTERS,            /* NAME=POINTER */
    OPTIONS_CONDITION,           /* a condition on the sort key */
    OPTIONS_PHRASE,              /* what list searches for */
    OPTIONS_TIME,
    OPTIONS_TABLE_NAME,          /* the name of a table or of an index */
    OPTIONS_POINTER,             /* a JSON Pointer (RFC 6901) */
    OPTIONS_WORD,                /* a path segment of Cloudinary's API */
    OPTIONS_OCR,                 /* a value of Cloudinary's "ocr" parameter */
    OPTIONS_NUMBER,              /* 1 or more */
    OPTIONS_TRIES,               /* 1 to 1,000 */
    OPTIONS_UNITS,               /* capacity units of DynamoDB, 1 or more */
    OPTIONS_SECONDS,             /* 1 s to a day; stored in nanoseconds */
    OPTIONS_RATE,                /* N/s, N/m, N/h, N/d */
    OPTIONS_RESERVE,             /* N or N% */
    OPTIONS_SHARD,               /* I/N */
    OPTIONS_KINDS
};

/* An option. An option that differs between commands has several rows. */
struct options_row {
    const char *name;
    const char *value;           /* the name of its value, or NULL */
    const char *about;           /* its purpose, for help and completions:
                                    contains neither ' nor ] */
    char letter;                 /* or '\0' */
    enum options_kind kind;
    unsigned commands;           /* one bit for each command that takes it */
    size_t to;                   /* offset of its value in struct options */
};

/* Returns the option of `command` that follows `row`, or the first one if `row`
   is NULL. Returns NULL after the last one. */
const struct options_row *options_next(enum options_command command,
                                       const struct options_row *row);

struct options_attribute {
    const char *name;
    const char *value;
};

/* The values of an option that can be repeated. */
struct options_pairs {
    unsigned n;
    struct options_attribute list[OPTIONS_ATTRIBUTES_MAX];
};

struct options_strings {
    unsigned n;
    const char *list[OPTIONS_COLUMNS_MAX];
};

struct options_rate {
    int64_t calls;               /* 0: not given */
    int64_t window;              /* ns */
};

struct options_reserve {
    int64_t calls;               /* or a percentage of the quota */
    bool percent;
};

struct options_shard {
    int64_t number;              /* 1 to `count` */
    int64_t count;               /* 0: not given */
};

/*
 * The command line. A string that was not given is NULL and a number is 0,
 * unless noted otherwise; options that the command does not take have their
 * default. Strings point into argv or into the environment.
 */
struct options {
    enum options_command command;
    bool help, version;
    unsigned shell;              /* --completion: bash, zsh, fish, or UNSET */
    char **words;                /* the words that are not options */
    int n_words;

    /* options that several commands share */
    const char *table;
    const char *key;             /* default publicId, except for table */
    bool key_given;
    const char *text;            /* default "text" */
    struct options_strings columns;      /* attributes; for list, members of a
                                    resource or JSON Pointers */
    struct options_pairs sets;
    const char *checkpoint;      /* a path */
    uint64_t limit;
    struct options_rate rate;
    struct options_reserve reserve;
    struct options_shard shard;  /* --shard, and --segment of scan */
    unsigned format;             /* an enum rows_format */
    unsigned progress;           /* an enum progress_when */
    bool null, quiet, verbose;
    struct {                     /* the images of run and list */
        const char *type, *resource_type;        /* run has defaults */
    } image;
    struct {
        int64_t timeout, connect_timeout;        /* ns; have defaults */
        uint64_t max_attempts;   /* 0: the default of the service */
        const char *cacert;
    } net;
    struct {
        const char *region, *profile, *endpoint_url;
    } aws;

    /* options of one command, or of two */
    struct {
        struct options_pairs attrs;      /* the values are JSON Pointers */
        const char *ocr;         /* default "adv_ocr" */
        unsigned explicit;       /* --via: 1 for explicit */
        unsigned by_asset;       /* --by: 1 for asset_id */
        bool skip_stored, reuse, dry_run;
        const char *failed;      /* a path */
        uint64_t max_errors;
    } run;
    struct {                     /* one of them at most is given */
        const char *prefix, *tag, *folder, *since, *search;
    } list;
    struct {
        const char *pointer;
    } extract;
    struct {
        struct options_strings numbers;
        bool if_absent;
    } put;
    struct {
        struct options_strings removes;
    } update;
    struct {                     /* query and scan */
        const char *contains;
        struct options_pairs where;
        const char *index;
        struct options_strings sorts;    /* "=V", "<V", "<=V", ">V", ">=V" or
                                    "^V"; two are ">=" and "<=" */
    } find;
    struct {                     /* the command table */
        const char *sort;
        bool on_demand, yes, await;
        int64_t read, write;     /* capacity units */
        struct options_pairs tags;
    } manage;
};

/*
 * Parses the words after the command's name, which end with NULL, and reorders
 * them. Checks everything that can be checked without a file or the network.
 * Returns false, after a message, if the command line is not valid.
 */
bool options_parse(struct options *o, enum options_command command,
                   char **words);

/* Finds the command of that name. Returns false, after a message, if there is
   none. */
bool options_find(enum options_command *command, const char *name);

/* Returns whether the command reads ids, rows or values from standard input.
   extract, which reads files, is not among these commands. */
bool options_reads_input(enum options_command command);

/* Prints what is wrong with the command line that was parsed last, and how to
   get help for its command. Returns false. */
bool options_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
