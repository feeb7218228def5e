/* What a request gives although its kind, its flags or its other members make nothing of it: refused by the member's
 * name, and nothing is done. */
#include "tests/abi/session.h"

#define EXPECT_REFUSED(wanted_reason, wanted_field, call)                                   \
    do {                                                                                    \
        EXPECT_STATUS(VZ_INVALID_ARGUMENT, call);                                           \
        EXPECT(error.reason == (wanted_reason));                                            \
        EXPECT(strcmp(error.field, wanted_field) == 0);                                     \
        if (strcmp(error.field, wanted_field) != 0) fprintf(stderr, "  %s\n", error.field); \
    } while (0)
#define EXPECT_UNUSED(field, call) EXPECT_REFUSED(VZ_REASON_CONFLICTING, field, call)

static vz_engine* engine;
static const float kVector[4] = {1, 2, 3, 4};
static const vz_matrix kVectors = {.data = kVector, .rows = 1, .dim = 4};

static vz_status write_points(const vz_write_request* request, vz_error* error) {
    return vz_write(engine, text("points"), request, NULL, error);
}

static void writes_take_what_their_kind_changes(void) {
    vz_error error;
    const vz_str id = text("1");
    const vz_str payload = text("{\"a\":1}");
    const uint64_t version = 1;
    vz_vectors field = NEW(vz_vectors);
    field.matrix = kVectors;
    vz_write_request upsert = NEW(vz_write_request);
    upsert.kind = VZ_UPSERT;
    upsert.count = 1;
    upsert.ids = &id;
    upsert.vectors = kVectors;
    EXPECT_STATUS(VZ_OK, write_points(&upsert, &error));
    for (uint32_t condition = VZ_IF_ALWAYS; condition < VZ_IF_VERSION; condition++) {
        vz_write_request request = upsert;
        request.condition = condition;
        request.versions = &version;
        EXPECT_UNUSED("versions", write_points(&request, &error));
        request.kind = VZ_DELETE;
        request.vectors = (vz_matrix){0};
        EXPECT_UNUSED("versions", write_points(&request, &error));
    }
    vz_write_request filtered = NEW(vz_write_request);
    filtered.kind = VZ_DELETE;
    filtered.filter = text("{\"must\":{\"has_id\":[\"1\"]}}");
    filtered.versions = &version;
    EXPECT_UNUSED("versions", write_points(&filtered, &error));
    vz_write_request clear = NEW(vz_write_request);
    clear.kind = VZ_CLEAR;
    clear.vectors = kVectors;
    EXPECT_UNUSED("vectors", write_points(&clear, &error));
    clear.vectors.rows = 0;
    clear.fields = &field;
    clear.field_count = 1;
    EXPECT_UNUSED("vectors", write_points(&clear, &error));
    clear.field_count = 0;
    clear.payloads = &payload;
    EXPECT_UNUSED("payloads", write_points(&clear, &error));
    vz_count_request counting = NEW(vz_count_request);
    uint64_t count = 0;
    EXPECT_STATUS(VZ_OK, vz_count(engine, text("points"), &counting, &count, &error));
    EXPECT(count == 1);
}

static vz_status alter(const vz_alter_change* change, vz_error* error) {
    vz_alter_request request = NEW(vz_alter_request);
    request.changes = change;
    request.change_count = 1;
    return vz_collection_alter(engine, text("points"), &request, NULL, error);
}

static void changes_take_the_member_of_their_kind(void) {
    vz_error error;
    const vz_vector_field field = NEW(vz_vector_field);
    const vz_field_index index = NEW(vz_field_index);
    for (uint32_t kind = VZ_ALTER_ADD_VECTOR_FIELD; kind <= VZ_ALTER_SET_TTL; kind++) {
        const int takes_field = kind <= VZ_ALTER_TUNE_VECTOR_FIELD;
        const int takes_index = kind == VZ_ALTER_ADD_FIELD_INDEX || kind == VZ_ALTER_DROP_FIELD_INDEX;
        vz_alter_change change = NEW(vz_alter_change);
        change.kind = kind;
        change.vector_field = &field;
        if (!takes_field) EXPECT_UNUSED("changes.vector_field", alter(&change, &error));
        change.vector_field = takes_field ? &field : NULL;
        change.field_index = &index;
        if (!takes_index) EXPECT_UNUSED("changes.field_index", alter(&change, &error));
        change.field_index = takes_index ? &index : NULL;
        change.metadata = text("{}");
        if (kind != VZ_ALTER_SET_METADATA) EXPECT_UNUSED("changes.metadata", alter(&change, &error));
        change.metadata = kind == VZ_ALTER_SET_METADATA ? text("{}") : text(NULL);
        change.ttl_ms = 1;
        if (kind != VZ_ALTER_SET_TTL) EXPECT_UNUSED("changes.ttl_ms", alter(&change, &error));
    }
}

static vz_status tune(const vz_vector_field* field, vz_error* error) {
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_TUNE_VECTOR_FIELD;
    change.vector_field = field;
    return alter(&change, error);
}

