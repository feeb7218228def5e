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
        for (auto& chunk : chunks_)
            // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): read without a lock
            std::free(chunk.load(std::memory_order_relaxed));
    }
    Chunks(const Chunks&) = delete;
    Chunks& operator=(const Chunks&) = delete;

    // Makes indexes below `count` usable. Throws std::bad_alloc.
    void reserve(uint64_t count) {
        for (uint32_t k = 0; k < kChunksMax && first_of(k) < count; ++k) {
            if (chunks_[k].load(std::memory_order_relaxed) != nullptr) continue;
            const size_t bytes = (size_t{kFirst} << k) * width_ * sizeof(T);
            void* memory = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
            if (memory == nullptr) throw std::bad_alloc();
            chunks_[k].store(static_cast<T*>(memory), std::memory_order_release);
        }
    }

    T* at(uint32_t index) const {
        const uint32_t k = chunk_of(index);
        return chunks_[k].load(std::memory_order_acquire) + (index - first_of(k)) * width_;
    }

 private:
    static uint32_t chunk_of(uint32_t index) { return static_cast<uint32_t>(std::bit_width(index / kFirst + 1) - 1); }
    static uint64_t first_of(uint32_t k) { return ((uint64_t{1} << k) - 1) * kFirst; }

    size_t width_;
    std::array<std::atomic<T*>, kChunksMax> chunks_ = {};
};

}  // namespace vz
