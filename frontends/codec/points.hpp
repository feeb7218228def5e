// Points and hits in answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "frontends/json/writer.hpp"
#include "vectorizer/types.h"

namespace vz::codec {

enum class VectorFormat : uint8_t { kNone, kArray, kBase64 };

// The default field's column, or nullptr.
const vz_vector_column* default_column(const vz_rows& rows);
// Row `row` of the column as a value: null if the point has no such vector or none was asked for.
void write_vector(json::Writer& out, const vz_vector_column* column, uint64_t row, VectorFormat format);
// The payload as a value: {} where the point has none, null if payloads were not asked for.
void write_payload(json::Writer& out, const vz_rows& rows, uint64_t row);

// How many points there are of which the rows are a page. They were counted by another look at the collection than the
// page's own: as far as the page itself shows it, it has the say. `before`: points ahead of it; behind a cursor nobody
// knows.
uint64_t total_of(const vz_rows& page, uint64_t counted, std::optional<uint64_t> before);

// Bytes that rows will take as JSON, roughly; answers above kInlineAnswerBytes are written on a worker.
inline constexpr uint64_t kInlineAnswerBytes = 32 * 1024;
uint64_t estimate(const vz_rows& rows, VectorFormat format);

}  // namespace vz::codec
