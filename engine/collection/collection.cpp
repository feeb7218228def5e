#include "engine/collection/collection.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/base/plant.hpp"
#include "engine/collection/compaction.hpp"
#include "engine/collection/sequencer.hpp"

namespace vz {
// ---- writing ----

void WriteCommit::publish() {
    staged_.wait(false, std::memory_order_acquire);
    collection_->make_visible(lsn, live_delta_);
}

void WriteCommit::finish(const Status& status) {
    if (done) done(status.ok() ? refusal_ : status);
}

Collection::Collection(const CollectionState& state, Log& log, RequestIds& requests, Workers& workers, std::function<int64_t()> now_ms)
    : id_(state.id),
      uuid_(state.uuid),
      created_ms_(state.created_ms),
      created_lsn_(state.created_lsn),
      log_(log),
      requests_(requests),
      workers_(workers),
      now_ms_(std::move(now_ms)),
      name_(state.name),
      schema_(std::make_shared<const Schema>(state.schema)),
      parts_(std::make_shared<const PartList>()) {
    visible_.store(state.through_lsn, std::memory_order_relaxed);
    last_lsn_.store(std::max(state.through_lsn, state.created_lsn), std::memory_order_relaxed);
    through_lsn_.store(state.through_lsn, std::memory_order_relaxed);
    updated_ms_.store(state.updated_ms, std::memory_order_relaxed);
}

Part& Collection::writable_part(const Schema& schema) {
    const auto parts = std::atomic_load(&parts_);
    if (!parts->empty() && parts->front()->growing() != nullptr && parts->front()->growing()->is_for(schema)) return *parts->front();
    auto more = std::make_shared<PartList>(*parts);
    more->insert(more->begin(), std::make_shared<Part>(schema));
    Part& part = *more->front();
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(more)));
    return part;
}

Status Collection::begin_write(const vz_write_request& request, WriteCommit& commit, bool blocking, bool* in_flight) {
    *in_flight = false;
    VZ_TRY(health());
    std::shared_ptr<const Schema> schema = this->schema();
    VZ_ASSIGN(CheckedBatch batch, check_write(request, *schema));

    const std::scoped_lock lock(sequencing_);
    if (const auto altered = this->schema(); altered != schema) {
        schema = altered;
        VZ_ASSIGN(batch, check_write(request, *schema));
    }
    // What the sequencer sees may never have happened then: no answer is drawn from it.
    if (log_.has_failed()) return failure(VZ_READ_ONLY, "writes are refused since a write failed");
    if (dropped_) return failure(VZ_NOT_FOUND, "the collection was dropped").reason(VZ_REASON_COLLECTION);
    if (const auto first = requests_.find(batch.request_id); first && RequestIds::is_set(batch.request_id)) {
        if (first->lsn > log_.durable()) return failure(VZ_BUSY, "a request of this id is still in flight").reason(VZ_REASON_QUEUE);
        commit.answer.outcome = VZ_REPLAYED;
        commit.answer.lsn = first->lsn;
        commit.answer.applied = first->applied;
        commit.answer.created = first->created;
        return {};
    }
    Part& writable = writable_part(*schema);
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    Sequencer sequencer(*schema, writable, staging, commit, now_ms_());
    if (Status refusal = sequencer.run(batch); !refusal.ok()) {
        return refuse(std::move(refusal), writable, commit, blocking, in_flight);
    }
    // Before the log has them: nothing that is durable waits to be found. Rows of a batch that fails below stay unseen in the graph.
    GrowingGraphs& graphs = *writable.growing_graphs();
    if (graphs.tail_bytes(writable.row_count()) > graphs.tail_bytes_max()) VZ_TRY(graphs.link(writable.row_count(), workers_));
    // Nothing to do is an answer only about what is durable; otherwise an empty record waits for what is on its way.
    if (sequencer.is_empty() && last_lsn() <= log_.durable()) return {};

    Batch& record = sequencer.record();
    record.request_id = batch.request_id;
    VZ_TRY(append(record, staging, commit, blocking));
    if (sequencer.is_empty()) commit.answer.lsn = 0;
    *in_flight = true;
    commit.set_staged();
    return {};
}

// A refusal is drawn from what a power cut may still take back: behind an empty record it is told when that is durable.
Status Collection::refuse(Status refusal, Part& writable, WriteCommit& commit, bool blocking, bool* in_flight) {
    if (last_lsn() <= log_.durable()) return refusal;
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging nothing(*parts, writable);
    Batch record;
    commit.refusal_ = std::move(refusal);
    VZ_TRY(append(record, nothing, commit, blocking));
    commit.answer.lsn = 0;
    *in_flight = true;
    commit.set_staged();
    return {};
}

