// An array that grows without moving: chunk k holds kFirst << k items, so 26 pointers reach all rows of a segment, and
// an empty one is small.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "engine/base/arena.hpp"

namespace vz {

// Items are memory for a trivially destructible T, as it comes, 64-byte aligned, `width` of them for each index. One
// writer; any number of readers of indexes that were published to them.
template <class T>
class Chunks {
 public:
    static constexpr uint32_t kFirst = 64;
    static constexpr uint32_t kChunksMax = 26;

    explicit Chunks(size_t width = 1) : width_(width) {}
    ~Chunks() {
        for (uint32_t k = 0; k < kChunksMax && bytes_of(k) < kMappedBytes; ++k)
            // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): read without a lock
            std::free(chunks_[k].load(std::memory_order_relaxed));
    }
    Chunks(const Chunks&) = delete;
    Chunks& operator=(const Chunks&) = delete;

    // Makes indexes below `count` usable. Throws std::bad_alloc.
    void reserve(uint64_t count) {
        for (uint32_t k = 0; k < kChunksMax && first_of(k) < count; ++k) {
            if (chunks_[k].load(std::memory_order_relaxed) != nullptr) continue;
            void* memory = bytes_of(k) < kMappedBytes ? std::aligned_alloc(64, bytes_of(k)) : map(bytes_of(k));
            if (memory == nullptr) throw std::bad_alloc();
            chunks_[k].store(static_cast<T*>(memory), std::memory_order_release);
        }
    }

    T* at(uint32_t index) const {
        const uint32_t k = chunk_of(index);
        return chunks_[k].load(std::memory_order_acquire) + (index - first_of(k)) * width_;
    }

 private:
    // A heap finds no place for an aligned block where one of the same size was freed, if anything small lies beside
    // it, and grows with each segment: from here on a chunk is a mapping, which goes back with its segment.
    static constexpr size_t kMappedBytes = 128 * 1024;

    static uint32_t chunk_of(uint32_t index) { return static_cast<uint32_t>(std::bit_width(index / kFirst + 1) - 1); }
    static uint64_t first_of(uint32_t k) { return ((uint64_t{1} << k) - 1) * kFirst; }

    size_t bytes_of(uint32_t k) const { return ((size_t{kFirst} << k) * width_ * sizeof(T) + 63) / 64 * 64; }

    // Null when there is no address space.
    void* map(size_t bytes) {
        Result<Arena> memory = Arena::reserve(bytes);
        if (!memory.ok()) return nullptr;
        return mapped_.emplace_back(std::move(*memory)).data();
    }

    size_t width_;
    std::vector<Arena> mapped_;
    std::array<std::atomic<T*>, kChunksMax> chunks_ = {};
};

}  // namespace vz
