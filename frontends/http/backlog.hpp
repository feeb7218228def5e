// Bytes of a connection that arrived and are not used yet. However many small requests they hold, each byte is moved
// only a few times: those in front are forgotten in bulk. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace vz::http {

class Backlog final {
 public:
    bool empty() const { return begin_ == bytes_.size(); }
    size_t size() const { return bytes_.size() - begin_; }
    size_t capacity() const { return bytes_.capacity(); }
    // Valid until the next change.
    std::string_view view() const { return std::string_view(bytes_).substr(begin_); }

    void append(std::string_view bytes) { bytes_.append(bytes); }
    // `rest`, the end of view(), is all that is still of use.
    void keep(std::string_view rest) {
        begin_ = bytes_.size() - rest.size();
        // A move is paid for by the bytes used since the last one, of which there are more.
        if (begin_ <= rest.size()) return;
        bytes_.erase(0, begin_);
        begin_ = 0;
        if (bytes_.capacity() > kKeptBytesMax) bytes_.shrink_to_fit();
    }
    void clear() { keep({}); }
    void swap(Backlog& other) noexcept {
        bytes_.swap(other.bytes_);
        std::swap(begin_, other.begin_);
    }

 private:
    // Room for input to come, however much there was.
    static constexpr size_t kKeptBytesMax = 64 * 1024;

    std::string bytes_;
    size_t begin_ = 0;  // at most half of bytes_
};

}  // namespace vz::http
