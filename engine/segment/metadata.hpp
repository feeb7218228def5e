// The section `meta`: whose rows these are and what their vectors look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/base/status.hpp"

namespace vz {

struct SegmentMetadata {
    uint64_t collection_id = 0;
    vz_uuid collection_uuid = {};
    std::string collection_name;
    Schema schema;
    uint64_t rows = 0;
    uint64_t version_min = 0;
    uint64_t version_max = 0;
};

std::vector<std::byte> encode_metadata(const SegmentMetadata& metadata);
// Only after the hash of the bytes passed; what does not parse is VZ_CORRUPTION.
Result<SegmentMetadata> decode_metadata(std::span<const std::byte> bytes);

}  // namespace vz
