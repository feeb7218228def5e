#include "frontends/json/reader.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <set>

#include "frontends/json/number.hpp"
#include "frontends/json/ondemand.hpp"

namespace vz::json {
namespace {

// A thread's parser has about five times the size of the largest text it has read; above this it is not kept.
constexpr size_t kKeptTextBytes = 8 << 20;

ondemand::parser& thread_parser() {
    thread_local ondemand::parser parser;
    return parser;
}

// A literal that is none: the caller may never read it, and the skip would not notice.
bool starts_badly(Value value) {
    const std::string_view token = token_of(value);
    if (token.empty()) return true;
    switch (token.front()) {
        case '{':
        case '[':
        case '"': return false;
        case 't': return token != "true";
        case 'f': return token != "false";
        case 'n': return token != "null";
        default: return number_kind(token) == NumberKind::kNone;
    }
}

enum class Likeness : uint8_t { kNone, kNumber, kText };

// How the value that `rest` begins with is `value`: by the same text, or as a number that is as large.
Likeness likeness(std::string_view rest, std::string_view value) {
    constexpr std::string_view kEnds = ",}] \t\r\n";
    if (rest.starts_with(value) &&
        (rest.size() == value.size() || kEnds.find(rest[value.size()]) != std::string_view::npos))
        return Likeness::kText;
    const std::string_view number = rest.substr(0, rest.find_first_of(kEnds));
    const NumberKind kinds[] = {number_kind(number), number_kind(value)};
    const bool are_numbers = kinds[0] != NumberKind::kNone && kinds[1] != NumberKind::kNone;
    // Two integers that are written differently differ, even where a double tells them apart no more.
    const bool are_integers = kinds[0] == NumberKind::kInteger && kinds[1] == NumberKind::kInteger;
    return are_numbers && !are_integers && parse_double(number) == parse_double(value) ? Likeness::kNumber
                                                                                       : Likeness::kNone;
}

// The keys of one object. Few of them are looked through.
class KeysSeen final {
 public:
    uint64_t count() const { return few_count_ + many_.size(); }
    // False: it was there.
    bool add(std::string_view key) {
        if (std::find(few_, few_ + few_count_, key) != few_ + few_count_) return false;
        if (few_count_ == std::size(few_)) return many_.insert(key).second;
        few_[few_count_++] = key;
        return true;
    }

 private:
    std::string_view few_[64];
    uint64_t few_count_ = 0;
    std::set<std::string_view> many_;  // ordered: no choice of keys makes it slow
};

}  // namespace

Reader::Reader(std::string_view text, Arena arena)
    : text_(text), json_(without_byte_order_mark(text)), arena_(arena), float_estimate_(UINT64_MAX) {
    static_assert(sizeof(ondemand::document) <= sizeof document_);
    new (document_) ondemand::document();
}

Reader::~Reader() {
    std::destroy_at(std::launder(reinterpret_cast<ondemand::document*>(document_)));
    if (text_.size() > kKeptTextBytes) thread_parser() = ondemand::parser();
}

bool Reader::read_root(std::span<const Field> fields, Callback<uint32_t, Value> on_field, uint32_t sought) {
    auto& document = *std::launder(reinterpret_cast<ondemand::document*>(document_));
    const auto error =
        thread_parser().iterate(json_.data(), json_.size(), json_.size() + simdjson::SIMDJSON_PADDING).get(document);
    if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) return out_of_memory();
    if (error != simdjson::SUCCESS) return damaged();
    ondemand::object object;
    if (const auto start = document.get_object().get(object); start != simdjson::SUCCESS) {
        return start == simdjson::INCORRECT_TYPE && check_json(text_, nullptr, nullptr, kWholeDepthMax)
                   ? mistake("must be a JSON object")
                   : damaged();
    }
    if (!walk(object, fields, on_field, sought)) return false;
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return damaged();  // text follows the object
    // What stood behind a mistake was skipped: it has to be JSON all the same.
    return !skipped_ || check_json(text_, nullptr, nullptr, kWholeDepthMax) || damaged();
}

template <typename Object>
bool Reader::walk(Object& object, std::span<const Field> fields, Callback<uint32_t, Value> on_field, uint32_t sought) {
    Members members;
    Error first;
    for (auto entry : object) {
        ondemand::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS) return damaged();
        std::string_view name;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS) return damaged();
        const Value value = sealed(field.value());
        if (starts_badly(value)) return damaged();
        if (read_member(name, value, fields, on_field, members)) continue;
        if (!has_mistake() || sought == kNothing) return false;
        Error mistake = take_mistake();
        if (first.fault == Fault::kNone) first = std::move(mistake);
        members.only = sought;
    }
    if (first.fault == Fault::kNone) return true;
    error_ = std::move(first);
    return false;
}

