// From text to tree. What is refused is named by its path in the filter and its byte.
#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/base/bytes.hpp"
#include "engine/payload/filter.hpp"
#include "engine/payload/filter_text.hpp"

namespace vz {

class FilterParser {
 public:
    FilterParser(std::string_view json, Filter* filter) : text_(json), filter_(*filter) {}

    Status parse() {
        filter_.scopes_.resize(1);
        scope_ = 0;
        VZ_TRY(condition(&filter_.root_, Place::kRoot));
        if (!text_.take_end()) return fault();
        uint32_t first = 0;
        for (Filter::Scope& scope : filter_.scopes_) {
            scope.first = first;
            first += static_cast<uint32_t>(scope.keys.size());
        }
        return {};
    }

 private:
    enum class Place { kRoot, kList, kNested };

    // ---- failures ----

    Status refuse(size_t offset, const char* what) const {
        return failure(VZ_INVALID_ARGUMENT, "%s", what)
            .reason(VZ_REASON_FILTER)
            .field(path_)
            .actual(static_cast<int64_t>(offset));
    }
    Status refuse(const char* what) const { return refuse(text_.offset(), what); }
    Status fault() const { return refuse(text_.fault()); }
    static Status too_many(const char* of_what, const char* limit, uint64_t maximum, uint64_t actual) {
        return failure(VZ_LIMIT_EXCEEDED, "a filter has at most %llu %s", static_cast<unsigned long long>(maximum),
                       of_what)
            .reason(VZ_REASON_FILTER)
            .field(limit)
            .expected(static_cast<int64_t>(maximum))
            .actual(static_cast<int64_t>(actual));
    }

    // ---- structure ----

    // member(key, offset of the key), for a text that stands at an object.
    template <class Member>
    Status object(Member&& member) {
        if (text_.peek() != '{') return refuse("an object was expected");
        text_.take('{');
        if (text_.take_if('}')) return {};
        std::vector<std::string> seen;
        const size_t path_size = path_.size();
        do {
            text_.peek();
            const size_t offset = text_.offset();
            std::string key;
            if (!text_.take_string(&key)) return fault();
            if (!text_.take(':')) return fault();
            path_ += '.';
            path_ += key;
            if (std::find(seen.begin(), seen.end(), key) != seen.end()) return refuse(offset, "a key is given twice");
            text_.peek();
            VZ_TRY(member(key, offset));
            path_.resize(path_size);
            seen.push_back(std::move(key));
        } while (text_.take_if(','));
        return text_.take('}') ? Status() : fault();
    }

    template <class Element>
    Status list(Element&& element) {
        if (text_.peek() != '[') return refuse("a list was expected");
        text_.take('[');
        if (text_.take_if(']')) return {};
        const size_t path_size = path_.size();
        uint64_t index = 0;
        do {
            path_ += '[' + std::to_string(index++) + ']';
            text_.peek();
            VZ_TRY(element());
            path_.resize(path_size);
        } while (text_.take_if(','));
        return text_.take(']') ? Status() : fault();
    }

    // Clients that write every member of an object write null for those that nobody set.
    bool is_absent() { return text_.peek() == 'n' && text_.take_word(); }

    // ---- conditions ----

    Status condition(FilterNode* node, Place place) {
        // Filters nest; a test may stand in the innermost.
        if (++depth_ > kFilterDepthMax + 1) return too_many("levels", "filter_depth_max", kFilterDepthMax, depth_);
        const size_t begin = text_.offset();
        std::optional<FilterNode> test;
        bool is_group = false;
        bool has_key = false;
        FieldTest named;
        const auto once = [&](size_t offset, FilterNode made) -> Status {
            if (test) return refuse(offset, "a condition has one test");
            test = std::move(made);
            return {};
        };
        const auto member = [&](const std::string& key, size_t offset) -> Status {
            if (key == "must" || key == "should" || key == "must_not" || key == "min_should") {
                if (depth_ > kFilterDepthMax) return too_many("levels", "filter_depth_max", kFilterDepthMax, depth_);
                is_group = true;
                return is_absent() ? Status() : group(key, node);
            }
            if (place != Place::kList) return refuse(offset, "a filter has no such member");
            if (key == "key") {
                has_key = true;
                return read_key(&named);
            }
            FilterNode made;
            VZ_TRY(read_test(key, offset, &made));
            return once(offset, std::move(made));
        };
        VZ_TRY(object(member));
        if (is_group) {
            if (test || has_key) return refuse(begin, "a condition is a test or a filter, not both");
        } else if (place == Place::kList) {
            if (!test) return refuse(begin, "a condition has a test");
            VZ_TRY(finish_test(begin, has_key, std::move(named), &*test));
            *node = std::move(*test);
            ++filter_.conditions_;
            ++filter_.asking_;
        }
        if (place == Place::kList && ++members_ > kFilterConditionsMax) {
            return too_many("conditions", "filter_conditions_max", kFilterConditionsMax, members_);
        }
        --depth_;
        return {};
    }

