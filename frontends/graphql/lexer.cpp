#include "frontends/graphql/lexer.hpp"

#include <algorithm>
#include <vector>

namespace vz::graphql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes of the UTF-8 sequence at the front; 0: none (truncated, overlong, surrogate or beyond U+10FFFF).
size_t sequence_length(std::string_view text) {
    const auto byte = [&](size_t i) -> uint32_t { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto tail = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const uint32_t first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool fits = (first != 0xE0 || byte(1) >= 0xA0) && (first != 0xED || byte(1) <= 0x9F);
        return fits && tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool fits = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) <= 0x8F);
        return fits && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

void append_utf8(std::string& out, uint32_t code) {
    const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_surrogate(uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

}  // namespace

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_continue(char c) { return is_name_start(c) || is_digit(c); }

Lexer::Lexer(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

bool Lexer::next(Token& token) {
    skip_ignored();
    token = {TokenKind::kEnd, static_cast<uint32_t>(at_), {}};
    if (at_ == text_.size()) return true;
    const char c = text_[at_];
    const auto single = [&](TokenKind kind) {
        token.kind = kind;
        token.text = text_.substr(at_, 1);
        ++at_;
        return true;
    };
    switch (c) {
        case '!': return single(TokenKind::kBang);
        case '$': return single(TokenKind::kDollar);
        case '&': return single(TokenKind::kAmpersand);
        case '(': return single(TokenKind::kParenOpen);
        case ')': return single(TokenKind::kParenClose);
        case ':': return single(TokenKind::kColon);
        case '=': return single(TokenKind::kEquals);
        case '@': return single(TokenKind::kAt);
        case '[': return single(TokenKind::kBracketOpen);
        case ']': return single(TokenKind::kBracketClose);
        case '{': return single(TokenKind::kBraceOpen);
        case '|': return single(TokenKind::kPipe);
        case '}': return single(TokenKind::kBraceClose);
        case '.':
            if (text_.substr(at_, 3) != "...") return fail("unexpected character \".\"", at_);
            token.kind = TokenKind::kSpread;
            token.text = text_.substr(at_, 3);
            at_ += 3;
            return true;
        case '"': return text_.substr(at_, 3) == "\"\"\"" ? read_block_string(token) : read_string(token);
        default: break;
    }
    if (is_name_start(c)) {
        const size_t start = at_;
        while (at_ < text_.size() && is_name_continue(text_[at_])) ++at_;
        token.kind = TokenKind::kName;
        token.text = text_.substr(start, at_ - start);
        return true;
    }
    if (is_digit(c) || c == '-') return read_number(token);
    return fail("unexpected character", at_);
}

void Lexer::skip_ignored() {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
            ++at_;
        } else if (text_.substr(at_, 3) == "\xEF\xBB\xBF") {
            at_ += 3;
        } else if (c == '#') {
            // A sequence that is no UTF-8 ends the comment, so that it is met again and refused.
            while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') {
                const size_t length = sequence_length(text_.substr(at_));
                if (length == 0) return;
                at_ += length;
            }
        } else {
            return;
        }
    }
}

bool Lexer::read_number(Token& token) {
    const size_t start = at_;
    const auto peek = [&] { return at_ < text_.size() ? text_[at_] : '\0'; };
    const auto digits = [&] {
        if (!is_digit(peek())) return fail("a digit is missing in this number", at_);
        while (is_digit(peek())) ++at_;
        return true;
    };
    token.kind = TokenKind::kInt;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
        ++at_;
        if (is_digit(peek())) return fail("a number has no leading zero", at_);
    } else if (!digits()) {
        return false;
    }
    if (peek() == '.') {
        token.kind = TokenKind::kFloat;
        ++at_;
        if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
        token.kind = TokenKind::kFloat;
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (!digits()) return false;
    }
    if (peek() == '.' || is_name_start(peek())) return fail("a number must not run into a name or a dot", at_);
    token.text = text_.substr(start, at_ - start);
    return true;
}

bool Lexer::read_string(Token& token) {
    token.kind = TokenKind::kString;
    ++at_;
    const size_t start = at_;
    // Most strings have no escape: they are borrowed as they stand.
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && text_[at_] != '\n' && text_[at_] != '\r') {
        const size_t length = sequence_length(text_.substr(at_));
        if (length == 0) return fail("this string is not UTF-8", at_);
        at_ += length;
    }
    if (at_ < text_.size() && text_[at_] == '"') {
        token.text = text_.substr(start, at_ - start);
        ++at_;
        return true;
    }
    decoded_.assign(text_.substr(start, at_ - start));
    while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\n' || text_[at_] == '\r') return fail("unterminated string", at_);
        const bool read = text_[at_] == '\\' ? read_escape() : copy_character("this string is not UTF-8");
        if (!read) return false;
    }
    if (at_ == text_.size()) return fail("unterminated string", at_);
    ++at_;
    token.text = arena_.copy_text(decoded_);
    return true;
}

