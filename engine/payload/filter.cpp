#include "engine/payload/filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace vz {

using json::Number;
using json::RawString;

namespace {

constexpr double kEarthMeters = 6'371'008.8;  // mean radius, IUGG

std::string_view text_of(const RawString& raw) {
    thread_local std::string space;
    return json::unescape(raw, &space);
}

}  // namespace

bool read_geo_point(const char* at, const char* end, GeoPoint* point) {
    if (*at != '{') return false;
    Number lat, lon;
    bool has_lat = false;
    bool has_lon = false;
    json::for_each_member(at, end, [&](const RawString& key, const char* value) {
        if (json::equals(key, "lat")) has_lat = json::read_number(value, end, &lat);
        if (json::equals(key, "lon")) has_lon = json::read_number(value, end, &lon);
    });
    *point = {static_cast<double>(lat.value), static_cast<double>(lon.value)};
    return has_lat && has_lon && std::abs(point->lat) <= 90 && std::abs(point->lon) <= 180;
}

namespace {

// Of a value that is no array.
bool passes_scalar(const FieldTest& test, const char* at, const char* end) {
    using Kind = FieldTest::Kind;
    switch (test.kind) {
        case Kind::kAnyText:
        case Kind::kContains:
        case Kind::kPrefix:
        case Kind::kSuffix:
        case Kind::kTime: {
            if (*at != '"') return false;
            RawString raw;
            json::read_string(at, end, &raw);
            const std::string_view text = text_of(raw);
            if (test.kind == Kind::kAnyText)
                return std::binary_search(test.texts.begin(), test.texts.end(), text, std::less<>());
            if (test.kind == Kind::kContains) return text.find(test.texts[0]) != std::string_view::npos;
            if (test.kind == Kind::kPrefix) return text.starts_with(test.texts[0]);
            if (test.kind == Kind::kSuffix) return text.ends_with(test.texts[0]);
            int64_t time = 0;
            return parse_time(text, &time) && test.range.contains(static_cast<long double>(time));
        }
        case Kind::kAnyInteger: {
            Number number;
            return json::read_number(at, end, &number) && number.is_integer &&
                   std::binary_search(test.integers.begin(), test.integers.end(), number.value);
        }
        case Kind::kBool: return *at == (test.flag ? 't' : 'f');
        case Kind::kExcept: {
            if (*at == 'n') return false;
            if (*at == '"') {
                RawString raw;
                json::read_string(at, end, &raw);
                return !std::binary_search(test.texts.begin(), test.texts.end(), text_of(raw), std::less<>());
            }
            Number number;
            return !json::read_number(at, end, &number) || !number.is_integer ||
                   !std::binary_search(test.integers.begin(), test.integers.end(), number.value);
        }
        case Kind::kNumber: {
            Number number;
            return json::read_number(at, end, &number) && test.range.contains(number.value);
        }
        case Kind::kGeoCircle: {
            GeoPoint point;
            return read_geo_point(at, end, &point) && test.circle.contains(point);
        }
        case Kind::kGeoBox: {
            GeoPoint point;
            return read_geo_point(at, end, &point) && test.box.contains(point);
        }
        case Kind::kNull: return *at == 'n';
        case Kind::kCount:
        case Kind::kEmpty: break;
    }
    return false;
}

// An array passes if one of its elements does.
bool passes(const FieldTest& test, const char* at, const char* end) {
    // Nesting is bounded by what payloads may have; bytes that changed since may nest deeper.
    struct Walk {
        const FieldTest& test;
        const char* end;
        bool run(const char* at, uint32_t depth) const {
            if (*at != '[') return passes_scalar(test, at, end);
            return depth < kJsonDepthMax &&
                   json::any_element(at, end, [&](const char* element) { return run(element, depth + 1); });
        }
    };
    return Walk{test, end}.run(at, 0);
}

// Of an array its length, of null 0, else 1.
uint64_t count_of(const char* at, const char* end) {
    if (*at == 'n') return 0;
    if (*at != '[') return 1;
    uint64_t count = 0;
    json::any_element(at, end, [&](const char*) {
        ++count;
        return false;
    });
    return count;
}

}  // namespace

bool GeoCircle::contains(const GeoPoint& point) const {
    constexpr double kRadians = std::numbers::pi / 180;
    const double half_lat = std::sin((point.lat - center.lat) * kRadians / 2);
    const double half_lon = std::sin((point.lon - center.lon) * kRadians / 2);
    const double haversine =
        half_lat * half_lat + std::cos(center.lat * kRadians) * std::cos(point.lat * kRadians) * half_lon * half_lon;
    return 2 * kEarthMeters * std::asin(std::min(1.0, std::sqrt(haversine))) <= meters;
}

bool GeoBox::contains(const GeoPoint& point) const {
    if (point.lat > top || point.lat < bottom) return false;
    return left <= right ? point.lon >= left && point.lon <= right : point.lon >= left || point.lon <= right;
}

// One payload under one filter.
class FilterRun {
 public:
    FilterRun(const Filter& filter, const IdView& id, std::string_view payload)
        : filter_(filter), id_(id), end_(payload.data() + payload.size()) {}

    bool run(const char* at) {
        enter(0, at);
        return holds(filter_.root_, 0);
    }

