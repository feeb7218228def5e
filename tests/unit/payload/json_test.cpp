#include "engine/payload/json.hpp"

#include <gtest/gtest.h>

namespace vz {
namespace {

bool is_payload(const std::string& json) { return validate_payload(json).ok(); }

TEST(payload_json, takes_integers_of_any_width) {
    EXPECT_TRUE(is_payload(R"({"a":18446744073709551615})"));
    EXPECT_TRUE(is_payload(R"({"a":18446744073709551616})"));
    EXPECT_TRUE(is_payload(R"({"a":[-9223372036854775809,123456789012345678901234567890 , {"b":1e2}],"9876543210987654321098\\":true})"));
    EXPECT_TRUE(is_payload(R"({"a":")" + std::string(400, '9') + R"(","b":)" + std::string(308, '9') + "}"));
}

TEST(payload_json, still_knows_what_is_no_number) {
    EXPECT_FALSE(is_payload(R"({"a":)" + std::string(309, '9') + "}"));
    EXPECT_FALSE(is_payload(R"({"a":1e400})"));
    for (const char* bad : {"0123456789012345678901", "123456789012345678901x", "123456789012345678901 2", "12345678901234567890-1", "-", "123456789012345678901.",
                            "123456789012345678901e", "+123456789012345678901", "123456789012345678901,01"}) {
        EXPECT_FALSE(is_payload(std::string(R"({"a":)") + bad + "}")) << bad;
    }
}

}  // namespace
}  // namespace vz
