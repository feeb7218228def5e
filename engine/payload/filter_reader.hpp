// A filter as its parsers read it: the text, and where in the filter it stands, for what is refused.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/status.hpp"
#include "engine/payload/filter_text.hpp"

namespace vz {

struct FilterReader {
    FilterText text;
    std::string path = "filter";

    Status refuse(size_t offset, const char* what) const {
        return failure(VZ_INVALID_ARGUMENT, "%s", what)
            .reason(VZ_REASON_FILTER)
            .field(path)
            .actual(static_cast<int64_t>(offset));
    }
    Status refuse(const char* what) const { return refuse(text.offset(), what); }
    Status fault() const { return refuse(text.fault()); }
    static Status too_many(const char* of_what, const char* limit, uint64_t maximum, uint64_t actual) {
        return failure(VZ_LIMIT_EXCEEDED, "a filter has at most %llu %s", static_cast<unsigned long long>(maximum),
                       of_what)
            .reason(VZ_REASON_FILTER)
            .field(limit)
            .expected(static_cast<int64_t>(maximum))
            .actual(static_cast<int64_t>(actual));
    }

    // member(key, offset of the key), for a text that stands at an object.
    template <class Member>
    Status object(Member&& member) {
        if (text.peek() != '{') return refuse("an object was expected");
        text.take('{');
        if (text.take_if('}')) return {};
        std::vector<std::string> seen;
        const size_t path_size = path.size();
        do {
            text.peek();
            const size_t offset = text.offset();
            std::string key;
            if (!text.take_string(&key)) return fault();
            if (!text.take(':')) return fault();
            path += '.';
            path += key;
            if (std::find(seen.begin(), seen.end(), key) != seen.end()) return refuse(offset, "a key is given twice");
            text.peek();
            VZ_TRY(member(key, offset));
            path.resize(path_size);
            seen.push_back(std::move(key));
        } while (text.take_if(','));
        return text.take('}') ? Status() : fault();
    }

    template <class Element>
    Status list(Element&& element) {
        if (text.peek() != '[') return refuse("a list was expected");
        text.take('[');
        if (text.take_if(']')) return {};
        const size_t path_size = path.size();
        uint64_t index = 0;
        do {
            path += '[' + std::to_string(index++) + ']';
            text.peek();
            VZ_TRY(element());
            path.resize(path_size);
        } while (text.take_if(','));
        return text.take(']') ? Status() : fault();
    }

    // Clients that write every member of an object write null for those that nobody set.
    bool is_absent() { return text.peek() == 'n' && text.take_word(); }
};

}  // namespace vz
