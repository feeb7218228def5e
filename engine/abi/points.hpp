// The bodies of reading and writing points, shared by the synchronous functions and the operations.
#pragma once

#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"

namespace vz {

// Sizes of the chain, of its elements and of the answer, before anything is done.
Status check_write_structs(const vz_write_request* request, const vz_write_answer* answer);
// Whether a request of this id was done before: then its outcome is told again, whatever became of the collection.
Result<bool> answer_again(vz_engine* engine, const vz_write_request* request, vz_write_answer* out);
Status answer_write(const WriteCommit& commit, const vz_write_request* request, vz_write_answer* out);
Status read_search(vz_engine* engine, vz_str name, const vz_search_request* request, vz_result** out);
Status read_get(vz_engine* engine, vz_str name, const vz_get_request* request, vz_result** out);
Status read_scan(vz_engine* engine, vz_str name, const vz_scan_request* request, vz_result** out);
Status read_count(vz_engine* engine, vz_str name, const vz_count_request* request, uint64_t* out);

// ---- checks that several requests share ----

inline Status no_flags(uint32_t flags, uint32_t known) {
    return (flags & ~known) == 0 ? Status()
                                 : failure(VZ_UNSUPPORTED, "a flag of this request is not known").field("flags");
}

// What a later minor may give a meaning must not be there by chance today.
inline Status no_reserved(uint32_t reserved) {
    return reserved == 0 ? Status() : failure(VZ_UNSUPPORTED, "a reserved member is not zero").field("reserved");
}

// The file system reads a path up to a NUL: it would be another one.
inline Status check_path(vz_str path, const char* field) {
    if (view(path).find('\0') == std::string_view::npos) return {};
    return failure(VZ_INVALID_ARGUMENT, "a path has no NUL").field(field).reason(VZ_REASON_NAME);
}

inline Status out_of_range(const char* field, const char* what, int64_t expected, int64_t actual) {
    return failure(VZ_INVALID_ARGUMENT, "%s", what)
        .field(field)
        .reason(VZ_REASON_RANGE)
        .expected(expected)
        .actual(actual);
}

}  // namespace vz
