#include "frontends/json/base64.hpp"

#include <array>
#include <cstring>

namespace vz::json {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xFF;

constexpr std::array<uint8_t, 256> decode_table() {
    std::array<uint8_t, 256> table{};
    for (uint8_t& entry : table) entry = kNone;
    for (uint8_t i = 0; i < 64; ++i) table[static_cast<uint8_t>(kAlphabet[i])] = i;
    table[static_cast<uint8_t>('-')] = 62;
    table[static_cast<uint8_t>('_')] = 63;
    return table;
}
constexpr std::array<uint8_t, 256> kDecode = decode_table();

std::string_view without_padding(std::string_view text) {
    if (text.size() % 4 == 0) {
        for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    }
    return text;
}

}  // namespace

void base64_encode(const void* bytes, uint64_t size, char* out) {
    const auto* in = static_cast<const uint8_t*>(bytes);
    for (; size >= 3; size -= 3, in += 3, out += 4) {
        const uint32_t group = uint32_t{in[0]} << 16 | uint32_t{in[1]} << 8 | in[2];
        out[0] = kAlphabet[group >> 18];
        out[1] = kAlphabet[group >> 12 & 63];
        out[2] = kAlphabet[group >> 6 & 63];
        out[3] = kAlphabet[group & 63];
    }
    if (size == 0) return;
    const uint32_t group = uint32_t{in[0]} << 16 | (size == 2 ? uint32_t{in[1]} << 8 : 0);
    out[0] = kAlphabet[group >> 18];
    out[1] = kAlphabet[group >> 12 & 63];
    out[2] = size == 2 ? kAlphabet[group >> 6 & 63] : '=';
    out[3] = '=';
}

uint64_t base64_decoded_size(std::string_view text) {
    const uint64_t size = without_padding(text).size();
    if (size % 4 == 1) return UINT64_MAX;
    return size / 4 * 3 + (size % 4 == 0 ? 0 : size % 4 - 1);
}

bool base64_decode(std::string_view text, void* out) {
    text = without_padding(text);
    auto* to = static_cast<uint8_t*>(out);
    const auto* in = reinterpret_cast<const uint8_t*>(text.data());
    uint64_t size = text.size();
    uint8_t bad = 0;
    for (; size >= 4; size -= 4, in += 4, to += 3) {
        const uint8_t a = kDecode[in[0]], b = kDecode[in[1]], c = kDecode[in[2]], d = kDecode[in[3]];
        bad = static_cast<uint8_t>(bad | a | b | c | d);
        const uint32_t group = uint32_t{a} << 18 | uint32_t{b} << 12 | uint32_t{c} << 6 | d;
        to[0] = static_cast<uint8_t>(group >> 16);
        to[1] = static_cast<uint8_t>(group >> 8);
        to[2] = static_cast<uint8_t>(group);
    }
    if ((bad & 0xC0) != 0) return false;
    if (size == 0) return true;
    if (size == 1) return false;
    const uint8_t a = kDecode[in[0]], b = kDecode[in[1]], c = size == 3 ? kDecode[in[2]] : uint8_t{0};
    if (((a | b | c) & 0xC0) != 0) return false;
    to[0] = static_cast<uint8_t>(a << 2 | b >> 4);
    if (size == 2) return (b & 15) == 0;
    to[1] = static_cast<uint8_t>(b << 4 | c >> 2);
    return (c & 3) == 0;
}

}  // namespace vz::json
