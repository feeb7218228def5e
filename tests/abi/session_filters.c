#include "tests/abi/session.h"

/* Eight points: id i has {"n":i,"kind":"even"|"odd"} and the vector (i, 0, 0, 0). */
#define POINTS 8

static void fill(struct client client, const char* name) {
    vz_error error;
    char id_texts[POINTS][4];
    char payload_texts[POINTS][48];
    vz_str ids[POINTS];
    vz_str payloads[POINTS];
    float vectors[POINTS][4] = {{0}};
    for (int i = 0; i < POINTS; i++) {
        snprintf(id_texts[i], sizeof(id_texts[i]), "%d", i);
        snprintf(payload_texts[i], sizeof(payload_texts[i]), "{\"n\":%d,\"kind\":\"%s\"}", i,
                 i % 2 == 0 ? "even" : "odd");
        ids[i] = text(id_texts[i]);
        payloads[i] = text(payload_texts[i]);
        vectors[i][0] = (float)i;
    }
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = POINTS;
    request.ids = ids;
    request.vectors = (vz_matrix){.data = vectors, .rows = POINTS, .dim = 4, .element = VZ_F32};
    request.payloads = payloads;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
}

static uint64_t count(struct client client, const char* name, const char* filter) {
    vz_error error;
    vz_count_request request = NEW(vz_count_request);
    request.filter = text(filter);
    uint64_t points = UINT64_MAX;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COUNT, text(name), &request, &points, &error));
    return points;
}

/* The ids of a result as one text. */
static const char* ids_in(vz_result* result, char* out) {
    vz_error error;
    vz_rows rows = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &rows, &error));
    out[0] = 0;
    for (uint64_t i = 0; i < rows.count; i++) {
        strncat(out, rows.ids[i].data, rows.ids[i].size);
        strcat(out, " ");
    }
    vz_result_release(result);
    return out;
}

static void reads(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    char ids[64];
    const char* const odd = "{\"must\":{\"key\":\"kind\",\"match\":{\"value\":\"odd\"}}}";
    EXPECT(count(client, name, odd) == POINTS / 2);
    EXPECT(count(client, name, "{}") == POINTS);
    EXPECT(count(client, name, "{\"must_not\":[{\"has_id\":[1,\"2\"]}]}") == POINTS - 2);
    /* What passes every point excludes every point. */
    EXPECT(count(client, name, "{\"must\":[{\"should\":[]}]}") == POINTS);
    EXPECT(count(client, name, "{\"must_not\":[{\"must\":[]}]}") == 0);
    EXPECT(count(client, name, "{\"should\":[{\"must_not\":[{\"must\":[]}]}]}") == 0);
    EXPECT(count(client, name, "{\"must_not\":[{\"min_should\":{\"conditions\":[],\"min_count\":0}}]}") == 0);

    const float query[4] = {2, 0, 0, 0};
    vz_search_request search = NEW(vz_search_request);
    search.queries = (vz_matrix){.data = query, .rows = 1, .dim = 4, .element = VZ_F32};
    search.k = 3;
    search.filter = text(odd);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, ids), "1 3 5 ") == 0);
    search.flags = VZ_SEARCH_EXACT;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, ids), "1 3 5 ") == 0);

    vz_scan_request scan = NEW(vz_scan_request);
    scan.limit = 2;
    scan.skip = 1;
    scan.filter = text(odd);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SCAN, text(name), &scan, &result, &error));
    EXPECT(strcmp(ids_in(result, ids), "3 5 ") == 0);
}

static vz_write_request by_filter(uint32_t kind, const char* filter) {
    vz_write_request request = NEW(vz_write_request);
    request.kind = kind;
    request.filter = text(filter);
    return request;
}

static void payload_is(struct client client, const char* name, const char* id, const char* payload) {
    vz_error error;
    const vz_str ids[] = {text(id)};
    const vz_parts parts = {.struct_size = sizeof(parts), .flags = VZ_PARTS_PAYLOAD};
    vz_get_request request = NEW(vz_get_request);
    request.count = 1;
    request.ids = ids;
    request.parts = &parts;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text(name), &request, &result, &error));
    vz_rows rows = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &rows, &error));
    EXPECT(rows.count == 1 && rows.payloads[0].size == strlen(payload) &&
           memcmp(rows.payloads[0].data, payload, strlen(payload)) == 0);
    vz_result_release(result);
}

