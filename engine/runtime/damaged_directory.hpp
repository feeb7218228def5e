// Reading a data directory that check calls damaged: all that can be read of it, and by name what cannot.
#pragma once

#include <functional>
#include <string>

#include "engine/runtime/check.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {

using FindingSink = std::function<void(const CheckFinding&)>;

// Like examine(), but goes on behind damage: with the frames behind it, without files that cannot be opened, with the
// youngest manifest where CURRENT names none. The WALs have their contents. Quarantine ends. `lost` is told what is
// given up. VZ_CORRUPTION: no manifest can be read.
Result<Findings> examine_damaged(FileSystem& files, const std::string& directory, const FindingSink& lost);

}  // namespace vz
