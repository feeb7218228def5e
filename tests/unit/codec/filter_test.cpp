#include "frontends/codec/filter.hpp"

#include <gtest/gtest.h>

namespace vz::codec {
namespace {

struct Case {
    const char* tagged;
    const char* plain;
};

TEST(rewrite_filter, turns_the_tagged_spelling_into_the_plain_one) {
    static constexpr Case kCases[] = {
        {R"({"must":[{"type":"match","key":"a","match_value":"x"}]})",
         R"({"must":[{"key":"a","match":{"value":"x"}}]})"},
        {R"({"must":{"type":"match","key":"a","match_value":1}})", R"({"must":{"key":"a","match":{"value":1}}})"},
        {R"({"must_not":[{"match_value":true,"key":"a","type":"match"}]})",
         R"({"must_not":[{"key":"a","match":{"value":true}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":null}]})",
         R"({"must":[{"key":"a","match":{"except":[]}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"text":"x","type":"contains"}}]})",
         R"({"must":[{"key":"a","match":{"text":"x"}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"type":"prefix","text":"x"}}]})",
         R"({"must":[{"key":"a","match":{"prefix":"x"}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"text":"x","type":"suffix"}}]})",
         R"({"must":[{"key":"a","match":{"suffix":"x"}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"text":"x","type":"exact"}}]})",
         R"({"must":[{"key":"a","match":{"value":"x"}}]})"},
        {R"({ "should" : [ {"type":"range","key":"a","range":{"gt":1}} , {"key":"b","is_null":true} ] })",
         R"({"should":[{"key":"a","range":{"gt":1}},{"key":"b","is_null":true}]})"},
        {R"({"must":[{"type":"geo_radius","key":"a","geo_radius":{"center":{"lat":1,"lon":2},"radius":3}}]})",
         R"({"must":[{"key":"a","geo_radius":{"center":{"lat":1,"lon":2},"radius":3}}]})"},
        {R"({"must":[{"type":"values_count","key":"a","values_count":{"gt":1}}]})",
         R"({"must":[{"key":"a","values_count":{"gt":1}}]})"},
        {R"({"must":[{"type":"nested","filter":{"should":[{"type":"match","key":"a","match_value":1}]}}]})",
         R"({"must":[{"should":[{"key":"a","match":{"value":1}}]}]})"},
        {R"({"must":[{"type":"nested","filter":{}}]})", R"({"must":[{"must":[]}]})"},
        {R"({"must":[{"nested":{"key":"__nested__","filter":{"must":[]}}}]})", R"({"must":[{"must":[]}]})"},
        {R"({"must":[{"nested":{"key":"k","filter":{"must":[{"type":"match","key":"a","match_value":1}]}}}]})",
         R"({"must":[{"nested":{"key":"k","filter":{"must":[{"key":"a","match":{"value":1}}]}}}]})"},
        {R"({"min_should":{"conditions":[{"type":"match","key":"a","match_value":1}],"min_count":1}})",
         R"({"min_should":{"conditions":[{"key":"a","match":{"value":1}}],"min_count":1}})"},
    };
    for (const Case& each : kCases) {
        std::string out;
        EXPECT_TRUE(rewrite_filter(each.tagged, &out)) << each.tagged;
        EXPECT_EQ(out, each.plain);
    }
}

TEST(rewrite_filter, leaves_everything_else_to_the_engine) {
    for (const char* plain : {
             "{}",
             "",
             "{",
             R"({"must":[{"key":"type","match":{"value":"match"}}]})",
             R"({"must":[{"key":"a","match":{"value":"type"}}]})",
             R"({"must":[{"type":"match","key":"a"}]})",
             R"({"must":[{"type":"match","key":"a","match_value":1,"more":2}]})",
             R"({"must":[{"type":"other","key":"a","x":1}]})",
             R"({"must":[{"type":"match","key":"a","match_value":{"text":"x","type":"fuzzy"}}]})",
             R"({"must":[{"type":)",
             R"({"must":[{"type":"match","key":"a","match_value":{"text":)",
             R"({"must":[{"type":"nested","filter":1,"key":2}]})",
         }) {
        std::string out;
        EXPECT_FALSE(rewrite_filter(plain, &out)) << plain;
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += R"({"must":[{"type":"nested","filter":)";
    std::string out;
    static_cast<void>(rewrite_filter(deep, &out));
    static_cast<void>(has_condition(deep));
}

TEST(has_condition, knows_filters_that_ask_nothing) {
    for (const char* nothing : {"{}", " { } ", R"({"must":[]})", R"({"must":{"should":[]},"must_not":[{"must":[]}]})",
                                R"({"min_should":{"conditions":[],"min_count":0}})"}) {
        EXPECT_FALSE(has_condition(nothing)) << nothing;
    }
    for (const char* something :
         {R"({"must":{"has_id":[]}})", R"({"must":[{"must":[]},{"key":"a","is_null":true}]})",
          R"({"min_should":{"conditions":[{"has_id":[1]}],"min_count":0}})", R"({"must":[7]})"}) {
        EXPECT_TRUE(has_condition(something)) << something;
    }
}

}  // namespace
}  // namespace vz::codec
