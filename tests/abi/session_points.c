#include <math.h>

#include "tests/abi/session.h"

static const char* const kUuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

/* Rows 0 to 3 of the session, in id order: integers by value, then UUIDs, then texts. */
static const float kVectors[4][4] = {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 3, 0}};
static const char* const kPayloads[4] = {"{\"title\":\"seven\",\"year\":1995}", "{ \"title\" : \"ten\" }", NULL,
                                         "{\"text\":\"\\u00e9 \xC3\xA9\"}"};

static void ids_of_session(vz_str ids[4]) {
    ids[0] = text("7");
    ids[1] = text("10");
    ids[2] = text(kUuid);
    ids[3] = text("a name");
}

static vz_matrix rows(const float* first, uint64_t count) {
    const vz_matrix matrix = {.data = first, .rows = count, .dim = 4, .element = VZ_F32};
    return matrix;
}

static void upsert_all(struct client client, const char* name) {
    vz_error error;
    vz_str ids[4];
    vz_str payloads[4];
    ids_of_session(ids);
    for (int i = 0; i < 4; i++) payloads[i] = text(kPayloads[i]);
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 4;
    request.ids = ids;
    request.vectors = rows(kVectors[0], 4);
    request.payloads = payloads;
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.outcome == VZ_APPLIED && answer.lsn > 0 && answer.applied == 4 && answer.error_count == 0);
}

static uint64_t count_points(struct client client, const char* name) {
    vz_error error;
    vz_count_request request = NEW(vz_count_request);
    uint64_t count = UINT64_MAX;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COUNT, text(name), &request, &count, &error));
    return count;
}

/* The version of a point, 0 if there is none. */
static uint64_t version_of(struct client client, const char* name, const char* id) {
    vz_error error;
    const vz_str ids[] = {text(id)};
    vz_get_request request = NEW(vz_get_request);
    request.count = 1;
    request.ids = ids;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text(name), &request, &result, &error));
    vz_rows found = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &found, &error));
    EXPECT(found.count == 1);
    const uint64_t version = found.count == 1 ? found.versions[0] : 0;
    vz_result_release(result);
    return version;
}

static void gets_what_was_written(struct client client, const char* name) {
    vz_error error;
    vz_str ids[5];
    ids_of_session(ids);
    ids[4] = text("absent");
    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    vz_get_request request = NEW(vz_get_request);
    request.count = 5;
    request.ids = ids;
    request.parts = &parts;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text(name), &request, &result, &error));
    vz_rows found = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &found, &error));
    EXPECT(found.count == 5 && found.vector_count == 1);
    if (found.count != 5 || found.vector_count != 1) return;
    const uint8_t kinds[4] = {VZ_ID_U64, VZ_ID_U64, VZ_ID_UUID, VZ_ID_TEXT};
    for (int i = 0; i < 4; i++) {
        EXPECT(same_text(found.ids[i], ids[i]));
        EXPECT(found.id_kinds[i] == kinds[i]);
        EXPECT(found.versions[i] > 0);
        EXPECT(same_text(found.payloads[i], text(kPayloads[i] == NULL ? "{}" : kPayloads[i])));
        EXPECT(memcmp(found.vectors[0].rows[i], kVectors[i], sizeof(kVectors[i])) == 0);
    }
    EXPECT(found.versions[4] == 0);
    EXPECT(found.vectors[0].dim == 4 && found.vectors[0].element == VZ_F32);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_result_rows(result, 1, &found, &error));
    vz_profile profile = NEW(vz_profile);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_result_profile(result, 0, &profile, &error));
    EXPECT_STATUS(VZ_OK, vz_result_check(result, &error));
    vz_result_release(result);
}

