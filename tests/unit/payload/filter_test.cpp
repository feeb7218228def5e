// What the filter language refuses, and where it says the mistake is; what it means at its edges.
#include "engine/payload/filter.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace vz {
namespace {

bool passes(const std::string& filter, const std::string& payload, const std::string& id = "1") {
    Result<Filter> parsed = Filter::parse(filter);
    EXPECT_TRUE(parsed.ok()) << filter << ": " << (parsed.ok() ? "" : parsed.status().error().message);
    return parsed.ok() && parsed->matches(*parse_id(id), payload);
}

bool match(const std::string& condition, const std::string& payload) {
    return passes(R"({"must":[)" + condition + "]}", payload);
}

struct Refusal {
    const char* filter;
    const char* field;
    int64_t offset;
};

TEST(filter, names_path_and_byte_of_a_mistake) {
    static constexpr Refusal kRefusals[] = {
        {"", "filter", 0},
        {"[]", "filter", 0},
        {"{} x", "filter", 3},
        {R"({"must":[}])", "filter.must[0]", 9},
        {R"({"must":[{"key":"a","match":{"value":1}}])", "filter", 41},
        {R"({"mus":[]})", "filter.mus", 1},
        {R"({"must":[],"must":[]})", "filter.must", 11},
        {R"({"key":"a","is_null":true})", "filter.key", 1},
        {R"({"must":[{}]})", "filter.must[0]", 9},
        {R"({"must":[{"key":"a"}]})", "filter.must[0]", 9},
        {R"({"must":{"match":{"value":1}}})", "filter.must", 8},
        {R"({"must":[{"key":"a","match":{"value":1},"is_null":true}]})", "filter.must[0].is_null", 40},
        {R"({"must":[{"key":"a","match":{}}]})", "filter.must[0].match", 28},
        {R"({"must":[{"key":"a","match":{"value":1.5}}]})", "filter.must[0].match.value", 37},
        {R"({"must":[{"key":"a","match":{"value":null}}]})", "filter.must[0].match.value", 37},
        {R"({"must":[{"key":"a","match":{"any":[1,"a"]}}]})", "filter.must[0].match.any[1]", 38},
        {R"({"must":[{"key":"a","match":{"text":1}}]})", "filter.must[0].match.text", 36},
        {R"({"must":[{"key":"a","range":{}}]})", "filter.must[0].range", 28},
        {R"({"must":[{"key":"a","range":{"gte":"x"}}]})", "filter.must[0].range.gte", 35},
        {R"({"must":[{"key":"a","range":{"gte":"2024-01-01"}}]})", "filter.must[0].range.gte", 35},
        {R"({"must":[{"key":"a","range":{"gt":1,"lt":"2024-01-01T00:00:00Z"}}]})", "filter.must[0].range.lt", 41},
        {R"({"must":[{"key":"a","range":{"gte":01}}]})", "filter.must[0].range.gte", 35},
        {R"({"must":[{"key":"a","range":{"gte":1e999}}]})", "filter.must[0].range.gte", 35},
        {R"({"must":[{"key":"a[","is_null":true}]})", "filter.must[0].key", 16},
        {R"({"must":[{"key":"","is_null":true}]})", "filter.must[0].key", 16},
        {R"({"must":[{"key":"a..b","is_null":true}]})", "filter.must[0].key", 16},
        {R"({"must":[{"key":"a","is_null":1}]})", "filter.must[0].is_null", 30},
        {R"({"must":[{"key":"a","is_null":{"key":"b"}}]})", "filter.must[0]", 9},
        {R"({"must":[{"has_id":["a",-1]}]})", "filter.must[0].has_id[1]", 24},
        {R"({"must":[{"has_id":[""]}]})", "filter.must[0].has_id[0]", 20},
        {R"({"must":[{"nested":{"key":"a"}}]})", "filter.must[0].nested", 19},
        {R"({"must":[{"nested":{"key":"a","filter":{"key":"b","is_null":true}}}]})", "filter.must[0].nested.filter.key",
         40},
        {R"({"must":[{"key":"a","geo_radius":{"center":{"lat":91,"lon":0},"radius":1}}]})",
         "filter.must[0].geo_radius.center.lat", 50},
        {R"({"must":[{"key":"a","geo_radius":{"center":{"lat":1,"lon":0},"radius":-1}}]})",
         "filter.must[0].geo_radius.radius", 61},
        {R"({"must":[{"key":"a","geo_bounding_box":{"top_left":{"lat":1,"lon":0}}}]})",
         "filter.must[0].geo_bounding_box", 39},
        {R"({"min_should":{"conditions":[]}})", "filter.min_should", 31},
        {R"({"must":[{"key":"a","match":{"value":"\x"}}]})", "filter.must[0].match.value", 38},
        {R"({"must":[{"key":"a","match":{"value":"\ud800"}}]})", "filter.must[0].match.value", 38},
        {R"({"must":[{"key":"a","match":{"value":"x)", "filter.must[0].match.value", 39},
    };
    for (const Refusal& refusal : kRefusals) {
        const Result<Filter> parsed = Filter::parse(refusal.filter);
        ASSERT_FALSE(parsed.ok()) << refusal.filter;
        EXPECT_EQ(parsed.status().code(), VZ_INVALID_ARGUMENT) << refusal.filter;
        EXPECT_EQ(parsed.status().error().reason, VZ_REASON_FILTER) << refusal.filter;
        EXPECT_STREQ(parsed.status().error().field, refusal.field) << refusal.filter;
        EXPECT_EQ(parsed.status().error().actual, refusal.offset) << refusal.filter;
    }
}

TEST(filter, refuses_what_is_beyond_its_limits) {
    std::string many = R"({"must":[)";
    for (uint32_t i = 0; i < kFilterConditionsMax; ++i)
        many += std::string(i != 0 ? "," : "") + R"({"key":"a","is_null":true})";
    EXPECT_TRUE(Filter::parse(many + "]}").ok());
    EXPECT_EQ(Filter::parse(many + R"(,{"key":"a","is_null":true}]})").status().code(), VZ_LIMIT_EXCEEDED);

    std::string deep;
    for (uint32_t i = 0; i < kFilterDepthMax; ++i) deep += R"({"must":)";
    EXPECT_TRUE(Filter::parse(deep + "[]" + std::string(kFilterDepthMax, '}')).ok());
    EXPECT_TRUE(Filter::parse(deep + R"({"key":"a","match":{"value":1}})" + std::string(kFilterDepthMax, '}')).ok());
    const Result<Filter> deeper = Filter::parse(R"({"must":)" + deep + "[]" + std::string(kFilterDepthMax + 1, '}'));
    EXPECT_EQ(deeper.status().code(), VZ_LIMIT_EXCEEDED);
    EXPECT_STREQ(deeper.status().error().field, "filter_depth_max");

    std::string values = R"({"must":[{"key":"a","match":{"any":[0)";
    for (uint32_t i = 1; i < kFilterValuesMax; ++i) values += ",0";
    EXPECT_TRUE(Filter::parse(values + "]}}]}").ok());
    EXPECT_EQ(Filter::parse(values + ",0]}}]}").status().code(), VZ_LIMIT_EXCEEDED);
}

TEST(filter, takes_null_for_what_is_absent) {
    EXPECT_TRUE(Filter::parse(R"({"must":null,"should":null,"must_not":null,"min_should":null})")->is_empty());
    const char* range = R"({"must":[{"key":"n","range":{"gt":null,"gte":2,"lt":null,"lte":null}}],"should":null})";
    EXPECT_TRUE(passes(range, R"({"n":2})"));
    EXPECT_FALSE(passes(range, R"({"n":1})"));
    const char* all = R"({"must":[{"key":"n","match":{"value":null,"any":[2,3],"except":null,"text":null},"range":null,
        "geo_radius":null,"geo_bounding_box":null,"values_count":null,"is_empty":null,"is_null":null,"has_id":null,
        "nested":null}]})";
    EXPECT_TRUE(passes(all, R"({"n":2})"));
    EXPECT_FALSE(passes(all, R"({"n":1})"));
    for (const char* bad : {R"({"must":[{"key":"n","match":null}]})", R"({"must":[{"key":"n","typo":null}]})",
                            R"({"must":[{"key":"n","match":{"any":null}}]})",
                            R"({"must":[{"key":"n","range":{"gt":null}}]})", R"({"typo":null})", R"({"must":[null]})",
                            R"({"must":nul})", R"({"must":[{"key":"n","match":{"value":null}}]})"}) {
        EXPECT_EQ(Filter::parse(bad).status().code(), VZ_INVALID_ARGUMENT) << bad;
    }
}

