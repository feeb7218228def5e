#include "engine/payload/field_test_parser.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

struct Bound {
    const char* name;
    bool is_low;
    bool is_excluded;
};

const Bound* bound(const std::string& name) {
    static constexpr Bound kBounds[] = {
        {"gt", true, true}, {"gte", true, false}, {"lt", false, true}, {"lte", false, false}};
    for (const Bound& each : kBounds) {
        if (name == each.name) return &each;
    }
    return nullptr;
}

void narrow(const Bound& bound, long double value, ValueRange* range) {
    long double& edge = bound.is_low ? range->low : range->high;
    bool& excluded = bound.is_low ? range->excludes_low : range->excludes_high;
    if (value == edge) {
        excluded = excluded || bound.is_excluded;
    } else if (bound.is_low ? value > edge : value < edge) {
        edge = value;
        excluded = bound.is_excluded;
    }
}

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool FieldTestParser::knows(std::string_view name) {
    return is_any_of(name, {"match", "range", "geo_radius", "geo_bounding_box", "values_count"});
}

Status FieldTestParser::parse(const std::string& name, size_t offset, FieldTest* test) {
    if (name == "match") return match(test);
    if (name == "range") return range(test);
    if (name == "geo_radius") return geo_radius(test);
    if (name == "geo_bounding_box") return geo_box(test);
    if (name == "values_count") return values_count(test);
    return in_.refuse(offset, "there is no such test");
}

Status FieldTestParser::match(FieldTest* test) {
    bool has_one = false;
    std::optional<size_t> null_at;  // a value of null is the mistake where there is no other member
    const size_t begin = in_.text.offset();
    const auto member = [&](const std::string& name, size_t offset) -> Status {
        const size_t at = in_.text.offset();
        if (is_any_of(name, {"value", "any", "except", "text", "prefix", "suffix"}) && in_.is_absent()) {
            if (name == "value") null_at = at;
            return {};
        }
        if (has_one) return in_.refuse(offset, "a match has one member");
        has_one = true;
        if (name == "value") return match_value(test);
        if (name == "any") {
            VZ_TRY(values(test));
            test->kind = test->texts.empty() ? FieldTest::Kind::kAnyInteger : FieldTest::Kind::kAnyText;
            return {};
        }
        if (name == "except") {
            test->kind = FieldTest::Kind::kExcept;
            return values(test);
        }
        if (name == "text") {
            test->kind = FieldTest::Kind::kContains;
        } else if (name == "prefix") {
            test->kind = FieldTest::Kind::kPrefix;
        } else if (name == "suffix") {
            test->kind = FieldTest::Kind::kSuffix;
        } else {
            return in_.refuse(offset, "a match has value, any, except, text, prefix or suffix");
        }
        return in_.text.take_string(&test->texts.emplace_back()) ? Status() : in_.fault();
    };
    VZ_TRY(in_.object(member));
    if (has_one) return {};
    if (!null_at) return in_.refuse(begin, "a match has value, any, except, text, prefix or suffix");
    in_.path += ".value";
    return in_.refuse(*null_at, "a string, an integer, true or false was expected");
}

Status FieldTestParser::match_value(FieldTest* test) {
    const char first = in_.text.peek();
    if (first == '"') {
        test->kind = FieldTest::Kind::kAnyText;
        return in_.text.take_string(&test->texts.emplace_back()) ? Status() : in_.fault();
    }
    if (first == 't' || first == 'f') {
        test->kind = FieldTest::Kind::kBool;
        test->flag = first == 't';
        return in_.text.take_word() ? Status() : in_.fault();
    }
    test->kind = FieldTest::Kind::kAnyInteger;
    return integer(test);
}

Status FieldTestParser::integer(FieldTest* test) {
    const size_t offset = in_.text.offset();
    const char first = in_.text.peek();
    if (first != '-' && (first < '0' || first > '9'))
        return in_.refuse("a string, an integer, true or false was expected");
    json::Number number;
    if (!in_.text.take_number(&number)) return in_.fault();
    if (!number.is_integer) return in_.refuse(offset, "numbers with fraction or exponent are matched by a range");
    test->integers.push_back(number.value);
    return {};
}

// All strings, or all integers; sorted.
Status FieldTestParser::values(FieldTest* test) {
    const auto element = [&]() -> Status {
        const bool is_text = in_.text.peek() == '"';
        if (is_text ? !test->integers.empty() : !test->texts.empty())
            return in_.refuse("a list of values has one type");
        if (is_text) {
            if (!in_.text.take_string(&test->texts.emplace_back())) return in_.fault();
        } else {
            VZ_TRY(integer(test));
        }
        const uint64_t count = test->texts.size() + test->integers.size();
        return count > kFilterValuesMax
                   ? in_.too_many("values in one list", "filter_values_max", kFilterValuesMax, count)
                   : Status();
    };
    VZ_TRY(in_.list(element));
    std::sort(test->texts.begin(), test->texts.end());
    std::sort(test->integers.begin(), test->integers.end());
    return {};
}

