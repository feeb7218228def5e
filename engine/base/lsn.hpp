// The place of an entry in the log.
#pragma once

#include <cstdint>

namespace vz {

using Lsn = uint64_t;  // 0: none. Opaque to everything above the log, and rising

}  // namespace vz