static void searches(struct client client, const char* name) {
    vz_error error;
    const float queries[2][4] = {{0, 0, 0, 0}, {0, 0, 3, 1}};
    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    vz_search_request request = NEW(vz_search_request);
    request.queries = rows(queries[0], 2);
    request.k = 3;
    request.parts = &parts;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    vz_rows hits = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &hits, &error));
    EXPECT(hits.count == 3);
    if (hits.count == 3) {
        EXPECT(same_text(hits.ids[0], text("7")) && same_text(hits.ids[1], text("10")) &&
               same_text(hits.ids[2], text(kUuid)));
        for (int i = 0; i < 3; i++) EXPECT(fabsf(hits.scores[i] - (float)i) < 1e-5F);
        EXPECT(same_text(hits.payloads[0], text(kPayloads[0])));
        EXPECT(memcmp(hits.vectors[0].rows[2], kVectors[2], sizeof(kVectors[2])) == 0);
    }
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 1, &hits, &error));
    EXPECT(hits.count == 3 && same_text(hits.ids[0], text("a name")) && fabsf(hits.scores[0] - 1) < 1e-5F);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_result_rows(result, 2, &hits, &error));
    EXPECT_STATUS(VZ_OK, vz_result_check(result, &error));
    vz_result_release(result);

    request = NEW(vz_search_request);
    request.queries = rows(queries[0], 1);
    request.flags = VZ_SEARCH_EXACT | VZ_SEARCH_SCORE_LIMIT;
    request.score_limit = 2;
    request.skip = 1;
    request.k = 65536;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &hits, &error));
    EXPECT(hits.count == 2 && same_text(hits.ids[0], text("10")) && hits.payloads == NULL && hits.vector_count == 0);
    vz_result_release(result);

    request.k = 0;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    request.k = 65537;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_RANGE && error.expected == 65536 && error.actual == 65537);
    request.k = 1;
    request.queries.dim = 3;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_DIMENSION && error.expected == 4 && error.actual == 3);
    const float bad[4] = {0, NAN, 0, 0};
    request.queries = rows(bad, 1);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_NOT_FINITE);
    request.queries = rows(queries[0], 1);
    request.field = text("no such field");
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_SEARCH, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_VECTOR_FIELD);
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_SEARCH, text("no such collection"), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_COLLECTION);
}

/* A batch is answered by several threads: each query as if it had come alone, the first bad one in their order. */
static void searches_many(struct client client, const char* name) {
    enum { kMany = 300 };
    vz_error error;
    float queries[kMany][4];
    for (int i = 0; i < kMany; i++) {
        for (int d = 0; d < 4; d++) queries[i][d] = (float)((i * (d + 3) * 37) % 101) / 25.0F;
    }
    vz_search_request request = NEW(vz_search_request);
    request.queries = rows(queries[0], kMany);
    request.flags = VZ_SEARCH_EXPLAIN;
    request.k = 4;
    request.skip = 1;
    vz_result* many = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &request, &many, &error));
    for (uint32_t i = 0; i < kMany; i++) {
        request.queries = rows(queries[i], 1);
        vz_result* one = NULL;
        EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &request, &one, &error));
        vz_rows of_many = NEW(vz_rows);
        vz_rows of_one = NEW(vz_rows);
        EXPECT_STATUS(VZ_OK, vz_result_rows(many, i, &of_many, &error));
        EXPECT_STATUS(VZ_OK, vz_result_rows(one, 0, &of_one, &error));
        EXPECT(of_many.count == 3 && of_one.count == 3);
        for (uint64_t hit = 0; hit < of_one.count && hit < of_many.count; hit++) {
            EXPECT(same_text(of_many.ids[hit], of_one.ids[hit]) && of_many.scores[hit] == of_one.scores[hit]);
        }
        vz_profile profile = NEW(vz_profile);
        EXPECT_STATUS(VZ_OK, vz_result_profile(many, i, &profile, &error));
        EXPECT(profile.plan == VZ_PLAN_EXACT && profile.scored == 4);
        EXPECT(of_many.plan == VZ_PLAN_EXACT && of_many.effort == 0 && of_one.plan == VZ_PLAN_EXACT);
        vz_result_release(one);
    }
    vz_result_release(many);
    queries[200][1] = INFINITY;
    request.queries = rows(queries[0], kMany);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &request, &many, &error));
    EXPECT(error.item == 200 && error.reason == VZ_REASON_NOT_FINITE);
}

