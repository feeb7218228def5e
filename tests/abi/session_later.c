#include "tests/abi/session.h"

static vz_status no_write(void* user, const void* bytes, uint64_t size) VZ_NOEXCEPT {
    (void)bytes;
    (void)size;
    return *(const vz_status*)user;
}

static void later_calls(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    vz_snapshot_request snapshot = NEW(vz_snapshot_request);
    snapshot.name = text("s");
    vz_restore_request restore = NEW(vz_restore_request);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_RESTORE, text(NULL), &restore, NULL, &error));
    restore.snapshot = text("s");
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_RESTORE, text(NULL), &restore, NULL, &error));
    EXPECT(error.reason == VZ_REASON_SNAPSHOT);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SNAPSHOT_CREATE, text(NULL), &snapshot, &result, &error));
    vz_result_release(result);
    result = NULL;
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_SNAPSHOT_CREATE, text(NULL), &snapshot, &result, &error));
    EXPECT_STATUS(VZ_OK, vz_snapshot_list(client.engine, &result, &error));
    uint64_t count = 0;
    const vz_snapshot_info* infos = vz_result_items(result, VZ_RESULT_SNAPSHOTS, &count);
    EXPECT(count == 1 && infos != NULL && infos->collection_count == 1 && infos->lsn > 0);
    vz_result_release(result);
    result = NULL;
    restore.from = text(name);
    restore.to = text("restored");
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_RESTORE, text(NULL), &restore, NULL, &error));
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_RESTORE, text(NULL), &restore, NULL, &error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text("restored"), NULL, NULL, &error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SNAPSHOT_DROP, text("s"), NULL, NULL, &error));
    vz_archive_request archive = NEW(vz_archive_request);
    vz_status ends_with = VZ_INTERNAL;
    archive.write = no_write;
    archive.user = &ends_with;
    EXPECT_STATUS(VZ_INTERNAL, perform(client, VZ_OP_ARCHIVE_EXPORT, text(NULL), &archive, NULL, &error));
    ends_with = 4711; /* which is none */
    EXPECT_STATUS(VZ_MISUSE, perform(client, VZ_OP_ARCHIVE_EXPORT, text(NULL), &archive, NULL, &error));
    restore = NEW(vz_restore_request);
    restore.archive = text("/nowhere/s.vecdb");
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_RESTORE, text(NULL), &restore, NULL, &error));
    uint64_t counts[4];
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_component_counts(client.engine, text(name), text(NULL), counts, 4, &error));
    EXPECT(result == NULL);
}

static void later_schemas(struct client client) {
    vz_error error;
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_COSINE;
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    field.quantization = VZ_QUANTIZATION_UNCHANGED; /* of what is there alone */
    EXPECT_STATUS(VZ_UNSUPPORTED, perform(client, VZ_OP_COLLECTION_CREATE, text("later"), &schema, NULL, &error));
    field.quantization = VZ_QUANTIZATION_UNCHANGED + 1;
    EXPECT_STATUS(VZ_UNSUPPORTED, perform(client, VZ_OP_COLLECTION_CREATE, text("later"), &schema, NULL, &error));
    field.quantization = VZ_QUANTIZATION_NONE;
    schema.ttl_ms = -1;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, text("later"), &schema, NULL, &error));
    schema.ttl_ms = 0;
    vz_collection_stats stats = NEW(vz_collection_stats);
    EXPECT_STATUS(VZ_NOT_FOUND, vz_collection_stats_read(client.engine, text("later"), &stats, &error));
}

void act_later(struct client client, const char* name) {
    later_calls(client, name);
    later_schemas(client);
}
