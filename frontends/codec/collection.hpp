// Collections in answers, and the layout of vz_schema.metadata:
// {"description":"...","metadata":{...},"text":{...},"lexical":{...}}, all optional.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frontends/codec/failure.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/json/writer.hpp"
#include "vectorizer/types.h"

namespace vz::codec {

inline constexpr uint64_t kDescriptionBytesMax = 4096;
inline constexpr uint64_t kMetadataBytesMax = 32 * 1024;
inline constexpr uint32_t kDefaultDimension = 512;

// What frontends keep in vz_schema.metadata.
struct CollectionNotes {
    std::string description;
    std::string metadata = "{}";  // JSON object as sent
    std::string text;             // JSON object, or empty
    std::string lexical;          // JSON object, or empty
};
CollectionNotes read_notes(vz_str schema_metadata);
// "{}" becomes an empty text, so that plain collections carry nothing.
std::string write_notes(const CollectionNotes& notes);

// Reads one object outside of a request's body. False: `failure`, unless it is null, says why.
bool read_small_object(std::string_view json, std::span<const json::Field> fields,
                       const std::function<bool(json::Reader& reader, uint32_t id, json::Value value)>& on_field,
                       Failure* failure = nullptr);

// A collection to be made: what every frontend's create comes down to. Fields left zero are the engine's to choose.
struct NewCollection {
    std::string_view name;
    uint32_t dimension = kDefaultDimension;
    vz_metric metric = VZ_COSINE;
    vz_quantization quantization = VZ_QUANTIZATION_AUTO;
    uint32_t degree = 0;
    uint32_t build_effort = 0;
    uint32_t search_effort = 0;
    int64_t ttl_ms = 0;
    uint32_t field_flags = 0;
    std::span<const vz_field_index> field_indexes;
};
// schema.vector_fields will point at `field`, schema.metadata at `metadata`.
void fill_schema(const NewCollection& wanted, vz_str metadata, vz_vector_field& field, vz_schema& schema);

// The default vector field; nullptr if there is none.
const vz_vector_field* default_field(const vz_schema* schema);

// "ready", "read_only", "quarantined".
std::string_view state_name(uint32_t state);
// 1024-based, one decimal: "1.2 MB".
std::string size_text(uint64_t bytes);
// What a collection takes: its segments, and the rows that only memory and the log have as yet.
inline uint64_t data_bytes(const vz_collection_stats& stats) { return stats.disk_bytes + stats.memory_bytes; }

// A collection as its routes answer it, one object; `full`: with the keys of ?view=full, and of the aliases those that
// `sees` lets through.
void write_item(json::Writer& out, const vz_collection_info& info, bool full,
                const std::function<bool(vz_str alias)>& sees);

}  // namespace vz::codec