// Under the sequencing lock. The caller sets the commit staged when it is done with it.
Status Collection::append(Batch& record, Staging& staging, WriteCommit& commit, bool blocking) {
    record.collection = id_;
    record.written_ms = now_ms_();
    drop_absent_columns(record);
    commit.bytes = encode_record(record);
    if (commit.bytes.size() > kRecordBytesMax) {
        return failure(VZ_LIMIT_EXCEEDED, "the batch has %zu bytes as logged, the limit is %llu", commit.bytes.size(),
                       static_cast<unsigned long long>(kRecordBytesMax))
            .field("record_bytes_max")
            .expected(kRecordBytesMax)
            .actual(static_cast<int64_t>(commit.bytes.size()));
    }
    commit.live_delta_ = staging.live_delta();
    commit.answer.applied = record.items;
    commit.answer.created = record.created;
    VZ_TRY(log_.append(commit, blocking));
    commit.answer.lsn = commit.lsn;
    staging.commit(commit.lsn);
    sequenced_live_ += commit.live_delta_;
    last_lsn_.store(commit.lsn, std::memory_order_release);
    if (!record.operations.empty()) updated_ms_.store(record.written_ms, std::memory_order_relaxed);
    requests_.remember(record.request_id, commit.lsn, record.items, record.created);
    return {};
}

// ---- expiry ----

bool Collection::has_expiry() const {
    const auto parts = std::atomic_load(&parts_);
    return std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_expiry(); });
}

Status Collection::begin_expiry(uint32_t points_max, WriteCommit& commit, bool* in_flight) {
    *in_flight = false;
    VZ_TRY(health());
    const int64_t now = now_ms_();
    if (now < next_expiry_ms_) return {};
    // Found without the lock; looked at again under it, for a point may have been written anew.
    std::vector<RowRef> found;
    int64_t next = INT64_MAX;
    const ReadView view = pin();
    for (const auto& part : *view.parts) {
        if (!part->has_expiry()) continue;
        const uint32_t rows = part->row_count();
        for (uint32_t row = 0; row < rows; ++row) {
            const int64_t at = part->expires_ms(row);
            if (at == 0 || !part->is_visible(row, view.visible)) continue;
            if (at > now) {
                next = std::min(next, at);
            } else if (found.size() < points_max) {
                found.push_back({part.get(), row});
            }
        }
    }
    // Points that are written from now on are seen by the look after the next one at the latest.
    next_expiry_ms_ = found.size() == points_max ? 0 : std::min(next, now + kExpiryLookMs);
    if (found.empty()) return {};

    const std::scoped_lock lock(sequencing_);
    if (log_.has_failed() || dropped_) return {};
    const std::shared_ptr<const Schema> schema = this->schema();
    Part& writable = writable_part(*schema);
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    Batch record;
    BatchOperation& expired = record.operations.emplace_back();
    expired.kind = OperationKind::kDelete;
    expired.reason = kDeletedByExpiry;
    for (const RowRef& row : found) {
        // Compaction may have moved it: what counts is the point.
        const RowRef latest = staging.find(row.part->id(row.row));
        if (latest.part == nullptr || !latest.part->has_expired(latest.row, now)) continue;
        expired.ids.push_back(latest.part->id(latest.row));
        expired.base_versions.push_back(staging.base_version(latest));
        staging.erase(latest);
        ++record.items;
    }
    if (expired.ids.empty()) return {};
    VZ_TRY(append(record, staging, commit, true));
    *in_flight = true;
    commit.set_staged();
    return {};
}

