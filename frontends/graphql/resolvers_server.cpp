// Root fields about the server and its disk, and the objects they answer with.
#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/process_memory.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

// ---- stats ----

struct ServerFigures {
    vz_engine_stats engine;
    uint64_t data_bytes;
    uint64_t resident_bytes;
    int64_t uptime_ms;
    bool ready;
};

void stats_begin(RootCall& call) {
    ServerFigures* figures = call.make<ServerFigures>();
    figures->engine.struct_size = sizeof figures->engine;
    vz_error error{};
    vz_status status = vz_engine_stats_read(call.engine(), &figures->engine, &error);
    if (status != VZ_OK) return call.fail(status, error);
    if (call.planned->selects("totalSizeBytes")) {
        vz_result* result = nullptr;
        status = vz_collection_list(call.engine(), &result, &error);
        if (status != VZ_OK) return call.fail(status, error);
        call.keep(result);
        uint64_t count = 0;
        const auto* infos =
            static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
        for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
            const vz_collection_stats* stats = codec::element_at(infos, i)->stats;
            if (stats != nullptr) figures->data_bytes += codec::data_bytes(*stats);
        }
    }
    if (call.planned->selects("memoryUsageBytes")) figures->resident_bytes = codec::resident_bytes();
    figures->uptime_ms = codec::now_unix_ms() - call.frontend->started_ms;
    const uint32_t state = call.frontend->health->read(call.frontend->host, nullptr, nullptr);
    figures->ready = state == VZ_HEALTH_READY || state == VZ_HEALTH_DEGRADED;
    call.state = figures;
}
FieldValue stats_finish(RootCall& call) { return FieldValue::of_object(call.state); }

const ServerFigures& figures(const FieldCall& call) { return *static_cast<const ServerFigures*>(call.source.object); }
FieldValue version(const FieldCall&) { return FieldValue::of_text(VECTORIZER_VERSION); }
FieldValue collection_count(const FieldCall& call) { return FieldValue::of_count(figures(call).engine.collections); }
FieldValue total_vectors(const FieldCall& call) { return FieldValue::of_count(figures(call).engine.points); }
FieldValue uptime(const FieldCall& call) { return FieldValue::of_integer(figures(call).uptime_ms / 1000); }
FieldValue memory(const FieldCall& call) { return FieldValue::of_count(figures(call).resident_bytes); }
FieldValue total_size(const FieldCall& call) { return FieldValue::of_count(figures(call).data_bytes); }
FieldValue ready(const FieldCall& call) { return FieldValue::of_boolean(figures(call).ready); }

// ---- persistence ----

void persistence_begin(RootCall& call) {
    call.names.collection = call.argument("collection").text;
    call.expect(1);
    call.set(0, VZ_OP_PERSISTENCE_READ, call.names.collection, nullptr, &call.engine_calls[0].result);
}
FieldValue persistence_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    uint64_t count = 0;
    const void* report = vz_result_items(call.engine_calls[0].result, VZ_RESULT_PERSISTENCE, &count);
    if (report != nullptr && count != 0) return FieldValue::of_object(report);
    call.fail(codec::collection_not_found(call.names.collection));
    return FieldValue::null();
}

const vz_persistence& report(const FieldCall& call) { return *static_cast<const vz_persistence*>(call.source.object); }
const vz_segment_info& segment(const FieldCall& call) {
    return *static_cast<const vz_segment_info*>(call.source.object);
}

FieldValue texts(const vz_str* first, uint32_t count) {
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return FieldValue::of_text(text::view(static_cast<const vz_str*>(list.object)[index]));
    };
    return FieldValue::of_list(count, kItem, first);
}

