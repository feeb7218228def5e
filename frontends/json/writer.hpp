// Append-only JSON into memory that the target hands out piece by piece, as vzh_space does. Commas are placed by the
// writer; everything else about the grammar is the caller's. Texts must be UTF-8. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vz::json {

struct Target {
    void* user = nullptr;
    char* (*space)(void* user, uint64_t at_least, uint64_t* size) = nullptr;  // nullptr: no more room
    void (*wrote)(void* user, uint64_t bytes) = nullptr;
    void (*truncate)(void* user, uint64_t bytes) = nullptr;  // cut to that many bytes in all; needed by rewind() only
};

// What a text takes as a JSON string, quotes included.
uint64_t quoted_bytes(std::string_view text);

class Writer final {
 public:
    // A place to come back to with rewind().
    struct Mark {
        uint64_t bytes;
        bool comma;
    };

    explicit Writer(Target target) : target_(target) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { flush(); }

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    // Writes the name and the colon; one value must follow.
    void key(std::string_view name);

    void string(std::string_view text);
    void unsigned_integer(uint64_t value);
    void integer(int64_t value);
    void boolean(bool value) { token(value ? std::string_view("true") : std::string_view("false")); }
    void null() { token("null"); }
    // Shortest text that reads back to the same value; null for values JSON cannot say.
    void float32(float value);
    void float64(double value);
    void float32_array(const float* values, uint64_t count);
    // A string with base64 of the bytes, padded.
    void base64(const void* bytes, uint64_t size);
    // JSON text, as it is, as one value.
    void raw(std::string_view json) { token(json); }

    void field(std::string_view name, std::string_view text) {
        key(name);
        string(text);
    }
    void field(std::string_view name, const char* text) {
        key(name);
        string(text);
    }
    void field(std::string_view name, uint64_t value) {
        key(name);
        unsigned_integer(value);
    }
    void field_integer(std::string_view name, int64_t value) {
        key(name);
        integer(value);
    }
    void field_boolean(std::string_view name, bool value) {
        key(name);
        boolean(value);
    }
    void field_float64(std::string_view name, double value) {
        key(name);
        float64(value);
    }
    void field_null(std::string_view name) {
        key(name);
        null();
    }
    void field_raw(std::string_view name, std::string_view json) {
        key(name);
        raw(json);
    }

    // True once the target had no room: what was written since is lost, the answer is not to be sent.
    bool failed() const { return failed_; }
    // Tells the target what was written so far. The destructor does it too.
    void flush();
    uint64_t size() const { return flushed_ + static_cast<uint64_t>(cursor_ - begin_); }
    Mark mark() const { return {size(), comma_}; }
    void rewind(Mark mark);

 private:
    void open(char bracket);
    void close(char bracket);
    void token(std::string_view text);
    void separate();
    void append(std::string_view text);
    void put(char c);
    bool reserve(uint64_t bytes);
    void escape(std::string_view text);

    Target target_;
    char* begin_ = nullptr;  // of what the target has not been told about
    char* cursor_ = nullptr;
    char* end_ = nullptr;
    uint64_t flushed_ = 0;
    bool comma_ = false;  // a value stands before this place
    bool failed_ = false;
};

// Collects in a string: for error details, metadata and tests. Must outlive the writer; read text() after flush().
class Text final {
 public:
    Text() = default;
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    Target target() { return {this, &Text::space, &Text::wrote, &Text::truncate}; }
    const std::string& text() const { return text_; }

 private:
    static char* space(void* user, uint64_t at_least, uint64_t* size);
    static void wrote(void* user, uint64_t bytes);
    static void truncate(void* user, uint64_t bytes);

    std::string text_;
    std::string block_;  // handed out; its first taken_ bytes are in text_ already
    uint64_t taken_ = 0;
};

}  // namespace vz::json
