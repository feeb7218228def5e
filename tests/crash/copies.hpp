// Snapshots and archives of the store: made, restored, looked at.
#pragma once

#include <cstdint>
#include <string>

#include "engine/runtime/engine.hpp"
#include "tests/crash/model.hpp"

namespace vz {

// What an edit was answered with; writes its LSN.
Status edit(Result<EditOutcome> outcome, uint64_t* lsn);
Status copy(Engine& engine, const Operation& operation, uint64_t* lsn);
// Whether the archive is there whole, with these collections and as many points.
Status check_archive(FileSystem& files, const std::string& name, const Model::Copies& copies);

}  // namespace vz
