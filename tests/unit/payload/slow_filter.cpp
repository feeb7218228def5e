#include "tests/unit/payload/slow_filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

namespace vz::slow {

using Kind = Value::Kind;
using Test = std::function<bool(const Value&)>;

Value Value::of(bool flag) {
    Value value;
    value.kind = Kind::kBool;
    value.flag = flag;
    return value;
}
Value Value::of_text(std::string text) {
    Value value;
    value.kind = Kind::kText;
    value.text = std::move(text);
    return value;
}
Value Value::of_integer(long long number) { return of_number(std::to_string(number)); }
Value Value::of_number(std::string written) {
    Value value;
    value.kind = Kind::kNumber;
    value.is_integer = written.find_first_of(".eE") == std::string::npos;
    value.number = value.is_integer ? std::strtold(written.c_str(), nullptr)
                                    : static_cast<long double>(std::strtod(written.c_str(), nullptr));
    value.text = std::move(written);
    return value;
}
Value Value::of_list(std::vector<Value> list) {
    Value value;
    value.kind = Kind::kList;
    value.list = std::move(list);
    return value;
}
Value Value::of_object(std::vector<std::pair<std::string, Value>> members) {
    Value value;
    value.kind = Kind::kObject;
    value.members = std::move(members);
    return value;
}

const Value* Value::member(const std::string& key) const {
    const Value* found = nullptr;
    for (const auto& [name, value] : members) {
        if (name == key) found = &value;
    }
    return found;
}

namespace {

// The values at a path. Without quotes a part ends at the next of `.[`.
std::vector<const Value*> at_path(const Value& from, const std::string& path) {
    std::vector<const Value*> values{&from};
    size_t at = 0;
    while (at < path.size()) {
        std::vector<const Value*> next;
        if (path[at] == '[') {
            const size_t close = path.find(']', at);
            const std::string inside = path.substr(at + 1, close - at - 1);
            for (const Value* value : values) {
                if (value->kind != Kind::kList) continue;
                for (size_t i = 0; i < value->list.size(); ++i) {
                    if (inside.empty() || std::to_string(i) == inside) next.push_back(&value->list[i]);
                }
            }
            at = close + 1;
        } else {
            if (path[at] == '.') ++at;
            std::string key;
            if (path[at] == '"') {
                for (++at; path[at] != '"'; ++at) {
                    if (path[at] == '\\') ++at;
                    key += path[at];
                }
                ++at;
            } else {
                while (at < path.size() && path[at] != '.' && path[at] != '[') key += path[at++];
            }
            for (const Value* value : values) {
                const Value* member = value->kind == Kind::kObject ? value->member(key) : nullptr;
                if (member != nullptr) next.push_back(member);
            }
        }
        values = next;
    }
    return values;
}

bool any_of_value(const Value& value, const Test& test) {
    if (value.kind != Kind::kList) return test(value);
    return std::any_of(value.list.begin(), value.list.end(),
                       [&](const Value& element) { return any_of_value(element, test); });
}

bool same(const Value& a, const Value& b) {
    if (a.kind != b.kind) return false;
    if (a.kind == Kind::kText) return a.text == b.text;
    if (a.kind == Kind::kNumber) return a.is_integer && b.is_integer && a.number == b.number;
    return a.kind == Kind::kBool && a.flag == b.flag;
}

bool in_range(const Value& range, long double value, const std::function<long double(const Value&)>& bound) {
    const Value* gt = range.member("gt");
    const Value* gte = range.member("gte");
    const Value* lt = range.member("lt");
    const Value* lte = range.member("lte");
    if (gt && !(value > bound(*gt))) return false;
    if (gte && !(value >= bound(*gte))) return false;
    if (lt && !(value < bound(*lt))) return false;
    return !(lte && !(value <= bound(*lte)));
}

long double number_of(const Value& value) { return value.number; }
long double microseconds_of(const Value& value) {
    long long time = 0;
    time_of(value.text, &time);
    return static_cast<long double>(time);
}

bool place(const Value& value, double* lat, double* lon) {
    if (value.kind != Kind::kObject) return false;
    const Value* latitude = value.member("lat");
    const Value* longitude = value.member("lon");
    if (!latitude || !longitude || latitude->kind != Kind::kNumber || longitude->kind != Kind::kNumber) return false;
    *lat = static_cast<double>(latitude->number);
    *lon = static_cast<double>(longitude->number);
    return std::abs(*lat) <= 90 && std::abs(*lon) <= 180;
}

// By the law of cosines, where the engine uses haversines.
double distance(double lat_a, double lon_a, double lat_b, double lon_b) {
    const double r = 3.14159265358979323846 / 180;
    const double cosine = std::sin(lat_a * r) * std::sin(lat_b * r) +
                          std::cos(lat_a * r) * std::cos(lat_b * r) * std::cos((lon_a - lon_b) * r);
    return 6371008.8 * std::acos(std::min(1.0, std::max(-1.0, cosine)));
}

bool test_value(const std::string& name, const Value& operand, const Value& value) {
    if (name == "match") {
        const auto& [how, what] = operand.members.front();
        const auto is_listed = [&] {
            return std::any_of(what.list.begin(), what.list.end(),
                               [&](const Value& each) { return same(each, value); });
        };
        if (how == "value") return same(what, value);
        if (how == "any") return is_listed();
        if (how == "except") return value.kind != Kind::kNull && !is_listed();
        if (value.kind != Kind::kText || value.text.size() < what.text.size()) return false;
        if (how == "text") return value.text.find(what.text) != std::string::npos;
        if (how == "prefix") return value.text.substr(0, what.text.size()) == what.text;
        return value.text.substr(value.text.size() - what.text.size()) == what.text;
    }
    if (name == "range") {
        if (operand.members.front().second.kind == Kind::kNumber) {
            return value.kind == Kind::kNumber && in_range(operand, value.number, number_of);
        }
        long long time = 0;
        return value.kind == Kind::kText && time_of(value.text, &time) &&
               in_range(operand, static_cast<long double>(time), microseconds_of);
    }
    if (name == "geo_radius") {
        double lat, lon, center_lat, center_lon;
        place(*operand.member("center"), &center_lat, &center_lon);
        return place(value, &lat, &lon) &&
               distance(lat, lon, center_lat, center_lon) <= static_cast<double>(operand.member("radius")->number);
    }
    if (name == "geo_bounding_box") {
        const Value* left_corner =
            operand.member("top_left") ? operand.member("top_left") : operand.member("bottom_left");
        const Value* right_corner =
            operand.member("top_left") ? operand.member("bottom_right") : operand.member("top_right");
        double lat, lon, left_lat, left, right_lat, right;
        place(*left_corner, &left_lat, &left);
        place(*right_corner, &right_lat, &right);
        if (!place(value, &lat, &lon) || lat < std::min(left_lat, right_lat) || lat > std::max(left_lat, right_lat))
            return false;
        return left <= right ? lon >= left && lon <= right : lon >= left || lon <= right;
    }
    if (name == "is_null") return value.kind == Kind::kNull;
    std::abort();
}

long double count(const Value& value) {
    if (value.kind == Kind::kNull) return 0;
    return value.kind == Kind::kList ? static_cast<long double>(value.list.size()) : 1;
}

bool condition(const Value& condition, const std::string& id, const Value& payload);

bool field(const std::string& path, const std::string& name, const Value& operand, const Value& payload) {
    const auto values = at_path(payload, path);
    if (name == "is_empty") {
        const bool is_empty =
            std::all_of(values.begin(), values.end(), [](const Value* value) { return count(*value) == 0; });
        return operand.kind == Kind::kBool ? is_empty == operand.flag : is_empty;
    }
    if (name == "values_count") {
        if (values.empty()) return in_range(operand, 0, number_of);
        return std::any_of(values.begin(), values.end(),
                           [&](const Value* value) { return in_range(operand, count(*value), number_of); });
    }
    const bool holds = std::any_of(values.begin(), values.end(), [&](const Value* value) {
        return any_of_value(*value, [&](const Value& scalar) { return test_value(name, operand, scalar); });
    });
    return name == "is_null" && operand.kind == Kind::kBool ? holds == operand.flag : holds;
}

bool condition(const Value& condition, const std::string& id, const Value& payload) {
    if (const Value* ids = condition.member("has_id")) {
        return std::any_of(ids->list.begin(), ids->list.end(), [&](const Value& each) { return each.text == id; });
    }
    if (const Value* nested = condition.member("nested")) {
        const auto values = at_path(payload, nested->member("key")->text);
        return std::any_of(values.begin(), values.end(), [&](const Value* value) {
            return value->kind == Kind::kList &&
                   std::any_of(value->list.begin(), value->list.end(),
                               [&](const Value& element) { return matches(*nested->member("filter"), id, element); });
        });
    }
    for (const auto& [name, operand] : condition.members) {
        if (name == "must" || name == "should" || name == "must_not" || name == "min_should")
            return matches(condition, id, payload);
        if (name == "key") continue;
        const Value* key = condition.member("key");
        return field(key ? key->text : operand.member("key")->text, name, operand, payload);
    }
    std::abort();
}

std::vector<const Value*> conditions(const Value* of) {
    std::vector<const Value*> all;
    if (of == nullptr) return all;
    if (of->kind != Kind::kList) return {of};
    for (const Value& each : of->list) all.push_back(&each);
    return all;
}

}  // namespace

bool matches(const Value& filter, const std::string& id, const Value& payload) {
    const auto holding = [&](const std::vector<const Value*>& all) {
        return static_cast<size_t>(
            std::count_if(all.begin(), all.end(), [&](const Value* each) { return condition(*each, id, payload); }));
    };
    const auto must = conditions(filter.member("must"));
    const auto should = conditions(filter.member("should"));
    if (holding(must) != must.size()) return false;
    if (!should.empty() && holding(should) == 0) return false;
    if (holding(conditions(filter.member("must_not"))) != 0) return false;
    const Value* least = filter.member("min_should");
    return least == nullptr || static_cast<long double>(holding(conditions(least->member("conditions")))) >=
                                   least->member("min_count")->number;
}

bool time_of(const std::string& text, long long* microseconds) {
    int year, month, day, hour, minute, second, used = 0;
    char t = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2d%c%2d:%2d:%2d%n", &year, &month, &day, &t, &hour, &minute, &second,
                    &used) != 7)
        return false;
    if (used != 19 || (t != 'T' && t != 't')) return false;
    std::tm parts = {};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    const std::tm given = parts;
    const std::time_t seconds = timegm(&parts);
    if (second != 60 &&
        (parts.tm_mday != given.tm_mday || parts.tm_mon != given.tm_mon || parts.tm_hour != given.tm_hour))
        return false;
    std::string rest = text.substr(19);
    std::string fraction;
    if (!rest.empty() && rest[0] == '.') {
        const size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        fraction = rest.substr(1, end - 1);
        if (fraction.empty()) return false;
        rest = rest.substr(end);
    }
    fraction = (fraction + "000000").substr(0, 6);
    long long offset = 0;
    if (rest != "Z" && rest != "z") {
        char sign = 0;
        int hours = 0;
        int minutes = 0;
        if (rest.size() != 6 || std::sscanf(rest.c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3 ||
            (sign != '+' && sign != '-'))
            return false;
        offset = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    }
    *microseconds = (static_cast<long long>(seconds) - offset) * 1'000'000 + std::atoll(fraction.c_str());
    return true;
}

}  // namespace vz::slow
