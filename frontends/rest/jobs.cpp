#include "frontends/rest/jobs.hpp"

#include <algorithm>
#include <cstring>

#include "frontends/codec/element.hpp"

namespace vz::rest {
namespace {

// Each has a worker asleep for a moment, again and again, and there may be two.
constexpr uint32_t kWaitingMax = 4;

bool is_same(const vz_uuid& left, const vz_uuid& right) { return std::memcmp(&left, &right, sizeof left) == 0; }

}  // namespace

void Jobs::begin(vz_engine* engine, const vz_uuid& collection, JobKind kind, const vz_uuid& request) {
    bool are_many = false;
    {
        const std::scoped_lock lock(mutex_);
        begun_.insert_or_assign(key_of(collection, kind), request);
        are_many = begun_.size() > many_;
    }
    if (are_many) forget_done(engine);
}

bool Jobs::is_taken(const vz_uuid& collection, JobKind kind, const vz_uuid& request, const vz_collection_stats& stats) {
    const std::scoped_lock lock(mutex_);
    if (stats.unindexed_rows == 0) {
        for (const JobKind done : {JobKind::kReindex, JobKind::kReencode}) begun_.erase(key_of(collection, done));
        return false;
    }
    const auto found = begun_.find(key_of(collection, kind));
    if (found == begun_.end()) return false;
    return is_same(request, vz_uuid{}) || !is_same(request, found->second);
}

bool Jobs::begin_waiting() {
    const std::scoped_lock lock(mutex_);
    if (waiting_ == kWaitingMax) return false;
    ++waiting_;
    return true;
}

void Jobs::end_waiting() {
    const std::scoped_lock lock(mutex_);
    --waiting_;
}

Jobs::Key Jobs::key_of(const vz_uuid& collection, JobKind kind) {
    Key key{{}, kind};
    std::memcpy(key.first.data(), collection.bytes, key.first.size());
    return key;
}

void Jobs::forget_done(vz_engine* engine) {
    std::map<Key, vz_uuid> looked_at;
    {
        const std::scoped_lock lock(mutex_);
        looked_at = begun_;
    }
    vz_result* collections = nullptr;
    vz_error error{};
    if (vz_collection_list(engine, &collections, &error) != VZ_OK) return;
    uint64_t count = 0;
    const auto* infos =
        static_cast<const vz_collection_info*>(vz_result_items(collections, VZ_RESULT_COLLECTIONS, &count));
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (info.stats == nullptr || info.stats->unindexed_rows == 0) continue;
        looked_at.erase(key_of(info.uuid, JobKind::kReindex));
        looked_at.erase(key_of(info.uuid, JobKind::kReencode));
    }
    vz_result_release(collections);
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, request] : looked_at) {
        const auto found = begun_.find(key);
        if (found != begun_.end() && is_same(found->second, request)) begun_.erase(found);
    }
    many_ = std::max(kManyMin, 2 * begun_.size());
}

}  // namespace vz::rest
