/* Operations in flight: order, exactly one completion, cancelling, what a completion may do, a full queue. */
#include "tests/abi/session.h"

#define MANY 2000

struct write {
    vz_op op;
    vz_write_request request;
    vz_write_answer answer;
    vz_error error;
    vz_str id;
    char id_chars[16];
    float vector[4];
    atomic_int completions;
    struct waiter* waiter;
};

static void write_done(vz_op* op) VZ_NOEXCEPT {
    struct write* write = op->user;
    atomic_fetch_add(&write->completions, 1);
    vz_op forward = {.user = write->waiter};
    waiter_done(&forward);
}

static void prepare(struct write* write, int number, struct waiter* waiter) {
    memset(write, 0, sizeof(*write));
    snprintf(write->id_chars, sizeof(write->id_chars), "%d", number);
    write->id = text(write->id_chars);
    write->vector[0] = (float)number;
    write->request = NEW(vz_write_request);
    write->request.kind = VZ_UPSERT;
    write->request.count = 1;
    write->request.ids = &write->id;
    write->request.vectors = (vz_matrix){.data = write->vector, .rows = 1, .dim = 4};
    write->answer = NEW(vz_write_answer);
    write->op = NEW(vz_op);
    write->op.kind = VZ_OP_WRITE;
    write->op.collection = text("points");
    write->op.request = &write->request;
    write->op.answer = &write->answer;
    write->op.error = &write->error;
    write->op.done = write_done;
    write->op.user = write;
    write->waiter = waiter;
}

static uint64_t count_points(vz_engine* engine) {
    vz_error error;
    vz_count_request request = NEW(vz_count_request);
    uint64_t count = 0;
    EXPECT_STATUS(VZ_OK, vz_count(engine, text("points"), &request, &count, &error));
    return count;
}

static void clear(vz_engine* engine) {
    vz_error error;
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_CLEAR;
    EXPECT_STATUS(VZ_OK, vz_write(engine, text("points"), &request, NULL, &error));
}

static struct write writes[MANY];
static vz_op* ops[MANY];

static void keep_their_order(vz_engine* engine) {
    struct waiter waiter;
    waiter_start(&waiter, MANY);
    for (int i = 0; i < MANY; i++) {
        prepare(&writes[i], i, &waiter);
        ops[i] = &writes[i].op;
    }
    EXPECT(vz_submit(engine, ops, MANY) == VZ_OK);
    waiter_wait(&waiter);
    for (int i = 0; i < MANY; i++) {
        EXPECT(atomic_load(&writes[i].completions) == 1 && writes[i].op.status == VZ_OK);
        EXPECT(i == 0 || writes[i].answer.lsn > writes[i - 1].answer.lsn);
    }
    EXPECT(count_points(engine) == MANY);
}

static void end_cancelled_or_as_usual(vz_engine* engine) {
    clear(engine);
    struct waiter waiter;
    waiter_start(&waiter, MANY);
    for (int i = 0; i < MANY; i++) prepare(&writes[i], i, &waiter);
    EXPECT(vz_submit(engine, ops, MANY) == VZ_OK);
    vz_status told[MANY];
    for (int i = MANY - 1; i >= 0; i--) told[i] = vz_cancel(engine, ops[i]);
    waiter_wait(&waiter);
    uint64_t written = 0;
    for (int i = 0; i < MANY; i++) {
        EXPECT(told[i] == VZ_OK || told[i] == VZ_BUSY);
        EXPECT(writes[i].op.status == (told[i] == VZ_OK ? VZ_CANCELLED : VZ_OK));
        EXPECT(told[i] != VZ_OK || writes[i].error.status == VZ_CANCELLED);
        written += told[i] == VZ_BUSY ? 1U : 0U;
    }
    EXPECT(count_points(engine) == written);
}

#define WIDE 64
#define WIDE_ROWS 20000
#define WIDE_QUERIES 20000
#define WIDE_FEW 400

