// Checkpoints: growing rows become sealed files, marks become delete bitmaps, and WALs that nobody needs go. The manifest edit is the
// commit point; until then every file here is an orphan.
#include <algorithm>
#include <cstdio>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/upkeep.hpp"
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
    Edit edit;
    edit.actions.push_back(std::move(action));
    return commit_physical(std::move(edit));
}

Status Engine::commit_physical(Edit edit) {
    PhysicalEdit commit;
    commit.edit = std::move(edit);
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
    return {ref.offset, ref.bytes, ref.rows, ref.version_min, ref.version_max, ref.header_crc, ref.hash};
}

Result<Lsn> Engine::checkpoint(Collection& collection) {
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    VZ_TRY(collection.health());
    std::optional<Frozen> frozen = collection.freeze();
    if (!frozen) return collection.through_lsn();
    const Lsn through = frozen->through;
    std::vector<Frozen> all;
    all.push_back(std::move(*frozen));
    const std::shared_ptr<Collection> one = collection.shared_from_this();
    VZ_TRY(checkpoint_frozen({&one, 1}, std::move(all)));
    VZ_TRY(retire_wals());
    VZ_TRY(remove_unnamed());
    return through;
}

struct Engine::Sealing {
    Sealing(std::shared_ptr<Collection> of, Frozen taken)
        : collection(std::move(of)), frozen(std::move(taken)), live(*frozen.schema, frozen.inputs(), frozen.through) {
        edit.collection = collection->id();
        edit.through_lsn = frozen.through;
        edit.updated_ms = frozen.updated_ms;
    }

    std::shared_ptr<Collection> collection;
    Frozen frozen;
    LiveRows live;
    std::shared_ptr<Part> sealed;  // null: no row lived
    CheckpointOne edit;
};

Status Engine::checkpoint_frozen(std::span<const std::shared_ptr<Collection>> collections, std::vector<Frozen> frozen) {
    if (collections.empty()) return {};
    // Edits queue behind everything sequenced before, so this returns when all of that is durable and visible.
    VZ_TRY(commit_physical(ReserveFiles{numbers_->peek()}));

    std::vector<Sealing> sealings;
    sealings.reserve(collections.size());
    for (size_t i = 0; i < collections.size(); ++i) sealings.emplace_back(collections[i], std::move(frozen[i]));
    const BeingWritten written(*this);
    if (sealings.size() > 1) {
        VZ_TRY(seal_pack(sealings, written.number()));
    } else if (Sealing& one = sealings[0]; !one.live.sources().empty()) {
        VZ_ASSIGN(one.sealed, seal(*one.collection, *one.frozen.schema, one.live, written.number()));
    }
    Edit edit;
    Checkpoint& checkpoint = std::get<Checkpoint>(edit.actions.emplace_back(Checkpoint()));
    Status rest = seal_deletes(sealings);
    if (rest.ok() && !VZ_PLANT(segment_directory_not_synced)) rest = files_.sync_directory(directory_ + "/seg");
    if (!rest.ok()) {
        const bool has_file = std::any_of(sealings.begin(), sealings.end(), [](const Sealing& each) { return each.sealed != nullptr; });
        if (has_file) static_cast<void>(files_.unlink(segment_path(directory_, 'S', written.number())));
        return rest;
    }
    for (Sealing& each : sealings) {
        if (each.sealed != nullptr) each.edit.segments.push_back(each.sealed->ref());
        checkpoint.collections.push_back(std::move(each.edit));
    }
    for (const Sealing& each : sealings) {
        if (each.frozen.taken_along.empty()) continue;
        Replace gone;
        gone.collection = each.collection->id();
        for (const auto& part : each.frozen.taken_along) gone.remove.push_back(part->ref().file);
        edit.actions.emplace_back(std::move(gone));
    }
    VZ_TRY(commit_physical(std::move(edit)));
    for (Sealing& each : sealings) {
        each.collection->publish_sealed(each.frozen, std::move(each.sealed), each.live.sources());
        if (settings_.background && wants_compaction(*each.collection)) compacting_.add(each.collection);
        note_altered(each.collection);  // the schema may have changed meanwhile
    }
    return {};
}

