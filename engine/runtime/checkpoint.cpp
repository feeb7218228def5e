// Checkpoints: growing rows become sealed files, marks become delete bitmaps, and WALs that nobody needs go. The manifest edit is the
// commit point; until then every file here is an orphan.
#include <algorithm>
#include <cstdio>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/segment/delete_file.hpp"

namespace vz {

namespace {

// An edit whose maker waits for it.
class PhysicalEdit final : public EditCommit {
 public:
    void publish() override {}
    void finish(const Status& status) override { outcome = status.clone(); }
    Status outcome;
};

DeleteRef delete_ref(uint64_t file, const WrittenDeletes& from) {
    return {file, from.offset, from.bytes, from.cardinality, from.highest_row, from.hash};
}

}  // namespace

Status Engine::commit_physical(Action action) {
    PhysicalEdit commit;
    commit.edit.actions.push_back(std::move(action));
    VZ_TRY(log_->append_edit(commit, true));
    log_->drive(commit);
    return std::move(commit.outcome);
}

std::string segment_path(const std::string& directory, char kind, uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof(name), "/seg/%c-%016llx", kind, static_cast<unsigned long long>(number));
    return directory + name;
}

SegmentSummary summary_of(const SegmentRef& ref) {
    return {ref.bytes, ref.rows, ref.version_min, ref.version_max, ref.header_crc, ref.hash};
}

Result<Lsn> Engine::checkpoint(Collection& collection) {
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    VZ_TRY(collection.health());
    const std::optional<Frozen> frozen = collection.freeze();
    if (!frozen) return collection.through_lsn();
    VZ_TRY(checkpoint_frozen(collection, *frozen));
    VZ_TRY(retire_wals());
    VZ_TRY(remove_unnamed());
    return frozen->through;
}

Status Engine::checkpoint_frozen(Collection& collection, const Frozen& frozen) {
    // Edits queue behind everything sequenced before, so this returns when all of that is durable and visible.
    VZ_TRY(commit_physical(ReserveFiles{numbers_->peek()}));

    CheckpointOne one;
    one.collection = collection.id();
    one.through_lsn = frozen.through;
    one.updated_ms = frozen.updated_ms;
    std::shared_ptr<Part> sealed;
    const BeingWritten written(*this);
    const LiveRows live(*frozen.schema, frozen.growing, frozen.through);
    if (!live.sources().empty()) {
        VZ_ASSIGN(sealed, seal(collection, *frozen.schema, live, written.number()));
        one.segments.push_back(sealed->ref());
    }
    Status rest = seal_deletes(frozen, &one);
    if (rest.ok() && !VZ_PLANT(segment_directory_not_synced)) rest = files_.sync_directory(directory_ + "/seg");
    if (!rest.ok()) {
        if (sealed != nullptr) static_cast<void>(files_.unlink(segment_path(directory_, 'S', written.number())));
        return rest;
    }
    Checkpoint edit;
    edit.collections.push_back(std::move(one));
    VZ_TRY(commit_physical(std::move(edit)));
    collection.publish_sealed(frozen, std::move(sealed), live.sources());
    if (settings_.background) compacting_.add(collection.shared_from_this());
    note_altered(collection.shared_from_this());  // the schema may have changed meanwhile
    return {};
}

