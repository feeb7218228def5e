// Strict reading of one JSON text in one pass: unknown and repeated keys, trailing text, bad UTF-8 and numbers that do
// not fit are refused with the field's path and the byte offset. The one door of simdjson.
//
// Values are handles into the running pass: read each at most once, before its callback returns; what is not read is
// skipped. Skipped values and raw slices are not validated: whoever leaves a value aside says skip(), whoever takes a
// slice must have it checked (the engine checks payloads and filters, checked() and check_json all else).
//
// Two sorts of failure. A *mistake* (wrong type, out of range, unknown field) leaves the pass usable: the enclosing
// callback may take it with take_mistake() and go on with the next element. Everything else is *fatal*: the text is not
// JSON, or memory is short. Functions return false after either. One thread; one Reader at a time per thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "frontends/json/arena.hpp"

namespace vz::json {

inline constexpr uint32_t kDepthMax = 64;
// Of a request: a value of kDepthMax levels, and what a route puts around it.
inline constexpr uint32_t kWholeDepthMax = kDepthMax + 8;
// A reason of check_json: JSON, but more of it than is taken.
inline constexpr char kTooDeep[] = "nested deeper than 64 levels";  // one array: reasons are compared by address
inline constexpr uint64_t kEntriesMax = 10'000;                     // of an object with any keys
inline constexpr uint64_t kPadding = 64;                            // readable bytes after a text that is read in place

enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

// A value in the running pass; trivially copyable, opaque.
struct Value {
    alignas(8) unsigned char place[24];
};

inline constexpr uint32_t kNothing = UINT32_MAX;  // the id of no field

// Spellings of one field share an id; the first in the table is the canonical one and stands in errors. Ids are
// below 64. What two of them give must be the same; a number may be written in two ways, and is then handed over twice.
struct Field {
    std::string_view name;
    uint32_t id;
};

enum class Fault : uint8_t {
    kNone,
    kSyntax,   // not JSON, a repeated key: `parse_error`
    kMistake,  // JSON, but not what belongs here: `validation_error`
    kMemory,   // the arena is exhausted
};

struct Error {
    Fault fault = Fault::kNone;
    std::string field;              // path in the text's own names: "vectors[3].embedding"; empty: the text as a whole
    std::string reason;             // for people
    uint64_t offset = 0;            // of kSyntax and is_of_filter: where, in bytes
    bool is_unknown_field = false;  // of kMistake: no field of the object has this name
    bool is_of_filter = false;      // of kMistake: in the language of filters, `parse_error`
    // Of kMistake: what could have stood here, static; empty: not a choice among names.
    std::span<const std::string_view> available = {};
};

// What a callback borrows: any callable `bool(Args...)`, alive during the call.
template <typename... Args>
class Callback final {
 public:
    template <typename F>
    Callback(F& function)  // NOLINT(google-explicit-constructor): a borrowed callable reads as an argument
        : user_(&function),
          call_([](void* user, Args... args) { return static_cast<bool>((*static_cast<F*>(user))(args...)); }) {}
    bool operator()(Args... args) const { return call_(user_, args...); }

 private:
    void* user_;
    bool (*call_)(void*, Args...);
};

// Packed rows of floats in an arena. Rows are appended; data moves while it grows.
struct Floats {
    float* data = nullptr;
    uint64_t count = 0;
    uint64_t capacity = 0;
};

class Reader final {
 public:
    // `text` is followed by kPadding readable bytes; a byte order mark before it is ignored (RFC 8259 section 8.1).
    // Views handed out point into it or into the arena.
    Reader(std::string_view text, Arena arena);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    // The whole text is one object with these fields. False: see error(). After a mistake nothing more is handed over
    // but the field with the id `sought`, wherever it stands.
    template <typename F>
    bool read(std::span<const Field> fields, F&& on_field, uint32_t sought = kNothing) {
        return read_root(fields, on_field, sought);
    }
    // on_field(id, value). A key that has a null value is handed over like any other.
    template <typename F>
    bool object(Value value, std::span<const Field> fields, F&& on_field, uint32_t sought = kNothing) {
        return read_object(value, fields, on_field, sought);
    }
    // on_element(index, value).
    template <typename F>
    bool array(Value value, F&& on_element) {
        return read_array(value, on_element);
    }
    // on_entry(key, value): any keys, kEntriesMax at most, repeated ones refused.
    template <typename F>
    bool entries(Value value, F&& on_entry) {
        return read_entries(value, on_entry);
    }

    Kind kind(Value value) const;
    bool is_null(Value value) const { return kind(value) == Kind::kNull; }

