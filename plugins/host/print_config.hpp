// What `vectorizer print-config` prints: every key with its value, where that comes from, and what it is for.
#pragma once

#include "plugins/host/config.hpp"

namespace vz::host {

int print_config(const Config& config);

}  // namespace vz::host
