/*
 * image: the life of one image, from its place in the list to its row.
 *
 * All decisions about money are made here: whether to ask for OCR, which costs
 * a unit, to look for a result that may be there already, which costs none, to
 * store, to give up, to count. The functions are pure: they do not sleep, send
 * or print, and read no clock. A caller performs the action that image_next
 * returns, and reports with the next call what came of it.
 *
 * Every image costs one unit at most, provided that (the assumptions)
 *   A. what Cloudinary does for a request is finished, and a read of the image
 *      shows its result, before D has passed since the request was sent;
 *   B. after a complete answer 5xx, the same holds after 5 seconds;
 *   C. an answer that Cloudinary completes with another status than 200 or 5xx
 *      (and not 408, 499) means that the request had no effect.
 * tests/unit/test_image.c explores every sequence of events.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    IMAGE_ROW_SAME = 3,      /* images in a row that end the same way */
    IMAGE_FIRST_MISSING = 20 /* images at the start of a run, all 404 */
};

/* What the caller is to do next. */
enum image_action {
    IMAGE_LOOK,              /* read the image's details */
    IMAGE_CHECK,             /* ask the table whether it has the item */
    IMAGE_ASK,               /* note the request, then ask for OCR */
    IMAGE_STORE,             /* put the item */
    IMAGE_WAIT,              /* wait as image->wait says */
    IMAGE_PRINT,             /* print the row: image->row */
    IMAGE_END                /* nothing: image->end says why */
};

/* How long to wait. */
enum image_wait {
    IMAGE_WAIT_LOOK,         /* until the next look: soon at first, later and
                                later afterwards */
    IMAGE_WAIT_NAMED,        /* for the time that the answer named */
    IMAGE_WAIT_PAUSE         /* a pause that grows each time */
};

/* What became of an action. A call of the caller, an "answer" here, may be one
   of several attempts on the connection, of which the last one counts. */
enum image_event {
    IMAGE_BEGIN,             /* the image's turn has come */

    /* after IMAGE_LOOK: what the image's details show */
    IMAGE_LOOK_TEXT,         /* the result asked for, complete */
    IMAGE_LOOK_OTHER,        /* a complete result under another key */
    IMAGE_LOOK_BAD,          /* the result asked for: OCR failed, or it is
                                not understood */
    IMAGE_LOOK_PENDING,      /* the result is being made */
    IMAGE_LOOK_ABSENT,       /* no result */
    IMAGE_LOOK_MISSING,      /* no such image */
    IMAGE_LOOK_LIMIT,        /* a limit that names its end */
    IMAGE_LOOK_FAILED,       /* no answer, or one that decides nothing */

    /* after IMAGE_CHECK */
    IMAGE_IN_TABLE, IMAGE_NOT_IN_TABLE, IMAGE_CHECK_FAILED,

    /* after IMAGE_ASK */
    IMAGE_ASK_TEXT,          /* 200 with the text */
    IMAGE_ASK_OTHER,         /* 200 with the text, under another key */
    IMAGE_ASK_NONE,          /* 200 without a result, or not understood */
    IMAGE_ASK_PENDING,       /* 200, and the result is being made */
    IMAGE_ASK_BAD,           /* 200, and the OCR failed for this image */
    IMAGE_ASK_MISSING,       /* 404 */
    IMAGE_ASK_REFUSED,       /* another 4xx that concerns this image */
    IMAGE_ASK_OPTION,        /* 400 that concerns the value of ocr */
    IMAGE_ASK_BUSY,          /* 423: it had no effect */
    IMAGE_ASK_LIMIT,         /* a limit that names its end: no effect */
    IMAGE_ASK_THROTTLED,     /* one that does not: no effect */
    IMAGE_ASK_UNSENT,        /* the request was not sent completely */
    IMAGE_ASK_SERVER,        /* a complete answer 500, 503 or the like */
    IMAGE_ASK_LOST,          /* sent, and no answer that decides */

    /* after IMAGE_STORE */
    IMAGE_STORED,
    IMAGE_STORE_LARGE,       /* the table cannot take this item */
    IMAGE_STORE_REFUSED,     /* the table refuses it for another reason */
    IMAGE_STORE_FAILED,      /* throttled, unreachable or in doubt: a second
                                put of the same item does no harm */

    /* after IMAGE_LOOK, _CHECK, _ASK and _STORE */
    IMAGE_FORBIDDEN,         /* nothing of this kind can succeed: wrong key,
                                quota used up, unknown host, ... */

