#include "engine/payload/merge_patch.hpp"

#include <gtest/gtest.h>

#include "engine/payload/json.hpp"

namespace vz {
namespace {

std::string merged(const char* target, const char* patch) {
    std::string out;
    merge_patch(target, patch, &out);
    EXPECT_TRUE(validate_payload(out).ok()) << out;
    return out;
}

TEST(merge_patch, does_what_rfc_7396_shows) {
    // Appendix A, where target and patch are objects.
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":null})"), "{}");
    EXPECT_EQ(merged(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
    EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"c"})", R"({"a":["b"]})"), R"({"a":["b"]})");
    EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
    EXPECT_EQ(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
    EXPECT_EQ(merged(R"({"e":null})", R"({"a":1})"), R"({"e":null,"a":1})");
    EXPECT_EQ(merged("{}", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

TEST(merge_patch, keeps_the_bytes_of_what_it_does_not_touch) {
    EXPECT_EQ(merged(R"({ "k\u0065y" : [ 1.50 , {"x" : null} ] , "other": 1e2 ,"gone":0 })", R"({"gone":null})"),
              R"({"k\u0065y":[ 1.50 , {"x" : null} ],"other":1e2})");
    EXPECT_EQ(merged(R"({"k\u0065y":1})", R"({"key":2})"), R"({"k\u0065y":2})");
}

TEST(merge_patch, lets_the_last_of_duplicates_count) {
    EXPECT_EQ(merged(R"({"a":{"x":1},"b":0,"b":1,"a":{"y":1}})", R"({"a":{"z":1}})"),
              R"({"b":0,"b":1,"a":{"y":1,"z":1}})");
    EXPECT_EQ(merged("{}", R"({"a":1,"a":2})"), R"({"a":2})");
    EXPECT_EQ(merged(R"({"a":1})", R"({"a":2,"a":null})"), "{}");
}

}  // namespace
}  // namespace vz