bool Lexer::copy_character(std::string_view inside) {
    const size_t length = sequence_length(text_.substr(at_));
    if (length == 0) return fail(inside, at_);
    decoded_.append(text_.substr(at_, length));
    at_ += length;
    return true;
}

bool Lexer::read_escape() {
    const size_t start = at_;
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += 2;
    switch (c) {
        case '"': decoded_.push_back('"'); return true;
        case '\\': decoded_.push_back('\\'); return true;
        case '/': decoded_.push_back('/'); return true;
        case 'b': decoded_.push_back('\b'); return true;
        case 'f': decoded_.push_back('\f'); return true;
        case 'n': decoded_.push_back('\n'); return true;
        case 'r': decoded_.push_back('\r'); return true;
        case 't': decoded_.push_back('\t'); return true;
        case 'u': break;
        default: return fail("no such escape in a string", start);
    }
    uint32_t code = 0;
    const bool braced = at_ < text_.size() && text_[at_] == '{';
    if (!read_unicode_escape(code)) return fail("invalid Unicode escape", start);
    if (!braced && code >= 0xD800 && code <= 0xDBFF && text_.substr(at_, 2) == "\\u") {
        at_ += 2;
        uint32_t low = 0;
        const bool again_braced = at_ < text_.size() && text_[at_] == '{';
        if (again_braced || !read_unicode_escape(low) || low < 0xDC00 || low > 0xDFFF) {
            return fail("invalid Unicode escape", start);
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (is_surrogate(code) || code > 0x10FFFF) return fail("invalid Unicode escape", start);
    append_utf8(decoded_, code);
    return true;
}

// After `\u`: four digits, or any number of them in braces.
bool Lexer::read_unicode_escape(uint32_t& code) {
    code = 0;
    const bool braced = at_ < text_.size() && text_[at_] == '{';
    if (braced) ++at_;
    size_t digits = 0;
    while (at_ < text_.size() && (braced || digits < 4)) {
        const int digit = hex_value(text_[at_]);
        if (digit < 0) break;
        if (code > 0x10FFFF) return false;
        code = code << 4 | static_cast<uint32_t>(digit);
        ++at_;
        ++digits;
    }
    if (!braced) return digits == 4;
    if (digits == 0 || at_ == text_.size() || text_[at_] != '}') return false;
    ++at_;
    return true;
}

bool Lexer::read_block_string(Token& token) {
    token.kind = TokenKind::kString;
    at_ += 3;
    decoded_.clear();
    while (at_ < text_.size()) {
        const std::string_view rest = text_.substr(at_, 4);
        if (rest.starts_with("\"\"\"")) {
            at_ += 3;
            token.text = arena_.copy_text(dedent_block_string(decoded_));
            return true;
        }
        if (rest == "\\\"\"\"") {
            decoded_.append("\"\"\"");
            at_ += 4;
        } else if (!copy_character("this block string is not UTF-8")) {
            return false;
        }
    }
    return fail("unterminated block string", at_);
}

bool Lexer::fail(std::string_view why, size_t position) {
    error_.assign(why);
    error_position_ = static_cast<uint32_t>(position);
    return false;
}

std::string dedent_block_string(std::string_view raw) {
    std::vector<std::string_view> lines;
    size_t start = 0;
    for (size_t i = 0; i <= raw.size(); ++i) {
        if (i < raw.size() && raw[i] != '\n' && raw[i] != '\r') continue;
        lines.push_back(raw.substr(start, i - start));
        if (i + 1 < raw.size() && raw[i] == '\r' && raw[i + 1] == '\n') ++i;
        start = i + 1;
    }
    const auto indentation = [](std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); };
    size_t common = std::string_view::npos;
    for (size_t i = 1; i < lines.size(); ++i) {
        if (indentation(lines[i]) < lines[i].size()) common = std::min(common, indentation(lines[i]));
    }
    const auto blank = [&](std::string_view line) { return indentation(line) == line.size(); };
    size_t first = 0;
    size_t last = lines.size();
    while (first < last && blank(lines[first])) ++first;
    while (last > first && blank(lines[last - 1])) --last;
    std::string value;
    for (size_t i = first; i < last; ++i) {
        if (i > first) value.push_back('\n');
        const size_t cut = i == 0 ? 0 : std::min(common, lines[i].size());
        value.append(lines[i].substr(cut));
    }
    return value;
}

}  // namespace vz::graphql