static void a_vector_field_keeps_its_shape_when_it_is_tuned(void) {
    vz_error error;
    const vz_vector_field none = NEW(vz_vector_field);
    vz_vector_field same = none;
    same.dim = 4;
    same.metric = VZ_EUCLIDEAN;
    EXPECT_STATUS(VZ_OK, tune(&none, &error));
    EXPECT_STATUS(VZ_OK, tune(&same, &error));
    vz_vector_field other = none;
    other.dim = 99;
    EXPECT_UNUSED("vector_fields.dim", tune(&other, &error));
    other = none;
    other.metric = VZ_DOT;
    EXPECT_UNUSED("vector_fields.metric", tune(&other, &error));
    other = none;
    other.element = VZ_F16;
    EXPECT_UNUSED("vector_fields.element", tune(&other, &error));
    other = none;
    other.kind = 1;
    EXPECT_UNUSED("vector_fields.kind", tune(&other, &error));
    other = none;
    other.reserved = 1;
    EXPECT_STATUS(VZ_UNSUPPORTED, tune(&other, &error));
    EXPECT(strcmp(error.field, "vector_fields.reserved") == 0);
}

static vz_status create(vz_vector_field field, vz_error* error) {
    field.dim = 4;
    field.metric = VZ_EUCLIDEAN;
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    return vz_collection_create(engine, text("bare"), &schema, NULL, error);
}

static void a_field_without_graph_has_no_options_of_one(void) {
    vz_error error;
    vz_vector_field bare = NEW(vz_vector_field);
    bare.index = VZ_INDEX_NONE;
    vz_vector_field field = bare;
    field.degree = 16;
    EXPECT_UNUSED("vector_fields.degree", create(field, &error));
    EXPECT_UNUSED("vector_fields.degree", tune(&field, &error));
    field = bare;
    field.build_effort = 100;
    EXPECT_UNUSED("vector_fields.build_effort", create(field, &error));
    EXPECT_UNUSED("vector_fields.build_effort", tune(&field, &error));
    field = bare;
    field.search_effort = 100;
    EXPECT_UNUSED("vector_fields.search_effort", create(field, &error));
    EXPECT_UNUSED("vector_fields.search_effort", tune(&field, &error));
    field = bare;
    field.quantization = VZ_QUANTIZATION_SQ8;
    EXPECT_UNUSED("vector_fields.quantization", create(field, &error));
    EXPECT_UNUSED("vector_fields.quantization", tune(&field, &error));
    /* Of a field that is told to keep its codes, and to have none. */
    vz_vector_field coded = NEW(vz_vector_field);
    coded.quantization = VZ_QUANTIZATION_SQ8;
    EXPECT_STATUS(VZ_OK, tune(&coded, &error));
    bare.quantization = VZ_QUANTIZATION_UNCHANGED;
    EXPECT_UNUSED("vector_fields.quantization", tune(&bare, &error));
    coded.quantization = VZ_QUANTIZATION_AUTO;
    EXPECT_STATUS(VZ_OK, tune(&coded, &error));
    bare.quantization = VZ_QUANTIZATION_NONE;
    EXPECT_STATUS(VZ_OK, create(bare, &error));
    /* What was described can be declared again. */
    vz_result* described = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(engine, text("bare"), &described, &error));
    uint64_t count = 0;
    const vz_collection_info* info = vz_result_items(described, VZ_RESULT_COLLECTIONS, &count);
    EXPECT_STATUS(VZ_OK, vz_collection_create(engine, text("again"), info->schema, NULL, &error));
    vz_result_release(described);
    EXPECT_STATUS(VZ_OK, vz_collection_drop(engine, text("again"), NULL, &error));
    EXPECT_STATUS(VZ_OK, vz_collection_drop(engine, text("bare"), NULL, &error));
}

static vz_status search(const char* collection, const vz_search_request* request, vz_error* error) {
    vz_result* result = NULL;
    const vz_status status = vz_search(engine, text(collection), request, &result, error);
    vz_result_release(result);
    return status;
}

static void searches_take_what_they_use(void) {
    vz_error error;
    vz_search_request vectors = NEW(vz_search_request);
    vectors.queries = kVectors;
    vectors.k = 1;
    vz_search_request request = vectors;
    request.score_limit = 1;
    EXPECT_UNUSED("score_limit", search("points", &request, &error));
    request = vectors;
    request.flags = VZ_SEARCH_EXACT;
    request.rerank = 10;
    EXPECT_UNUSED("flags", search("points", &request, &error));
    const vz_str path = text("a");
    const vz_str unknown = text("no such field");
    vz_parts parts = NEW(vz_parts);
    request = vectors;
    request.parts = &parts;
    parts.payload_paths = &path;
    parts.payload_path_count = 1;
    EXPECT_UNUSED("parts.payload_paths", search("points", &request, &error));
    parts.payload_path_count = 0;
    parts.vector_fields = &unknown;
    parts.vector_field_count = 1;
    EXPECT_UNUSED("parts.vector_fields", search("points", &request, &error));
    parts.vector_field_count = 0;
    parts.flags = VZ_PARTS_EXCLUDE;
    EXPECT_UNUSED("parts.flags", search("points", &request, &error));
}

