#include "engine/collection/collection.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/collection/candidates.hpp"
#include "engine/collection/sequencer.hpp"

namespace vz {

// ---- writing ----

void WriteCommit::publish() {
    staged_.wait(false, std::memory_order_acquire);
    collection_->make_visible(lsn, live_delta_, expired_);
}

void WriteCommit::finish(const Status& status) {
    if (done) done(status.ok() ? refusal_ : status);
}

void WriteCommit::tell_again(const RequestOutcome& first, const vz_write_request& request) {
    bool clears = false;
    for (const vz_write_request* part = &request; part != nullptr; part = part->next)
        clears = clears || part->kind == VZ_CLEAR;
    answer.outcome = VZ_REPLAYED;
    answer.lsn = first.applied == 0 && !clears ? 0 : first.lsn;
    answer.applied = first.applied;
    answer.created = first.created;
}

Collection::Collection(const CollectionState& state, Log& log, RequestIds& requests, Workers& workers,
                       std::function<int64_t()> now_ms, DamageSink unreadable)
    : id_(state.id),
      uuid_(state.uuid),
      created_ms_(state.created_ms),
      created_lsn_(state.created_lsn),
      log_(log),
      requests_(requests),
      workers_(workers),
      now_ms_(std::move(now_ms)),
      unreadable_(std::move(unreadable)),
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
    if (!parts->empty() && parts->front()->growing() != nullptr && parts->front()->growing()->is_for(schema))
        return *parts->front();
    auto more = std::make_shared<PartList>(*parts);
    more->insert(more->begin(), std::make_shared<Part>(schema));
    Part& part = *more->front();
    std::atomic_store(&parts_, std::shared_ptr<const PartList>(std::move(more)));
    return part;
}

Status Collection::begin_write(const vz_write_request& request, WriteCommit& commit, bool* in_flight) {
    *in_flight = false;
    VZ_TRY(health());
    Status begun = sequence(request, commit, in_flight);
    // Without the lock that it was found under.
    if (!*in_flight) VZ_TRY(check_readable(*parts()));
    return begun;
}

namespace {

// Others need not wait for it: under the lock, as far as the parts remember, only rows are asked that came meanwhile.
Status ask_filters(const PartList& parts, const CheckedBatch& batch) {
    for (const CheckedOperation& operation : batch.operations) {
        if (operation.filter == nullptr || !FilterCache::remembers(operation.filter->text())) continue;
        for (const auto& part : parts)
            VZ_TRY(find_candidates(*part, part->row_count(), *operation.filter, batch.until).take_status());
    }
    return {};
}

}  // namespace

Status Collection::sequence(const vz_write_request& request, WriteCommit& commit, bool* in_flight) {
    std::shared_ptr<const Schema> schema = this->schema();
    VZ_ASSIGN(CheckedBatch batch, check_write(request, *schema));
    const bool has_filter = std::any_of(batch.operations.begin(), batch.operations.end(),
                                        [](const CheckedOperation& each) { return each.filter != nullptr; });
    if (has_filter && !requests_.find(batch.request_id)) VZ_TRY(ask_filters(*parts(), batch));

    const std::scoped_lock lock(sequencing_);
    if (const auto altered = this->schema(); altered != schema) {
        schema = altered;
        VZ_ASSIGN(batch, check_write(request, *schema));
    }
    // What the sequencer sees may never have happened then: no answer is drawn from it.
    if (log_.has_failed()) return failure(VZ_READ_ONLY, "writes are refused since a write failed");
    if (dropped_) return failure(VZ_NOT_FOUND, "the collection was dropped").reason(VZ_REASON_COLLECTION);
    VZ_ASSIGN(const std::optional<RequestOutcome> first, requests_.first_outcome(batch.request_id, log_.durable()));
    if (first) {
        commit.tell_again(*first, request);
        return {};
    }
    Part& writable = writable_part(*schema);
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging staging(*parts, writable);
    Sequencer sequencer(*schema, writable, staging, commit, now_ms_());
    Status refusal = sequencer.run(batch);
    // Neither a refusal nor a record is drawn from rows that could not be read.
    VZ_TRY(vz::check_readable(*parts));
    if (!refusal.ok()) {
        return refuse(std::move(refusal), writable, commit, in_flight);
    }
    // Before the log has them: nothing that is durable waits to be found. Rows of a batch that fails below stay unseen
    // in the graph.
    GrowingGraphs& graphs = *writable.growing_graphs();
    if (graphs.tail_bytes(writable.row_count()) > graphs.tail_bytes_max())
        VZ_TRY(graphs.link(writable.row_count(), workers_));
    // Nothing to do is an answer only about what is durable; otherwise an empty record waits for what is on its way. It
    // keeps the request's id, too: done again later, there might be something to do.
    const bool has_id = RequestIds::is_set(batch.request_id);
    if (sequencer.is_empty() && !has_id && last_lsn() <= log_.durable()) return {};

    Batch& record = sequencer.record();
    record.request_id = batch.request_id;
    VZ_TRY(append(record, staging, commit));
    if (sequencer.is_empty()) commit.answer.lsn = 0;
    *in_flight = true;
    commit.set_staged();
    return {};
}

