/* aws: see aws.h. */
#include "aws.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

/* The variable's value; empty counts as unset. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* Copies a value that will stand in a header: printable ASCII. */
static bool take(char *to, size_t room, const char *name, const char *value,
                 char *error, size_t size)
{
    size_t n = strlen(value), i;

    if (n >= room) {
        snprintf(error, size, "%s is longer than %zu bytes", name, room - 1);
        return false;
    }
    for (i = 0; i < n; i++) {
        if (value[i] > 0x20 && value[i] < 0x7f)
            continue;
        snprintf(error, size, "%s has a blank or another character that "
                 "cannot be in it (at position %zu)", name, i + 1);
        return false;
    }
    memcpy(to, value, n + 1);
    return true;
}

/* A line of a credentials file: its first n bytes are what counts. */
struct line {
    char *text;
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct line trim(char *text, size_t n)
{
    while (n > 0 && is_blank(*text)) {
        text++;
        n--;
    }
    while (n > 0 && is_blank(text[n - 1]))
        n--;
    return (struct line){text, n};
}

static bool line_is(struct line line, const char *word)
{
    return line.n == strlen(word) && memcmp(line.text, word, line.n) == 0;
}

/* Where a property's value ends: a comment needs a blank before it. */
static size_t value_length(const char *text, size_t n)
{
    size_t i;

    for (i = 1; i < n; i++)
        if ((text[i] == '#' || text[i] == ';') && is_blank(text[i - 1]))
            return i;
    return n;
}

/* "name = value" in the section that is wanted. */
static bool take_property(struct aws_keys *keys, struct line name,
                          struct line value, char *error, size_t size)
{
    const struct {
        const char *name;
        char *to;
        size_t room;
    } known[] = {
        {"aws_access_key_id", keys->access, sizeof keys->access},
        {"aws_secret_access_key", keys->secret, sizeof keys->secret},
        {"aws_session_token", keys->token, sizeof keys->token}
    };
    size_t i;

