// The schema of a collection as a value, and its bytes on disk (a Cap'n Proto message that manifest and segments
// embed).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.hpp"

namespace vz {

struct VectorFieldSchema {
    uint32_t id = 0;  // never reused within a collection
    std::string name;
    uint32_t dim = 0;
    vz_metric metric = 0;
    vz_element element = VZ_F32;
    vz_quantization quantization = VZ_QUANTIZATION_AUTO;
    vz_index_kind index = VZ_INDEX_GRAPH;
    uint32_t degree = 0;
    uint32_t build_effort = 0;
    uint32_t search_effort = 0;
    uint32_t flags = 0;
    uint32_t kind = VZ_VECTOR_DENSE;
    friend bool operator==(const VectorFieldSchema&, const VectorFieldSchema&) = default;
};

struct FieldIndexSchema {
    uint32_t kind = 0;
    std::string path;
    std::string language = {};  // of a text index; empty: words as they are
    friend bool operator==(const FieldIndexSchema&, const FieldIndexSchema&) = default;
};

struct Schema {
    std::vector<VectorFieldSchema> fields;
    std::vector<FieldIndexSchema> field_indexes;
    std::string metadata = "{}";
    int64_t ttl_ms = 0;
    uint32_t next_field_id = 0;
    friend bool operator==(const Schema&, const Schema&) = default;

    // nullptr: no such field.
    const VectorFieldSchema* field(std::string_view name) const;
    const VectorFieldSchema* field_by_id(uint32_t id) const;
};

std::vector<std::byte> encode_schema(const Schema& schema);
// Only after the checksum around the bytes passed; what does not parse is VZ_CORRUPTION.
Result<Schema> decode_schema(std::span<const std::byte> bytes);

}  // namespace vz