    /* after IMAGE_WAIT */
    IMAGE_WAITED,
    IMAGE_STOP,              /* the run is to end; the wait is not over */

    /* after IMAGE_PRINT */
    IMAGE_PRINTED,
    IMAGE_UNPRINTED          /* the output cannot take the row */
};

/*
 * What the caller's clock says when an event happens: which times have passed.
 * The start of each is noted in the comment; image_next says when to set it.
 */
struct image_times {
    bool d;                  /* D since the request was sent, at the time that
                                the last look was sent */
    bool settled;            /* 5 s since the answer 5xx, likewise */
    bool minute;             /* one minute since the first answer 5xx or 423 */
    bool patience;           /* --patience (image_impatient: one minute) since
                                image->pauses was 0 */
};

/* How an image's row reads. */
enum image_row {
    IMAGE_ROW_TEXT,          /* complete, or empty */
    IMAGE_ROW_SKIPPED, IMAGE_ROW_FAILED, IMAGE_ROW_UNSTORED
};

/* Why it ends. */
enum image_end {
    IMAGE_GOES_ON,           /* it does not */
    IMAGE_DONE,              /* it has its row, and is counted */
    IMAGE_STOPPED,           /* the run stops: no row, not counted */
    IMAGE_STOPPED_PRINTED    /* the run stops: a row, not counted */
};

/* Why a run stops that could go on; in the order of reporting. */
enum image_stop {
    IMAGE_NO_STOP,
    IMAGE_STOP_ASKED,        /* by a signal, or by another image */
    IMAGE_STOP_FORBIDDEN,    /* IMAGE_FORBIDDEN */
    IMAGE_STOP_PATIENCE,     /* a service is unreachable or throttles */
    IMAGE_STOP_TABLE,        /* the table refuses items */
    IMAGE_STOP_OUTPUT,       /* the output takes no row */
    IMAGE_STOP_SAME,         /* IMAGE_ROW_SAME images ended the same way for a
                                reason that is not their own */
    IMAGE_STOP_MISSING       /* the first IMAGE_FIRST_MISSING are all 404 */
};

/* What the options of the run say. */
struct image_rules {
    bool reuse;              /* take a result that is there already */
    bool skip_stored;        /* leave out images that the table has */
    bool store;              /* there is a table */
    unsigned attempts;       /* --max-attempts, 1 or more */
};

/* What all images of a run share. */
struct image_run {
    bool reached;            /* a call has succeeded */
    bool stored;             /* the table has taken an item */
    bool other_key;          /* an answer had its result under another key */
    uint8_t same;            /* images in a row that ended for `reason` */
    uint8_t reason;          /* enum image_reason, in image.c */
    uint8_t missing;         /* 404 so far, or IMAGE_FIRST_MISSING + 1 once
                                one was found */
    uint8_t stop;            /* enum image_stop: the first reason */
};

struct image {
    /* for the caller */
    enum image_wait wait;    /* of IMAGE_WAIT */
    enum image_row row;      /* of IMAGE_PRINT */
    enum image_end end;
    bool doubt;              /* it may have cost a unit whose text is not at
                                hand */
    bool found;              /* the text comes from a look */
    uint8_t pauses;          /* waits so far for the same purpose */
    /* its own */
    uint8_t phase;
    uint8_t tries;           /* requests that ended with 5xx, 423 or in doubt
                                that is over */
    uint8_t why;             /* enum image_reason: how it ends */
    bool counted;            /* with the row of IMAGE_PRINT */
};

/*
 * Starts an image. `doubt`: an earlier run noted that it was asked for, at a
 * time from which the caller counts D, and did not count it.
 */
void image_init(struct image *image, bool doubt);

/*
 * Tells what became of the last action, and returns the next. The first event
 * is IMAGE_BEGIN. After IMAGE_END nothing more is told.
 *
 * IMAGE_LOOK is sent while the image may be in doubt; times->d and ->settled
 * say what had passed when it was sent. The caller restarts the clock of D with
 * each IMAGE_ASK, that of `settled` with each IMAGE_ASK_SERVER, that of
 * `minute` with the first event that raises image->tries, and that of
 * `patience` whenever image->pauses becomes 0.
 */
enum image_action image_next(struct image *image, struct image_run *run,
                             const struct image_rules *rules,
                             enum image_event event,
                             const struct image_times *times);

/* Is the patience of the run one minute only? It is until a call succeeds. */
bool image_impatient(const struct image_run *run);

#endif
