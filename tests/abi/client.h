/* One caller of the engine that makes every call in one of two ways: as a function, or as an operation it waits for. */
#ifndef VECTORIZER_TESTS_ABI_CLIENT_H
#define VECTORIZER_TESTS_ABI_CLIENT_H

#include <pthread.h>

#include "tests/abi/expect.h"

#define BY_CALL 0
#define BY_SUBMIT 1

struct client {
    vz_engine* engine;
    int how; /* BY_CALL, BY_SUBMIT */
};

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    uint32_t left;
};

static inline void waiter_start(struct waiter* waiter, uint32_t operations) {
    pthread_mutex_init(&waiter->mutex, NULL);
    pthread_cond_init(&waiter->ended, NULL);
    waiter->left = operations;
}

/* A vz_done_fn for operations whose `user` is a waiter. */
static inline void waiter_done(vz_op* op) {
    struct waiter* waiter = op->user;
    pthread_mutex_lock(&waiter->mutex);
    waiter->left--;
    pthread_cond_signal(&waiter->ended);
    pthread_mutex_unlock(&waiter->mutex);
}

static inline void waiter_wait(struct waiter* waiter) {
    pthread_mutex_lock(&waiter->mutex);
    while (waiter->left != 0) pthread_cond_wait(&waiter->ended, &waiter->mutex);
    pthread_mutex_unlock(&waiter->mutex);
    pthread_cond_destroy(&waiter->ended);
    pthread_mutex_destroy(&waiter->mutex);
}

static inline vz_status call(vz_engine* engine, uint32_t kind, vz_str collection, const void* request, void* answer,
                             vz_error* error) {
    switch (kind) {
        case VZ_OP_COLLECTION_CREATE: return vz_collection_create(engine, collection, request, answer, error);
        case VZ_OP_COLLECTION_DROP: return vz_collection_drop(engine, collection, answer, error);
        case VZ_OP_COLLECTION_RENAME: return vz_collection_rename(engine, collection, request, answer, error);
        case VZ_OP_COLLECTION_ALTER: return vz_collection_alter(engine, collection, request, answer, error);
        case VZ_OP_ALIAS_APPLY: return vz_alias_apply(engine, request, answer, error);
        case VZ_OP_PERSISTENCE_READ: return vz_persistence_read(engine, collection, answer, error);
        case VZ_OP_VALUE_PUT: return vz_value_put(engine, request, answer, error);
        case VZ_OP_WRITE: return vz_write(engine, collection, request, answer, error);
        case VZ_OP_SEARCH: return vz_search(engine, collection, request, answer, error);
        case VZ_OP_GET: return vz_get(engine, collection, request, answer, error);
        case VZ_OP_SCAN: return vz_scan(engine, collection, request, answer, error);
        case VZ_OP_COUNT: return vz_count(engine, collection, request, answer, error);
        case VZ_OP_CHECKPOINT: return vz_checkpoint(engine, collection, answer, error);
        case VZ_OP_VERIFY: return vz_verify(engine, collection, request, answer, error);
        case VZ_OP_SNAPSHOT_CREATE: return vz_snapshot_create(engine, request, answer, error);
        case VZ_OP_SNAPSHOT_DROP: return vz_snapshot_drop(engine, collection, answer, error);
        case VZ_OP_ARCHIVE_EXPORT: return vz_archive_export(engine, request, error);
        case VZ_OP_RESTORE: return vz_restore(engine, request, answer, error);
        default: return VZ_INTERNAL;
    }
}

static inline vz_status perform(struct client client, uint32_t kind, vz_str collection, const void* request,
                                void* answer, vz_error* error) {
    if (client.how == BY_CALL) return call(client.engine, kind, collection, request, answer, error);
    struct waiter waiter;
    waiter_start(&waiter, 1);
    vz_op op = {.struct_size = (uint32_t)sizeof(vz_op),
                .kind = kind,
                .collection = collection,
                .request = request,
                .answer = answer,
                .done = waiter_done,
                .user = &waiter,
                .error = error};
    vz_op* const ops[] = {&op};
    const vz_status taken = vz_submit(client.engine, ops, 1);
    if (taken != VZ_OK) {
        if (error != NULL) error->status = taken;
        return taken;
    }
    waiter_wait(&waiter);
    return op.status;
}

#endif
