// vectorizer healthcheck: whether the server of this configuration is well, as an exit code; for containers and
// scripts.
#pragma once

#include <cstdint>

#include "plugins/host/config.hpp"

namespace vz::host {

struct HealthcheckOptions {
    bool live = false;  // /livez instead of /readyz
    uint32_t timeout_s = 5;
};

// 0: it answers, and is ready (or lives, where only that was asked). 1: it is not, or there is no answer; standard
// error says which.
int healthcheck(const Config& config, const HealthcheckOptions& options);

}  // namespace vz::host