    value.text[value.n] = '\0';
    for (i = 0; i < 3; i++)
        if (line_is(name, known[i].name))
            return take(known[i].to, known[i].room, known[i].name, value.text,
                        error, size);
    return true;
}

/*
 * Reads the keys of a profile. The syntax is the AWS C library's (aws_profile
 * of awslabs/aws-c-sdkutils): "#" or ";" comment out a whole line only at its
 * very start, a line that begins with a blank goes on with the one before,
 * the last of equal names wins. `text` ends in NUL, and is changed.
 */
static bool parse_profile(struct aws_keys *keys, char *text,
                          const char *profile, char *error, size_t size)
{
    bool section = false, mine = false;
    unsigned number = 0;

    for (; text != NULL && *text != '\0'; number++) {
        char *end = strchr(text, '\n'), *next = end == NULL ? NULL : end + 1;
        size_t n = end == NULL ? strlen(text) : (size_t)(end - text);
        char *equal, *bracket;

        if (n > 0 && text[n - 1] == '\r')
            n--;
        equal = memchr(text, '=', n);
        bracket = memchr(text, ']', n);
        if (n == 0 || *text == '#' || *text == ';' || is_blank(*text)) {
            text = next;
            continue;
        }
        if (*text == '[' && bracket != NULL) {
            section = true;
            mine = line_is(trim(text + 1, (size_t)(bracket - text - 1)),
                           profile);
        } else if (*text == '[' || !section || equal == NULL) {
            snprintf(error, size, "line %u is wrong", number + 1);
            return false;
        } else if (mine) {
            char *value = equal + 1;
            size_t len = value_length(value, (size_t)(text + n - value));

            if (!take_property(keys, trim(text, (size_t)(equal - text)),
                               trim(value, len), error, size))
                return false;
        }
        text = next;
    }
    if (keys->access[0] == '\0' || keys->secret[0] == '\0') {
        snprintf(error, size, "no keys for the profile \"%.64s\"", profile);
        return false;
    }
    return true;
}

/* Reads a whole small file, and a NUL. False: errno. */
static bool read_file(struct buf *to, const char *path)
{
    char piece[4096];
    ssize_t n = -1;
    int fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return false;
    while ((n = read(fd, piece, sizeof piece)) > 0 ||
           (n < 0 && errno == EINTR))
        if (n > 0)
            buf_add(to, piece, (size_t)n);
    close(fd);
    buf_wipe(piece, sizeof piece);
    if (n == 0 && buf_byte(to, '\0'))
        return true;
    if (n == 0)
        errno = EFBIG;
    return false;
}

/* Fetches the keys from aws->file. */
static bool load_file(struct aws *aws, struct aws_keys *keys, char *error,
                      size_t size)
{
    struct buf text;
    char why[256];
    bool good;

    memset(keys, 0, sizeof *keys);
    buf_init(&text, 1 << 20);
    good = read_file(&text, aws->file);
    if (!good) {
        snprintf(why, sizeof why, "%s", strerror(errno));
    } else if (memchr(text.data, '\0', text.len - 1) != NULL) {
        /* it would end there without a word */
        snprintf(why, sizeof why, "it is not text: it has a NUL");
        good = false;
    } else {
        good = parse_profile(keys, (char *)text.data, aws->profile, why,
                             sizeof why);
    }
    buf_free(&text);
    if (!good)
        snprintf(error, size, "%s: %s", aws->file, why);
    return good;
}

/* Fetches them from the environment. False, with no word in `error`: there
   are none. */
static bool load_environment(struct aws_keys *keys, char *error, size_t size)
{
    const char *key = variable("AWS_ACCESS_KEY_ID");
    const char *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");

    error[0] = '\0';
    if (key == NULL && secret == NULL)
        return false;
    if (key == NULL || secret == NULL) {
        snprintf(error, size, "no AWS credentials: %s is set, but %s is not",
                 key == NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
                 key == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
        return false;
    }
    return take(keys->access, sizeof keys->access, "AWS_ACCESS_KEY_ID", key,
                error, size) &&
        take(keys->secret, sizeof keys->secret, "AWS_SECRET_ACCESS_KEY",
             secret, error, size) &&
        (token == NULL || take(keys->token, sizeof keys->token,
                               "AWS_SESSION_TOKEN", token, error, size));
}

static bool load_keys(struct aws *aws, const char *profile, char *error,
                      size_t size)
{
    const char *file = variable("AWS_SHARED_CREDENTIALS_FILE");
    const char *home = variable("HOME");
    char why[1400];
    int n;

    /* AWS_PROFILE does not go before the environment's keys; the option does */
    if (profile == NULL) {
        if (load_environment(&aws->keys, error, size))
            return true;
        if (error[0] != '\0')
            return false;
        profile = variable("AWS_PROFILE");
    }
    if (profile == NULL)
        profile = "default";
    n = snprintf(aws->file, sizeof aws->file, "%s%s",
                 file != NULL ? file : home != NULL ? home : "",
                 file != NULL ? "" : "/.aws/credentials");
    if ((size_t)n >= sizeof aws->file ||
        strlen(profile) >= sizeof aws->profile) {
        snprintf(error, size, "the name of the AWS credentials file or of the "
                 "profile is too long");
        return false;
    }
    memcpy(aws->profile, profile, strlen(profile) + 1);
    if (load_file(aws, &aws->keys, why, sizeof why))
        return true;
    snprintf(error, size, "no AWS credentials: %s%.300s",
             variable("AWS_ACCESS_KEY_ID") == NULL
             ? "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and "
             : "", why);
    return false;
}

bool aws_renew(struct aws *aws)
{
    struct aws_keys keys;
    bool other = false;
    char error[1400];

    if (aws->file[0] != '\0' && load_file(aws, &keys, error, sizeof error)) {
        other = memcmp(&keys, &aws->keys, sizeof keys) != 0;
        aws->keys = keys;
    }
    buf_wipe(&keys, sizeof keys);
    return other;
}

static bool load_region(struct aws *aws, const char *region, char *error,
                        size_t size)
{
    size_t n;

    if (region == NULL || *region == '\0')
        region = variable("AWS_REGION");
    if (region == NULL)
        region = variable("AWS_DEFAULT_REGION");
    if (region == NULL) {
        snprintf(error, size, "no AWS region: set AWS_REGION, or give "
                 "--region");
        return false;
    }
    n = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (region[n] != '\0' || n >= sizeof aws->region || region[0] == '-') {
        snprintf(error, size, "\"%.64s\" is not the name of an AWS region "
                 "(such as us-east-1)", region);
        return false;
    }
    memcpy(aws->region, region, n + 1);
    return true;
}

/* DNS suffix of a region's partition (botocore, partitions.json). */
static const char *suffix(const char *region)
{
    if (strncmp(region, "cn-", 3) == 0)
        return "amazonaws.com.cn";
    if (strncmp(region, "eusc-", 5) == 0)
        return "amazonaws.eu";
    return "amazonaws.com";
}

static bool load_endpoint(struct aws *aws, const char *url, char *error,
                          size_t size)
{
    const char *name = "--endpoint-url";
    char own[128], why[96];

    if (url == NULL || *url == '\0')
        url = variable(name = "AWS_ENDPOINT_URL_DYNAMODB");
    if (url == NULL)
        url = variable(name = "AWS_ENDPOINT_URL");
    if (url == NULL) {
        name = "the region";
        if (strcmp(aws->region, "local") == 0)
            snprintf(own, sizeof own, "http://localhost:8000");
        else
            snprintf(own, sizeof own, "https://dynamodb.%s.%s", aws->region,
                     suffix(aws->region));
        url = own;
    }
    if (http_url_parse(&aws->endpoint, url, why, sizeof why))
        return true;
    snprintf(error, size, "the endpoint \"%.100s\" of %s: %s", url, name, why);
    return false;
}

bool aws_load(struct aws *aws, const char *profile, const char *region,
              const char *endpoint_url, char *error, size_t size)
{
    memset(aws, 0, sizeof *aws);
    return load_keys(aws, profile, error, size) &&
        load_region(aws, region, error, size) &&
        load_endpoint(aws, endpoint_url, error, size);
}

void aws_source(const struct aws *aws, char *text, size_t size)
{
    const char *until = aws->keys.token[0] != '\0'
        ? "; they are temporary, and do not say until when" : "";

    if (aws->file[0] == '\0')
        snprintf(text, size, "the environment%s", until);
    else
        snprintf(text, size, "the profile %s of %s%s", aws->profile,
                 aws->file, until);
}

void aws_wipe(struct aws *aws)
{
    buf_wipe(aws, sizeof *aws);
}