Result<std::shared_ptr<Part>> Engine::seal(const Collection& collection, const Schema& schema, const LiveRows& live, uint64_t number) {
    SegmentIdentity identity;
    identity.database = database_;
    identity.file_number = number;
    identity.salt = numbers_->salt();
    identity.collection_id = collection.id();
    identity.collection_uuid = collection.uuid();
    identity.collection_name = collection.name();
    const std::string path = segment_path(directory_, 'S', identity.file_number);
    VZ_ASSIGN(const BuiltGraphs graphs, BuiltGraphs::build(schema, live, graphs_wanted_, *workers_));
    SegmentRows rows = live.rows();
    const BuiltIndexes indexes(schema, rows);
    std::vector<SegmentRows::Derived> derived = graphs.derived();
    indexes.add_to(&derived);
    const BuiltCounts counts(schema, rows);
    counts.add_to(&derived);
    rows.derived = derived;
    Result<SegmentSummary> summary = write_segment(files_, path, identity, schema, rows);
    if (!summary.ok()) {
        // Half a file helps nobody, least of all a full disk.
        static_cast<void>(files_.unlink(path));
        return summary.take_status();
    }
    SegmentRef ref;
    ref.file = identity.file_number;
    ref.bytes = summary->bytes;
    ref.rows = summary->rows;
    ref.version_min = summary->version_min;
    ref.version_max = summary->version_max;
    ref.header_crc = summary->header_crc;
    ref.hash = summary->hash;
    VZ_ASSIGN(std::unique_ptr<SealedSegment> segment, SealedSegment::open(files_, path, database_, ref.file, *summary));
    auto part = std::make_shared<Part>(std::move(segment), ref, schema);
    part->copy_graphs(graph_copies_);
    return part;
}

Status Engine::seal_deletes(const Frozen& frozen, CheckpointOne* one) {
    std::vector<Bitmap> bitmaps;
    std::vector<uint64_t> segments;
    for (const auto& part : *frozen.parts) {
        if (part->sealed() == nullptr) continue;
        Bitmap ended = ended_rows(*part, frozen.through);
        if (ended.cardinality() == 0) continue;
        bitmaps.push_back(std::move(ended));
        segments.push_back(part->ref().file);
    }
    if (bitmaps.empty() || VZ_PLANT(checkpoint_forgets_marks)) return {};
    std::vector<DeleteEntry> entries;
    for (size_t i = 0; i < bitmaps.size(); ++i) entries.push_back({segments[i], &bitmaps[i]});
    VZ_ASSIGN(one->deletes, write_delete_file(entries));
    return {};
}

Result<std::vector<SegmentDeletes>> Engine::write_delete_file(std::span<const DeleteEntry> entries) {
    const uint64_t number = numbers_->next_number();
    VZ_ASSIGN(const std::vector<WrittenDeletes> written,
              write_deletes(files_, segment_path(directory_, 'D', number), database_, number, numbers_->salt(), entries));
    std::vector<SegmentDeletes> named;
    for (const WrittenDeletes& each : written) named.push_back({each.segment, delete_ref(number, each)});
    return named;
}

Result<Lsn> Engine::checkpoint_all() {
    Lsn through = UINT64_MAX;
    for (const auto& collection : catalogue_.list()) {
        if (!collection->health().ok()) continue;
        VZ_ASSIGN(const Lsn one, checkpoint(*collection));
        through = std::min(through, one);
    }
    return through == UINT64_MAX ? log_->durable() : through;
}

void Engine::clean_up() {
    Status done = retire_wals();
    if (done.ok()) done = remove_unnamed();
    if (!done.ok()) report(VZ_LOG_WARN, "checkpoint.files_left", done.error().message);
}

Status Engine::retire_wals() {
    // A WAL is needed while some collection has a record in it that no segment holds.
    Lsn needed_above = UINT64_MAX;
    for (const auto& collection : catalogue_.list()) {
        if (collection->last_lsn() > collection->through_lsn() || !collection->health().ok()) {
            needed_above = std::min(needed_above, collection->through_lsn());
        }
    }
    WalRetire retire;
    Lsn last = 0;
    log_->read_state([&](const ManifestState& state) {
        for (size_t i = 0; i + 1 < state.wals.size() && state.wals[i].last_lsn <= needed_above; ++i) {
            retire.below = state.wals[i + 1].number;
            last = state.wals[i].last_lsn;
        }
        if (retire.below == 0) return;
        for (const RequestOutcome& outcome : requests_.between(0, last)) {
            const bool known = std::any_of(state.requests.begin(), state.requests.end(), [&](const RequestOutcome& each) { return each.id == outcome.id; });
            if (!known) retire.requests.push_back(outcome);
        }
    });
    if (retire.below == 0) return {};
    return commit_physical(std::move(retire));
}

