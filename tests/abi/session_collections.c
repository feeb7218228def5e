#include "tests/abi/session.h"

static vz_vector_field field_of(uint32_t dim, vz_metric metric) {
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = dim;
    field.metric = metric;
    return field;
}

static vz_schema schema_of(const vz_vector_field* field) {
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = field;
    schema.vector_field_count = 1;
    return schema;
}

void create_plain(struct client client, const char* name) {
    vz_error error;
    const vz_vector_field field = field_of(4, VZ_EUCLIDEAN);
    const vz_schema schema = schema_of(&field);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_CREATE, text(name), &schema, NULL, &error));
}

struct client open_points_with(char path[64], const vz_engine_options* options) {
    vz_error error;
    struct client client = {NULL, BY_CALL};
    make_directory(path);
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), options, &client.engine, &error));
    create_plain(client, "points");
    return client;
}

struct client open_points(char path[64]) {
    return open_points_with(path, NULL);
}

static void refuses_bad_schemas(struct client client) {
    vz_error error;
    const vz_str name = text("bad");
    vz_vector_field field = field_of(0, VZ_COSINE);
    vz_schema schema = schema_of(&field);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, name, &schema, NULL, &error));
    field.dim = 65537;
    EXPECT(perform(client, VZ_OP_COLLECTION_CREATE, name, &schema, NULL, &error) != VZ_OK);
    EXPECT(error.status == VZ_LIMIT_EXCEEDED || error.status == VZ_INVALID_ARGUMENT);
    field = field_of(4, 0);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, name, &schema, NULL, &error));
    field = field_of(4, VZ_DOT);
    schema.metadata = text("[]");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, name, &schema, NULL, &error));
    EXPECT(error.reason == VZ_REASON_METADATA);
    schema.metadata = text(NULL);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, text(""), &schema, NULL, &error));
    EXPECT(error.reason == VZ_REASON_NAME || error.reason == VZ_REASON_REQUIRED);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT,
                  perform(client, VZ_OP_COLLECTION_CREATE, text("\xC0\x80"), &schema, NULL, &error));
    EXPECT_STATUS(VZ_INVALID_ARGUMENT,
                  perform(client, VZ_OP_COLLECTION_CREATE, text("a\xC2\x85"), &schema, NULL, &error));
    EXPECT(error.reason == VZ_REASON_NAME);
    schema.vector_field_count = 0;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, name, &schema, NULL, &error));
    vz_collection_stats stats = NEW(vz_collection_stats);
    EXPECT_STATUS(VZ_NOT_FOUND, vz_collection_stats_read(client.engine, name, &stats, &error));
    EXPECT(error.reason == VZ_REASON_COLLECTION);
}

static void creates(struct client client) {
    vz_error error;
    const vz_vector_field field = field_of(3, VZ_COSINE);
    vz_schema schema = schema_of(&field);
    schema.metadata = text("{ \"kept\": [1, 2.50] }");
    vz_change change = NEW(vz_change);
    memset(change.request_id.bytes, client.how == BY_CALL ? 0x11 : 0x12, 16);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_CREATE, text("books"), &schema, &change, &error));
    EXPECT(change.outcome == VZ_APPLIED && change.lsn > 0);
    vz_change again = NEW(vz_change);
    again.request_id = change.request_id;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_CREATE, text("books"), &schema, &again, &error));
    EXPECT(again.outcome == VZ_REPLAYED && again.lsn == change.lsn);
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_COLLECTION_CREATE, text("books"), &schema, NULL, &error));
    EXPECT(error.reason == VZ_REASON_COLLECTION);
}

