/* A library that a plugin needs, and that breaks rules for it: no code of the plugin itself asks the engine. */
#include "needed.h"

#include <unistd.h>

vz_result* needed_hold(vz_engine* engine) {
    vz_result* result = NULL;
    vz_collection_list(engine, &result, NULL);
    return result;
}

void needed_misuse(vz_engine* engine) { vz_count(engine, (vz_str){"none", 4}, NULL, NULL, NULL); }

static void nap(vz_op* op) {
    usleep(150000);
    *(volatile int*)op->user = 1;
}

void needed_nap(vz_engine* engine) {
    volatile int ended = 0;
    uint64_t count = 0;
    vz_count_request request = {.struct_size = sizeof request};
    vz_op op = {.struct_size = sizeof op,
                .kind = VZ_OP_COUNT,
                .collection = {"none", 4},
                .request = &request,
                .answer = &count,
                .done = nap,
                .user = (void*)(uintptr_t)&ended};
    vz_op* const ops[] = {&op};
    if (vz_submit(engine, ops, 1) != VZ_OK) return;
    while (!ended) usleep(1000);
}
