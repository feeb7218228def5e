// `vectorizer import`: vectors from files into a collection, through the C ABI.
#pragma once

#include "plugins/host/command_line.hpp"

namespace vz::host {

// The exit code of the process. Batches carry request ids made of their contents, so a repeated import goes on where it
// stopped; what was changed since an earlier run is written again.
int import(const ImportOptions& options);

}  // namespace vz::host
