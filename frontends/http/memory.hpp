// Memory of one request: a bump arena, the received body, the answer's body. All grow as bytes come and are reused by
// the next request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vz::http {

// Memory that lives until reset(). Not thread-safe.
class Arena final {
 public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    // NULL when memory is short. align: a power of two up to 64.
    void* take(size_t bytes, size_t align);
    // What take() would have to ask the system for; 0: there is room. For whoever has to ask before memory is taken.
    size_t block_for(size_t bytes, size_t align) const;
    std::string_view copy(std::string_view text);
    // Forgets all; the first block stays.
    void reset();

 private:
    struct Block {
        char* bytes;
        size_t size;
    };
    static void free_block(const Block& block);
    // Where take() would place it in the last block; SIZE_MAX: there is no room.
    size_t place_for(size_t bytes, size_t align) const;

    std::vector<Block> blocks_;
    size_t used_ = 0;
};

// The body of a request as received, or of an answer while it is written and sent: 64-byte aligned, with room for 64
// bytes behind it. From 256 KiB on it lives in its own mapping, which grows without a copy and goes back to the system
// at once.
class Body final {
 public:
    static constexpr size_t kSpareBytes = 64;

    Body() = default;
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;
    Body(Body&& other) noexcept;
    Body& operator=(Body&& other) noexcept;
    ~Body();

    const char* data() const { return bytes_; }
    size_t size() const { return size_; }
    size_t capacity() const { return capacity_; }
    // Room for `bytes` more. false: memory is short.
    [[nodiscard]] bool reserve_more(size_t bytes) { return grow(capacity_after(bytes)); }
    // The two halves of it, for whoever has to ask before memory is taken: what the capacity would be, and making it
    // so.
    size_t capacity_after(size_t bytes) const;
    [[nodiscard]] bool grow(size_t capacity);
    char* end() { return bytes_ + size_; }
    size_t room() const { return capacity_ - size_; }
    void grew(size_t bytes) { size_ += bytes; }
    void truncate(size_t size) { size_ = size; }
    [[nodiscard]] bool append(const char* bytes, size_t count);
    // Gives back what lies beyond the content, if it is a mapping. The content stays where it is.
    void trim();
    // Zeroes the spare bytes; call when complete.
    void seal();
    // Empty again; a mapping, and what was larger than `keep`, is given back.
    void reset(size_t keep);

 private:
    void release();

    char* bytes_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;  // without the spare bytes
    bool mapped_ = false;
};

}  // namespace vz::http