    Status group(const std::string& key, FilterNode* node) {
        std::vector<FilterNode> members;
        const uint32_t asking = filter_.asking_;
        uint32_t min_count = 1;
        if (key == "min_should") {
            bool has_conditions = false;
            bool has_count = false;
            const auto member = [&](const std::string& name, size_t offset) -> Status {
                if (name == "conditions") {
                    has_conditions = true;
                    return conditions(&members);
                }
                if (name != "min_count") return refuse(offset, "min_should has conditions and min_count");
                has_count = true;
                json::Number number;
                if (!text_.take_number(&number)) return fault();
                if (!number.is_integer || number.value < 0 || number.value > UINT32_MAX)
                    return refuse(offset, "min_count is an integer of 0 or more");
                min_count = static_cast<uint32_t>(number.value);
                return {};
            };
            VZ_TRY(object(member));
            if (!has_conditions || !has_count) return refuse("min_should has conditions and min_count");
        } else {
            VZ_TRY(conditions(&members));
        }
        if (key == "must") {
            std::move(members.begin(), members.end(), std::back_inserter(node->children));
        } else if (key == "must_not") {
            for (FilterNode& member : members) node->children.push_back(negate(std::move(member)));
        } else if (key == "min_should" || !members.empty()) {
            FilterNode& any = node->children.emplace_back();
            any.kind = FilterNode::Kind::kAtLeast;
            any.min_count = min_count;
            any.children = std::move(members);
            // So that "nothing was asked" and "this many of none" differ.
            if (any.children.empty() && min_count != 0) {
                ++filter_.conditions_;
                ++filter_.asking_;
            }
            if (min_count == 0) filter_.asking_ = asking;
        }
        return {};
    }

    static FilterNode negate(FilterNode node) {
        FilterNode negated;
        negated.kind = FilterNode::Kind::kNot;
        negated.children.push_back(std::move(node));
        return negated;
    }

    Status conditions(std::vector<FilterNode>* members) {
        if (text_.peek() != '[') return condition(&members->emplace_back(), Place::kList);
        return list([&] {
            members->emplace_back();
            return condition(&members->back(), Place::kList);
        });
    }

    // ---- tests ----

    Status read_key(FieldTest* test) {
        const size_t offset = text_.offset();
        if (!text_.take_string(&test->path_text)) return fault();
        Result<Path> path = parse_path(test->path_text);
        if (!path.ok()) {
            Status failed = path.take_status();
            return failed.code() == VZ_LIMIT_EXCEEDED
                       ? std::move(failed)
                       : std::move(failed).field(path_).actual(static_cast<int64_t>(offset));
        }
        test->path = path.take();
        return {};
    }

    // Gives a test its path.
    Status finish_test(size_t begin, bool has_key, FieldTest named, FilterNode* node) {
        const bool wants_key = node->kind == FilterNode::Kind::kField || node->kind == FilterNode::Kind::kNot;
        FieldTest& test = node->kind == FilterNode::Kind::kNot ? node->children[0].test : node->test;
        const bool is_named = !test.path.empty();
        if (wants_key && !is_named && !has_key) return refuse(begin, "this test needs a key");
        if (has_key && (!wants_key || is_named)) return refuse(begin, "this test takes no key beside it");
        if (has_key) {
            test.path_text = std::move(named.path_text);
            test.path = std::move(named.path);
        }
        if (node->kind != FilterNode::Kind::kId && node->kind != FilterNode::Kind::kNested)
            test.key = number_of(test.path[0].key);
        return {};
    }