static void scans_in_pages(struct client client, const char* name) {
    vz_error error;
    vz_str ids[4];
    ids_of_session(ids);
    vz_scan_request request = NEW(vz_scan_request);
    request.limit = 3;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SCAN, text(name), &request, &result, &error));
    vz_rows page = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &page, &error));
    EXPECT(page.count == 3 && page.cursor.size > 0);
    for (uint64_t i = 0; i < page.count; i++) EXPECT(same_text(page.ids[i], ids[i]));
    char cursor[512];
    EXPECT(page.cursor.size <= sizeof(cursor));
    if (page.cursor.size == 0 || page.cursor.size > sizeof(cursor)) return;
    memcpy(cursor, page.cursor.data, page.cursor.size);
    request.cursor.data = cursor;
    request.cursor.size = page.cursor.size;
    vz_result_release(result);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SCAN, text(name), &request, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &page, &error));
    EXPECT(page.count == 1 && same_text(page.ids[0], ids[3]) && page.cursor.data == NULL);
    vz_result_release(result);

    request.start_id = ids[0];
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SCAN, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_CONFLICTING);
    request = NEW(vz_scan_request);
    request.limit = 10;
    request.start_id = text("8");
    request.skip = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SCAN, text(name), &request, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &page, &error));
    EXPECT(page.count == 2 && same_text(page.ids[0], ids[2]));
    vz_result_release(result);
    request.start_id = text(NULL);
    request.cursor = text("not a cursor");
    request.skip = 0;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SCAN, text(name), &request, &result, &error));
    EXPECT(error.reason == VZ_REASON_CURSOR);
}

static void updates(struct client client, const char* name) {
    vz_error error;
    const vz_str ids[] = {text("7")};
    const vz_str replaced[] = {text("{\"seen\" : true}")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPDATE;
    request.count = 1;
    request.ids = ids;
    request.payloads = replaced;
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 1 && answer.created == 0);
    EXPECT(version_of(client, name, "7") == answer.lsn);

    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = ids;
    get.parts = &parts;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text(name), &get, &result, &error));
    vz_rows found = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &found, &error));
    EXPECT(same_text(found.payloads[0], replaced[0]));
    EXPECT(memcmp(found.vectors[0].rows[0], kVectors[0], sizeof(kVectors[0])) == 0);
    vz_result_release(result);

    const vz_str absent[] = {text("7"), text("absent")};
    const vz_str payloads[] = {text("{}"), text("{}")};
    request = NEW(vz_write_request);
    request.kind = VZ_UPDATE;
    request.count = 2;
    request.ids = absent;
    request.payloads = payloads;
    const uint64_t before = version_of(client, name, "7");
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_POINT && error.item == 1);
    EXPECT(version_of(client, name, "7") == before);
}

static void conditions(struct client client, const char* name) {
    vz_error error;
    const float moved[2][4] = {{5, 5, 5, 5}, {6, 6, 6, 6}};
    const vz_str ids[] = {text("new"), text("10")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 2;
    request.ids = ids;
    request.vectors = rows(moved[0], 2);
    request.condition = VZ_IF_ABSENT;
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_POINT && error.item == 1);
    request.condition = VZ_IF_PRESENT;
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_POINT && error.item == 0);
    const uint64_t version = version_of(client, name, "10");
    const uint64_t versions[] = {0, version + 1};
    request.condition = VZ_IF_VERSION;
    request.ids = ids + 1;
    request.count = 1;
    request.vectors = rows(moved[0], 1);
    request.versions = versions + 1;
    EXPECT_STATUS(VZ_CONFLICT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.expected == (int64_t)version + 1 && error.actual == (int64_t)version && error.item == 0);
    EXPECT(count_points(client, name) == 4 && version_of(client, name, "10") == version);
    const uint64_t right[] = {version};
    request.versions = right;
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 1 && version_of(client, name, "10") == answer.lsn && answer.lsn > version);

    /* What a refused batch had staged before its failing item leaves no trace. */
    request.versions = NULL;
    request.condition = VZ_IF_ABSENT;
    request.ids = ids;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.created == 1 && version_of(client, name, "new") == answer.lsn);
    vz_write_request removal = NEW(vz_write_request);
    removal.kind = VZ_DELETE;
    removal.count = 1;
    removal.ids = ids;
    removal.condition = VZ_IF_PRESENT;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &removal, &answer, &error));
    EXPECT(answer.applied == 1);

    request.condition = VZ_IF_VERSION;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
}

