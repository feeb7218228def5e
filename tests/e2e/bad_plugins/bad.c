/* A frontend that breaks one rule: the one that KIND names. Otherwise it serves nobody, in order. */
#define _GNU_SOURCE
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vectorizer/frontend.h"

struct vz_frontend {
    const vz_host* host;
    pthread_t thread;
    vz_op op;
    uint64_t count;
    vz_count_request request;
    vz_write_request write;
    int completions;
    volatile int ended;
};

static int is(const char* kind) { return strcmp(KIND, kind) == 0; }
static int ends(const char* kind) {
    return strlen(KIND) >= strlen(kind) && strcmp(KIND + strlen(KIND) - strlen(kind), kind) == 0;
}
static vz_str str(const char* text) { return (vz_str){text, strlen(text)}; }

static void create_docs(const struct vz_frontend* self) {
    const vz_vector_field field = {.struct_size = sizeof field, .metric = VZ_COSINE, .dim = 2};
    const vz_schema schema = {.struct_size = sizeof schema, .vector_fields = &field, .vector_field_count = 1};
    vz_collection_create(self->host->engine, str("bad-docs"), &schema, NULL, NULL);
}

/* What it is for. */
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int overflow(volatile const char* above) {
    volatile char frame[4096];
    frame[0] = above[0];
    return overflow(frame) + frame[0];
}

/* Crashes in a thread of its own a moment after it was started; or does nothing, for too long. */
static void* run(void* argument) {
    struct vz_frontend* self = argument;
    if (is("crash")) {
        usleep(300000);
        if (self != NULL) *(volatile int*)8 = 1;
    }
    if (is("thread-overflows")) self->ended = overflow("");
    while (is("thread-after-stop") || is("thread-in-create") || is("thread-in-load")) usleep(1000);
    return NULL;
}

/* Reads a page of a map whose file ends before it. */
static int read_past_the_end(void) {
    FILE* file = tmpfile();
    const volatile char* page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
    return page[0];
}

/* A completion that waits for disk, which none may. */
static void ask_in_completion(vz_op* op) {
    struct vz_frontend* self = op->user;
    if (is("asks-in-completion")) { /* which anyone may */
        const vz_thread_check_service* check = self->host->service(self->host, VZ_SERVICE_THREAD_CHECK);
        if (check->is_completion(self->host) != 1 || check->is_host_thread(self->host) != 0) abort();
        self->ended = 1;
        return;
    }
    vz_result* result = NULL;
    vz_engine* another = NULL;
    uint64_t count = 0;
    const vz_count_request request = {.struct_size = sizeof request};
    const vz_directory_request checking = {.struct_size = sizeof checking, .kind = VZ_DIRECTORY_CHECK};
    if (is("forbidden-thread")) vz_count(self->host->engine, str("bad-docs"), &request, &count, NULL);
    if (is("opens-in-completion")) vz_engine_open(str("/nowhere"), NULL, &another, NULL);
    if (is("closes-in-completion")) vz_engine_close(self->host->engine, NULL);
    if (is("checks-in-completion")) vz_directory_run(str("/nowhere"), &checking, &result, NULL);
    self->ended = 1;
}

/* Of a result, into what is no struct of the ABI; or of no result. */
static void read_rows(const struct vz_frontend* self) {
    vz_rows rows = {.struct_size = is("rows-of-nothing") ? sizeof rows : 0};
    vz_result* result = NULL;
    const vz_str id = {"a", 1};
    const vz_get_request request = {.struct_size = sizeof request, .ids = &id, .count = 1};
    if (is("rows-without-size")) {
        create_docs(self);
        vz_get(self->host->engine, str("bad-docs"), &request, &result, NULL);
    }
    vz_result_rows(result, 0, &rows, NULL);
    vz_result_release(result);
}

/* Its frontend must be there still, and its host. */
static void answer_late(vz_op* op) {
    struct vz_frontend* self = op->user;
    sleep(2);
    const vz_log_service* log = self->host->service(self->host, VZ_SERVICE_LOG);
    self->ended = log->level(self->host) != 0;
}

