// Plugins as files: loaded once, never unloaded.
#pragma once

#include <string>

#include "vectorizer/frontend.h"

namespace vz::host {

struct Loaded {
    const vz_frontend_descriptor* descriptor = nullptr;
    std::string problem;  // why it could not be loaded
};

// A bare file name means the plugin folder ../lib/vectorizer/frontends beside the executable's folder; else the path is
// absolute.
Loaded load_frontend(const std::string& library);

}  // namespace vz::host
