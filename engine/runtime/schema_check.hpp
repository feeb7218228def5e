// A schema of the ABI, checked, as the engine's value.
#pragma once

#include "engine/base/schema.hpp"
#include "engine/base/status.hpp"
#include "vectorizer/types.h"

namespace vz {

// Applies one change of an alter request, or refuses it and leaves the schema half changed.
Status apply_change(const vz_alter_change& change, Schema* schema);
Result<Schema> check_schema(const vz_schema& schema);
// One that another database wrote: the same limits, and ids that name one field each. VZ_INVALID_ARGUMENT,
// VZ_LIMIT_EXCEEDED, VZ_UNSUPPORTED.
Status check_written_schema(const Schema& schema);
// 1 to 255 bytes of UTF-8 without '/' and control characters.
Status check_name(std::string_view name, const char* field);

}  // namespace vz