FieldValue report_name(const FieldCall& call) { return FieldValue::of_text(text::view(report(call).name)); }
FieldValue report_state(const FieldCall& call) {
    switch (report(call).state) {
        case VZ_STATE_READ_ONLY: return FieldValue::of_text("READ_ONLY");
        case VZ_STATE_QUARANTINED: return FieldValue::of_text("QUARANTINED");
        default: return FieldValue::of_text("READY");
    }
}
FieldValue report_persisted(const FieldCall& call) { return FieldValue::of_boolean(report(call).persisted != 0); }
FieldValue report_last(const FieldCall& call) { return FieldValue::of_count(report(call).last_lsn); }
FieldValue report_durable(const FieldCall& call) { return FieldValue::of_count(report(call).durable_lsn); }
FieldValue report_checkpoint(const FieldCall& call) { return FieldValue::of_count(report(call).checkpoint_lsn); }
FieldValue report_points(const FieldCall& call) { return FieldValue::of_count(report(call).points); }
FieldValue report_wal_points(const FieldCall& call) { return FieldValue::of_count(report(call).wal_points); }
FieldValue report_wal_bytes(const FieldCall& call) { return FieldValue::of_count(report(call).wal_bytes); }
FieldValue report_segments(const FieldCall& call) {
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return FieldValue::of_object(codec::element_at(static_cast<const vz_segment_info*>(list.object), index));
    };
    return FieldValue::of_list(report(call).segment_count, kItem, report(call).segments);
}
FieldValue report_snapshots(const FieldCall& call) {
    return texts(report(call).snapshots, report(call).snapshot_count);
}
FieldValue report_problems(const FieldCall& call) { return texts(report(call).problems, report(call).problem_count); }

FieldValue segment_file(const FieldCall& call) { return FieldValue::of_text(text::view(segment(call).file)); }
FieldValue segment_rows(const FieldCall& call) { return FieldValue::of_count(segment(call).rows); }
FieldValue segment_bytes(const FieldCall& call) { return FieldValue::of_count(segment(call).bytes); }
FieldValue segment_hash(const FieldCall& call) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : segment(call).hash) {
        text += kHex[byte >> 4];
        text += kHex[byte & 15];
    }
    return FieldValue::of_text(call.arena.copy_text(text));
}
FieldValue segment_verified(const FieldCall& call) {
    const int64_t when = segment(call).verified_ms;
    return when == 0 ? FieldValue::null() : FieldValue::of_text(call.arena.copy_text(codec::rfc3339(when)));
}

constexpr RootResolver kServerRoots[] = {
    {"QueryRoot", "stats", "Failed to read stats: ", kWholeServer, stats_begin, stats_finish},
    {"QueryRoot", "persistence", "Failed to read persistence: ", "collection", persistence_begin, persistence_finish},
};

constexpr FieldBinding kServerFields[] = {
    {"GqlServerStats", "version", version},
    {"GqlServerStats", "collectionCount", collection_count},
    {"GqlServerStats", "totalVectors", total_vectors},
    {"GqlServerStats", "uptimeSeconds", uptime},
    {"GqlServerStats", "memoryUsageBytes", memory},
    {"GqlServerStats", "totalSizeBytes", total_size},
    {"GqlServerStats", "ready", ready},
    {"GqlPersistenceReport", "name", report_name},
    {"GqlPersistenceReport", "state", report_state},
    {"GqlPersistenceReport", "persisted", report_persisted},
    {"GqlPersistenceReport", "lastLsn", report_last},
    {"GqlPersistenceReport", "durableLsn", report_durable},
    {"GqlPersistenceReport", "checkpointLsn", report_checkpoint},
    {"GqlPersistenceReport", "points", report_points},
    {"GqlPersistenceReport", "pointsInWalOnly", report_wal_points},
    {"GqlPersistenceReport", "walBytesToReplay", report_wal_bytes},
    {"GqlPersistenceReport", "segments", report_segments},
    {"GqlPersistenceReport", "snapshots", report_snapshots},
    {"GqlPersistenceReport", "problems", report_problems},
    {"GqlSegmentReport", "file", segment_file},
    {"GqlSegmentReport", "rows", segment_rows},
    {"GqlSegmentReport", "bytes", segment_bytes},
    {"GqlSegmentReport", "hash", segment_hash},
    {"GqlSegmentReport", "verifiedAt", segment_verified},
};

}  // namespace

std::span<const RootResolver> server_roots() { return kServerRoots; }
std::span<const FieldBinding> server_fields() { return kServerFields; }

}  // namespace vz::graphql
