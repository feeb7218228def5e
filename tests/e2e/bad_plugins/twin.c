/* A frontend that runs twice, as alpha and as beta, of which beta alone breaks the rule that KIND names. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vectorizer/frontend.h"

struct vz_frontend {
    const vz_host* host;
    pthread_t thread;
    vz_result* held;
};

static int is(const char* kind) { return strcmp(KIND, kind) == 0; }
static vz_str str(const char* text) { return (vz_str){text, strlen(text)}; }
static int is_beta(const struct vz_frontend* self) { return strcmp(self->host->instance.data, "beta") == 0; }

static void count_for_nothing(const struct vz_frontend* self) {
    vz_count(self->host->engine, str("none"), NULL, NULL, NULL);
}

static void* run(void* argument) {
    struct vz_frontend* self = argument;
    if (!is_beta(self)) return NULL;
    if (is("twin-crashes")) *(volatile int*)8 = 1;
    if (is("twin-misuses")) count_for_nothing(self);
    if (is("twin-holds")) vz_collection_list(self->host->engine, &self->held, NULL);
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
    if (is_beta(self) && is("twin-crashes-in-start")) *(volatile int*)8 = 1;
    if (is_beta(self) && is("twin-misuses-in-start")) count_for_nothing(self);
    pthread_create(&self->thread, NULL, run, self);
    return VZ_OK;
}

static void drain(vz_frontend* self) { (void)self; }
static uint32_t idle(vz_frontend* self) {
    (void)self;
    return 1;
}

static void stop(vz_frontend* self) {
    pthread_join(self->thread, NULL);
    if (is_beta(self) && is("twin-crashes-in-stop")) abort();
}

static void destroy(vz_frontend* self) { free(self); }

static const void* extension(vz_frontend* self, const char* id) {
    (void)self, (void)id;
    return NULL;
}

static const vz_frontend_descriptor descriptor = {
    sizeof descriptor, VZ_ABI_VERSION, "dev.vectorizer.twin", "Twin", "1.0.0", create, start, drain, idle, stop,
    destroy,           extension};

__attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi);
const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) {
    (void)host_abi;
    return &descriptor;
}
