/*
 * account: reads the Cloudinary account and its credentials from the
 * environment.
 *
 * It uses the same variables as the official SDKs (see "Cloudinary environment
 * variable" in their documentation).
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "base/error.h"

struct account {
    char cloud[128];
    char key[128], secret[256];  /* both may be "" if there is a token */
    char token[2048];            /* OAuth; takes precedence over the key */
    char proxy[1024];            /* api_proxy, or "" */
    struct url url;         /* default: https://api.cloudinary.com */
};

/*
 * Reads either
 *   - CLOUDINARY_CLOUD_NAME, if it is set, with CLOUDINARY_API_KEY,
 *     CLOUDINARY_API_SECRET, CLOUDINARY_UPLOAD_PREFIX and
 *     CLOUDINARY_OAUTH_TOKEN; or
 *   - CLOUDINARY_URL, cloudinary://KEY:SECRET@CLOUD[/...][?NAME=VALUE&...].
 *     The names upload_prefix, oauth_token and api_proxy are used; cloud_name,
 *     api_key and api_secret override what stands before the "?"; other names
 *     are ignored.
 * CLOUDINARY_API_PROXY is read in both cases; api_proxy in CLOUDINARY_URL
 * overrides it. An empty variable counts as unset.
 *
 * Returns false with a sentence in `error`, which never contains a secret, if
 * there is no usable account. The caller wipes the account after use, also
 * after a failure.
 */
bool account_load(struct account *account, char error[WHY_MAX]);

#endif
