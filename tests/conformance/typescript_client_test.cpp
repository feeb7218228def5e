// The calls of the reference system's TypeScript client, as it sends them, and what it reads of the answers:
// typescript_client.json, in order.
//
// A case: `call`, `method`, `path`, `body`, `status` (200), `answer`, and `keep`: parts of the answer that later paths
// and keys stand for. `answer` is a shape. An object: at least these members ("name?": may be absent). [shape]: an
// array whose elements all have the shape, not empty;
// [] any array. "string", "number", "boolean", "positive"; any other text: one of the texts between the bars.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

using simdjson::dom::element_type;

bool is_one_of(std::string_view choices, std::string_view text) {
    for (size_t at = 0, end = 0; end != std::string_view::npos; at = end + 1) {
        end = choices.find('|', at);
        if (choices.substr(at, end == std::string_view::npos ? end : end - at) == text) return true;
    }
    return false;
}

// Why the value does not have the shape; empty: it has.
std::string misfit(JsonValue shape, JsonValue value, const std::string& place) {
    if (shape.is_object()) {
        if (!value.is_object()) return place + " is no object";
        for (const auto& [key, inner] : simdjson::dom::object(shape)) {
            const bool is_optional = key.ends_with('?');
            const std::string_view name = is_optional ? key.substr(0, key.size() - 1) : key;
            JsonValue member;
            if (value.get_object().at_key(name).get(member) != simdjson::SUCCESS) {
                if (is_optional) continue;
                return place + " lacks " + std::string(name);
            }
            if (std::string why = misfit(inner, member, place + "/" + std::string(name)); !why.empty()) return why;
        }
        return {};
    }
    if (shape.is_array()) {
        const simdjson::dom::array shapes = shape.get_array();
        if (!value.is_array()) return place + " is no array";
        const simdjson::dom::array elements = value.get_array();
        if (shapes.size() == 0) return {};
        if (elements.size() == 0) return place + " is empty";
        for (const JsonValue element : elements) {
            if (std::string why = misfit(shapes.at(0), element, place + "[]"); !why.empty()) return why;
        }
        return {};
    }
    const std::string wanted = text_of(shape);
    bool fits = value.is_string() && is_one_of(wanted, text_of(value));
    if (wanted == "string") fits = value.is_string() && !text_of(value).empty();
    if (wanted == "number") fits = value.is_number();
    if (wanted == "positive") fits = value.is_number() && number_of(value) > 0;
    if (wanted == "boolean") fits = value.is_bool();
    return fits ? std::string() : place + " is not " + wanted + ": " + simdjson::minify(value);
}

std::string with(const std::map<std::string, std::string>& kept, std::string text) {
    for (const auto& [name, value] : kept) {
        for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
            text.replace(at, name.size(), value);
    }
    return text;
}

TEST(TypeScriptClient, each_call_is_understood_and_answered_in_its_shape) {
    std::ifstream file(VZ_TYPESCRIPT_CALLS);
    std::stringstream text;
    text << file.rdbuf();
    const Json table(text.str());

    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient client(server.port());
    std::map<std::string, std::string> kept;
    size_t calls = 0;
    size_t answered = 0;
    size_t unimplemented = 0;
    size_t refused = 0;
    for (const JsonValue one : table.list("")) {
        const std::string call = text_of(one, "call");
        JsonValue body;
        const bool has_body = one.at_key("body").get(body) == simdjson::SUCCESS;
        int64_t status = 200;
        if (JsonValue given; one.at_key("status").get(given) == simdjson::SUCCESS) status = given.get_int64();
        // The client names a type on every request, and its key in a header of its own.
        std::vector<std::string> headers{"Content-Type: application/json"};
        if (kept.contains("{key}")) headers.push_back("X-API-Key: " + kept["{key}"]);
        const Answer answer = client.request(text_of(one, "method"), with(kept, text_of(one, "path")),
                                             has_body ? simdjson::minify(body) : "", headers);
        ++calls;
        ++(status == 200 ? answered : status == 501 ? unimplemented : refused);
        EXPECT_EQ(answer.status, status) << call << "\n" << answer.body;
        EXPECT_EQ(answer.header("Content-Type").substr(0, 16), "application/json") << call;
        if (answer.status != status) continue;
        const Json got(answer.body);
        JsonValue shape;
        ASSERT_EQ(one.at_key("answer").get(shape), simdjson::SUCCESS) << call;
        EXPECT_EQ(misfit(shape, got.root(), ""), "") << call << "\n" << answer.body.substr(0, 1000);
        simdjson::dom::object keep;
        if (one.at_key("keep").get(keep) != simdjson::SUCCESS) continue;
        for (const auto& [name, pointer] : keep) kept[std::string(name)] = got.text(text_of(pointer));
    }
    EXPECT_GE(calls, 85U);
    std::cout << "GATE conformance.typescript " << (HasFailure() ? "FAIL" : "PASS") << " calls=" << calls
              << " answered=" << answered << " refused=" << refused << " unimplemented=" << unimplemented << "\n";
}

}  // namespace
}  // namespace vz::e2e
