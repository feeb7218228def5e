// A store as one canonical text: the pieces, for the model and for whoever reads them out of a store. Collections by
// name, each with its points by id, then snapshots by name, then values by key.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engine/base/schema.hpp"

namespace vz {

void dump_collection(std::string* text, const std::string& name, const Schema& schema,
                     const std::set<std::string>& aliases);
// `expiry`: as the log holds it. Then, in the order of the schema, each vector.
void dump_point(std::string* text, const std::string& id, uint64_t version, int64_t expiry, const std::string& payload);
// Null: the point has none.
void dump_vector(std::string* text, const VectorFieldSchema& field, const float* vector);
// Then each of its collections.
void dump_snapshot(std::string* text, const std::string& name);
void dump_snapshot_of(std::string* text, const std::string& collection);
void dump_value(std::string* text, const std::string& key, const std::string& value, uint64_t lsn);

}  // namespace vz