/* An exact search of many queries, and how long it took until its completion, or that took from its cancelling. */
static double search_wide(vz_engine* engine, const float* queries, uint64_t count, int is_cancelled, vz_op* op) {
    static vz_search_request request;
    static vz_result* result;
    static vz_error error;
    struct waiter waiter;
    waiter_start(&waiter, 1);
    result = NULL;
    request = NEW(vz_search_request);
    request.queries = (vz_matrix){.data = queries, .rows = count, .dim = WIDE};
    request.k = 10;
    request.flags = VZ_SEARCH_EXACT;
    *op = NEW(vz_op);
    op->kind = VZ_OP_SEARCH;
    op->collection = text("wide");
    op->request = &request;
    op->answer = &result;
    op->error = &error;
    op->done = waiter_done;
    op->user = &waiter;
    struct timespec begun;
    struct timespec ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    vz_op* const one = op;
    EXPECT(vz_submit(engine, &one, 1) == VZ_OK);
    if (is_cancelled) {
        const struct timespec moment = {.tv_nsec = 5000000};
        nanosleep(&moment, NULL);
        clock_gettime(CLOCK_MONOTONIC, &begun);
        EXPECT(vz_cancel(engine, op) == VZ_OK);
        EXPECT(vz_cancel(engine, op) != VZ_MISUSE);
    }
    waiter_wait(&waiter);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    EXPECT((result == NULL) == is_cancelled);
    vz_result_release(result);
    return (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
}

/* A search that was cancelled while it ran ends long before it would have been over. */
static void end_soon_when_they_are_cancelled_while_they_run(vz_engine* engine) {
    vz_error error;
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = WIDE;
    field.element = VZ_F32;
    field.metric = VZ_EUCLIDEAN;
    vz_schema schema = NEW(vz_schema);
    schema.vector_field_count = 1;
    schema.vector_fields = &field;
    EXPECT_STATUS(VZ_OK, vz_collection_create(engine, text("wide"), &schema, NULL, &error));
    float* rows = malloc(sizeof(float) * WIDE * WIDE_ROWS);
    for (int i = 0; i < WIDE * WIDE_ROWS; i++) rows[i] = (float)((unsigned)i * 7919U % 1009U);
    char(*names)[8] = malloc(sizeof(*names) * WIDE_ROWS);
    vz_str* ids = malloc(sizeof(*ids) * WIDE_ROWS);
    for (int i = 0; i < WIDE_ROWS; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i);
        ids[i] = text(names[i]);
    }
    vz_write_request written = NEW(vz_write_request);
    written.kind = VZ_UPSERT;
    written.count = WIDE_ROWS;
    written.ids = ids;
    written.vectors = (vz_matrix){.data = rows, .rows = WIDE_ROWS, .dim = WIDE};
    EXPECT_STATUS(VZ_OK, vz_write(engine, text("wide"), &written, NULL, &error));

    static vz_op op;
    const double few = search_wide(engine, rows, WIDE_FEW, 0, &op);
    EXPECT(op.status == VZ_OK);
    const double cancelled = search_wide(engine, rows, WIDE_QUERIES, 1, &op);
    EXPECT(op.status == VZ_CANCELLED && op.error->status == VZ_CANCELLED);
    EXPECT(cancelled < few * (WIDE_QUERIES / WIDE_FEW) / 4);
    EXPECT_STATUS(VZ_OK, vz_collection_drop(engine, text("wide"), NULL, &error));
    free(ids);
    free(names);
    free(rows);
}

struct relay {
    struct write write;
    vz_engine* engine;
    struct waiter* waiter;
    int rounds;
    vz_status inside[8];
};

static void relay_done(vz_op* op) VZ_NOEXCEPT {
    struct relay* relay = op->user;
    if (op->status == VZ_OK && --relay->rounds > 0) {
        relay->write.vector[0] += 1;
        vz_op* const next[] = {op};
        if (vz_submit(relay->engine, next, 1) == VZ_OK) return;
    }
    vz_op forward = {.user = relay->waiter};
    waiter_done(&forward);
}