static void per_item(struct client client, const char* name) {
    vz_error error;
    const float good[3][4] = {{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, INFINITY}};
    const vz_str ids[] = {text("fresh"), text("10"), text("unbounded")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.flags = VZ_WRITE_PER_ITEM;
    request.condition = VZ_IF_ABSENT;
    request.count = 3;
    request.ids = ids;
    request.vectors = rows(good[0], 3);
    vz_status statuses[3] = {99, 99, 99};
    vz_error errors[1];
    vz_write_answer answer = NEW(vz_write_answer);
    answer.statuses = statuses;
    answer.errors = errors;
    answer.error_capacity = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 1 && answer.created == 1 && answer.error_count == 2 && answer.lsn > 0);
    EXPECT(statuses[0] == VZ_OK && statuses[1] == VZ_ALREADY_EXISTS && statuses[2] == VZ_INVALID_ARGUMENT);
    EXPECT(errors[0].item == 1 && errors[0].status == VZ_ALREADY_EXISTS);
    EXPECT(count_points(client, name) == 5);

    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 0 && answer.lsn == 0 && answer.error_count == 3);

    request = NEW(vz_write_request);
    request.kind = VZ_DELETE;
    request.count = 2;
    request.ids = ids;
    request.condition = VZ_IF_PRESENT;
    request.flags = VZ_WRITE_PER_ITEM;
    const vz_str gone[] = {text("absent"), text("fresh")};
    request.ids = gone;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.applied == 1 && answer.error_count == 1 && statuses[0] == VZ_NOT_FOUND && statuses[1] == VZ_OK);
}

static void identify(vz_write_request* request) {
    static atomic_uint drawn;
    const unsigned number = atomic_fetch_add(&drawn, 1) + 1;
    memcpy(request->request_id.bytes, &number, sizeof(number));
}

/* Done again, a request that had nothing to do, or could do a part only, would do more. */
static void answer_again_what_was_left_out(struct client client, const char* name) {
    vz_error error;
    const float vectors[2][4] = {{9, 9, 9, 9}, {8, 8, 8, 8}};
    const vz_str ids[] = {text("left out"), text("taken in")};
    vz_write_request erase = NEW(vz_write_request);
    erase.kind = VZ_DELETE;
    erase.count = 1;
    erase.ids = ids;
    identify(&erase);
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &erase, &answer, &error));
    EXPECT(answer.outcome == VZ_APPLIED && answer.lsn == 0);
    vz_write_request upsert = NEW(vz_write_request);
    upsert.kind = VZ_UPSERT;
    upsert.count = 1;
    upsert.ids = ids;
    upsert.vectors = rows(vectors[0], 1);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &upsert, &answer, &error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &erase, &answer, &error));
    EXPECT(answer.outcome == VZ_REPLAYED && answer.lsn == 0 && answer.applied == 0);
    EXPECT(version_of(client, name, "left out") != 0);

    upsert.count = 2;
    upsert.vectors = rows(vectors[0], 2);
    upsert.condition = VZ_IF_ABSENT;
    upsert.flags = VZ_WRITE_PER_ITEM;
    identify(&upsert);
    vz_status statuses[2] = {99, 99};
    answer.statuses = statuses;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &upsert, &answer, &error));
    EXPECT(answer.applied == 1 && statuses[0] == VZ_ALREADY_EXISTS && statuses[1] == VZ_OK);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &upsert, &answer, &error));
    EXPECT(answer.outcome == VZ_REPLAYED && answer.applied == 1);
    EXPECT(statuses[0] == VZ_OUTCOME_UNKNOWN && statuses[1] == VZ_OUTCOME_UNKNOWN);
    erase = NEW(vz_write_request);
    erase.kind = VZ_DELETE;
    erase.count = 2;
    erase.ids = ids;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &erase, &answer, &error));
}

