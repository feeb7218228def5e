#include "frontends/codec/filter.hpp"

#include <utility>
#include <vector>

namespace vz::codec {
namespace {

constexpr int kDepthMax = 64;  // deeper filters are the engine's to refuse

using Member = std::pair<std::string_view, std::string_view>;  // key as written, value as written

size_t skip_space(std::string_view text, size_t at) {
    const size_t found = text.find_first_not_of(" \t\n\r", at);
    return found == std::string_view::npos ? text.size() : found;
}

// Behind the string whose opening quote is at `at`.
size_t skip_string(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1 < text.size() ? at + 1 : text.size();
}

// Behind the value that begins at `at`: balanced brackets, strings skipped. The engine checks the rest.
size_t skip_value(std::string_view text, size_t at) {
    int depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (depth == 0) return at;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
        ++at;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return at;
    }
    return text.size();
}

std::string_view trimmed(std::string_view text) {
    const size_t begin = skip_space(text, 0);
    const size_t last = text.find_last_not_of(" \t\n\r");
    return begin == text.size() ? std::string_view() : text.substr(begin, last - begin + 1);
}

// False: this is no object.
bool read_members(std::string_view object, std::vector<Member>* members) {
    if (object.empty() || object.front() != '{') return false;
    size_t at = skip_space(object, 1);
    if (at < object.size() && object[at] == '}') return true;
    while (at < object.size() && object[at] == '"') {
        const size_t key_end = skip_string(object, at);
        const std::string_view key = object.substr(at + 1, key_end - at - 2);
        at = skip_space(object, key_end);
        if (at >= object.size() || object[at] != ':') return false;
        const size_t begin = skip_space(object, at + 1);
        const size_t end = skip_value(object, begin);
        members->emplace_back(key, trimmed(object.substr(begin, end - begin)));
        at = skip_space(object, end);
        if (at < object.size() && object[at] == '}') return true;
        if (at >= object.size() || object[at] != ',') return false;
        at = skip_space(object, at + 1);
    }
    return false;
}

// nullptr: there is none.
const std::string_view* find(const std::vector<Member>& members, std::string_view key) {
    for (const Member& member : members) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

class Rewriter {
 public:
    explicit Rewriter(std::string* out) : out_(*out) {}
    bool has_changed() const { return changed_; }

    void filter(std::string_view text, int depth) {
        std::vector<Member> members;
        if (depth > kDepthMax || !read_members(text, &members)) {
            out_ += text;
            return;
        }
        object(members, [&](const Member& member) {
            if (member.first == "must" || member.first == "should" || member.first == "must_not")
                return conditions(member.second, depth);
            if (member.first == "min_should") return min_should(member.second, depth);
            out_ += member.second;
        });
    }

 private:
    template <typename Value>
    void object(const std::vector<Member>& members, Value&& value) {
        out_ += '{';
        for (size_t i = 0; i < members.size(); ++i) {
            if (i != 0) out_ += ',';
            out_.append("\"").append(members[i].first).append("\":");
            value(members[i]);
        }
        out_ += '}';
    }

    void min_should(std::string_view text, int depth) {
        std::vector<Member> members;
        if (!read_members(text, &members)) {
            out_ += text;
            return;
        }
        object(members, [&](const Member& member) {
            if (member.first == "conditions") return conditions(member.second, depth);
            out_ += member.second;
        });
    }

    void conditions(std::string_view text, int depth) {
        if (text.empty() || text.front() != '[') return condition(text, depth + 1);
        size_t at = skip_space(text, 1);
        out_ += '[';
        while (at < text.size() && text[at] != ']') {
            const size_t end = skip_value(text, at);
            condition(trimmed(text.substr(at, end - at)), depth + 1);
            at = skip_space(text, end);
            if (at >= text.size() || text[at] != ',') break;
            out_ += ',';
            at = skip_space(text, at + 1);
        }
        out_ += text.substr(at < text.size() ? at : text.size());
    }

    void condition(std::string_view text, int depth) {
        std::vector<Member> members;
        if (depth > kDepthMax || !read_members(text, &members)) {
            out_ += text;
            return;
        }
        if (find(members, "type") != nullptr && tagged(members, depth)) return;
        if (const std::string_view* nested = find(members, "nested");
            nested != nullptr && members.size() == 1 && plain_nested(*nested, depth))
            return;
        for (const char* key : {"must", "should", "must_not", "min_should"}) {
            if (find(members, key) != nullptr) return filter(text, depth);
        }
        out_ += text;
    }

    // A filter in the place of a condition; one that asks nothing needs a member there.
    void inner_filter(std::string_view text, int depth) {
        std::vector<Member> members;
        if (read_members(text, &members) && members.empty()) {
            out_ += R"({"must":[]})";
        } else {
            filter(text, depth);
        }
    }

    // False: it is none of the reference's conditions.
    bool tagged(const std::vector<Member>& members, int depth) {
        const std::string_view* type = find(members, "type");
        if (type->size() < 2 || type->front() != '"') return false;
        const std::string_view name = type->substr(1, type->size() - 2);
        if (name == "nested") {
            const std::string_view* inner = find(members, "filter");
            if (inner == nullptr || members.size() != 2) return false;
            inner_filter(*inner, depth);
            changed_ = true;
            return true;
        }
        const std::string_view* key = find(members, "key");
        const std::string_view* value = find(members, name == "match" ? "match_value" : name);
        if (key == nullptr || value == nullptr || members.size() != 3) return false;
        if (name != "match") {
            changed_ = true;
            out_.append("{\"key\":").append(*key).append(",\"").append(name).append("\":").append(*value).append("}");
            return true;
        }
        return match(*key, *value);
    }

    bool match(std::string_view key, std::string_view value) {
        std::string_view how = "value";
        if (value == "null") {
            how = "except";
            value = "[]";
        } else if (!value.empty() && value.front() == '{') {
            std::vector<Member> members;
            if (!read_members(value, &members) || members.size() != 2) return false;
            const std::string_view* text = find(members, "text");
            const std::string_view* type = find(members, "type");
            if (text == nullptr || type == nullptr) return false;
            how = *type == R"("contains")" ? "text"
                  : *type == R"("prefix")" ? "prefix"
                  : *type == R"("suffix")" ? "suffix"
                  : *type == R"("exact")"  ? "value"
                                           : "";
            if (how.empty() || text->empty() || text->front() != '"') return false;
            value = *text;
        }
        changed_ = true;
        out_.append("{\"key\":")
            .append(key)
            .append(",\"match\":{\"")
            .append(how)
            .append("\":")
            .append(value)
            .append("}}");
        return true;
    }

    bool plain_nested(std::string_view text, int depth) {
        std::vector<Member> members;
        if (!read_members(text, &members)) return false;
        const std::string_view* key = find(members, "key");
        const std::string_view* inner = find(members, "filter");
        if (key == nullptr || inner == nullptr || members.size() != 2) return false;
        if (*key == R"("__nested__")") {
            changed_ = true;
            inner_filter(*inner, depth);
            return true;
        }
        out_.append(R"({"nested":{"key":)").append(*key).append(",\"filter\":");
        filter(*inner, depth);
        out_ += "}}";
        return true;
    }

    std::string& out_;
    bool changed_ = false;
};

}  // namespace

namespace {

bool asks(std::string_view text, bool in_list, int depth) {
    std::vector<Member> members;
    if (depth > kDepthMax || !read_members(text, &members)) return in_list;
    for (const auto& [key, value] : members) {
        const bool is_group = key == "must" || key == "should" || key == "must_not" || key == "min_should";
        if (!is_group) return true;
        if (value == "null") continue;
        std::vector<Member> inner;
        std::string_view list = value;
        if (key == "min_should" && read_members(value, &inner)) {
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

bool rewrite_filter(std::string_view json, std::string* out) {
    if (json.find("\"type\"") == std::string_view::npos && json.find("__nested__") == std::string_view::npos)
        return false;
    out->clear();
    Rewriter rewriter(out);
    rewriter.filter(trimmed(json), 0);
    return rewriter.has_changed();
}

}  // namespace vz::codec
