// An index over the values at one path of many payloads: which rows have a value (field_index.md). Built once, then
// read where it lies.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/payload/filter.hpp"

namespace vz {

// The bytes of an index of this kind over these payloads; row i is payloads[i], empty stands for {}. The path has been
// checked.
std::vector<std::byte> build_field_index(const FieldIndexSchema& declared, std::span<const std::string_view> payloads);

// Immutable; any thread. Any bytes are safe to read: what damage makes of them is bounded.
class FieldIndex {
 public:
    enum class Answer : uint8_t {
        kNone,      // this index does not know
        kExact,     // exactly the rows that pass
        kSuperset,  // those, and perhaps others
    };

    // Borrows the bytes. VZ_CORRUPTION: they are no index over so many rows.
    static Result<FieldIndex> view(std::span<const std::byte> bytes, uint32_t rows);
    // Owns them.
    static Result<FieldIndex> own(std::vector<std::byte> bytes, uint32_t rows);

    const FieldIndexSchema& declared() const { return declared_; }
    // Sets the bits of the rows for which the test holds, if its path is this one's. `words` has a bit for each row,
    // all zero.
    Answer find(const FieldTest& test, std::span<uint64_t> words) const;

 private:
    FieldIndex() = default;
    Status place(std::span<const std::byte> bytes, uint32_t rows);
    Answer find_text(const FieldTest& test, std::span<uint64_t> words) const;
    Answer find_number(const FieldTest& test, std::span<uint64_t> words) const;
    Answer find_place(const FieldTest& test, std::span<uint64_t> words) const;
    std::string_view text(uint64_t key) const;
    long double number(uint64_t key) const;
    uint64_t first_not_below(long double low) const;
    void add_keys(uint64_t begin, uint64_t end, std::span<uint64_t> words) const;
    void add_entry(uint64_t entry, std::span<uint64_t> words) const;

    std::vector<std::byte> owned_;
    FieldIndexSchema declared_;
    Path path_;
    uint32_t rows_ = 0;
    uint64_t keys_ = 0;
    uint64_t entries_ = 0;
    bool lacks_numbers_ = false;
    const std::byte* filled_ = nullptr;  // a bit per row: some value is neither null nor []
    const std::byte* nulls_ = nullptr;   // likewise: some value is null
    const std::byte* key_data_ = nullptr;
    const std::byte* heap_ = nullptr;  // of texts
    uint64_t heap_bytes_ = 0;
    const std::byte* starts_ = nullptr;
    const std::byte* row_data_ = nullptr;
};

}  // namespace vz