TEST(filter, knows_whether_it_asks_anything) {
    for (const char* empty : {"{}", R"({"must":[]})", R"({"must":[{"should":[]}],"must_not":[]})",
                              R"({"min_should":{"conditions":[],"min_count":0}})"}) {
        EXPECT_TRUE(Filter::parse(empty)->is_empty()) << empty;
        EXPECT_TRUE(passes(empty, "{}")) << empty;
    }
    EXPECT_FALSE(Filter::parse(R"({"must":[{"has_id":[]}]})")->is_empty());
    EXPECT_FALSE(Filter::parse(R"({"min_should":{"conditions":[],"min_count":1}})")->is_empty());
    EXPECT_FALSE(passes(R"({"min_should":{"conditions":[],"min_count":1}})", "{}"));

    const std::string none =
        R"({"min_should":{"conditions":[{"has_id":["a"]},{"must":[{"has_id":["b"]}]}],"min_count":0}})";
    const auto asks = [](const std::string& filter) { return !Filter::parse(filter)->is_empty(); };
    EXPECT_FALSE(asks("{}"));
    EXPECT_FALSE(asks(none));
    EXPECT_FALSE(asks(R"({"must":[)" + none + R"(,{"should":[]}],"must_not":[)" + none + "]}"));
    EXPECT_TRUE(asks(R"({"must":[)" + none + R"(,{"has_id":[]}]})"));
    EXPECT_TRUE(asks(R"({"must":[{"has_id":[]},)" + none + "]}"));
    EXPECT_TRUE(asks(R"({"min_should":{"conditions":[],"min_count":1}})"));
    EXPECT_TRUE(asks(R"({"min_should":{"conditions":[{"has_id":[]}],"min_count":1}})"));
}

