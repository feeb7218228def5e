/* A frontend whose library of its own breaks the rule that KIND names, on a thread that the frontend started. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "needed.h"
#include "vectorizer/frontend.h"

struct vz_frontend {
    const vz_host* host;
    pthread_t thread;
};

static int is(const char* kind) { return strcmp(KIND, kind) == 0; }

static void* run(void* argument) {
    struct vz_frontend* self = argument;
    if (is("helped-misuses")) needed_misuse(self->host->engine);
    if (is("helped-holds")) needed_hold(self->host->engine);
    if (is("helped-naps")) needed_nap(self->host->engine);
    return NULL;
}

static vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) {
    (void)error;
    *out = calloc(1, sizeof **out);
    (*out)->host = host;
    return VZ_OK;
}

static vz_status start(vz_frontend* self, vz_error* error) {
    (void)error;
    pthread_create(&self->thread, NULL, run, self);
    return VZ_OK;
}

static void drain(vz_frontend* self) { (void)self; }
static uint32_t idle(vz_frontend* self) {
    (void)self;
    return 1;
}
static void stop(vz_frontend* self) { pthread_join(self->thread, NULL); }
static void destroy(vz_frontend* self) { free(self); }

static const void* extension(vz_frontend* self, const char* id) {
    (void)self, (void)id;
    return NULL;
}

static const vz_frontend_descriptor descriptor = {
    sizeof descriptor, VZ_ABI_VERSION, "dev.vectorizer.helped", "Helped", "1.0.0", create, start, drain, idle, stop,
    destroy,           extension};

__attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi);
const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) {
    (void)host_abi;
    return &descriptor;
}