Status Collection::replay(const Batch& batch, Lsn lsn, const LossSink& lost) {
    if (!VZ_PLANT(request_id_forgotten)) requests_.remember(batch.request_id, lsn, batch.items, batch.created);
    if (lsn <= through_lsn()) return {};
    const std::shared_ptr<const Schema> schema = this->schema();
    Part& writable = writable_part(*schema);
    const auto& fields = writable.growing()->fields();
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    const auto misfit = [&](const char* what) {
        Status status = failure(VZ_CORRUPTION, "record %llu of collection '%s' %s", static_cast<unsigned long long>(lsn), name().c_str(), what);
        if (!lost) return status;
        lost(status.error().message);
        return Status();
    };
    for (const BatchOperation& operation : batch.operations) {
        if (operation.kind == OperationKind::kClear) staging.clear();
        for (size_t i = 0; i < operation.ids.size(); ++i) {
            if (VZ_PLANT(batch_applied_in_part) && i != 0) break;
            const RowRef old = staging.find(operation.ids[i]);
            const bool has_base = !operation.base_versions.empty();
            // Where something was lost, what a record deletes or writes anew need not be there any more.
            if (!lost && has_base && (old.part == nullptr || staging.base_version(old) != operation.base_versions[i])) {
                return misfit("does not meet the version it was made for");
            }
            if (operation.kind == OperationKind::kDelete) {
                if (old.part != nullptr) staging.erase(old);
                continue;
            }
            RowImage image;
            image.vectors.resize(fields.size());
            bool fits = true;
            for (const BatchVectors& vectors : operation.vectors) {
                for (size_t j = 0; j < fields.size(); ++j) {
                    if (fields[j].id != vectors.field_id) continue;
                    fits = fits && fields[j].dim == vectors.dim;
                    image.vectors[j] = vectors.rows[i];
                }
            }
            if (!fits) {
                VZ_TRY(misfit("has vectors of another dimension"));
                continue;
            }
            image.row.id = operation.ids[i];
            if (!operation.payloads.empty()) image.row.payload = operation.payloads[i];
            const bool is_patch = operation.kind == OperationKind::kPatch;
            image.row.expires_ms = !operation.expires.empty() ? operation.expires[i] : is_patch ? kExpiryUnchanged : 0;
            if (is_patch && old.part == nullptr) {
                VZ_TRY(misfit("patches a point that does not exist"));
                continue;
            }
            if (is_patch) fill_from(old, fields, &image);
            image.row.vectors = image.vectors.data();
            staging.upsert(image.row, old);
        }
    }
    staging.commit(lsn);
    sequenced_live_ += staging.live_delta();
    last_lsn_.store(lsn, std::memory_order_relaxed);
    if (!batch.operations.empty()) updated_ms_.store(batch.written_ms, std::memory_order_relaxed);
    make_visible(lsn, staging.live_delta());
    return {};
}

namespace {

Part* growing_part(const PartList& parts) { return !parts.empty() && parts.front()->growing() != nullptr ? parts.front().get() : nullptr; }

}  // namespace

bool Collection::has_room(uint64_t points) const {
    const auto parts = std::atomic_load(&parts_);
    Part* part = growing_part(*parts);
    uint64_t widest = 0;
    for (const VectorFieldSchema& field : schema()->fields) widest = std::max(widest, scan_bytes(field));
    const uint64_t more = points * widest;
    if (part == nullptr) return more <= std::max(kTailBytesMax, kTailRowsMin * widest);
    return part->growing_graphs()->tail_bytes(part->row_count()) + more <= part->growing_graphs()->tail_bytes_max();
}

bool Collection::wants_linking() const {
    const auto parts = std::atomic_load(&parts_);
    Part* part = growing_part(*parts);
    if (part == nullptr) return false;
    const GrowingGraphs& graphs = *part->growing_graphs();
    return graphs.tail_bytes(part->row_count()) > graphs.tail_bytes_max() / 2 || (parts->size() == 1 && graphs.wants_calibration());
}

Status Collection::link_tail() {
    const auto parts = std::atomic_load(&parts_);
    Part* part = growing_part(*parts);
    if (part == nullptr) return {};
    VZ_TRY(part->growing_graphs()->link(part->row_count(), workers_));
    const bool has_sealed = parts->size() > 1;
    // What was measured on sealed rows serves the growing ones too.
    if (!has_sealed) part->growing_graphs()->calibrate(workers_);
    return {};
}

bool Collection::wants_indexes() const {
    const auto parts = std::atomic_load(&parts_);
    const std::shared_ptr<const Schema> schema = this->schema();
    return std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return part->wants_indexes(*schema); });
}

bool Collection::wants_texts() const {
    const std::shared_ptr<const Schema> schema = this->schema();
    if (schema->field_indexes.empty()) return false;
    const auto parts = std::atomic_load(&parts_);
    const Part* part = growing_part(*parts);
    return part != nullptr && part->wants_indexes(*schema);
}

void Collection::refresh_indexes() {
    const auto parts = std::atomic_load(&parts_);
    for (const auto& part : *parts) part->refresh_indexes(*schema());
}

