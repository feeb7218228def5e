#include "frontends/http/head_scan.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "frontends/text/spelling.hpp"

namespace vz::http {
namespace {

constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
    for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr auto kToken = make_token_table();

bool is_token(char c) { return kToken[static_cast<unsigned char>(c)]; }

bool equals_lower(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Verdict HeadScan::bad(const char* reason) {
    reason_ = reason;
    return Verdict::kBad;
}

Verdict HeadScan::look(std::string_view bytes) {
    if (!started_) {
        if (const auto verdict = look_start(bytes); verdict != Verdict::kComplete) return verdict;
    }
    for (;;) {
        const auto limit = has_line_ ? begin_ + kHeadBytesMax : begin_ + kRequestLineBytesMax + 2;
        const auto reach = bytes.size() < limit ? bytes.size() : limit;
        const auto* found = search_ < reach
                                ? static_cast<const char*>(std::memchr(bytes.data() + search_, '\n', reach - search_))
                                : nullptr;
        if (found == nullptr) {
            search_ = reach;
            if (reach == limit) return has_line_ ? Verdict::kHeadTooLarge : Verdict::kUriTooLong;
            return Verdict::kMore;
        }
        const auto end = static_cast<size_t>(found - bytes.data());
        if (end == line_ || bytes[end - 1] != '\r') return bad("a line does not end with CR LF");
        const auto line = bytes.substr(line_, end - 1 - line_);
        line_ = search_ = end + 1;
        Verdict verdict = Verdict::kComplete;
        if (!has_line_) {
            has_line_ = true;
            verdict = request_line(line);
        } else if (line.empty()) {
            return finish();
        } else {
            verdict = field(line);
        }
        if (verdict != Verdict::kComplete) return verdict;
    }
}

// Up to two CRLFs before a request are skipped, as some clients send one after a body.
Verdict HeadScan::look_start(std::string_view bytes) {
    for (;;) {
        if (begin_ >= bytes.size()) return Verdict::kMore;
        const char first = bytes[begin_];
        if (first == '\r' && begin_ < 4) {
            if (begin_ + 1 >= bytes.size()) return Verdict::kMore;
            if (bytes[begin_ + 1] != '\n') return bad("a request begins with a bare CR");
            begin_ += 2;
            continue;
        }
        if (first == 0x16) return Verdict::kTls;
        if (!is_token(first)) return bad("a request does not begin with a method");
        started_ = true;
        line_ = search_ = begin_;
        return Verdict::kComplete;
    }
}

Verdict HeadScan::request_line(std::string_view line) {
    const auto first = line.find(' ');
    if (first == std::string_view::npos) return bad("the request line has no target");
    for (const char c : line.substr(0, first)) {
        if (!is_token(c)) return bad("the method is no token");
    }
    const auto second = line.find(' ', first + 1);
    const auto target = line.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
    if (target.empty()) return bad("the request line has no target");
    for (const char c : target) {
        if (c <= 0x20 || c >= 0x7f || c == '#') return bad("the target holds a byte that must be percent-encoded");
    }
    if (second == std::string_view::npos) return bad("the request line has no version");
    const auto version = line.substr(second + 1);
    if (version.find(' ') != std::string_view::npos) return bad("the request line has too many parts");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return Verdict::kVersion;
    version_11_ = version == "HTTP/1.1";
    if (line.substr(0, first) == "CONNECT") return bad("this server is no proxy");
    return Verdict::kComplete;
}

Verdict HeadScan::field(std::string_view line) {
    if (++fields_ > kFieldsMax) return Verdict::kHeadTooLarge;
    if (line.front() == ' ' || line.front() == '\t') return bad("a header field is folded");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header field has no colon");
    if (colon == 0) return bad("a header field has no name");
    const auto name = line.substr(0, colon);
    for (const char c : name) {
        if (!is_token(c)) return bad("a header field's name is no token");
    }
    for (const char c : line.substr(colon + 1)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t') || byte == 0x7f) return bad("a header field holds a control character");
    }
    const bool may_frame = name.size() == 4 || name.size() == 14 || name.size() == 17;
    return may_frame ? framing_field(name, text::trim(line.substr(colon + 1))) : Verdict::kComplete;
}

Verdict HeadScan::framing_field(std::string_view name, std::string_view value) {
    if (equals_lower(name, "host")) {
        if (has_host_) return bad("there are two Host fields");
        has_host_ = true;
        if (value.find_first_of("/@ \t,\\?#") != std::string_view::npos) return bad("the Host field names no host");
    } else if (equals_lower(name, "content-length")) {
        if (content_length_) return bad("there are two Content-Length fields");
        if (value.empty() || value.size() > 19) return bad("Content-Length is no number");
        for (const char c : value) {
            if (!is_digit(c)) return bad("Content-Length is no number");
        }
        uint64_t length = 0;
        std::from_chars(value.data(), value.data() + value.size(), length);
        content_length_ = length;
    } else if (equals_lower(name, "transfer-encoding")) {
        if (has_transfer_) return bad("there are two Transfer-Encoding fields");
        has_transfer_ = true;
        chunked_ = equals_lower(value, "chunked");
    }
    return Verdict::kComplete;
}

Verdict HeadScan::finish() {
    if (version_11_ && !has_host_) return bad("there is no Host field");
    if (has_transfer_) {
        if (content_length_) return bad("there are both Content-Length and Transfer-Encoding");
        if (!version_11_) return bad("HTTP/1.0 has no Transfer-Encoding");
        if (!chunked_) return Verdict::kTransferCoding;
    }
    return Verdict::kComplete;
}

}  // namespace vz::http
