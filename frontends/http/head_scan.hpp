// The strict look at a request's head before the grammar parser sees it: everything in which that parser is lenient, or
// in which its verdict would depend on where the packets were cut. Verdicts depend on positions only, so every cut
// gives the same one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vz::http {

inline constexpr size_t kRequestLineBytesMax = 8 * 1024;
inline constexpr size_t kHeadBytesMax = 16 * 1024;
inline constexpr size_t kFieldsMax = 100;

enum class Verdict {
    kMore,            // the head is not complete
    kComplete,        // size() bytes are a head
    kBad,             // 400
    kUriTooLong,      // 414
    kHeadTooLarge,    // 431
    kVersion,         // 505
    kTransferCoding,  // 501
    kTls,             // somebody speaks TLS to us
};

class HeadScan final {
 public:
    // `bytes`: all that arrived since the head's beginning. Goes on where the last call stopped.
    Verdict look(std::string_view bytes);

    size_t begin() const { return begin_; }  // after the CRLFs that may precede a request
    size_t size() const { return line_; }    // of a complete head, begin() included
    const char* reason() const { return reason_; }
    const std::optional<uint64_t>& content_length() const { return content_length_; }
    bool chunked() const { return chunked_; }
    void reset() { *this = HeadScan(); }

 private:
    Verdict look_start(std::string_view bytes);
    Verdict request_line(std::string_view line);
    Verdict field(std::string_view line);
    Verdict framing_field(std::string_view name, std::string_view value);
    Verdict finish();
    Verdict bad(const char* reason);

    size_t begin_ = 0;
    size_t line_ = 0;    // where the current line starts
    size_t search_ = 0;  // where the search for its end goes on
    size_t fields_ = 0;
    const char* reason_ = "";
    std::optional<uint64_t> content_length_;
    bool started_ = false;
    bool version_11_ = false;
    bool has_line_ = false;
    bool has_host_ = false;
    bool has_transfer_ = false;
    bool chunked_ = false;
};

}  // namespace vz::http
