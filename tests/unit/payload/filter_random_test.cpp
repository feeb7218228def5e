// Random filters over random payloads: the compiled filter answers what the slow one does.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/payload/field_index.hpp"
#include "engine/payload/filter.hpp"
#include "engine/payload/json.hpp"
#include "tests/support/random.hpp"
#include "tests/unit/payload/slow_filter.hpp"

namespace vz {
namespace {

using slow::Value;
using Members = std::vector<std::pair<std::string, Value>>;

uint64_t pairs_wanted = 5'000'000;

// Few keys and few values, so that filters meet payloads.
class Generator {
 public:
    explicit Generator(uint64_t seed) : random_(seed) {}

    Value payload() { return object(0); }
    // A filter of one condition on a field.
    Value field_filter() {
        for (;;) {
            Value one = condition(4);
            if (one.member("key") != nullptr) return Value::of_object({{"must", std::move(one)}});
        }
    }
    std::string index_path() { return path(); }
    Value filter() { return filter(0); }
    std::string id() { return kIds[random_.below(std::size(kIds))]; }

    // With random white space and escapes.
    void write(const Value& value, std::string* out) {
        space(out);
        switch (value.kind) {
            case Value::Kind::kNull: *out += "null"; break;
            case Value::Kind::kBool: *out += value.flag ? "true" : "false"; break;
            case Value::Kind::kNumber: *out += value.text; break;
            case Value::Kind::kText: write_text(value.text, out); break;
            case Value::Kind::kList: {
                *out += '[';
                for (size_t i = 0; i < value.list.size(); ++i) {
                    if (i != 0) *out += ',';
                    write(value.list[i], out);
                }
                space(out);
                *out += ']';
                break;
            }
            case Value::Kind::kObject: {
                *out += '{';
                for (size_t i = 0; i < value.members.size(); ++i) {
                    if (i != 0) *out += ',';
                    space(out);
                    write_text(value.members[i].first, out);
                    space(out);
                    *out += ':';
                    write(value.members[i].second, out);
                }
                space(out);
                *out += '}';
                break;
            }
        }
        space(out);
    }

 private:
    static constexpr const char* kKeys[] = {"a", "b", "c", "d", "x.y", "k\xC3\xA4", "q\"q", ""};
    static constexpr const char* kTexts[] = {"",
                                             "a",
                                             "ab",
                                             "abc",
                                             "bc",
                                             "c\\d",
                                             "say \"hi\"",
                                             "\xC3\xA4\xC3\xB6",
                                             "\xF0\x9F\x98\x80",
                                             "1",
                                             "true",
                                             "line\nline",
                                             "2024-02-29T12:00:00Z",
                                             "2024-02-29T13:00:00+01:00",
                                             "2023-02-29T12:00:00Z",
                                             "2024-02-29t12:00:00.000001z",
                                             "2024-02-29T12:00:00.0000019Z",
                                             "1969-12-31T23:59:60Z",
                                             "2024-02-29",
                                             "0001-01-01T00:00:00Z",
                                             "9999-12-31T23:59:59.999999-23:59"};
    static constexpr const char* kNumbers[] = {"0",
                                               "-0",
                                               "1",
                                               "1.0",
                                               "1e0",
                                               "-1",
                                               "2",
                                               "2.5",
                                               "-2.5",
                                               "9007199254740993",
                                               "9007199254740992.0",
                                               "18446744073709551615",
                                               "-9223372036854775808",
                                               "1e308",
                                               "5e-324",
                                               "0.1",
                                               "3",
                                               "10",
                                               "1E1",
                                               "0.30000000000000004"};
    static constexpr const char* kIds[] = {"1", "2", "3", "a", "b", "00000000-0000-0000-0000-000000000001"};

    void space(std::string* out) {
        if (random_.chance(6)) *out += " \n\t\r"[random_.below(4)];
    }

    void write_text(const std::string& text, std::string* out) {
        *out += '"';
        for (size_t i = 0; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            char escape[8];
            std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
            if (text[i] == '"' || text[i] == '\\') {
                *out += '\\';
                *out += text[i];
            } else if (text[i] == '\n') {
                *out += random_.chance(50) ? "\\n" : "\\u000A";
            } else if (byte < 0x80 && random_.chance(4)) {
                *out += escape;
            } else if (byte == 0xF0 && random_.chance(50)) {
                *out += "\\ud83D\\uDe00";
                i += 3;
            } else {
                *out += text[i];
            }
        }
        *out += '"';
    }

