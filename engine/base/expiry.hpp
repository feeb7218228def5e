// When a row expires, as the log and segments hold it: a time that a write named (Unix ms), or below zero the one that
// came of the collection's TTL. An update keeps what was named; 0: never, for nobody named anything.
#pragma once

#include <cstdint>
#include <limits>

namespace vz {

inline constexpr int64_t kNeverNamed = -std::numeric_limits<int64_t>::max();  // a write named: never

constexpr int64_t named_expiry(int64_t ms) { return ms == 0 ? kNeverNamed : ms; }
constexpr int64_t expiry_of_ttl(int64_t ms) { return -ms; }
constexpr bool is_named(int64_t expiry) { return expiry > 0 || expiry == kNeverNamed; }
// 0: never.
constexpr int64_t expiry_ms(int64_t expiry) { return expiry <= kNeverNamed ? 0 : expiry < 0 ? -expiry : expiry; }

}  // namespace vz
