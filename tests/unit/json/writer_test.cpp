#include "frontends/json/writer.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <random>
#include <vector>

#include "frontends/json/base64.hpp"
#include "frontends/json/reader.hpp"

namespace vz::json {
namespace {

template <typename F>
std::string written(F&& write) {
    Text text;
    {
        Writer out(text.target());
        write(out);
        EXPECT_FALSE(out.failed());
    }
    EXPECT_TRUE(check_json(text.text(), nullptr, nullptr)) << text.text();
    return text.text();
}

TEST(writer, places_commas) {
    EXPECT_EQ(written([](Writer& out) {
                  out.begin_object();
                  out.field("a", uint64_t{1});
                  out.key("b");
                  out.begin_array();
                  out.begin_array();
                  out.end_array();
                  out.null();
                  out.begin_object();
                  out.end_object();
                  out.boolean(false);
                  out.end_array();
                  out.field("c", "x");
                  out.field_integer("d", -5);
                  out.end_object();
              }),
              R"({"a":1,"b":[[],null,{},false],"c":"x","d":-5})");
}

TEST(writer, escapes_strings) {
    EXPECT_EQ(written([](Writer& out) { out.string(std::string_view("a\"\\\n\t\x01\x1f/\xE2\x80\xA8\0z", 13)); }),
              "\"a\\\"\\\\\\n\\t\\u0001\\u001f/\xE2\x80\xA8\\u0000z\"");
}

TEST(writer, floats_read_back_to_the_same_bits) {
    std::mt19937 random(3);
    std::vector<float> values{
        0.0F, -0.0F, 1.0F, 0.1F, 1e20F, std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()};
    while (values.size() < 1000) {
        const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
        if (std::isfinite(value)) values.push_back(value);
    }
    const std::string text = written([&](Writer& out) { out.float32_array(values.data(), values.size()); });
    const char* at = text.data() + 1;
    for (const float value : values) {
        float back = 7;
        const auto [end, error] = std::from_chars(at, text.data() + text.size(), back);
        ASSERT_EQ(error, std::errc{});
        ASSERT_EQ(std::bit_cast<uint32_t>(back), std::bit_cast<uint32_t>(value));
        at = end + 1;
    }
}

TEST(writer, rewinds_to_a_mark) {
    EXPECT_EQ(written([](Writer& out) {
                  out.begin_array();
                  out.unsigned_integer(1);
                  const Writer::Mark mark = out.mark();
                  out.string(std::string(2000, 'x'));
                  out.rewind(mark);
                  out.null();
                  out.end_array();
              }),
              "[1,null]");
}

TEST(writer, stops_when_there_is_no_room) {
    const Target full{nullptr, [](void*, uint64_t, uint64_t*) -> char* { return nullptr; }, [](void*, uint64_t) {},
                      nullptr};
    Writer out(full);
    out.begin_array();
    out.string("x");
    out.float64(1);
    out.end_array();
    EXPECT_TRUE(out.failed());
}

TEST(base64, round_trips) {
    std::mt19937 random(5);
    for (uint64_t size = 0; size < 70; ++size) {
        std::string bytes(size, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        std::string text(base64_size(size), '?');
        base64_encode(bytes.data(), size, text.data());
        ASSERT_EQ(base64_decoded_size(text), size);
        std::string back(size, '\0');
        ASSERT_TRUE(base64_decode(text, back.data()));
        EXPECT_EQ(back, bytes);
    }
    char out[8];
    EXPECT_FALSE(base64_decode("AB=C", out));
    EXPECT_FALSE(base64_decode("A!BC", out));
    EXPECT_FALSE(base64_decode("AB", out));  // stray bits
}

}  // namespace
}  // namespace vz::json