static void describes(struct client client) {
    vz_error error;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(client.engine, text("books"), &result, &error));
    uint64_t count = 0;
    const vz_collection_info* info = vz_result_items(result, VZ_RESULT_COLLECTIONS, &count);
    EXPECT(info != NULL && count == 1);
    if (info == NULL) return;
    EXPECT(same_text(info->name, text("books")) && info->alias_count == 0 && info->created_ms > 0 &&
           info->created_lsn > 0);
    EXPECT(info->schema->vector_field_count == 1 && info->schema->vector_fields->dim == 3);
    EXPECT(info->schema->vector_fields->metric == VZ_COSINE && info->schema->vector_fields->name.size == 0);
    EXPECT(same_text(info->schema->metadata, text("{ \"kept\": [1, 2.50] }")));
    EXPECT(info->stats->points == 0 && info->stats->state == VZ_STATE_READY && info->damage.data == NULL);
    EXPECT(vz_result_items(result, VZ_RESULT_VALUES, &count) == NULL && count == 0);
    vz_result_release(result);

    EXPECT_STATUS(VZ_OK, vz_collection_list(client.engine, &result, &error));
    info = vz_result_items(result, VZ_RESULT_COLLECTIONS, &count);
    EXPECT(info != NULL && count >= 1);
    int found = 0;
    for (uint64_t i = 0; i < count; i++) {
        const vz_collection_info* each = VZ_AT(vz_collection_info, info, i);
        found += same_text(each->name, text("books"));
    }
    EXPECT(found == 1);
    vz_result_release(result);
    EXPECT_STATUS(VZ_NOT_FOUND, vz_collection_describe(client.engine, text("none"), &result, &error));
    EXPECT(error.reason == VZ_REASON_COLLECTION);
}

static void aliases_and_renames(struct client client) {
    vz_error error;
    create_plain(client, "other");
    const vz_alias_change both[] = {{text("reading"), text("books")}, {text("spare"), text("books")}};
    vz_alias_request request = NEW(vz_alias_request);
    request.changes = both;
    request.change_count = 2;
    vz_change change = NEW(vz_change);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_ALIAS_APPLY, text(NULL), &request, &change, &error));
    EXPECT(change.lsn > 0);
    vz_collection_stats stats = NEW(vz_collection_stats);
    EXPECT_STATUS(VZ_OK, vz_collection_stats_read(client.engine, text("reading"), &stats, &error));

    const vz_alias_change half[] = {{text("spare"), text(NULL)}, {text("x"), text("no such collection")}};
    request.changes = half;
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_ALIAS_APPLY, text(NULL), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_COLLECTION && error.item == 1);
    EXPECT_STATUS(VZ_OK, vz_collection_stats_read(client.engine, text("spare"), &stats, &error));
    const vz_alias_change taken[] = {{text("other"), text("books")}};
    request.changes = taken;
    request.change_count = 1;
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_ALIAS_APPLY, text(NULL), &request, NULL, &error));
    const vz_alias_change moved[] = {{text("spare"), text("other")}};
    request.changes = moved;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_ALIAS_APPLY, text(NULL), &request, NULL, &error));
    const vz_alias_change absent[] = {{text("no such alias"), text(NULL)}};
    request.changes = absent;
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_ALIAS_APPLY, text(NULL), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_ALIAS);
    EXPECT(perform(client, VZ_OP_COLLECTION_DROP, text("reading"), NULL, NULL, &error) != VZ_OK);

    vz_rename_request rename_request = NEW(vz_rename_request);
    rename_request.to = text("other");
    EXPECT_STATUS(VZ_ALREADY_EXISTS,
                  perform(client, VZ_OP_COLLECTION_RENAME, text("books"), &rename_request, NULL, &error));
    rename_request.to = text("volumes");
    rename_request.flags = VZ_RENAME_KEEP_ALIAS;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_RENAME, text("books"), &rename_request, NULL, &error));
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(client.engine, text("books"), &result, &error));
    uint64_t count = 0;
    const vz_collection_info* info = vz_result_items(result, VZ_RESULT_COLLECTIONS, &count);
    EXPECT(count == 1 && same_text(info->name, text("volumes")) && info->alias_count == 2);
    if (count == 1 && info->alias_count == 2) {
        EXPECT(same_text(info->aliases[0], text("books")) && same_text(info->aliases[1], text("reading")));
    }
    vz_result_release(result);
    rename_request.flags = 0;
    rename_request.to = text("tomes");
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_RENAME, text("volumes"), &rename_request, NULL, &error));
    EXPECT_STATUS(VZ_NOT_FOUND, vz_collection_stats_read(client.engine, text("volumes"), &stats, &error));
}