// value(bound) reads one and narrows the range.
template <class Value>
Status FieldTestParser::bounds(Value&& value) {
    bool has_one = false;
    const size_t begin = in_.text.offset();
    const auto member = [&](const std::string& name, size_t offset) -> Status {
        const Bound* found = bound(name);
        if (found == nullptr) return in_.refuse(offset, "a range has gt, gte, lt and lte");
        if (in_.is_absent()) return {};
        has_one = true;
        return value(*found);
    };
    VZ_TRY(in_.object(member));
    return has_one ? Status() : in_.refuse(begin, "a range has at least one of gt, gte, lt and lte");
}

Status FieldTestParser::range(FieldTest* test) {
    std::optional<bool> of_times;
    return bounds([&](const Bound& bound) -> Status {
        const bool is_time = in_.text.peek() == '"';
        const size_t offset = in_.text.offset();
        if (of_times && *of_times != is_time) return in_.refuse("a range is of numbers or of times");
        of_times = is_time;
        test->kind = is_time ? FieldTest::Kind::kTime : FieldTest::Kind::kNumber;
        if (!is_time) {
            json::Number number;
            if (!in_.text.take_number(&number)) return in_.fault();
            narrow(bound, number.value, &test->range);
            return {};
        }
        std::string text;
        int64_t time = 0;
        if (!in_.text.take_string(&text)) return in_.fault();
        if (!parse_time(text, &time)) return in_.refuse(offset, "a time is date and time of RFC 3339, with its offset");
        narrow(bound, static_cast<long double>(time), &test->range);
        return {};
    });
}

Status FieldTestParser::values_count(FieldTest* test) {
    test->kind = FieldTest::Kind::kCount;
    return bounds([&](const Bound& bound) -> Status {
        json::Number number;
        const size_t offset = in_.text.offset();
        if (!in_.text.take_number(&number)) return in_.fault();
        if (!number.is_integer || number.value < 0) return in_.refuse(offset, "a count is an integer of 0 or more");
        narrow(bound, number.value, &test->range);
        return {};
    });
}

Status FieldTestParser::finite(double* value, double limit) {
    json::Number number;
    const size_t offset = in_.text.offset();
    if (!in_.text.take_number(&number)) return in_.fault();
    *value = static_cast<double>(number.value);
    return std::abs(*value) <= limit ? Status()
                                     : in_.refuse(offset, "a latitude is within 90 and a longitude within 180 degrees");
}

Status FieldTestParser::point(GeoPoint* point) {
    bool has_lat = false;
    bool has_lon = false;
    const size_t begin = in_.text.offset();
    const auto member = [&](const std::string& name, size_t offset) -> Status {
        if (name == "lat") {
            has_lat = true;
            return finite(&point->lat, 90);
        }
        if (name != "lon") return in_.refuse(offset, "a place has lat and lon");
        has_lon = true;
        return finite(&point->lon, 180);
    };
    VZ_TRY(in_.object(member));
    return has_lat && has_lon ? Status() : in_.refuse(begin, "a place has lat and lon");
}

Status FieldTestParser::geo_radius(FieldTest* test) {
    test->kind = FieldTest::Kind::kGeoCircle;
    bool has_center = false;
    bool has_radius = false;
    const size_t begin = in_.text.offset();
    const auto member = [&](const std::string& name, size_t offset) -> Status {
        if (name == "center") {
            has_center = true;
            return point(&test->circle.center);
        }
        if (name != "radius") return in_.refuse(offset, "a circle has center and radius");
        has_radius = true;
        json::Number number;
        if (!in_.text.take_number(&number)) return in_.fault();
        test->circle.meters = static_cast<double>(number.value);
        return number.value >= 0 ? Status() : in_.refuse(offset, "a radius is 0 or more");
    };
    VZ_TRY(in_.object(member));
    return has_center && has_radius ? Status() : in_.refuse(begin, "a circle has center and radius");
}

Status FieldTestParser::geo_box(FieldTest* test) {
    test->kind = FieldTest::Kind::kGeoBox;
    std::optional<GeoPoint> top_left, top_right, bottom_left, bottom_right;
    const size_t begin = in_.text.offset();
    const auto member = [&](const std::string& name, size_t offset) -> Status {
        std::optional<GeoPoint>* corner = name == "top_left"       ? &top_left
                                          : name == "top_right"    ? &top_right
                                          : name == "bottom_left"  ? &bottom_left
                                          : name == "bottom_right" ? &bottom_right
                                                                   : nullptr;
        if (corner == nullptr) return in_.refuse(offset, "a box has two opposite corners");
        if (in_.is_absent()) return {};
        return point(&corner->emplace());
    };
    VZ_TRY(in_.object(member));
    const bool falls = top_left && bottom_right && !top_right && !bottom_left;
    const bool rises = top_right && bottom_left && !top_left && !bottom_right;
    if (!falls && !rises) return in_.refuse(begin, "a box has top_left and bottom_right, or top_right and bottom_left");
    if (falls) test->box = {top_left->lat, top_left->lon, bottom_right->lat, bottom_right->lon};
    if (rises) test->box = {top_right->lat, bottom_left->lon, bottom_left->lat, top_right->lon};
    return test->box.top >= test->box.bottom ? Status() : in_.refuse(begin, "the top of a box is not below its bottom");
}

}  // namespace vz
