// Reading answers. simdjson's tree, with failures that end in a text instead of an exception.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vz::e2e {

using JsonValue = simdjson::dom::element;

// Owns a parsed text. Throws std::runtime_error, which fails the test, if the text is no JSON.
class Json final {
 public:
    explicit Json(std::string_view text);

    JsonValue root() const { return root_; }
    // The value at a JSON pointer such as "/results/0/id"; std::runtime_error if there is none of that type.
    JsonValue at(std::string_view pointer) const;
    bool has(std::string_view pointer) const;
    std::string text(std::string_view pointer) const;
    int64_t integer(std::string_view pointer) const;
    bool truth(std::string_view pointer) const;
    std::vector<JsonValue> list(std::string_view pointer) const;

 private:
    simdjson::dom::parser parser_;
    simdjson::padded_string text_;
    JsonValue root_;
};

std::string text_of(JsonValue value);
std::string text_of(JsonValue object, std::string_view key);
int64_t integer_of(JsonValue object, std::string_view key);
double number_of(JsonValue value);
std::vector<float> floats_of(JsonValue array);
// The payload of the point `id`, byte for byte as it stands in an answer where "id" comes before "payload"; empty: none
// there.
std::string payload_text(std::string_view answer, std::string_view id);
// As a JSON string, quotes included.
std::string json_string(std::string_view text);
// As a JSON array whose numbers read back to the same floats.
std::string json_array(const std::vector<float>& vector);

}  // namespace vz::e2e
