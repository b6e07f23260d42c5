/*
 * imds: what an EC2 instance is told about itself, by the Instance Metadata
 * Service.
 *
 * Version 2, with its token; version 1 only where the token cannot be had for
 * one of the reasons that AWS's own clients go on for, and nobody has
 * forbidden it. Where there is no such service (on any other machine) this is
 * known after a second.
 */
#ifndef IMDS_H
#define IMDS_H

#include <stdbool.h>

#include "http.h"
#include "aws/profile.h"
#include "base/error.h"

enum {
    IMDS_BODY_MAX = 1 << 18,     /* bytes of an answer */
    IMDS_NAME_MAX = 255          /* bytes of a name, see imds_get */
};

enum imds_state { IMDS_OFF, IMDS_NEW, IMDS_TOKEN, IMDS_VERSION_1 };

struct imds {
    enum imds_state state;
    struct url url;
    struct http_options options;
    bool no_v1;                  /* version 1 is forbidden */
    char token[1024];
    char error[WHY_MAX];       /* why it is off, or the last call failed */
};

/*
 * Neither connects nor fails: AWS_EC2_METADATA_DISABLED, and an endpoint that
 * is wrong (AWS_EC2_METADATA_SERVICE_ENDPOINT, ..._ENDPOINT_MODE) show in
 * imds_get.
 */
void imds_init(struct imds *imds, const struct profile *p,
               const struct http_options *options);

/* GET of what is under /latest/meta-data/, a name of at most IMDS_NAME_MAX
   bytes. False: `error` has a sentence. */
bool imds_get(struct imds *imds, const char *name,
              struct http_answer *answer);

/* Wipes the token. */
void imds_close(struct imds *imds);

#endif
