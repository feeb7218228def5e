/* The acts of the session that session.c plays: each makes every call of its subject through `client`. */
#ifndef VECTORIZER_TESTS_ABI_SESSION_H
#define VECTORIZER_TESTS_ABI_SESSION_H

#include "tests/abi/client.h"

/* Creates `name`: one default field of four float components, euclidean. */
void create_plain(struct client client, const char* name);

/* Opens an engine in a directory made for it, named in `path`, with a plain collection "points". The caller closes and
 * removes. */
struct client open_points(char path[64]);
struct client open_points_with(char path[64], const vz_engine_options* options);

/* Create, describe, list, alias, rename, alter, drop. Leaves nothing. */
void act_collections(struct client client);
/* Every kind of write under every condition, and every kind of read. Leaves `name` with four points. */
void act_points(struct client client, const char* name);
/* Filters in every kind of read. Makes `name` and drops it. */
void act_filters(struct client client, const char* name);
/* Text and hybrid searches. Makes `name` and drops it. */
void act_texts(struct client client, const char* name);
/* One write with a request id that is the same each time: the outcome tells whether it was met before. */
void act_once(struct client client, const char* name, uint32_t outcome);
/* What lies in the log only, and what a restart would replay. Makes `name` and drops it. */
void act_persistence(struct client client, const char* name);
/* Values of the database. Leaves "session/kept". */
void act_values(struct client client);
/* What issues after the first one bring is refused and changes nothing. */
void act_later(struct client client, const char* name);

/* A number over everything that can be read of a collection: ids, versions, vectors, payloads, hits and scores. */
uint64_t fingerprint(struct client client, const char* name);

#endif
