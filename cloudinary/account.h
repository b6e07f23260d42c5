/*
 * account: which Cloudinary account, and who asks, from the environment.
 *
 * Takes what the official SDKs take ("Cloudinary environment variable").
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "base/error.h"

struct account {
    char cloud[128];
    char key[128], secret[256];  /* both may be "" with a token */
    char token[2048];            /* OAuth; wins over key and secret */
    char proxy[1024];            /* api_proxy, or "" */
    struct url url;         /* https://api.cloudinary.com by default */
};

/*
 * Takes CLOUDINARY_URL, cloudinary://KEY:SECRET@CLOUD[/...][?NAME=VALUE&...]
 * where the names that matter are upload_prefix, oauth_token, api_proxy and,
 * to go before what stands on the left, cloud_name, api_key and api_secret;
 * or, where CLOUDINARY_CLOUD_NAME is set, that and CLOUDINARY_API_KEY,
 * CLOUDINARY_API_SECRET, CLOUDINARY_UPLOAD_PREFIX, CLOUDINARY_OAUTH_TOKEN;
 * and CLOUDINARY_API_PROXY.
 * False: `error` has a sentence, which never holds a secret. The caller wipes
 * the account after use.
 */
bool account_load(struct account *account, char error[WHY_MAX]);

#endif
