// What the engine knows a request by, so that a repeat is answered as it was.
#pragma once

#include <cstdint>

#include "vectorizer/types.h"

namespace vz::codec {

// What one request is: a repeat has the same.
struct RequestName {
    vz_str key_id;  // identity of the API key; absent: none
    vz_str method;
    vz_str path;  // as sent, without the query
    vz_str idempotency_key;
};
// First 16 bytes of SHA-256 over the name and the number of the sub-batch. All zero without an Idempotency-Key.
vz_uuid request_id(const RequestName& name, uint64_t part);
// Asks what a write of this request id did: a deletion that cannot take place, so that the engine answers that, or why
// nothing is deleted.
vz_write_request question_of(const vz_uuid& request_id);

}  // namespace vz::codec
