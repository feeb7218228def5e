#include "engine/runtime/compaction.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/compaction.hpp"

namespace vz {

Result<bool> Compaction::compact(Collection& collection, bool is_idle) {
    if (!database_.log->has_begun()) return false;  // no file could be named
    const std::scoped_lock one_at_a_time(mutex_);
    PartList inputs = choose_inputs(*collection.schema(), *collection.parts(), is_idle);
    if (inputs.empty()) return false;
    // Rows that ended by the last checkpoint are gone from every replay, and left out. Those that ended later are kept:
    // records above it name them as what they meet.
    if (std::any_of(inputs.begin(), inputs.end(), [](const auto& part) { return part->ended_rows() != 0; })) {
        VZ_TRY(checkpoints_.take(collection).take_status());
        inputs = choose_inputs(*collection.schema(), *collection.parts(), is_idle);
    }
    uint64_t bytes = 0;
    for (const auto& part : inputs) bytes += part->ref().bytes;
    if (!database_.space.admit_file(bytes).ok()) return false;  // sealing goes on, and the next write asks again
    VZ_TRY(replace(collection, inputs));
    return true;
}

Status Compaction::rewrite(Collection& collection, const std::shared_ptr<Part>& part) {
    if (!database_.log->has_begun()) VZ_TRY(database_.log->refusal());
    const std::scoped_lock one_at_a_time(mutex_);
    VZ_TRY(checkpoints_.take(collection).take_status());
    const auto parts = collection.parts();
    if (std::find(parts->begin(), parts->end(), part) == parts->end()) return {};  // compacted meanwhile
    return replace(collection, {part});
}

Status Compaction::replace(Collection& collection, const PartList& inputs) {
    const Lsn through = collection.through_lsn();
    // Behind the inputs: it has all fields that were added before their rows were written.
    const std::shared_ptr<const Schema> schema = collection.schema();
    const LiveRows live(*schema, inputs, through);
    for (const auto& part : inputs) part->announce_whole();
    // The first part's are taken over.
    if (!live.sources().empty()) live.sources()[0].part->check_graphs(*schema);
    const SegmentStore::Claim file(*database_.segments);
    std::shared_ptr<Part> output;
    if (!live.sources().empty()) {
        Result<std::shared_ptr<Part>> written = checkpoints_.seal(collection, *schema, live, file.number());
        if (!written.ok() && written.status().code() == VZ_CANCELLED) return written.take_status();
        // Behind the copy: what rotted while the graphs were built is seen, too. It may be why the rows were refused.
        Status sound = database_.verify_rows(collection, inputs);
        if (!sound.ok() && written.ok()) database_.segments->discard(file.number());
        VZ_TRY(std::move(sound));
        VZ_ASSIGN(output, std::move(written));
    }

    const Checkpoints::Lock no_checkpoint = checkpoints_.exclude();
    const std::shared_ptr<const PartList> now = collection.parts();
    const bool are_there = std::all_of(inputs.begin(), inputs.end(), [&](const auto& part) {
        return std::find(now->begin(), now->end(), part) != now->end();
    });
    if (!are_there) {
        // A checkpoint took one along meanwhile.
        if (output != nullptr) database_.segments->discard(file.number());
        return {};
    }
    Replace edit;
    edit.collection = collection.id();
    for (const auto& part : inputs) edit.remove.push_back(part->ref().file);
    if (output != nullptr) {
        SegmentRef ref = output->ref();
        // What the last checkpoint took out of the inputs while the file was written has left the logs.
        Bitmap ended;
        const auto& sources = live.sources();
        for (uint32_t row = 0; row < sources.size(); ++row) {
            if (sources[row].part->ended(sources[row].row) <= collection.through_lsn()) ended.add(row);
        }
        if (ended.cardinality() != 0) {
            const DeleteEntry entry{ref.file, &ended};
            VZ_ASSIGN(const std::vector<SegmentDeletes> deletes, database_.segments->write_deletes({&entry, 1}));
            ref.deletes = deletes[0].deletes;
        }
        if (!VZ_PLANT(compacted_segment_not_synced)) VZ_TRY(database_.segments->sync());
        edit.add.push_back(ref);
    }
    VZ_TRY(database_.log->commit(std::move(edit)));
    collection.publish_compacted(inputs, std::move(output), live.sources());
    database_.notices.changed(collection.shared_from_this());
    checkpoints_.clean_up();
    return {};
}

}  // namespace vz
