#include "engine/payload/filter_text.hpp"

#include <cmath>

namespace vz {

bool FilterText::fail(const char* fault) {
    fault_ = fault;
    return false;
}

char FilterText::peek() {
    const char* const end = text_.data() + text_.size();
    at_ = static_cast<size_t>(json::skip_space(text_.data() + at_, end) - text_.data());
    return at_ < text_.size() ? text_[at_] : '\0';
}

bool FilterText::take_if(char wanted) {
    if (peek() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
}

bool FilterText::take(char wanted) {
    if (take_if(wanted)) return true;
    return fail(at_ == text_.size() ? "the text ends too early" : "another character was expected");
}

bool FilterText::take_escape() {
    static constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (at_ + 1 >= text_.size()) return fail("a string does not end");
    if (kSimple.find(text_[at_ + 1]) != std::string_view::npos) {
        at_ += 2;
        return true;
    }
    const auto unit = [&](size_t from, uint32_t* value) {
        if (from + 6 > text_.size() || text_[from] != '\\' || text_[from + 1] != 'u') return false;
        *value = 0;
        for (size_t i = from + 2; i < from + 6; ++i) {
            const char c = static_cast<char>(text_[i] | 0x20);
            if (!((text_[i] >= '0' && text_[i] <= '9') || (c >= 'a' && c <= 'f'))) return false;
            *value = *value * 16 + static_cast<uint32_t>(text_[i] <= '9' ? text_[i] - '0' : c - 'a' + 10);
        }
        return true;
    };
    uint32_t high = 0;
    uint32_t low = 0;
    if (!unit(at_, &high)) return fail("an escape is none of JSON's");
    if (high >= 0xDC00 && high < 0xE000) return fail("half of a surrogate pair stands alone");
    if (high >= 0xD800 && high < 0xDC00) {
        if (!unit(at_ + 6, &low) || low < 0xDC00 || low >= 0xE000) return fail("half of a surrogate pair stands alone");
        at_ += 6;
    }
    at_ += 6;
    return true;
}

bool FilterText::take_string(std::string* text) {
    if (peek() != '"') return fail("a string was expected");
    json::RawString raw;
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (static_cast<unsigned char>(text_[at_]) < 0x20) return fail("a string has a control character");
        if (text_[at_] == '\\') {
            raw.is_escaped = true;
            if (!take_escape()) return false;
        } else {
            ++at_;
        }
    }
    if (at_ == text_.size()) return fail("a string does not end");
    raw.bytes = text_.substr(begin, at_ - begin);
    ++at_;
    if (raw.is_escaped) {
        json::unescape(raw, text);
    } else {
        *text = raw.bytes;
    }
    return true;
}

bool FilterText::take_number(json::Number* number) {
    peek();
    const size_t begin = at_;
    size_t at = begin;
    const auto digits = [&] {
        const size_t from = at;
        while (at < text_.size() && text_[at] >= '0' && text_[at] <= '9') ++at;
        return at != from;
    };
    const auto next_is = [&](std::string_view any) {
        return at < text_.size() && any.find(text_[at]) != std::string_view::npos;
    };
    if (next_is("-")) ++at;
    const size_t whole = at;
    if (!digits()) return fail("a number was expected");
    if (text_[whole] == '0' && at - whole > 1) return fail("a number begins with no zero");
    if (next_is(".")) {
        ++at;
        if (!digits()) return fail("a number has digits behind its point");
    }
    if (next_is("eE")) {
        ++at;
        if (next_is("+-")) ++at;
        if (!digits()) return fail("a number has digits in its exponent");
    }
    const bool fits =
        json::read_number(text_.data() + begin, text_.data() + at, number) && std::isfinite(number->value);
    if (!fits) return fail("a number is too large");
    at_ = at;
    return true;
}

bool FilterText::take_word() {
    const char first = peek();
    const std::string_view word = first == 't' ? "true" : first == 'f' ? "false" : "null";
    if (!text_.substr(at_).starts_with(word)) return fail("this is no value of JSON");
    at_ += word.size();
    return true;
}

bool FilterText::take_end() {
    return peek() == '\0' && at_ == text_.size() ? true : fail("something stands behind the filter");
}

}  // namespace vz
