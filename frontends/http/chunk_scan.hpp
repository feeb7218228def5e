// What Beast lets pass in the framing of chunks and others read differently: sizes of any length, blanks before an
// extension, control characters in it.
#pragma once

#include <cstdint>
#include <string_view>

namespace vz::http {

// Looks at the bytes of one chunked body as they are consumed, in any pieces. What it does not name, Beast checks.
class ChunkScan final {
 public:
    // false: the framing has two readings; nothing of the body is to be used.
    [[nodiscard]] bool look(std::string_view bytes);

 private:
    enum class At { kSize, kExtension, kSizeEnd, kBytes, kBytesCr, kBytesLf, kTrailers };

    bool step(char c);

    At at_ = At::kSize;
    uint32_t digits_ = 0;
    uint64_t left_ = 0;  // of the chunk
};

}  // namespace vz::http
