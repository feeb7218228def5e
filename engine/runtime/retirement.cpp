// What nobody needs any more: logs whose records are in sealed files, and files that the manifest does not name.
#include <algorithm>

#include "engine/base/plant.hpp"
#include "engine/runtime/checkpoints.hpp"
#include "engine/runtime/damaged_directory.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {

void Checkpoints::clean_up() {
    Status done = retire_wals();
    if (done.ok()) done = remove_unnamed();
    if (!done.ok()) database_.report(VZ_LOG_WARN, "checkpoint.files_left", done.error().message);
}

Status Checkpoints::retire_wals() {
    // A WAL is needed while some collection has a record in it that no segment holds.
    Lsn needed_above = UINT64_MAX;
    for (const auto& collection : database_.catalogue.list()) {
        if (collection->last_lsn() > collection->through_lsn() || !collection->health().ok()) {
            needed_above = std::min(needed_above, collection->through_lsn());
        }
    }
    WalRetire retire;
    Lsn last = 0;
    database_.log->read_state([&](const ManifestState& state) {
        for (size_t i = 0; i + 1 < state.wals.size() && state.wals[i].last_lsn <= needed_above; ++i) {
            retire.below = state.wals[i + 1].number;
            last = state.wals[i].last_lsn;
        }
        if (retire.below == 0) return;
        for (const RequestOutcome& outcome : database_.requests.between(0, last)) {
            const bool known = std::any_of(state.requests.begin(), state.requests.end(),
                                           [&](const RequestOutcome& each) { return each.id == outcome.id; });
            if (!known) retire.requests.push_back(outcome);
        }
    });
    if (retire.below == 0) return {};
    return database_.log->commit(std::move(retire));
}

Status Checkpoints::remove_unnamed() {
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
            } else {
                VZ_TRY(database_.files.unlink(database_.directory + folder + name));
            }
        }
    }
    return {};
}

}  // namespace vz
