// A validator that is slow and exact: it says where a text stops being JSON, and vouches for texts that nobody else
// reads.
#include <cstring>

#include "frontends/json/reader.hpp"
#include "frontends/text/utf8.hpp"

namespace vz::json {
namespace {

class Scan final {
 public:
    Scan(std::string_view text, uint32_t depth_max)
        : at_(without_byte_order_mark(text).data()),
          begin_(text.data()),
          end_(text.data() + text.size()),
          depth_max_(depth_max) {}

    bool whole() {
        blank();
        if (!value()) return false;
        blank();
        return at_ == end_ || fail("text after the end of the value");
    }
    uint64_t offset() const { return static_cast<uint64_t>(at_ - begin_); }
    const char* reason() const { return reason_; }

 private:
    bool fail(const char* reason) {
        reason_ = reason;
        return false;
    }
    bool at(char c) const { return at_ != end_ && *at_ == c; }
    bool take(char c) {
        if (!at(c)) return false;
        ++at_;
        return true;
    }
    bool digit() const { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
    void blank() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }

    bool value() {
        if (at_ == end_) return fail("the text ends early");
        switch (*at_) {
            case '{': return container('}');
            case '[': return container(']');
            case '"': return string();
            case 't': return literal("true");
            case 'f': return literal("false");
            case 'n': return literal("null");
            default: return number();
        }
    }

    bool container(char closing) {
        if (depth_ == depth_max_) return fail(kTooDeep);
        ++depth_;
        ++at_;
        blank();
        if (!take(closing)) {
            for (;;) {
                if (closing == '}') {
                    if (!at('"')) return fail(at_ == end_ ? "the text ends early" : "expected a key in double quotes");
                    if (!string()) return false;
                    blank();
                    if (!take(':')) return fail("expected ':'");
                    blank();
                }
                if (!value()) return false;
                blank();
                if (take(closing)) break;
                if (!take(','))
                    return fail(at_ == end_      ? "the text ends early"
                                : closing == '}' ? "expected ',' or '}'"
                                                 : "expected ',' or ']'");
                blank();
            }
        }
        --depth_;
        return true;
    }

    bool literal(std::string_view word) {
        if (static_cast<uint64_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) {
            return fail("expected a value");
        }
        at_ += word.size();
        return true;
    }

    bool number() {
        const char* start = at_;
        take('-');
        if (!digit()) {
            at_ = start;
            return fail("expected a value");
        }
        if (!take('0')) {
            while (digit()) ++at_;
        } else if (digit()) {
            return fail("a number must not begin with 0");
        }
        if (take('.')) {
            if (!digit()) return fail("expected a digit");
            while (digit()) ++at_;
        }
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (!digit()) return fail("expected a digit");
            while (digit()) ++at_;
        }
        return true;
    }

    bool string() {
        ++at_;
        for (;;) {
            if (at_ == end_) return fail("a string is not closed");
            const auto byte = static_cast<uint8_t>(*at_);
            if (byte == '"') {
                ++at_;
                return true;
            }
            if (byte < 0x20) return fail("a control character in a string");
            if (byte == '\\') {
                if (!escape()) return false;
            } else if (byte < 0x80) {
                ++at_;
            } else if (!multibyte()) {
                return false;
            }
        }
    }

    bool escape() {
        const char* start = at_++;
        if (at_ == end_) return fail("a string is not closed");
        const char letter = *at_++;
        if (letter != 'u') {
            if (std::strchr("\"\\/bfnrt", letter) != nullptr && letter != '\0') return true;
            at_ = start;
            return fail("an unknown escape");
        }
        uint32_t unit = 0;
        if (!hex(unit)) return false;
        if (unit < 0xD800 || unit > 0xDFFF) return true;
        uint32_t low = 0;
        if (unit > 0xDBFF || !take('\\') || !take('u') || !hex(low) || low < 0xDC00 || low > 0xDFFF) {
            at_ = start;
            return fail("a lone surrogate");
        }
        return true;
    }

    bool hex(uint32_t& unit) {
        unit = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == end_) return fail("a string is not closed");
            const char c = *at_;
            uint32_t nibble = 0;
            if (c >= '0' && c <= '9')
                nibble = static_cast<uint32_t>(c - '0');
            else if (c >= 'a' && c <= 'f')
                nibble = static_cast<uint32_t>(c - 'a' + 10);
            else if (c >= 'A' && c <= 'F')
                nibble = static_cast<uint32_t>(c - 'A' + 10);
            else
                return fail("expected four hexadecimal digits");
            unit = unit << 4 | nibble;
        }
        return true;
    }

    bool multibyte() {
        const uint32_t size = text::sequence_bytes(at_, end_);
        if (size == 0) return fail("not UTF-8");
        at_ += size;
        return true;
    }

    const char* at_;
    const char* begin_;
    const char* end_;
    const char* reason_ = "";
    const uint32_t depth_max_;
    uint32_t depth_ = 0;
};

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::string_view clipped(std::string_view text, uint64_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max != 0 && (static_cast<uint8_t>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
    return text.substr(0, bytes_max);
}

bool check_json(std::string_view text, uint64_t* offset, const char** reason, uint32_t depth_max) {
    Scan scan(text, depth_max);
    if (scan.whole()) return true;
    if (offset != nullptr) *offset = scan.offset();
    if (reason != nullptr) *reason = scan.reason();
    return false;
}

}  // namespace vz::json
