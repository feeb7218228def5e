#include "engine/payload/cursor.hpp"

#include <cfloat>
#include <charconv>
#include <cstdlib>

namespace vz::json {

static_assert(LDBL_MANT_DIG >= 64, "a long double holds every 64-bit integer");

namespace {

uint32_t hex_digits(const char* at, const char* end) {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = at + i < end ? at[i] : '0';
        value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value & 0xFFFF;
}

void append_utf8(uint32_t code, std::string* out) {
    const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18 & 7));
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

}  // namespace

std::string_view unescape(const RawString& string, std::string* space) {
    if (!string.is_escaped) return string.bytes;
    space->clear();
    const char* at = string.bytes.data();
    const char* const end = at + string.bytes.size();
    while (at < end) {
        if (*at != '\\' || at + 1 == end) {
            space->push_back(*at++);
            continue;
        }
        const char escaped = at[1];
        at += 2;
        switch (escaped) {
            case 'b': space->push_back('\b'); break;
            case 'f': space->push_back('\f'); break;
            case 'n': space->push_back('\n'); break;
            case 'r': space->push_back('\r'); break;
            case 't': space->push_back('\t'); break;
            case 'u': {
                uint32_t code = hex_digits(at, end);
                at = end - at < 4 ? end : at + 4;
                if (code >= 0xD800 && code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
                    const uint32_t low = hex_digits(at + 2, end);
                    if (low >= 0xDC00 && low < 0xE000) {
                        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                        at += 6;
                    }
                }
                append_utf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, space);
                break;
            }
            default: space->push_back(escaped);
        }
    }
    return *space;
}

bool equals(const RawString& string, std::string_view text) {
    if (!string.is_escaped) return string.bytes == text;
    // Escapes only make a text longer.
    if (string.bytes.size() < text.size()) return false;
    thread_local std::string space;
    return unescape(string, &space) == text;
}

bool read_number(const char* at, const char* end, Number* number) {
    if (at >= end || (*at != '-' && (*at < '0' || *at > '9'))) return false;
    const bool is_negative = *at == '-';
    const char* digit = at + (is_negative ? 1 : 0);
    uint64_t magnitude = 0;
    bool fits = true;
    for (; digit < end && *digit >= '0' && *digit <= '9'; ++digit) {
        fits = fits && !__builtin_mul_overflow(magnitude, 10u, &magnitude) &&
               !__builtin_add_overflow(magnitude, static_cast<uint64_t>(*digit - '0'), &magnitude);
    }
    const bool is_integer = digit == end || (*digit != '.' && (*digit | 0x20) != 'e');
    if (is_integer && fits) {
        const auto value = static_cast<long double>(magnitude);
        *number = {is_negative ? -value : value, true};
        return true;
    }
    double value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec == std::errc::invalid_argument) return false;
    // Infinite or nearly zero: from_chars does not say which.
    if (read.ec == std::errc::result_out_of_range) value = std::strtod(std::string(at, read.ptr).c_str(), nullptr);
    *number = {value, is_integer};
    return true;
}

}  // namespace vz::json