namespace {

SegmentRef ref_of(uint64_t file, const SegmentSummary& summary) {
    SegmentRef ref;
    ref.file = file;
    ref.offset = summary.offset;
    ref.bytes = summary.bytes;
    ref.rows = summary.rows;
    ref.version_min = summary.version_min;
    ref.version_max = summary.version_max;
    ref.header_crc = summary.header_crc;
    ref.hash = summary.hash;
    return ref;
}

// The derived sections that rows alone decide. Borrows nothing.
class BuiltOfRows {
 public:
    BuiltOfRows(const Schema& schema, const SegmentRows& rows) : indexes_(schema, rows), counts_(schema, rows) {}
    void add_to(std::vector<SegmentRows::Derived>* derived) const {
        indexes_.add_to(derived);
        counts_.add_to(derived);
    }

 private:
    const BuiltIndexes indexes_;
    const BuiltCounts counts_;
};

SegmentIdentity identity_of(const Collection& collection, const vz_uuid& database, uint64_t number, uint64_t salt) {
    SegmentIdentity identity;
    identity.database = database;
    identity.file_number = number;
    identity.salt = salt;
    identity.collection_id = collection.id();
    identity.collection_uuid = collection.uuid();
    identity.collection_name = collection.name();
    return identity;
}

}  // namespace

Result<std::shared_ptr<Part>> Engine::seal(const Collection& collection, const Schema& schema, const LiveRows& live, uint64_t number) {
    const std::string path = segment_path(directory_, 'S', number);
    VZ_ASSIGN(const BuiltGraphs graphs, BuiltGraphs::build(schema, live, graphs_wanted_, *workers_));
    SegmentRows rows = live.rows();
    const BuiltOfRows of_rows(schema, rows);
    std::vector<SegmentRows::Derived> derived = graphs.derived();
    of_rows.add_to(&derived);
    rows.derived = derived;
    const SegmentIdentity identity = identity_of(collection, database_, number, numbers_->salt());
    Result<SegmentSummary> summary = write_segment(files_, path, identity, schema, rows);
    if (!summary.ok()) {
        // Half a file helps nobody, least of all a full disk.
        static_cast<void>(files_.unlink(path));
        return summary.take_status();
    }
    VZ_ASSIGN(std::shared_ptr<Part> part, open_sealed(schema, ref_of(number, *summary)));
    part->copy_graphs(graph_copies_);
    return part;
}

Result<std::shared_ptr<Part>> Engine::open_sealed(const Schema& schema, const SegmentRef& ref) {
    const std::string path = segment_path(directory_, 'S', ref.file);
    VZ_ASSIGN(std::shared_ptr<const Mapping> map, maps_.map(files_, path));
    VZ_ASSIGN(std::unique_ptr<SealedSegment> segment, SealedSegment::open(std::move(map), path, database_, ref.file, summary_of(ref)));
    return std::make_shared<Part>(std::move(segment), ref, schema);
}

// Small ones have no graphs.
Status Engine::seal_pack(std::span<Sealing> sealings, uint64_t number) {
    const std::string path = segment_path(directory_, 'S', number);
    const uint64_t salt = numbers_->salt();
    const auto write = [&]() -> Status {
        VZ_ASSIGN(PackWriter pack, PackWriter::create(files_, path, database_, number, salt));
        std::vector<SegmentRef> refs(sealings.size());
        for (size_t i = 0; i < sealings.size(); ++i) {
            const Sealing& each = sealings[i];
            if (each.live.sources().empty()) continue;
            const Schema& schema = *each.frozen.schema;
            SegmentRows rows = each.live.rows();
            const BuiltOfRows of_rows(schema, rows);
            std::vector<SegmentRows::Derived> derived;
            of_rows.add_to(&derived);
            rows.derived = derived;
            VZ_ASSIGN(const SegmentSummary summary, pack.add(identity_of(*each.collection, database_, number, salt), schema, rows));
            refs[i] = ref_of(number, summary);
        }
        VZ_ASSIGN(const uint32_t header_crc, pack.finish());
        for (size_t i = 0; i < sealings.size(); ++i) {
            if (refs[i].file == 0) continue;
            refs[i].header_crc = header_crc;
            VZ_ASSIGN(sealings[i].sealed, open_sealed(*sealings[i].frozen.schema, refs[i]));
            VZ_TRY(sealings[i].sealed->sealed()->verify_contents());
        }
        return {};
    };
    const bool is_empty = std::all_of(sealings.begin(), sealings.end(), [](const Sealing& each) { return each.live.sources().empty(); });
    if (is_empty) return {};
    Status written = write();
    if (!written.ok()) static_cast<void>(files_.unlink(path));
    return written;
}

