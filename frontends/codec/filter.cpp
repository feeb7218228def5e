#include "frontends/codec/filter.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include "frontends/codec/skim.hpp"
#include "frontends/json/reader.hpp"

namespace vz::codec {
namespace {

constexpr int kDepthMax = 64;              // deeper filters are the engine's to refuse
constexpr uint32_t kConditionsMax = 1024;  // of the engine; what is rewritten takes more memory than what was sent
constexpr size_t kMembersMax = 64;         // no object of a filter has as many without one twice

struct Member {
    std::string_view key;    // as written
    std::string_view value;  // likewise
    std::string name;        // what the key stands for
};

// False: this is no object, or none of a filter.
bool read_members(std::string_view object, std::vector<Member>* members) {
    return skim_members(object, [&](std::string_view key, std::string_view value) {
        members->push_back({key, value, unescaped(key)});
        return members->size() <= kMembersMax;
    });
}

// A key with the quotes around it.
std::string_view quoted(std::string_view key) { return {key.data() - 1, key.size() + 2}; }

// nullptr: there is none.
const std::string_view* find(const std::vector<Member>& members, std::string_view name) {
    for (const Member& member : members) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

// The path is longer by this while it lives.
class Step {
 public:
    Step(std::string& path, std::string_view name) : path_(path), above_(path.size()) {
        path.append(path.empty() ? "" : ".").append(name);
    }
    Step(std::string& path, uint64_t index) : path_(path), above_(path.size()) {
        path.append("[").append(std::to_string(index)).append("]");
    }
    ~Step() { path_.resize(above_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

 private:
    std::string& path_;
    const size_t above_;
};

class Rewriter {
 public:
    Rewriter(std::string_view source, RewrittenFilter* to) : source_(source), to_(*to), out_(to->text) {}

    void filter(std::string_view text, int depth) {
        std::vector<Member> members;
        if (depth > kDepthMax || !read_members(text, &members)) return write(text);
        at_ = offset_of(text);
        object(members, [&](const Member& member) {
            if (member.name == "must" || member.name == "should" || member.name == "must_not")
                return conditions(member.value, depth);
            if (member.name == "min_should") return min_should(member.value, depth);
            write(member.value);
        });
    }

 private:
    void changed() {
        if (to_.spelling == Spelling::kPlain) to_.spelling = Spelling::kTagged;
    }

    uint64_t offset_of(std::string_view part) const {
        return part.data() == nullptr ? at_ : static_cast<uint64_t>(part.data() - source_.data());
    }

    // A part of the source, or text that stands for what was read before it.
    void write(std::string_view text) {
        const bool is_part =
            !std::less<>()(text.data(), source_.data()) && std::less<>()(text.data(), source_.data() + source_.size());
        if (is_part) at_ = offset_of(text);
        to_.pieces.push_back({out_.size(), at_, is_part});
        out_ += text;
    }

    bool has_ended() const { return to_.spelling == Spelling::kWrong || to_.spelling == Spelling::kTooMany; }

    // The first mistake counts.
    void refuse(std::string_view below, std::string reason, std::string_view where) {
        if (has_ended()) return;
        to_.spelling = Spelling::kWrong;
        to_.offset = offset_of(where);
        to_.field = path_;
        to_.field.append(path_.empty() ? "" : ".").append(json::clipped(below));
        to_.reason = std::move(reason);
    }

    template <typename Value>
    void object(const std::vector<Member>& members, Value&& value) {
        write("{");
        for (size_t i = 0; i < members.size(); ++i) {
            if (i != 0) write(",");
            write(quoted(members[i].key));
            write(":");
            const Step step(path_, members[i].name);
            value(members[i]);
        }
        write("}");
    }

    void min_should(std::string_view text, int depth) {
        std::vector<Member> members;
        if (!read_members(text, &members)) return write(text);
        at_ = offset_of(text);
        object(members, [&](const Member& member) {
            if (member.name == "conditions") return conditions(member.value, depth);
            write(member.value);
        });
    }

    void conditions(std::string_view text, int depth) {
        if (text.empty() || text.front() != '[') return condition(text, depth + 1);
        size_t at = skip_space(text, 1);
        write(text.substr(0, 1));
        for (uint64_t index = 0; at < text.size() && text[at] != ']' && !has_ended(); ++index) {
            const size_t end = skip_value(text, at);
            const Step step(path_, index);
            condition(trimmed(text.substr(at, end - at)), depth + 1);
            at = skip_space(text, end);
            if (at >= text.size() || text[at] != ',') break;
            write(text.substr(at, 1));
            at = skip_space(text, at + 1);
        }
        if (at < text.size() && !has_ended()) write(text.substr(at));
    }

    void condition(std::string_view text, int depth) {
        if (++conditions_ > kConditionsMax && !has_ended()) {
            to_.spelling = Spelling::kTooMany;
            to_.reason = "a filter has at most " + std::to_string(kConditionsMax) + " conditions";
        }
        if (has_ended()) return;
        std::vector<Member> members;
        if (depth > kDepthMax || !read_members(text, &members)) return write(text);
        at_ = offset_of(text);
        // What nobody set; a match of null says that it is one by its type.
        const auto is_absent = [](const Member& each) { return each.value == "null" && each.name != "match_value"; };
        std::erase_if(members, is_absent);
        if (find(members, "type") != nullptr && tagged(text, members, depth)) return;
        if (const std::string_view* nested = find(members, "nested");
            nested != nullptr && members.size() == 1 && plain_nested(*nested, depth))
            return;
        for (const char* key : {"must", "should", "must_not", "min_should"}) {
            if (find(members, key) != nullptr) return filter(text, depth);
        }
        write(text);
    }

    // A filter in the place of a condition; one that asks nothing needs a member there.
    void inner_filter(std::string_view text, int depth) {
        std::vector<Member> members;
        if (read_members(text, &members) && members.empty()) {
            write(R"({"must":[]})");
        } else {
            filter(text, depth);
        }
    }

    // False: the type is none of the reference's.
    bool tagged(std::string_view text, const std::vector<Member>& members, int depth) {
        const std::string_view* type = find(members, "type");
        if (type->size() < 2 || type->front() != '"') return false;
        const std::string name = unescaped(type->substr(1, type->size() - 2));
        constexpr std::string_view kTypes[] = {"match",        "range", "geo_radius", "geo_bounding_box",
                                               "values_count", "nested"};
        if (std::find(std::begin(kTypes), std::end(kTypes), name) == std::end(kTypes)) return false;
        if (name == "nested") {
            if (!has_exactly(text, members, {"type", "filter"})) return true;
            const Step step(path_, "filter");
            inner_filter(*find(members, "filter"), depth);
            changed();
            return true;
        }
        const std::string_view what = name == "match" ? std::string_view("match_value") : name;
        if (!has_exactly(text, members, {"type", "key", what})) return true;
        const std::string_view key = *find(members, "key");
        const std::string_view value = *find(members, what);
        changed();
        if (name == "match") {
            match(key, value);
        } else {
            write("{\"key\":");
            write(key);
            write(",\"");
            write(name);
            write("\":");
            write(value);
            write("}");
        }
        return true;
    }

    // Each of these names once, and no other; else that is a mistake.
    bool has_exactly(std::string_view object, const std::vector<Member>& members,
                     std::initializer_list<std::string_view> names) {
        for (size_t i = 0; i < members.size(); ++i) {
            const std::string_view name = members[i].name;
            const auto is_same = [&](const Member& each) { return each.name == name; };
            const auto end = members.begin() + static_cast<std::ptrdiff_t>(i);
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                refuse(name, "unknown field", quoted(members[i].key));
                return false;
            }
            if (std::find_if(members.begin(), end, is_same) != end) {
                refuse(name, "a key is given twice", quoted(members[i].key));
                return false;
            }
        }
        for (const std::string_view name : names) {
            if (find(members, name) != nullptr) continue;
            refuse(name, "required", object);
            return false;
        }
        return true;
    }

    void match(std::string_view key, std::string_view value) {
        std::string_view how = "value";
        if (value == "null") {
            how = "except";
            value = "[]";
        } else if (value.starts_with('{')) {
            const Step step(path_, "match_value");
            read_text_match(&how, &value);
        } else if (is_number(value)) {
            if (value.find_first_of(".eE") != std::string_view::npos)
                refuse("match_value", "numbers with fraction or exponent are matched by a range", value);
        } else if (!value.starts_with('"') && value != "true" && value != "false") {
            refuse("match_value", "must be a string, an integer, true, false, null or an object with text and type",
                   value);
        }
        write("{\"key\":");
        write(key);
        write(",\"match\":{\"");
        write(how);
        write("\":");
        write(value);
        write("}}");
    }

    // {"text":T,"type":"contains"}: how the engine calls the type, and T.
    void read_text_match(std::string_view* how, std::string_view* value) {
        std::vector<Member> members;
        if (!read_members(*value, &members) || !has_exactly(*value, members, {"text", "type"})) return;
        const std::string_view sent = *find(members, "type");
        const std::string type = unescaped(sent);
        const std::string_view text = *find(members, "text");
        *how = type == R"("contains")" ? "text"
               : type == R"("prefix")" ? "prefix"
               : type == R"("suffix")" ? "suffix"
               : type == R"("exact")"  ? "value"
                                       : "";
        if (how->empty()) refuse("type", "must be one of contains, prefix, suffix, exact", sent);
        if (!text.starts_with('"')) refuse("text", "must be a string", text);
        *value = text;
    }

    static bool is_number(std::string_view value) {
        return !value.empty() && (value.front() == '-' || (value.front() >= '0' && value.front() <= '9'));
    }

    bool plain_nested(std::string_view text, int depth) {
        std::vector<Member> members;
        if (!read_members(text, &members)) return false;
        const std::string_view* key = find(members, "key");
        const std::string_view* inner = find(members, "filter");
        if (key == nullptr || inner == nullptr || members.size() != 2) return false;
        const Step step(path_, "nested.filter");
        if (unescaped(*key) == R"("__nested__")") {
            changed();
            inner_filter(*inner, depth);
            return true;
        }
        write(R"({"nested":{"key":)");
        write(*key);
        write(",\"filter\":");
        filter(*inner, depth);
        write("}}");
        return true;
    }

    const std::string_view source_;
    RewrittenFilter& to_;
    std::string& out_;
    std::string path_;
    uint32_t conditions_ = 0;  // in all lists
    uint64_t at_ = 0;          // in the source: where what is written now comes from
};

bool asks(std::string_view text, bool in_list, int depth) {
    std::vector<Member> members;
    if (depth > kDepthMax || !read_members(text, &members)) return in_list;
    for (const auto& [key, value, name] : members) {
        const bool is_group = name == "must" || name == "should" || name == "must_not" || name == "min_should";
        if (!is_group) return true;
        if (value == "null") continue;
        std::vector<Member> inner;
        std::string_view list = value;
        if (name == "min_should" && read_members(value, &inner)) {
            const std::string_view* count = find(inner, "min_count");
            if (count != nullptr && count->find_first_not_of("-0") == std::string_view::npos) continue;
            const std::string_view* conditions = find(inner, "conditions");
            if (conditions != nullptr) list = *conditions;
        }
        if (list.empty() || list.front() != '[') {
            if (asks(list, true, depth + 1)) return true;
            continue;
        }
        for (size_t at = skip_space(list, 1); at < list.size() && list[at] != ']';) {
            const size_t end = skip_value(list, at);
            if (asks(trimmed(list.substr(at, end - at)), true, depth + 1)) return true;
            at = skip_space(list, end);
            if (at >= list.size() || list[at] != ',') break;
            at = skip_space(list, at + 1);
        }
    }
    return false;
}

}  // namespace

bool has_condition(std::string_view json) { return asks(trimmed(json), false, 0); }

RewrittenFilter rewrite_filter(std::string_view json) {
    RewrittenFilter rewritten;
    constexpr std::string_view kSigns[] = {"\"type\"", "__nested__", "\\u"};  // a name may be written with escapes
    const auto has = [&](std::string_view sign) { return json.find(sign) != std::string_view::npos; };
    if (std::none_of(std::begin(kSigns), std::end(kSigns), has)) return rewritten;
    Rewriter(json, &rewritten).filter(trimmed(json), 0);
    return rewritten;
}

uint64_t place_as_sent(std::string_view json, uint64_t offset) {
    const RewrittenFilter rewritten = rewrite_filter(json);
    if (rewritten.spelling == Spelling::kPlain) return offset;
    const auto behind = std::upper_bound(rewritten.pieces.begin(), rewritten.pieces.end(), offset,
                                         [](uint64_t at, const auto& piece) { return at < piece.begin; });
    if (behind == rewritten.pieces.begin()) return 0;
    const auto& piece = *std::prev(behind);
    return piece.source + (piece.is_as_sent ? offset - piece.begin : 0);
}

}  // namespace vz::codec
