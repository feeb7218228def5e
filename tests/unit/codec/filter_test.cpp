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
        {R"({"must":[{"type":"match","key":"a","match_value":1,"range":null,"filter":null}]})",
         R"({"must":[{"key":"a","match":{"value":1}}]})"},
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
        {R"({"m\u0075st":[{"\u0074ype":"m\u0061tch","k\u0065y":"\u0061","match\u005fvalue":1}]})",
         R"({"m\u0075st":[{"key":"\u0061","match":{"value":1}}]})"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"te\u0078t":"x","\u0074ype":"pref\u0069x"}}]})",
         R"({"must":[{"key":"a","match":{"prefix":"x"}}]})"},
        {R"({"must":[{"\u0074ype":"r\u0061nge","key":"a","\u0072ange":{"gt":1}}]})",
         R"({"must":[{"key":"a","range":{"gt":1}}]})"},
        {R"({"must":[{"nested":{"key":"__nested\u005F_","filter":{"must":[]}}}]})", R"({"must":[{"must":[]}]})"},
    };
    for (const Case& each : kCases) {
        const RewrittenFilter rewritten = rewrite_filter(each.tagged);
        EXPECT_EQ(rewritten.spelling, Spelling::kTagged) << each.tagged;
        EXPECT_EQ(rewritten.text, each.plain);
    }
}

TEST(rewrite_filter, leaves_everything_else_to_the_engine) {
    for (const char* plain : {
             "{}",
             "",
             "{",
             R"({"must":[{"key":"type","match":{"value":"match"}}]})",
             R"({"must":[{"key":"a","match":{"value":"type"}}]})",
             R"({"must":[{"type":"other","key":"a","x":1}]})",
             R"({"must":[{"\\u0074ype":"match","key":"a","match_value":1}]})",
             R"({"must":[{"\u74ype":"match","key":"a","match_value":1}]})",
             R"({"must":[{"\u0074)",
             R"({"must":[{"type":)",
             R"({"must":[{"type":"match","key":"a","match_value":{"text":)",
         }) {
        EXPECT_EQ(rewrite_filter(plain).spelling, Spelling::kPlain) << plain;
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += R"({"must":[{"type":"nested","filter":)";
    static_cast<void>(rewrite_filter(deep));
    static_cast<void>(has_condition(deep));
}

TEST(rewrite_filter, names_the_member_that_is_wrong) {
    static constexpr struct {
        const char* filter;
        const char* field;
    } kCases[] = {
        {R"({"must":[{"type":"match","key":"a","match_value":1.5}]})", "must[0].match_value"},
        {R"({"must":[{"type":"match","key":"a","match_value":-1e3}]})", "must[0].match_value"},
        {R"({"must":[{"type":"match","key":"a","match_value":[1]}]})", "must[0].match_value"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"text":"x","type":"fuzzy"}}]})",
         "must[0].match_value.type"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"text":"x"}}]})", "must[0].match_value.type"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"type":"prefix"}}]})", "must[0].match_value.text"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"type":"prefix","text":1}}]})",
         "must[0].match_value.text"},
        {R"({"must":[{"type":"match","key":"a","match_value":{"type":"prefix","text":"x","case":1}}]})",
         "must[0].match_value.case"},
        {R"({"must":[{"type":"match","key":"a","match_value":{}}]})", "must[0].match_value.text"},
        {R"({"must":[{"type":"match","key":"a"}]})", "must[0].match_value"},
        {R"({"must":[{"type":"match","match_value":1}]})", "must[0].key"},
        {R"({"must":[{"type":"match","key":"a","match_value":1,"more":2}]})", "must[0].more"},
        {R"({"must":[{"type":"match","key":"a","match_value":1,"key":"b"}]})", "must[0].key"},
        {R"({"must":[{"type":"match","key":"a","match":{"value":1}}]})", "must[0].match"},
        {R"({"must_not":{"type":"range","key":"a"}})", "must_not.range"},
        {R"({"should":[{"has_id":[]},{"type":"nested","filter":1,"key":2}]})", "should[1].key"},
        {R"({"should":[{"type":"nested","filter":{"must":[{"type":"match","key":"a"}]}}]})",
         "should[0].filter.must[0].match_value"},
        {R"({"should":[{"nested":{"key":"k","filter":{"must":[{"type":"match","key":"a"}]}}}]})",
         "should[0].nested.filter.must[0].match_value"},
        {R"({"min_should":{"min_count":1,"conditions":[{"type":"match","key":"a"}]}})",
         "min_should.conditions[0].match_value"},
        {R"({"must":[{"must_not":[{"type":"match","key":"a"}]},{"type":"match"}]})", "must[0].must_not[0].match_value"},
    };
    for (const auto& each : kCases) {
        const RewrittenFilter rewritten = rewrite_filter(each.filter);
        EXPECT_EQ(rewritten.spelling, Spelling::kWrong) << each.filter;
        EXPECT_EQ(rewritten.field, each.field) << each.filter;
        EXPECT_FALSE(rewritten.reason.empty());
    }
}

