// A collection of one vector field, with the defaults of the engine for all else.
#pragma once

#include <cstdint>
#include <string>

#include "vectorizer/engine.h"

namespace vz::host {

vz_status create_collection(vz_engine* engine, const std::string& name, uint32_t dim, vz_metric metric,
                            vz_error* error);

}  // namespace vz::host
