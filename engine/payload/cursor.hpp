// A cursor over the bytes of JSON that was validated when it was written. It skips what nobody asks for and allocates
// nothing.
//
// Bytes that a failing disk has changed since are safe to read: no step goes beyond `end`, and nothing recurses.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace vz::json {

inline const char* skip_space(const char* at, const char* end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    return at;
}

// A string between its quotes, as it stands in the text.
struct RawString {
    std::string_view bytes;
    bool is_escaped = false;
};

// Bytes of `word` that equal `byte` have their top bit set; those above the first may have it by mistake.
inline uint64_t bytes_equal(uint64_t word, uint8_t byte) {
    constexpr uint64_t kOnes = 0x0101'0101'0101'0101u;
    const uint64_t zero = word ^ (kOnes * byte);
    return (zero - kOnes) & ~zero & (kOnes * 0x80);
}

// `at` is the opening quote. Returns the byte behind the closing one.
inline const char* read_string(const char* at, const char* end, RawString* string) {
    const char* const begin = ++at;
    string->is_escaped = false;
    while (at < end) {
        if (end - at >= 8) {
            uint64_t word = 0;
            std::memcpy(&word, at, sizeof(word));
            const uint64_t found = bytes_equal(word, '"') | bytes_equal(word, '\\');
            if (found == 0) {
                at += 8;
                continue;
            }
            at += __builtin_ctzll(found) / 8;
        }
        if (*at == '"') {
            string->bytes = {begin, static_cast<size_t>(at - begin)};
            return at + 1;
        }
        if (*at == '\\') {
            string->is_escaped = true;
            ++at;
            if (at == end) break;
        }
        ++at;
    }
    string->bytes = {begin, static_cast<size_t>(end - begin)};
    return end;
}

// The byte behind the value that begins at `at`.
inline const char* skip_value(const char* at, const char* end) {
    RawString ignored;
    uint32_t depth = 0;
    while (at < end) {
        switch (*at) {
            case '"':
                at = read_string(at, end, &ignored);
                if (depth == 0) return at;
                continue;
            case '{':
            case '[':
                ++depth;
                ++at;
                continue;
            case '}':
            case ']':
                if (depth == 0) return at;
                ++at;
                if (--depth == 0) return at;
                continue;
            case ',':
                if (depth == 0) return at;
                ++at;
                continue;
            default: ++at;
        }
    }
    return end;
}

// `at` is '{'. Calls visit(key, first byte of the value) for each member.
template <class Visit>
void for_each_member(const char* at, const char* end, Visit&& visit) {
    ++at;
    while (true) {
        at = skip_space(at, end);
        if (at < end && *at == ',') at = skip_space(at + 1, end);
        if (at >= end || *at != '"') return;
        RawString key;
        at = skip_space(read_string(at, end, &key), end);
        if (at >= end || *at != ':') return;
        at = skip_space(at + 1, end);
        if (at >= end) return;
        visit(key, at);
        at = skip_value(at, end);
    }
}

// `at` is '['. Calls visit(first byte of the value) for each element, until one call returns true: then so does this.
template <class Visit>
bool any_element(const char* at, const char* end, Visit&& visit) {
    at = skip_space(at + 1, end);
    while (at < end && *at != ']') {
        if (visit(at)) return true;
        const char* const behind = skip_space(skip_value(at, end), end);
        if (behind >= end || *behind != ',') return false;
        at = skip_space(behind + 1, end);
    }
    return false;
}

// What the string says. `space` keeps it where it is not what stands in the text.
std::string_view unescape(const RawString& string, std::string* space);

// Whether the string says `text`.
bool equals(const RawString& string, std::string_view text);

// Every integer of 64 bits and every double is one of these exactly, so they compare as numbers do.
struct Number {
    long double value = 0;
    bool is_integer = false;  // written without fraction and exponent
};

// False: what begins at `at` is no number.
bool read_number(const char* at, const char* end, Number* number);

}  // namespace vz::json