TEST(filter, compares_types_as_json_has_them) {
    EXPECT_TRUE(match(R"({"key":"a","match":{"value":1}})", R"({"a":1})"));
    EXPECT_FALSE(match(R"({"key":"a","match":{"value":1}})", R"({"a":1.0})"));
    EXPECT_FALSE(match(R"({"key":"a","match":{"value":1}})", R"({"a":"1"})"));
    EXPECT_FALSE(match(R"({"key":"a","match":{"value":1}})", R"({"a":true})"));
    EXPECT_TRUE(match(R"({"key":"a","match":{"value":18446744073709551615}})", R"({"a":18446744073709551615})"));
    EXPECT_FALSE(match(R"({"key":"a","range":{"gt":9007199254740992.0}})", R"({"a":9007199254740992})"));
    EXPECT_TRUE(match(R"({"key":"a","range":{"gt":9007199254740992.0}})", R"({"a":9007199254740993})"));
}

TEST(filter, sees_the_last_of_duplicate_keys) {
    EXPECT_TRUE(match(R"({"key":"a.b","match":{"value":2}})", R"({"a":{"b":1},"a":{"b":3,"b":2}})"));
    EXPECT_FALSE(match(R"({"key":"a.b","match":{"value":1}})", R"({"a":{"b":1},"a":{"b":3,"b":2}})"));
    EXPECT_FALSE(match(R"({"key":"a.b","is_empty":false})", R"({"a":{"b":1},"a":2})"));
}

