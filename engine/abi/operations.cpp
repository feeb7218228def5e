// Asynchronous operations.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/abi/cancellation.hpp"
#include "engine/abi/own_time.hpp"
#include "engine/abi/points.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/upkeep.hpp"

namespace vz {
namespace {

// opaque[0] of an op: where it is; opaque[1]: the next one in the queue, which so takes no memory; opaque[2]: of a
// search, when it was submitted. All of opaque is zero while the op is the caller's.
enum OpState : uint64_t { kIdle = 0, kQueued = 1, kRunning = 2, kCancelled = Interruption::kCancelled };

std::atomic_ref<uint64_t> state_of(vz_op* op) { return std::atomic_ref<uint64_t>(op->opaque[0]); }

vz_op* next_of(const vz_op* op) {
    return reinterpret_cast<vz_op*>(op->opaque[1]);  // NOLINT(performance-no-int-to-ptr): put there as one
}

uint64_t now_ns() {
    return static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

// How long a search has waited; once.
uint64_t take_queue_ns(vz_op* op) {
    const uint64_t submitted = std::exchange(op->opaque[2], 0);
    return submitted == 0 ? 0 : now_ns() - submitted;
}

// What leaves it in another way than by returning, as by the end of its thread, ends the process.
void call(vz_done_fn done, vz_op* op) noexcept {
    const CompletionScope scope;
    done(op);
}

Status cancelled() { return failure(VZ_CANCELLED, "the operation was cancelled"); }

// Operations that only read, and look now and then whether they should go on.
bool may_stop_early(uint32_t kind) {
    return kind == VZ_OP_SEARCH || kind == VZ_OP_GET || kind == VZ_OP_SCAN || kind == VZ_OP_COUNT;
}

bool is_clean(vz_op* op) {
    return state_of(op).load() == kIdle &&
           std::all_of(std::begin(op->opaque) + 1, std::end(op->opaque), [](uint64_t word) { return word == 0; });
}

// An asynchronous write keeps itself alive until its fate is known.
struct OwnedWrite {
    explicit OwnedWrite(const std::shared_ptr<Collection>& collection) : kept(collection), commit(collection) {}
    std::shared_ptr<Collection> kept;
    WriteCommit commit;
};

}  // namespace

Operations::Operations(vz_engine& engine, uint32_t workers) : engine_(engine) {
    for (uint32_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    ingest_thread_ = std::thread([this] { ingest(); });
}

Operations::~Operations() {
    {
        const std::scoped_lock lock(ingest_mutex_);
        ingest_stopping_ = true;
    }
    ingest_wakes_.notify_all();
    ingest_thread_.join();
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

Status Operations::submit(vz_op* const* ops, uint32_t count) {
    if (count != 0 && ops == nullptr) return misuse("the ops are NULL");
    if (in_flight_.fetch_add(count) + count > kCommitQueueItemsMax) {
        give_up(ops, 0, count);
        return failure(VZ_BUSY, "too many operations are in flight").reason(VZ_REASON_QUEUE);
    }
    if (is_closing_.load()) {
        give_up(ops, 0, count);
        return misuse("an operation is submitted while the engine is being closed");
    }
    for (uint32_t i = 0; i < count; ++i) {
        Status taken = take(ops[i]);
        if (!taken.ok()) {
            give_up(ops, i, count);
            return taken;
        }
    }
    for (uint32_t i = 0; i < count; ++i) {
        ops[i]->status = VZ_OK;
        if (ops[i]->kind == VZ_OP_SEARCH) ops[i]->opaque[2] = now_ns();
        if (ops[i]->kind == VZ_OP_WRITE) {
            submit_write(ops[i]);
        } else {
            push(ops[i]);
        }
    }
    return {};
}

// Marks an op as the engine's. One that comes twice in a call is found marked.
Status Operations::take(vz_op* op) {
    if (op == nullptr) return misuse("an op is NULL");
    vz_op known;
    VZ_TRY(take_in(op, &known));
    if (op->done == nullptr) return misuse("an op has no done");
    if (!is_clean(op)) return misuse("an op is in flight, comes twice, or its opaque part is not zero");
    if (op->kind < VZ_OP_COLLECTION_CREATE || op->kind > VZ_OP_RESTORE)
        return failure(VZ_UNSUPPORTED, "there is no such kind of op").field("kind");
    if (op->flags != 0) return failure(VZ_UNSUPPORTED, "a flag of an op is not known").field("flags");
    state_of(op).store(kQueued);
    return {};
}

void Operations::give_up(vz_op* const* ops, uint32_t taken, uint32_t count) {
    for (uint32_t i = 0; i < taken; ++i) state_of(ops[i]).store(kIdle);
    leave(count);
}

void Operations::push(vz_op* op) {
    {
        const std::scoped_lock lock(mutex_);
        if (first_ == nullptr) {
            first_ = op;
        } else {
            last_->opaque[1] = reinterpret_cast<uintptr_t>(op);
        }
        last_ = op;
    }
    wakes_.notify_one();
}

// Under the mutex, with one in the queue.
vz_op* Operations::pop() {
    vz_op* const op = first_;
    first_ = next_of(op);
    op->opaque[1] = 0;
    return op;
}

namespace {

// Points that will need a row.
uint64_t points_of(const vz_write_request* request) {
    uint64_t points = 0;
    for (; request != nullptr; request = request->next) {
        if (request->kind == VZ_UPSERT || request->kind == VZ_UPDATE) points += request->count;
    }
    return points;
}

// Finding the points takes time.
bool has_filter(const vz_write_request* request) {
    for (; request != nullptr; request = request->next) {
        if (request->filter.data != nullptr) return true;
    }
    return false;
}

}  // namespace

// Writes of one collection enter the log in submission order: here, if that takes no time, else on the ingest thread
// behind the others that are there. What does not enter is completed by a worker: done never runs inside submit().
void Operations::submit_write(vz_op* op) {
    uint64_t expected = kQueued;
    if (!state_of(op).compare_exchange_strong(expected, kRunning)) {
        vz_error error = {};
        const vz_status status = guard(&error, [] { return cancelled(); });
        return refuse(op, status, error);
    }
    const auto* request = static_cast<const vz_write_request*>(op->request);
    auto* const answer = static_cast<vz_write_answer*>(op->answer);
    std::shared_ptr<Collection> target;
    bool is_known = false;
    vz_error error = {};
    const vz_status status = guard(&error, [&]() -> Status {
        VZ_TRY(check_write_structs(request, answer));
        VZ_ASSIGN(is_known, answer_again(&engine_, request, answer));
        if (is_known) return {};
        VZ_ASSIGN(target, engine_.engine->catalogue().resolve(view(op->collection)));
        return Interruption{request->deadline_ns, nullptr}.check();
    });
    if (status != VZ_OK || is_known) return refuse(op, status, error);
    bool waits = false;
    const vz_status queued = guard(&error, [&]() -> Status {
        const bool is_quick = !has_filter(request) && has_room(*target, points_of(request)) &&
                              engine_.engine->maintenance().make_room(target, *request, IfFull::kRefuse).ok();
        waits = queue_behind_others(op, target, is_quick);
        return {};
    });
    if (queued != VZ_OK) return refuse(op, queued, error);
    if (!waits) begin_write(op, target, IfFull::kRefuse);
}

// Whether the ingest thread begins the write.
bool Operations::queue_behind_others(vz_op* op, const std::shared_ptr<Collection>& target, bool is_quick) {
    const std::scoped_lock lock(ingest_mutex_);
    const auto others = ingest_waiting_.find(target->id());
    if (others == ingest_waiting_.end() && is_quick) return false;
    uint32_t& waiting = others != ingest_waiting_.end() ? others->second : ingest_waiting_[target->id()];
    ingest_.push_back({op, target});
    ++waiting;
    ingest_wakes_.notify_one();
    return true;
}

void Operations::begin_write(vz_op* op, const std::shared_ptr<Collection>& target, IfFull then) {
    const auto* request = static_cast<const vz_write_request*>(op->request);
    std::unique_ptr<OwnedWrite> owned;
    bool in_flight = false;
    vz_error error = {};
    const vz_status status = guard(&error, [&]() -> Status {
        owned = std::make_unique<OwnedWrite>(target);
        OwnedWrite* write = owned.get();
        write->commit.is_driven = false;
        write->commit.done = [this, op, write](const Status& outcome) {
            const std::unique_ptr<OwnedWrite> last(write);
            engine_.engine->maintenance().note_write(write->kept);
            Status told = outcome.clone();
            if (told.ok())
                told = answer_write(write->commit.answer, write->commit.item_errors,
                                    *static_cast<const vz_write_request*>(op->request),
                                    static_cast<vz_write_answer*>(op->answer));
            if (!told.ok()) note_failure(&engine_, told.code(), told.error().message);
            complete(op, told);
        };
        VZ_TRY(engine_.engine->maintenance().make_room(target, *request, then));
        VZ_TRY(Interruption{request->deadline_ns, nullptr}.check());
        VZ_TRY(target->begin_write(*request, write->commit, &in_flight));
        if (in_flight) {
            static_cast<void>(owned.release());
            return {};
        }
        return answer_write(write->commit.answer, write->commit.item_errors, *request,
                            static_cast<vz_write_answer*>(op->answer));
    });
    if (!in_flight) refuse(op, status, error);
}

void Operations::refuse(vz_op* op, vz_status status, const vz_error& error) {
    {
        const CallerScope scope(reinterpret_cast<const void*>(op->done));
        note_failure(&engine_, status, error.message);
    }
    op->status = status;
    if (status != VZ_OK && op->error != nullptr) *op->error = error;
    push(op);
}

// Writes that link rows first, or wait for sealing: what takes time has a thread of its own, so that searches keep
// theirs.
void Operations::ingest() {
    std::unique_lock lock(ingest_mutex_);
    for (;;) {
        ingest_wakes_.wait(lock, [this] { return ingest_stopping_ || !ingest_.empty(); });
        if (ingest_.empty()) return;
        const IngestWrite write = std::move(ingest_.front());
        ingest_.pop_front();
        lock.unlock();
        begin_write(write.op, write.target, IfFull::kWait);
        lock.lock();
        const auto waiting = ingest_waiting_.find(write.target->id());
        if (--waiting->second == 0) ingest_waiting_.erase(waiting);
    }
}

void Operations::complete(vz_op* op, const Status& status) {
    op->status = status.write_to(op->error);
    state_of(op).store(kIdle);  // somebody may be about to cancel it
    const OwnTime own_time;
    const auto done = op->done;  // the op may be gone when it returns
    const Outstanding::Mark mark = engine_.completions.enter(reinterpret_cast<const void*>(done));
    call(done, op);
    engine_.completions.leave(mark);
    note_completion(&engine_, reinterpret_cast<const void*>(done), own_time.ms());
    leave(1);
}

// drain() returns when the last one has left, and all this may be freed then: the last one is not out before it lets go
// of the lock.
void Operations::leave(uint32_t count) {
    for (uint64_t now = in_flight_.load(); now > count;) {
        if (in_flight_.compare_exchange_weak(now, now - count)) return;
    }
    const std::scoped_lock lock(mutex_);
    in_flight_.fetch_sub(count);
    drained_.notify_all();
}

void Operations::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wakes_.wait(lock, [this] { return stopping_ || first_ != nullptr; });
        if (first_ == nullptr) return;
        vz_op* const op = pop();
        lock.unlock();
        run(op);
        lock.lock();
    }
}

vz_status Operations::perform(vz_op* op, uint64_t queue_ns, vz_error* error) {
    const CallerScope scope(reinterpret_cast<const void*>(op->done));
    const CancellableScope cancellable(&op->opaque[0], queue_ns);
    vz_engine* engine = &engine_;
    auto* change = static_cast<vz_change*>(op->answer);
    auto** result = static_cast<vz_result**>(op->answer);
    switch (op->kind) {
        case VZ_OP_COLLECTION_CREATE:
            return vz_collection_create(engine, op->collection, static_cast<const vz_schema*>(op->request), change,
                                        error);
        case VZ_OP_COLLECTION_DROP: return vz_collection_drop(engine, op->collection, change, error);
        case VZ_OP_COLLECTION_RENAME:
            return vz_collection_rename(engine, op->collection, static_cast<const vz_rename_request*>(op->request),
                                        change, error);
        case VZ_OP_COLLECTION_ALTER:
            return vz_collection_alter(engine, op->collection, static_cast<const vz_alter_request*>(op->request),
                                       change, error);
        case VZ_OP_ALIAS_APPLY:
            return vz_alias_apply(engine, static_cast<const vz_alias_request*>(op->request), change, error);
        case VZ_OP_PERSISTENCE_READ: return vz_persistence_read(engine, op->collection, result, error);
        case VZ_OP_VALUE_PUT:
            return vz_value_put(engine, static_cast<const vz_value_request*>(op->request), change, error);
        case VZ_OP_SEARCH:
            return vz_search(engine, op->collection, static_cast<const vz_search_request*>(op->request), result, error);
        case VZ_OP_GET:
            return vz_get(engine, op->collection, static_cast<const vz_get_request*>(op->request), result, error);
        case VZ_OP_SCAN:
            return vz_scan(engine, op->collection, static_cast<const vz_scan_request*>(op->request), result, error);
        case VZ_OP_COUNT:
            return vz_count(engine, op->collection, static_cast<const vz_count_request*>(op->request),
                            static_cast<uint64_t*>(op->answer), error);
        case VZ_OP_CHECKPOINT: return vz_checkpoint(engine, op->collection, static_cast<uint64_t*>(op->answer), error);
        case VZ_OP_VERIFY:
            return vz_verify(engine, op->collection, static_cast<const vz_verify_request*>(op->request), result, error);
        case VZ_OP_SNAPSHOT_CREATE:
            return vz_snapshot_create(engine, static_cast<const vz_snapshot_request*>(op->request), result, error);
        case VZ_OP_SNAPSHOT_DROP: return vz_snapshot_drop(engine, op->collection, change, error);
        case VZ_OP_ARCHIVE_EXPORT:
            return vz_archive_export(engine, static_cast<const vz_archive_request*>(op->request), error);
        default: return vz_restore(engine, static_cast<const vz_restore_request*>(op->request), change, error);
    }
}

void Operations::run(vz_op* op) {
    if (op->kind == VZ_OP_WRITE) {
        vz_error error = {};
        if (op->error != nullptr) error = *op->error;
        error.status = op->status;
        complete(op, op->status == VZ_OK ? Status() : Status(error));
        return;
    }
    const uint64_t queue_ns = take_queue_ns(op);
    uint64_t expected = kQueued;
    if (!state_of(op).compare_exchange_strong(expected, kRunning)) {
        complete(op, cancelled());
        return;
    }
    vz_error error = {};
    const vz_status status = perform(op, queue_ns, &error);
    expected = kRunning;
    if (!state_of(op).compare_exchange_strong(expected, kIdle)) {
        // Its end was promised to be that, however far it came.
        if (status == VZ_OK && op->kind != VZ_OP_COUNT)
            vz_result_release(std::exchange(*static_cast<vz_result**>(op->answer), nullptr));
        return complete(op, cancelled());
    }
    complete(op, status == VZ_OK ? Status() : Status(error));
}

Status Operations::cancel(vz_op* op) {
    if (op == nullptr) return misuse("the op is NULL");
    uint64_t expected = kQueued;
    if (state_of(op).compare_exchange_strong(expected, kCancelled)) return {};
    if (expected == kRunning && may_stop_early(op->kind) && state_of(op).compare_exchange_strong(expected, kCancelled))
        return {};
    if (expected == kCancelled) return {};
    return failure(VZ_BUSY, "the operation is running already");
}

void Operations::drain() {
    is_closing_.store(true);
    std::unique_lock lock(mutex_);
    const auto is_drained = [this] { return in_flight_.load() == 0; };
    while (!drained_.wait_for(lock, std::chrono::milliseconds(kHangingLookMs), is_drained)) {
        lock.unlock();
        for (const auto& [code, count] : engine_.completions.makers_of_old()) note_hanging(&engine_, code);
        lock.lock();
    }
}

}  // namespace vz

extern "C" {

VZ_API vz_status vz_submit(vz_engine* engine, vz_op* const* ops, uint32_t count) VZ_NOEXCEPT {
    return vz::guard_engine_anywhere(engine, nullptr, [&] { return engine->operations->submit(ops, count); });
}

VZ_API vz_status vz_cancel(vz_engine* engine, vz_op* op) VZ_NOEXCEPT {
    return vz::guard_engine_anywhere(engine, nullptr, [&] { return engine->operations->cancel(op); });
}

}  // extern "C"