// ---- recovery ----

Status Engine::load_segments(const ManifestState& state) {
    for (const auto& [id, collection] : state.collections) {
        const std::shared_ptr<Collection> loaded = catalogue_.by_id(id);
        if (!collection.damage.empty() && !settings_.accept_loss) loaded->quarantine(collection.damage);
        for (const SegmentRef& ref : collection.segments) {
            const Status opened = load_segment(*loaded, ref);
            if (opened.ok()) continue;
            if (settings_.accept_loss) return opened.clone();
            loaded->quarantine(opened.error().message);
            report(VZ_LOG_ERROR, "collection.quarantined", "collection '" + collection.name + "': " + opened.error().message);
            break;
        }
    }
    return {};
}

Status Engine::end_quarantine() {
    VZ_TRY(checkpoint_all().take_status());
    std::vector<uint64_t> set_aside;
    log_->read_state([&](const ManifestState& state) {
        for (const auto& [id, collection] : state.collections) {
            if (!collection.damage.empty()) set_aside.push_back(id);
        }
    });
    for (const uint64_t id : set_aside) VZ_TRY(commit_physical(Quarantine{id, ""}));
    return {};
}

Status Engine::load_segment(Collection& collection, const SegmentRef& ref) {
    VZ_ASSIGN(OpenedSegment opened, open_segment(ref, *collection.schema()));
    if (settings_.accept_loss) {
        opened.ended.for_each([&](uint32_t row) { opened.part->set_ended(row, 1); });
        VZ_ASSIGN(const std::shared_ptr<Part> kept, salvage(collection, opened.part));
        if (kept == nullptr) return {};
        if (kept != opened.part) opened = {kept, Bitmap()};
    }
    collection.add_sealed(std::move(opened.part), opened.ended);
    return {};
}

Result<std::shared_ptr<Part>> Engine::salvage(Collection& collection, const std::shared_ptr<Part>& part) {
    const std::string path = segment_path(directory_, 'S', part->ref().file);
    const SealedSegment& segment = *part->sealed();
    VZ_ASSIGN(const std::vector<SealedSegment::Damage> damage, segment.find_damage(files_, [](uint64_t) { return Status(); }));
    if (damage.empty()) return part;
    uint64_t lost = 0;
    for (uint32_t row = 0; row < part->row_count(); ++row) {
        if (part->ended(row) != kAlive || segment.is_intact(row, damage)) continue;
        part->set_ended(row, 1);
        ++lost;
    }
    if (lost != 0) {
        settings_.accept_loss({VZ_CORRUPTION, collection.name(), path, damage[0].offset,
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
        VZ_ASSIGN(kept, seal(collection, *schema, live, numbers_->next_number()));
        VZ_TRY(files_.sync_directory(directory_ + "/seg"));
        edit.add.push_back(kept->ref());
    }
    VZ_TRY(commit_physical(std::move(edit)));
    return kept;
}

Result<Engine::OpenedSegment> Engine::open_segment(const SegmentRef& ref, const Schema& schema) {
    VZ_ASSIGN(std::unique_ptr<SealedSegment> segment,
              SealedSegment::open(files_, segment_path(directory_, 'S', ref.file), database_, ref.file, summary_of(ref)));
    if (settings_.verify == EngineSettings::Verify::kAtOpen) VZ_TRY(segment->verify_contents());
    OpenedSegment opened;
    if (ref.deletes) {
        const DeleteRef& from = *ref.deletes;
        const WrittenDeletes written{ref.file, from.offset, from.bytes, from.cardinality, from.highest_row, from.hash};
        VZ_ASSIGN(opened.ended,
                  read_deletes(files_, segment_path(directory_, 'D', from.file), database_, from.file, written, segment->row_count()));
    }
    opened.part = std::make_shared<Part>(std::move(segment), ref, schema);
    return opened;
}

}  // namespace vz
