// RESP, the Redis serialization protocol, versions 2 and 3: requests in, replies out.
// https://redis.io/docs/latest/develop/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

// What a client may make us hold. A vector of 65,536 numbers in words is the largest request that makes sense.
inline constexpr size_t kArgumentsMax = 65'536 + 64;
inline constexpr size_t kBulkBytesMax = (1 << 20) + 64;  // a payload
inline constexpr size_t kRequestBytesMax = 4 << 20;
inline constexpr size_t kLineBytesMax = 64 << 10;  // inline commands, lengths

enum class Parsed { kRequest, kIncomplete, kProtocolError };

// The arguments point into the bytes they were parsed from, those of a line with quotes into `unquoted`.
struct Request {
    std::vector<std::string_view> arguments;
    std::string unquoted;
};

// Takes one request, an array of bulk strings or a line of words, from the front of `bytes`. `used` is how far it goes.
// A protocol error is told in `problem`, and the connection has to end.
Parsed parse_request(std::string_view bytes, Request* request, size_t* used, const char** problem);

// Replies one after another, in the version that HELLO chose.
class Replies {
 public:
    void set_version(int version) { version_ = version; }
    int version() const { return version_; }

    void ok() { simple("OK"); }
    void simple(std::string_view text);
    // The first word is a code: "ERR", "WRONGTYPE". Line breaks become blanks.
    void error(std::string_view text);
    void integer(int64_t value);
    void bulk(std::string_view text);
    void null();
    void real(double value);      // RESP2: a bulk string
    void boolean(bool value);     // RESP2: 1 or 0
    void array(size_t elements);  // the elements follow
    void map(size_t pairs);       // RESP2: an array of twice as many

    std::string& bytes() { return bytes_; }

 private:
    void header(char type, int64_t value);

    std::string bytes_;
    int version_ = 2;
};

// Shortest text that reads back as the same float; of doubles 17 digits at most.
std::string number_text(double value);
bool parse_integer(std::string_view text, int64_t low, int64_t high, int64_t* out);
bool parse_real(std::string_view text, float* out);
// Case of letters does not count.
bool same_word(std::string_view left, std::string_view right);

}  // namespace resp
