// The engine's log, each record under the name of whom it is about.
#pragma once

#include "vectorizer/types.h"

namespace vz::host {

// A vz_log_fn; `engine` is the EngineHandle. A broken rule is the frontend's whose call is on the stack, and so is a
// result that is never released. A frontend that closes the engine takes it from all others: the process ends.
void log_of_engine(void* engine, const vz_log_record* record) noexcept;

}  // namespace vz::host
