/* Structs of other minors: a shorter one than 1.0's is misuse, a longer one is fine while its tail is zero, and an
 * option this engine does not know is never dropped. Each request ends where readable memory ends, each answer is
 * followed by guard bytes. */
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/abi/session.h"

#define TAIL 48

static vz_engine* engine;

/* `size` writable bytes right before memory that cannot be touched. 1.0's structs are multiples of 8, so they stay
 * aligned. */
static void* at_the_edge(size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char* pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) exit(1);
    return pages + page - size;
}

static void give_back(void* bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap((char*)((uintptr_t)bytes / page * page), 2 * page);
}

/* A copy of a struct with another size; what lies behind the original is filled with `tail`. */
static void* resized(const void* original, size_t size, size_t new_size, int tail) {
    char* copy = at_the_edge(new_size);
    memset(copy, tail, new_size);
    memcpy(copy, original, size < new_size ? size : new_size);
    const uint32_t struct_size = (uint32_t)new_size;
    memcpy(copy, &struct_size, sizeof(struct_size));
    return copy;
}

static const float kVector[4] = {1, 2, 3, 4};
static vz_str id_of_point;
static int names_drawn;
static char name_drawn[32];

static vz_str fresh_name(void) {
    snprintf(name_drawn, sizeof(name_drawn), "fresh-%d", names_drawn++);
    return text(name_drawn);
}

static vz_status create(const void* request) { return vz_collection_create(engine, fresh_name(), request, NULL, NULL); }

static vz_status create_with_change(const void* request) {
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_DOT;
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    vz_change change;
    memcpy(&change, request, sizeof(uint32_t));
    if (change.struct_size < sizeof(change))
        return vz_collection_create(engine, fresh_name(), &schema, (vz_change*)(uintptr_t)request, NULL);
    void* writable = resized(request, change.struct_size, change.struct_size, 0);
    const vz_status status = vz_collection_create(engine, fresh_name(), &schema, writable, NULL);
    give_back(writable);
    return status;
}

static vz_status create_with_field(const void* request) {
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = request;
    schema.vector_field_count = 1;
    return create(&schema);
}

static vz_status rename_fresh(const void* request) {
    const struct client client = {engine, BY_CALL};
    char from[32];
    snprintf(from, sizeof(from), "from-%d", names_drawn++);
    create_plain(client, from);
    vz_collection_drop(engine, text("renamed"), NULL, NULL);
    return vz_collection_rename(engine, text(from), request, NULL, NULL);
}

static vz_status alter(const void* request) { return vz_collection_alter(engine, text("points"), request, NULL, NULL); }

static vz_status alter_with(const void* request) {
    vz_alter_request alteration = NEW(vz_alter_request);
    alteration.changes = request;
    alteration.change_count = 1;
    return alter(&alteration);
}

static vz_status alter_field(const void* request) {
    /* Added and dropped by turns, so that each is right the next time. */
    static uint32_t kind = VZ_ALTER_DROP_VECTOR_FIELD;
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = kind == VZ_ALTER_DROP_VECTOR_FIELD ? VZ_ALTER_ADD_VECTOR_FIELD : VZ_ALTER_DROP_VECTOR_FIELD;
    change.vector_field = request;
    const vz_status status = alter_with(&change);
    if (status == VZ_OK) kind = change.kind;
    return status;
}

static vz_status tune_field(const void* request) {
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_TUNE_VECTOR_FIELD;
    change.vector_field = request;
    return alter_with(&change);
}

static vz_status apply(const void* request) { return vz_alias_apply(engine, request, NULL, NULL); }
static vz_status put(const void* request) { return vz_value_put(engine, request, NULL, NULL); }

static vz_status put_value(const void* request) {
    vz_value_request values = NEW(vz_value_request);
    values.values = request;
    values.value_count = 1;
    return put(&values);
}

static vz_status write_points(const void* request) { return vz_write(engine, text("points"), request, NULL, NULL); }

static vz_write_request upsert(void) {
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &id_of_point;
    return request;
}

static vz_status write_vectors(const void* request) {
    vz_write_request points = upsert();
    points.fields = request;
    points.field_count = 1;
    return write_points(&points);
}

static vz_status write_next(const void* request) {
    vz_write_request points = upsert();
    points.vectors = (vz_matrix){.data = kVector, .rows = 1, .dim = 4};
    points.next = request;
    return write_points(&points);
}

static vz_status drop_result(vz_status status, vz_result** result) {
    EXPECT((status == VZ_OK) == (*result != NULL));
    vz_result_release(*result);
    return status;
}

