// What an engine is opened with, from the caller's struct.
#pragma once

#include "engine/abi/handle.hpp"
#include "engine/runtime/settings.hpp"

namespace vz {

// Of the handle, log, log_user and log_level are set; it outlives the settings. VZ_INVALID_ARGUMENT, VZ_UNSUPPORTED.
Status read_options(const vz_engine_options& options, vz_engine* handle, EngineSettings* settings);

}  // namespace vz
