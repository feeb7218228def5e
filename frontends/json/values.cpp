// Reader: single values, and vectors, which are the bulk of what arrives.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "frontends/json/base64.hpp"
#include "frontends/json/number.hpp"
#include "frontends/json/ondemand.hpp"

namespace vz::json {

bool Reader::string(Value value, std::string_view& out) {
    const std::string_view token = token_of(value);
    if (token.empty() || token.front() != '"') return wrong_type(value, "a string");
    const std::string_view inside = token.substr(1);
    const auto special = inside.find_first_of("\"\\");
    if (special == inside.size() - 1 && inside.back() == '"') {
        out = inside.substr(0, special);
        return true;
    }
    std::string_view unescaped;
    if (special == std::string_view::npos || inside[special] == '"' ||
        opened(value).get_string().get(unescaped) != simdjson::SUCCESS) {
        return damaged();
    }
    out = arena_.copy(unescaped);
    return out.data() != nullptr || out_of_memory();
}

bool Reader::boolean(Value value, bool& out) {
    const std::string_view token = token_of(value);
    if (token != "true" && token != "false") return wrong_type(value, "true or false");
    out = token == "true";
    return true;
}

bool Reader::number_token(Value value, std::string_view& token) {
    if (kind(value) != Kind::kNumber) return wrong_type(value, "a number");
    token = token_of(value);
    return number_kind(token) != NumberKind::kNone || damaged();
}

bool Reader::integer(Value value, int64_t least, int64_t most, int64_t& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    if (number_kind(token) != NumberKind::kInteger) return mistake("must be an integer");
    int64_t number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error != std::errc{} || number < least || number > most) {
        return mistake("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    out = number;
    return true;
}

bool Reader::unsigned_integer(Value value, uint64_t least, uint64_t most, uint64_t& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    if (number_kind(token) != NumberKind::kInteger) return mistake("must be an integer");
    if (token == "-0") token = "0";
    uint64_t number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error != std::errc{} || number < least || number > most) {
        return mistake("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    out = number;
    return true;
}

bool Reader::number(Value value, double& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    out = parse_double(token);
    return std::isfinite(out) || mistake("the number is too large");
}

bool Reader::float32(Value value, float& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    out = parse_float(token);
    return std::isfinite(out) || mistake("the number is not finite as float32");
}

// Summed in bytes first: compilers turn that into vector instructions, and do not for std::count.
static uint64_t commas_in(std::string_view text) {
    constexpr size_t kByteSumMax = 255;
    uint64_t count = 0;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, kByteSumMax);
        uint8_t commas = 0;
        for (const char c : part) commas = static_cast<uint8_t>(commas + (c == ',' ? 1 : 0));
        count += commas;
        text.remove_prefix(part.size());
    }
    return count;
}

bool Reader::grow(Floats& floats, uint64_t more) {
    if (floats.capacity - floats.count >= more) return true;
    // A number is followed by a comma or ends its array, so this is enough for all numbers of the text.
    if (float_estimate_ == UINT64_MAX) float_estimate_ = commas_in(text_) + 1;
    const uint64_t capacity =
        std::max({floats.data == nullptr ? float_estimate_ : floats.capacity * 2, floats.count + more, uint64_t{16}});
    auto* data = static_cast<float*>(arena_.take(arena_.owner, capacity * sizeof(float), 64));
    if (data == nullptr) return out_of_memory();
    if (floats.count != 0) std::memcpy(data, floats.data, floats.count * sizeof(float));
    floats.data = data;
    floats.capacity = capacity;
    return true;
}

bool Reader::floats(Value value, Floats& floats, uint64_t& count) {
    switch (kind(value)) {
        case Kind::kString: return floats_of_text(value, floats, count);
        case Kind::kArray: return floats_of_array(value, floats, count);
        default: return wrong_type(value, "an array of numbers or a base64 string");
    }
}

bool Reader::floats_of_text(Value value, Floats& floats, uint64_t& count) {
    std::string_view text;
    if (!string(value, text)) return false;
    const uint64_t bytes = base64_decoded_size(text);
    if (bytes == UINT64_MAX || bytes % sizeof(float) != 0) return mistake("is not base64 of float32 values");
    if (bytes == 0) return mistake("must not be empty");
    count = bytes / sizeof(float);
    if (!grow(floats, count)) return false;
    float* row = floats.data + floats.count;
    if (!base64_decode(text, row)) return mistake("is not base64 of float32 values");
    for (uint64_t i = 0; i < count; ++i) {
        if (!std::isfinite(row[i])) return mistake("element " + std::to_string(i) + " is not finite");
    }
    floats.count += count;
    return true;
}

// Numbers, commas and blanks up to the bracket are read where they stand: to have simdjson hand over each number takes
// longer. It then passes over the array, unless there is anything else in it. The text is an object: behind the last
// number there is a bracket at least.
bool Reader::floats_of_array(Value value, Floats& floats, uint64_t& count) {
    const char* at = behind_blanks(token_of(value).data() + 1);
    if (*at == ']') return mistake("must not be empty");
    count = 0;
    for (;;) {
        if (floats.count + count == floats.capacity) {
            // What stands beyond floats.count is part of this row and must move along.
            floats.count += count;
            const bool grown = grow(floats, 1);
            floats.count -= count;
            if (!grown) return false;
        }
        float& number = floats.data[floats.count + count];
        const char* end = read_small_whole(at, number);
        if (end == nullptr) end = read_float(at, number);
        if (end == nullptr) return no_floats(value);
        ++count;
        end = behind_blanks(end);
        if (*end == ']') break;
        if (*end != ',') return no_floats(value);
        at = behind_blanks(end + 1);
    }
    floats.count += count;
    return true;
}

// Says why it is no such array.
bool Reader::no_floats(Value value) {
    const bool are_floats = array(value, [&](uint64_t, Value element) {
        float number = 0;
        return float32(element, number);
    });
    return are_floats && damaged();
}

bool Reader::id(Value value, std::string_view& out) {
    switch (kind(value)) {
        case Kind::kString: return string(value, out);
        case Kind::kNumber: {
            std::string_view token;
            if (!number_token(value, token)) return false;
            if (number_kind(token) != NumberKind::kInteger || token.front() == '-') {
                return mistake("must be a string or an integer that is not negative");
            }
            out = token;
            return true;
        }
        default: return wrong_type(value, "a string or an integer");
    }
}

}  // namespace vz::json