static void may_be_submitted_from_a_completion(vz_engine* engine) {
    clear(engine);
    struct waiter waiter;
    waiter_start(&waiter, 1);
    static struct relay relay;
    prepare(&relay.write, 1, &waiter);
    relay.engine = engine;
    relay.waiter = &waiter;
    relay.rounds = 100;
    relay.write.op.done = relay_done;
    relay.write.op.user = &relay;
    vz_op* const first[] = {&relay.write.op};
    EXPECT(vz_submit(engine, first, 1) == VZ_OK);
    waiter_wait(&waiter);
    EXPECT(relay.rounds == 0 && relay.write.op.status == VZ_OK && count_points(engine) == 1);
}

/* Calls that wait are refused inside a completion, those tagged [done] are not. */
static void probing_done(vz_op* op) VZ_NOEXCEPT {
    struct relay* relay = op->user;
    vz_result* result = NULL;
    vz_count_request count = NEW(vz_count_request);
    uint64_t counted = 0;
    relay->inside[0] = vz_write(relay->engine, text("points"), &relay->write.request, NULL, NULL);
    relay->inside[1] = vz_count(relay->engine, text("points"), &count, &counted, NULL);
    relay->inside[2] = vz_checkpoint(relay->engine, text(NULL), NULL, NULL);
    relay->inside[3] = vz_engine_close(relay->engine, NULL);
    relay->inside[4] = vz_collection_list(relay->engine, &result, NULL);
    vz_engine_stats stats = NEW(vz_engine_stats);
    relay->inside[5] = vz_engine_stats_read(relay->engine, &stats, NULL);
    vz_collection_stats collection = NEW(vz_collection_stats);
    relay->inside[6] = vz_collection_stats_read(relay->engine, text("points"), &collection, NULL);
    relay->inside[7] = vz_abi_version() >> 16 == 1 ? VZ_OK : VZ_INTERNAL;
    vz_op forward = {.user = relay->waiter};
    waiter_done(&forward);
}

static void keep_completions_from_waiting(vz_engine* engine) {
    struct waiter waiter;
    waiter_start(&waiter, 1);
    static struct relay relay;
    prepare(&relay.write, 2, &waiter);
    relay.engine = engine;
    relay.waiter = &waiter;
    relay.write.op.done = probing_done;
    relay.write.op.user = &relay;
    vz_op* const first[] = {&relay.write.op};
    EXPECT(vz_submit(engine, first, 1) == VZ_OK);
    waiter_wait(&waiter);
    for (int i = 0; i < 5; i++) EXPECT(relay.inside[i] == VZ_MISUSE);
    for (int i = 5; i < 8; i++) EXPECT(relay.inside[i] == VZ_OK);
}

static _Thread_local int is_calling;
static atomic_int told_to_callers;
static atomic_int callers_stop;

static pthread_mutex_t of_the_host = PTHREAD_MUTEX_INITIALIZER;

static void* call_and_wait(void* engine) {
    is_calling = 1;
    struct write own;
    prepare(&own, 1000, NULL);
    vz_error error;
    while (!atomic_load(&callers_stop)) {
        pthread_mutex_lock(&of_the_host);
        EXPECT_STATUS(VZ_OK, vz_write(engine, text("points"), &own.request, NULL, &error));
        pthread_mutex_unlock(&of_the_host);
    }
    return NULL;
}

static void counting_done(vz_op* op) VZ_NOEXCEPT {
    struct relay* relay = op->user;
    vz_engine_stats stats = NEW(vz_engine_stats);
    vz_engine_stats_read(relay->engine, &stats, NULL);
    pthread_mutex_lock(&of_the_host);
    pthread_mutex_unlock(&of_the_host);
    if (is_calling) atomic_fetch_add(&told_to_callers, 1);
    relay_done(op);
}

/* A caller may hold locks that a completion takes: what others wait for is told on threads of the engine, and what it
 * asks there is answered though callers wait. */
