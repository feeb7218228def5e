/* Rules of the ABI, each broken once: the call says so and nothing is done. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/abi/session.h"

static void null_is_refused(vz_engine* engine) {
    vz_error error;
    vz_result* result = NULL;
    uint64_t count = 0;
    vz_engine* other = NULL;
    const vz_str name = text("points");
    vz_count_request counting = NEW(vz_count_request);
    EXPECT_STATUS(VZ_MISUSE, vz_engine_open(text("/tmp/vz-abi-none"), NULL, NULL, &error));
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_engine_open(text(NULL), NULL, &other, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_count(NULL, name, &counting, &count, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_count(engine, name, &counting, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_write(engine, name, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_search(engine, name, NULL, &result, &error));
    vz_search_request search = NEW(vz_search_request);
    EXPECT_STATUS(VZ_MISUSE, vz_search(engine, name, &search, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_get(engine, name, NULL, &result, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_scan(engine, name, NULL, &result, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_create(engine, text("x"), NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_rename(engine, name, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_alter(engine, name, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_alias_apply(engine, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_describe(engine, name, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_list(engine, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_collection_stats_read(engine, name, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_engine_stats_read(engine, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_engine_samples(engine, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_value_put(engine, NULL, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_value_list(engine, text(NULL), NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_persistence_read(engine, name, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_result_rows(NULL, 0, NULL, &error));
    EXPECT_STATUS(VZ_MISUSE, vz_result_check(NULL, &error));
    EXPECT(vz_result_items(NULL, VZ_RESULT_VALUES, &count) == NULL);
    EXPECT(vz_submit(engine, NULL, 1) == VZ_MISUSE);
    EXPECT(vz_cancel(engine, NULL) == VZ_MISUSE);
    EXPECT(vz_collection_drop(engine, text("none"), NULL, NULL) == VZ_NOT_FOUND);
    EXPECT(result == NULL && other == NULL);
}

/* Lists of `parts` that are named by a count alone. */
static void null_inside_parts_is_refused(vz_engine* engine) {
    vz_error error;
    vz_result* result = NULL;
    const vz_str name = text("points");
    vz_parts payload = NEW(vz_parts);
    payload.flags = VZ_PARTS_PAYLOAD;
    payload.payload_path_count = 1;
    vz_parts vectors = NEW(vz_parts);
    vectors.flags = VZ_PARTS_VECTORS;
    vectors.vector_field_count = 1;
    const vz_parts* const parts[] = {&payload, &vectors};
    for (uint32_t i = 0; i < COUNT(parts); i++) {
        vz_get_request get = NEW(vz_get_request);
        get.parts = parts[i];
        EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_get(engine, name, &get, &result, &error));
        EXPECT(error.reason == VZ_REASON_REQUIRED);
        vz_scan_request scan = NEW(vz_scan_request);
        scan.limit = 1;
        scan.parts = parts[i];
        EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_scan(engine, name, &scan, &result, &error));
        EXPECT(error.reason == VZ_REASON_REQUIRED);
    }
}

static void null_inside_requests_is_refused(vz_engine* engine) {
    vz_error error;
    const vz_str name = text("points");
    const float vector[4] = {0};
    const vz_str id = {NULL, 3};
    vz_write_request write = NEW(vz_write_request);
    write.kind = VZ_UPSERT;
    write.count = 1;
    write.vectors = (vz_matrix){.data = vector, .rows = 1, .dim = 4};
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    write.ids = &id;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    const vz_str good = text("1");
    write.ids = &good;
    write.vectors.data = NULL;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    write.vectors.data = vector;
    write.field_count = 1;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    write.field_count = 0;
    write.vectors.rows = 2;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    write.vectors.rows = 1;
    write.vectors.stride_bytes = 8;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    write.vectors.stride_bytes = 0;
    write.vectors.element = 77;
    EXPECT(vz_write(engine, name, &write, NULL, &error) != VZ_OK);
    vz_count_request counting = NEW(vz_count_request);
    uint64_t count = 1;
    EXPECT_STATUS(VZ_OK, vz_count(engine, name, &counting, &count, &error));
    EXPECT(count == 0);
}

