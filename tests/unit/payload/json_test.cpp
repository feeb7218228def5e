#include "engine/payload/json.hpp"

#include <gtest/gtest.h>

namespace vz {
namespace {

bool is_payload(const std::string& json) { return validate_payload(json).ok(); }

TEST(payload_json, takes_integers_of_any_width) {
    EXPECT_TRUE(is_payload(R"({"a":18446744073709551615})"));
    EXPECT_TRUE(is_payload(R"({"a":18446744073709551616})"));
    EXPECT_TRUE(is_payload(
        R"({"a":[-9223372036854775809,123456789012345678901234567890 , {"b":1e2}],"9876543210987654321098\\":true})"));
    EXPECT_TRUE(is_payload(R"({"a":")" + std::string(400, '9') + R"(","b":)" + std::string(308, '9') + "}"));
    EXPECT_TRUE(
        is_payload(R"({"a":[1)" + std::string(308, '0') + ",-17976931348623157" + std::string(292, '0') + "]}"));
}

TEST(payload_json, still_knows_what_is_no_number) {
    EXPECT_FALSE(is_payload(R"({"a":)" + std::string(309, '9') + "}"));
    EXPECT_FALSE(is_payload(R"({"a":17976931348623159)" + std::string(292, '0') + "}"));
    EXPECT_FALSE(is_payload(R"({"a":1)" + std::string(309, '0') + "}"));
    EXPECT_FALSE(is_payload(R"({"a":1e400})"));
    for (const char* bad :
         {"0123456789012345678901", "123456789012345678901x", "123456789012345678901 2", "12345678901234567890-1", "-",
          "123456789012345678901.", "123456789012345678901e", "+123456789012345678901", "123456789012345678901,01"}) {
        EXPECT_FALSE(is_payload(std::string(R"({"a":)") + bad + "}")) << bad;
    }
}

std::string nested(size_t levels, const std::string& inner) {
    std::string json = "{\"a\":";
    for (size_t i = 1; i < levels; ++i) json += '[';
    json += inner;
    for (size_t i = 1; i < levels; ++i) json += ']';
    return json + "}";
}

TEST(payload_json, nests_to_64_levels_and_no_empty_one_more) {
    EXPECT_TRUE(is_payload(nested(64, "1")));
    EXPECT_TRUE(is_payload(nested(64, "")));
    EXPECT_TRUE(is_payload(nested(63, "{}")));
    EXPECT_TRUE(is_payload(nested(64, "\"[[\\\"{{\"")));
    EXPECT_TRUE(is_payload(nested(64, "123456789012345678901")));
    for (const char* inner : {"1", "[]", "{}", "[ ]", "1,{}"}) {
        const bool adds_one = std::string_view(inner) != "1";
        EXPECT_FALSE(is_payload(nested(adds_one ? 64 : 65, inner))) << inner;
    }
    EXPECT_FALSE(is_payload(nested(65, "")));
    EXPECT_FALSE(is_payload(nested(64, "x")));
    EXPECT_FALSE(is_payload(nested(1000, "")));
    std::string wide = "{\"a\":[";
    for (int i = 0; i < 100; ++i) wide += "[{}],";
    EXPECT_TRUE(is_payload(wide + "[]]}"));
}

TEST(metadata_json, nests_one_level_more_for_what_a_frontend_puts_around_it) {
    for (const char* inner : {"1", "", "123456789012345678901"}) {
        EXPECT_TRUE(validate_metadata(nested(65, inner)).ok()) << inner;
        EXPECT_FALSE(validate_metadata(nested(66, inner)).ok()) << inner;
        EXPECT_FALSE(is_payload(nested(65, inner))) << inner;
    }
    EXPECT_FALSE(validate_metadata(nested(65, "[]")).ok());
}

}  // namespace
}  // namespace vz