static vz_status get(const void* request) {
    vz_result* result = NULL;
    return drop_result(vz_get(engine, text("points"), request, &result, NULL), &result);
}

static vz_status get_parts(const void* request) {
    vz_get_request ids = NEW(vz_get_request);
    ids.count = 1;
    ids.ids = &id_of_point;
    ids.parts = request;
    return get(&ids);
}

static vz_status count(const void* request) {
    uint64_t counted = 0;
    return vz_count(engine, text("points"), request, &counted, NULL);
}

static vz_status scan(const void* request) {
    vz_result* result = NULL;
    return drop_result(vz_scan(engine, text("points"), request, &result, NULL), &result);
}

static vz_status search(const void* request) {
    vz_result* result = NULL;
    return drop_result(vz_search(engine, text("points"), request, &result, NULL), &result);
}

static vz_status open_with(const void* request) {
    char path[64];
    make_directory(path);
    vz_engine* opened = NULL;
    const vz_status status = vz_engine_open(text(path), request, &opened, NULL);
    vz_engine_close(opened, NULL);
    remove_directory(path);
    return status;
}

static vz_status submit(const void* request) {
    vz_op op;
    memcpy(&op, request, sizeof(uint32_t));
    const int waits = op.struct_size >= sizeof(op);
    if (waits) memcpy(&op, request, sizeof(op));
    struct waiter waiter;
    waiter_start(&waiter, 1);
    vz_op* writable = resized(request, op.struct_size, op.struct_size, 0);
    if (waits) writable->user = &waiter;
    vz_op* const ops[] = {writable};
    const vz_status taken = vz_submit(engine, ops, 1);
    if (taken == VZ_OK) waiter_wait(&waiter);
    const vz_status status = taken != VZ_OK ? taken : writable->status;
    give_back(writable);
    return status;
}

static void a_request_grows(const char* what, vz_status (*make)(const void*), const void* request, size_t size) {
    void* same = resized(request, size, size, 0);
    void* longer = resized(request, size, size + TAIL, 0);
    void* unknown = resized(request, size, size + TAIL, 0);
    ((char*)unknown)[size + TAIL - 1] = 1;
    void* shorter = resized(request, size, size - 8, 0);
    const vz_status statuses[] = {make(same), make(longer), make(unknown), make(shorter)};
    const vz_status wanted[] = {VZ_OK, VZ_OK, VZ_UNSUPPORTED, VZ_MISUSE};
    const char* const cases[] = {"of 1.0's size", "longer by zeros", "longer by an unknown option", "shorter"};
    for (int i = 0; i < 4; i++) {
        EXPECT(statuses[i] == wanted[i]);
        if (statuses[i] != wanted[i]) fprintf(stderr, "  %s %s: %s\n", what, cases[i], vz_status_name(statuses[i]));
    }
    give_back(same);
    give_back(longer);
    give_back(unknown);
    give_back(shorter);
}

static void requests_grow(void) {
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_DOT;
    a_request_grows("vz_vector_field", create_with_field, &field, sizeof(field));
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    a_request_grows("vz_schema", create, &schema, sizeof(schema));
    const vz_change change = NEW(vz_change);
    a_request_grows("vz_change", create_with_change, &change, sizeof(change));
    vz_rename_request renaming = NEW(vz_rename_request);
    renaming.to = text("renamed");
    a_request_grows("vz_rename_request", rename_fresh, &renaming, sizeof(renaming));
    vz_alter_change alteration = NEW(vz_alter_change);
    alteration.kind = VZ_ALTER_SET_METADATA;
    alteration.metadata = text("{}");
    a_request_grows("vz_alter_change", alter_with, &alteration, sizeof(alteration));
    vz_alter_request altering = NEW(vz_alter_request);
    altering.changes = &alteration;
    altering.change_count = 1;
    a_request_grows("vz_alter_request", alter, &altering, sizeof(altering));
    vz_vector_field second = field;
    second.name = text("second");
    a_request_grows("vz_alter_change.vector_field", alter_field, &second, sizeof(second));
    const vz_vector_field tuned = NEW(vz_vector_field);
    a_request_grows("vz_alter_change.vector_field to tune", tune_field, &tuned, sizeof(tuned));
    const vz_alias_change alias = {text("alias"), text("points")};
    vz_alias_request aliasing = NEW(vz_alias_request);
    aliasing.changes = &alias;
    aliasing.change_count = 1;
    a_request_grows("vz_alias_request", apply, &aliasing, sizeof(aliasing));
    vz_value value = NEW(vz_value);
    value.key = text("k");
    value.value = text("v");
    a_request_grows("vz_value", put_value, &value, sizeof(value));
    vz_value_request values = NEW(vz_value_request);
    values.values = &value;
    values.value_count = 1;
    a_request_grows("vz_value_request", put, &values, sizeof(values));
}

