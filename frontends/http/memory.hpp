// Memory of one request: a bump arena, the received body, the answer's body. All grow as bytes come and are reused by the next request.
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
    std::string_view copy(std::string_view text);
    // Forgets all; the first block stays.
    void reset();

 private:
    struct Block {
        char* bytes;
        size_t size;
    };
    static void free_block(const Block& block);

    std::vector<Block> blocks_;
    size_t used_ = 0;
};

// The body as received: 64-byte aligned and followed by 64 zero bytes. From 256 KiB on it lives in its own mapping, which grows without a copy.
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
    [[nodiscard]] bool reserve_more(size_t bytes);
    char* end() { return bytes_ + size_; }
    size_t room() const { return capacity_ - size_; }
    void grew(size_t bytes) { size_ += bytes; }
    [[nodiscard]] bool append(const char* bytes, size_t count);
    // Zeroes the spare bytes; call when complete.
    void seal();
    // Empty again; what was larger than `keep` is given back.
    void reset(size_t keep);

 private:
    void release();

    char* bytes_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;  // without the spare bytes
    bool mapped_ = false;
};

// The answer's body while a handler writes it.
class Answer final {
 public:
    Answer() = default;
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    Answer(Answer&& other) noexcept;
    Answer& operator=(Answer&& other) noexcept;
    ~Answer();

    const char* data() const { return bytes_; }
    size_t size() const { return size_; }
    char* end() { return bytes_ + size_; }
    size_t room() const { return capacity_ - size_; }
    // Room for `bytes` more, but never more than `most` in all. false: not to be had.
    [[nodiscard]] bool reserve_more(size_t bytes, size_t most);
    void grew(size_t bytes) { size_ += bytes; }
    void truncate(size_t size) { size_ = size; }
    void append(std::string_view text);  // for our own short texts; what does not fit memory is left out
    void reset(size_t keep);

 private:
    char* bytes_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace vz::http
