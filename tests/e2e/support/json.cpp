#include "tests/e2e/support/json.hpp"

#include <charconv>

namespace vz::e2e {
namespace {

template <typename T>
T value_of(simdjson::simdjson_result<T> found, std::string_view what, std::string_view text) {
    T value;
    if (std::move(found).get(value) != simdjson::SUCCESS) {
        throw std::runtime_error("no " + std::string(what) + " in " + std::string(text.substr(0, 1000)));
    }
    return value;
}

}  // namespace

Json::Json(std::string_view text) : text_(text) {
    if (parser_.parse(text_).get(root_) != simdjson::SUCCESS) {
        throw std::runtime_error("no JSON: " + std::string(text.substr(0, 1000)));
    }
}

JsonValue Json::at(std::string_view pointer) const { return value_of(root_.at_pointer(pointer), pointer, text_); }

bool Json::has(std::string_view pointer) const { return root_.at_pointer(pointer).error() == simdjson::SUCCESS; }

std::string Json::text(std::string_view pointer) const {
    return std::string(value_of(at(pointer).get_string(), pointer, text_));
}

int64_t Json::integer(std::string_view pointer) const { return value_of(at(pointer).get_int64(), pointer, text_); }

bool Json::truth(std::string_view pointer) const { return value_of(at(pointer).get_bool(), pointer, text_); }

std::vector<JsonValue> Json::list(std::string_view pointer) const {
    std::vector<JsonValue> values;
    for (const JsonValue value : value_of(at(pointer).get_array(), pointer, text_)) values.push_back(value);
    return values;
}

std::string text_of(JsonValue value) {
    return std::string(value_of(value.get_string(), "string", simdjson::minify(value)));
}

std::string text_of(JsonValue object, std::string_view key) {
    return std::string(value_of(object[key].get_string(), key, simdjson::minify(object)));
}

int64_t integer_of(JsonValue object, std::string_view key) {
    return value_of(object[key].get_int64(), key, simdjson::minify(object));
}

double number_of(JsonValue value) { return value_of(value.get_double(), "number", simdjson::minify(value)); }

std::vector<float> floats_of(JsonValue array) {
    std::vector<float> floats;
    for (const JsonValue value : value_of(array.get_array(), "array", simdjson::minify(array))) {
        floats.push_back(static_cast<float>(number_of(value)));
    }
    return floats;
}

std::string json_string(std::string_view text) {
    std::string json = "\"";
    for (const char byte : text) {
        if (byte == '\n') {
            json += "\\n";
            continue;
        }
        if (byte == '"' || byte == '\\') json += '\\';
        json += byte;
    }
    return json + '"';
}

std::string json_array(const std::vector<float>& vector) {
    std::string json = "[";
    for (const float number : vector) {
        char digits[32];
        const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), number);
        if (json.size() > 1) json += ',';
        json.append(digits, end.ptr);
    }
    return json + ']';
}

std::string payload_text(std::string_view answer, std::string_view id) {
    const std::string before = "\"id\":" + json_string(id);
    const std::string key = "\"payload\":";
    const size_t at = answer.find(key, answer.find(before));
    if (answer.find(before) == std::string_view::npos || at == std::string_view::npos) return {};
    size_t end = at + key.size();
    int depth = 0;
    bool quote = false;
    for (; end < answer.size(); ++end) {
        const char byte = answer[end];
        if (quote) {
            if (byte == '\\') ++end;
            if (byte == '"') quote = false;
        } else if (byte == '"') {
            quote = true;
        } else if (byte == '{') {
            ++depth;
        } else if (byte == '}' && --depth == 0) {
            break;
        }
    }
    return std::string(answer.substr(at + key.size(), end + 1 - at - key.size()));
}

}  // namespace vz::e2e
