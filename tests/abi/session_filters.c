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
        snprintf(payload_texts[i], sizeof(payload_texts[i]), "{\"n\":%d,\"kind\":\"%s\"}", i, i % 2 == 0 ? "even" : "odd");
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

static void mistakes(struct client client, const char* name) {
    vz_error error;
    vz_count_request request = NEW(vz_count_request);
    uint64_t points = 0;
    request.filter = text("{\"must\":[{\"key\":\"n\",\"range\":{\"gte\":true}}]}");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COUNT, text(name), &request, &points, &error));
    EXPECT(error.reason == VZ_REASON_FILTER && strcmp(error.field, "filter.must[0].range.gte") == 0 && error.actual == 35);
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
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text(name), NULL, NULL, &error));
}