// Of the parts that stay, into one file for all.
Status Engine::seal_deletes(std::span<Sealing> sealings) {
    std::vector<Bitmap> bitmaps;
    std::vector<uint64_t> segments;
    std::vector<CheckpointOne*> owners;
    for (Sealing& each : sealings) {
        const PartList& gone = each.frozen.taken_along;
        for (const auto& part : *each.frozen.parts) {
            if (part->sealed() == nullptr || std::find(gone.begin(), gone.end(), part) != gone.end()) continue;
            Bitmap ended = ended_rows(*part, each.frozen.through);
            if (ended.cardinality() == 0) continue;
            bitmaps.push_back(std::move(ended));
            segments.push_back(part->ref().file);
            owners.push_back(&each.edit);
        }
    }
    if (bitmaps.empty() || VZ_PLANT(checkpoint_forgets_marks)) return {};
    std::vector<DeleteEntry> entries;
    for (size_t i = 0; i < bitmaps.size(); ++i) entries.push_back({segments[i], &bitmaps[i]});
    VZ_ASSIGN(const std::vector<SegmentDeletes> written, write_delete_file(entries));
    for (size_t i = 0; i < written.size(); ++i) owners[i]->deletes.push_back(written[i]);
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
    std::vector<std::shared_ptr<Collection>> small;
    for (const auto& collection : catalogue_.list()) {
        if (!collection->health().ok()) continue;
        if (growing_bytes(*collection) <= kPackedBytesMax) {
            small.push_back(collection);
        } else {
            VZ_TRY(checkpoint(*collection).take_status());
        }
    }
    VZ_TRY(checkpoint_small(small));
    Lsn through = UINT64_MAX;
    for (const auto& collection : catalogue_.list()) {
        if (collection->health().ok()) through = std::min(through, collection->through_lsn());
    }
    return through == UINT64_MAX ? log_->durable() : through;
}

// As many in one file as fit, with those of older files that are hardly used any more.
Status Engine::checkpoint_small(std::span<const std::shared_ptr<Collection>> collections) {
    if (collections.size() == 1) return checkpoint(*collections[0]).take_status();
    const std::set<uint64_t> thin = thin_packs();
    const auto is_in_thin = [&](const Part& part) { return part.sealed() != nullptr && thin.contains(part.ref().file); };
    for (size_t next = 0; next < collections.size();) {
        const std::scoped_lock one_at_a_time(checkpoint_mutex_);
        std::vector<std::shared_ptr<Collection>> chosen;
        std::vector<Frozen> frozen;
        uint64_t bytes = 0;
        for (; next < collections.size() && bytes < kPackBytesMax && chosen.size() < kPackSegmentsMax; ++next) {
            const std::shared_ptr<Collection>& collection = collections[next];
            const std::shared_ptr<const PartList> parts = collection->parts();
            const bool moves = std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return is_in_thin(*part); });
            std::optional<Frozen> one = moves ? std::optional(collection->freeze_whole()) : collection->freeze();
            if (!one) continue;
            if (moves || !one->growing.empty()) one->take_along(moves ? kPackMovedBytesMax : kPackedBytesMax);
            for (const auto& part : one->growing) bytes += part->growing()->bytes();
            for (const auto& part : one->taken_along) bytes += part->mapped_bytes();
            chosen.push_back(collection);
            frozen.push_back(std::move(*one));
        }
        VZ_TRY(checkpoint_frozen(chosen, std::move(frozen)));
    }
    const std::scoped_lock one_at_a_time(checkpoint_mutex_);
    VZ_TRY(retire_wals());
    return remove_unnamed();
}

