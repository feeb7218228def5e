// The bodies of reading and writing points, shared by the synchronous functions and the operations.
#pragma once

#include "engine/abi/handle.hpp"

namespace vz {

// Sizes of the chain, of its elements and of the answer, before anything is done.
Status check_write_structs(const vz_write_request* request, const vz_write_answer* answer);
Status answer_write(const WriteCommit& commit, const vz_write_request* request, vz_write_answer* out);
Status read_search(vz_engine* engine, vz_str name, const vz_search_request* request, const Interruption& stop, vz_result** out);
Status read_get(vz_engine* engine, vz_str name, const vz_get_request* request, const Interruption& stop, vz_result** out);
Status read_scan(vz_engine* engine, vz_str name, const vz_scan_request* request, const Interruption& stop, vz_result** out);
Status read_count(vz_engine* engine, vz_str name, const vz_count_request* request, const Interruption& stop, uint64_t* out);

}  // namespace vz
