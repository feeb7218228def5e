// The filter language once more, slow and obvious: filter and payload are trees, each rule of filter.md is one line.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vz::slow {

struct Value {
    enum class Kind { kNull, kBool, kNumber, kText, kList, kObject };
    Kind kind = Kind::kNull;
    bool flag = false;
    long double number = 0;
    bool is_integer = false;
    std::string text;  // of a number: as written
    std::vector<Value> list;
    std::vector<std::pair<std::string, Value>> members;  // may repeat keys

    static Value of(bool flag);
    static Value of_text(std::string text);
    static Value of_integer(long long number);
    static Value of_number(std::string written);
    static Value of_list(std::vector<Value> list);
    static Value of_object(std::vector<std::pair<std::string, Value>> members);
    // The last one; nullptr: none.
    const Value* member(const std::string& key) const;
};

// A point passes. The filter is well-formed.
bool matches(const Value& filter, const std::string& id, const Value& payload);

// Microseconds since 1970.
bool time_of(const std::string& text, long long* microseconds);

}  // namespace vz::slow
