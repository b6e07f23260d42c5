/*
 * services: creates the clients of Cloudinary and DynamoDB that the options and
 * the environment describe.
 */
#ifndef SERVICES_H
#define SERVICES_H

#include "aws/chain.h"
#include "cli/options.h"
#include "cloudinary/cloudinary.h"
#include "dynamodb/dynamodb.h"

#ifndef OCRDYN_VERSION
#define OCRDYN_VERSION "unknown"
#endif

enum { SERVICES_ERROR = CHAIN_ERROR };   /* size of an error sentence */

/*
 * Each returns a client, which is static: a command has at most one of each.
 * Returns NULL if something is missing or wrong; `error` (SERVICES_ERROR bytes)
 * is then the reason. The credential chain of AWS may make calls; the service
 * itself is not called.
 */
struct cloudinary *services_cloudinary(const struct options *o, char *error);
struct dynamodb *services_dynamodb(const struct options *o, char *error);

/* Returns services_dynamodb(), and prints the reason if it is NULL. */
struct dynamodb *services_dynamodb_or_say(const struct options *o);

/* Closes the connections and wipes the keys. To be called at the end. */
void services_close(void);

#endif
