// What the engine does beside its callers' calls: linking, indexing, sealing, folding and expiring what was written.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/collection/upkeep.hpp"
#include "engine/runtime/engine.hpp"

namespace vz {
namespace {

// Between two looks at collections that were written lately.
constexpr auto kSettleLook = std::chrono::milliseconds(500);

}  // namespace

// Of collections that came whole: what makes answers faster.
void Engine::note_opened() {
    if (!settings_.background) return;
    for (const auto& collection : catalogue_.list()) {
        if (wants_linking(*collection)) linking_.add(collection);
        if (wants_indexes(*collection)) indexing_.add(collection);
        if (has_mapped_graphs(*collection)) copying_.add(collection);
    }
}

void Engine::note_altered(const std::shared_ptr<Collection>& collection) {
    if (settings_.background && wants_other_graphs(*collection)) {
        // What grows is sealed first: its graph stays as it was declared when it began.
        seal_if_large(collection, 1);
        compacting_.add(collection);
    }
    if (!wants_indexes(*collection)) return;
    if (settings_.background) {
        indexing_.add(collection);
    } else {
        refresh_indexes(*collection);
    }
}

void Engine::note_write(const std::shared_ptr<Collection>& collection) {
    collection->activity().note(settings_.now_ms());
    if (settings_.background) {
        if (wants_linking(*collection)) linking_.add(collection);
        if (wants_texts(*collection)) indexing_.add(collection);
        if (collection->has_expiry() && collection->activity().expiring.enter()) {
            const std::scoped_lock lock(maintenance_mutex_);
            expiring_.push_back(collection);
            maintenance_wakes_.notify_one();
        }
        if (collection->activity().unsettled.enter()) {
            const std::scoped_lock lock(maintenance_mutex_);
            unsettled_.push_back(collection);
            if (unsettled_.size() == 1) maintenance_wakes_.notify_one();
        }
    }
    seal_if_large(collection, settings_.growing_bytes_max);
    seal_all_if_long();
}

// Many small collections grow the log without any of them growing large.
void Engine::seal_all_if_long() {
    if (!settings_.background || log_->appended_bytes() < settings_.wal_bytes_max / 2) return;
    const std::scoped_lock lock(maintenance_mutex_);
    seal_all_ = true;
    maintenance_wakes_.notify_one();
}

// Whether the background has it in hand.
bool Engine::seal_if_large(const std::shared_ptr<Collection>& collection, uint64_t bytes_max) {
    if (!settings_.background || growing_bytes(*collection) < bytes_max) return false;
    const std::scoped_lock lock(maintenance_mutex_);
    if (std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end()) return true;
    to_seal_.push_back(collection);
    maintenance_wakes_.notify_one();
    return true;
}

Status Engine::make_room(const std::shared_ptr<Collection>& collection, const vz_write_request& request, bool blocking) {
    const vz_write_request* growing = &request;
    if (log_->has_failed()) return log_->refusal();
    while (growing != nullptr && growing->kind != VZ_UPSERT && growing->kind != VZ_UPDATE) growing = growing->next;
    if (growing != nullptr) VZ_TRY(space_.admit_growth());

    const uint64_t bytes_max = 2 * settings_.growing_bytes_max;
    if (!seal_if_large(collection, bytes_max)) return {};
    const auto in_hand = [&] { return std::find(to_seal_.begin(), to_seal_.end(), collection) != to_seal_.end(); };
    if (blocking) {
        std::unique_lock lock(maintenance_mutex_);
        const auto done = [&] { return stopping_ || !in_hand(); };
        if (request.deadline_ns == 0) {
            sealed_.wait(lock, done);
        } else {
            sealed_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(request.deadline_ns)),
                               done);
        }
    }
    if (growing_bytes(*collection) < bytes_max) return {};
    return failure(VZ_BUSY, "writes came faster than they could be sealed").reason(VZ_REASON_QUEUE);
}

Result<uint64_t> Engine::expire(const std::shared_ptr<Collection>& collection) {
    WriteCommit commit(collection);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(collection->begin_expiry(kExpiryPointsMax, commit, &in_flight));
    if (in_flight) log_->drive(commit);
    VZ_TRY(std::move(outcome));
    return commit.answer.applied;
}

// Of the collections written lately, those that went idle are sealed, and compacted when they have been idle long
// enough for the bytes.
void Engine::queue_idle() {
    std::vector<std::shared_ptr<Collection>> waiting;
    for (std::shared_ptr<Collection>& collection : unsettled_) {
        const int64_t idle_ms = collection->activity().idle_ms(settings_.now_ms());
        if (idle_ms < settings_.settle_after_ms) {
            if (collection->health().ok() && wants_compaction(*collection)) compacting_.add(collection);
            waiting.push_back(std::move(collection));
        } else if (collection->health().ok() && growing_bytes(*collection) >= kGraphBytesMin) {
            if (std::find(to_seal_.begin(), to_seal_.end(), collection) == to_seal_.end())
                to_seal_.push_back(collection);
            waiting.push_back(std::move(collection));
        } else {
            const uint64_t bytes = collection->health().ok() ? idle_compaction_bytes(*collection) : 0;
            if (bytes / (kSettleBytesPerSecond / 1000) > static_cast<uint64_t>(idle_ms)) {
                waiting.push_back(std::move(collection));
                continue;
            }
            collection->activity().unsettled.leave();
            if (bytes != 0) compacting_.add(collection);
        }
    }
    unsettled_ = std::move(waiting);
}

void Engine::run_maintenance() {
    std::unique_lock lock(maintenance_mutex_);
    while (!stopping_) {
        if (seal_all_) {
            lock.unlock();
            const uint64_t appended = log_->appended_bytes();
            const Result<Lsn> sealed = checkpoint_all();
            if (!sealed.ok()) report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            // After a failure too: the next attempt comes with the next half, not with the next write.
            log_->forget_appended(appended);
            lock.lock();
            seal_all_ = false;
            continue;
        }
        if (std::exchange(files_left_, false)) {
            lock.unlock();
            {
                const std::scoped_lock one_at_a_time(checkpoint_mutex_);
                clean_up();
            }
            lock.lock();
            continue;
        }
        if (to_seal_.empty()) {
            if (unsettled_.empty() && expiring_.empty()) {
                maintenance_wakes_.wait(lock);
            } else if (maintenance_wakes_.wait_for(lock, kSettleLook) == std::cv_status::timeout) {
                queue_idle();
                const std::vector<std::shared_ptr<Collection>> expiring = expiring_;
                lock.unlock();
                for (const auto& collection : expiring) {
                    const Result<uint64_t> expired = expire(collection);
                    if (!expired.ok())
                        report(VZ_LOG_ERROR, "expiry.failed",
                               "collection '" + collection->name() + "': " + expired.status().error().message);
                }
                lock.lock();
                // Removed as soon as nothing can expire any more; a dropped collection has nothing to read.
                std::erase_if(expiring_, [](const auto& collection) {
                    return collection->is_dropped() || !stays_expiring(*collection);
                });
            }
            continue;
        }
        const std::shared_ptr<Collection> collection = to_seal_.front();
        lock.unlock();
        const Result<Lsn> sealed = checkpoint(*collection);
        if (!sealed.ok()) {
            report(VZ_LOG_ERROR, "checkpoint.failed", sealed.status().error().message);
            collection->activity().note(settings_.now_ms());  // not again before it would settle
        }
        lock.lock();
        std::erase(to_seal_, collection);
        sealed_.notify_all();
    }
}

}  // namespace vz
