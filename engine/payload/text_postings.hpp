// The words of many payloads, whichever way they are kept.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/payload/path.hpp"
#include "engine/text/bm25.hpp"
#include "engine/text/tokenizer.hpp"

namespace vz {

// The rows that have a word, ascending, and how often each has it. Rows of damaged bytes may be any.
struct Postings {
    std::span<const uint32_t> rows;
    std::span<const uint16_t> counts;  // at most kWordCountMax
};

inline constexpr uint32_t kWordCountMax = UINT16_MAX;

class TextPostings {
 public:
    virtual ~TextPostings() = default;
    virtual Postings find(std::string_view word) const = 0;
    virtual uint32_t rows() const = 0;
    // Of one row below rows().
    virtual uint32_t words(uint32_t row) const = 0;
    // Of all rows.
    virtual TextStatistics all() const = 0;
};

// Cuts the texts at one path of payloads into words. One thread's.
class TextReader {
 public:
    // The path and the language have been checked.
    explicit TextReader(const FieldIndexSchema& declared);

    // The words of one payload, in their order; of an array those of its texts, one after the other. Valid until the
    // next call.
    const std::vector<std::string>& read(std::string_view payload);

 private:
    void take(const char* at, const char* end, uint32_t depth);

    Path path_;
    std::unique_ptr<Tokenizer> tokenizer_;
    std::vector<std::string> words_;
    std::string space_;
};

}  // namespace vz
