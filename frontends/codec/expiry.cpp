#include "frontends/codec/expiry.hpp"

#include <charconv>

namespace vz::codec {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Behind the string that begins at `at`; npos: it does not end.
size_t string_end(std::string_view text, size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

enum class Sort : uint8_t { kNoInteger, kNoTime, kTime };

Sort read_integer(std::string_view text, size_t at, int64_t& number) {
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    const bool ends =
        end == text.data() + text.size() || kSpace.find(*end) != std::string_view::npos || *end == ',' || *end == '}';
    if (error == std::errc::invalid_argument || !ends) return Sort::kNoInteger;
    return error == std::errc() && number > 0 ? Sort::kTime : Sort::kNoTime;
}

std::optional<int64_t> integer_at(std::string_view text, size_t at) {
    int64_t number = 0;
    return read_integer(text, at, number) == Sort::kTime ? std::optional(number) : std::nullopt;
}

// Where the value of the key begins; npos: it is not there.
size_t find_value(std::string_view payload) {
    if (payload.find(kExpiryKey) == std::string_view::npos) return std::string_view::npos;
    size_t found = std::string_view::npos;
    uint32_t depth = 0;
    for (size_t at = 0; at < payload.size();) {
        const char c = payload[at];
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth > 0) --depth;
        if (c != '"') {
            ++at;
            continue;
        }
        const size_t end = string_end(payload, at);
        if (end == std::string_view::npos) return found;
        const std::string_view text = payload.substr(at + 1, end - at - 2);
        at = end;
        if (depth != 1 || text != kExpiryKey) continue;
        const size_t colon = payload.find_first_not_of(kSpace, end);
        if (colon == std::string_view::npos || payload[colon] != ':') continue;
        found = payload.find_first_not_of(kSpace, colon + 1);
    }
    return found;
}

}  // namespace

const char* refuse_expiry(std::string_view payload) {
    const size_t value = find_value(payload);
    int64_t number = 0;
    if (value == std::string_view::npos || read_integer(payload, value, number) != Sort::kNoTime) return nullptr;
    return "an integer here is a time in ms: from 1 to 9223372036854775807";
}

std::optional<int64_t> expiry_of(std::string_view payload) {
    const size_t value = find_value(payload);
    return value == std::string_view::npos ? std::nullopt : integer_at(payload, value);
}

std::optional<int64_t> expiry_of_patch(std::string_view patch) {
    const size_t value = find_value(patch);
    if (value == std::string_view::npos) return std::nullopt;
    return patch.substr(value).starts_with("null") ? std::optional<int64_t>(0) : integer_at(patch, value);
}

}  // namespace vz::codec