/* VZ_UNSUPPORTED for what a newer header may know, VZ_INVALID_ARGUMENT for what none does. */
static int is_refused(vz_status status) { return status == VZ_UNSUPPORTED || status == VZ_INVALID_ARGUMENT; }

static void unknown_flags_and_enumerators_are_refused(vz_engine* engine) {
    vz_result* result = NULL;
    uint64_t count = 0;
    const vz_str name = text("points");
    const float vector[4] = {0};
    const vz_str id = text("1");
    vz_count_request counting = NEW(vz_count_request);
    counting.flags = 1U << 31;
    EXPECT(is_refused(vz_count(engine, name, &counting, &count, NULL)));
    vz_scan_request scan = NEW(vz_scan_request);
    scan.limit = 1;
    scan.flags = 1U << 30;
    EXPECT(is_refused(vz_scan(engine, name, &scan, &result, NULL)));
    scan.flags = 0;
    scan.order = 7;
    EXPECT(is_refused(vz_scan(engine, name, &scan, &result, NULL)));
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = &id;
    get.flags = 1;
    EXPECT(is_refused(vz_get(engine, name, &get, &result, NULL)));
    vz_parts parts = NEW(vz_parts);
    parts.flags = 1U << 20;
    get.flags = 0;
    get.parts = &parts;
    EXPECT(is_refused(vz_get(engine, name, &get, &result, NULL)));
    vz_search_request search = NEW(vz_search_request);
    search.queries = (vz_matrix){.data = vector, .rows = 1, .dim = 4};
    search.k = 1;
    search.flags = 1U << 15;
    EXPECT(is_refused(vz_search(engine, name, &search, &result, NULL)));
    vz_write_request write = NEW(vz_write_request);
    write.count = 1;
    write.ids = &id;
    write.vectors = search.queries;
    EXPECT(is_refused(vz_write(engine, name, &write, NULL, NULL)));
    write.kind = 99;
    EXPECT(is_refused(vz_write(engine, name, &write, NULL, NULL)));
    write.kind = VZ_UPSERT;
    write.condition = 99;
    EXPECT(is_refused(vz_write(engine, name, &write, NULL, NULL)));
    write.condition = 0;
    write.payload_mode = 99;
    EXPECT(is_refused(vz_write(engine, name, &write, NULL, NULL)));
    write.payload_mode = 0;
    write.flags = 1U << 9;
    EXPECT(is_refused(vz_write(engine, name, &write, NULL, NULL)));
    vz_change change = NEW(vz_change);
    change.flags = 1U << 9;
    EXPECT(is_refused(vz_collection_drop(engine, name, &change, NULL)));
    change.flags = 0;
    change.reserved = 1;
    EXPECT(is_refused(vz_collection_drop(engine, name, &change, NULL)));
    vz_value value = NEW(vz_value);
    value.key = (vz_str){NULL, 3};
    vz_value_request values = NEW(vz_value_request);
    values.values = &value;
    values.value_count = 1;
    EXPECT(is_refused(vz_value_put(engine, &values, NULL, NULL)));
    value.key = text("key");
    value.reserved = 1;
    EXPECT(is_refused(vz_value_put(engine, &values, NULL, NULL)));
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_COSINE;
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    schema.flags = 1;
    EXPECT(is_refused(vz_collection_create(engine, text("x"), &schema, NULL, NULL)));
    schema.flags = 0;
    field.metric = 99;
    EXPECT(is_refused(vz_collection_create(engine, text("x"), &schema, NULL, NULL)));
    field.metric = VZ_COSINE;
    field.flags = 1U << 8;
    EXPECT(is_refused(vz_collection_create(engine, text("x"), &schema, NULL, NULL)));
    field.flags = 0;
    field.kind = 9;
    EXPECT(is_refused(vz_collection_create(engine, text("x"), &schema, NULL, NULL)));
    field.kind = 0;
    field.reserved = 1;
    EXPECT(is_refused(vz_collection_create(engine, text("x"), &schema, NULL, NULL)));
    const vz_str two_paths = {"/tmp/vz-abi-none\0/x", 19};
    vz_directory_request checking = NEW(vz_directory_request);
    checking.kind = VZ_DIRECTORY_CHECK;
    EXPECT(is_refused(vz_directory_run(two_paths, &checking, &result, NULL)));
    vz_archive_request exporting = NEW(vz_archive_request);
    exporting.path = two_paths;
    EXPECT(is_refused(vz_archive_export(engine, &exporting, NULL)));
    vz_restore_request restoring = NEW(vz_restore_request);
    restoring.archive = two_paths;
    EXPECT(is_refused(vz_restore(engine, &restoring, NULL, NULL)));
    vz_engine_options options = NEW(vz_engine_options);
    vz_engine* other = NULL;
    EXPECT(is_refused(vz_engine_open(two_paths, &options, &other, NULL)));
    options.flags = 1U << 9;
    EXPECT(is_refused(vz_engine_open(text("/tmp/vz-abi-none"), &options, &other, NULL)));
    const vz_kv setting = {text("no.such.limit"), text("1")};
    options.flags = 0;
    options.settings = &setting;
    options.setting_count = 1;
    EXPECT(is_refused(vz_engine_open(text("/tmp/vz-abi-none"), &options, &other, NULL)));
    EXPECT(result == NULL && other == NULL);
}

