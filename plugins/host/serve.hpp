// The life of a server: engine, frontends, ready, drain, close.
#pragma once

#include "plugins/host/config.hpp"

namespace vz::host {

// The exit code of the process. SIGHUP reads the configuration again: log level and API keys change at once. Takes over
// the signals SIGTERM, SIGINT and SIGHUP.
int serve(const Config& config, const Reread& reread);

// 0, or 2 after a sentence on standard error: what can be said without starting anything.
int check_config(const Config& config);

}  // namespace vz::host