    std::string key() { return kKeys[random_.below(random_.chance(80) ? 3 : std::size(kKeys))]; }
    Value text() { return Value::of_text(kTexts[random_.below(random_.chance(70) ? 6 : std::size(kTexts))]); }
    Value number() { return Value::of_number(kNumbers[random_.below(std::size(kNumbers))]); }
    Value integer() { return Value::of_integer(static_cast<long long>(random_.below(4)) - 1); }

    Value coordinate(long long limit) {
        return random_.chance(10) ? Value::of_number(std::to_string(limit))
                                  : Value::of_integer(static_cast<long long>(random_.below(41)) - 20);
    }
    Value place() {
        return Value::of_object(
            {{"lat", coordinate(random_.chance(20) ? 91 : 90)}, {"lon", coordinate(random_.chance(20) ? -181 : 180)}});
    }

    Value object(int depth) {
        Value value = Value::of_object({});
        for (uint64_t left = random_.below(5); left != 0; --left) value.members.emplace_back(key(), any(depth + 1));
        return value;
    }

    Value any(int depth) {
        switch (random_.below(depth > 3 ? 8 : 11)) {
            case 0: return Value();
            case 1: return Value::of(random_.chance(50));
            case 2: return number();
            case 3: return integer();
            case 4:
            case 5:
            case 6: return text();
            case 7: return place();
            case 8: return object(depth);
            default: {
                Value list = Value::of_list({});
                for (uint64_t left = random_.below(4); left != 0; --left) list.list.push_back(any(depth + 1));
                return list;
            }
        }
    }

    std::string path() {
        std::string path;
        do {
            if (!path.empty()) path += '.';
            const std::string part = key();
            if (part.empty() || part.find_first_of(".[]\"") != std::string::npos || random_.chance(5)) {
                path += '"';
                for (const char c : part) {
                    if (c == '"' || c == '\\') path += '\\';
                    path += c;
                }
                path += '"';
            } else {
                path += part;
            }
            while (random_.chance(15)) path += random_.chance(60) ? "[]" : "[" + std::to_string(random_.below(3)) + "]";
        } while (random_.chance(25));
        return path;
    }

    Value range(const std::function<Value()>& bound) {
        static constexpr const char* kBounds[] = {"gt", "gte", "lt", "lte"};
        Value range = Value::of_object({});
        const uint64_t chosen = 1 + random_.below(15);
        for (size_t i = 0; i < 4; ++i) {
            if ((chosen >> i & 1) != 0) range.members.emplace_back(kBounds[i], bound());
        }
        return range;
    }

    Value corner(double lat, double lon) {
        return Value::of_object(
            {{"lat", Value::of_number(std::to_string(lat))}, {"lon", Value::of_number(std::to_string(lon))}});
    }

    Value match() {
        const auto list = [&] {
            Value values = Value::of_list({});
            const bool texts = random_.chance(60);
            for (uint64_t left = random_.below(4); left != 0; --left) values.list.push_back(texts ? text() : integer());
            return values;
        };
        switch (random_.below(6)) {
            case 0: return Value::of_object({{"any", list()}});
            case 1: return Value::of_object({{"except", list()}});
            case 2: return Value::of_object({{"text", text()}});
            case 3: return Value::of_object({{"prefix", text()}});
            case 4: return Value::of_object({{"suffix", text()}});
            default:
                return Value::of_object({{"value", random_.chance(50)   ? text()
                                                   : random_.chance(80) ? integer()
                                                                        : Value::of(random_.chance(50))}});
        }
    }

