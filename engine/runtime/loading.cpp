// The sealed files that the manifest names, at open: what is damaged sets its collection aside, or is salvaged where
// loss was accepted.
#include "engine/runtime/engine.hpp"

namespace vz {

Status Engine::load_segments() {
    struct Stored {
        uint64_t id;
        std::string damage;
        std::vector<SegmentRef> segments;
    };
    // Opening what is damaged edits the state.
    std::vector<Stored> stored;
    database_.log->read_state([&](const ManifestState& state) {
        for (const auto& [id, collection] : state.collections) {
            if (!collection.damage.empty() || !collection.segments.empty())
                stored.push_back({id, collection.damage, collection.segments});
        }
    });
    for (const Stored& each : stored) {
        const std::shared_ptr<Collection> loaded = database_.catalogue.by_id(each.id);
        const auto set_aside = [&](const std::string& reason) {
            uint64_t points = 0;
            for (const SegmentRef& ref : each.segments)
                points += ref.rows - (ref.deletes ? ref.deletes->cardinality : 0);
            loaded->note_points(points);
            loaded->quarantine(reason);
        };
        for (const SegmentRef& ref : each.segments) {
            const Status opened = load_segment(*loaded, ref);
            if (opened.ok()) continue;
            if (database_.settings.accept_loss) return opened.clone();
            set_aside(opened.error().message);
            database_.report(VZ_LOG_ERROR, "collection.quarantined",
                             "collection '" + loaded->name() + "': " + opened.error().message);
            break;
        }
        if (!each.damage.empty() && !database_.settings.accept_loss) set_aside(each.damage);
    }
    return {};
}

Status Engine::end_quarantine() {
    VZ_TRY(checkpoints_.take_all().take_status());
    std::vector<uint64_t> set_aside;
    database_.log->read_state([&](const ManifestState& state) {
        for (const auto& [id, collection] : state.collections) {
            if (!collection.damage.empty()) set_aside.push_back(id);
        }
    });
    for (const uint64_t id : set_aside) VZ_TRY(database_.log->commit(Quarantine{id, ""}));
    return {};
}

Status Engine::load_segment(Collection& collection, const SegmentRef& ref) {
    VZ_ASSIGN(SegmentStore::Opened opened, database_.open_segment(ref, *collection.schema()));
    if (database_.settings.accept_loss) {
        opened.ended.for_each([&](uint32_t row) { opened.part->set_ended(row, 1); });
        VZ_ASSIGN(const std::shared_ptr<Part> kept, salvage(collection, opened.part));
        if (kept == nullptr) return {};
        if (kept != opened.part) opened = {kept, Bitmap()};
    }
    collection.add_sealed(std::move(opened.part), opened.ended);
    return {};
}

Result<std::shared_ptr<Part>> Engine::salvage(Collection& collection, const std::shared_ptr<Part>& part) {
    const std::string path = segment_path(database_.directory, 'S', part->ref().file);
    const SealedSegment& segment = *part->sealed();
    VZ_ASSIGN(const std::vector<SealedSegment::Damage> damage,
              segment.find_damage(database_.files, [](uint64_t) { return Status(); }));
    if (damage.empty()) return part;
    uint64_t lost = 0;
    for (uint32_t row = 0; row < part->row_count(); ++row) {
        if (part->ended(row) != kAlive || segment.is_intact(row, damage)) continue;
        part->set_ended(row, 1);
        ++lost;
    }
    if (lost != 0) {
        database_.settings.accept_loss(
            {VZ_CORRUPTION, collection.name(), path, damage[0].offset,
             std::to_string(lost) + " of " + std::to_string(part->row_count()) + " rows lay in what is damaged"});
    }
    // What is computed from the rows is computed again.
    for (const SealedSegment::Damage& each : damage) part->distrust(each.kind);
    const std::shared_ptr<const Schema> schema = collection.schema();
    const LiveRows live(*schema, {part}, collection.through_lsn());
    Replace edit;
    edit.collection = collection.id();
    edit.remove.push_back(part->ref().file);
    std::shared_ptr<Part> kept;
    if (!live.sources().empty()) {
        VZ_ASSIGN(kept, checkpoints_.seal(collection, *schema, live, database_.numbers->next_number()));
        VZ_TRY(database_.segments->sync());
        edit.add.push_back(kept->ref());
    }
    VZ_TRY(database_.log->commit(std::move(edit)));
    return kept;
}

}  // namespace vz
