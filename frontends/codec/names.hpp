// What requests are known by, and when they are made.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vectorizer/types.h"

namespace vz::codec {

// A new UUIDv7, 36 characters without NUL. Any thread; those of one thread ascend.
struct UuidText {
    char text[36];
    std::string_view view() const { return {text, sizeof text}; }
};
UuidText new_uuid();

// First 16 bytes of SHA-256 over the key's identity, the Idempotency-Key and the number of the sub-batch. Absent key:
// all zero.
vz_uuid request_id(vz_str key_id, vz_str idempotency_key, uint64_t part);
// Asks what a write of this request id did: a deletion that cannot take place, so that the engine answers that, or why
// nothing is deleted.
vz_write_request question_of(const vz_uuid& request_id);

// "2026-01-31T09:30:00.123Z".
std::string rfc3339(int64_t unix_ms);
int64_t now_unix_ms();

// What a request allows itself, as its query parameter says, which was checked; without one, what all are allowed.
int64_t timeout_ms(std::span<const vz_kv> query, uint64_t otherwise);

// How a search was done, VZ_PLAN_EXACT, ..., as answers and logs call it.
const char* plan_name(uint32_t plan);

inline std::string_view view(vz_str text) { return {text.data, text.size}; }
inline vz_str borrowed(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace vz::codec