static void texts_alone_are_not_fused(void) {
    vz_error error;
    vz_field_index index = NEW(vz_field_index);
    index.kind = VZ_FIELD_INDEX_TEXT;
    index.path = text("t");
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_ADD_FIELD_INDEX;
    change.field_index = &index;
    EXPECT_STATUS(VZ_OK, alter(&change, &error));
    const vz_str words = text("apple");
    vz_text_query alone = NEW(vz_text_query);
    alone.texts = &words;
    vz_text_query query = alone;
    vz_search_request request = NEW(vz_search_request);
    request.queries.rows = 1;
    request.k = 1;
    request.text = &query;
    EXPECT_STATUS(VZ_OK, search("points", &request, &error));
    query.alpha = 0.5F;
    EXPECT_UNUSED("text.alpha", search("points", &request, &error));
    const uint32_t not_a_number = 0x7FC00000;
    memcpy(&query.alpha, &not_a_number, sizeof(query.alpha));
    EXPECT_UNUSED("text.alpha", search("points", &request, &error));
    const float vector[4] = {1, 0, 0, 0};
    vz_search_request fused = request;
    fused.queries = (vz_matrix){.data = vector, .rows = 1, .dim = 4};
    query.fusion = VZ_FUSION_RRF;
    EXPECT_UNUSED("text.alpha", search("points", &fused, &error));
    query.alpha = 0.5F;
    EXPECT_UNUSED("text.alpha", search("points", &fused, &error));
    query.fusion = VZ_FUSION_WEIGHTED;
    EXPECT_STATUS(VZ_OK, search("points", &fused, &error));
    query = alone;
    query.dense_k = 1;
    EXPECT_UNUSED("text.dense_k", search("points", &request, &error));
    query = alone;
    query.text_k = 1;
    EXPECT_UNUSED("text.text_k", search("points", &request, &error));
    query = alone;
    request.queries.dim = 4;
    EXPECT_UNUSED("queries", search("points", &request, &error));
    request.queries.dim = 0;
    request.queries.element = VZ_F16;
    EXPECT_UNUSED("queries", search("points", &request, &error));
}

static void tools_take_their_target_only(void) {
    vz_error error;
    vz_result* result = NULL;
    vz_directory_request request = NEW(vz_directory_request);
    request.kind = VZ_DIRECTORY_CHECK;
    request.target = text("/tmp/vz-abi-none/file");
    EXPECT_UNUSED("target", vz_directory_run(text("/tmp/vz-abi-none"), &request, &result, &error));
    request.kind = VZ_DIRECTORY_REPAIR;
    request.flags = VZ_DIRECTORY_ACCEPT_LOSS;
    EXPECT_UNUSED("target", vz_directory_run(text("/tmp/vz-abi-none"), &request, &result, &error));
    EXPECT(result == NULL);
}

static vz_status open_with(const vz_kv* settings, uint32_t count, vz_error* error) {
    vz_engine_options options = NEW(vz_engine_options);
    options.settings = settings;
    options.setting_count = count;
    vz_engine* opened = NULL;
    const vz_status status = vz_engine_open(text("/tmp/vz-abi-none"), &options, &opened, error);
    EXPECT(opened == NULL);
    return status;
}

static void a_setting_is_known_and_given_once(void) {
    vz_error error;
    const vz_kv verifies[] = {{text("verify"), text("open")}, {text("verify"), text("never")}};
    EXPECT_REFUSED(VZ_REASON_DUPLICATE, "verify", open_with(verifies, COUNT(verifies), &error));
    const vz_kv times[] = {{text("settle_after_ms"), text("5")}, {text("settle_after_ms"), text("5")}};
    EXPECT_REFUSED(VZ_REASON_DUPLICATE, "settle_after_ms", open_with(times, COUNT(times), &error));
    const vz_kv unknown = {text("VERIFY"), text("open")};
    EXPECT_STATUS(VZ_UNSUPPORTED, open_with(&unknown, 1, &error));
    const vz_kv long_time = {text("settle_after_ms"), text("86400001")};
    EXPECT_REFUSED(VZ_REASON_RANGE, "settle_after_ms", open_with(&long_time, 1, &error));
    EXPECT(error.expected == 86400000 && error.actual == 86400001);
    const vz_kv small_file = {text("wal_file_bytes"), text("1")};
    EXPECT_REFUSED(VZ_REASON_RANGE, "wal_file_bytes", open_with(&small_file, 1, &error));
    EXPECT(error.expected == 65536 && error.actual == 1);
}

int main(void) {
    vz_error error;
    char path[64];
    engine = open_points(path).engine;
    writes_take_what_their_kind_changes();
    changes_take_the_member_of_their_kind();
    a_vector_field_keeps_its_shape_when_it_is_tuned();
    a_field_without_graph_has_no_options_of_one();
    searches_take_what_they_use();
    texts_alone_are_not_fused();
    tools_take_their_target_only();
    a_setting_is_known_and_given_once();
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
    return finish("abi.unused");
}