/* Of a session of its own, and nobody's child. */
static void start_daemon(void) {
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0) sleep(60);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void nap(vz_op* op) {
    usleep(200000);
    ((struct vz_frontend*)op->user)->ended = 1;
}

static int64_t cpu_us(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void burn(int64_t us) {
    const int64_t begun = cpu_us();
    while (cpu_us() - begun < us) continue;
}

/* Some of them, one after the other. */
static void take_a_while(vz_op* op) {
    struct vz_frontend* self = op->user;
    if (is("sleeps-in-completions")) usleep(15000);
    if (is("burns-in-completions")) burn(15000);
    if (is("brief-completions")) burn(2000);
    if (++self->completions < 6 && vz_submit(self->host->engine, &op, 1) == VZ_OK) return;
    self->ended = 1;
}

static void note_end(vz_op* op) { ((struct vz_frontend*)op->user)->ended = 1; }

/* Into the collection of the checker. */
static void submit_write(struct vz_frontend* self) {
    static const float vector[4] = {1};
    static const vz_str id = {"b", 1};
    self->write = (vz_write_request){.struct_size = sizeof self->write, .kind = VZ_UPSERT, .count = 1, .ids = &id};
    self->write.vectors = (vz_matrix){vector, 1, 0, 4, VZ_F32};
    self->op = (vz_op){.struct_size = sizeof self->op,
                       .kind = VZ_OP_WRITE,
                       .collection = str("docs"),
                       .request = &self->write,
                       .done = note_end,
                       .user = self};
    vz_op* const op = &self->op;
    vz_submit(self->host->engine, &op, 1);
}

static void submit_count(struct vz_frontend* self, void (*done)(vz_op*)) {
    self->request = (vz_count_request){.struct_size = sizeof self->request};
    self->op = (vz_op){.struct_size = sizeof self->op,
                       .kind = VZ_OP_COUNT,
                       .collection = str("bad-docs"),
                       .request = &self->request,
                       .answer = &self->count,
                       .done = done,
                       .user = self};
    vz_op* const op = &self->op;
    vz_submit(self->host->engine, &op, 1);
}

static const vz_host* last_host; /* no plugin keeps one; this one is to be found */

static void ask_at_exit(void) {
    vz_engine_stats stats = {.struct_size = sizeof stats};
    vz_engine_stats_read(last_host->engine, &stats, NULL);
}

static void report_at_exit(void) {
    const vz_health_service* health = last_host->service(last_host, VZ_SERVICE_HEALTH);
    health->report(last_host, VZ_HEALTH_DEGRADED, str("the process ends"));
}

static void end(vz_op* op) { ((struct vz_frontend*)op->user)->ended = 1; }

/* An operation that lacks what its kind needs. */
static void submit_nothing(struct vz_frontend* self, uint32_t kind) {
    self->op =
        (vz_op){.struct_size = sizeof self->op, .kind = kind, .collection = str("bad-docs"), .done = end, .user = self};
    vz_op* const op = &self->op;
    vz_submit(self->host->engine, &op, 1);
    while (!self->ended) usleep(1000);
}

static void report_again(void* host, vz_str who, uint32_t state, vz_str reason) {
    (void)who, (void)state, (void)reason;
    const vz_health_service* health = ((const vz_host*)host)->service(host, VZ_SERVICE_HEALTH);
    health->report(host, VZ_HEALTH_READY, str("as before"));
    health->read(host, NULL, NULL);
}

/* What the services promise beside the usual: a visitor may ask again, and nobody spoils the text of the metrics. */
static int services_answer(const vz_host* host) {
    const vz_health_service* health = host->service(host, VZ_SERVICE_HEALTH);
    const vz_metrics_service* metrics = host->service(host, VZ_SERVICE_METRICS);
    health->report(host, VZ_HEALTH_DEGRADED, str("for a moment"));
    if (health->read(host, report_again, (void*)(uintptr_t)host) != VZ_HEALTH_DEGRADED) return 0;
    if (health->read(host, NULL, NULL) != VZ_HEALTH_READY) return 0;
    const vz_kv twice[] = {{str("a"), str("1")}, {str("a"), str("2")}};
    const vz_kv no_text[] = {{str("a"), str("\xff")}};
    const vz_kv bound[] = {{str("le"), str("1")}};
    const vz_series refused[] = {
        {.name = str("vectorizer_points"), .kind = VZ_SAMPLE_GAUGE},
        {.name = str("process_resident_memory_bytes"), .kind = VZ_SAMPLE_GAUGE},
        {.name = str("vectorizer_collection_points"), .kind = VZ_SAMPLE_GAUGE},
        {.name = str("bad_seconds_sum"), .kind = VZ_SAMPLE_COUNTER},
        {.name = str("bad_of_all"), .kind = VZ_SAMPLE_HISTOGRAM},
        {.name = str("bad_total"), .kind = VZ_SAMPLE_COUNTER, .reserved = 1},
        {.name = str("bad_total"), .kind = VZ_SAMPLE_COUNTER, .labels = twice, .label_count = 2},
        {.name = str("bad_total"), .kind = VZ_SAMPLE_COUNTER, .labels = no_text, .label_count = 1},
        {.name = str("bad_ms"), .kind = VZ_SAMPLE_HISTOGRAM, .labels = bound, .label_count = 1}};
    const vz_series known[] = {{.name = str("bad_seconds"), .kind = VZ_SAMPLE_HISTOGRAM},
                               {.name = str("bad_of_all_count"), .kind = VZ_SAMPLE_COUNTER}};
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        if (metrics->declare(host, &known[i], &id) != VZ_OK) return 0;
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; ++i) {
        if (metrics->declare(host, &refused[i], &id) == VZ_OK) return 0;
    }
    const vz_series good = {
        .name = str("bad_good_total"), .kind = VZ_SAMPLE_COUNTER, .labels = twice, .label_count = 1};
    if (metrics->declare(host, &good, &id) != VZ_OK) return 0;
    const vz_kv labels[] = {{str("x"), str("1")}, {str("y"), str("2")}, {str("x"), str("1")}};
    vz_series pair = {.name = str("bad_pair"), .kind = VZ_SAMPLE_GAUGE, .labels = labels, .label_count = 2};
    uint64_t other_order = 1;
    if (metrics->declare(host, &pair, &id) != VZ_OK) return 0;
    ++pair.labels;
    return metrics->declare(host, &pair, &other_order) == VZ_OK && id == other_order;
}

