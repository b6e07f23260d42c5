/* picks: see picks.h. */
#include "json/picks.h"

#include <string.h>

_Static_assert(JSON_MAX_PICKS <= 32, "picks are bits of a uint32_t");
_Static_assert(JSON_MAX_TOKENS <= 16, "tokens are bits of a uint16_t");

const unsigned char *picks_fail(struct json *j, enum json_error error,
                                const unsigned char *p)
{
    if (j->error == JSON_OK)
        j->error = (uint8_t)error;
    return p;
}

/* The lowest pick of a mask that is not empty. */
static unsigned lowest(uint32_t mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/* Is this the end of a reference token? */
static bool ended(char c)
{
    return c == '/' || c == '\0';
}

/* Does the wildcard of a pick that has them stand here? */
static bool star(const struct json *j, unsigned i, const char *s)
{
    return s[0] == '*' && ended(s[1]) && j->picks[i].wild;
}

/* Starts to follow a pointer; false if it is not one. */
static bool track_init(struct json_track *t, const char *s, bool wild)
{
    unsigned bit = 0;            /* of the token in hand */
    size_t n;

    memset(t, 0, sizeof *t);
    t->token = s;
    if (!ended(*s))
        return false;
    for (; *s != '\0'; s += n) {
        n = (unsigned char)*s < 0x80 ? 1
            : text_utf8_length((const unsigned char *)s, strlen(s));
        if (n == 0)
            return false;
        if (*s == '/') {
            if (t->tokens == JSON_MAX_TOKENS)
                return false;
            bit = 1u << t->tokens++;
            t->literal = (uint16_t)(t->literal | bit);
        } else if (*s == '~' && s[1] != '0' && s[1] != '1') {
            return false;
        } else if (*s == '*' && wild) {
            if (!ended(s[1]))
                return false;
            t->literal = (uint16_t)(t->literal ^ bit);
        }
    }
    return true;
}

void picks_init(struct json *j)
{
    unsigned i;

    for (i = 0; i < j->n; i++)
        if (!track_init(&j->tracks[i], j->picks[i].pointer, j->picks[i].wild))
            picks_fail(j, JSON_E_POINTER, NULL);
}

bool json_pointer_valid(const char *pointer, bool wild)
{
    struct json_track t;

    return track_init(&t, pointer, wild);
}

/*
 * The member or element in hand is the one that the next token names. A new
 * place for a wildcard makes the tokens after it good for another value.
 */
static void advance(struct json_track *t)
{
    unsigned bit = 1u << t->matched++;

    if ((t->literal & bit) == 0)
        t->used = (uint16_t)(t->used & (bit - 1));
    for (t->token = t->at; !ended(*t->token); t->token++)
        ;
}

/* The value that the last matched token led to is over. */
static void retreat(struct json_track *t)
{
    t->matched--;
    do
        t->token--;
    while (*t->token != '/');
}

bool picks_look(struct json *j)
{
    unsigned i, level = j->depth - 1u;

    j->candidates = 0;
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];

        if (t->matched == level && t->tokens > level
            && (t->used >> level & 1) == 0) {
            t->at = t->token + 1;
            j->candidates |= UINT32_C(1) << i;
        }
    }
    if (j->candidates == 0 && j->walk == 0) {
        j->quiet = true;
        j->floor = j->depth;
    }
    return j->quiet;
}

/* Is this reference token the array index `index`? Compared from its end. */
static bool is_index(const char *s, uint64_t index)
{
    const char *end = s;

    while (!ended(*end))
        end++;
    do {
        if (end == s || *--end != (char)('0' + index % 10))
            return false;
        index /= 10;
    } while (index > 0);
    return end == s;
}

void picks_match(struct json *j)
{
    uint64_t index = 0;
    uint32_t left;

    if (!j->object)
        index = j->index[j->depth - 1]++;
    for (left = j->candidates; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        struct json_track *t = &j->tracks[i];

        if (star(j, i, t->at)
            || (j->object ? ended(*t->at) : is_index(t->at, index)))
            advance(t);
        else
            j->candidates &= ~(UINT32_C(1) << i);
    }
}

/* Does a piece of a name go on as the token does? */
static bool match_piece(struct json *j, unsigned i,
                        const unsigned char *bytes, size_t n)
{
    const char *s = j->tracks[i].at;

    for (; n > 0; n--, bytes++, s++) {
        char c = *s;

        if ((unsigned char)c != *bytes && c != '~' && c != '*')
            return false;        /* as with most */
        if (c == '~')
            c = *++s == '0' ? '~' : '/';
        else if (ended(c))
            return false;
        else if (star(j, i, s))
            break;
        if ((unsigned char)c != *bytes)
            return false;
    }
    j->tracks[i].at = s;
    return true;
}

/* ---- telling the caller ---- */

const unsigned char picks_nothing[1];

static void tell(struct json *j, unsigned i, enum json_event event,
                 enum json_type type, const unsigned char *bytes, size_t n)
{
    if (j->error == JSON_E_CALLER)
        return;
    if (!j->fn(j->context, i, event, type, bytes, n))
        j->error = JSON_E_CALLER;
}

