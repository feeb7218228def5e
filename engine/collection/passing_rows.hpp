// The rows of one part that pass a filter, as a bitset: what payloads say, not what is visible. Payloads of a part
// never change, so it is kept.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/limits.hpp"

namespace vz {

// Immutable once it is shared.
struct PassingRows {
    uint32_t rows = 0;  // those that were asked; a growing part may have more by now
    uint64_t count = 0;
    std::vector<uint64_t> words;

    bool contains(uint32_t row) const { return (words[row / 64] >> (row % 64) & 1) != 0; }
    void add(uint32_t row) { words[row / 64] |= uint64_t{1} << (row % 64); }

    // visit(row), ascending.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (size_t i = 0; i < words.size(); ++i) {
            for (uint64_t word = words[i]; word != 0; word &= word - 1)
                visit(static_cast<uint32_t>(i * 64) + static_cast<uint32_t>(std::countr_zero(word)));
        }
    }
};

// What the filters of the latest requests found in one part. Any thread.
class FilterCache {
 public:
    static bool remembers(std::string_view filter) { return filter.size() <= kFilterCachedBytesMax; }
    // Null: not known. For a growing part it may lack the newest rows.
    std::shared_ptr<const PassingRows> find(std::string_view filter) const;
    void keep(std::string_view filter, std::shared_ptr<const PassingRows> rows);
    // Notes that a request asked so many rows one by one. Returns how many all did: what a filter cost tells whether it
    // is worth a bitset.
    uint64_t note_asked(std::string_view filter, uint64_t rows);
    uint64_t bytes() const;

 private:
    struct Entry {
        std::string filter;
        std::shared_ptr<const PassingRows> rows;
        uint64_t asked = 0;
    };
    Entry& entry(std::string_view filter);

    mutable std::mutex mutex_;
    mutable std::vector<Entry> entries_;  // latest first
};

}  // namespace vz