static void are_told_on_threads_of_the_engine(vz_engine* engine) {
    enum { kRelays = 8, kCallers = 2 };
    clear(engine);
    struct waiter waiter;
    waiter_start(&waiter, kRelays);
    pthread_t callers[kCallers];
    for (int i = 0; i < kCallers; i++) EXPECT(pthread_create(&callers[i], NULL, call_and_wait, engine) == 0);
    static struct relay relays[kRelays];
    for (int i = 0; i < kRelays; i++) {
        prepare(&relays[i].write, i, &waiter);
        relays[i].engine = engine;
        relays[i].waiter = &waiter;
        relays[i].rounds = 500;
        relays[i].write.op.done = counting_done;
        relays[i].write.op.user = &relays[i];
        vz_op* const one = &relays[i].write.op;
        EXPECT(vz_submit(engine, &one, 1) == VZ_OK);
    }
    waiter_wait(&waiter);
    atomic_store(&callers_stop, 1);
    for (int i = 0; i < kCallers; i++) pthread_join(callers[i], NULL);
    for (int i = 0; i < kRelays; i++) EXPECT(relays[i].rounds == 0);
    EXPECT(atomic_load(&told_to_callers) == 0);
}

/* More operations than the queue holds: none is taken. */
static void are_refused_whole_when_the_queue_is_full(vz_engine* engine) {
    enum { kTooMany = 20000 };
    clear(engine);
    struct waiter waiter;
    waiter_start(&waiter, 1);
    for (int i = 0; i < MANY; i++) prepare(&writes[i], i, &waiter);
    vz_op* more = calloc(kTooMany, sizeof(vz_op));
    vz_op** all = calloc(kTooMany, sizeof(vz_op*));
    if (more == NULL || all == NULL) exit(1);
    for (int i = 0; i < kTooMany; i++) {
        more[i] = writes[0].op;
        all[i] = &more[i];
    }
    EXPECT(vz_submit(engine, all, kTooMany) == VZ_BUSY);
    EXPECT(atomic_load(&writes[0].completions) == 0);
    for (int i = 0; i < kTooMany; i++) {
        for (int word = 0; word < 8; word++) EXPECT(more[i].opaque[word] == 0);
    }
    EXPECT(vz_submit(engine, all, 1) == VZ_OK);
    waiter_wait(&waiter);
    EXPECT(atomic_load(&writes[0].completions) == 1 && count_points(engine) == 1);
    free(all);
    free(more);
}

/* A write for which the log's queue has no room ends as VZ_BUSY and has done nothing. */
static void end_busy_when_the_log_is_full(void) {
    vz_error error;
    char path[64];
    vz_engine_options options = NEW(vz_engine_options);
    options.queue_bytes_max = 4096;
    const struct client client = open_points_with(path, &options);
    vz_engine* engine = client.engine;
    struct waiter waiter;
    waiter_start(&waiter, MANY);
    for (int i = 0; i < MANY; i++) prepare(&writes[i], i, &waiter);
    const vz_status status = vz_submit(engine, ops, MANY);
    EXPECT(status == VZ_OK || status == VZ_BUSY);
    uint64_t written = 0;
    if (status == VZ_OK) waiter_wait(&waiter);
    for (int i = 0; i < MANY; i++) {
        EXPECT(atomic_load(&writes[i].completions) == (status == VZ_OK ? 1 : 0));
        EXPECT(writes[i].op.status == VZ_OK || writes[i].op.status == VZ_BUSY);
        EXPECT(writes[i].op.status == VZ_OK || writes[i].error.status == VZ_BUSY);
        written += status == VZ_OK && writes[i].op.status == VZ_OK ? 1U : 0U;
    }
    EXPECT(count_points(engine) == written && written < MANY);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
}

/* Close waits for what is in flight. */
static void end_before_close_returns(vz_engine* engine) {
    vz_error error;
    struct waiter waiter;
    waiter_start(&waiter, MANY);
    for (int i = 0; i < MANY; i++) prepare(&writes[i], i, &waiter);
    EXPECT(vz_submit(engine, ops, MANY) == VZ_OK);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    EXPECT(waiter.left == 0);
    waiter_wait(&waiter);
}

static vz_engine* closing;
static vz_status refused_with;
static vz_op forever;

static void again_done(vz_op* op) VZ_NOEXCEPT {
    vz_op* const one = op;
    const vz_status taken = vz_submit(closing, &one, 1);
    if (taken != VZ_OK) refused_with = taken;
}