    Value condition(int depth) {
        const auto with_key = [&](const char* name, Value operand) {
            Members members{{"key", Value::of_text(path())}, {name, std::move(operand)}};
            if (random_.chance(30)) std::swap(members[0], members[1]);
            return Value::of_object(std::move(members));
        };
        switch (random_.below(depth > 3 ? 11 : 13)) {
            case 0:
            case 1:
            case 2: return with_key("match", match());
            case 3: return with_key("range", range([&] { return number(); }));
            case 4: {
                static constexpr const char* kTimes[] = {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000001Z",
                                                         "1970-01-01T00:00:00Z", "2024-02-29T14:00:00+02:00"};
                return with_key("range", range([&] { return Value::of_text(kTimes[random_.below(4)]); }));
            }
            case 5:
                return with_key("geo_radius",
                                Value::of_object(
                                    {{"center", corner(static_cast<double>(random_.below(21)) - 10,
                                                       static_cast<double>(random_.below(21)) - 10)},
                                     {"radius", Value::of_integer(static_cast<long long>(random_.below(3'000'000)))}}));
            case 6: {
                const double top = static_cast<double>(random_.below(20));
                const double bottom = -static_cast<double>(random_.below(20));
                const double left = static_cast<double>(random_.below(40)) - 20;
                const double right = static_cast<double>(random_.below(40)) - 20;
                Members corners =
                    random_.chance(50)
                        ? Members{{"top_left", corner(top, left)}, {"bottom_right", corner(bottom, right)}}
                        : Members{{"bottom_left", corner(bottom, left)}, {"top_right", corner(top, right)}};
                return with_key("geo_bounding_box", Value::of_object(std::move(corners)));
            }
            case 7:
                return with_key("values_count",
                                range([&] { return Value::of_integer(static_cast<long long>(random_.below(4))); }));
            case 8: return with_key("is_empty", Value::of(random_.chance(50)));
            case 9: {
                if (random_.chance(50)) return with_key("is_null", Value::of(random_.chance(50)));
                return Value::of_object({{random_.chance(50) ? "is_null" : "is_empty",
                                          Value::of_object({{"key", Value::of_text(path())}})}});
            }
            case 10: {
                Value ids = Value::of_list({});
                for (uint64_t left = random_.below(4); left != 0; --left) {
                    const std::string id = this->id();
                    ids.list.push_back(id.size() == 1 && id[0] <= '9' && random_.chance(50) ? Value::of_number(id)
                                                                                            : Value::of_text(id));
                }
                return Value::of_object({{"has_id", std::move(ids)}});
            }
            case 11:
                return Value::of_object({{"nested", Value::of_object({{"key", Value::of_text(path_without_each())},
                                                                      {"filter", filter(depth + 1)}})}});
            default: {
                Value inner = filter(depth + 1);
                if (inner.members.empty()) inner.members.emplace_back("must", Value::of_list({}));
                return inner;
            }
        }
    }

    // A trailing [] of a nested key means nothing; the slow filter does not know that.
    std::string path_without_each() {
        std::string path = this->path();
        while (path.ends_with("[]")) path.resize(path.size() - 2);
        return path;
    }

    Value conditions(int depth) {
        if (random_.chance(30)) return condition(depth);
        Value list = Value::of_list({});
        for (uint64_t left = random_.below(4); left != 0; --left) list.list.push_back(condition(depth));
        return list;
    }

    Value filter(int depth) {
        Value filter = Value::of_object({});
        if (random_.chance(60)) filter.members.emplace_back("must", conditions(depth));
        if (random_.chance(30)) filter.members.emplace_back("should", conditions(depth));
        if (random_.chance(30)) filter.members.emplace_back("must_not", conditions(depth));
        if (random_.chance(10)) {
            filter.members.emplace_back(
                "min_should",
                Value::of_object({{"conditions", conditions(depth)},
                                  {"min_count", Value::of_integer(static_cast<long long>(random_.below(4)))}}));
        }
        return filter;
    }

