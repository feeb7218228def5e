// base64 as RFC 4648 has it: written padded in the standard alphabet, read padded or not, in the standard or the URL
// alphabet.
#pragma once

#include <cstdint>
#include <string_view>

namespace vz::json {

inline uint64_t base64_size(uint64_t bytes) { return (bytes + 2) / 3 * 4; }
// Writes base64_size(size) characters.
void base64_encode(const void* bytes, uint64_t size, char* out);
// How many bytes the text stands for; UINT64_MAX if its length or padding cannot be.
uint64_t base64_decoded_size(std::string_view text);
// Writes base64_decoded_size(text) bytes; false: a character that is not of either alphabet, or stray bits at the end.
bool base64_decode(std::string_view text, void* out);

}  // namespace vz::json
