/* An error tells code which member is at fault: its path stands in `field`. */
#include "tests/abi/session.h"

#define EXPECT_FIELD(wanted, status, call)                                                    \
    do {                                                                                      \
        EXPECT_STATUS(status, call);                                                          \
        EXPECT(strcmp(error.field, wanted) == 0);                                             \
        if (strcmp(error.field, wanted) != 0) fprintf(stderr, "  field '%s'\n", error.field); \
    } while (0)

static vz_engine* engine;

static vz_status create(const char* name, vz_str metadata, vz_error* error) {
    vz_vector_field fields[] = {NEW(vz_vector_field), NEW(vz_vector_field)};
    for (int i = 0; i < 2; i++) {
        fields[i].dim = 2;
        fields[i].metric = VZ_EUCLIDEAN;
    }
    fields[1].name = text("second");
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = fields;
    schema.vector_field_count = 2;
    schema.metadata = metadata;
    return vz_collection_create(engine, text(name), &schema, NULL, error);
}

static void metadata_is_named(void) {
    vz_error error;
    EXPECT_FIELD("metadata", VZ_INVALID_ARGUMENT, create("new", text("[]"), &error));
    EXPECT(error.reason == VZ_REASON_METADATA);
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_SET_METADATA;
    change.metadata = text("5");
    vz_alter_request altering = NEW(vz_alter_request);
    altering.changes = &change;
    altering.change_count = 1;
    EXPECT_FIELD("metadata", VZ_INVALID_ARGUMENT, vz_collection_alter(engine, text("docs"), &altering, NULL, &error));
}

static vz_status write_fields(const vz_vectors* fields, uint32_t flags, vz_write_answer* answer, vz_error* error) {
    const vz_str ids[] = {text("1"), text("2")};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.flags = flags;
    request.count = 2;
    request.ids = ids;
    request.fields = fields;
    request.field_count = 2;
    return vz_write(engine, text("docs"), &request, answer, error);
}

static void vectors_of_a_named_field_are_told_from_others(void) {
    vz_error error;
    const float good[] = {1, 2, 3, 4};
    float bad[] = {1, 2, 3, 4};
    const uint32_t not_a_number = 0x7FC00000;
    memcpy(&bad[2], &not_a_number, sizeof(bad[2]));
    vz_vectors fields[] = {NEW(vz_vectors), NEW(vz_vectors)};
    fields[1].name = text("second");
    for (int i = 0; i < 2; i++) fields[i].matrix = (vz_matrix){.data = good, .rows = 2, .dim = 2};
    fields[1].matrix.data = bad;
    EXPECT_FIELD("fields[1].matrix", VZ_INVALID_ARGUMENT, write_fields(fields, 0, NULL, &error));
    EXPECT(error.reason == VZ_REASON_NOT_FINITE && error.item == 1);
    vz_error first;
    memset(&first, 0, sizeof(first));
    vz_write_answer answer = NEW(vz_write_answer);
    answer.errors = &first;
    answer.error_capacity = 1;
    EXPECT_STATUS(VZ_OK, write_fields(fields, VZ_WRITE_PER_ITEM, &answer, &error));
    EXPECT(answer.error_count == 1 && strcmp(first.field, "fields[1].matrix") == 0);
    fields[1].matrix.dim = 1;
    EXPECT_FIELD("fields[1].matrix.dim", VZ_INVALID_ARGUMENT, write_fields(fields, 0, NULL, &error));
    EXPECT(error.reason == VZ_REASON_DIMENSION && error.expected == 2 && error.actual == 1);
    fields[1].matrix = (vz_matrix){.data = good, .rows = 1, .dim = 2};
    EXPECT_FIELD("fields[1].matrix.rows", VZ_INVALID_ARGUMENT, write_fields(fields, 0, NULL, &error));
}

static vz_status alias(const char* name, vz_error* error) {
    const vz_alias_change change = {text(name), text("docs")};
    vz_alias_request request = NEW(vz_alias_request);
    request.changes = &change;
    request.change_count = 1;
    return vz_alias_apply(engine, &request, NULL, error);
}

static void a_name_that_is_taken_is_told_by_who_gave_it(void) {
    vz_error error;
    EXPECT_STATUS(VZ_OK, create("other", text(NULL), &error));
    EXPECT_STATUS(VZ_OK, alias("nickname", &error));
    EXPECT_FIELD("collection", VZ_ALREADY_EXISTS, create("other", text(NULL), &error));
    EXPECT_FIELD("changes.alias", VZ_ALREADY_EXISTS, alias("other", &error));
    vz_rename_request renaming = NEW(vz_rename_request);
    renaming.to = text("docs");
    EXPECT_FIELD("to", VZ_ALREADY_EXISTS, vz_collection_rename(engine, text("other"), &renaming, NULL, &error));
    vz_result* result = NULL;
    vz_snapshot_request snapshot = NEW(vz_snapshot_request);
    snapshot.name = text("snap");
    EXPECT_STATUS(VZ_OK, vz_snapshot_create(engine, &snapshot, &result, &error));
    vz_result_release(result);
    vz_restore_request restoring = NEW(vz_restore_request);
    restoring.snapshot = text("snap");
    restoring.from = text("docs");
    restoring.to = text("nickname");
    EXPECT_FIELD("to", VZ_ALREADY_EXISTS, vz_restore(engine, &restoring, NULL, &error));
}

static void the_path_of_an_archive_is_named(const char* directory) {
    vz_error error;
    char path[96];
    snprintf(path, sizeof(path), "%s/archive", directory);
    vz_restore_request restoring = NEW(vz_restore_request);
    restoring.archive = text(path);
    EXPECT_FIELD("archive", VZ_NOT_FOUND, vz_restore(engine, &restoring, NULL, &error));
    vz_archive_request exporting = NEW(vz_archive_request);
    exporting.path = text(path);
    EXPECT_STATUS(VZ_OK, vz_archive_export(engine, &exporting, &error));
    EXPECT_FIELD("path", VZ_ALREADY_EXISTS, vz_archive_export(engine, &exporting, &error));
}

int main(void) {
    vz_error error;
    char path[64];
    make_directory(path);
    const vz_engine_options options = NEW(vz_engine_options);
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), &options, &engine, &error));
    EXPECT_STATUS(VZ_OK, create("docs", text(NULL), &error));
    metadata_is_named();
    vectors_of_a_named_field_are_told_from_others();
    a_name_that_is_taken_is_told_by_who_gave_it();
    the_path_of_an_archive_is_named(path);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
    return finish("abi.fields");
}
