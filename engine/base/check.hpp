// VZ_CHECK: an invariant that only a programming error can break. It stops the process, in release builds too.
#pragma once

namespace vz {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace vz

#define VZ_CHECK(condition)                                                   \
    (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
                                                       : ::vz::check_failed(#condition, __FILE__, __LINE__))
