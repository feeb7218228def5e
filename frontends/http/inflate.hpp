// gzip, one way: the door of zlib.
#pragma once

#include <cstdint>
#include <string_view>

#include "frontends/http/memory.hpp"

namespace vz::http {

enum class Inflated { kDone, kBad, kTooLarge, kNoMemory };

// Appends what the gzip members in `bytes` hold, `limit` bytes at most.
Inflated inflate_gzip(std::string_view bytes, uint64_t limit, Body& out);

uint32_t crc_of(std::string_view bytes);

}  // namespace vz::http
