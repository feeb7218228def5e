// The engine in numbers.
#include "engine/collection/stats.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"

namespace vz {
namespace {

vz_engine_stats stats_of(const vz_engine& engine) {
    vz_engine_stats stats = {};
    Engine& inner = *engine.engine;
    const Status refusal = inner.log().refusal();
    const bool takes_writes = refusal.ok();
    const bool is_full = takes_writes ? inner.space().is_full() : refusal.code() == VZ_DISK_FULL;
    stats.state = is_full ? VZ_STATE_DISK_FULL : takes_writes ? VZ_STATE_READY : VZ_STATE_READ_ONLY;
    stats.last_lsn = inner.log().last_lsn();
    stats.durable_lsn = inner.log().durable();
    for (const auto& collection : inner.catalogue().list()) {
        vz_collection_stats one = {};
        fill_stats(*collection, &one);
        ++stats.collections;
        stats.quarantined += one.state == VZ_STATE_QUARANTINED ? 1 : 0;
        stats.points += one.points;
        stats.memory_bytes += one.memory_bytes;
        stats.mapped_bytes += one.mapped_bytes;
        stats.wal_bytes += collection->unsealed_bytes();
    }
    const Result<Space> space = engine.files->space(inner.directory());
    stats.disk_free_bytes = space.ok() ? space->free : 0;
    stats.queued_ops = engine.operations->queued();
    stats.results_held = engine.results.count();
    stats.open_ns = inner.open_ns();
    return stats;
}

void emit(vz_sample_fn visit, void* user, uint32_t kind, const char* name, const char* help, uint64_t value) {
    vz_sample sample = {};
    sample.struct_size = sizeof(sample);
    sample.kind = kind;
    sample.name = to_vz_str(name);
    sample.help = to_vz_str(help);
    sample.value = static_cast<double>(value);
    visit(user, &sample);
}

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_engine_stats_read(vz_engine* engine, vz_engine_stats* out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine_anywhere(engine, error, [&] { return give_out(stats_of(*engine), out); });
}

VZ_API vz_status vz_engine_samples(vz_engine* engine, vz_sample_fn visit, void* user, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        if (visit == nullptr) return misuse("the visitor is NULL");
        const vz_engine_stats stats = stats_of(*engine);
        const LocalLog::Counters& counters = engine->engine->log().counters();
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_collections", "Collections.", stats.collections);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_points", "Live points.", stats.points);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_durable_lsn", "Everything up to this LSN is on disk.",
             stats.durable_lsn);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_wal_bytes", "Bytes that a restart would replay.",
             stats.wal_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_memory_bytes",
             "Memory of growing segments, of copied graphs and of what filters found.", stats.memory_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_disk_free_bytes", "Free bytes of the file system.",
             stats.disk_free_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_disk_reserve_bytes",
             "Below so many free bytes upserts are refused.", engine->engine->space().reserve());
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_queued_ops", "Operations in flight.", stats.queued_ops);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_results_held", "Results not yet released.", stats.results_held);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_poisoned", "1 after a write to a log failed.",
             engine->engine->log().has_begun() && engine->engine->log().has_failed() ? 1 : 0);
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_syncs_total", "Commit groups synced.",
             counters.syncs.load());
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_records_total", "WAL records written.",
             counters.records.load());
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_edits_total", "Manifest edits written.",
             counters.edits.load());
        return {};
    });
}

}  // extern "C"