static void observe_nothing(const vz_host* host) {
    const vz_metrics_service* metrics = host->service(host, VZ_SERVICE_METRICS);
    const double bound = 1;
    const vz_series series = {
        .name = str("bad_seconds"), .kind = VZ_SAMPLE_HISTOGRAM, .bounds = &bound, .bound_count = 1};
    uint64_t id = 0;
    if (metrics->declare(host, &series, &id) == VZ_OK) metrics->observe(host, id, strtod("nan", NULL));
}

/* A record too short to be one, or one that says again what the host says of it. */
static void log_badly(const vz_host* host) {
    const vz_log_service* log = host->service(host, VZ_SERVICE_LOG);
    const vz_kv fields[] = {{str("instance"), str("rest")}, {str("k"), str("1")}, {str("k"), str("2")}};
    const vz_log_record record = {.struct_size = is("logs-a-short-record") ? 8 : sizeof record,
                                  .level = VZ_LOG_WARN,
                                  .event = str("bad.event"),
                                  .message = str("twice"),
                                  .fields = fields,
                                  .field_count = 3};
    log->write(host, &record);
}

static vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) {
    const vz_config_service* config = host->service(host, VZ_SERVICE_CONFIG);
    if (is("failing-create")) {
        *error = (vz_error){.status = VZ_IO_ERROR, .item = VZ_NO_ITEM, .message = "there is no moon tonight"};
        return VZ_IO_ERROR;
    }
    if (is("silent-create")) return VZ_BUSY;
    if (is("needs-a-later-service")) {
        const vz_log_service* later = host->service(host, "vz.later/1");
        later->level(host);
    }
    if (is("coloured-reason")) {
        *error = (vz_error){.status = VZ_IO_ERROR, .message = "\x1b[31mred\nvectorizer: a line of its own"};
        return VZ_IO_ERROR;
    }
    if (is("slow-create")) sleep(60);
    if (is("crash-in-create")) abort();
    if (is("past-error")) memset((char*)error + sizeof *error, 0, 16);
    if (is("into-host")) ((vz_host*)(uintptr_t)host)->abi = 7;
    if (is("short-host") && host->struct_size != sizeof *host) {
        *error = (vz_error){.status = VZ_UNSUPPORTED, .item = VZ_NO_ITEM, .message = "a host of another size"};
        return VZ_UNSUPPORTED;
    }
    if (is("no-frontend")) return VZ_OK;
    vz_str value = {NULL, 0};
    if (is("any-key")) config->get(host, str("no-such-key"), &value);
    struct vz_frontend* self = calloc(1, sizeof *self);
    self->host = host;
    if (is("asks-at-exit") || is("reports-at-exit")) last_host = host;
    if (is("asks-at-exit")) atexit(ask_at_exit);
    if (is("reports-at-exit")) atexit(report_at_exit);
    if (is("thread-in-create")) pthread_create(&self->thread, NULL, run, NULL);
    *out = self;
    return VZ_OK;
}

