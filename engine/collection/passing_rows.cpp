#include "engine/collection/passing_rows.hpp"

#include <algorithm>

namespace vz {

FilterCache::Entry& FilterCache::entry(std::string_view filter) {
    auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.filter == filter; });
    if (found == entries_.end()) {
        if (entries_.size() == kFiltersCachedMax) entries_.pop_back();
        found = entries_.insert(entries_.end(), {std::string(filter), nullptr, 0});
    }
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front();
}

std::shared_ptr<const PassingRows> FilterCache::find(std::string_view filter) const {
    if (!remembers(filter)) return nullptr;
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.filter == filter; });
    if (found == entries_.end()) return nullptr;
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().rows;
}

void FilterCache::keep(std::string_view filter, std::shared_ptr<const PassingRows> rows) {
    if (!remembers(filter)) return;
    const std::scoped_lock lock(mutex_);
    Entry& kept = entry(filter);
    if (kept.rows == nullptr || kept.rows->rows <= rows->rows) kept.rows = std::move(rows);
}

uint64_t FilterCache::note_asked(std::string_view filter, uint64_t rows) {
    if (!remembers(filter)) return rows;
    const std::scoped_lock lock(mutex_);
    Entry& kept = entry(filter);
    kept.asked += rows;
    return kept.asked;
}

uint64_t FilterCache::bytes() const {
    const std::scoped_lock lock(mutex_);
    uint64_t bytes = 0;
    for (const Entry& entry : entries_)
        bytes += entry.filter.size() + (entry.rows == nullptr ? 0 : entry.rows->words.size() * sizeof(uint64_t));
    return bytes;
}

}  // namespace vz