/* Close does not wait for an operation whose completion submits it anew, and says so to whoever submits. */
static void end_when_the_engine_is_closed(void) {
    vz_error error;
    char path[64];
    closing = open_points(path).engine;
    static vz_count_request request;
    static uint64_t count;
    request = NEW(vz_count_request);
    forever = NEW(vz_op);
    forever.kind = VZ_OP_COUNT;
    forever.collection = text("points");
    forever.request = &request;
    forever.answer = &count;
    forever.done = again_done;
    vz_op* const one = &forever;
    EXPECT(vz_submit(closing, &one, 1) == VZ_OK);
    EXPECT_STATUS(VZ_OK, vz_engine_close(closing, &error));
    EXPECT(refused_with == VZ_MISUSE);
    remove_directory(path);
}

/* Keeps the thread it runs on for that long. */
static void lasting_done(vz_op* op) VZ_NOEXCEPT {
    const struct timespec moment = {.tv_nsec = 30000000};
    nanosleep(&moment, NULL);
    waiter_done(op);
}

/* A search tells how long it waited for its thread, and that is no part of what it took. */
static void tell_how_long_they_waited(void) {
    vz_error error;
    char path[64];
    vz_engine_options options = NEW(vz_engine_options);
    options.workers = 1;
    vz_engine* engine = open_points_with(path, &options).engine;
    struct waiter waiter;
    waiter_start(&waiter, 3);
    const vz_count_request counted = NEW(vz_count_request);
    uint64_t count = 0;
    vz_op before = NEW(vz_op);
    before.kind = VZ_OP_COUNT;
    before.collection = text("points");
    before.request = &counted;
    before.answer = &count;
    before.done = lasting_done;
    before.user = &waiter;
    const float queries[2][4] = {{1}, {2}};
    vz_search_request request = NEW(vz_search_request);
    request.queries = (vz_matrix){.data = queries, .rows = 2, .dim = 4};
    request.k = 1;
    request.flags = VZ_SEARCH_EXPLAIN;
    vz_result* waited = NULL;
    vz_op search = NEW(vz_op);
    search.kind = VZ_OP_SEARCH;
    search.collection = text("points");
    search.request = &request;
    search.answer = &waited;
    search.done = waiter_done;
    search.user = &waiter;
    vz_op again = search;
    vz_result* waited_too = NULL;
    again.answer = &waited_too;
    vz_op* const all[] = {&before, &search, &again};
    EXPECT(vz_submit(engine, all, 3) == VZ_OK);
    waiter_wait(&waiter);
    for (int word = 0; word < 8; word++) EXPECT(search.opaque[word] == 0);
    vz_profile profile = NEW(vz_profile);
    for (uint64_t query = 0; query < 2; query++) {
        EXPECT_STATUS(VZ_OK, vz_result_profile(waited, query, &profile, &error));
        EXPECT(profile.queue_ns >= 30000000 && profile.total_ns != 0);
    }
    EXPECT_STATUS(VZ_OK, vz_result_profile(waited_too, 0, &profile, &error));
    EXPECT(profile.queue_ns >= 30000000);
    vz_result_release(waited);
    vz_result_release(waited_too);
    vz_result* at_once = NULL;
    EXPECT_STATUS(VZ_OK, vz_search(engine, text("points"), &request, &at_once, &error));
    EXPECT_STATUS(VZ_OK, vz_result_profile(at_once, 1, &profile, &error));
    EXPECT(profile.queue_ns == 0 && profile.total_ns != 0);
    vz_result_release(at_once);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
}

int main(void) {
    char path[64];
    const struct client client = open_points(path);
    vz_engine* engine = client.engine;
    keep_their_order(engine);
    end_cancelled_or_as_usual(engine);
    end_soon_when_they_are_cancelled_while_they_run(engine);
    may_be_submitted_from_a_completion(engine);
    keep_completions_from_waiting(engine);
    are_told_on_threads_of_the_engine(engine);
    are_refused_whole_when_the_queue_is_full(engine);
    end_before_close_returns(engine);
    end_busy_when_the_log_is_full();
    end_when_the_engine_is_closed();
    tell_how_long_they_waited();
    remove_directory(path);
    return finish("abi.operations");
}