std::string conditions(size_t count, const std::string& each) {
    std::string list = R"({"must":[{"type":"match","key":"a","match_value":"x"})";
    for (size_t i = 1; i < count; ++i) list += "," + each;
    return list + "]}";
}

// What is sent may be larger than any filter that the engine takes, and takes several times as much when rewritten.
TEST(rewrite_filter, ends_where_the_engine_would) {
    const std::string tagged = R"({"type":"match","key":"a","match_value":"x"})";
    EXPECT_EQ(rewrite_filter(conditions(1024, tagged)).spelling, Spelling::kTagged);
    for (const std::string& each : {tagged, std::string("{}"), std::string("1")}) {
        const RewrittenFilter rewritten = rewrite_filter(conditions(100'000, each));
        EXPECT_EQ(rewritten.spelling, Spelling::kTooMany);
        EXPECT_LE(rewritten.text.size(), 1024 * 64U);
        EXPECT_LE(rewritten.pieces.size(), 1024 * 16U);
    }
    std::string wide = R"({"type":1)";
    for (int i = 0; i < 100'000; ++i) wide += R"(,"a":1)";
    EXPECT_LE(rewrite_filter(R"({"must":[)" + wide + "}]}").pieces.size(), 16U);
    EXPECT_LE(rewrite_filter(wide + "}").pieces.size(), 16U);
}

TEST(rewrite_filter, knows_where_its_pieces_stood) {
    for (const std::string sent :
         {R"({"must":[{"type":"range","key":"a","range":{"gte":"?"}}]})",
          R"( { "should" : { "type" : "match", "match_value" : "?", "key" : "a" } })",
          R"({"must":[{"has_id":[]},{"type":"nested","filter":{"must":{"key":"a","x":"?"}}}]})",
          R"({"must":[{"key":"a","match":{"value":"?"}}]})"}) {
        const RewrittenFilter rewritten = rewrite_filter(sent);
        const std::string& read = rewritten.spelling == Spelling::kTagged ? rewritten.text : sent;
        EXPECT_EQ(place_as_sent(sent, read.find('?')), sent.find('?')) << sent;
        EXPECT_LE(place_as_sent(sent, read.size()), sent.size()) << sent;
    }
    const std::string_view wrong = R"({"must":[{"has_id":[]},{"type":"match","key":"a","match_value":1.5}]})";
    EXPECT_EQ(rewrite_filter(wrong).offset, wrong.find("1.5"));
}

TEST(has_condition, knows_filters_that_ask_nothing) {
    for (const char* nothing :
         {"{}", " { } ", R"({"m\u0075st":[]})", R"({"must":[]})", R"({"must":{"should":[]},"must_not":[{"must":[]}]})",
          R"({"min_should":{"conditions":[],"min_count":0}})",
          R"({"min_should":{"conditions":[{"has_id":[1]}],"min_count":0}})",
          R"({"must":[{"min_should":{"min_count": -0 ,"conditions":[{"has_id":[1]}]}}]})"}) {
        EXPECT_FALSE(has_condition(nothing)) << nothing;
    }
    for (const char* something :
         {R"({"must":{"has_id":[]}})", R"({"must":[{"must":[]},{"key":"a","is_null":true}]})",
          R"({"min_should":{"conditions":[{"has_id":[1]}],"min_count":10}})", R"({"must":[7]})"}) {
        EXPECT_TRUE(has_condition(something)) << something;
    }
}

}  // namespace
}  // namespace vz::codec
