// The door of simdjson.
#include "engine/payload/json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

// The parser reads past the end of its input, so it works on a copy with room behind it.
struct Workspace {
    simdjson::dom::parser parser;
    simdjson::ondemand::parser lazy;
    std::string padded;

    Workspace() : parser(kPayloadBytesMax + simdjson::SIMDJSON_PADDING) {}

    simdjson::padded_string_view pad(std::string_view json) {
        padded.assign(json);
        padded.resize(json.size() + simdjson::SIMDJSON_PADDING);
        return simdjson::padded_string_view(padded.data(), json.size(), padded.size());
    }
};

Workspace& workspace() {
    thread_local Workspace workspace;
    return workspace;
}

// simdjson reads numbers, and has no place for an integer of more than 64 bits; JSON has, and payloads are kept as
// bytes. In the copy such an integer becomes its first digit and blanks. False: there is none.
bool shorten_wide_integers(char* text, size_t size) {
    constexpr size_t kFits = 18;  // digits
    // Filters compare them as doubles.
    const auto is_finite = [](const char* begin, const char* end) {
        double value = 0;
        return std::from_chars(begin, end, value).ec == std::errc();
    };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    bool found = false;
    bool in_string = false;
    for (size_t at = 0; at < size; ++at) {
        if (text[at] == '"') in_string = !in_string;
        if (in_string) {
            if (text[at] == '\\') ++at;
            continue;
        }
        if (!is_digit(text[at])) continue;
        size_t end = at + 1;
        while (end < size && is_digit(text[end])) ++end;
        const bool is_integer = end == size || (text[end] != '.' && (text[end] | 0x20) != 'e');
        if (is_integer && text[at] != '0' && end - at > kFits && is_finite(text + at, text + end)) {
            std::fill(text + at + 1, text + end, ' ');
            found = true;
        }
        // Of a fraction or an exponent nothing is touched.
        while (end < size && (is_digit(text[end]) || text[end] == '.' || text[end] == '+' || text[end] == '-' ||
                              (text[end] | 0x20) == 'e'))
            ++end;
        at = end - 1;
    }
    return found;
}

// Whether each number outside of strings is spelled as JSON has it: one that was refused is then beyond a double.
bool spells_numbers(std::string_view json) {
    const auto digits = [&](size_t& at) {
        const size_t begin = at;
        while (at < json.size() && json[at] >= '0' && json[at] <= '9') ++at;
        return at - begin;
    };
    bool in_string = false;
    for (size_t at = 0; at < json.size();) {
        const char c = json[at];
        if (c == '"') in_string = !in_string;
        if (in_string) {
            at += c == '\\' ? 2 : 1;
            continue;
        }
        if (c != '-' && (c < '0' || c > '9')) {
            ++at;
            continue;
        }
        if (c == '-') ++at;
        const bool begins_with_zero = at < json.size() && json[at] == '0';
        const size_t whole = digits(at);
        if (whole == 0 || (begins_with_zero && whole != 1)) return false;
        if (at < json.size() && json[at] == '.' && digits(++at) == 0) return false;
        if (at < json.size() && (json[at] | 0x20) == 'e') {
            ++at;
            if (at < json.size() && (json[at] == '+' || json[at] == '-')) ++at;
            if (digits(at) == 0) return false;
        }
        if (at < json.size() && std::string_view(" \t\r\n,]}").find(json[at]) == std::string_view::npos) return false;
    }
    return true;
}

// Whether containers lie in each other to more than `most` levels, in a text that may be no JSON.
bool nests_deeper(std::string_view json, uint32_t most) {
    uint32_t depth = 0;
    bool in_string = false;
    for (size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (c == '"') in_string = !in_string;
        if (in_string) {
            if (c == '\\') ++at;
        } else if (c == '{' || c == '[') {
            if (++depth > most) return true;
        } else if ((c == '}' || c == ']') && depth != 0) {
            --depth;
        }
    }
    return false;
}

struct Kind {
    simdjson::error_code error;
    bool is_object;
};

// `json` is what lies in the workspace.
Kind parse(simdjson::dom::parser& parser, Workspace& space, std::string_view json) {
    simdjson::dom::element root;
    simdjson::error_code error = parser.parse(space.padded.data(), json.size(), false).get(root);
    if (error == simdjson::NUMBER_ERROR && shorten_wide_integers(space.padded.data(), json.size())) {
        error = parser.parse(space.padded.data(), json.size(), false).get(root);
    }
    return {error, error == simdjson::SUCCESS && root.is_object()};
}

