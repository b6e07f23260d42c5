/* image: what to do next about one image, from what became of the last step. */
#include "cloudinary/image.h"

#include <stddef.h>

/* What the image is at; each has one action. */
enum image_phase {
    BEFORE,                  /* its turn has not come */
    EARLIER,                 /* looking for what an earlier run asked for */
    TABLE,                   /* asking the table (--skip-stored) */
    REUSE,                   /* looking for a result that is there (--reuse) */
    ASK,                     /* asking for OCR */
    DOUBT,                   /* looking: the request may have had an effect */
    SETTLE,                  /* looking: the answer was 5xx */
    PAID,                    /* looking: the answer was 200, without a text */
    STORE,                   /* storing the text */
    PRINT,                   /* printing the row */
    OVER
};

/* Why an image ends as it does: OWN reasons say nothing about the next one. */
enum image_reason {
    OWN, MISSING, NOT_UNDERSTOOD, OPTION, SERVER, LOST, BUSY, LARGE
};

static enum image_action finish(struct image *image, struct image_run *run)
{
    image->phase = OVER;
    if (image->end != IMAGE_DONE)
        return IMAGE_END;
    if (image->row == IMAGE_ROW_SKIPPED)
        return IMAGE_END;
    if (image->why != MISSING)
        run->missing = IMAGE_FIRST_MISSING + 1;
    else if (run->missing < IMAGE_FIRST_MISSING &&
             ++run->missing == IMAGE_FIRST_MISSING && run->stop == 0)
        run->stop = IMAGE_STOP_MISSING;
    run->same = image->why == run->reason ? run->same : 0;
    run->reason = image->why;
    if (image->why != OWN && image->why != MISSING &&
        ++run->same >= IMAGE_ROW_SAME && run->stop == 0)
        run->stop = IMAGE_STOP_SAME;
    return IMAGE_END;
}

static enum image_action end_run(struct image *image, struct image_run *run,
                                 enum image_stop stop)
{
    if (run->stop == IMAGE_NO_STOP)
        run->stop = (uint8_t)stop;
    image->end = IMAGE_STOPPED;
    return finish(image, run);
}

static enum image_action print(struct image *image, enum image_row row,
                               bool counted)
{
    image->phase = PRINT;
    image->row = row;
    image->counted = counted;
    return IMAGE_PRINT;
}

static enum image_action fail(struct image *image, enum image_reason why)
{
    image->doubt = false;
    image->why = (uint8_t)why;
    return print(image, IMAGE_ROW_FAILED, true);
}

/* The text is at hand, and is not stored: the run ends. The next start looks
   for the text, which costs nothing. */
static enum image_action leave_unstored(struct image *image,
                                        struct image_run *run,
                                        enum image_stop stop)
{
    if (run->stop == IMAGE_NO_STOP)
        run->stop = (uint8_t)stop;
    return print(image, IMAGE_ROW_UNSTORED, false);
}

/* The action of the phase. A run that is to end stores and prints what it has,
   and begins nothing else. */
static enum image_action act(struct image *image, struct image_run *run)
{
    if (image->phase == STORE)
        return IMAGE_STORE;
    if (run->stop != IMAGE_NO_STOP)
        return end_run(image, run, IMAGE_STOP_ASKED);
    if (image->phase == TABLE)
        return IMAGE_CHECK;
    if (image->phase != ASK)
        return IMAGE_LOOK;
    image->doubt = true;
    return IMAGE_ASK;
}

static enum image_action enter(struct image *image, struct image_run *run,
                               enum image_phase phase)
{
    image->phase = (uint8_t)phase;
    image->pauses = 0;
    return act(image, run);
}

static enum image_action wait_for(struct image *image, struct image_run *run,
                                  enum image_wait wait,
                                  const struct image_times *times)
{
    const bool patience = times->patience && image->pauses > 0 &&
        wait != IMAGE_WAIT_NAMED;

    if (run->stop != IMAGE_NO_STOP || patience) {
        const enum image_stop stop = patience ? IMAGE_STOP_PATIENCE
                                              : IMAGE_STOP_ASKED;

        return image->phase == STORE ? leave_unstored(image, run, stop)
            : end_run(image, run, stop);
    }
    if (image->pauses < UINT8_MAX)
        image->pauses++;
    image->wait = wait;
    return IMAGE_WAIT;
}