static void is_out_of_range(vz_engine_options options, const char* field, int64_t expected) {
    vz_error error;
    vz_engine* engine = NULL;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_engine_open(text("/tmp/vz-abi-none"), &options, &engine, &error));
    EXPECT(error.reason == VZ_REASON_RANGE && strcmp(error.field, field) == 0 && error.expected == expected);
    EXPECT(engine == NULL);
}

static void options_out_of_range_are_refused(void) {
    const vz_engine_options none = NEW(vz_engine_options);
    vz_engine_options options = none;
    options.workers = 257;
    is_out_of_range(options, "workers", 256);
    options = none;
    options.memory_bytes_max = (64 << 20) - 1;
    is_out_of_range(options, "memory_bytes_max", 64 << 20);
    options = none;
    options.queue_bytes_max = 4095;
    is_out_of_range(options, "queue_bytes_max", 4096);
    options = none;
    options.wal_bytes_max = (128 << 20) - 1;
    is_out_of_range(options, "wal_bytes_max", 128 << 20);
    const vz_kv smaller_files = {text("wal_file_bytes"), text("1048576")};
    options.settings = &smaller_files;
    options.setting_count = 1;
    options.wal_bytes_max = (2 << 20) - 1;
    is_out_of_range(options, "wal_bytes_max", 2 << 20);
}

static void tools_take_their_flags_only(void) {
    vz_error error;
    vz_result* result = NULL;
    vz_directory_request request = NEW(vz_directory_request);
    request.kind = VZ_DIRECTORY_CHECK;
    request.flags = 1U << 9;
    EXPECT_STATUS(VZ_UNSUPPORTED, vz_directory_run(text("/tmp/vz-abi-none"), &request, &result, &error));
    request.flags = VZ_DIRECTORY_ACCEPT_LOSS;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_directory_run(text("/tmp/vz-abi-none"), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_CONFLICTING);
}

/* One record: what its first request says holds for all of them, and there is an end of them. */
static void chains_that_differ_are_refused(vz_engine* engine) {
    vz_error error;
    const vz_str ids[] = {text("1"), text("2")};
    vz_write_request first = NEW(vz_write_request);
    first.kind = VZ_UPSERT;
    first.count = 1;
    first.ids = &ids[0];
    vz_write_request second = first;
    second.ids = &ids[1];
    first.next = &second;
    second.flags = VZ_WRITE_PER_ITEM;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_write(engine, text("points"), &first, NULL, &error));
    second.flags = 0;
    second.request_id.bytes[0] = 1;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_write(engine, text("points"), &first, NULL, &error));
    second.request_id.bytes[0] = 0;
    second.deadline_ns = INT64_MAX;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_write(engine, text("points"), &first, NULL, &error));
    second.deadline_ns = 0;
    second.next = &first;
    EXPECT_STATUS(VZ_LIMIT_EXCEEDED, vz_write(engine, text("points"), &first, NULL, &error));
}