static vz_status start(vz_frontend* self, vz_error* error) {
    static int running; /* a plugin keeps no state in globals; this one does, to be found */
    if (is("one-only") && running++ != 0) {
        *error = (vz_error){.status = VZ_BUSY, .item = VZ_NO_ITEM};
        return VZ_BUSY;
    }
    if (is("failing-start")) {
        const vz_health_service* health = self->host->service(self->host, VZ_SERVICE_HEALTH);
        health->report(self->host, VZ_HEALTH_FAILED, str("no moon"));
        *error = (vz_error){.status = VZ_IO_ERROR, .item = VZ_NO_ITEM, .message = "there is no moon tonight"};
        return VZ_IO_ERROR;
    }
    if (is("prints")) fputs("hello from a plugin\n", stderr);
    if (is("signal-handler")) signal(SIGUSR1, SIG_IGN);
    if (is("signal-flags")) {
        struct sigaction action;
        sigaction(SIGPIPE, NULL, &action);
        action.sa_flags |= SA_NODEFER;
        sigaction(SIGPIPE, &action, NULL);
    }
    if (is("alarm")) alarm(1);
    if (is("thread-locale")) uselocale(newlocale(LC_ALL_MASK, "C.UTF-8", NULL));
    if (is("rounding")) fesetround(FE_UPWARD);
    if (is("limits")) {
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        --limit.rlim_cur;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (is("chdir") && chdir("/") != 0) return VZ_INTERNAL;
    if (is("environment")) setenv("BAD_PLUGIN", "1", 1);
    if (is("asks-services") && !services_answer(self->host)) return VZ_INTERNAL;
    if (is("exits")) exit(0);
    if (is("executes")) execl("/bin/true", "true", NULL);
    if (is("exits-by-itself")) syscall(SYS_exit_group, 0);
    if (is("overflows")) self->ended = overflow("");
    if (is("bus-error")) self->ended = read_past_the_end();
    if (is("forks") && fork() == 0)
        for (;;) pause();
    if (is("daemonizes")) start_daemon();
    if (is("runs-a-program") && system("true") != 0) return VZ_INTERNAL;
    if (is("closes-others")) close(0);
    if (is("closes-engine")) vz_engine_close(self->host->engine, NULL);
    if (is("buffers")) printf("hello without an end");
    if (is("bus-handler")) signal(SIGBUS, SIG_DFL);
    if (is("descriptor")) self->ended = dup(0) < 0;
    if (is("crash") || is("thread-overflows") || is("thread-after-stop"))
        pthread_create(&self->thread, NULL, run, self);
    if (is("held-result") || is("release-twice")) {
        vz_result* result = NULL;
        vz_collection_list(self->host->engine, &result, NULL);
        if (is("release-twice")) {
            vz_result_release(result);
            vz_result_release(result);
        }
    }
    if (is("slow-completion")) submit_count(self, nap);
    if (ends("-completions")) submit_count(self, take_a_while);
    if (is("write-of-nothing")) submit_nothing(self, VZ_OP_WRITE);
    if (is("count-for-nothing")) submit_nothing(self, VZ_OP_COUNT);
    if (is("observes-nothing")) observe_nothing(self->host);
    if (is("logs-a-short-record") || is("says-it-twice")) log_badly(self->host);
    if (is("rows-without-size") || is("rows-of-nothing")) read_rows(self);
    if (is("forbidden-thread") || ends("-in-completion")) {
        create_docs(self);
        submit_count(self, ask_in_completion);
        while (!self->ended) usleep(1000);
    }
    return VZ_OK;
}

static void drain(vz_frontend* self) {
    (void)self;
    if (is("waiting-drain")) sleep(1);
    while (is("hangs-in-drain")) pause();
}

static uint32_t idle(vz_frontend* self) {
    (void)self;
    while (is("hangs-in-idle")) pause();
    return 1;
}

static void stop(vz_frontend* self) {
    while ((is("slow-completion") || ends("-completions")) && !self->ended) usleep(1000);
    if (is("write-after-stop")) submit_write(self);
    if (is("slow-stop")) sleep(7);
    if (is("crash-in-stop")) abort();
    if (is("operation-after-stop")) submit_count(self, answer_late);
    if (is("dies-poisoned")) {
        vz_engine_stats stats = {.struct_size = sizeof stats};
        vz_engine_stats_read(self->host->engine, &stats, NULL);
        if (stats.state != VZ_STATE_READY) abort();
    }
}

static void destroy(vz_frontend* self) {
    if (is("operation-after-stop") && !self->ended) abort();
    while (is("write-after-stop") && !self->ended) usleep(1000);
    if (!is("thread-after-stop")) free(self);
}

static vz_status fail_to_reload(vz_frontend* self, vz_error* error) {
    (void)self;
    *error = (vz_error){.status = VZ_INTERNAL, .item = VZ_NO_ITEM, .message = "not today"};
    return VZ_INTERNAL;
}

static const void* extension(vz_frontend* self, const char* id) {
    static const vz_reload_extension reload = {fail_to_reload};
    (void)self;
    return is("fails-to-reload") && strcmp(id, VZ_EXTENSION_RELOAD) == 0 ? &reload : NULL;
}

static vz_frontend_descriptor descriptor = {
    sizeof descriptor, VZ_ABI_VERSION, "dev.vectorizer.bad", "Bad", "1.0.0", create, start, drain, idle, stop,
    destroy,           extension};

#ifndef NO_ENTRY
__attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi);
const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) {
    (void)host_abi;
    if (is("declines")) return NULL;
    if (is("wrong-major")) descriptor.abi = 2u << 16;
    if (is("short-descriptor")) descriptor.struct_size = 40;
    if (is("null-callback")) descriptor.idle = NULL;
    if (is("no-domain")) descriptor.id = "bad";
    if (is("coloured-id")) descriptor.id = "dev.vectorizer.\x1b[31mbad";
    return &descriptor;
}
#else
__attribute__((visibility("default"))) const void* another_entry(void);
const void* another_entry(void) { return &descriptor; }
#endif

#ifdef EXTRA_EXPORT
__attribute__((visibility("default"))) int a_second_export(void);
int a_second_export(void) { return 1; }
#endif

/* A thread from before there is a frontend. */
__attribute__((constructor)) static void start_early(void) {
    pthread_t thread;
    if (is("thread-in-load")) pthread_create(&thread, NULL, run, NULL);
}

#ifdef NEWER
extern uint32_t vz_from_the_future(void);
__attribute__((constructor)) static void ask_the_future(void) { vz_from_the_future(); }
#endif