    uint32_t number_of(const std::string& key) {
        std::vector<std::string>& keys = filter_.scopes_[scope_].keys;
        const auto found = std::find(keys.begin(), keys.end(), key);
        if (found != keys.end()) return static_cast<uint32_t>(found - keys.begin());
        keys.push_back(key);
        return static_cast<uint32_t>(keys.size() - 1);
    }

    Status read_test(const std::string& name, size_t offset, FilterNode* node) {
        node->kind = FilterNode::Kind::kField;
        FieldTest& test = node->test;
        if (name == "match") return match(&test);
        if (name == "range") return range(&test);
        if (name == "geo_radius") return geo_radius(&test);
        if (name == "geo_bounding_box") return geo_box(&test);
        if (name == "values_count") return values_count(&test);
        if (name == "is_empty") return presence(FieldTest::Kind::kEmpty, node);
        if (name == "is_null") return presence(FieldTest::Kind::kNull, node);
        if (name == "has_id") return has_id(node);
        if (name == "nested") return nested(node);
        return refuse(offset, "there is no such test");
    }

    Status presence(FieldTest::Kind kind, FilterNode* node) {
        node->test.kind = kind;
        if (text_.peek() == '{') {
            bool has_key = false;
            const size_t begin = text_.offset();
            const auto member = [&](const std::string& name, size_t offset) -> Status {
                if (name != "key") return refuse(offset, "this test has a key and nothing else");
                has_key = true;
                return read_key(&node->test);
            };
            VZ_TRY(object(member));
            return has_key ? Status() : refuse(begin, "this test needs a key");
        }
        const char first = text_.peek();
        if (first != 't' && first != 'f') return refuse("true, false or an object with a key was expected");
        if (!text_.take_word()) return fault();
        if (first == 'f') {
            FilterNode plain = std::move(*node);
            *node = negate(std::move(plain));
        }
        return {};
    }

