// When rows ended: superseded or deleted, by LSN. kAlive until then.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/base/lsn.hpp"

namespace vz {

// A row is visible at LSN v iff version <= v < ended. Values near the top are states that no v reaches, so readers need
// no cases.
inline constexpr Lsn kAlive = UINT64_MAX;       // ended: not ended. version: never happened (a refused batch)
inline constexpr Lsn kStaged = UINT64_MAX - 1;  // begun by a batch that has no LSN yet

// The marks of one sealed segment, in pages made at their first mark. One writer, any readers.
class Marks {
 public:
    explicit Marks(uint32_t rows)
        : page_count_((rows + kPageRows - 1) / kPageRows), pages_(new std::atomic<Page*>[page_count_]()) {}
    ~Marks() {
        for (uint32_t i = 0; i < page_count_; ++i)
            // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): read without a lock
            delete pages_[i].load(std::memory_order_relaxed);
    }
    Marks(const Marks&) = delete;
    Marks& operator=(const Marks&) = delete;

    Lsn ended(uint32_t row) const {
        const Page* page = pages_[row / kPageRows].load(std::memory_order_acquire);
        return page == nullptr ? kAlive : page->ended[row % kPageRows].load(std::memory_order_acquire);
    }

    void set(uint32_t row, Lsn lsn) {
        std::atomic<Page*>& place = pages_[row / kPageRows];
        Page* page = place.load(std::memory_order_relaxed);
        if (page == nullptr) {
            page = new Page;  // NOLINT(cppcoreguidelines-owning-memory): read without a lock, freed by the destructor
            for (auto& entry : page->ended) entry.store(kAlive, std::memory_order_relaxed);
            place.store(page, std::memory_order_release);
        }
        std::atomic<Lsn>& ended = page->ended[row % kPageRows];
        const bool was_alive = ended.load(std::memory_order_relaxed) == kAlive;
        if (was_alive != (lsn == kAlive))
            count_.store(count() + (was_alive ? 1 : UINT32_MAX), std::memory_order_release);
        ended.store(lsn, std::memory_order_release);
    }

    // Rows that have a mark. Never less than what a reader may find marked.
    uint32_t count() const { return count_.load(std::memory_order_acquire); }

    static constexpr uint32_t kPageRows = 512;

 private:
    struct Page {
        std::atomic<Lsn> ended[kPageRows];
    };
    std::atomic<uint32_t> count_{0};
    uint32_t page_count_;
    std::unique_ptr<std::atomic<Page*>[]> pages_;
};

}  // namespace vz