std::set<uint64_t> Engine::thin_packs() const {
    struct Use {
        std::set<uint64_t> offsets;
        uint64_t bytes = 0;
        bool is_pack = false;
    };
    std::map<uint64_t, Use> uses;
    log_->read_state([&](const ManifestState& state) {
        for_each_segment(state, [&](const SegmentRef& ref) {
            Use& use = uses[ref.file];
            if (use.offsets.insert(ref.offset).second) use.bytes += ref.bytes - (ref.offset != 0 ? kFileHeaderBytes : 0);
            use.is_pack = use.is_pack || ref.offset != 0;
        });
    });
    std::set<uint64_t> thin;
    for (const auto& [file, use] : uses) {
        if (!use.is_pack) continue;
        const auto map = maps_.map(files_, segment_path(directory_, 'S', file));
        if (map.ok() && use.bytes < (*map)->bytes().size() / 2) thin.insert(file);
    }
    return thin;
}

Result<EditOutcome> Engine::drop(std::string_view name, bool only_if_empty, const vz_uuid& request) {
    VZ_ASSIGN(const EditOutcome outcome, catalogue_.drop(name, only_if_empty, request));
    if (settings_.background) {
        const std::scoped_lock lock(maintenance_mutex_);
        files_left_ = true;
        maintenance_wakes_.notify_one();
    } else {
        const std::scoped_lock one_at_a_time(checkpoint_mutex_);
        clean_up();
    }
    return outcome;
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

Status Engine::load_segments() {
    struct Stored {
        uint64_t id;
        std::string damage;
        std::vector<SegmentRef> segments;
    };
    // Opening what is damaged edits the state.
    std::vector<Stored> stored;
    log_->read_state([&](const ManifestState& state) {
        for (const auto& [id, collection] : state.collections) {
            if (!collection.damage.empty() || !collection.segments.empty()) stored.push_back({id, collection.damage, collection.segments});
        }
    });
    for (const Stored& each : stored) {
        const std::shared_ptr<Collection> loaded = catalogue_.by_id(each.id);
        const auto set_aside = [&](const std::string& reason) {
            uint64_t points = 0;
            for (const SegmentRef& ref : each.segments) points += ref.rows - (ref.deletes ? ref.deletes->cardinality : 0);
            loaded->note_points(points);
            loaded->quarantine(reason);
        };
        for (const SegmentRef& ref : each.segments) {
            const Status opened = load_segment(*loaded, ref);
            if (opened.ok()) continue;
            if (settings_.accept_loss) return opened.clone();
            set_aside(opened.error().message);
            report(VZ_LOG_ERROR, "collection.quarantined", "collection '" + loaded->name() + "': " + opened.error().message);
            break;
        }
        if (!each.damage.empty() && !settings_.accept_loss) set_aside(each.damage);
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
    OpenedSegment opened;
    VZ_ASSIGN(opened.part, open_sealed(schema, ref));
    const SealedSegment& segment = *opened.part->sealed();
    if (settings_.verify == EngineSettings::Verify::kAtOpen) VZ_TRY(segment.verify_contents());
    if (ref.deletes) {
        const DeleteRef& from = *ref.deletes;
        const WrittenDeletes written{ref.file, from.offset, from.bytes, from.cardinality, from.highest_row, from.hash};
        VZ_ASSIGN(opened.ended,
                  read_deletes(files_, segment_path(directory_, 'D', from.file), database_, from.file, written, segment.row_count()));
    }
    return opened;
}

}  // namespace vz
