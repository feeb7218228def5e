#include "engine/payload/merge_patch.hpp"

#include <functional>
#include <map>

#include "engine/payload/cursor.hpp"

namespace vz {
namespace {

using json::RawString;

// What begins at `at`; null: nothing does.
struct Place {
    const char* at = nullptr;
    const char* end = nullptr;
    bool is_object() const { return at != nullptr && at < end && *at == '{'; }
    bool is_null() const { return at < end && *at == 'n'; }
    std::string_view bytes() const {
        const char* last = json::skip_value(at, end);
        while (last > at && (last[-1] == ' ' || last[-1] == '\n' || last[-1] == '\r' || last[-1] == '\t')) --last;
        return {at, static_cast<size_t>(last - at)};
    }
};

class Merge {
 public:
    explicit Merge(std::string* out) : out_(*out) {}

    // Validated texts bound the depth.
    void merge(Place target, Place patch) {
        if (!patch.is_object()) {
            out_ += patch.bytes();
            return;
        }
        struct Change {
            const char* patch = nullptr;   // the last value of the key there
            const char* target = nullptr;  // likewise
        };
        std::map<std::string, Change, std::less<>> changes;
        std::string space;
        json::for_each_member(patch.at, patch.end, [&](const RawString& key, const char* value) {
            changes[std::string(json::unescape(key, &space))].patch = value;
        });
        const auto change_of = [&](const RawString& key) { return changes.find(json::unescape(key, &space)); };
        if (target.is_object()) {
            json::for_each_member(target.at, target.end, [&](const RawString& key, const char* value) {
                const auto change = change_of(key);
                if (change != changes.end()) change->second.target = value;
            });
        }
        out_ += '{';
        bool is_first = true;
        const auto begin_member = [&](const RawString& key) {
            if (!is_first) out_ += ',';
            is_first = false;
            out_ += '"';
            out_ += key.bytes;
            out_ += "\":";
        };
        if (target.is_object()) {
            json::for_each_member(target.at, target.end, [&](const RawString& key, const char* value) {
                const auto change = change_of(key);
                if (change == changes.end()) {
                    begin_member(key);
                    out_ += Place{value, target.end}.bytes();
                    return;
                }
                const Place patched{change->second.patch, patch.end};
                if (change->second.target != value || patched.is_null()) return;
                begin_member(key);
                merge({value, target.end}, patched);
            });
        }
        json::for_each_member(patch.at, patch.end, [&](const RawString& key, const char* value) {
            const auto change = change_of(key);
            const Place patched{value, patch.end};
            if (change->second.patch != value || change->second.target != nullptr || patched.is_null()) return;
            begin_member(key);
            merge({}, patched);
        });
        out_ += '}';
    }

 private:
    std::string& out_;
};

Place root(std::string_view text) {
    const char* const end = text.data() + text.size();
    return {json::skip_space(text.data(), end), end};
}

}  // namespace

void merge_patch(std::string_view target, std::string_view patch, std::string* out) {
    Merge(out).merge(root(target), root(patch));
}

}  // namespace vz