bool Collection::has_mapped_graphs() const {
    const auto parts = std::atomic_load(&parts_);
    return std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_mapped_graphs(); });
}

void Collection::copy_graphs(MemoryBudget& budget) {
    const auto parts = std::atomic_load(&parts_);
    for (const auto& part : *parts) part->copy_graphs(budget);
}

void Collection::make_visible(Lsn lsn, int64_t live_delta) {
    live_.fetch_add(live_delta, std::memory_order_acq_rel);
    visible_.store(lsn, std::memory_order_release);
}

// ---- the collection itself ----

Status Collection::close_for_drop() {
    const std::scoped_lock lock(sequencing_);
    if (dropped_) return failure(VZ_NOT_FOUND, "the collection was dropped").reason(VZ_REASON_COLLECTION);
    dropped_ = true;
    return {};
}

void Collection::reopen() {
    const std::scoped_lock lock(sequencing_);
    dropped_ = false;
}

bool Collection::is_dropped() const {
    const std::scoped_lock lock(sequencing_);
    return dropped_;
}

bool Collection::has_points_or_writes() const {
    const std::scoped_lock lock(sequencing_);
    return sequenced_live_ != 0;
}

void Collection::set_schema(Schema schema) { std::atomic_store(&schema_, std::make_shared<const Schema>(std::move(schema))); }

std::string Collection::name() const {
    const std::scoped_lock lock(names_);
    return name_;
}

void Collection::set_name(std::string name) {
    const std::scoped_lock lock(names_);
    name_ = std::move(name);
}

// ---- sealing ----

std::optional<Frozen> Collection::freeze() {
    const std::scoped_lock lock(sequencing_);
    return is_sealed() ? std::nullopt : std::optional(freeze_locked());
}

Frozen Collection::freeze_whole() {
    const std::scoped_lock lock(sequencing_);
    return freeze_locked();
}

std::vector<std::optional<Frozen>> Collection::freeze_together(std::span<const std::shared_ptr<Collection>> collections) {
    // The one place where several of these locks are held: in the order of ids, under the mutex of checkpoints.
    std::vector<std::shared_ptr<Collection>> in_order(collections.begin(), collections.end());
    std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) { return a->id() < b->id(); });
    std::vector<std::unique_lock<std::mutex>> locks;
    for (const auto& collection : in_order) locks.emplace_back(collection->sequencing_);
    std::vector<std::optional<Frozen>> frozen;
    for (const auto& collection : collections) frozen.push_back(collection->is_sealed() ? std::nullopt : std::optional(collection->freeze_locked()));
    return frozen;
}

Frozen Collection::freeze_locked() {
    Frozen frozen;
    frozen.through = last_lsn();
    frozen.updated_ms = updated_ms_.load(std::memory_order_relaxed);
    frozen.schema = schema();
    frozen.parts = std::atomic_load(&parts_);
    for (const auto& part : *frozen.parts) {
        if (part->growing() != nullptr && part->row_count() != 0) frozen.growing.push_back(part);
    }
    // One that is empty takes what comes.
    if (frozen.growing.empty() || frozen.parts->front()->row_count() == 0) return frozen;
    auto more = std::make_shared<PartList>(*frozen.parts);
    more->insert(more->begin(), std::make_shared<Part>(*frozen.schema));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(more)));
    return frozen;
}

namespace {

// Ends that came while a segment was written.
void carry_ends(Part& part, const std::vector<RowRef>& sources) {
    for (uint32_t row = 0; row < sources.size(); ++row) {
        const Lsn ended = sources[row].part->ended(sources[row].row);
        if (ended != kAlive) part.set_ended(row, ended);
    }
}

}  // namespace

