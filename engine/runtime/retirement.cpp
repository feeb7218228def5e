// What nobody needs any more: logs whose records are in sealed files, and files that the manifest does not name.
#include <algorithm>

#include "engine/base/plant.hpp"
#include "engine/runtime/checkpoints.hpp"
#include "engine/runtime/damaged_directory.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {

void Checkpoints::clean_up() {
    if (!database_.log->health().ok()) return;
    Status done = retire_wals();
    if (done.ok()) done = remove_unnamed();
    if (!done.ok()) database_.report(VZ_LOG_WARN, "checkpoint.files_left", done.error().message);
}

// A WAL is needed while some collection has a record in it that no sealed file holds. Of one that is set aside those
// are between two LSNs for ever: what is behind them leaves before them.
Status Checkpoints::retire_wals() {
    // Before the collections are asked: what is in a file that has ended is known to them by then.
    std::vector<WalState> wals;
    database_.log->read_state([&](const ManifestState& state) { wals = state.wals; });
    if (wals.size() < 2) return {};
    Lsn needed_above = UINT64_MAX;
    std::vector<Collection::Unsealed> set_aside;
    for (const auto& collection : database_.catalogue.list()) {
        const Collection::Unsealed unsealed = collection->unsealed();
        if (unsealed.above == unsealed.last) continue;
        if (collection->health().ok()) {
            needed_above = std::min(needed_above, unsealed.above);
        } else {
            set_aside.push_back(unsealed);
        }
    }
    WalRetire retire;
    Lsn last = 0;
    Lsn before = 0;  // of the file before
    for (size_t i = 0; i + 1 < wals.size() && wals[i].last_lsn <= needed_above; ++i) {
        const bool is_kept = std::any_of(set_aside.begin(), set_aside.end(), [&](const Collection::Unsealed& needed) {
            return before < needed.last && wals[i].last_lsn > needed.above;
        });
        before = wals[i].last_lsn;
        if (is_kept) {
            retire.kept.push_back(wals[i].number);
        } else {
            retire.below = wals[i + 1].number;
            last = wals[i].last_lsn;
        }
    }
    if (retire.below == 0) return {};
    std::erase_if(retire.kept, [&](uint64_t number) { return number >= retire.below; });
    database_.log->read_state([&](const ManifestState& state) {
        // A record or edit has one id at most.
        std::vector<Lsn> known;
        for (const RequestOutcome& each : state.requests) known.push_back(each.lsn);
        std::sort(known.begin(), known.end());
        for (const RequestOutcome& outcome : database_.requests.between(0, last)) {
            if (!std::binary_search(known.begin(), known.end(), outcome.lsn)) retire.requests.push_back(outcome);
        }
    });
    return database_.log->commit(std::move(retire));
}

Status Checkpoints::sweep() {
    const std::string folder = database_.directory + "/tmp";
    // One with a higher number may be on its way to CURRENT: where the log began late, others write by now.
    uint64_t highest = 0;
    database_.log->read_state([&](const ManifestState& state) { highest = state.next_file; });
    VZ_ASSIGN(const std::vector<std::string> temporary, database_.files.list(folder));
    for (const std::string& name : temporary) {
        if (file_number_of(name) < highest) VZ_TRY(database_.files.unlink(folder + "/" + name));
    }
    return remove_unnamed();
}

Status Checkpoints::remove_unnamed() {
    // Nothing is changed by who only reads; and where a log failed nobody knows which manifest the next open finds.
    VZ_TRY(database_.log->health());
    // Files with higher numbers may be on their way into the manifest.
    std::vector<uint64_t> named;
    std::vector<uint64_t> set_aside;
    uint64_t highest = 0;
    database_.log->read_state([&](const ManifestState& state, LocalLog::OwnFiles own) {
        highest = state.next_file;
        set_aside = state.set_aside;
        named = {own.manifest, own.spare_wal};
        for (const WalState& wal : state.wals) named.push_back(wal.number);
        const auto keep = [&](const SegmentRef& segment) {
            named.push_back(segment.file);
            if (segment.deletes) named.push_back(segment.deletes->file);
        };
        if (VZ_PLANT(snapshot_does_not_pin)) {
            for (const auto& [id, collection] : state.collections)
                std::for_each(collection.segments.begin(), collection.segments.end(), keep);
        } else {
            for_each_segment(state, keep);
        }
    });
    Status left;  // the first file that stays
    const std::vector<uint64_t> on_their_way = database_.segments->claimed();
    named.insert(named.end(), on_their_way.begin(), on_their_way.end());
    std::sort(named.begin(), named.end());
    for (const char* folder : {"/", "/wal/", "/seg/"}) {
        VZ_ASSIGN(const std::vector<std::string> names, database_.files.list(database_.directory + folder));
        for (const std::string& name : names) {
            const uint64_t number = file_number_of(name);
            if (number == 0 || number >= highest || std::binary_search(named.begin(), named.end(), number)) continue;
            // Of a damaged directory, the edit that named it may be what was lost.
            if (database_.settings.accept_loss ||
                std::find(set_aside.begin(), set_aside.end(), number) != set_aside.end()) {
                VZ_ASSIGN(const std::string aside, quarantine_path(database_.files, database_.directory, name));
                VZ_TRY(database_.files.rename(database_.directory + folder + name, aside));
                continue;
            }
            Status removed = database_.files.unlink(database_.directory + folder + name);
            if (left.ok()) left = std::move(removed);
        }
    }
    return left;
}

}  // namespace vz
