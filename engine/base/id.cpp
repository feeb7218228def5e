#include "engine/base/id.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"

namespace vz {
namespace {

int rank(IdKind kind) { return kind == IdKind::kU64 ? 0 : kind == IdKind::kUuid ? 1 : 2; }

bool parse_number(std::string_view text, uint64_t* number) {
    if (text.size() > 20 || (text[0] == '0' && text.size() > 1)) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    return error == std::errc() && end == text.data() + text.size() && text[0] != '-' && text[0] != '+';
}

constexpr bool is_hyphen_place(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

bool parse_uuid(std::string_view text, uint64_t* high, uint64_t* low) {
    if (text.size() != 36) return false;
    uint64_t halves[2] = {0, 0};
    size_t digits = 0;
    for (size_t i = 0; i < 36; ++i) {
        const char c = text[i];
        if (is_hyphen_place(i)) {
            if (c != '-') return false;
            continue;
        }
        uint64_t value = 0;
        if (c >= '0' && c <= '9') {
            value = static_cast<uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = static_cast<uint64_t>(c - 'a' + 10);
        } else {
            return false;
        }
        halves[digits / 16] = halves[digits / 16] << 4 | value;
        ++digits;
    }
    *high = halves[0];
    *low = halves[1];
    return true;
}

// The texts of 0, 1, ... in two digits each.
template <size_t kBase>
constexpr std::array<char, 2 * kBase * kBase> make_pairs() {
    std::array<char, 2 * kBase* kBase> pairs = {};
    for (size_t i = 0; i < kBase * kBase; ++i) {
        pairs[2 * i] = "0123456789abcdef"[i / kBase];
        pairs[2 * i + 1] = "0123456789abcdef"[i % kBase];
    }
    return pairs;
}
constexpr auto kDecimalPairs = make_pairs<10>();
constexpr auto kHexPairs = make_pairs<16>();

char* write_pair_before(char* end, const char* pairs, uint64_t value) {
    std::memcpy(end - 2, pairs + 2 * value, 2);
    return end - 2;
}

}  // namespace

std::strong_ordering operator<=>(const IdView& a, const IdView& b) {
    if (a.kind != b.kind) return rank(a.kind) <=> rank(b.kind);
    if (a.high != b.high) return a.high <=> b.high;
    if (a.low != b.low) return a.low <=> b.low;
    return a.text.compare(b.text) <=> 0;
}

bool is_valid_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* end = at + text.size();
    while (at < end) {
        const unsigned char lead = *at++;
        if (lead < 0x80) continue;
        const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || end - at < more) return false;
        const unsigned char second = *at;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
            (lead == 0xF4 && second > 0x8F)) {
            return false;
        }
        for (int i = 0; i < more; ++i) {
            if ((*at++ & 0xC0) != 0x80) return false;
        }
    }
    return true;
}

Result<IdView> parse_id(std::string_view text) {
    if (text.empty()) return failure(VZ_INVALID_ARGUMENT, "an id must not be empty").reason(VZ_REASON_ID);
    if (text.size() > kIdBytesMax) {
        return failure(VZ_INVALID_ARGUMENT, "an id has %zu bytes, the limit is %zu", text.size(), kIdBytesMax)
            .reason(VZ_REASON_ID)
            .expected(kIdBytesMax)
            .actual(static_cast<int64_t>(text.size()));
    }
    IdView id;
    if (parse_number(text, &id.high)) return id;
    id.high = 0;
    if (parse_uuid(text, &id.high, &id.low)) {
        id.kind = IdKind::kUuid;
        return id;
    }
    if (!is_valid_utf8(text)) return failure(VZ_INVALID_ARGUMENT, "an id must be valid UTF-8").reason(VZ_REASON_ID);
    return IdView{IdKind::kText, 0, 0, text};
}

uint64_t hash_id(const IdView& id, uint64_t seed) {
    if (id.kind == IdKind::kText) return xxh3_64(as_bytes(id.text), seed);
    std::byte bytes[17];
    bytes[0] = static_cast<std::byte>(id.kind);
    store(bytes + 1, id.high);
    store(bytes + 9, id.low);
    return xxh3_64(bytes, seed);
}

char* write_number_before(char* end, uint64_t number) {
    for (; number >= 100; number /= 100) end = write_pair_before(end, kDecimalPairs.data(), number % 100);
    if (number >= 10) return write_pair_before(end, kDecimalPairs.data(), number);
    *--end = static_cast<char>('0' + number);
    return end;
}

char* write_uuid_before(char* end, uint64_t high, uint64_t low) {
    for (int byte = 15; byte >= 0; --byte) {
        uint64_t& half = byte < 8 ? high : low;
        end = write_pair_before(end, kHexPairs.data(), half & 0xff);
        half >>= 8;
        if (byte == 10 || byte == 8 || byte == 6 || byte == 4) *--end = '-';
    }
    return end;
}

std::string id_text(const IdView& id) {
    if (id.kind == IdKind::kText) return std::string(id.text);
    char buffer[kIdNumberTextMax];
    char* const end = buffer + sizeof buffer;
    return std::string(
        id.kind == IdKind::kU64 ? write_number_before(end, id.high) : write_uuid_before(end, id.high, id.low), end);
}

}  // namespace vz