/* A child has neither the threads nor a log of its own: it is refused, and the parent goes on and can close. */
static void a_forked_process_is_refused(void) {
    vz_error error;
    char path[64];
    const struct client client = open_points(path);
    vz_engine* engine = client.engine;
    const vz_str id = text("1");
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &id;
    const pid_t child = fork();
    if (child == 0) {
        const int is_refused_here = vz_write(engine, text("points"), &request, NULL, NULL) == VZ_MISUSE &&
                                    vz_engine_close(engine, NULL) == VZ_MISUSE;
        if (!is_refused_here) abort();
        for (;;) pause();
    }
    for (int i = 0; i < 100; i++) EXPECT_STATUS(VZ_OK, vz_write(engine, text("points"), &request, NULL, &error));
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), NULL, &engine, &error));
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    int status = 0;
    kill(child, SIGTERM);
    EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    remove_directory(path);
}

static void never(vz_op* op) VZ_NOEXCEPT {
    (void)op;
    EXPECT(!"a refused operation has completed");
}

static void bad_operations_are_refused_whole(vz_engine* engine) {
    uint64_t count = 0;
    vz_count_request request = NEW(vz_count_request);
    vz_op good = NEW(vz_op);
    good.kind = VZ_OP_COUNT;
    good.collection = text("points");
    good.request = &request;
    good.answer = &count;
    good.done = never;
    vz_op bad = good;
    vz_op* const pair[] = {&good, &bad};
    bad.done = NULL;
    EXPECT(vz_submit(engine, pair, 2) == VZ_MISUSE);
    bad.done = never;
    bad.opaque[3] = 1;
    EXPECT(vz_submit(engine, pair, 2) == VZ_MISUSE);
    bad.opaque[3] = 0;
    bad.kind = 99;
    EXPECT(vz_submit(engine, pair, 2) == VZ_UNSUPPORTED);
    bad.kind = VZ_OP_COUNT;
    bad.flags = 1;
    EXPECT(is_refused(vz_submit(engine, pair, 2)));
    bad.flags = 0;
    bad.struct_size = 8;
    EXPECT(vz_submit(engine, pair, 2) == VZ_MISUSE);
    vz_op* const twice[] = {&good, &good};
    EXPECT(vz_submit(engine, twice, 2) == VZ_MISUSE);
    vz_op* const hole[] = {&good, NULL};
    EXPECT(vz_submit(engine, hole, 2) == VZ_MISUSE);
    EXPECT(vz_submit(NULL, pair, 1) == VZ_MISUSE);
    EXPECT(vz_cancel(engine, &good) != VZ_OK);
    EXPECT(vz_submit(engine, pair, 0) == VZ_OK);
}

struct told {
    atomic_int misuses;
    char code[32]; /* whose the last one is */
};

static void tell_misuse(void* user, const vz_log_record* record) VZ_NOEXCEPT {
    struct told* told = user;
    if (!same_text(record->event, text("abi.misuse"))) return;
    memset(told->code, 0, sizeof(told->code));
    for (uint64_t i = 0; i < record->field_count; i++) {
        const vz_kv* field = &record->fields[i];
        if (same_text(field->key, text("code")) && field->value.size < sizeof(told->code))
            memcpy(told->code, field->value.data, field->value.size);
    }
    atomic_fetch_add(&told->misuses, 1);
}

static vz_engine* open_and_tell(const char* path, struct told* told) {
    vz_engine_options options = NEW(vz_engine_options);
    options.log = tell_misuse;
    options.log_user = told;
    vz_engine* engine = NULL;
    EXPECT(vz_engine_open(text(path), &options, &engine, NULL) == VZ_OK);
    return engine;
}

struct asker {
    struct waiter waiter;
    vz_engine* engine;
};