    Random random_;
};

TEST(filter, agrees_with_an_obvious_evaluator) {
    const uint64_t seed = 7;
    Generator generator(seed);
    uint64_t passed = 0;
    uint64_t done = 0;
    constexpr uint64_t kPayloads = 100;
    while (done < pairs_wanted) {
        struct Point {
            std::string id;
            Value tree;
            std::string text;
        };
        std::vector<Point> points;
        for (uint64_t i = 0; i < kPayloads; ++i) {
            Point& point = points.emplace_back(Point{generator.id(), generator.payload(), ""});
            generator.write(point.tree, &point.text);
            const Status valid = validate_payload(point.text);
            ASSERT_TRUE(valid.ok()) << valid.error().message << " " << point.text;
        }
        for (int i = 0; i < 20; ++i) {
            const Value tree = generator.filter();
            std::string text;
            generator.write(tree, &text);
            const Result<Filter> filter = Filter::parse(text);
            ASSERT_TRUE(filter.ok()) << filter.status().error().message << " at " << filter.status().error().field
                                     << " of " << text;
            for (const Point& point : points) {
                const bool wanted = slow::matches(tree, point.id, point.tree);
                const IdView id = *parse_id(point.id);
                ASSERT_EQ(filter->matches(id, point.text), wanted)
                    << "seed " << seed << "\nfilter " << text << "\nid " << point.id << "\npayload " << point.text;
                passed += wanted ? 1 : 0;
                ++done;
            }
        }
    }
    // Neither answer may be rare, or the comparison proves little.
    EXPECT_GT(passed, done / 5);
    EXPECT_LT(passed, done * 4 / 5);
    std::printf("GATE unit.filter_pairs %s pairs=%llu passed=%llu seed=%llu\n", HasFailure() ? "FAIL" : "PASS",
                static_cast<unsigned long long>(done), static_cast<unsigned long long>(passed),
                static_cast<unsigned long long>(seed));
}

TEST(field_index, knows_what_the_filter_says) {
    const uint64_t seed = 11;
    Generator generator(seed);
    uint64_t exact = 0;
    uint64_t superset = 0;
    for (int round = 0; round < 300; ++round) {
        std::vector<std::string> texts(100);
        std::vector<std::string_view> payloads;
        for (size_t i = 0; i < texts.size(); ++i) {
            if (i % 20 != 19) generator.write(generator.payload(), &texts[i]);
            payloads.push_back(texts[i]);
        }
        for (const uint32_t kind :
             {VZ_FIELD_INDEX_KEYWORD, VZ_FIELD_INDEX_INTEGER, VZ_FIELD_INDEX_FLOAT, VZ_FIELD_INDEX_BOOL,
              VZ_FIELD_INDEX_DATETIME, VZ_FIELD_INDEX_UUID, VZ_FIELD_INDEX_GEO}) {
            const char* const usual[] = {"a", "b", "c", "a.b", "a[]"};
            const std::string path = round % 3 == 0 ? generator.index_path() : usual[round % std::size(usual)];
            Result<FieldIndex> index =
                FieldIndex::own(build_field_index({kind, path}, payloads), static_cast<uint32_t>(payloads.size()));
            ASSERT_TRUE(index.ok());
            for (int i = 0; i < 100; ++i) {
                std::string text;
                generator.write(generator.field_filter(), &text);
                const Filter filter = Filter::parse(text).take();
                const FilterNode& node = filter.root().children[0];
                const bool is_negated = node.kind == FilterNode::Kind::kNot;
                const FieldTest& test = is_negated ? node.children[0].test : node.test;
                std::vector<uint64_t> words(2);
                const FieldIndex::Answer answer = index->find(test, words);
                if (answer == FieldIndex::Answer::kNone) continue;
                (answer == FieldIndex::Answer::kExact ? exact : superset) += 1;
                for (size_t row = 0; row < payloads.size(); ++row) {
                    const bool holds =
                        filter.matches(*parse_id("1"), payloads[row].empty() ? "{}" : payloads[row]) != is_negated;
                    const bool found = (words[row / 64] >> (row % 64) & 1) != 0;
                    if (answer == FieldIndex::Answer::kExact || holds) {
                        ASSERT_EQ(found, holds) << "seed " << seed << " kind " << kind << " path " << path << "\n"
                                                << text << "\n"
                                                << payloads[row];
                    }
                }
                EXPECT_EQ(words[1] >> (payloads.size() - 64), 0U);
            }
        }
    }
    EXPECT_GT(exact, 5'000U);
    EXPECT_GT(superset, 50U);
}

TEST(field_index, survives_any_bytes) {
    Generator generator(12);
    Random random(13);
    std::vector<std::string> texts(70);
    std::vector<std::string_view> payloads;
    for (std::string& text : texts) {
        generator.write(generator.payload(), &text);
        payloads.push_back(text);
    }
    std::vector<Filter> filters;
    for (int i = 0; i < 50; ++i) {
        std::string text;
        generator.write(generator.field_filter(), &text);
        filters.push_back(Filter::parse(text).take());
    }
    for (const uint32_t kind : {VZ_FIELD_INDEX_KEYWORD, VZ_FIELD_INDEX_INTEGER, VZ_FIELD_INDEX_GEO}) {
        const std::vector<std::byte> good = build_field_index({kind, "a"}, payloads);
        for (int round = 0; round < 3000; ++round) {
            std::vector<std::byte> bad = good;
            for (uint64_t left = 1 + random.below(4); left != 0; --left)
                bad[random.below(bad.size())] = static_cast<std::byte>(random.next());
            if (random.chance(30)) bad.resize(random.below(bad.size() + 1));
            const Result<FieldIndex> index = FieldIndex::own(bad, 70);
            if (!index.ok()) continue;
            for (const Filter& filter : filters) {
                const FilterNode& node = filter.root().children[0];
                std::vector<uint64_t> words(2);
                static_cast<void>(
                    index->find(node.kind == FilterNode::Kind::kNot ? node.children[0].test : node.test, words));
            }
        }
    }
}

}  // namespace
}  // namespace vz

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    if (count > 1) vz::pairs_wanted = std::strtoull(arguments[1], nullptr, 10);
    return RUN_ALL_TESTS();
}
