#include "frontends/codec/points.hpp"

#include <algorithm>

#include "frontends/codec/element.hpp"

namespace vz::codec {

const vz_vector_column* default_column(const vz_rows& rows) {
    if (rows.vectors == nullptr) return nullptr;
    for (uint32_t i = 0; i < rows.vector_count; ++i) {
        const vz_vector_column* column = element_at(rows.vectors, i);
        if (column->name.size == 0) return column;
    }
    return nullptr;
}

void write_vector(json::Writer& out, const vz_vector_column* column, uint64_t row, VectorFormat format) {
    const void* vector = column == nullptr || format == VectorFormat::kNone ? nullptr : column->rows[row];
    if (vector == nullptr || column->element != VZ_F32) {
        out.null();
    } else if (format == VectorFormat::kBase64) {
        out.base64(vector, uint64_t{column->dim} * sizeof(float));
    } else {
        out.float32_array(static_cast<const float*>(vector), column->dim);
    }
}

void write_payload(json::Writer& out, const vz_rows& rows, uint64_t row) {
    if (rows.payloads == nullptr) {
        out.null();
    } else if (rows.payloads[row].size == 0) {
        out.raw("{}");
    } else {
        out.raw({rows.payloads[row].data, rows.payloads[row].size});
    }
}

uint64_t total_of(const vz_rows& page, uint64_t counted, std::optional<uint64_t> before) {
    if (page.count == 0) return before ? std::min(counted, *before) : counted;
    const bool is_last = page.cursor.size == 0;
    const uint64_t shown = before.value_or(0) + page.count;
    if (is_last && before) return shown;
    return std::max(counted, is_last ? shown : shown + 1);
}

uint64_t estimate(const vz_rows& rows, VectorFormat format) {
    uint64_t bytes = 256;
    for (uint64_t row = 0; row < rows.count; ++row) {
        bytes += 96 + rows.ids[row].size;
        if (rows.payloads != nullptr) bytes += rows.payloads[row].size;
    }
    const vz_vector_column* column = default_column(rows);
    if (column != nullptr && format != VectorFormat::kNone) {
        const uint64_t per_vector =
            format == VectorFormat::kArray ? uint64_t{column->dim} * 11 : uint64_t{column->dim} * 16 / 3;
        bytes += rows.count * per_vector;
    }
    return bytes;
}

}  // namespace vz::codec
