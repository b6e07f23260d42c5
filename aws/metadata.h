/*
 * metadata: a client of the EC2 Instance Metadata Service (IMDS).
 *
 * Uses version 2, with a token. Uses version 1 only if it is not forbidden and
 * the request for a token gets no answer or one of the statuses after which
 * AWS's clients do the same. Connecting takes at most a second, after which a
 * machine without the service is recognized.
 */
#ifndef IMDS_H
#define IMDS_H

#include <stdbool.h>

#include "http.h"
#include "aws/profile.h"
#include "base/error.h"

enum {
    IMDS_BODY_MAX = 1 << 18,     /* bytes of an answer */
    IMDS_NAME_MAX = 255          /* bytes of a name for imds_get */
};

enum imds_state { IMDS_OFF, IMDS_NEW, IMDS_TOKEN, IMDS_VERSION_1 };

struct imds {
    enum imds_state state;
    struct url url;
    struct http_options options;
    bool no_v1;                  /* version 1 is forbidden */
    char token[1024];
    char error[WHY_MAX];       /* why it is off, or why the last call failed */
};

/*
 * Neither connects nor fails. If AWS_EC2_METADATA_DISABLED is true, or the
 * endpoint (AWS_EC2_METADATA_SERVICE_ENDPOINT, or the default address of
 * ..._ENDPOINT_MODE) is not valid, imds_get fails.
 */
void imds_init(struct imds *imds, const struct profile *p,
               const struct http_options *options);

/* Fetches /latest/meta-data/NAME; the name has at most IMDS_NAME_MAX bytes.
   The caller initializes and frees answer->body. Returns false and sets
   imds->error to a sentence unless the status is 200. */
bool imds_get(struct imds *imds, const char *name,
              struct http_answer *answer);

/* Wipes the token. */
void imds_close(struct imds *imds);

#endif
