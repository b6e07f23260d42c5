/*
 * options: what the command line says, checked.
 *
 * One table has every option of every command: its names, its value, what it
 * is for, which commands take it, and where it goes. The parser, help, the
 * shell completions and the man page's test go by this table.
 *
 * Options are written as POSIX has them and GNU extends them: letters group,
 * values follow at once or as the next word, long names may be cut short as
 * long as one option begins so, options and other words may be mixed, "--"
 * ends the options, and "-" is none.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/report.h"
#include "rows/rows.h"

enum {
    OPTIONS_ATTRIBUTES_MAX = 16,         /* of -a, and of -s */
    OPTIONS_COLUMNS_MAX = 100,           /* of --columns, */
    OPTIONS_LISTED_MAX = 12,             /* of list */
    OPTIONS_COLUMN_MAX = 128             /* bytes of a column's name */
};

enum options_command {
    OPTIONS_RUN, OPTIONS_LIST, OPTIONS_EXTRACT, OPTIONS_GET, OPTIONS_PUT,
    OPTIONS_UPDATE, OPTIONS_DELETE, OPTIONS_QUERY, OPTIONS_SCAN,
    OPTIONS_TABLE, OPTIONS_CHECK, OPTIONS_COMMANDS
};
/* What an option's value is. Up to OPTIONS_FILE it is a string: a list of them
   where the row has a count. */
enum options_kind {
    OPTIONS_PAIRS,               /* NAME=VALUE */
    OPTIONS_POINTERS,            /* NAME=POINTER */
    OPTIONS_KEY,                 /* the name of a key attribute, */
    OPTIONS_NAME,                /* or of another one */
    OPTIONS_COLUMNS,             /* several, between commas, */
    OPTIONS_MEMBERS,             /* or of a resource */
    OPTIONS_PHRASE,              /* what list asks for */
    OPTIONS_TIME,
    OPTIONS_TABLE_NAME, OPTIONS_POINTER, OPTIONS_WORD, OPTIONS_OCR,
    OPTIONS_CONDITION,           /* of the sort key */
    OPTIONS_ANY,                 /* whatever is given; it, and */
    OPTIONS_FILE,                /* a file's name, are not looked at */
    OPTIONS_FLAG,                /* there is none */
    OPTIONS_CHOICE,              /* one of the words of its name, "csv|tsv" */
    OPTIONS_NUMBER,              /* from 1 on, */
    OPTIONS_TRIES,               /* to 1,000, */
    OPTIONS_UNITS,               /* or to what DynamoDB takes */
    OPTIONS_SECONDS,             /* up to a day; kept in ns */
    OPTIONS_RATE, OPTIONS_RESERVE, OPTIONS_SHARD
};

/* An option. Where commands mean different things by it, it has more rows. */
struct options_row {
    const char *name;
    const char *value;           /* what its value is called, or NULL */
    const char *about;           /* for help and completions: no ' and no ] */
    char letter;                 /* or 0 */
    unsigned char kind;
    unsigned short commands;     /* that take it, a bit each */
    unsigned short to;           /* where its value goes in struct options, */
    unsigned short count;        /* and how many came; 0: nowhere */
};

/* The options of a command, one after the other: the one after `row`, or the
   first after NULL; NULL after the last. */
const struct options_row *options_next(enum options_command command,
                                       const struct options_row *row);

extern const char options_names[OPTIONS_COMMANDS][8];

struct options_attribute {
    const char *name;
    const char *value;           /* -a: a JSON Pointer; -s: the value */
};

/* What the options of all commands say. What a command does not take has its
   default. */
struct options {
    enum options_command command;
    bool help, version;
    unsigned completion, shell;  /* was it asked for; the word of --completion
                                    that it is for */
    char **words;                /* what is no option */
    int n_words;

    const char *table;           /* NULL: rows are only printed */
    const char *key, *text;      /* attribute names; key_given: by -k */
    bool key_given;
    struct options_attribute attrs[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_attrs;
    struct options_attribute sets[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_sets;
    const char *ocr, *type, *resource_type;
    unsigned explicit;           /* --via: 1 is explicit */
    unsigned by_asset;           /* --by: 1 is asset_id */
    unsigned format;             /* an enum rows_format */
    unsigned formatted;          /* --format was given */
    bool null, quiet, verbose;
    unsigned progress;           /* an enum progress_when */
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

    const char *columns[OPTIONS_COLUMNS_MAX];    /* attributes; of list,
                                    members or JSON Pointers */
    unsigned n_columns;          /* 0: not given */

    /* list: at most one of them, or NULL */
    const char *prefix, *tag, *folder, *since, *search;

    const char *removes[OPTIONS_ATTRIBUTES_MAX]; /* update */
    unsigned n_removes;
    bool if_absent;              /* put */
    const char *contains;        /* query, scan: NULL, or what the text has */
    struct options_attribute where[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_where;
    const char *index;           /* query: NULL for the table itself */
    const char *sorts[2];        /* query: "=V", "<V", "<=V", ">V", ">=V", or
                                    "^V"; two are >= and <= */
    unsigned n_sorts;

    const char *pointer;         /* extract: NULL for the OCR text */

    /* table */
    const char *sort;            /* key; NULL: none */
    bool on_demand, yes, await;
    int64_t read, write;         /* capacity units; 0: not given */
    struct options_attribute tags[OPTIONS_ATTRIBUTES_MAX];
    unsigned n_tags;
};

/*
 * Takes the command line of a command: the words after its name, up to NULL,
 * which it puts into another order. False, and said, if something in it is
 * wrong; whatever can be told without looking at the machine is.
 */
bool options_parse(struct options *o, enum options_command command,
                   char **words);

/* The command of that name. False, and said, if there is none. */
bool options_find(enum options_command *command, const char *name);

/* Says what is wrong with the command line that is parsed, or was, and which
   help shows how it goes. Returns false. */
bool options_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