static void ask_what_none_may(vz_op* op) VZ_NOEXCEPT {
    struct asker* asker = op->user;
    vz_engine* another = NULL;
    vz_result* result = NULL;
    vz_directory_request checking = NEW(vz_directory_request);
    checking.kind = VZ_DIRECTORY_CHECK;
    EXPECT(vz_engine_open(text("/tmp/vz-abi-none"), NULL, &another, NULL) == VZ_MISUSE);
    EXPECT(vz_directory_run(text("/tmp/vz-abi-none"), &checking, &result, NULL) == VZ_MISUSE);
    EXPECT(vz_engine_close(asker->engine, NULL) == VZ_MISUSE);
    EXPECT(vz_engine_close(NULL, NULL) == VZ_MISUSE); /* told by nobody: nothing would have been closed */
    op->user = &asker->waiter;
    waiter_done(op);
}

/* What names no engine is told by all that are open, and none is told of after it was closed. */
static void calls_that_name_no_engine_are_told(void) {
    char paths[2][64];
    struct told told[2] = {0};
    vz_engine* engines[2];
    for (int i = 0; i < 2; i++) {
        make_directory(paths[i]);
        engines[i] = open_and_tell(paths[i], &told[i]);
    }
    vz_result* result = NULL;
    vz_rows rows;
    memset(&rows, 0, sizeof(rows));
    const vz_str id = text("1");
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = &id;
    create_plain((struct client){engines[0], BY_CALL}, "points");
    EXPECT(vz_get(engines[0], text("points"), &get, &result, NULL) == VZ_OK);
    EXPECT(vz_result_rows(result, 0, &rows, NULL) == VZ_MISUSE);
    EXPECT(vz_result_rows(result, 0, NULL, NULL) == VZ_MISUSE);
    EXPECT(vz_result_rows(result, 7, &rows, NULL) == VZ_INVALID_ARGUMENT); /* no rule of the ABI */
    vz_result_release(result);
    EXPECT(vz_result_rows(NULL, 0, &rows, NULL) == VZ_MISUSE);
    EXPECT(vz_result_profile(NULL, 0, NULL, NULL) == VZ_MISUSE);
    EXPECT(vz_result_check(NULL, NULL) == VZ_MISUSE);
    EXPECT(vz_collection_list(NULL, &result, NULL) == VZ_MISUSE);
    for (int i = 0; i < 2; i++) EXPECT(atomic_exchange(&told[i].misuses, 0) == 6);
    EXPECT(vz_engine_close(engines[1], NULL) == VZ_OK);

    struct asker asker = {.engine = engines[0]};
    waiter_start(&asker.waiter, 1);
    vz_count_request counting = NEW(vz_count_request);
    uint64_t count = 0;
    vz_op op = NEW(vz_op);
    op.kind = VZ_OP_COUNT;
    op.collection = text("points");
    op.request = &counting;
    op.answer = &count;
    op.done = ask_what_none_may;
    op.user = &asker;
    vz_op* const ops[] = {&op};
    EXPECT(vz_submit(engines[0], ops, 1) == VZ_OK);
    waiter_wait(&asker.waiter);
    EXPECT(atomic_load(&told[0].misuses) == 3);
    EXPECT(atomic_load(&told[1].misuses) == 0);
    EXPECT(vz_engine_close(engines[0], NULL) == VZ_OK);
    for (int i = 0; i < 2; i++) remove_directory(paths[i]);
}

/* The answer and the request of an operation are checked like those of the function: the operation ends so, and the
 * log names whose it is. */
