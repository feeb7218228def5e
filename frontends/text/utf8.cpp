#include "frontends/text/utf8.hpp"

namespace vz::text {

uint32_t sequence_bytes(const char* at, const char* end) {
    const auto lead = static_cast<uint8_t>(*at);
    const uint32_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || static_cast<uint64_t>(end - at) <= more) return 0;
    for (uint32_t i = 1; i <= more; ++i) {
        if ((static_cast<uint8_t>(at[i]) & 0xC0) != 0x80) return 0;
    }
    const auto second = static_cast<uint8_t>(at[1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    return overlong || outside ? 0 : more + 1;
}

bool is_utf8(std::string_view text) {
    const char* end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        if (static_cast<uint8_t>(*at) < 0x80) {
            ++at;
            continue;
        }
        const uint32_t bytes = sequence_bytes(at, end);
        if (bytes == 0) return false;
        at += bytes;
    }
    return true;
}

bool has_control(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return true;
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

}  // namespace vz::text