static void alters(struct client client) {
    vz_error error;
    vz_alter_change change = NEW(vz_alter_change);
    change.kind = VZ_ALTER_SET_METADATA;
    change.metadata = text("{\"second\":true}");
    vz_alter_request request = NEW(vz_alter_request);
    request.changes = &change;
    request.change_count = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_ALTER, text("tomes"), &request, NULL, &error));
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_describe(client.engine, text("tomes"), &result, &error));
    uint64_t count = 0;
    const vz_collection_info* info = vz_result_items(result, VZ_RESULT_COLLECTIONS, &count);
    EXPECT(count == 1 && same_text(info->schema->metadata, text("{\"second\":true}")));
    vz_result_release(result);
    change.metadata = text("no object");
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_ALTER, text("tomes"), &request, NULL, &error));
    EXPECT(error.reason == VZ_REASON_METADATA);
}

static void drops(struct client client) {
    vz_error error;
    const float vector[3] = {1, 0, 0};
    const vz_str ids[] = {text("1")};
    vz_write_request write = NEW(vz_write_request);
    write.kind = VZ_UPSERT;
    write.count = 1;
    write.ids = ids;
    write.vectors.data = vector;
    write.vectors.rows = 1;
    write.vectors.dim = 3;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text("tomes"), &write, NULL, &error));
    vz_change change = NEW(vz_change);
    change.flags = VZ_IF_EMPTY;
    EXPECT_STATUS(VZ_CONFLICT, perform(client, VZ_OP_COLLECTION_DROP, text("tomes"), NULL, &change, &error));
    EXPECT(error.reason == VZ_REASON_NOT_EMPTY);

    vz_parts parts = NEW(vz_parts);
    parts.flags = VZ_PARTS_VECTORS;
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = ids;
    get.parts = &parts;
    vz_result* held = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text("tomes"), &get, &held, &error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text("tomes"), NULL, NULL, &error));
    vz_rows rows = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(held, 0, &rows, &error));
    EXPECT(rows.count == 1 && memcmp(rows.vectors[0].rows[0], vector, sizeof(vector)) == 0);
    vz_result_release(held);
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_COLLECTION_DROP, text("tomes"), NULL, NULL, &error));
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_WRITE, text("reading"), &write, NULL, &error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text("other"), NULL, &change, &error));
    EXPECT(change.lsn > 0);
}

void act_collections(struct client client) {
    refuses_bad_schemas(client);
    creates(client);
    describes(client);
    aliases_and_renames(client);
    alters(client);
    drops(client);
}

void act_values(struct client client) {
    vz_error error;
    vz_value values[3] = {NEW(vz_value), NEW(vz_value), NEW(vz_value)};
    values[0].key = text("session/b");
    values[0].value = text("second");
    values[1].key = text("session/a");
    values[1].value = text("");
    values[2].key = text("elsewhere");
    values[2].value = text("x");
    vz_value_request request = NEW(vz_value_request);
    request.values = values;
    request.value_count = 3;
    vz_change change = NEW(vz_change);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_VALUE_PUT, text(NULL), &request, &change, &error));
    EXPECT(change.lsn > 0);
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, vz_value_list(client.engine, text("session/"), &result, &error));
    uint64_t count = 0;
    const vz_value* first = vz_result_items(result, VZ_RESULT_VALUES, &count);
    EXPECT(count == 2 || count == 3);
    if (count >= 2) {
        EXPECT(same_text(first->key, text("session/a")) && first->value.data != NULL && first->value.size == 0);
        EXPECT(same_text(VZ_AT(vz_value, first, 1)->value, text("second")));
        EXPECT(first->lsn == change.lsn);
    }
    vz_result_release(result);
    values[0].value = text(NULL);
    values[1].value = text(NULL);
    values[2].key = text("session/kept");
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_VALUE_PUT, text(NULL), &request, NULL, &error));
    EXPECT_STATUS(VZ_OK, vz_value_list(client.engine, text("session/"), &result, &error));
    first = vz_result_items(result, VZ_RESULT_VALUES, &count);
    EXPECT(count == 1 && same_text(first->key, text("session/kept")));
    vz_result_release(result);
    const char* const no_keys[] = {"", "no text \xff"};
    for (uint32_t i = 0; i < COUNT(no_keys); i++) {
        values[0].key = text(no_keys[i]);
        EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_VALUE_PUT, text(NULL), &request, NULL, &error));
        EXPECT(strcmp(error.field, "values.key") == 0);
    }
}