bool Reader::read_member(std::string_view name, Value value, std::span<const Field> fields,
                         Callback<uint32_t, Value> on_field, Members& members) {
    uint64_t place = 0;
    while (place < fields.size() && fields[place].name != name) ++place;
    if (place == fields.size()) {
        std::string_view names[64];
        const uint64_t count = std::min<uint64_t>(fields.size(), 64);
        for (uint64_t i = 0; i < count; ++i) names[i] = fields[i].name;
        const std::string_view near = nearest(name, {names, count});
        std::string reason = "unknown field";
        if (!near.empty()) reason.append("; did you mean \"").append(near).append("\"?");
        mistake(name, reason);
        error_.is_unknown_field = true;
        return false;
    }
    const char* start = token_of(value).data();
    if ((members.spellings_seen >> place & 1) != 0)
        return syntax(start, "the key \"" + std::string(clipped(name)) + "\" is given twice");
    members.spellings_seen |= uint64_t{1} << place;

    const uint32_t id = fields[place].id;
    const bool is_again = (members.ids_seen >> id & 1) != 0;
    const char*& first = members.first[id];
    if (is_again && *start == 'n') return true;  // null is as good as absent
    if (is_again && *first != 'n') {
        std::string_view again;
        if (!raw(value, again)) return false;
        const std::string_view rest(first, static_cast<size_t>(text_.data() + text_.size() - first));
        const Likeness alike = likeness(rest, again);
        if (alike == Likeness::kNone) return mistake(name, "given under two names with different values");
        if (alike == Likeness::kText) return true;
        // Written otherwise it may be no number of the kind that is taken here: it is read like the first.
    }
    members.ids_seen |= uint64_t{1} << id;
    first = start;
    if (members.only != kNothing && id != members.only) return true;
    push(fields[place].name, 0);
    const bool good = on_field(id, value);
    pop();
    return good;
}

bool Reader::read_object(Value value, std::span<const Field> fields, Callback<uint32_t, Value> on_field,
                         uint32_t sought) {
    ondemand::object object;
    if (kind(value) != Kind::kObject) return wrong_type(value, "an object");
    if (opened(value).get_object().get(object) != simdjson::SUCCESS) return damaged();
    return walk(object, fields, on_field, sought);
}

bool Reader::read_entries(Value value, Callback<std::string_view, Value> on_entry) {
    ondemand::object object;
    if (kind(value) != Kind::kObject) return wrong_type(value, "an object");
    if (opened(value).get_object().get(object) != simdjson::SUCCESS) return damaged();
    KeysSeen keys;
    for (auto entry : object) {
        ondemand::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS) return damaged();
        std::string_view name;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS) return damaged();
        const Value inner = sealed(field.value());
        if (starts_badly(inner)) return damaged();
        if (!keys.add(name)) {
            return syntax(token_of(inner).data(), "the key \"" + std::string(clipped(name)) + "\" is given twice");
        }
        if (keys.count() > kEntriesMax) return mistake("more than " + std::to_string(kEntriesMax) + " entries");
        push(name, 0);
        const bool good = on_entry(name, inner);
        pop();
        if (!good) return false;
    }
    return true;
}

bool Reader::read_array(Value value, Callback<uint64_t, Value> on_element) {
    ondemand::array array;
    if (kind(value) != Kind::kArray) return wrong_type(value, "an array");
    if (opened(value).get_array().get(array) != simdjson::SUCCESS) return damaged();
    uint64_t index = 0;
    for (auto entry : array) {
        ondemand::value element;
        if (std::move(entry).get(element) != simdjson::SUCCESS) return damaged();
        const Value inner = sealed(element);
        if (starts_badly(inner)) return damaged();
        push({}, index);
        const bool good = on_element(index, inner);
        pop();
        if (!good) return false;
        ++index;
    }
    return true;
}

Kind Reader::kind(Value value) const {
    const std::string_view token = opened(value).raw_json_token();
    switch (token.empty() ? 'n' : token.front()) {
        case '{': return Kind::kObject;
        case '[': return Kind::kArray;
        case '"': return Kind::kString;
        case 't':
        case 'f': return Kind::kBoolean;
        case 'n': return Kind::kNull;
        default: return Kind::kNumber;
    }
}

std::string_view Reader::rest(Value value) const {
    return text_.substr(static_cast<size_t>(token_of(value).data() - text_.data()));
}

bool Reader::raw(Value value, std::string_view& out) {
    ondemand::value inner = opened(value);
    std::string_view text;
    simdjson::error_code error = simdjson::SUCCESS;
    switch (kind(value)) {
        case Kind::kObject: {
            ondemand::object object;
            error = inner.get_object().get(object);
            if (error == simdjson::SUCCESS) error = object.raw_json().get(text);
            break;
        }
        case Kind::kArray: {
            ondemand::array array;
            error = inner.get_array().get(array);
            if (error == simdjson::SUCCESS) error = array.raw_json().get(text);
            break;
        }
        default: text = inner.raw_json_token();
    }
    if (error != simdjson::SUCCESS) return damaged();
    out = trimmed(text);
    return true;
}

bool Reader::raw_object(Value value, std::string_view& out) {
    if (kind(value) != Kind::kObject) return wrong_type(value, "an object");
    return raw(value, out);
}

bool Reader::checked(std::string_view slice) {
    const char* reason = nullptr;
    return check_json(slice, nullptr, &reason) || reason == kTooDeep || damaged();
}

bool Reader::skip(Value value) {
    const Kind skipped = kind(value);
    skipped_ = skipped_ || skipped == Kind::kObject || skipped == Kind::kArray || skipped == Kind::kString;
    return true;
}

}  // namespace vz::json
