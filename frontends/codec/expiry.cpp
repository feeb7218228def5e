#include "frontends/codec/expiry.hpp"

#include <charconv>

#include "frontends/codec/skim.hpp"

namespace vz::codec {
namespace {

enum class Sort : uint8_t { kNoInteger, kNoTime, kTime };

Sort read_integer(std::string_view value, int64_t& number) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc::invalid_argument || end != value.data() + value.size()) return Sort::kNoInteger;
    return error == std::errc() && number > 0 ? Sort::kTime : Sort::kNoTime;
}

// What the key says, as written; empty: it is not there.
std::string_view find_value(std::string_view payload) {
    std::string_view found;
    const bool has_escapes = payload.find('\\') != std::string_view::npos;
    if (!has_escapes && payload.find(kExpiryKey) == std::string_view::npos) return found;
    skim_members(trimmed(payload), [&](std::string_view key, std::string_view value) {
        if (key == kExpiryKey || (has_escapes && unescaped(key) == kExpiryKey)) found = value;
        return true;
    });
    return found;
}

}  // namespace

const char* refuse_expiry(std::string_view payload) {
    int64_t number = 0;
    if (read_integer(find_value(payload), number) != Sort::kNoTime) return nullptr;
    return "an integer here is a time in ms: from 1 to 9223372036854775807";
}

std::optional<int64_t> expiry_of(std::string_view payload) {
    int64_t number = 0;
    return read_integer(find_value(payload), number) == Sort::kTime ? std::optional(number) : std::nullopt;
}

std::optional<int64_t> expiry_of_patch(std::string_view patch) {
    return find_value(patch) == "null" ? 0 : expiry_of(patch);
}

}  // namespace vz::codec
