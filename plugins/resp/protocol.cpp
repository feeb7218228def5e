#include "plugins/resp/protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace resp {
namespace {

Parsed fail(const char** problem, const char* text) {
    *problem = text;
    return Parsed::kProtocolError;
}

// "*12\r\n" or "$3\r\n" at `at`: the number, and `at` behind it.
Parsed parse_length(std::string_view bytes, char type, size_t most, size_t* at, size_t* length, const char** problem) {
    if (*at >= bytes.size()) return Parsed::kIncomplete;
    if (bytes[*at] != type) return fail(problem, type == '$' ? "expected '$' before an argument" : "expected '*'");
    const size_t end = bytes.substr(0, std::min(bytes.size(), *at + 32)).find("\r\n", *at);
    if (end == std::string_view::npos)
        return bytes.size() - *at >= 32 ? fail(problem, "invalid length") : Parsed::kIncomplete;
    int64_t number = 0;
    if (!parse_integer(bytes.substr(*at + 1, end - *at - 1), 0, static_cast<int64_t>(most), &number))
        return fail(problem, "invalid length");
    *length = static_cast<size_t>(number);
    *at = end + 2;
    return Parsed::kRequest;
}

constexpr std::string_view kBlanks = " \t\r\v\f";

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// What follows a backslash between double quotes; `at` goes behind it.
char take_escape(std::string_view line, size_t* at) {
    const char c = line[(*at)++];
    if (c == 'x' && *at + 2 <= line.size() && hex_digit(line[*at]) >= 0 && hex_digit(line[*at + 1]) >= 0) {
        *at += 2;
        return static_cast<char>(hex_digit(line[*at - 2]) * 16 + hex_digit(line[*at - 1]));
    }
    constexpr std::string_view kNames = "nrtba";
    const size_t name = kNames.find(c);
    return name == std::string_view::npos ? c : "\n\r\t\b\a"[name];
}

// Takes a word to its end, its quotes off. False: a quote is not closed, or a word goes on behind it.
bool take_word(std::string_view line, size_t* at, std::string* out) {
    char quote = 0;
    while (*at < line.size()) {
        const char c = line[*at];
        if (quote == 0 && kBlanks.find(c) != std::string_view::npos) return true;
        ++*at;
        if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (c == quote && quote != 0) {
            return *at == line.size() || kBlanks.find(line[*at]) != std::string_view::npos;
        } else if (quote == '"' && c == '\\' && *at < line.size()) {
            *out += take_escape(line, at);
        } else if (quote == '\'' && c == '\\' && *at < line.size() && line[*at] == '\'') {
            *out += line[(*at)++];
        } else {
            *out += c;
        }
    }
    return quote == 0;
}

Parsed parse_line(std::string_view bytes, Request* request, size_t* used, const char** problem) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    if (end > kLineBytesMax) return fail(problem, "too big inline request");
    if (end == bytes.size()) return Parsed::kIncomplete;
    std::string_view line = bytes.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    *used = end + 1;
    request->unquoted.clear();
    request->unquoted.reserve(line.size());  // no word is longer without its quotes: nothing moves
    for (size_t at = 0; (at = line.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
        const size_t begin = request->unquoted.size();
        if (!take_word(line, &at, &request->unquoted)) return fail(problem, "unbalanced quotes in request");
        request->arguments.push_back(std::string_view(request->unquoted).substr(begin));
    }
    return Parsed::kRequest;
}

}  // namespace

Parsed parse_request(std::string_view bytes, Request* request, size_t* used, const char** problem) {
    request->arguments.clear();
    if (bytes.empty()) return Parsed::kIncomplete;
    if (bytes[0] != '*') return parse_line(bytes, request, used, problem);
    size_t at = 0;
    size_t count = 0;
    Parsed parsed = parse_length(bytes, '*', kArgumentsMax, &at, &count, problem);
    for (size_t i = 0; parsed == Parsed::kRequest && i < count; ++i) {
        size_t length = 0;
        parsed = parse_length(bytes, '$', kBulkBytesMax, &at, &length, problem);
        if (parsed != Parsed::kRequest) break;
        if (at + length + 2 > kRequestBytesMax) return fail(problem, "too big request");
        if (at + length + 2 > bytes.size()) return Parsed::kIncomplete;
        if (bytes[at + length] != '\r' || bytes[at + length + 1] != '\n')
            return fail(problem, "an argument is not as long as it says");
        request->arguments.push_back(bytes.substr(at, length));
        at += length + 2;
    }
    *used = at;
    return parsed;
}

void Replies::header(char type, int64_t value) {
    bytes_ += type;
    bytes_ += std::to_string(value);
    bytes_ += "\r\n";
}

void Replies::simple(std::string_view text) {
    bytes_ += '+';
    bytes_ += text;
    bytes_ += "\r\n";
}

void Replies::error(std::string_view text) {
    bytes_ += '-';
    for (const char c : text) bytes_ += c == '\r' || c == '\n' ? ' ' : c;
    bytes_ += "\r\n";
}

void Replies::integer(int64_t value) { header(':', value); }

void Replies::bulk(std::string_view text) {
    header('$', static_cast<int64_t>(text.size()));
    bytes_ += text;
    bytes_ += "\r\n";
}

void Replies::null() { bytes_ += version_ == 3 ? "_\r\n" : "$-1\r\n"; }

void Replies::real(double value) {
    if (version_ != 3) return bulk(number_text(value));
    bytes_ += ',';
    bytes_ += number_text(value);
    bytes_ += "\r\n";
}

void Replies::boolean(bool value) {
    if (version_ != 3) return integer(value ? 1 : 0);
    bytes_ += value ? "#t\r\n" : "#f\r\n";
}

void Replies::array(size_t elements) { header('*', static_cast<int64_t>(elements)); }

void Replies::map(size_t pairs) {
    if (version_ == 3) {
        header('%', static_cast<int64_t>(pairs));
    } else {
        array(pairs * 2);
    }
}

std::string number_text(double value) {
    std::array<char, 40> text = {};
    const auto narrow = static_cast<float>(value);
    const auto end = static_cast<double>(narrow) == value ? std::to_chars(text.begin(), text.end(), narrow)
                                                          : std::to_chars(text.begin(), text.end(), value);
    return {text.begin(), end.ptr};
}

bool parse_integer(std::string_view text, int64_t low, int64_t high, int64_t* out) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), *out);
    return problem == std::errc() && end == text.data() + text.size() && *out >= low && *out <= high;
}

bool parse_real(std::string_view text, float* out) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), *out);
    if (problem == std::errc::invalid_argument || end != text.data() + text.size()) return false;
    // Infinite or nearly zero: from_chars does not say which.
    if (problem != std::errc()) *out = static_cast<float>(std::strtod(std::string(text).c_str(), nullptr));
    return std::isfinite(*out);
}

bool same_word(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace resp
