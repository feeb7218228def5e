// Anonymous memory of fixed address: reserved once, page aligned, zero until written; a large one is 2 MiB aligned and
// asked for in huge pages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/status.hpp"

namespace vz {

class Arena {
 public:
    // Reserves address space only; pages come with the first write. VZ_OUT_OF_MEMORY.
    static Result<Arena> reserve(uint64_t bytes);

    Arena(Arena&& other) noexcept;
    Arena& operator=(Arena&& other) noexcept;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    std::byte* data() { return data_; }
    const std::byte* data() const { return data_; }
    uint64_t bytes() const { return bytes_; }

 private:
    Arena(std::byte* data, uint64_t bytes) : data_(data), bytes_(bytes) {}

    std::byte* data_ = nullptr;
    uint64_t bytes_ = 0;
};

}  // namespace vz
