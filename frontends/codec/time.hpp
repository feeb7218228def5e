// Times of requests and answers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "vectorizer/types.h"

namespace vz::codec {

int64_t now_unix_ms();
// "2026-01-31T09:30:00.123Z".
std::string rfc3339(int64_t unix_ms);

// What a request allows itself, as its query parameter says, which was checked; without one, what all are allowed.
int64_t timeout_ms(std::span<const vz_kv> query, uint64_t otherwise);

}  // namespace vz::codec
