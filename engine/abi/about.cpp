// What the library says about itself.
#include <iterator>

#include "engine/abi/guard.hpp"

extern "C" {

VZ_API uint32_t vz_abi_version(void) VZ_NOEXCEPT { return VZ_ABI_VERSION; }

VZ_API const char* vz_build_info(void) VZ_NOEXCEPT {
    static const char* const info = __builtin_cpu_supports("avx512f") ? "vectorizer " VECTORIZER_VERSION
                                                                        ", gcc-compatible " __VERSION__ ", avx512"
                                    : __builtin_cpu_supports("avx2")
                                        ? "vectorizer " VECTORIZER_VERSION ", gcc-compatible " __VERSION__ ", avx2"
                                        : "vectorizer " VECTORIZER_VERSION ", gcc-compatible " __VERSION__ ", baseline";
    return info;
}

VZ_API const char* vz_status_name(vz_status status) VZ_NOEXCEPT {
    static const char* const names[] = {"VZ_OK",
                                        "VZ_INVALID_ARGUMENT",
                                        "VZ_NOT_FOUND",
                                        "VZ_ALREADY_EXISTS",
                                        "VZ_CONFLICT",
                                        "VZ_UNSUPPORTED",
                                        "VZ_LIMIT_EXCEEDED",
                                        "VZ_BUSY",
                                        "VZ_DEADLINE_EXCEEDED",
                                        "VZ_CANCELLED",
                                        "VZ_DISK_FULL",
                                        "VZ_READ_ONLY",
                                        "VZ_OUTCOME_UNKNOWN",
                                        "VZ_CORRUPTION",
                                        "VZ_IO_ERROR",
                                        "VZ_OUT_OF_MEMORY",
                                        "VZ_MISUSE",
                                        "VZ_INTERNAL"};
    return status < std::size(names) ? names[status] : "VZ_UNKNOWN";
}

}  // extern "C"