// A refusal is drawn from what a power cut may still take back: behind an empty record it is told when that is durable.
Status Collection::refuse(Status refusal, Part& writable, WriteCommit& commit, bool* in_flight) {
    if (last_lsn() <= log_.durable()) return refusal;
    const std::shared_ptr<const PartList> parts = std::atomic_load(&parts_);
    Staging nothing(*parts, writable);
    Batch record;
    commit.refusal_ = std::move(refusal);
    VZ_TRY(append(record, nothing, commit));
    commit.answer.lsn = 0;
    *in_flight = true;
    commit.set_staged();
    return {};
}

// Under the sequencing lock. The caller sets the commit staged when it is done with it.
Status Collection::append(Batch& record, Staging& staging, WriteCommit& commit) {
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
    const uint64_t bytes = commit.bytes.size();
    VZ_TRY(log_.append(commit));
    commit.answer.lsn = commit.lsn;
    staging.commit(commit.lsn);
    sequenced_live_ += commit.live_delta_;
    note_unsealed(commit.lsn);
    unsealed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (!record.operations.empty()) updated_ms_.store(record.written_ms, std::memory_order_relaxed);
    requests_.remember(record.request_id, commit.lsn, record.items, record.created);
    return {};
}

void Collection::make_visible(Lsn lsn, int64_t live_delta, uint64_t expired) {
    const auto show = [&] {
        live_.fetch_add(live_delta, std::memory_order_acq_rel);
        visible_.store(lsn, std::memory_order_release);
    };
    if (expired == 0) return show();
    expired_.remove(expired, show);
}

// ---- the collection itself ----

Status Collection::close_for_drop(bool only_if_empty) {
    const std::scoped_lock lock(sequencing_);
    if (only_if_empty) VZ_TRY(check_empty());
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

Result<std::unique_lock<std::mutex>> Collection::hold_empty() {
    std::unique_lock lock(sequencing_);
    VZ_TRY(check_empty());
    return lock;
}

// Under the sequencing lock.
Status Collection::check_empty() const {
    if (sequenced_live_ == 0) return {};
    return failure(VZ_CONFLICT, "the collection has points").reason(VZ_REASON_NOT_EMPTY).field("collection");
}

void Collection::set_schema(Schema schema) {
    std::atomic_store(&schema_, std::make_shared<const Schema>(std::move(schema)));
}

Collection::Unsealed Collection::unsealed() const {
    const std::scoped_lock lock(sequencing_);
    const Lsn sealed = std::max(through_lsn(), created_lsn_);
    const Lsn last = std::max(sealed, last_lsn());
    return {last == sealed ? last : std::max(sealed + 1, unsealed_from_) - 1, last};
}

void Collection::note_unsealed(Lsn lsn) {
    if (last_lsn() <= std::max(through_lsn(), created_lsn_)) unsealed_from_ = lsn;
    last_lsn_.store(lsn, std::memory_order_release);
}

std::string Collection::name() const {
    const std::scoped_lock lock(names_);
    return name_;
}

void Collection::set_name(std::string name) {
    const std::scoped_lock lock(names_);
    name_ = std::move(name);
}

Status Collection::refusal() const {
    return failure(VZ_CORRUPTION, "collection '%s' is quarantined: %s", name().c_str(), damage().c_str())
        .field("collection");
}

// ---- reading ----

Status Collection::check_readable(const PartList& parts) {
    const auto lost = std::find_if(parts.begin(), parts.end(), [](const auto& part) { return part->failed(); });
    if (lost == parts.end()) return {};
    const Status cause = vz::check_readable(parts);
    // What took its place is another file.
    if (!serves(**lost)) return cause.clone();
    if (quarantine(cause.error().message) && unreadable_) unreadable_(shared_from_this());
    return refusal();
}

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
            const bool may_expire =
                std::any_of(parts->begin(), parts->end(), [](const auto& part) { return part->has_expiry(); });
            return {std::move(parts), visible, may_expire ? now_ms_() : 0};
        }
        parts = std::move(again);
    }
}

}  // namespace vz
