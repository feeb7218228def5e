// One bitmap of a file of deletes: what the file's writer tells, the manifest keeps and its reader expects.
#pragma once

#include <cstdint>

#include "engine/base/checksum.hpp"

namespace vz {

struct DeleteRef {
    uint64_t file = 0;
    uint64_t offset = 0;  // in the file, of the entry with its head
    uint64_t bytes = 0;
    uint64_t cardinality = 0;
    uint32_t highest_row = 0;
    Hash128 hash = {};
};

}  // namespace vz
