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

int main(void) {
    vz_error error;
    char path[64];
    engine = open_points(path).engine;
    writes_take_what_their_kind_changes();
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
    return finish("abi.unused");
}
