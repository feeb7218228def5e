// Point ids. A text of 1 to 256 bytes; canonical decimal u64 and canonical UUIDs (lower case, hyphens) are kept as
// numbers, so "42" and the number 42 are one id, and each comes back as the same text. Order: numbers by value, UUIDs,
// texts by bytes.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.hpp"

namespace vz {

enum class IdKind : uint8_t { kText = VZ_ID_TEXT, kU64 = VZ_ID_U64, kUuid = VZ_ID_UUID };

// A value for numbers and UUIDs; of a text it borrows the bytes.
struct IdView {
    IdKind kind = IdKind::kU64;
    uint64_t high = 0;      // number, or the first 8 bytes of the UUID as a big-endian number
    uint64_t low = 0;       // last 8 bytes of the UUID
    std::string_view text;  // of kText only

    friend bool operator==(const IdView& a, const IdView& b) {
        return a.kind == b.kind && a.high == b.high && a.low == b.low && a.text == b.text;
    }
    friend std::strong_ordering operator<=>(const IdView& a, const IdView& b);
};

inline constexpr size_t kIdBytesMax = VZ_ID_BYTES_MAX;
inline constexpr size_t kIdNumberTextMax = 36;
inline constexpr uint32_t kNoRow = UINT32_MAX;  // of rows found by id: there is none

// VZ_INVALID_ARGUMENT with VZ_REASON_ID: empty, too long, or not UTF-8.
Result<IdView> parse_id(std::string_view text);

// Hash over kind and canonical bytes.
uint64_t hash_id(const IdView& id, uint64_t seed);

// The text of a number, or of a UUID, written so that it ends at `end` (kIdNumberTextMax bytes of room before it); its
// begin.
char* write_number_before(char* end, uint64_t number);
char* write_uuid_before(char* end, uint64_t high, uint64_t low);
std::string id_text(const IdView& id);

bool is_valid_utf8(std::string_view text);

}  // namespace vz