static void point_requests_grow(void) {
    const vz_matrix vector = {.data = kVector, .rows = 1, .dim = 4};
    vz_write_request points = upsert();
    points.vectors = vector;
    a_request_grows("vz_write_request", write_points, &points, sizeof(points));
    a_request_grows("vz_write_request.next", write_next, &points, sizeof(points));
    vz_vectors vectors = NEW(vz_vectors);
    vectors.matrix = vector;
    a_request_grows("vz_vectors", write_vectors, &vectors, sizeof(vectors));
    vz_get_request getting = NEW(vz_get_request);
    getting.count = 1;
    getting.ids = &id_of_point;
    a_request_grows("vz_get_request", get, &getting, sizeof(getting));
    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_VECTORS;
    a_request_grows("vz_parts", get_parts, &parts, sizeof(parts));
    vz_count_request counting = NEW(vz_count_request);
    a_request_grows("vz_count_request", count, &counting, sizeof(counting));
    vz_scan_request scanning = NEW(vz_scan_request);
    scanning.limit = 1;
    a_request_grows("vz_scan_request", scan, &scanning, sizeof(scanning));
    vz_search_request searching = NEW(vz_search_request);
    searching.queries = vector;
    searching.k = 1;
    a_request_grows("vz_search_request", search, &searching, sizeof(searching));
    const vz_engine_options options = NEW(vz_engine_options);
    a_request_grows("vz_engine_options", open_with, &options, sizeof(options));
    uint64_t counted = 0;
    vz_op op = NEW(vz_op);
    op.kind = VZ_OP_COUNT;
    op.collection = text("points");
    op.request = &counting;
    op.answer = &counted;
    op.done = waiter_done;
    a_request_grows("vz_op", submit, &op, sizeof(op));
}

/* Fills an answer by `read`. No byte behind the caller's size is touched, whether a shorter struct is filled or
 * refused. */
static void an_answer_grows(const char* what, vz_status (*read)(void*), size_t size) {
    const size_t sizes[] = {size, size + TAIL, size - 8, 0};
    const vz_status wanted[] = {VZ_OK, VZ_OK, VZ_MISUSE, VZ_MISUSE};
    for (int i = 0; i < 4; i++) {
        unsigned char bytes[1024];
        memset(bytes, 0, sizeof(bytes));
        memset(bytes + sizes[i], 0xA5, sizeof(bytes) - sizes[i]);
        const uint32_t struct_size = (uint32_t)sizes[i];
        memcpy(bytes, &struct_size, sizeof(struct_size));
        const vz_status status = read(bytes);
        const int shorter_is_filled = i == 2 && status == VZ_OK;
        EXPECT(status == wanted[i] || shorter_is_filled);
        if (status != wanted[i] && !shorter_is_filled)
            fprintf(stderr, "  %s of %u bytes: %s\n", what, struct_size, vz_status_name(status));
        for (size_t byte = sizes[i] < 8 ? 8 : sizes[i]; byte < sizeof(bytes); byte++) EXPECT(bytes[byte] == 0xA5);
        uint32_t told = 0;
        memcpy(&told, bytes, sizeof(told));
        EXPECT(status != VZ_OK || told <= struct_size);
        if (status != VZ_OK || shorter_is_filled) continue;
        EXPECT(told >= size);
        for (size_t byte = size; byte < sizes[i]; byte++) EXPECT(bytes[byte] == 0);
    }
}

static vz_status read_engine_stats(void* out) { return vz_engine_stats_read(engine, out, NULL); }
static vz_status read_collection_stats(void* out) {
    return vz_collection_stats_read(engine, text("points"), out, NULL);
}

static vz_status read_answer(void* out) {
    vz_write_request points = upsert();
    points.vectors = (vz_matrix){.data = kVector, .rows = 1, .dim = 4};
    return vz_write(engine, text("points"), &points, out, NULL);
}

static vz_status read_rows(void* out) {
    vz_get_request request = NEW(vz_get_request);
    request.count = 1;
    request.ids = &id_of_point;
    vz_result* result = NULL;
    EXPECT(vz_get(engine, text("points"), &request, &result, NULL) == VZ_OK);
    const vz_status status = vz_result_rows(result, 0, out, NULL);
    vz_result_release(result);
    return status;
}

static vz_status read_change(void* out) {
    vz_value value = NEW(vz_value);
    value.key = text("k");
    value.value = text("v");
    vz_value_request values = NEW(vz_value_request);
    values.values = &value;
    values.value_count = 1;
    return vz_value_put(engine, &values, out, NULL);
}

