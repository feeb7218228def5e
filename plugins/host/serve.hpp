// The life of a server: engine, frontends, ready, drain, close.
#pragma once

#include "plugins/host/config.hpp"

namespace vz::host {

// The exit code of the process. SIGHUP reads the configuration again: log level and API keys change at once. Takes over
// the signals SIGTERM, SIGINT and SIGHUP.
int serve(const Config& config, const Reread& reread);

// 0, or what serve() would exit with, after a sentence on standard error: all that is wrong with the configuration
// itself. Nothing is served, and no file of the data directory changes. API keys that are kept there count; not where
// another process serves it, which is said.
int check_config(const Config& config);

}  // namespace vz::host
