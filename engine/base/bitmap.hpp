// A compressed set of row numbers: the door of CRoaring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/base/status.hpp"

namespace vz {

// Movable; a moved-from bitmap may only be destroyed or assigned to. Const members from any thread, others from one.
class Bitmap {
 public:
    Bitmap();
    ~Bitmap();
    Bitmap(Bitmap&&) noexcept;
    Bitmap& operator=(Bitmap&&) noexcept;

    void add(uint32_t value);
    bool contains(uint32_t value) const;
    uint64_t cardinality() const;
    // 0 of an empty set.
    uint32_t maximum() const;

    // Calls visit(uint32_t) for each value, ascending. The set must not change meanwhile.
    template <class Visit>
    void for_each(Visit&& visit) const {
        using Callable = std::remove_reference_t<Visit>;
        Callable* callable = std::addressof(visit);
        walk([](uint32_t value, const void* at) { (**static_cast<Callable* const*>(at))(value); }, &callable);
    }

    // The portable format of Roaring, little-endian.
    std::vector<std::byte> to_bytes() const;
    // Exactly what to_bytes gave. Reads nothing beyond the bytes; VZ_CORRUPTION for anything that is not a well-formed
    // set.
    static Result<Bitmap> from_bytes(std::span<const std::byte> bytes);

 private:
    struct Set;
    void walk(void (*visit)(uint32_t, const void*), const void* at) const;

    std::unique_ptr<Set> set_;
};

}  // namespace vz
