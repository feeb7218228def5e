// An inverted index over the words at one path of many payloads (text_index.md). Built once, then read where it lies.
#pragma once

#include <cstddef>

#include "engine/payload/text_postings.hpp"

namespace vz {

// The bytes of an index over these payloads; row i is payloads[i], empty stands for {}.
std::vector<std::byte> build_text_index(const FieldIndexSchema& declared, std::span<const std::string_view> payloads);

// Immutable; any thread. Any bytes are safe to read: what damage makes of them is bounded.
class TextIndex final : public TextPostings {
 public:
    // Borrows the bytes, which begin at a multiple of 8. VZ_CORRUPTION: they are no index over so many rows.
    static Result<TextIndex> view(std::span<const std::byte> bytes, uint32_t rows);
    // Owns them.
    static Result<TextIndex> own(std::vector<std::byte> bytes, uint32_t rows);

    const FieldIndexSchema& declared() const { return declared_; }
    Postings find(std::string_view word) const override;
    uint32_t rows() const override { return rows_; }
    uint32_t words(uint32_t row) const override { return row_words_[row]; }
    TextStatistics all() const override { return all_; }

 private:
    TextIndex() = default;
    Status place(std::span<const std::byte> bytes, uint32_t rows);
    std::string_view term(uint64_t i) const;

    std::vector<std::byte> owned_;
    FieldIndexSchema declared_;
    TextStatistics all_;
    uint32_t rows_ = 0;
    uint64_t terms_ = 0;
    uint64_t entries_ = 0;
    std::string_view heap_;
    const uint32_t* row_words_ = nullptr;
    const uint64_t* offsets_ = nullptr;
    const uint64_t* starts_ = nullptr;
    const uint32_t* entry_rows_ = nullptr;
    const uint16_t* entry_counts_ = nullptr;
};

}  // namespace vz
