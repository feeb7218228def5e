#include "frontends/http/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace vz::http {
namespace {

constexpr size_t kArenaBlockBytes = 8192;
constexpr size_t kAlign = 64;
constexpr size_t kMapFromBytes = 256 * 1024;
constexpr size_t kPageBytes = 4096;

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

void Arena::free_block(const Block& block) {
    if (block.size >= kMapFromBytes) {
        munmap(block.bytes, block.size);
    } else {
        std::free(block.bytes);
    }
}

Arena::~Arena() {
    for (const auto& block : blocks_) free_block(block);
}

size_t Arena::place_for(size_t bytes, size_t align) const {
    if (blocks_.empty()) return SIZE_MAX;
    const auto at = round_up(used_, align);
    return at <= blocks_.back().size && bytes <= blocks_.back().size - at ? at : SIZE_MAX;
}

size_t Arena::block_for(size_t bytes, size_t align) const {
    if (place_for(bytes, align) != SIZE_MAX) return 0;
    if (bytes > SIZE_MAX / 2) return SIZE_MAX;
    return bytes >= kMapFromBytes ? round_up(bytes, kPageBytes) : std::max(kArenaBlockBytes, round_up(bytes, kAlign));
}

void* Arena::take(size_t bytes, size_t align) {
    if (const auto at = place_for(bytes, align); at != SIZE_MAX) {
        used_ = at + bytes;
        return blocks_.back().bytes + at;
    }
    const auto size = block_for(bytes, align);
    if (size == SIZE_MAX) return nullptr;
    // Large blocks go back to the system as soon as they are free: malloc keeps them, each thread's for itself.
    const bool mapped = size >= kMapFromBytes;
    void* block = mapped ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                         : std::aligned_alloc(kAlign, size);
    if (block == nullptr || block == MAP_FAILED) return nullptr;
    blocks_.push_back({static_cast<char*>(block), size});
    used_ = bytes;
    return block;
}

std::string_view Arena::copy(std::string_view text) {
    auto* place = static_cast<char*>(take(text.size() + 1, 1));
    if (place == nullptr) return {};
    std::memcpy(place, text.data(), text.size());
    place[text.size()] = 0;
    return {place, text.size()};
}

void Arena::reset() {
    used_ = 0;
    if (blocks_.empty()) return;
    const bool keep = blocks_.front().size == kArenaBlockBytes;
    for (size_t i = keep ? 1 : 0; i < blocks_.size(); ++i) free_block(blocks_[i]);
    blocks_.resize(keep ? 1 : 0);
}

Body::Body(Body&& other) noexcept { *this = std::move(other); }

Body& Body::operator=(Body&& other) noexcept {
    if (this == &other) return *this;
    release();
    bytes_ = std::exchange(other.bytes_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    mapped_ = std::exchange(other.mapped_, false);
    return *this;
}

Body::~Body() { release(); }

void Body::release() {
    if (mapped_) {
        munmap(bytes_, capacity_ + kSpareBytes);
    } else {
        std::free(bytes_);
    }
    bytes_ = nullptr;
    capacity_ = size_ = 0;
    mapped_ = false;
}

size_t Body::capacity_after(size_t bytes) const {
    if (bytes <= room()) return capacity_;
    if (bytes > SIZE_MAX / 4) return SIZE_MAX;
    // A mapping grows without a copy, and needs little of a head start.
    const auto ahead = mapped_ ? capacity_ + capacity_ / 4 : capacity_ * 2;
    const auto wanted = std::max({size_ + bytes, ahead, size_t{4096}}) + kSpareBytes;
    return round_up(wanted, mapped_ || wanted >= kMapFromBytes ? kPageBytes : kAlign) - kSpareBytes;
}

bool Body::grow(size_t capacity) {
    if (capacity <= capacity_) return true;
    if (capacity == SIZE_MAX) return false;
    const auto whole = capacity + kSpareBytes;
    const bool map = mapped_ || whole >= kMapFromBytes;  // one that was trimmed stays a mapping
    void* grown = mapped_ ? mremap(bytes_, capacity_ + kSpareBytes, whole, MREMAP_MAYMOVE)
                  : map   ? mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                          : std::aligned_alloc(kAlign, whole);
    if (grown == MAP_FAILED || grown == nullptr) return false;
    if (!mapped_) {
        if (size_ != 0) std::memcpy(grown, bytes_, size_);
        std::free(bytes_);
    }
    bytes_ = static_cast<char*>(grown);
    mapped_ = map;
    capacity_ = capacity;
    return true;
}

bool Body::append(const char* bytes, size_t count) {
    if (count == 0) return true;  // of no bytes there may be no place, either
    if (!reserve_more(count)) return false;
    std::memcpy(end(), bytes, count);
    size_ += count;
    return true;
}

void Body::trim() {
    const auto whole = round_up(size_ + kSpareBytes, kPageBytes);
    if (!mapped_ || whole >= capacity_ + kSpareBytes) return;
    // If the system has no way to shrink it, it stays as large as it is.
    if (mremap(bytes_, capacity_ + kSpareBytes, whole, 0) != MAP_FAILED) capacity_ = whole - kSpareBytes;
}

void Body::seal() {
    if (bytes_ != nullptr) std::memset(bytes_ + size_, 0, kSpareBytes);
}

void Body::reset(size_t keep) {
    size_ = 0;
    if (mapped_ || capacity_ > keep) release();
}

}  // namespace vz::http
