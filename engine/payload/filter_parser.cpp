// From text to tree. What is refused is named by its path in the filter and its byte.
#include <algorithm>
#include <optional>

#include "engine/base/bytes.hpp"
#include "engine/payload/field_test_parser.hpp"
#include "engine/payload/filter.hpp"
#include "engine/payload/filter_reader.hpp"

namespace vz {

class FilterParser {
 public:
    FilterParser(std::string_view json, Filter* filter) : in_{FilterText(json)}, filter_(*filter) {}

    Status parse() {
        filter_.scopes_.resize(1);
        scope_ = 0;
        VZ_TRY(condition(&filter_.root_, Place::kRoot));
        if (!in_.text.take_end()) return in_.fault();
        uint32_t first = 0;
        for (Filter::Scope& scope : filter_.scopes_) {
            scope.first = first;
            first += static_cast<uint32_t>(scope.keys.size());
        }
        return {};
    }

 private:
    enum class Place { kRoot, kList, kNested };

    // ---- conditions ----

    Status condition(FilterNode* node, Place place) {
        // Filters nest; a test may stand in the innermost.
        if (++depth_ > kFilterDepthMax + 1) return in_.too_many("levels", "filter_depth_max", kFilterDepthMax, depth_);
        const size_t begin = in_.text.offset();
        std::optional<FilterNode> test;
        bool is_group = false;
        bool has_key = false;
        FieldTest named;
        const auto once = [&](size_t offset, FilterNode made) -> Status {
            if (test) return in_.refuse(offset, "a condition has one test");
            test = std::move(made);
            return {};
        };
        const auto member = [&](const std::string& key, size_t offset) -> Status {
            if (key == "must" || key == "should" || key == "must_not" || key == "min_should") {
                if (depth_ > kFilterDepthMax)
                    return in_.too_many("levels", "filter_depth_max", kFilterDepthMax, depth_);
                is_group = true;
                return in_.is_absent() ? Status() : group(key, node);
            }
            if (place != Place::kList) return in_.refuse(offset, "a filter has no such member");
            if (key == "key") {
                has_key = true;
                return read_key(&named);
            }
            if (is_test(key) && in_.is_absent()) return {};
            FilterNode made;
            VZ_TRY(read_test(key, offset, &made));
            return once(offset, std::move(made));
        };
        VZ_TRY(in_.object(member));
        if (is_group) {
            if (test || has_key) return in_.refuse(begin, "a condition is a test or a filter, not both");
        } else if (place == Place::kList) {
            if (!test) return in_.refuse(begin, "a condition has a test");
            VZ_TRY(finish_test(begin, has_key, std::move(named), &*test));
            *node = std::move(*test);
            ++filter_.conditions_;
            ++filter_.asking_;
        }
        if (place == Place::kList && ++members_ > kFilterConditionsMax) {
            return in_.too_many("conditions", "filter_conditions_max", kFilterConditionsMax, members_);
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
                if (name != "min_count") return in_.refuse(offset, "min_should has conditions and min_count");
                has_count = true;
                json::Number number;
                if (!in_.text.take_number(&number)) return in_.fault();
                if (!number.is_integer || number.value < 0 || number.value > UINT32_MAX)
                    return in_.refuse(offset, "min_count is an integer of 0 or more");
                min_count = static_cast<uint32_t>(number.value);
                return {};
            };
            VZ_TRY(in_.object(member));
            if (!has_conditions || !has_count) return in_.refuse("min_should has conditions and min_count");
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
        if (in_.text.peek() != '[') return condition(&members->emplace_back(), Place::kList);
        return in_.list([&] {
            members->emplace_back();
            return condition(&members->back(), Place::kList);
        });
    }

    // ---- tests ----

    Status read_key(FieldTest* test) {
        const size_t offset = in_.text.offset();
        if (!in_.text.take_string(&test->path_text)) return in_.fault();
        Result<Path> path = parse_path(test->path_text);
        if (!path.ok()) {
            Status failed = path.take_status();
            return failed.code() == VZ_LIMIT_EXCEEDED
                       ? std::move(failed)
                       : std::move(failed).field(in_.path).actual(static_cast<int64_t>(offset));
        }
        test->path = path.take();
        return {};
    }

