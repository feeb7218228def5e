// What the engine knows a request by, so that a repeat is answered as it was.
#pragma once

#include <cstdint>

#include "vectorizer/types.h"

namespace vz::codec {

// First 16 bytes of SHA-256 over the key's identity, the Idempotency-Key and the number of the sub-batch. Absent key:
// all zero.
vz_uuid request_id(vz_str key_id, vz_str idempotency_key, uint64_t part);
// Asks what a write of this request id did: a deletion that cannot take place, so that the engine answers that, or why
// nothing is deleted.
vz_write_request question_of(const vz_uuid& request_id);

}  // namespace vz::codec
