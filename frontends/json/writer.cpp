#include "frontends/json/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "frontends/json/base64.hpp"

namespace vz::json {
namespace {

constexpr uint64_t kNumberBytesMax = 32;

// 0: as it is; 'u': \u00XX; else the letter after the backslash.
constexpr std::array<char, 256> escape_table() {
    std::array<char, 256> table{};
    for (unsigned i = 0; i < 0x20; ++i) table[i] = 'u';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}
constexpr std::array<char, 256> kEscape = escape_table();

template <typename Number>
char* put_float(char* at, Number value) {
    if (!std::isfinite(value)) {
        std::memcpy(at, "null", 4);
        return at + 4;
    }
    return std::to_chars(at, at + kNumberBytesMax, value).ptr;
}

}  // namespace

uint64_t quoted_bytes(std::string_view text) {
    uint64_t bytes = 2 + text.size();
    for (const char c : text) {
        const char letter = kEscape[static_cast<uint8_t>(c)];
        if (letter != 0) bytes += letter == 'u' ? 5 : 1;
    }
    return bytes;
}

bool Writer::reserve(uint64_t bytes) {
    if (static_cast<uint64_t>(end_ - cursor_) >= bytes) return true;
    if (failed_) return false;
    flush();
    uint64_t size = 0;
    char* place = target_.space(target_.user, bytes, &size);
    if (place == nullptr || size < bytes) {
        failed_ = true;
        begin_ = cursor_ = end_ = nullptr;
        return false;
    }
    begin_ = cursor_ = place;
    end_ = place + size;
    return true;
}

void Writer::flush() {
    const auto bytes = static_cast<uint64_t>(cursor_ - begin_);
    if (bytes == 0) return;
    target_.wrote(target_.user, bytes);
    flushed_ += bytes;
    begin_ = cursor_;
}

void Writer::rewind(Mark mark) {
    flush();
    target_.truncate(target_.user, mark.bytes);
    flushed_ = mark.bytes;
    comma_ = mark.comma;
    begin_ = cursor_ = end_ = nullptr;
}

void Writer::put(char c) {
    if (reserve(1)) *cursor_++ = c;
}

void Writer::append(std::string_view text) {
    if (text.empty() || !reserve(text.size())) return;
    std::memcpy(cursor_, text.data(), text.size());
    cursor_ += text.size();
}

void Writer::separate() {
    if (comma_) put(',');
    comma_ = true;
}

void Writer::open(char bracket) {
    separate();
    put(bracket);
    comma_ = false;
}

void Writer::close(char bracket) {
    put(bracket);
    comma_ = true;
}

void Writer::token(std::string_view text) {
    separate();
    append(text);
}

void Writer::key(std::string_view name) {
    separate();
    escape(name);
    put(':');
    comma_ = false;
}

void Writer::string(std::string_view text) {
    separate();
    escape(text);
}

void Writer::escape(std::string_view text) {
    put('"');
    uint64_t clean = 0;
    for (uint64_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<uint8_t>(text[i]);
        const char letter = kEscape[byte];
        if (letter == 0) continue;
        append(text.substr(clean, i - clean));
        clean = i + 1;
        if (!reserve(6)) return;
        *cursor_++ = '\\';
        *cursor_++ = letter;
        if (letter == 'u') {
            std::memcpy(cursor_, "00", 2);
            cursor_[2] = static_cast<char>('0' + (byte >> 4));
            cursor_[3] = "0123456789abcdef"[byte & 15];
            cursor_ += 4;
        }
    }
    append(text.substr(clean));
    put('"');
}

void Writer::unsigned_integer(uint64_t value) {
    separate();
    if (reserve(kNumberBytesMax)) cursor_ = std::to_chars(cursor_, cursor_ + kNumberBytesMax, value).ptr;
}

void Writer::integer(int64_t value) {
    separate();
    if (reserve(kNumberBytesMax)) cursor_ = std::to_chars(cursor_, cursor_ + kNumberBytesMax, value).ptr;
}

void Writer::float32(float value) {
    separate();
    if (reserve(kNumberBytesMax)) cursor_ = put_float(cursor_, value);
}

void Writer::float64(double value) {
    separate();
    if (reserve(kNumberBytesMax)) cursor_ = put_float(cursor_, value);
}

void Writer::float32_array(const float* values, uint64_t count) {
    constexpr uint64_t kChunk = 128;  // so that the target is asked rarely, and never for much more than is needed
    begin_array();
    for (uint64_t done = 0; done < count; done += kChunk) {
        const uint64_t until = std::min(count, done + kChunk);
        if (!reserve((until - done) * kNumberBytesMax)) return;
        for (uint64_t i = done; i < until; ++i) {
            if (i != 0) *cursor_++ = ',';
            cursor_ = put_float(cursor_, values[i]);
        }
    }
    end_array();
}

void Writer::base64(const void* bytes, uint64_t size) {
    separate();
    put('"');
    const uint64_t characters = base64_size(size);
    if (characters != 0 && reserve(characters)) {
        base64_encode(bytes, size, cursor_);
        cursor_ += characters;
    }
    put('"');
}

char* Text::space(void* user, uint64_t at_least, uint64_t* size) {
    auto& self = *static_cast<Text*>(user);
    self.block_.resize(std::max<uint64_t>(at_least, 512));
    self.taken_ = 0;
    *size = self.block_.size();
    return self.block_.data();
}

void Text::wrote(void* user, uint64_t bytes) {
    auto& self = *static_cast<Text*>(user);
    self.text_.append(self.block_, self.taken_, bytes);
    self.taken_ += bytes;
}

void Text::truncate(void* user, uint64_t bytes) { static_cast<Text*>(user)->text_.resize(bytes); }

}  // namespace vz::json
