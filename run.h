/*
 * run: the main job. Reads ids, has each image read, stores the text, prints
 * a row; one image after the other.
 *
 * The order of things in it is what keeps the promises:
 *   - what can be checked is checked before an image is paid for;
 *   - an answer that got lost is looked for before it is paid for again;
 *   - a text is in the table and in its row before the next image is paid
 *     for, and only then does the checkpoint count it;
 *   - the first thing that cannot be mended ends the run.
 */
#ifndef RUN_H
#define RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "cloudinary.h"
#include "dynamodb.h"
#include "report.h"
#include "rows.h"

enum {
    RUN_ATTRIBUTES_MAX = 16,     /* of -a, and of -s */
    RUN_FAILED = 1,              /* exit statuses, as in ocrdyn(1) */
    RUN_MISUSED = 2,
    RUN_STOPPED = 3,
    RUN_UNWRITTEN = 4
};

struct run_attribute {
    const char *name;
    const char *value;           /* -a: a JSON Pointer; -s: the value */
};

struct run_options {
    const char *table;           /* NULL: rows are only printed */
    const char *key, *text;      /* attribute names */
    struct run_attribute attrs[RUN_ATTRIBUTES_MAX];
    unsigned n_attrs;
    struct run_attribute sets[RUN_ATTRIBUTES_MAX];
    unsigned n_sets;
    const char *ocr, *type, *resource_type;
    enum rows_format format;
    bool null, quiet, verbose;
    bool skip_stored, reuse, dry_run;
    const char *checkpoint, *failed;     /* files, or NULL */
    uint64_t limit, max_errors;  /* 0: none */
    int64_t shard, shards;       /* 1-based; shards 0: all ids */
    int64_t rate, window;        /* calls in ns; rate 0: not asked for */
    int64_t reserve;             /* hourly calls left to others, */
    bool percent;                /* or so many percent of them */
    unsigned max_attempts;       /* at one image, of Cloudinary */
    int64_t pending;             /* ns to wait for a pending result */
};

struct run {
    const struct run_options *options;
    struct cloudinary *cloudinary;
    struct dynamodb *db;         /* NULL without a table */
    const volatile sig_atomic_t *stop;   /* the signal to end by, or 0 */
    volatile sig_atomic_t *asked;        /* not 0: progress was asked for */
};

/* Does the whole job. Returns the exit status, for a signal, too. */
int run(const struct run *run);

#endif