void Collection::publish_sealed(const Frozen& frozen, std::shared_ptr<Part> part, const std::vector<RowRef>& sources) {
    const std::scoped_lock lock(sequencing_);
    if (part != nullptr) carry_ends(*part, sources);
    auto parts = std::make_shared<PartList>();
    const PartList inputs = frozen.inputs();
    for (const auto& each : *std::atomic_load(&parts_)) {
        if (std::find(inputs.begin(), inputs.end(), each) == inputs.end()) parts->push_back(each);
    }
    const auto oldest_growing = std::find_if(parts->begin(), parts->end(), [](const auto& each) { return each->sealed() != nullptr; });
    if (part != nullptr) parts->insert(oldest_growing, std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
    through_lsn_.store(frozen.through, std::memory_order_release);
}

void Collection::publish_compacted(const PartList& inputs, std::shared_ptr<Part> part, const std::vector<RowRef>& sources) {
    const std::scoped_lock lock(sequencing_);
    if (part != nullptr) carry_ends(*part, sources);
    auto parts = std::make_shared<PartList>(*std::atomic_load(&parts_));
    std::erase_if(*parts, [&](const auto& each) { return std::find(inputs.begin(), inputs.end(), each) != inputs.end(); });
    if (part != nullptr) parts->push_back(std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
}

bool Collection::is_in_pieces() const {
    const auto parts = std::atomic_load(&parts_);
    return !choose_inputs(*schema(), *parts, true).empty() || growing_bytes() >= kGraphBytesMin;
}

bool Collection::wants_compaction() const { return !choose_inputs(*schema(), *std::atomic_load(&parts_), false).empty(); }

bool Collection::wants_other_graphs() const {
    const std::shared_ptr<const Schema> schema = this->schema();
    const auto parts = std::atomic_load(&parts_);
    const auto differs = [&](const Part& part) {
        return std::any_of(schema->fields.begin(), schema->fields.end(), [&](const VectorFieldSchema& field) { return !part.graph_is_as_declared(field); });
    };
    return std::any_of(parts->begin(), parts->end(), [&](const auto& part) { return part->row_count() != 0 && differs(*part); });
}

uint64_t Collection::idle_compaction_bytes() const { return vz::idle_compaction_bytes(*schema(), *std::atomic_load(&parts_)); }

void Collection::add_sealed(std::shared_ptr<Part> part, const Bitmap& ended) {
    // A row that the manifest's bitmap names ended before everything that can be read.
    ended.for_each([&](uint32_t row) { part->set_ended(row, 1); });
    const auto live = static_cast<int64_t>(part->row_count() - ended.cardinality());
    sequenced_live_ += live;
    live_.fetch_add(live);
    auto parts = std::make_shared<PartList>(*std::atomic_load(&parts_));
    parts->insert(parts->begin(), std::move(part));
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(parts)));
}

Status Collection::refusal() const {
    return failure(VZ_CORRUPTION, "collection '%s' is quarantined: %s", name().c_str(), damage().c_str())
        .field("collection");
}

uint64_t Collection::growing_bytes() const {
    const auto parts = std::atomic_load(&parts_);
    uint64_t bytes = 0;
    for (const auto& part : *parts) bytes += part->growing() != nullptr ? part->memory_bytes() : 0;
    return bytes;
}

// ---- reading ----

bool Collection::serves(const Part& part) const {
    const auto parts = std::atomic_load(&parts_);
    return std::any_of(parts->begin(), parts->end(), [&](const auto& each) { return each.get() == &part; });
}

ReadView Collection::pin() const {
    // Parts that were current both before and after the LSN was read hold every row up to it.
    auto parts = std::atomic_load(&parts_);
    for (;;) {
        const Lsn visible = visible_.load(std::memory_order_acquire);
        auto again = std::atomic_load(&parts_);
        if (again == parts) {
            const bool may_expire = std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_expiry(); });
            return {std::move(parts), visible, may_expire ? now_ms_() : 0};
        }
        parts = std::move(again);
    }
}

void Collection::fill_stats(vz_collection_stats* stats) const {
    const auto parts = std::atomic_load(&parts_);
    stats->points = points();
    uint64_t rows = 0;
    for (const auto& part : *parts) {
        rows += part->row_count();
        if (part->growing() != nullptr) stats->growing_rows += part->row_count();
        if (part->sealed() != nullptr) ++stats->sealed_segments;
        stats->memory_bytes += part->memory_bytes() + (part->growing() != nullptr ? part->index_bytes() : 0);
        stats->index_bytes += part->index_bytes();
        stats->unindexed_rows += unindexed_rows(*schema(), *part);
        stats->mapped_bytes += part->mapped_bytes();
        stats->disk_bytes += part->mapped_bytes();
        stats->payload_bytes += part->payload_bytes();
    }
    if (!damage().empty()) stats->state = VZ_STATE_QUARANTINED;
    stats->deleted_rows = rows > stats->points ? rows - stats->points : 0;
    stats->last_lsn = last_lsn();
    stats->checkpoint_lsn = through_lsn();
    stats->updated_ms = updated_ms_.load(std::memory_order_relaxed);
}

}  // namespace vz