static void writes(struct client client, const char* name) {
    vz_error error;
    vz_write_answer answer = NEW(vz_write_answer);
    const vz_str patch[] = {text("{\"kind\":null,\"seen\":{\"by\":\"filter\",\"no\":null}}")};
    vz_write_request request = by_filter(VZ_UPDATE, "{\"must\":{\"key\":\"n\",\"range\":{\"gte\":6}}}");
    request.payloads = patch;
    request.payload_mode = VZ_PAYLOAD_PATCH;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 2 && answer.created == 0 && answer.lsn > 0);
    payload_is(client, name, "7", "{\"n\":7,\"seen\":{\"by\":\"filter\"}}");
    payload_is(client, name, "5", "{\"n\":5,\"kind\":\"odd\"}");
    EXPECT(count(client, name, "{\"must\":{\"key\":\"seen.by\",\"match\":{\"prefix\":\"fil\"}}}") == 2);

    /* Vectors stay with a point whose payload was changed. */
    const float query[4] = {7, 0, 0, 0};
    vz_result* result = NULL;
    char ids[64];
    vz_search_request search = NEW(vz_search_request);
    search.queries = (vz_matrix){.data = query, .rows = 1, .dim = 4, .element = VZ_F32};
    search.k = 2;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, ids), "7 6 ") == 0);

    const vz_str one[] = {text("5")};
    request = NEW(vz_write_request);
    request.kind = VZ_UPDATE;
    request.count = 1;
    request.ids = one;
    request.payloads = patch;
    request.payload_mode = VZ_PAYLOAD_PATCH;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    payload_is(client, name, "5", "{\"n\":5,\"seen\":{\"by\":\"filter\"}}");

    /* The second operation of a chain sees the first. */
    vz_write_request again = by_filter(VZ_DELETE, "{\"must\":{\"key\":\"n\",\"match\":{\"any\":[0,1,2]}}}");
    request = by_filter(VZ_DELETE, "{\"must\":{\"key\":\"kind\",\"match\":{\"value\":\"even\"}}}");
    request.next = &again;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 4);
    EXPECT(count(client, name, NULL) == POINTS - 4);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 0);
}

static void refused_writes(struct client client, const char* name) {
    vz_error error;
    const vz_str payload[] = {text("{}")};
    vz_write_request request = by_filter(VZ_DELETE, "{\"must\":[]}");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_REQUIRED && strcmp(error.field, "filter") == 0);
    const char* const some = "{\"must\":{\"has_id\":[1]}}";
    request = by_filter(VZ_UPSERT, some);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    request = by_filter(VZ_UPDATE, some);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_REQUIRED && strcmp(error.field, "payloads") == 0);
    request = by_filter(VZ_DELETE, some);
    request.flags = VZ_WRITE_PER_ITEM;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    request = by_filter(VZ_DELETE, some);
    request.payloads = payload;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(count(client, name, NULL) == POINTS);
}

static void mistakes(struct client client, const char* name) {
    vz_error error;
    vz_count_request request = NEW(vz_count_request);
    uint64_t points = 0;
    request.filter = text("{\"must\":[{\"key\":\"n\",\"range\":{\"gte\":true}}]}");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COUNT, text(name), &request, &points, &error));
    EXPECT(error.reason == VZ_REASON_FILTER && strcmp(error.field, "filter.must[0].range.gte") == 0 &&
           error.actual == 35);
}

static const vz_collection_info* describe(struct client client, const char* name, vz_result** result) {
    vz_error error;
    uint64_t count = 0;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(client.engine, text(name), result, &error));
    const vz_collection_info* info = vz_result_items(*result, VZ_RESULT_COLLECTIONS, &count);
    EXPECT(info != NULL && count == 1);
    return info;
}

/* Field indexes come and go while the collection is in use. */
static void indexes(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    vz_field_index index = NEW(vz_field_index);
    index.kind = VZ_FIELD_INDEX_KEYWORD;
    index.path = text("kind");
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_ADD_FIELD_INDEX;
    change.field_index = &index;
    vz_alter_request request = NEW(vz_alter_request);
    request.change_count = 1;
    request.changes = &change;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_ALTER, text(name), &request, NULL, &error));
    const vz_collection_info* info = describe(client, name, &result);
    EXPECT(info->schema->field_index_count == 1 && info->schema->field_indexes[0].kind == VZ_FIELD_INDEX_KEYWORD &&
           info->schema->field_indexes[0].path.size == 4);
    vz_result_release(result);
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_COLLECTION_ALTER, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_FIELD_INDEX);
    reads(client, name);
    change.kind = VZ_ALTER_DROP_FIELD_INDEX;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_ALTER, text(name), &request, NULL, &error));
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_COLLECTION_ALTER, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_FIELD_INDEX);
    change.kind = VZ_ALTER_ADD_FIELD_INDEX;
    index.path = text("a..b");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_ALTER, text(name), &request, NULL, &error));
    info = describe(client, name, &result);
    EXPECT(info->schema->field_index_count == 0);
    vz_result_release(result);
}

void act_filters(struct client client, const char* name) {
    vz_error error;
    create_plain(client, name);
    fill(client, name);
    reads(client, name);
    uint64_t lsn = 0;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_CHECKPOINT, text(name), NULL, &lsn, &error));
    reads(client, name);
    mistakes(client, name);
    refused_writes(client, name);
    indexes(client, name);
    writes(client, name);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text(name), NULL, NULL, &error));
}