/* Tells bytes to the picks in `mask`. Each has room for them. */
static void tell_bytes(struct json *j, uint32_t mask,
                       const unsigned char *bytes, size_t n)
{
    for (; n > 0 && mask != 0; mask &= mask - 1) {
        const unsigned i = lowest(mask);
        struct json_track *t = &j->tracks[i];

        t->told += n;
        tell(j, i, JSON_BYTES, (enum json_type)t->type, bytes, n);
    }
}

/* How many bytes more the pick may be told of its value. */
static size_t room(const struct json *j, unsigned i)
{
    size_t cap = j->picks[i].cap;

    if (cap == 0 || (j->walk >> i & 1) != 0)
        return SIZE_MAX;
    return cap - j->tracks[i].told;
}

void picks_flush(struct json *j, const unsigned char *p)
{
    if (j->copy != 0 && p != j->from)
        tell_bytes(j, j->copy, j->from, (size_t)(p - j->from));
    j->from = p;
}

const unsigned char *picks_cut(struct json *j, const unsigned char *p,
                               const unsigned char *end)
{
    static const char numeric[] = "0123456789+-.Ee";
    bool ends = j->state >= MINUS && j->state <= POWER
                && memchr(numeric, *p, sizeof numeric - 1) == NULL;
    size_t least = (size_t)(end - p), left;
    unsigned i;

    for (i = 0; i < j->n; i++) {
        if ((j->copy >> i & 1) == 0)
            continue;
        left = room(j, i) - (size_t)(p - j->from);
        if (left == 0 && ends && j->tracks[i].tokens == j->depth)
            left = 1;
        if (left < least)
            least = left;
    }
    if (least == 0)
        picks_fail(j, JSON_E_CAP, p);
    return p + least;
}

/* Does the pick name the value in hand itself? */
static bool names_this(const struct json *j, const struct json_track *t)
{
    return t->tokens == j->depth && t->matched == j->depth;
}

bool picks_begin(struct json *j, enum json_type type, enum json_state state,
                 const unsigned char *p)
{
    unsigned i;

    j->state = (uint8_t)state;
    if (j->depth > 0 && !j->object && j->candidates != 0)
        picks_match(j);
    j->idle = j->depth > 0 && j->candidates == 0 && j->walk == 0;
    if (j->idle)
        return false;
    picks_flush(j, p);
    j->type = (uint8_t)type;
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        enum json_want want = j->picks[i].want;
        uint32_t bit = UINT32_C(1) << i;

        if (names_this(j, t)) {
            t->used |= t->literal;
            t->told = 0;
            j->walk |= want == JSON_WANT_WALK ? bit : 0;
            j->copy |= want == JSON_WANT_RAW ? bit : 0;
        } else if ((j->walk & bit) == 0) {
            continue;
        }
        if (want == JSON_WANT_TEXT || want == JSON_WANT_WALK) {
            if (type == JSON_STRING)
                j->text |= bit;
            else if (type != JSON_OBJECT && type != JSON_ARRAY)
                j->copy |= bit;
        }
        t->type = (uint8_t)type;
        tell(j, i, JSON_BEGIN, type, picks_nothing, 0);
    }
    return true;
}

bool picks_end(struct json *j, enum json_type type, const unsigned char *p)
{
    uint32_t over = 0, walk = j->walk;
    unsigned i;

    j->state = j->depth > 0 ? AFTER : DONE;
    if (j->idle) {
        j->idle = false;
        return false;
    }
    picks_flush(j, p);
    for (i = 0; i < j->n; i++) {
        struct json_track *t = &j->tracks[i];
        uint32_t bit = UINT32_C(1) << i;

        if (names_this(j, t))
            over |= bit;
        if (((over | walk) & bit) != 0)
            tell(j, i, JSON_END, type, picks_nothing, 0);
        if (j->depth > 0 && t->matched == j->depth)
            retreat(t);
    }
    j->copy &= ~(over | walk);
    j->walk &= ~over;
    j->text = 0;
    return true;
}

/* A piece of a name, decoded. */
static void tell_name(struct json *j, const unsigned char *bytes, size_t n)
{
    uint32_t left;

    for (left = j->candidates | j->walk; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        const uint32_t bit = UINT32_C(1) << i;

        if ((j->candidates & bit) != 0 && !match_piece(j, i, bytes, n))
            j->candidates &= ~bit;
        if ((j->walk & bit) != 0)
            tell(j, i, JSON_NAME, JSON_STRING, bytes, n);
    }
}

const unsigned char *picks_string(struct json *j, const unsigned char *bytes,
                                  const unsigned char *end)
{
    size_t n = (size_t)(end - bytes), most = n;
    unsigned i;

    if (j->name) {
        if ((j->candidates | j->walk) != 0)
            tell_name(j, bytes, n);
        return end;
    }
    for (i = 0; j->text != 0 && i < j->n; i++) {
        if ((j->text >> i & 1) != 0 && room(j, i) < most)
            most = room(j, i);
    }
    tell_bytes(j, j->text, bytes, most);
    if (most < n)
        picks_fail(j, JSON_E_CAP, NULL);
    return bytes + most;
}