    bool string(Value value, std::string_view& out);
    bool boolean(Value value, bool& out);
    // Refuses numbers that are no integers (1.0 and 1e3 too) and what lies outside [least, most].
    bool integer(Value value, int64_t least, int64_t most, int64_t& out);
    bool unsigned_integer(Value value, uint64_t least, uint64_t most, uint64_t& out);
    bool number(Value value, double& out);
    // Correctly rounded; refused if it is not finite as float32.
    bool float32(Value value, float& out);
    // Appends an array of numbers, or a string of base64 with little-endian float32, to `floats`; `count`: how many.
    // Not empty, all finite.
    bool floats(Value value, Floats& floats, uint64_t& count);
    // A point id: a string, or an integer >= 0 as its decimal text. Length and content are the engine's to check.
    bool id(Value value, std::string_view& out);
    // What starts with the value, to the end of the text. This reads nothing.
    std::string_view rest(Value value) const;
    // The value's text without white space around it; not validated.
    bool raw(Value value, std::string_view& out);
    // The same for an object (`mistake` if it is something else).
    bool raw_object(Value value, std::string_view& out);
    // Whether such a slice is JSON, however deep; if not, the whole text is none.
    bool checked(std::string_view slice);
    // Takes any value unseen. The end of the text finds out whether it is JSON.
    bool skip(Value value);

    // Records a mistake at the current path, or at `field` below it, and returns false.
    bool mistake(std::string_view reason) { return mistake({}, reason); }
    bool mistake(std::string_view field, std::string_view reason);
    // The same, in the language of filters, at `offset` in `filter`, a slice of the text.
    bool filter_mistake(std::string_view field, std::string_view reason, std::string_view filter, uint64_t offset);
    // The same: the value is none of these names, which are static.
    bool not_among(std::span<const std::string_view> available);
    // The spelling of the innermost field whose callback runs, as the table has it; empty: an element of an array.
    std::string_view spelling() const {
        return depth_ == 0 || depth_ > std::size(steps_) ? std::string_view() : steps_[depth_ - 1].name;
    }
    // Records where the whole text stops being JSON and returns false: a slice of it was found to be none.
    bool damaged();
    // Records that memory ran out and returns false.
    bool out_of_memory();
    bool has_mistake() const { return error_.fault == Fault::kMistake; }
    // The mistake, which is thereby dealt with.
    Error take_mistake();

    const Error& error() const { return error_; }
    Arena arena() const { return arena_; }

 private:
    struct Step {
        std::string_view name;  // data() nullptr: an index
        uint64_t index;
    };
    // Of the object that is walked.
    struct Members {
        uint64_t spellings_seen = 0;
        uint64_t ids_seen = 0;
        const char* first[64];     // where the value of each id seen starts
        uint32_t only = kNothing;  // the one id that is still handed over
    };

    bool read_root(std::span<const Field> fields, Callback<uint32_t, Value> on_field, uint32_t sought);
    bool read_object(Value value, std::span<const Field> fields, Callback<uint32_t, Value> on_field, uint32_t sought);
    bool read_array(Value value, Callback<uint64_t, Value> on_element);
    bool read_entries(Value value, Callback<std::string_view, Value> on_entry);
    template <typename Object>
    bool walk(Object& object, std::span<const Field> fields, Callback<uint32_t, Value> on_field, uint32_t sought);
    bool read_member(std::string_view name, Value value, std::span<const Field> fields,
                     Callback<uint32_t, Value> on_field, Members& members);
    bool wrong_type(Value value, const char* wanted);
    bool number_token(Value value, std::string_view& token);
    bool syntax(const char* where, std::string_view reason);
    std::string path(std::string_view below) const;
    void push(std::string_view name, uint64_t index);
    void pop() { --depth_; }
    bool floats_of_text(Value value, Floats& floats, uint64_t& count);
    bool floats_of_array(Value value, Floats& floats, uint64_t& count);
    bool no_floats(Value value);
    bool grow(Floats& floats, uint64_t more);

    std::string_view text_;
    std::string_view json_;  // its end, without a byte order mark
    Arena arena_;
    Error error_;
    Step steps_[16];
    uint32_t depth_ = 0;
    uint64_t float_estimate_;
    bool skipped_ = false;
    alignas(64) unsigned char document_[256];
};

// The text behind a byte order mark of UTF-8, which programs of some systems write before it.
std::string_view without_byte_order_mark(std::string_view text);

// Whether `text` is one JSON value, perhaps behind a byte order mark (RFC 8259, nesting up to `depth_max`, valid UTF-8,
// no trailing text). On false, *offset says where and *reason why, a static text.
bool check_json(std::string_view text, uint64_t* offset, const char** reason, uint32_t depth_max = kDepthMax);

// As much of `text` as is repeated to whoever sent it: up to `bytes_max`, no character cut.
inline constexpr uint64_t kToldBytesMax = 256;
std::string_view clipped(std::string_view text, uint64_t bytes_max = kToldBytesMax);

// The candidate that `name` is most likely a misspelling of; empty: none is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace vz::json