 private:
    // Notes where the values of the scope's keys begin; the last of duplicates counts.
    void enter(uint32_t number, const char* object) {
        const Filter::Scope& scope = filter_.scopes_[number];
        const char** values = values_.data() + scope.first;
        std::fill_n(values, scope.keys.size(), nullptr);
        if (object >= end_ || *object != '{') return;
        json::for_each_member(object, end_, [&](const RawString& key, const char* value) {
            for (size_t i = 0; i < scope.keys.size(); ++i) {
                if (!json::equals(key, scope.keys[i])) continue;
                values[i] = value;
                return;
            }
        });
    }

    bool holds(const FilterNode& node, uint32_t scope) {
        switch (node.kind) {
            case FilterNode::Kind::kAll:
                return std::all_of(node.children.begin(), node.children.end(),
                                   [&](const FilterNode& child) { return holds(child, scope); });
            case FilterNode::Kind::kAtLeast: {
                uint32_t missing = node.min_count;
                for (auto child = node.children.begin(); missing != 0 && child != node.children.end(); ++child) {
                    if (holds(*child, scope)) --missing;
                }
                return missing == 0;
            }
            case FilterNode::Kind::kNot: return !holds(node.children[0], scope);
            case FilterNode::Kind::kField: return passes_field(node.test, scope);
            case FilterNode::Kind::kId: return std::binary_search(node.ids.begin(), node.ids.end(), id_);
            case FilterNode::Kind::kNested:
                return any_value(node.test, scope, [&](const char* at) {
                    return *at == '[' && json::any_element(at, end_, [&](const char* element) {
                        enter(node.scope, element);
                        return holds(node.children[0], node.scope);
                    });
                });
        }
        return false;
    }

    bool passes_field(const FieldTest& test, uint32_t scope) {
        if (test.kind == FieldTest::Kind::kEmpty) {
            return !any_value(test, scope, [&](const char* at) { return count_of(at, end_) != 0; });
        }
        if (test.kind == FieldTest::Kind::kCount) {
            bool is_missing = true;
            const bool any = any_value(test, scope, [&](const char* at) {
                is_missing = false;
                return test.range.contains(static_cast<long double>(count_of(at, end_)));
            });
            return any || (is_missing && test.range.contains(0));
        }
        return any_value(test, scope, [&](const char* at) { return passes(test, at, end_); });
    }

    template <class Visit>
    bool any_value(const FieldTest& test, uint32_t scope, Visit&& visit) {
        const char* at = values_[filter_.scopes_[scope].first + test.key];
        return at != nullptr && json::any_at(test.path, 1, at, end_, visit);
    }

    const Filter& filter_;
    const IdView& id_;
    const char* end_;
    std::array<const char*, kFilterConditionsMax>
        values_;  // no scope has more keys than conditions, nor have all together
};

bool Filter::matches(const IdView& id, std::string_view payload) const {
    return FilterRun(*this, id, payload).run(json::skip_space(payload.data(), payload.data() + payload.size()));
}

// ---- times ----

bool parse_time(std::string_view text, int64_t* microseconds) {
    size_t at = 0;
    const auto digits = [&](size_t count, int64_t* value) {
        if (text.size() - at < count) return false;
        *value = 0;
        for (const size_t end = at + count; at < end; ++at) {
            if (text[at] < '0' || text[at] > '9') return false;
            *value = *value * 10 + (text[at] - '0');
        }
        return true;
    };
    const auto sign = [&](char lower) {
        if (at == text.size() || (text[at] | 0x20) != lower) return false;
        ++at;
        return true;
    };
    const auto mark = [&](char wanted) {
        if (at == text.size() || text[at] != wanted) return false;
        ++at;
        return true;
    };
    int64_t year, month, day, hour, minute, second;
    if (!digits(4, &year) || !mark('-') || !digits(2, &month) || !mark('-') || !digits(2, &day)) return false;
    if (!sign('t') || !digits(2, &hour) || !mark(':') || !digits(2, &minute) || !mark(':') || !digits(2, &second))
        return false;
    static constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > kDays[month - 1] + (month == 2 && is_leap ? 1 : 0)) return false;
    if (hour > 23 || minute > 59 || second > 60) return false;
    int64_t fraction = 0;
    if (mark('.')) {
        const size_t begin = at;
        for (int64_t unit = 100'000; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
            fraction += unit * (text[at] - '0');
        if (at == begin) return false;
    }
    int64_t offset_minutes = 0;
    if (!sign('z')) {
        const bool is_west = at < text.size() && text[at] == '-';
        int64_t hours, minutes;
        if ((!is_west && !mark('+')) || (is_west && !mark('-'))) return false;
        if (!digits(2, &hours) || !mark(':') || !digits(2, &minutes) || hours > 23 || minutes > 59) return false;
        offset_minutes = (hours * 60 + minutes) * (is_west ? -1 : 1);
    }
    if (at != text.size()) return false;
    // Days since 1970 of a proleptic Gregorian date; years begin in March, so that the leap day is the last.
    const int64_t shifted = year - (month <= 2 ? 1 : 0) + 400;
    const int64_t era = shifted / 400;
    const int64_t year_of_era = shifted % 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t days =
        (era - 1) * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
    *microseconds = (((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * 1'000'000 + fraction;
    return true;
}

}  // namespace vz
