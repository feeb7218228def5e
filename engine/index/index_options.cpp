#include "engine/index/index_options.hpp"

namespace vz {

Status IndexOptions::check() const {
    if (dim == 0 || dim > VZ_DIM_MAX)
        return failure(VZ_INVALID_ARGUMENT, "dim must be 1 to 65536").reason(VZ_REASON_RANGE).field("dim");
    if (metric < VZ_COSINE || metric > VZ_MANHATTAN)
        return failure(VZ_INVALID_ARGUMENT, "no such metric").reason(VZ_REASON_METRIC).field("metric");
    if (degree < VZ_DEGREE_MIN || degree > VZ_DEGREE_MAX)
        return failure(VZ_INVALID_ARGUMENT, "degree must be 4 to 256").reason(VZ_REASON_RANGE).field("degree");
    if (build_effort < VZ_BUILD_EFFORT_MIN || build_effort > VZ_BUILD_EFFORT_MAX) {
        return failure(VZ_INVALID_ARGUMENT, "build_effort must be 8 to 4096")
            .reason(VZ_REASON_RANGE)
            .field("build_effort");
    }
    if (quantization > VZ_QUANTIZATION_SQ8)
        return failure(VZ_UNSUPPORTED, "no such quantization").field("quantization");
    if (metric == VZ_MANHATTAN && quantization == VZ_QUANTIZATION_SQ8) {
        return failure(VZ_UNSUPPORTED, "sq8 does not keep manhattan distances").field("quantization");
    }
    return {};
}

}  // namespace vz
