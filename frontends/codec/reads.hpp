// Reads that nobody waits for any more.
#pragma once

#include <cstdint>

#include "vectorizer/engine.h"

namespace vz::codec {

// Those among the operations that are still with the engine end soon, as VZ_CANCELLED; all others go on. Any thread;
// does not wait.
void cancel_reads(vz_engine* engine, vz_op* const* ops, uint64_t count);

}  // namespace vz::codec
