// Reader: what is wrong with a text, and where.
#include <algorithm>

#include "frontends/json/reader.hpp"

namespace vz::json {
namespace {

const char* kind_name(Kind kind) {
    switch (kind) {
        case Kind::kNull: return "null";
        case Kind::kBoolean: return "a boolean";
        case Kind::kNumber: return "a number";
        case Kind::kString: return "a string";
        case Kind::kArray: return "an array";
        case Kind::kObject: return "an object";
    }
    return "a value";
}

}  // namespace

bool Reader::wrong_type(Value value, const char* wanted) {
    return mistake(std::string("must be ") + wanted + ", not " + kind_name(kind(value)));
}

bool Reader::mistake(std::string_view field, std::string_view reason) {
    if (error_.fault == Fault::kNone) error_ = {Fault::kMistake, path(field), std::string(reason), 0};
    return false;
}

bool Reader::filter_mistake(std::string_view field, std::string_view reason, std::string_view filter, uint64_t offset) {
    mistake(field, reason);
    error_.is_of_filter = true;
    error_.offset = static_cast<uint64_t>(filter.data() - text_.data()) + offset;
    return false;
}

bool Reader::not_among(std::span<const std::string_view> available) {
    std::string reason = "must be one of";
    const char* before = " ";
    for (const std::string_view name : available) {
        reason.append(before).append(name);
        before = ", ";
    }
    mistake(reason);
    error_.available = available;
    return false;
}

bool Reader::out_of_memory() {
    error_ = {Fault::kMemory, {}, "out of memory", 0};
    return false;
}

bool Reader::syntax(const char* where, std::string_view reason) {
    error_ = {Fault::kSyntax, path({}), std::string(reason), static_cast<uint64_t>(where - text_.data())};
    return false;
}

// The fast pass stumbled: the slow one says where and why.
bool Reader::damaged() {
    uint64_t offset = 0;
    const char* reason = "not readable as JSON";
    check_json(text_, &offset, &reason, kWholeDepthMax);
    error_ = {Fault::kSyntax, "body", reason, offset};
    return false;
}

Error Reader::take_mistake() {
    skipped_ = true;
    Error taken = std::move(error_);
    error_ = Error{};
    return taken;
}

void Reader::push(std::string_view name, uint64_t index) {
    if (depth_ < std::size(steps_)) steps_[depth_] = {name, index};
    ++depth_;
}

std::string Reader::path(std::string_view below) const {
    std::string text;
    const auto add = [&text](std::string_view name) {
        if (!text.empty()) text += '.';
        text.append(clipped(name, 128));
    };
    for (uint32_t i = 0; i < std::min<uint64_t>(depth_, std::size(steps_)); ++i) {
        if (steps_[i].name.data() != nullptr) {
            add(steps_[i].name);
        } else {
            text.append("[").append(std::to_string(steps_[i].index)).append("]");
        }
    }
    if (!below.empty()) add(below);
    return text;
}

}  // namespace vz::json
