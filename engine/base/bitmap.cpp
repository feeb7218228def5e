#include "engine/base/bitmap.hpp"

#include <roaring/roaring.h>

#include <new>
#include <utility>

namespace vz {

struct Bitmap::Set {
    Set() : roaring(roaring_bitmap_create()) {
        if (roaring == nullptr) throw std::bad_alloc();
    }
    ~Set() { roaring_bitmap_free(roaring); }
    Set(const Set&) = delete;
    Set& operator=(const Set&) = delete;

    roaring_bitmap_t* roaring;
};

Bitmap::Bitmap() : set_(std::make_unique<Set>()) {}
Bitmap::~Bitmap() = default;
Bitmap::Bitmap(Bitmap&&) noexcept = default;
Bitmap& Bitmap::operator=(Bitmap&&) noexcept = default;

void Bitmap::add(uint32_t value) { roaring_bitmap_add(set_->roaring, value); }
bool Bitmap::contains(uint32_t value) const { return roaring_bitmap_contains(set_->roaring, value); }
uint64_t Bitmap::cardinality() const { return roaring_bitmap_get_cardinality(set_->roaring); }
uint32_t Bitmap::maximum() const { return roaring_bitmap_maximum(set_->roaring); }

void Bitmap::walk(void (*visit)(uint32_t, const void*), const void* at) const {
    struct Call {
        void (*visit)(uint32_t, const void*);
        const void* at;
    } call{visit, at};
    roaring_iterate(
        set_->roaring,
        [](uint32_t value, void* context) {
            const Call* to = static_cast<const Call*>(context);
            to->visit(value, to->at);
            return true;
        },
        &call);
}

std::vector<std::byte> Bitmap::to_bytes() const {
    std::vector<std::byte> bytes(roaring_bitmap_portable_size_in_bytes(set_->roaring));
    roaring_bitmap_portable_serialize(set_->roaring, reinterpret_cast<char*>(bytes.data()));
    return bytes;
}

Result<Bitmap> Bitmap::from_bytes(std::span<const std::byte> bytes) {
    const char* data = reinterpret_cast<const char*>(bytes.data());
    if (bytes.empty() || roaring_bitmap_portable_deserialize_size(data, bytes.size()) != bytes.size()) {
        return failure(VZ_CORRUPTION, "a bitmap of %zu bytes is malformed", bytes.size());
    }
    Bitmap bitmap;
    roaring_bitmap_t* roaring = roaring_bitmap_portable_deserialize_safe(data, bytes.size());
    if (roaring == nullptr) return failure(VZ_CORRUPTION, "a bitmap of %zu bytes is malformed", bytes.size());
    roaring_bitmap_free(std::exchange(bitmap.set_->roaring, roaring));
    // This release of CRoaring does not validate: keys out of order or a false cardinality would make later lookups
    // wrong.
    uint64_t count = 0;
    uint32_t last = 0;
    bool ascending = true;
    bitmap.for_each([&](uint32_t value) {
        ascending = ascending && (count == 0 || value > last);
        last = value;
        ++count;
    });
    if (!ascending || count != bitmap.cardinality()) return failure(VZ_CORRUPTION, "a bitmap is not an ordered set");
    return bitmap;
}

}  // namespace vz
