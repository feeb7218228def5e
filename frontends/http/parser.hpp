// The grammar of a request: the door of Boost.Beast. It gets complete heads that HeadScan has passed, and chunked
// bodies as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "frontends/http/memory.hpp"

namespace vz::http {

enum class Expect { kNothing, kContinue, kOther };

// What the transport reads of a head. The views live until the parser's next use.
struct Head {
    std::string_view method;
    std::string_view target;
    std::string_view host;
    std::string_view origin;
    std::string_view content_type;
    std::string_view content_encoding;
    std::string_view accept;
    std::string_view accept_encoding;
    std::string_view idempotency_key;  // nullptr: none came
    std::string_view request_id;
    std::string_view correlation_id;
    std::string_view traceparent;
    std::string_view if_none_match;
    std::string_view authorization;
    std::string_view api_key;
    std::string_view requested_headers;  // of a CORS preflight
    Expect expect = Expect::kNothing;
    bool version_11 = true;
    bool keep_alive = true;
    bool repeated_idempotency_key = false;
    bool repeated_key = false;  // a field that carries the API key came twice
    bool repeated = false;      // a field that decides how the body is read came twice
};

// A chunk's size with its extension, or the trailer: each is kept and searched as a whole until its end has come.
inline constexpr size_t kFramingBytesMax = 16 * 1024;

enum class Chunks { kMore, kDone, kBad, kFramingTooLong, kTooLarge, kNoMemory };

class Parser final {
 public:
    Parser();
    ~Parser();
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    // false: not HTTP; `reason` then says why.
    [[nodiscard]] bool head(std::string_view head, Head& out, const char*& reason);
    // The next bytes of a chunked body; `used` says how many were taken. What is decoded goes to `body`, `limit` bytes
    // at most in all.
    Chunks chunks(std::string_view bytes, size_t& used, Body& body, uint64_t limit);

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vz::http
