// Compaction: sealed parts become one, without the rows that ended. The Replace edit is the commit point; until then the new file is an orphan.
#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/compaction.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {

void Engine::compact_while_worth(const std::shared_ptr<Collection>& collection) {
    while (!compacting_.is_stopping() && collection->health().ok()) {
        const Result<bool> done = compact(*collection, collection->activity().idle_ms(settings_.now_ms()) >= settings_.settle_after_ms);
        if (!done.ok() && done.status().code() != VZ_CANCELLED) report(VZ_LOG_ERROR, "compaction.failed", "collection '" + collection->name() + "': " + done.status().error().message);
        if (!done.ok() || !*done) return;
    }
}

Result<bool> Engine::compact(Collection& collection, bool is_idle) {
    const std::scoped_lock one_at_a_time(compaction_mutex_);
    const std::shared_ptr<const Schema> schema = collection.schema();
    PartList inputs = choose_inputs(*schema, *collection.parts(), is_idle);
    if (inputs.empty()) return false;
    // Rows that ended by the last checkpoint are gone from every replay, and left out. Those that ended later are kept: records above it
    // name them as what they meet.
    if (std::any_of(inputs.begin(), inputs.end(), [](const auto& part) { return part->ended_rows() != 0; })) {
        VZ_TRY(checkpoint(collection).take_status());
        inputs = choose_inputs(*schema, *collection.parts(), is_idle);
    }
    uint64_t bytes = 0;
    for (const auto& part : inputs) bytes += part->ref().bytes;
    if (!space_.admit_file(bytes).ok()) return false;  // sealing goes on, and the next write asks again
    VZ_TRY(replace(collection, *schema, inputs));
    return true;
}

Status Engine::rewrite(Collection& collection, const std::shared_ptr<Part>& part) {
    const std::scoped_lock one_at_a_time(compaction_mutex_);
    VZ_TRY(checkpoint(collection).take_status());
    const auto parts = collection.parts();
    if (std::find(parts->begin(), parts->end(), part) == parts->end()) return {};  // compacted meanwhile
    return replace(collection, *collection.schema(), {part});
}

Status Engine::replace(Collection& collection, const Schema& schema, const PartList& inputs) {
    const Lsn through = collection.through_lsn();
    const LiveRows live(schema, inputs, through);
    for (const auto& part : inputs) part->announce_whole();
    const SegmentStore::Claim file(*segments_);
    std::shared_ptr<Part> output;
    if (!live.sources().empty()) {
        VZ_ASSIGN(output, seal(collection, schema, live, file.number()));
    }

    const std::scoped_lock no_checkpoint(checkpoint_mutex_);
    const std::shared_ptr<const PartList> now = collection.parts();
    const bool are_there = std::all_of(inputs.begin(), inputs.end(), [&](const auto& part) { return std::find(now->begin(), now->end(), part) != now->end(); });
    if (!are_there) {
        // A checkpoint took one along meanwhile.
        if (output != nullptr) segments_->discard(file.number());
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
            VZ_ASSIGN(const std::vector<SegmentDeletes> deletes, segments_->write_deletes({&entry, 1}));
            ref.deletes = deletes[0].deletes;
        }
        if (!VZ_PLANT(compacted_segment_not_synced)) VZ_TRY(segments_->sync());
        edit.add.push_back(ref);
    }
    VZ_TRY(commit_physical(std::move(edit)));
    collection.publish_compacted(inputs, std::move(output), live.sources());
    note_altered(collection.shared_from_this());
    clean_up();
    return {};
}

}  // namespace vz