    Status match(FieldTest* test) {
        bool has_one = false;
        const size_t begin = text_.offset();
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            if (has_one) return refuse(offset, "a match has one member");
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
                return refuse(offset, "a match has value, any, except, text, prefix or suffix");
            }
            return text_.take_string(&test->texts.emplace_back()) ? Status() : fault();
        };
        VZ_TRY(object(member));
        return has_one ? Status() : refuse(begin, "a match has value, any, except, text, prefix or suffix");
    }

    Status match_value(FieldTest* test) {
        const char first = text_.peek();
        if (first == '"') {
            test->kind = FieldTest::Kind::kAnyText;
            return text_.take_string(&test->texts.emplace_back()) ? Status() : fault();
        }
        if (first == 't' || first == 'f') {
            test->kind = FieldTest::Kind::kBool;
            test->flag = first == 't';
            return text_.take_word() ? Status() : fault();
        }
        test->kind = FieldTest::Kind::kAnyInteger;
        return integer(test);
    }

    Status integer(FieldTest* test) {
        const size_t offset = text_.offset();
        const char first = text_.peek();
        if (first != '-' && (first < '0' || first > '9'))
            return refuse("a string, an integer, true or false was expected");
        json::Number number;
        if (!text_.take_number(&number)) return fault();
        if (!number.is_integer) return refuse(offset, "numbers with fraction or exponent are matched by a range");
        test->integers.push_back(number.value);
        return {};
    }

    // All strings, or all integers; sorted.
    Status values(FieldTest* test) {
        const auto element = [&]() -> Status {
            const bool is_text = text_.peek() == '"';
            if (is_text ? !test->integers.empty() : !test->texts.empty())
                return refuse("a list of values has one type");
            if (is_text) {
                if (!text_.take_string(&test->texts.emplace_back())) return fault();
            } else {
                VZ_TRY(integer(test));
            }
            const uint64_t count = test->texts.size() + test->integers.size();
            return count > kFilterValuesMax
                       ? too_many("values in one list", "filter_values_max", kFilterValuesMax, count)
                       : Status();
        };
        VZ_TRY(list(element));
        std::sort(test->texts.begin(), test->texts.end());
        std::sort(test->integers.begin(), test->integers.end());
        return {};
    }

    struct Bound {
        const char* name;
        bool is_low;
        bool is_excluded;
    };
    static const Bound* bound(const std::string& name) {
        static constexpr Bound kBounds[] = {
            {"gt", true, true}, {"gte", true, false}, {"lt", false, true}, {"lte", false, false}};
        for (const Bound& each : kBounds) {
            if (name == each.name) return &each;
        }
        return nullptr;
    }

    static void narrow(const Bound& bound, long double value, ValueRange* range) {
        long double& edge = bound.is_low ? range->low : range->high;
        bool& excluded = bound.is_low ? range->excludes_low : range->excludes_high;
        if (value == edge) {
            excluded = excluded || bound.is_excluded;
        } else if (bound.is_low ? value > edge : value < edge) {
            edge = value;
            excluded = bound.is_excluded;
        }
    }

    // value(bound) reads one and narrows the range.
    template <class Value>
    Status bounds(Value&& value) {
        bool has_one = false;
        const size_t begin = text_.offset();
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            const Bound* found = bound(name);
            if (found == nullptr) return refuse(offset, "a range has gt, gte, lt and lte");
            if (is_absent()) return {};
            has_one = true;
            return value(*found);
        };
        VZ_TRY(object(member));
        return has_one ? Status() : refuse(begin, "a range has at least one of gt, gte, lt and lte");
    }

    Status range(FieldTest* test) {
        std::optional<bool> of_times;
        return bounds([&](const Bound& bound) -> Status {
            const bool is_time = text_.peek() == '"';
            const size_t offset = text_.offset();
            if (of_times && *of_times != is_time) return refuse("a range is of numbers or of times");
            of_times = is_time;
            test->kind = is_time ? FieldTest::Kind::kTime : FieldTest::Kind::kNumber;
            if (!is_time) {
                json::Number number;
                if (!text_.take_number(&number)) return fault();
                narrow(bound, number.value, &test->range);
                return {};
            }
            std::string text;
            int64_t time = 0;
            if (!text_.take_string(&text)) return fault();
            if (!parse_time(text, &time)) return refuse(offset, "a time is date and time of RFC 3339, with its offset");
            narrow(bound, static_cast<long double>(time), &test->range);
            return {};
        });
    }

    Status values_count(FieldTest* test) {
        test->kind = FieldTest::Kind::kCount;
        return bounds([&](const Bound& bound) -> Status {
            json::Number number;
            const size_t offset = text_.offset();
            if (!text_.take_number(&number)) return fault();
            if (!number.is_integer || number.value < 0) return refuse(offset, "a count is an integer of 0 or more");
            narrow(bound, number.value, &test->range);
            return {};
        });
    }

    // ---- places ----

    Status finite(double* value, double limit) {
        json::Number number;
        const size_t offset = text_.offset();
        if (!text_.take_number(&number)) return fault();
        *value = static_cast<double>(number.value);
        return std::abs(*value) <= limit ? Status()
                                         : refuse(offset, "a latitude is within 90 and a longitude within 180 degrees");
    }

    Status point(GeoPoint* point) {
        bool has_lat = false;
        bool has_lon = false;
        const size_t begin = text_.offset();
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            if (name == "lat") {
                has_lat = true;
                return finite(&point->lat, 90);
            }
            if (name != "lon") return refuse(offset, "a place has lat and lon");
            has_lon = true;
            return finite(&point->lon, 180);
        };
        VZ_TRY(object(member));
        return has_lat && has_lon ? Status() : refuse(begin, "a place has lat and lon");
    }

    Status geo_radius(FieldTest* test) {
        test->kind = FieldTest::Kind::kGeoCircle;
        bool has_center = false;
        bool has_radius = false;
        const size_t begin = text_.offset();
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            if (name == "center") {
                has_center = true;
                return point(&test->circle.center);
            }
            if (name != "radius") return refuse(offset, "a circle has center and radius");
            has_radius = true;
            json::Number number;
            if (!text_.take_number(&number)) return fault();
            test->circle.meters = static_cast<double>(number.value);
            return number.value >= 0 ? Status() : refuse(offset, "a radius is 0 or more");
        };
        VZ_TRY(object(member));
        return has_center && has_radius ? Status() : refuse(begin, "a circle has center and radius");
    }

    Status geo_box(FieldTest* test) {
        test->kind = FieldTest::Kind::kGeoBox;
        std::optional<GeoPoint> top_left, top_right, bottom_left, bottom_right;
        const size_t begin = text_.offset();
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            std::optional<GeoPoint>* corner = name == "top_left"       ? &top_left
                                              : name == "top_right"    ? &top_right
                                              : name == "bottom_left"  ? &bottom_left
                                              : name == "bottom_right" ? &bottom_right
                                                                       : nullptr;
            if (corner == nullptr) return refuse(offset, "a box has two opposite corners");
            return point(&corner->emplace());
        };
        VZ_TRY(object(member));
        const bool falls = top_left && bottom_right && !top_right && !bottom_left;
        const bool rises = top_right && bottom_left && !top_left && !bottom_right;
        if (!falls && !rises) return refuse(begin, "a box has top_left and bottom_right, or top_right and bottom_left");
        if (falls) test->box = {top_left->lat, top_left->lon, bottom_right->lat, bottom_right->lon};
        if (rises) test->box = {top_right->lat, bottom_left->lon, bottom_left->lat, top_right->lon};
        return test->box.top >= test->box.bottom ? Status() : refuse(begin, "the top of a box is not below its bottom");
    }

    // ---- the rest ----

    Status has_id(FilterNode* node) {
        node->kind = FilterNode::Kind::kId;
        std::vector<size_t> offsets;
        const auto element = [&]() -> Status {
            offsets.push_back(text_.offset());
            std::string& text = node->id_texts.emplace_back();
            if (text_.peek() == '"') {
                if (!text_.take_string(&text)) return fault();
            } else {
                json::Number number;
                if (!text_.take_number(&number)) return fault();
                if (!number.is_integer || number.value < 0 || number.value > static_cast<long double>(UINT64_MAX)) {
                    return refuse(offsets.back(), "an id is a string or an integer of 0 or more");
                }
                text = std::to_string(static_cast<uint64_t>(number.value));
            }
            if (!parse_id(text).ok()) return refuse(offsets.back(), "an id has 1 to 256 bytes of UTF-8");
            const uint64_t count = node->id_texts.size();
            return count > kFilterValuesMax
                       ? too_many("values in one list", "filter_values_max", kFilterValuesMax, count)
                       : Status();
        };
        VZ_TRY(list(element));
        for (const std::string& text : node->id_texts) node->ids.push_back(*parse_id(text));
        std::sort(node->ids.begin(), node->ids.end());
        return {};
    }

    Status nested(FilterNode* node) {
        node->kind = FilterNode::Kind::kNested;
        bool has_key = false;
        bool has_filter = false;
        const size_t begin = text_.offset();
        const uint32_t outer = scope_;
        node->scope = static_cast<uint32_t>(filter_.scopes_.size());
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            if (name == "key") {
                has_key = true;
                return read_key(&node->test);
            }
            if (name != "filter") return refuse(offset, "nested has key and filter");
            has_filter = true;
            filter_.scopes_.emplace_back();
            scope_ = node->scope;
            Status inner = condition(&node->children.emplace_back(), Place::kNested);
            scope_ = outer;
            return inner;
        };
        VZ_TRY(object(member));
        if (!has_key || !has_filter) return refuse(begin, "nested has key and filter");
        // `a[]` names the elements that are meant anyway.
        if (node->test.path.back().kind == PathStep::Kind::kEach) node->test.path.pop_back();
        node->test.key = number_of(node->test.path[0].key);
        return {};
    }

    FilterText text_;
    Filter& filter_;
    std::string path_ = "filter";
    uint32_t depth_ = 0;
    uint32_t members_ = 0;  // conditions and filters in lists
    uint32_t scope_ = 0;
};

Result<Filter> Filter::parse(std::string_view json) {
    const auto bad = [](const char* what) {
        return failure(VZ_INVALID_ARGUMENT, "%s", what).reason(VZ_REASON_FILTER).field("filter");
    };
    if (json.size() > kFilterBytesMax) {
        return failure(VZ_LIMIT_EXCEEDED, "a filter has at most %llu bytes",
                       static_cast<unsigned long long>(kFilterBytesMax))
            .reason(VZ_REASON_FILTER)
            .field("filter_bytes_max")
            .expected(static_cast<int64_t>(kFilterBytesMax))
            .actual(static_cast<int64_t>(json.size()));
    }
    if (!is_valid_utf8(json)) return bad("the filter is not UTF-8");
    Filter filter;
    VZ_TRY(FilterParser(json, &filter).parse());
    return filter;
}

}  // namespace vz
