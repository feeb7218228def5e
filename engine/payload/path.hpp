// Where a value lies in a payload: `a.b`, `a[].b` (of each element), `a[0]`, and quoted parts for keys with other
// characters: `"a.b".c`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.hpp"
#include "engine/payload/cursor.hpp"

namespace vz {

struct PathStep {
    enum class Kind : uint8_t { kKey, kEach, kAt };
    Kind kind = Kind::kKey;
    uint32_t index = 0;  // of kAt
    std::string key;     // of kKey
    friend bool operator==(const PathStep&, const PathStep&) = default;
};

// The first step is a key. In quotes `\"` and `\\` stand for the quote and the backslash.
using Path = std::vector<PathStep>;

// VZ_INVALID_ARGUMENT with VZ_REASON_FILTER; VZ_LIMIT_EXCEEDED for more steps than JSON may nest.
Result<Path> parse_path(std::string_view text);

namespace json {

// The value of the last member of that key; nullptr: none.
inline const char* find_member(const char* object, const char* end, std::string_view key) {
    const char* found = nullptr;
    for_each_member(object, end, [&](const RawString& name, const char* value) {
        if (equals(name, key)) found = value;
    });
    return found;
}

// Calls visit(first byte) for each value that the steps from `step` on lead to, until one call returns true: then so
// does this.
template <class Visit>
bool any_at(const Path& path, size_t step, const char* at, const char* end, Visit&& visit) {
    for (; step < path.size(); ++step) {
        if (at >= end) return false;
        const PathStep& next = path[step];
        if (next.kind == PathStep::Kind::kKey) {
            if (*at != '{') return false;
            at = find_member(at, end, next.key);
            if (at == nullptr) return false;
            continue;
        }
        if (*at != '[') return false;
        if (next.kind == PathStep::Kind::kEach) {
            return any_element(at, end,
                               [&](const char* element) { return any_at(path, step + 1, element, end, visit); });
        }
        const char* found = nullptr;
        uint32_t left = next.index;
        any_element(at, end, [&](const char* element) {
            if (left-- != 0) return false;
            found = element;
            return true;
        });
        if (found == nullptr) return false;
        at = found;
    }
    return visit(at);
}

}  // namespace json

}  // namespace vz