static void operations_without_request_or_answer_end_as_misuse(void) {
    char path[64];
    make_directory(path);
    struct told told = {0};
    vz_engine* engine = open_and_tell(path, &told);
    create_plain((struct client){engine, BY_CALL}, "points");
    char code[32];
    snprintf(code, sizeof(code), "%p", (void*)(uintptr_t)waiter_done);
    for (uint32_t kind = VZ_OP_WRITE; kind <= VZ_OP_COUNT; kind++) {
        struct waiter waiter;
        waiter_start(&waiter, 1);
        vz_error error;
        memset(&error, 0, sizeof(error));
        vz_op op = NEW(vz_op);
        op.kind = kind;
        op.collection = text("points");
        op.done = waiter_done;
        op.user = &waiter;
        op.error = &error;
        vz_op* const ops[] = {&op};
        const vz_status taken = vz_submit(engine, ops, 1);
        if (taken != VZ_OK) {
            EXPECT(taken == VZ_MISUSE);
            continue;
        }
        waiter_wait(&waiter);
        EXPECT(op.status == VZ_MISUSE && error.status == VZ_MISUSE);
        EXPECT(atomic_exchange(&told.misuses, 0) == 1);
        EXPECT(kind == VZ_OP_WRITE ||
               strcmp(told.code, code) == 0); /* a write is refused by the call that submits it */
    }
    EXPECT(vz_engine_close(engine, NULL) == VZ_OK);
    remove_directory(path);
}

/* The writes of a process that closes its engine under them, and how many were acknowledged. */
struct writes {
    vz_engine* engine;
    _Atomic uint64_t* acknowledged;
};

static void* write_for_ever(void* argument) {
    const struct writes* writes = argument;
    for (;;) {
        static _Atomic uint64_t next;
        char digits[24];
        snprintf(digits, sizeof(digits), "%llu", (unsigned long long)atomic_fetch_add(&next, 1));
        const vz_str id = text(digits);
        vz_write_request request = NEW(vz_write_request);
        request.kind = VZ_UPSERT;
        request.count = 1;
        request.ids = &id;
        if (vz_write(writes->engine, text("points"), &request, NULL, NULL) != VZ_OK) return NULL;
        atomic_fetch_add(writes->acknowledged, 1);
    }
}

static void close_under_writers(const char* path, _Atomic uint64_t* acknowledged) {
    struct writes writes = {NULL, acknowledged};
    if (vz_engine_open(text(path), NULL, &writes.engine, NULL) != VZ_OK) _exit(1);
    const struct client client = {writes.engine, BY_CALL};
    create_plain(client, "points");
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, write_for_ever, &writes);
    }
    while (atomic_load(acknowledged) < 100) usleep(1000);
    vz_engine_close(writes.engine, NULL);
    _exit(0);
}

/* A thread that goes on while the engine is closed may take its process down, but nothing that is on disk. */
static void writes_during_close_harm_no_data(void) {
    for (int round = 0; round < 5; round++) {
        vz_error error;
        char path[64];
        make_directory(path);
        _Atomic uint64_t* acknowledged =
            mmap(NULL, sizeof(*acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        EXPECT(acknowledged != MAP_FAILED);
        const pid_t child = fork();
        if (child == 0) close_under_writers(path, acknowledged);
        EXPECT(child > 0 && waitpid(child, NULL, 0) == child);
        vz_engine* engine = NULL;
        uint64_t count = 0;
        EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), NULL, &engine, &error));
        EXPECT_STATUS(VZ_OK, vz_count(engine, text("points"), NULL, &count, &error));
        EXPECT(count >= atomic_load(acknowledged));
        EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
        munmap(acknowledged, sizeof(*acknowledged));
        remove_directory(path);
    }
}

int main(void) {
    a_forked_process_is_refused();
    writes_during_close_harm_no_data(); /* while this process has one thread */
    vz_error error;
    char path[64];
    const struct client client = open_points(path);
    vz_engine* engine = client.engine;
    null_is_refused(engine);
    null_inside_requests_is_refused(engine);
    null_inside_parts_is_refused(engine);
    unknown_flags_and_enumerators_are_refused(engine);
    options_out_of_range_are_refused();
    tools_take_their_flags_only();
    chains_that_differ_are_refused(engine);
    bad_operations_are_refused_whole(engine);
    operations_without_request_or_answer_end_as_misuse();
    calls_that_name_no_engine_are_told();
    vz_count_request counting = NEW(vz_count_request);
    uint64_t count = 1;
    EXPECT_STATUS(VZ_OK, vz_count(engine, text("points"), &counting, &count, &error));
    EXPECT(count == 0);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
    return finish("abi.misuse");
}
