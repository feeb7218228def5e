#include "frontends/json/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>

#include "frontends/json/base64.hpp"
#include "frontends/json/number.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <simdjson.h>
#pragma GCC diagnostic pop

namespace vz::json {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(sizeof(ondemand::value) == sizeof(Value) && alignof(ondemand::value) <= alignof(Value));
static_assert(std::is_trivially_destructible_v<ondemand::value>);

// A thread's parser has about five times the size of the largest text it has read; above this it is not kept.
constexpr size_t kKeptTextBytes = 8 << 20;

ondemand::parser& thread_parser() {
    thread_local ondemand::parser parser;
    return parser;
}

ondemand::value opened(Value value) {
    ondemand::value inner;
    std::memcpy(static_cast<void*>(&inner), value.place, sizeof inner);
    return inner;
}

Value sealed(const ondemand::value& inner) {
    Value value;
    std::memcpy(value.place, static_cast<const void*>(&inner), sizeof inner);
    return value;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

const char* behind_blanks(const char* at) {
    while (is_blank(*at)) ++at;
    return at;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The token at a scalar, or the opening bracket.
std::string_view token_of(Value value) { return trimmed(opened(value).raw_json_token()); }

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

bool Reader::string(Value value, std::string_view& out) {
    const std::string_view token = token_of(value);
    if (token.empty() || token.front() != '"') return wrong_type(value, "a string");
    const std::string_view inside = token.substr(1);
    const auto special = inside.find_first_of("\"\\");
    if (special == inside.size() - 1 && inside.back() == '"') {
        out = inside.substr(0, special);
        return true;
    }
    std::string_view unescaped;
    if (special == std::string_view::npos || inside[special] == '"' ||
        opened(value).get_string().get(unescaped) != simdjson::SUCCESS) {
        return damaged();
    }
    out = arena_.copy(unescaped);
    return out.data() != nullptr || out_of_memory();
}

bool Reader::boolean(Value value, bool& out) {
    const std::string_view token = token_of(value);
    if (token != "true" && token != "false") return wrong_type(value, "true or false");
    out = token == "true";
    return true;
}

bool Reader::number_token(Value value, std::string_view& token) {
    if (kind(value) != Kind::kNumber) return wrong_type(value, "a number");
    token = token_of(value);
    return number_kind(token) != NumberKind::kNone || damaged();
}

bool Reader::integer(Value value, int64_t least, int64_t most, int64_t& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    if (number_kind(token) != NumberKind::kInteger) return mistake("must be an integer");
    int64_t number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error != std::errc{} || number < least || number > most) {
        return mistake("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    out = number;
    return true;
}

bool Reader::unsigned_integer(Value value, uint64_t least, uint64_t most, uint64_t& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    if (number_kind(token) != NumberKind::kInteger) return mistake("must be an integer");
    if (token == "-0") token = "0";
    uint64_t number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error != std::errc{} || number < least || number > most) {
        return mistake("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    out = number;
    return true;
}

bool Reader::number(Value value, double& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    out = parse_double(token);
    return std::isfinite(out) || mistake("the number is too large");
}

bool Reader::float32(Value value, float& out) {
    std::string_view token;
    if (!number_token(value, token)) return false;
    out = parse_float(token);
    return std::isfinite(out) || mistake("the number is not finite as float32");
}

// Summed in bytes first: compilers turn that into vector instructions, and do not for std::count.
static uint64_t commas_in(std::string_view text) {
    constexpr size_t kByteSumMax = 255;
    uint64_t count = 0;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, kByteSumMax);
        uint8_t commas = 0;
        for (const char c : part) commas = static_cast<uint8_t>(commas + (c == ',' ? 1 : 0));
        count += commas;
        text.remove_prefix(part.size());
    }
    return count;
}

bool Reader::grow(Floats& floats, uint64_t more) {
    if (floats.capacity - floats.count >= more) return true;
    // A number is followed by a comma or ends its array, so this is enough for all numbers of the text.
    if (float_estimate_ == UINT64_MAX) float_estimate_ = commas_in(text_) + 1;
    const uint64_t capacity =
        std::max({floats.data == nullptr ? float_estimate_ : floats.capacity * 2, floats.count + more, uint64_t{16}});
    auto* data = static_cast<float*>(arena_.take(arena_.owner, capacity * sizeof(float), 64));
    if (data == nullptr) return out_of_memory();
    if (floats.count != 0) std::memcpy(data, floats.data, floats.count * sizeof(float));
    floats.data = data;
    floats.capacity = capacity;
    return true;
}

bool Reader::floats(Value value, Floats& floats, uint64_t& count) {
    switch (kind(value)) {
        case Kind::kString: return floats_of_text(value, floats, count);
        case Kind::kArray: return floats_of_array(value, floats, count);
        default: return wrong_type(value, "an array of numbers or a base64 string");
    }
}

bool Reader::floats_of_text(Value value, Floats& floats, uint64_t& count) {
    std::string_view text;
    if (!string(value, text)) return false;
    const uint64_t bytes = base64_decoded_size(text);
    if (bytes == UINT64_MAX || bytes % sizeof(float) != 0) return mistake("is not base64 of float32 values");
    if (bytes == 0) return mistake("must not be empty");
    count = bytes / sizeof(float);
    if (!grow(floats, count)) return false;
    float* row = floats.data + floats.count;
    if (!base64_decode(text, row)) return mistake("is not base64 of float32 values");
    for (uint64_t i = 0; i < count; ++i) {
        if (!std::isfinite(row[i])) return mistake("element " + std::to_string(i) + " is not finite");
    }
    floats.count += count;
    return true;
}

// Numbers, commas and blanks up to the bracket are read where they stand: to have simdjson hand over each number takes
// longer. It then passes over the array, unless there is anything else in it. The text is an object: behind the last
// number there is a bracket at least.
bool Reader::floats_of_array(Value value, Floats& floats, uint64_t& count) {
    const char* at = behind_blanks(token_of(value).data() + 1);
    if (*at == ']') return mistake("must not be empty");
    count = 0;
    for (;;) {
        if (floats.count + count == floats.capacity) {
            // What stands beyond floats.count is part of this row and must move along.
            floats.count += count;
            const bool grown = grow(floats, 1);
            floats.count -= count;
            if (!grown) return false;
        }
        float& number = floats.data[floats.count + count];
        const char* end = read_small_whole(at, number);
        if (end == nullptr) end = read_float(at, number);
        if (end == nullptr) return no_floats(value);
        ++count;
        end = behind_blanks(end);
        if (*end == ']') break;
        if (*end != ',') return no_floats(value);
        at = behind_blanks(end + 1);
    }
    floats.count += count;
    return true;
}

// Says why it is no such array.
bool Reader::no_floats(Value value) {
    const bool are_floats = array(value, [&](uint64_t, Value element) {
        float number = 0;
        return float32(element, number);
    });
    return are_floats && damaged();
}

bool Reader::id(Value value, std::string_view& out) {
    switch (kind(value)) {
        case Kind::kString: return string(value, out);
        case Kind::kNumber: {
            std::string_view token;
            if (!number_token(value, token)) return false;
            if (number_kind(token) != NumberKind::kInteger || token.front() == '-') {
                return mistake("must be a string or an integer that is not negative");
            }
            out = token;
            return true;
        }
        default: return wrong_type(value, "a string or an integer");
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
