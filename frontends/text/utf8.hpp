// UTF-8 as RFC 3629 has it.
#pragma once

#include <cstdint>
#include <string_view>

namespace vz::text {

// Bytes of the sequence at `at`, whose lead is not ASCII; 0: it is none.
uint32_t sequence_bytes(const char* at, const char* end);
bool is_utf8(std::string_view text);
// C0, DEL or C1.
bool has_control(std::string_view text);

}  // namespace vz::text