/* Nothing is known to be there: the way to the request. */
static enum image_action approach(struct image *image, struct image_run *run,
                                  const struct image_rules *rules)
{
    if (image->phase < TABLE && rules->skip_stored)
        return enter(image, run, TABLE);
    if (image->phase < REUSE && rules->reuse)
        return enter(image, run, REUSE);
    return enter(image, run, ASK);
}

static enum image_action have_text(struct image *image, struct image_run *run,
                                   const struct image_rules *rules, bool found)
{
    image->doubt = false;
    image->found = found;
    image->why = OWN;
    return rules->store ? enter(image, run, STORE)
        : print(image, IMAGE_ROW_TEXT, true);
}

/* May the request in question still have an effect that a look will show? */
static bool undecided(const struct image *image,
                      const struct image_times *times)
{
    return ((image->phase == EARLIER || image->phase == DOUBT) && !times->d) ||
        (image->phase == SETTLE && !times->settled);
}

/* The details show no result. */
static enum image_action absent(struct image *image, struct image_run *run,
                                const struct image_rules *rules,
                                const struct image_times *times)
{
    if (undecided(image, times))
        return wait_for(image, run, IMAGE_WAIT_LOOK, times);
    switch (image->phase) {
    case EARLIER:
        image->doubt = false;
        return approach(image, run, rules);
    case DOUBT:
        if (image->tries >= rules->attempts)
            return fail(image, LOST);
        image->doubt = false;
        return enter(image, run, ASK);
    case SETTLE:
        if (image->tries >= rules->attempts && times->minute)
            return fail(image, SERVER);
        image->doubt = false;
        image->phase = ASK;
        image->pauses = image->tries;
        return wait_for(image, run, IMAGE_WAIT_PAUSE, &(struct image_times){0});
    case PAID:
        return fail(image, NOT_UNDERSTOOD);
    default:
        return approach(image, run, rules);
    }
}

static enum image_action after_look(struct image *image, struct image_run *run,
                                    const struct image_rules *rules,
                                    enum image_event event,
                                    const struct image_times *times)
{
    if (event == IMAGE_LOOK_LIMIT)
        return wait_for(image, run, IMAGE_WAIT_NAMED, times);
    if (event == IMAGE_LOOK_FAILED)
        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);
    run->reached = true;
    switch (event) {
    case IMAGE_LOOK_TEXT:
        return have_text(image, run, rules, true);
    case IMAGE_LOOK_OTHER:
        /* What was asked for is not there by now; to ask again might cost a
           second unit. */
        return run->other_key || (image->doubt && !undecided(image, times))
            ? have_text(image, run, rules, true)
            : absent(image, run, rules, times);
    case IMAGE_LOOK_PENDING:
        if (image->phase == SETTLE || image->phase == PAID)
            image->phase = DOUBT;
        return wait_for(image, run, IMAGE_WAIT_LOOK, times);
    case IMAGE_LOOK_MISSING:
        return fail(image, MISSING);
    case IMAGE_LOOK_BAD:
        return image->phase == REUSE ? enter(image, run, ASK)
            : fail(image, image->phase == PAID ? NOT_UNDERSTOOD : OWN);
    default:
        return absent(image, run, rules, times);
    }
}