TEST(filter, walks_paths_through_arrays_and_quotes) {
    const char* payload = R"({"a":[{"b":1},{"b":[2,[3]]}],"x.y":{"":{"z":4}},"e":[]})";
    EXPECT_TRUE(match(R"({"key":"a[].b","match":{"value":1}})", payload));
    EXPECT_TRUE(match(R"({"key":"a[].b","match":{"value":3}})", payload));
    EXPECT_TRUE(match(R"({"key":"a[1].b[0]","match":{"value":2}})", payload));
    EXPECT_FALSE(match(R"({"key":"a[0].b","match":{"value":2}})", payload));
    EXPECT_FALSE(match(R"({"key":"a.b","match":{"value":1}})", payload));
    EXPECT_TRUE(match(R"({"key":"\"x.y\".\"\".z","match":{"value":4}})", payload));
    EXPECT_FALSE(match(R"({"key":"x.y","is_empty":false})", payload));
    EXPECT_TRUE(match(R"({"key":"e[]","is_empty":true})", payload));
    EXPECT_TRUE(match(R"({"key":"a[].b","values_count":{"gte":2}})", payload));
    EXPECT_TRUE(match(R"({"nested":{"key":"a","filter":{"must":[{"key":"b","match":{"value":3}}]}}})", payload));
    EXPECT_TRUE(match(R"({"nested":{"key":"a[]","filter":{"must":[{"key":"b","match":{"value":1}}]}}})", payload));
    EXPECT_FALSE(match(
        R"({"nested":{"key":"a","filter":{"must":[{"key":"b","match":{"value":1}},{"key":"b","match":{"value":2}}]}}})",
        payload));
}

TEST(filter, knows_the_shape_of_the_earth) {
    // Berlin to Paris: 878 km.
    const char* berlin = R"({"at":{"lat":52.5200,"lon":13.4050}})";
    EXPECT_TRUE(match(R"({"key":"at","geo_radius":{"center":{"lat":48.8566,"lon":2.3522},"radius":880000}})", berlin));
    EXPECT_FALSE(match(R"({"key":"at","geo_radius":{"center":{"lat":48.8566,"lon":2.3522},"radius":875000}})", berlin));
    const char* fiji = R"({"at":[{"lat":-17,"lon":178},{"lat":-17,"lon":-179}]})";
    EXPECT_TRUE(match(
        R"({"key":"at","geo_bounding_box":{"top_left":{"lat":-10,"lon":179},"bottom_right":{"lat":-20,"lon":-178}}})",
        fiji));
    EXPECT_FALSE(match(
        R"({"key":"at","geo_bounding_box":{"bottom_left":{"lat":-20,"lon":-178},"top_right":{"lat":-10,"lon":177}}})",
        fiji));
}

TEST(filter, reads_ids_by_their_rule) {
    EXPECT_TRUE(passes(R"({"must":[{"has_id":[42]}]})", "{}", "42"));
    EXPECT_TRUE(passes(R"({"must":[{"has_id":["42"]}]})", "{}", "42"));
    EXPECT_FALSE(passes(R"({"must":[{"has_id":["042"]}]})", "{}", "42"));
    EXPECT_TRUE(passes(R"({"must_not":[{"has_id":["b"]}]})", "{}", "a"));
}

TEST(filter, survives_bytes_that_are_no_json) {
    // What a failing disk may leave in a payload: any answer, but no step out of bounds.
    const Filter filter =
        Filter::parse(
            R"({"should":[{"key":"a[].b","match":{"value":"x\\"}},{"key":"a","geo_radius":{"center":{"lat":1,"lon":1},"radius":5}},
        {"nested":{"key":"a","filter":{"must":[{"key":"c[1]","range":{"gt":"2024-01-01T00:00:00Z"}}]}}}]})")
            .take();
    const std::string good =
        R"({"a":[{"b":"x\\\u00e4","c":[1,"2024-02-01T00:00:00.5+01:00"]},{"lat":1,"lon":1e0}],"a":{"b":[[[]]]}})";
    for (size_t size = 0; size <= good.size(); ++size) {
        for (const char byte : {'"', '\\', '{', '[', ']', '}', ',', ':', '\0', 'n', '-'}) {
            // On the heap in its exact size, so that a sanitizer sees a step too far.
            std::unique_ptr<char[]> bytes(new char[size]);
            for (size_t at = 0; at < size; at += 7) {
                good.copy(bytes.get(), size);
                bytes[at] = byte;
                static_cast<void>(filter.matches(*parse_id("1"), {bytes.get(), size}));
            }
        }
    }
    const std::string deep(200'000, '[');
    static_cast<void>(filter.matches(*parse_id("1"), R"({"a":)" + deep));
}

}  // namespace
}  // namespace vz