static void request_ids(struct client client, const char* name) {
    vz_error error;
    const float vector[4] = {9, 9, 9, 9};
    const vz_str ids[] = {text("once")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.condition = VZ_IF_ABSENT;
    request.count = 1;
    request.ids = ids;
    request.vectors = rows(vector, 1);
    identify(&request);
    vz_write_answer first = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &first, &error));
    EXPECT(first.outcome == VZ_APPLIED);
    vz_write_answer again = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &again, &error));
    EXPECT(again.outcome == VZ_REPLAYED && again.lsn == first.lsn);
    EXPECT(version_of(client, name, "once") == first.lsn);
    answer_again_what_was_left_out(client, name);
}

static void chains_and_deletes(struct client client, const char* name) {
    vz_error error;
    const float vectors[2][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}};
    const vz_str added[] = {text("chained"), text("chained-2")};
    const vz_str removed[] = {text("chained"), text("once"), text("never there")};
    vz_write_request second = NEW(vz_write_request);
    second.kind = VZ_DELETE;
    second.count = 3;
    second.ids = removed;
    vz_write_request first = NEW(vz_write_request);
    first.kind = VZ_UPSERT;
    first.count = 2;
    first.ids = added;
    first.vectors = rows(vectors[0], 2);
    first.next = &second;
    vz_status statuses[5] = {99, 99, 99, 99, 99};
    vz_write_answer answer = NEW(vz_write_answer);
    answer.statuses = statuses;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &first, &answer, &error));
    EXPECT(answer.lsn > 0 && version_of(client, name, "chained-2") == answer.lsn);
    for (int i = 0; i < 5; i++) EXPECT(statuses[i] == VZ_OK);
    EXPECT(version_of(client, name, "chained") == 0 && version_of(client, name, "once") == 0);

    second.condition = VZ_IF_PRESENT;
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_WRITE, text(name), &first, &answer, &error));
    EXPECT(error.item == 3);

    /* No version names a point that the same record wrote. */
    const uint64_t versions[] = {0, 0, 0};
    second.condition = VZ_IF_VERSION;
    second.versions = versions;
    second.count = 1;
    EXPECT_STATUS(VZ_CONFLICT, perform(client, VZ_OP_WRITE, text(name), &first, &answer, &error));
    EXPECT(error.item == 2 && error.expected == 0 && error.actual == 0);
    EXPECT(version_of(client, name, "chained") == 0);
    second.versions = NULL;

    second.condition = VZ_IF_ALWAYS;
    second.ids = added;
    second.count = 2;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &second, &answer, &error));
    EXPECT(count_points(client, name) == 4);
}

static void refuses_bad_points(struct client client, const char* name) {
    vz_error error;
    char long_id[257];
    memset(long_id, 'x', sizeof(long_id));
    const float vector[4] = {1, 2, 3, 4};
    vz_str id = text("bad");
    vz_str payload = text("{\"a\":}");
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &id;
    request.vectors = rows(vector, 1);
    request.payloads = &payload;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_PAYLOAD && error.item == 0);
    payload = text("[1]");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    payload = text(NULL);
    id.data = long_id;
    id.size = sizeof(long_id);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_ID && error.item == 0);
    id = text("");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    id = text("\xFF\xFE");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    id = text("bad");
    request.vectors.dim = 5;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_DIMENSION && error.expected == 4 && error.actual == 5);
    request.vectors = rows(vector, 1);
    request.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
    EXPECT(count_points(client, name) == 4);
}

