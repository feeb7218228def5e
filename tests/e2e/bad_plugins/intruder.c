/* A frontend that lays hands on what is its host's, or the whole process's: KIND says on what. Otherwise it serves
 * nobody, in order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "vectorizer/frontend.h"

enum { kFollowing = 64 };

struct vz_frontend {
    const vz_host* host;
    vz_op op;
    vz_op following[kFollowing];
    char names[kFollowing][16];
    vz_schema schema;
    vz_vector_field field;
    vz_count_request request;
    uint64_t count;
    volatile int ended;
};

static int is(const char* kind) { return strcmp(KIND, kind) == 0; }
static vz_str str(const char* text) { return (vz_str){text, strlen(text)}; }

/* As a library does that was built for speed alone: what is smaller than a float can be is zero from here on. */
__attribute__((constructor)) static void load(void) {
    if (is("flushes-to-zero-as-it-loads")) _mm_setcsr(_mm_getcsr() | 0x8040);
    if (is("handles-a-signal-as-it-loads")) signal(SIGUSR1, SIG_IGN);
}

/* Descriptors of the data directory whose name contains `part`, or all but the first three. */
static void close_descriptors(const char* part) {
    for (int number = 3; number < 1024; ++number) {
        char link[64];
        char target[512] = {0};
        snprintf(link, sizeof link, "/proc/self/fd/%d", number);
        if (readlink(link, target, sizeof target - 1) <= 0) continue;
        if (part != NULL && strstr(target, part) == NULL) continue;
        close(number);
    }
}

/* Another file in the place of each that the database writes. */
static void replace_logs(void) {
    for (int number = 3; number < 1024; ++number) {
        char link[64];
        char target[512] = {0};
        snprintf(link, sizeof link, "/proc/self/fd/%d", number);
        if (readlink(link, target, sizeof target - 1) <= 0 || strstr(target, "/data/") == NULL) continue;
        FILE* const other = tmpfile();
        if (other != NULL) dup2(fileno(other), number);
    }
}

static void note_end(vz_op* op) { ((struct vz_frontend*)op->user)->ended = 1; }

static void submit_collections(struct vz_frontend* self) {
    self->field = (vz_vector_field){.struct_size = sizeof self->field, .metric = VZ_COSINE, .dim = 2};
    self->schema =
        (vz_schema){.struct_size = sizeof self->schema, .vector_fields = &self->field, .vector_field_count = 1};
    vz_op* ops[kFollowing];
    for (int i = 0; i < kFollowing; ++i) {
        snprintf(self->names[i], sizeof self->names[i], "behind-%d", i);
        self->following[i] = (vz_op){.struct_size = sizeof(vz_op),
                                     .kind = VZ_OP_COLLECTION_CREATE,
                                     .collection = str(self->names[i]),
                                     .request = &self->schema,
                                     .done = note_end,
                                     .user = self};
        ops[i] = &self->following[i];
    }
    vz_submit(self->host->engine, ops, kFollowing);
}

static void go_too_far(vz_op* op) {
    struct vz_frontend* self = op->user;
    if (is("ends-an-engine-thread")) pthread_exit(NULL);
    if (is("forks-in-a-completion")) {
        if (fork() == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
        submit_collections(self); /* both of them */
    }
    if (is("masks-an-engine-thread")) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
    }
    while (is("hangs-in-a-completion")) pause();
    self->ended = 1;
}

static void submit_count(struct vz_frontend* self) {
    self->request = (vz_count_request){.struct_size = sizeof self->request};
    self->op = (vz_op){.struct_size = sizeof self->op,
                       .kind = VZ_OP_COUNT,
                       .collection = str("no-such-collection"),
                       .request = &self->request,
                       .answer = &self->count,
                       .done = go_too_far,
                       .user = self};
    vz_op* const op = &self->op;
    vz_submit(self->host->engine, &op, 1);
}

static vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) {
    (void)error;
    struct vz_frontend* self = calloc(1, sizeof *self);
    self->host = host;
    *out = self;
    return VZ_OK;
}

static void set_timer(int number) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) abort();
    const struct itimerspec soon = {.it_value = {.tv_sec = 1}};
    timer_settime(timer, 0, &soon, NULL);
}

static void unload_itself(void) {
    Dl_info own;
    if (dladdr((void*)(uintptr_t)unload_itself, &own) == 0) abort();
    void* const handle = dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    for (int i = 0; i < 4 && handle != NULL; ++i) dlclose(handle);
}

static vz_status start(vz_frontend* self, vz_error* error) {
    (void)error;
    if (is("quits")) _exit(0);
    if (is("ends-the-host-thread")) pthread_exit(NULL);
    if (is("ends-an-engine-thread") || is("masks-an-engine-thread") || is("hangs-in-a-completion") ||
        is("forks-in-a-completion"))
        submit_count(self);
    while (is("masks-an-engine-thread") && !self->ended) usleep(1000);
    if (is("closes-logs")) close_descriptors("/data");
    if (is("closes-all")) close_descriptors(NULL);
    if (is("replaces-logs")) replace_logs();
    if (is("unloads-itself")) unload_itself();
    if (is("real-time-timer")) set_timer(SIGRTMIN + 3);
    if (is("traps-arithmetic")) feenableexcept(FE_DIVBYZERO);
    if (is("signal-stack")) {
        static char stack[64 << 10];
        const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
        sigaltstack(&other, NULL);
    }
    if (is("priority")) setpriority(PRIO_PROCESS, 0, 7);
    if (is("schedule")) {
        const struct sched_param none = {.sched_priority = 0};
        sched_setscheduler(0, SCHED_BATCH, &none);
    }
    if (is("thread-name")) prctl(PR_SET_NAME, "intruder");
    return VZ_OK;
}

static void drain(vz_frontend* self) { (void)self; }
static uint32_t idle(vz_frontend* self) {
    (void)self;
    return 1;
}

static void stop(vz_frontend* self) {
    (void)self;
    if (is("quits-in-stop")) _exit(0);
    if (is("quits-quickly-in-stop")) quick_exit(0);
}

static void destroy(vz_frontend* self) {
    if (!is("hangs-in-a-completion")) free(self);
}

static const void* extension(vz_frontend* self, const char* id) {
    static const vz_reload_extension nothing = {NULL};
    (void)self;
    return is("null-reload") && strcmp(id, VZ_EXTENSION_RELOAD) == 0 ? &nothing : NULL;
}

/* As one of a later minor has it. */
static const struct {
    vz_frontend_descriptor known;
    void (*later)(vz_frontend* self);
} descriptor = {{sizeof(vz_frontend_descriptor) + sizeof(void*), VZ_ABI_VERSION + 7, "dev.vectorizer.intruder",
                 "Intruder", "1.0.0", create, start, drain, idle, stop, destroy, extension},
                drain};

__attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi);
const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) {
    (void)host_abi;
    return &descriptor.known;
}
