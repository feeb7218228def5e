#include "tests/abi/session.h"

#define POINTS 10u

static const char* const kIds[POINTS] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

static void writes(struct client client, const char* name, uint32_t kind, uint32_t first, uint32_t count) {
    static const float vectors[POINTS][4];
    vz_error error;
    vz_str ids[POINTS];
    for (uint32_t i = 0; i < count; i++) ids[i] = text(kIds[first + i]);
    vz_write_request request = NEW(vz_write_request);
    request.kind = kind;
    request.count = count;
    request.ids = ids;
    if (kind == VZ_UPSERT) request.vectors = (vz_matrix){.data = vectors, .rows = count, .dim = 4, .element = VZ_F32};
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
}

/* A batch whose second item is refused, and the first one with it. */
static void is_refused(struct client client, const char* name) {
    static const float vectors[2][4];
    vz_error error;
    const vz_str ids[2] = {text("new"), text(kIds[0])};
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.condition = VZ_IF_ABSENT;
    request.count = 2;
    request.ids = ids;
    request.vectors = (vz_matrix){.data = vectors, .rows = 2, .dim = 4, .element = VZ_F32};
    EXPECT_STATUS(VZ_ALREADY_EXISTS, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
}

/* Checks the points that lie in the log only; gives the bytes of what a restart would replay. */
static uint64_t replays(struct client client, const char* name, uint64_t points) {
    vz_error error;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_PERSISTENCE_READ, text(name), NULL, &result, &error));
    uint64_t count = 0;
    const vz_persistence* report = vz_result_items(result, VZ_RESULT_PERSISTENCE, &count);
    EXPECT(count == 1 && report->wal_points == points);
    const uint64_t bytes = count == 1 ? report->wal_bytes : 0;
    vz_result_release(result);
    vz_engine_stats stats = NEW(vz_engine_stats);
    EXPECT_STATUS(VZ_OK, vz_engine_stats_read(client.engine, &stats, &error));
    EXPECT(stats.wal_bytes >= bytes);
    return bytes;
}

static void seals(struct client client, const char* name) {
    vz_error error;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_CHECKPOINT, text(name), NULL, NULL, &error));
    EXPECT(replays(client, name, 0) == 0);
}

void act_persistence(struct client client, const char* name) {
    vz_error error;
    create_plain(client, name);
    EXPECT(replays(client, name, 0) == 0);
    writes(client, name, VZ_UPSERT, 0, POINTS);
    const uint64_t whole = replays(client, name, POINTS);
    EXPECT(whole >= POINTS * 4 * sizeof(float) && whole < 4096);
    seals(client, name);

    for (int i = 0; i < 6; i++) writes(client, name, VZ_UPSERT, 3, 1);
    is_refused(client, name);
    const uint64_t again = replays(client, name, 1);
    EXPECT(again > 0);
    writes(client, name, VZ_UPSERT, 4, 1);
    EXPECT(replays(client, name, 2) > again);
    seals(client, name);

    writes(client, name, VZ_DELETE, 0, POINTS - 1);
    EXPECT(replays(client, name, 0) > 0);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text(name), NULL, NULL, &error));
}