/* An answer that comes after its deadline is of no use: each read is refused, whatever it would find. */
static void keeps_deadlines(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    uint64_t count = 0;
    const vz_str id = text("42");
    const float vector[4] = {1, 0, 0, 0};
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = &id;
    get.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_GET, text(name), &get, &result, &error));
    vz_scan_request scan = NEW(vz_scan_request);
    scan.limit = 1;
    scan.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_SCAN, text(name), &scan, &result, &error));
    vz_search_request search = NEW(vz_search_request);
    search.queries = rows(vector, 1);
    search.k = 1;
    search.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    vz_count_request counting = NEW(vz_count_request);
    counting.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_COUNT, text(name), &counting, &count, &error));
    vz_verify_request verify = NEW(vz_verify_request);
    verify.deadline_ns = 1;
    EXPECT_STATUS(VZ_DEADLINE_EXCEEDED, perform(client, VZ_OP_VERIFY, text(name), &verify, &result, &error));
    EXPECT(result == NULL);
}

static void clears(struct client client) {
    vz_error error;
    create_plain(client, "to clear");
    upsert_all(client, "to clear");
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_CLEAR;
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text("to clear"), &request, &answer, &error));
    EXPECT(answer.lsn > 0 && count_points(client, "to clear") == 0);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text("to clear"), NULL, NULL, &error));
}

void act_once(struct client client, const char* name, uint32_t outcome) {
    vz_error error;
    const vz_str ids[] = {text("7")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = ids;
    request.vectors = rows(kVectors[1], 1);
    memset(request.request_id.bytes, 0x77, sizeof(request.request_id.bytes));
    vz_write_answer answer = NEW(vz_write_answer);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, &answer, &error));
    EXPECT(answer.outcome == outcome && answer.lsn > 0 && version_of(client, name, "7") == answer.lsn);
}

void act_points(struct client client, const char* name) {
    upsert_all(client, name);
    gets_what_was_written(client, name);
    EXPECT(count_points(client, name) == 4);
    searches(client, name);
    searches_many(client, name);
    scans_in_pages(client, name);
    updates(client, name);
    conditions(client, name);
    per_item(client, name);
    request_ids(client, name);
    chains_and_deletes(client, name);
    refuses_bad_points(client, name);
    keeps_deadlines(client, name);
    upsert_all(client, name);
    gets_what_was_written(client, name);
    if (strcmp(name, "films") == 0) clears(client);
}

static uint64_t mix(uint64_t hash, const void* bytes, uint64_t size) {
    const unsigned char* byte = bytes;
    for (uint64_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * 1099511628211U;
    return hash;
}

static uint64_t mix_rows(uint64_t hash, const vz_rows* rows_read) {
    for (uint64_t i = 0; i < rows_read->count; i++) {
        hash = mix(hash, rows_read->ids[i].data, rows_read->ids[i].size);
        hash = mix(hash, &rows_read->versions[i], sizeof(uint64_t));
        hash = mix(hash, rows_read->payloads[i].data, rows_read->payloads[i].size);
        hash = mix(hash, rows_read->vectors[0].rows[i], 4 * sizeof(float));
        if (rows_read->scores != NULL) hash = mix(hash, &rows_read->scores[i], sizeof(float));
    }
    return hash;
}

uint64_t fingerprint(struct client client, const char* name) {
    vz_error error;
    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    vz_scan_request scan = NEW(vz_scan_request);
    scan.limit = 65536;
    scan.parts = &parts;
    vz_result* result = NULL;
    vz_rows read = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SCAN, text(name), &scan, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &read, &error));
    EXPECT(read.count > 0);
    uint64_t hash = mix_rows(14695981039346656037U, &read);
    vz_result_release(result);

    const float query[4] = {0.5F, 0.25F, 0, 1};
    vz_search_request search = NEW(vz_search_request);
    search.queries = rows(query, 1);
    search.k = 100;
    search.parts = &parts;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, 0, &read, &error));
    hash = mix_rows(hash, &read);
    vz_result_release(result);
    return hash;
}