static enum image_action after_ask(struct image *image, struct image_run *run,
                                   const struct image_rules *rules,
                                   enum image_event event,
                                   const struct image_times *times)
{
    if (event == IMAGE_ASK_LOST || event == IMAGE_ASK_SERVER) {
        image->phase = event == IMAGE_ASK_LOST ? DOUBT : SETTLE;
        image->pauses = 0;
        if (image->tries < UINT8_MAX)
            image->tries++;
        return wait_for(image, run, IMAGE_WAIT_LOOK, times);
    }
    if (event == IMAGE_ASK_NONE || event == IMAGE_ASK_PENDING) {
        run->reached = true;
        return enter(image, run, event == IMAGE_ASK_NONE ? PAID : DOUBT);
    }
    image->doubt = false;
    if (event == IMAGE_ASK_UNSENT || event == IMAGE_ASK_THROTTLED)
        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);
    run->reached = true;
    switch (event) {
    case IMAGE_ASK_OTHER:
        run->other_key = true;
        return have_text(image, run, rules, false);
    case IMAGE_ASK_TEXT:
        return have_text(image, run, rules, false);
    case IMAGE_ASK_LIMIT:
        return wait_for(image, run, IMAGE_WAIT_NAMED, times);
    case IMAGE_ASK_BUSY:
        if (image->tries < UINT8_MAX)
            image->tries++;
        return image->tries >= rules->attempts && times->minute
            ? fail(image, BUSY)
            : wait_for(image, run, IMAGE_WAIT_PAUSE, times);
    case IMAGE_ASK_MISSING:
        return fail(image, MISSING);
    case IMAGE_ASK_OPTION:
        return fail(image, OPTION);
    default:                     /* IMAGE_ASK_BAD, IMAGE_ASK_REFUSED */
        return fail(image, OWN);
    }
}

static enum image_action after_store(struct image *image,
                                     struct image_run *run,
                                     enum image_event event,
                                     const struct image_times *times)
{
    switch (event) {
    case IMAGE_STORED:
        run->stored = true;
        return print(image, IMAGE_ROW_TEXT, true);
    case IMAGE_STORE_LARGE:
        image->why = LARGE;
        return print(image, IMAGE_ROW_UNSTORED, true);
    case IMAGE_STORE_FAILED:
        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);
    default:                     /* IMAGE_STORE_REFUSED */
        return leave_unstored(image, run, IMAGE_STOP_TABLE);
    }
}

void image_init(struct image *image, bool doubt)
{
    *image = (struct image){.doubt = doubt};
}

bool image_impatient(const struct image_run *run)
{
    return !run->reached;
}

enum image_action image_next(struct image *image, struct image_run *run,
                             const struct image_rules *rules,
                             enum image_event event,
                             const struct image_times *times)
{
    switch (event) {
    case IMAGE_BEGIN:
        return image->doubt ? enter(image, run, EARLIER)
            : approach(image, run, rules);
    case IMAGE_IN_TABLE:
        return print(image, IMAGE_ROW_SKIPPED, true);
    case IMAGE_NOT_IN_TABLE:
        return approach(image, run, rules);
    case IMAGE_CHECK_FAILED:
        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);
    case IMAGE_FORBIDDEN:
        if (image->phase == STORE)
            return leave_unstored(image, run, IMAGE_STOP_FORBIDDEN);
        if (image->phase == ASK)
            image->doubt = false;
        return end_run(image, run, IMAGE_STOP_FORBIDDEN);
    case IMAGE_WAITED:
        return act(image, run);
    case IMAGE_STOP:
        return image->phase == STORE
            ? leave_unstored(image, run, IMAGE_STOP_ASKED)
            : end_run(image, run, IMAGE_STOP_ASKED);
    case IMAGE_PRINTED:
        image->end = image->counted ? IMAGE_DONE : IMAGE_STOPPED_PRINTED;
        return finish(image, run);
    case IMAGE_UNPRINTED:
        return end_run(image, run, IMAGE_STOP_OUTPUT);
    case IMAGE_STORED:
    case IMAGE_STORE_LARGE:
    case IMAGE_STORE_REFUSED:
    case IMAGE_STORE_FAILED:
        return after_store(image, run, event, times);
    case IMAGE_LOOK_TEXT:
    case IMAGE_LOOK_OTHER:
    case IMAGE_LOOK_BAD:
    case IMAGE_LOOK_PENDING:
    case IMAGE_LOOK_ABSENT:
    case IMAGE_LOOK_MISSING:
    case IMAGE_LOOK_LIMIT:
    case IMAGE_LOOK_FAILED:
        return after_look(image, run, rules, event, times);
    default:
        return after_ask(image, run, rules, event, times);
    }
}
