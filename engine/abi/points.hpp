// The bodies of reading and writing points, shared by the synchronous functions and the operations.
#pragma once

#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"

namespace vz {

// Sizes of the chain, of its elements and of the answer, before anything is done.
Status check_write_structs(const vz_write_request* request, const vz_write_answer* answer);
// Whether a request of this id was done before: then its outcome is told again, whatever became of the collection.
Result<bool> answer_again(vz_engine* engine, const vz_write_request* request, vz_write_answer* out);
Status answer_write(vz_write_answer answer, std::span<const Status> item_errors, const vz_write_request& request,
                    vz_write_answer* out);
Status read_search(vz_engine* engine, vz_str name, const vz_search_request* request, vz_result** out);
Status read_get(vz_engine* engine, vz_str name, const vz_get_request* request, vz_result** out);
Status read_scan(vz_engine* engine, vz_str name, const vz_scan_request* request, vz_result** out);
Status read_count(vz_engine* engine, vz_str name, const vz_count_request* request, uint64_t* out);

}  // namespace vz
