// gzip: the door of zlib.
#pragma once

#include <cstdint>
#include <string_view>

#include "frontends/http/memory.hpp"

namespace vz::http {

enum class Inflated { kDone, kBad, kTooLarge, kNoMemory };

// Appends what the gzip members in `bytes` hold, `limit` bytes at most.
Inflated inflate_gzip(std::string_view bytes, uint64_t limit, Body& out);

// Appends `bytes` as one gzip member, fast rather than small. false: memory is short.
[[nodiscard]] bool deflate_gzip(std::string_view bytes, Body& out);

// Whether an Accept-Encoding takes gzip; "gzip;q=0" does not.
bool accepts_gzip(std::string_view accepted);

uint32_t crc_of(std::string_view bytes);

}  // namespace vz::http