static void answers_grow(void) {
    an_answer_grows("vz_engine_stats", read_engine_stats, sizeof(vz_engine_stats));
    an_answer_grows("vz_collection_stats", read_collection_stats, sizeof(vz_collection_stats));
    an_answer_grows("vz_write_answer", read_answer, sizeof(vz_write_answer));
    an_answer_grows("vz_rows", read_rows, sizeof(vz_rows));
    an_answer_grows("vz_change", read_change, sizeof(vz_change));
}

/* Elements of a newer caller are wider: the engine steps by the first one's size. */
static void elements_are_stepped_by_their_own_size(void) {
    vz_error error;
    struct wider {
        vz_value value;
        uint64_t newer[3];
    } values[3];
    memset(values, 0, sizeof(values));
    const char* const keys[] = {"wide/a", "wide/b", "wide/c"};
    for (int i = 0; i < 3; i++) {
        values[i].value.struct_size = sizeof(struct wider);
        values[i].value.key = text(keys[i]);
        values[i].value.value = text(keys[i]);
    }
    vz_value_request request = NEW(vz_value_request);
    request.values = &values[0].value;
    request.value_count = 3;
    EXPECT_STATUS(VZ_OK, vz_value_put(engine, &request, NULL, &error));
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_value_list(engine, text("wide/"), &result, &error));
    uint64_t listed = 0;
    const vz_value* first = vz_result_items(result, VZ_RESULT_VALUES, &listed);
    EXPECT(listed == 3);
    for (uint64_t i = 0; i < listed; i++) {
        EXPECT(same_text(VZ_AT(vz_value, first, i)->key, text(keys[i])));
        EXPECT(VZ_HAS(vz_value, VZ_AT(vz_value, first, i), lsn));
    }
    vz_result_release(result);
    values[2].newer[2] = 1;
    EXPECT_STATUS(VZ_UNSUPPORTED, vz_value_put(engine, &request, NULL, &error));
}

static int has_language_at_second(vz_str collection, const char* wanted) {
    vz_error error;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(engine, collection, &result, &error));
    uint64_t found = 0;
    const vz_collection_info* info = vz_result_items(result, VZ_RESULT_COLLECTIONS, &found);
    const int holds = found == 1 && info->schema->field_index_count == 2 &&
                      same_text(VZ_AT(vz_field_index, info->schema->field_indexes, 1)->language, text(wanted));
    vz_result_release(result);
    return holds;
}

/* Of an array only the first element's size counts: what the others say neither cuts off a member nor adds one. */
static void later_elements_have_the_size_of_the_first(void) {
    vz_error error;
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_DOT;
    const uint32_t of_v1_0 = offsetof(vz_field_index, language);
    const uint32_t of_today = sizeof(vz_field_index);
    const uint32_t strides[] = {of_v1_0, of_today};
    const uint32_t sizes[] = {0, of_v1_0, of_today};
    for (uint32_t i = 0; i < COUNT(strides) * COUNT(sizes); i++) {
        const uint32_t stride = strides[i / COUNT(sizes)];
        vz_field_index first = NEW(vz_field_index);
        first.struct_size = stride;
        first.kind = VZ_FIELD_INDEX_KEYWORD;
        first.path = text("a");
        vz_field_index second = NEW(vz_field_index);
        second.struct_size = sizes[i % COUNT(sizes)];
        second.kind = VZ_FIELD_INDEX_TEXT;
        second.path = text("t");
        second.language = text("english");
        char* indexes = at_the_edge(2 * (size_t)stride);
        memcpy(indexes, &first, stride);
        memcpy(indexes + stride, &second, stride);
        vz_schema schema = NEW(vz_schema);
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        schema.field_indexes = (const vz_field_index*)(const void*)indexes;
        schema.field_index_count = 2;
        const vz_str name = fresh_name();
        EXPECT_STATUS(VZ_OK, vz_collection_create(engine, name, &schema, NULL, &error));
        EXPECT(has_language_at_second(name, stride == of_today ? "english" : NULL));
        give_back(indexes);
    }
}

int main(void) {
    vz_error error;
    char path[64];
    make_directory(path);
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), NULL, &engine, &error));
    const struct client client = {engine, BY_CALL};
    id_of_point = text("1");
    create_plain(client, "points");
    requests_grow();
    point_requests_grow();
    answers_grow();
    elements_are_stepped_by_their_own_size();
    later_elements_have_the_size_of_the_first();
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
    return finish("abi.growth");
}
