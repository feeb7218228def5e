// "Is it on disk?", and checkpoints.
#include <algorithm>

#include "engine/abi/checks.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/collection/stats.hpp"

namespace vz {
namespace {

// Files by their place in the data directory: frontends pass this on, and where that lies is nobody's business.
vz_str keep_problem(const Engine& engine, std::string text, Descriptions* out) {
    const std::string prefix = engine.directory() + "/";
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
        text.erase(at, prefix.size());
    return out->keep(text);
}

// The files that the manifest names for a collection, looked up on disk. What is missing becomes a problem.
bool report_segments(const Engine& engine, const Collection& collection, Descriptions* out, vz_persistence* report,
                     std::vector<vz_str>* problems) {
    std::vector<vz_segment_info>& segments = out->segments.emplace_back();
    bool all_there = true;
    const ReadView view = collection.pin();
    for (const auto& part : *view.parts) {
        if (part->sealed() == nullptr) continue;
        const SegmentRef& ref = part->ref();
        vz_segment_info info = {};
        info.struct_size = sizeof(info);
        const std::string path = segment_path(engine.directory(), 'S', ref.file);
        info.file = out->keep(path.substr(engine.directory().size() + 1));
        info.rows = ref.rows;
        info.bytes = ref.bytes;
        std::copy(reinterpret_cast<const uint8_t*>(ref.hash.data()),
                  reinterpret_cast<const uint8_t*>(ref.hash.data()) + 16, info.hash);
        info.verified_ms = part->verified_ms();
        segments.push_back(info);
        const Result<std::unique_ptr<File>> file = engine.files().open(path, OpenMode::kRead);
        // Other collections may have segments in it, too.
        const uint64_t file_bytes = part->sealed()->mapping().bytes().size();
        const bool there = file.ok() && (*file)->size().ok() && *(*file)->size() == file_bytes;
        // Another part may have taken its place since.
        if (there || !collection.serves(*part)) continue;
        problems->push_back(out->keep(path.substr(engine.directory().size() + 1) + " is missing or has another size"));
        all_there = false;
    }
    report->segments = segments.data();
    report->segment_count = static_cast<uint32_t>(segments.size());
    return all_there;
}

void report_persistence(const Engine& engine, const Collection& collection,
                        const std::vector<std::string>& missing_logs, Descriptions* out) {
    vz_collection_stats stats = {};
    fill_stats(collection, &stats);
    vz_persistence report = {};
    report.struct_size = sizeof(report);
    const std::string name = collection.name();
    report.name = out->keep(name);
    report.last_lsn = stats.last_lsn;
    report.durable_lsn = engine.log().durable();
    report.checkpoint_lsn = stats.checkpoint_lsn;
    report.points = stats.points;
    report.wal_points = unsealed_points(collection);
    report.wal_bytes = collection.unsealed_bytes();
    std::vector<vz_str>& problems = out->lists.emplace_back();
    if (engine.log().has_failed()) {
        report.state = VZ_STATE_READ_ONLY;
        problems.push_back(keep_problem(engine, engine.log().refusal().error().message, out));
    }
    for (const std::string& file : missing_logs) problems.push_back(out->keep(file + " is missing"));
    if (!collection.damage().empty()) {
        report.state = VZ_STATE_QUARANTINED;
        problems.push_back(keep_problem(engine, collection.damage(), out));
    }
    std::vector<vz_str>& snapshots = out->lists.emplace_back();
    // By name, as snapshots are listed and restored: one that was restored is a new collection.
    for (const SnapshotState& snapshot : engine.snapshots().list()) {
        const bool has_it = std::any_of(snapshot.collections.begin(), snapshot.collections.end(),
                                        [&](const CollectionState& each) { return each.name == name; });
        if (has_it) snapshots.push_back(out->keep(snapshot.name));
    }
    report.snapshots = snapshots.data();
    report.snapshot_count = static_cast<uint32_t>(snapshots.size());
    const bool all_there = report_segments(engine, collection, out, &report, &problems);
    const bool is_whole = all_there && missing_logs.empty() && collection.damage().empty();
    report.persisted = report.last_lsn <= report.durable_lsn && is_whole ? 1 : 0;
    report.problems = problems.data();
    report.problem_count = static_cast<uint32_t>(problems.size());
    out->persistence.push_back(report);
}

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_persistence_read(vz_engine* engine, vz_str collection, vz_result** out,
                                     vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results);
        Descriptions* const described = result->describe(VZ_RESULT_PERSISTENCE);
        const std::vector<std::string> missing_logs = engine->engine->log().find_missing();
        if (collection.data != nullptr) {
            VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            report_persistence(*engine->engine, *found, missing_logs, described);
        } else {
            for (const auto& each : engine->engine->catalogue().list())
                report_persistence(*engine->engine, *each, missing_logs, described);
        }
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_checkpoint(vz_engine* engine, vz_str collection, uint64_t* lsn, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        Lsn through = 0;
        if (collection.data == nullptr) {
            VZ_ASSIGN(through, engine->engine->checkpoints().take_all());
        } else {
            VZ_ASSIGN(const std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            VZ_ASSIGN(through, engine->engine->checkpoints().take(*found));
        }
        if (lsn != nullptr) *lsn = through;
        return {};
    });
}

}  // extern "C"