Status validate(std::string_view json, uint64_t bytes_max, uint32_t depth_max, const char* limit, const char* what,
                vz_reason reason) {
    if (json.size() > bytes_max) {
        return failure(VZ_LIMIT_EXCEEDED, "a %s has %zu bytes, the limit is %llu", what, json.size(),
                       static_cast<unsigned long long>(bytes_max))
            .field(limit)
            .expected(static_cast<int64_t>(bytes_max))
            .actual(static_cast<int64_t>(json.size()));
    }
    Workspace& space = workspace();
    space.pad(json);
    const auto no_memory = [what] { return failure(VZ_OUT_OF_MEMORY, "no memory to read a %s", what); };
    // simdjson refuses a container at its limit unless that is empty, and an empty one at any depth: what passes here
    // goes no deeper than kJsonDepthMax.
    constexpr size_t kParserDepth = kJsonDepthMax;
    if (space.parser.max_depth() != kParserDepth &&
        space.parser.allocate(kPayloadBytesMax, kParserDepth) != simdjson::SUCCESS)
        return no_memory();
    Kind kind = parse(space.parser, space, json);
    if (kind.error == simdjson::DEPTH_ERROR && !nests_deeper(json, depth_max)) {
        simdjson::dom::parser deeper;
        if (deeper.allocate(json.size(), depth_max + 1) != simdjson::SUCCESS) return no_memory();
        kind = parse(deeper, space, json);
    }
    if (kind.error == simdjson::DEPTH_ERROR)
        return failure(VZ_INVALID_ARGUMENT, "a %s nests deeper than %u levels", what, kJsonDepthMax).reason(reason);
    if (kind.error == simdjson::NUMBER_ERROR && spells_numbers(json))
        return failure(VZ_INVALID_ARGUMENT, "a %s holds a number that is too large for a double", what).reason(reason);
    if (kind.error != simdjson::SUCCESS)
        return failure(VZ_INVALID_ARGUMENT, "a %s is no valid JSON", what).reason(reason);
    if (!kind.is_object) return failure(VZ_INVALID_ARGUMENT, "a %s must be a JSON object", what).reason(reason);
    return {};
}

}  // namespace

Status validate_payload(std::string_view json) {
    // What most points have needs no parser.
    if (json == "{}") return {};
    return validate(json, kPayloadBytesMax, kJsonDepthMax, "payload_bytes_max", "payload", VZ_REASON_PAYLOAD);
}

Status validate_metadata(std::string_view json) {
    return validate(json, kMetadataBytesMax, kJsonDepthMax + 1, "metadata_bytes_max", "metadata object",
                    VZ_REASON_METADATA);
}

void select_keys(std::string_view json, std::span<const std::string_view> keys, bool exclude, std::string& out) {
    Workspace& space = workspace();
    const auto padded = space.pad(json);
    out += '{';
    bool first = true;
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (space.lazy.iterate(padded).get(document) == simdjson::SUCCESS &&
        document.get_object().get(object) == simdjson::SUCCESS) {
        for (auto member : object) {
            std::string_view key;
            std::string_view raw_value;
            simdjson::ondemand::value value;
            const char* raw_key = nullptr;
            simdjson::ondemand::raw_json_string raw;
            if (member.key().get(raw) != simdjson::SUCCESS) break;
            raw_key = raw.raw();
            if (member.unescaped_key().get(key) != simdjson::SUCCESS) break;
            const bool listed = std::find(keys.begin(), keys.end(), key) != keys.end();
            if (member.value().get(value) != simdjson::SUCCESS) break;
            if (simdjson::to_json_string(value).get(raw_value) != simdjson::SUCCESS) break;
            if (listed == exclude) continue;
            if (!first) out += ',';
            first = false;
            const char* value_at = raw_value.data();
            const char* key_end = value_at;
            while (*key_end != ':') --key_end;
            do --key_end;
            while (*key_end != '"');
            out += '"';
            out.append(raw_key, static_cast<size_t>(key_end - raw_key));
            out += "\":";
            while (!raw_value.empty() && (raw_value.back() == ' ' || raw_value.back() == '\n' ||
                                          raw_value.back() == '\r' || raw_value.back() == '\t'))
                raw_value.remove_suffix(1);
            out += raw_value;
        }
    }
    out += '}';
}

}  // namespace vz