    // Gives a test its path.
    Status finish_test(size_t begin, bool has_key, FieldTest named, FilterNode* node) {
        const bool wants_key = node->kind == FilterNode::Kind::kField || node->kind == FilterNode::Kind::kNot;
        FieldTest& test = node->kind == FilterNode::Kind::kNot ? node->children[0].test : node->test;
        const bool is_named = !test.path.empty();
        if (wants_key && !is_named && !has_key) return in_.refuse(begin, "this test needs a key");
        if (has_key && (!wants_key || is_named)) return in_.refuse(begin, "this test takes no key beside it");
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

    static bool is_test(const std::string& name) {
        return name == "is_empty" || name == "is_null" || name == "has_id" || name == "nested" ||
               FieldTestParser::knows(name);
    }

    Status read_test(const std::string& name, size_t offset, FilterNode* node) {
        node->kind = FilterNode::Kind::kField;
        if (name == "is_empty") return presence(FieldTest::Kind::kEmpty, node);
        if (name == "is_null") return presence(FieldTest::Kind::kNull, node);
        if (name == "has_id") return has_id(node);
        if (name == "nested") return nested(node);
        return FieldTestParser(in_).parse(name, offset, &node->test);
    }

    Status presence(FieldTest::Kind kind, FilterNode* node) {
        node->test.kind = kind;
        if (in_.text.peek() == '{') {
            bool has_key = false;
            const size_t begin = in_.text.offset();
            const auto member = [&](const std::string& name, size_t offset) -> Status {
                if (name != "key") return in_.refuse(offset, "this test has a key and nothing else");
                has_key = true;
                return read_key(&node->test);
            };
            VZ_TRY(in_.object(member));
            return has_key ? Status() : in_.refuse(begin, "this test needs a key");
        }
        const char first = in_.text.peek();
        if (first != 't' && first != 'f') return in_.refuse("true, false or an object with a key was expected");
        if (!in_.text.take_word()) return in_.fault();
        if (first == 'f') {
            FilterNode plain = std::move(*node);
            *node = negate(std::move(plain));
        }
        return {};
    }

    // ---- the rest ----

    Status has_id(FilterNode* node) {
        node->kind = FilterNode::Kind::kId;
        std::vector<size_t> offsets;
        const auto element = [&]() -> Status {
            offsets.push_back(in_.text.offset());
            std::string& text = node->id_texts.emplace_back();
            if (in_.text.peek() == '"') {
                if (!in_.text.take_string(&text)) return in_.fault();
            } else {
                json::Number number;
                if (!in_.text.take_number(&number)) return in_.fault();
                if (!number.is_integer || number.value < 0 || number.value > static_cast<long double>(UINT64_MAX)) {
                    return in_.refuse(offsets.back(), "an id is a string or an integer of 0 or more");
                }
                text = std::to_string(static_cast<uint64_t>(number.value));
            }
            if (!parse_id(text).ok()) return in_.refuse(offsets.back(), "an id has 1 to 256 bytes of UTF-8");
            const uint64_t count = node->id_texts.size();
            return count > kFilterValuesMax
                       ? in_.too_many("values in one list", "filter_values_max", kFilterValuesMax, count)
                       : Status();
        };
        VZ_TRY(in_.list(element));
        for (const std::string& text : node->id_texts) node->ids.push_back(*parse_id(text));
        std::sort(node->ids.begin(), node->ids.end());
        return {};
    }

    Status nested(FilterNode* node) {
        node->kind = FilterNode::Kind::kNested;
        bool has_key = false;
        bool has_filter = false;
        const size_t begin = in_.text.offset();
        const uint32_t outer = scope_;
        node->scope = static_cast<uint32_t>(filter_.scopes_.size());
        const auto member = [&](const std::string& name, size_t offset) -> Status {
            if (name == "key") {
                has_key = true;
                return read_key(&node->test);
            }
            if (name != "filter") return in_.refuse(offset, "nested has key and filter");
            has_filter = true;
            filter_.scopes_.emplace_back();
            scope_ = node->scope;
            Status inner = condition(&node->children.emplace_back(), Place::kNested);
            scope_ = outer;
            return inner;
        };
        VZ_TRY(in_.object(member));
        if (!has_key || !has_filter) return in_.refuse(begin, "nested has key and filter");
        // `a[]` names the elements that are meant anyway.
        if (node->test.path.back().kind == PathStep::Kind::kEach) node->test.path.pop_back();
        node->test.key = number_of(node->test.path[0].key);
        return {};
    }

    FilterReader in_;
    Filter& filter_;
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
