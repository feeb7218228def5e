#include "frontends/rest/jobs.hpp"

#include <algorithm>
#include <cstring>

namespace vz::rest {
namespace {

constexpr size_t kManyMin = 16;
// Each has a worker asleep for a moment, again and again, and there may be two.
constexpr uint32_t kWaitingMax = 4;

bool is_same(const vz_uuid& left, const vz_uuid& right) { return std::memcmp(&left, &right, sizeof left) == 0; }

}  // namespace

void Jobs::begin(vz_engine* engine, const std::string& collection, JobKind kind, const vz_uuid& request) {
    bool are_many = false;
    {
        const std::scoped_lock lock(mutex_);
        begun_.insert_or_assign({collection, kind}, request);
        are_many = begun_.size() > many_;
    }
    if (are_many) forget_done(engine);
}

bool Jobs::is_taken(const std::string& collection, JobKind kind, const vz_uuid& request,
                    const vz_collection_stats& stats) {
    const std::scoped_lock lock(mutex_);
    const auto found = begun_.find({collection, kind});
    if (found == begun_.end()) return false;
    if (stats.unindexed_rows == 0) {
        begun_.erase(found);
        return false;
    }
    return is_same(request, vz_uuid{}) || !is_same(request, found->second);
}

void Jobs::forget(const std::string& collection) {
    const std::scoped_lock lock(mutex_);
    begun_.erase({collection, JobKind::kReindex});
    begun_.erase({collection, JobKind::kReencode});
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

void Jobs::forget_done(vz_engine* engine) {
    std::map<Key, vz_uuid> looked_at;
    {
        const std::scoped_lock lock(mutex_);
        looked_at = begun_;
    }
    std::erase_if(looked_at, [&](const auto& job) {
        vz_collection_stats stats{};
        stats.struct_size = sizeof stats;
        vz_error error{};
        const vz_str name{job.first.first.data(), job.first.first.size()};
        return vz_collection_stats_read(engine, name, &stats, &error) == VZ_OK && stats.unindexed_rows != 0;
    });
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, request] : looked_at) {
        const auto found = begun_.find(key);
        if (found != begun_.end() && is_same(found->second, request)) begun_.erase(found);
    }
    many_ = std::max(kManyMin, 2 * begun_.size());
}

}  // namespace vz::rest
