#include "engine/collection/request_ids.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

RequestId key_of(const vz_uuid& id) {
    RequestId key;
    std::memcpy(key.data(), id.bytes, key.size());
    return key;
}

}  // namespace

size_t RequestIds::Hash::operator()(const RequestId& id) const { return xxh3_64(std::as_bytes(std::span(id))); }

bool RequestIds::is_set(const vz_uuid& id) {
    return std::any_of(std::begin(id.bytes), std::end(id.bytes), [](uint8_t byte) { return byte != 0; });
}

std::optional<RequestOutcome> RequestIds::find(const vz_uuid& id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = outcomes_.find(key_of(id));
    if (found == outcomes_.end()) return std::nullopt;
    return found->second;
}

Result<std::optional<RequestOutcome>> RequestIds::first_outcome(const vz_uuid& id, Lsn durable) const {
    std::optional<RequestOutcome> first;
    if (is_set(id)) first = find(id);
    if (first && first->lsn > durable)
        return failure(VZ_BUSY, "a request of this id is still in flight").field("request_id").reason(VZ_REASON_QUEUE);
    return first;
}

void RequestIds::remember(const vz_uuid& id, Lsn lsn, uint32_t applied, uint32_t created) noexcept {
    if (!is_set(id)) return;
    const std::scoped_lock lock(mutex_);
    const RequestId key = key_of(id);
    if (!outcomes_.emplace(key, RequestOutcome{key, lsn, applied, created}).second) return;
    // Recovery tells those of the manifest before those of older records.
    const std::pair<Lsn, RequestId> entry(lsn, key);
    const bool is_last = order_.empty() || order_.back().first <= lsn;
    order_.insert(is_last ? order_.end() : std::upper_bound(order_.begin(), order_.end(), entry), entry);
    if (order_.size() > kRequestIdsMax) {
        outcomes_.erase(order_.front().second);
        order_.pop_front();
    }
}

std::vector<RequestOutcome> RequestIds::between(Lsn begin, Lsn end) const {
    const std::scoped_lock lock(mutex_);
    std::vector<RequestOutcome> found;
    for (auto at = std::lower_bound(order_.begin(), order_.end(), std::pair(begin, RequestId()));
         at != order_.end() && at->first <= end; ++at)
        found.push_back(outcomes_.at(at->second));
    return found;
}

}  // namespace vz
