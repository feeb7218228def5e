#include "frontends/json/reader.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace vz::json {
namespace {

struct Memory {
    std::vector<std::unique_ptr<char[]>> blocks;
    static void* take(void* owner, uint64_t bytes, uint64_t align) {
        auto& self = *static_cast<Memory*>(owner);
        uint64_t room = bytes + align;
        self.blocks.push_back(std::make_unique<char[]>(room));
        void* place = self.blocks.back().get();
        return std::align(align, bytes, place, room);
    }
    Arena arena() { return {this, &Memory::take}; }
};

// What one object with these fields reads as.
struct Seen {
    bool good = false;
    Error error;
    std::string name;
    std::vector<float> vector;
    std::string payload;
    std::vector<std::string> ids;
    uint64_t limit = 0;
    double least = 0;
    std::vector<std::string> mistakes;
};

constexpr Field kFields[] = {{"name", 0},  {"vector", 1}, {"embedding", 1}, {"payload", 2}, {"items", 3},
                             {"limit", 4}, {"most", 4},   {"any", 5},       {"least", 6},   {"threshold", 6}};
constexpr Field kItem[] = {{"id", 0}, {"vector", 1}};

Seen read(std::string text) {
    Seen seen;
    Memory memory;
    const size_t size = text.size();
    text.append(kPadding, '\xFF');
    Reader reader({text.data(), size}, memory.arena());
    seen.good = reader.read(kFields, [&](uint32_t id, Value value) {
        std::string_view view;
        switch (id) {
            case 0: {
                const bool good = reader.string(value, view);
                seen.name = view;
                return good;
            }
            case 1: {
                Floats floats;
                uint64_t count = 0;
                const bool good = reader.floats(value, floats, count);
                if (good) seen.vector.assign(floats.data, floats.data + count);
                return good;
            }
            case 2: {
                const bool good = reader.raw_object(value, view);
                seen.payload = view;
                return good;
            }
            case 3:
                return reader.array(value, [&](uint64_t, Value item) {
                    const bool good = reader.object(item, kItem, [&](uint32_t member, Value inner) {
                        Floats floats;
                        uint64_t count = 0;
                        std::string_view id_text;
                        if (member == 1) return reader.floats(inner, floats, count);
                        if (!reader.id(inner, id_text)) return false;
                        seen.ids.emplace_back(id_text);
                        return true;
                    });
                    if (good) return true;
                    if (!reader.has_mistake()) return false;
                    seen.mistakes.push_back(reader.take_mistake().field);
                    return true;
                });
            case 4: return reader.unsigned_integer(value, 1, 10'000, seen.limit);
            case 6: return reader.number(value, seen.least);
            default: return true;
        }
    });
    seen.error = reader.error();
    return seen;
}

TEST(reader, reads_fields_in_any_order) {
    const Seen seen = read(
        R"( {"payload": {"a" : [1, {"b":null}]} , "vector":[1, -2.5e0,3E-1],"name":"x\n\u00e4\ud83d\ude00", "limit":7} )");
    ASSERT_TRUE(seen.good) << seen.error.reason;
    EXPECT_EQ(seen.payload, R"({"a" : [1, {"b":null}]})");
    EXPECT_EQ(seen.name, "x\n\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(seen.vector, (std::vector<float>{1, -2.5F, 0.3F}));
    EXPECT_EQ(seen.limit, 7u);
}

TEST(reader, passes_over_a_byte_order_mark) {
    const std::string mark = "\xEF\xBB\xBF";
    const Seen seen = read(mark + R"( {"name":"x","limit":7})");
    ASSERT_TRUE(seen.good) << seen.error.reason;
    EXPECT_EQ(seen.name, "x");
    EXPECT_EQ(seen.limit, 7u);
    const Seen bad = read(mark + R"({"name":"x"} x)");
    EXPECT_FALSE(bad.good);
    EXPECT_EQ(bad.error.offset, 16u) << "of the text as it was sent";
    EXPECT_EQ(bad.error.reason, "text after the end of the value");
    EXPECT_FALSE(read(mark + mark + "{}").good);
    EXPECT_FALSE(read(mark).good);
    EXPECT_FALSE(read(R"({"name":"x"})" + mark).good);
    EXPECT_EQ(read(R"({"name":")" + mark + R"("})").name, mark) << "within a string it is a character";
}

TEST(reader, reads_base64_in_both_alphabets) {
    EXPECT_EQ(read(R"({"vector":"AACAPwAAAEA="})").vector, (std::vector<float>{1, 2}));
    EXPECT_EQ(read(R"({"vector":"AACAPwAAAEA"})").vector, (std::vector<float>{1, 2}));
    EXPECT_FALSE(read(R"({"vector":"AACAPwAAAE"})").good);
    EXPECT_FALSE(read(R"({"vector":"AACAf"})").good);
    EXPECT_FALSE(read(R"({"vector":"AADAfw=="})").good);  // NaN
    EXPECT_FALSE(read(R"({"vector":""})").good);
}

TEST(reader, refuses_what_is_not_json_with_the_offset) {
    const struct {
        const char* text;
        uint64_t offset;
    } cases[] = {
        {"", 0},
        {"{", 1},
        {R"({"name":"x"} x)", 13},
        {R"({"name":"x"}{})", 12},
        {R"({"name":"x",})", 12},
        {R"({"name" "x"})", 8},
        {R"({"limit":01})", 10},
        {R"({"limit":1.})", 11},
        {R"({"vector":[1,NaN]})", 13},
        {R"({"vector":[1,]})", 13},
        {R"({"vector":[1 2]})", 13},
        {R"({"vector":[1,2})", 14},
        {R"({"name":"\ud800x"})", 9},
        {"{\"name\":\"\xFF\"}", 9},
        {"{\"name\":\"a\nb\"}", 10},
        {R"({"name":"x)", 10},
        {R"({"any":nul})", 7},
        {R"({"any":tru,"limit":1})", 7},
        {R"({"name":"a"b})", 11},
    };
    for (const auto& one : cases) {
        const Seen seen = read(one.text);
        EXPECT_FALSE(seen.good) << one.text;
        EXPECT_EQ(seen.error.fault, Fault::kSyntax) << one.text;
        EXPECT_EQ(seen.error.offset, one.offset) << one.text << ": " << seen.error.reason;
    }
}

TEST(reader, refuses_mistakes_with_the_path) {
    const struct {
        const char* text;
        const char* field;
    } cases[] = {
        {R"([1])", ""},
        {R"({"name":1})", "name"},
        {R"({"limit":0})", "limit"},
        {R"({"limit":10001})", "limit"},
        {R"({"limit":1.0})", "limit"},
        {R"({"limit":99999999999999999999})", "limit"},
        {R"({"limit":-1})", "limit"},
        {R"({"vector":[1,1e39]})", "vector[1]"},
        {R"({"vector":[1,1e400]})", "vector[1]"},
        {R"({"vector":[1,-1e400,2]})", "vector[1]"},
        {R"({"vector":[1,"2"]})", "vector[1]"},
        {R"({"vector":[1,[2]]})", "vector[1]"},
        {R"({"vector":[]})", "vector"},
        {R"({"embedding":{}})", "embedding"},
        {R"({"vectr":[1]})", "vectr"},
        {R"({"vector":[1],"embedding":[2]})", "embedding"},
        {R"({"vector":[1],"embedding":[12]})", "embedding"},
        {R"({"payload":[1]})", "payload"},
    };
    for (const auto& one : cases) {
        const Seen seen = read(one.text);
        EXPECT_FALSE(seen.good) << one.text;
        EXPECT_EQ(seen.error.fault, Fault::kMistake) << one.text << ": " << seen.error.reason;
        EXPECT_EQ(seen.error.field, one.field) << one.text;
    }
    EXPECT_NE(read(R"({"vectr":[1]})").error.reason.find("\"vector\""), std::string::npos);
}

TEST(reader, takes_two_names_with_one_value_and_no_key_twice) {
    EXPECT_TRUE(read(R"({"vector":[1, 2],"embedding":[1, 2]})").good);
    EXPECT_FALSE(read(R"({"vector":[1,2],"embedding":[1,3]})").good);
    EXPECT_EQ(read(R"({"limit":10,"most":10})").limit, 10U);
    for (const char* text :
         {R"({"least":10,"threshold":1e1})", R"({"least":10.00,"threshold":10.0})", R"({"threshold":10,"least":10})"}) {
        EXPECT_EQ(read(text).least, 10) << text << read(text).error.reason;
    }
    for (const char* text : {R"({"limit":10,"most":1e1})", R"({"limit":10,"most":10.0})"}) {
        const Seen other_kind = read(text);
        EXPECT_EQ(other_kind.error.field, "most") << text;
        EXPECT_EQ(other_kind.error.reason, "must be an integer") << text;
    }
    for (const char* text : {R"({"limit":10,"most":11})", R"({"limit":10,"most":10.5})", R"({"limit":10,"most":"10"})",
                             R"({"limit":1,"most":10})"}) {
        EXPECT_FALSE(read(text).good) << text;
    }
    const Seen with_null = read(R"({"vector":[1,2],"embedding":null,"limit":3})");
    EXPECT_TRUE(with_null.good) << with_null.error.reason;
    EXPECT_EQ(with_null.vector, (std::vector<float>{1, 2}));
    EXPECT_EQ(with_null.limit, 3u);
    const Seen twice = read(R"({"limit":1,"limit":1})");
    EXPECT_FALSE(twice.good);
    EXPECT_EQ(twice.error.fault, Fault::kSyntax);
}

TEST(reader, goes_on_after_a_mistake_in_one_item) {
    const Seen seen = read(
        R"({"items":[{"id":"a","vector":[1]},{"id":{"deep":[1,2]},"vector":[1]},{"id":7},{"vector":[1,"x",3],"id":"c"},{"idd":1},5,{"id":"d"}],"limit":3})");
    ASSERT_TRUE(seen.good) << seen.error.reason << seen.error.field;
    EXPECT_EQ(seen.ids, (std::vector<std::string>{"a", "7", "d"}));
    EXPECT_EQ(seen.mistakes,
              (std::vector<std::string>{"items[1].id", "items[3].vector[1]", "items[4].idd", "items[5]"}));
    EXPECT_EQ(seen.limit, 3u);
}

TEST(reader, hands_over_what_is_sought_behind_a_mistake) {
    const struct {
        const char* text;
        const char* field;
    } cases[] = {
        {R"({"vector":[1,[2,"x"],3],"id":"q"})", "vector[1]"}, {R"({"vector":{"id":"deep"},"id":"q"})", "vector"},
        {R"({"idd":{"id":1},"vector":[1],"id":"q"})", "idd"},  {R"({"id":"q","vector":[],"more":1})", "vector"},
        {R"({"vectr":1,"vector":"?","id":"q"})", "vectr"},
    };
    for (const auto& one : cases) {
        Memory memory;
        std::string text(one.text);
        const size_t size = text.size();
        text.append(kPadding, ' ');
        Reader reader({text.data(), size}, memory.arena());
        std::string_view id;
        auto on_field = [&](uint32_t member, Value value) {
            Floats floats;
            uint64_t count = 0;
            return member == 0 ? reader.string(value, id) : reader.floats(value, floats, count);
        };
        EXPECT_FALSE(reader.read(kItem, on_field, 0)) << one.text;
        EXPECT_EQ(reader.error().fault, Fault::kMistake) << one.text;
        EXPECT_EQ(reader.error().field, one.field) << one.text;
        EXPECT_EQ(id, "q") << one.text;
    }
}

// The correctly rounded float32 of a decimal text.
float reference(const std::string& text) {
    float value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

TEST(reader, rounds_floats_correctly) {
    const char* cases[] = {"0.1",
                           "16777217",
                           "16777216.999999999",
                           "1.00000005960464477539062500000001",
                           "1.000000059604644775390625",
                           "3.4028235e38",
                           "3.4028235677973362e38",
                           "1e-45",
                           "7.1e-46",
                           "1.17549435e-38",
                           "1.17549428e-38",
                           "-0.0",
                           "1.17549421069244107548702944485e-38",
                           "0.000000000000000000000000000000000000000000001"};
    for (const char* text : cases) {
        const Seen seen = read(std::string("{\"vector\":[") + text + "]}");
        ASSERT_TRUE(seen.good) << text;
        EXPECT_EQ(std::bit_cast<uint32_t>(seen.vector[0]), std::bit_cast<uint32_t>(reference(text))) << text;
    }
    EXPECT_FALSE(read(R"({"vector":[3.4028235677973367e38]})").good);
    EXPECT_EQ(read(R"({"vector":[1e-400]})").vector[0], 0.0F);
    EXPECT_EQ(read(R"({"vector":[1e-60]})").vector[0], 0.0F);
}

TEST(reader, rounds_random_middles_correctly) {
    std::mt19937_64 random(20260131);
    for (int i = 0; i < 20'000; ++i) {
        const auto bits = static_cast<uint32_t>(random() % 0x7F7FFFFFu);
        const double low = std::bit_cast<float>(bits);
        const double high = std::bit_cast<float>(bits + 1);
        char text[64];
        const int size = std::snprintf(text, sizeof text, "%.17g", low + (high - low) / 2);
        const std::string number(text, static_cast<size_t>(size));
        const Seen seen = read("{\"vector\":[" + number + "]}");
        ASSERT_TRUE(seen.good) << number;
        ASSERT_EQ(std::bit_cast<uint32_t>(seen.vector[0]), std::bit_cast<uint32_t>(reference(number))) << number;
    }
}

// Up to 19 digits are rounded twice where that is safe: next to a middle it is not.
TEST(reader, rounds_decimals_next_to_middles_correctly) {
    constexpr uint64_t kSeed = 20261130;
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 50'000; ++i) {
        const float low =
            std::ldexp(1 + static_cast<float>(random() % (1 << 23)) / (1 << 23), -static_cast<int>(i % 24));
        const double middle = (static_cast<double>(low) + std::nextafter(low, 4.0F)) / 2;
        char text[64];
        const int decimals = 14 + static_cast<int>(random() % 5);
        std::snprintf(text, sizeof text, "%.*f", decimals, middle);
        const Seen seen = read(std::string("{\"vector\":[") + text + ",-" + text + "]}");
        ASSERT_TRUE(seen.good) << text;
        const uint32_t wanted = std::bit_cast<uint32_t>(std::strtof(text, nullptr));
        ASSERT_EQ(std::bit_cast<uint32_t>(seen.vector[0]), wanted) << text << ", seed " << kSeed;
        ASSERT_EQ(std::bit_cast<uint32_t>(-seen.vector[1]), wanted) << text << ", seed " << kSeed;
    }
}

TEST(reader, reads_vectors_as_the_grammar_has_them) {
    const Seen seen = read("{\"vector\": [ 1 ,\t-0.5e1\n,\r0, 1234567 ,12345678,-7 ] }");
    ASSERT_TRUE(seen.good) << seen.error.reason;
    EXPECT_EQ(seen.vector, (std::vector<float>{1, -5, 0, 1234567, 12345678, -7}));
    for (const char* array :
         {"[1 2]", "[1,,2]", "[,1]",    "[1,]", "[,]",   "[01]",  "[-01.5]", "[1.]", "[.5]",    "[-]",    "[+1]",
          "[1e]",  "[1e+]",  "[1.5.5]", "[1x]", "[1-2]", "[1:2]", "[1}",     "[1",   "[1\v,2]", "[0x10]", "[nan]"}) {
        const Seen bad = read(std::string("{\"vector\":") + array + "}");
        EXPECT_FALSE(bad.good) << array;
        EXPECT_EQ(bad.error.fault, Fault::kSyntax) << array;
    }
}

// As texts of numeric(38,20) and the like are, and far longer than 64 bits hold.
TEST(reader, rounds_many_decimals_correctly) {
    constexpr uint64_t kSeed = 20260311;
    std::mt19937_64 random(kSeed);
    for (size_t decimals = 17; decimals <= 40; ++decimals) {
        std::vector<std::string> numbers;
        std::string row;
        for (int i = 0; i < 500; ++i) {
            std::string number = i % 2 == 0 ? "0." : "-0.";
            number.append(random() % decimals, '0');
            while (number.size() < decimals + number.find('.') + 1)
                number += static_cast<char>('0' + random() % (i % 5 == 0 ? 1 : 10));
            if (i % 7 == 0) number += "e-3";
            row.append(row.empty() ? "" : i % 3 == 0 ? " ,\n " : ",").append(number);
            numbers.push_back(std::move(number));
        }
        const Seen seen = read("{\"vector\":[" + row + "]}");
        ASSERT_TRUE(seen.good) << decimals;
        ASSERT_EQ(seen.vector.size(), numbers.size());
        for (size_t i = 0; i < numbers.size(); ++i) {
            ASSERT_EQ(std::bit_cast<uint32_t>(seen.vector[i]),
                      std::bit_cast<uint32_t>(std::strtof(numbers[i].c_str(), nullptr)))
                << numbers[i] << ", seed " << kSeed;
        }
    }
}

TEST(reader, survives_every_cut_and_flip) {
    const std::string whole =
        R"({"name":"a\u0041","vector":[1,2.5e3],"payload":{"k":[true,null]},"items":[{"id":1,"vector":"AACAPw=="}],"limit":9})";
    for (size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(read(whole.substr(0, cut)).good) << cut;
    std::mt19937 random(7);
    for (int i = 0; i < 50'000; ++i) {
        std::string text = whole;
        for (auto n = 1 + random() % 3; n != 0; --n) text[random() % text.size()] = static_cast<char>(random() % 256);
        const Seen seen = read(text);
        // Only the slices that are handed out raw, and keys' escapes, are left to others to check.
        if (seen.good && check_json(seen.payload, nullptr, nullptr)) {
            EXPECT_TRUE(check_json(text, nullptr, nullptr)) << text;
        }
    }
}

TEST(check_json, agrees_with_the_grammar) {
    for (const char* text : {"null", " [ ] ", "{}", "[1,-0,0.5,1e5,1E+5,1e-5]", R"({"a":"\"\\\/\b\f\n\r\t\u0000"})",
                             R"("\ud83d\ude00")", "\"\xC3\xA4\""}) {
        EXPECT_TRUE(check_json(text, nullptr, nullptr)) << text;
    }
    for (const char* text : {"",
                             "nul",
                             "[1,]",
                             "{\"a\"}",
                             "{a:1}",
                             "[01]",
                             "[+1]",
                             "[.5]",
                             "[1.]",
                             "[1e]",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\udc00\"",
                             "\"\xC0\x80\"",
                             "\"\xED\xA0\x80\"",
                             "\"\xF4\x90\x80\x80\"",
                             "[1}",
                             "{\"a\":1]",
                             "1 2",
                             "\"\t\""}) {
        EXPECT_FALSE(check_json(text, nullptr, nullptr)) << text;
    }
    EXPECT_TRUE(check_json(std::string(64, '[') + std::string(64, ']'), nullptr, nullptr));
    EXPECT_FALSE(check_json(std::string(65, '[') + std::string(65, ']'), nullptr, nullptr));
}

TEST(nearest, finds_misspellings_only) {
    const std::string_view names[] = {"vector", "with_payload", "limit"};
    EXPECT_EQ(nearest("vectors", names), "vector");
    EXPECT_EQ(nearest("with_payloads", names), "with_payload");
    EXPECT_EQ(nearest("Limit", names), "limit");
    EXPECT_EQ(nearest("quantization", names), "");
}

}  // namespace
}  // namespace vz::json
