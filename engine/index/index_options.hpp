// What a vector field says about its index.
#pragma once

#include <cstdint>

#include "engine/base/status.hpp"
#include "vectorizer/types.h"

namespace vz {

struct IndexOptions {
    uint32_t dim = 0;
    vz_metric metric = VZ_COSINE;
    vz_quantization quantization = VZ_QUANTIZATION_AUTO;
    uint32_t degree = 32;
    uint32_t build_effort = 128;
    float alpha = 1.1F;  // of RobustPrune, on distances not squared
    uint64_t seed = 1;   // from ids in the schema, never from a clock

    // VZ_INVALID_ARGUMENT, or VZ_UNSUPPORTED for SQ8 under manhattan.
    Status check() const;
};

}  // namespace vz
