#include "engine/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace vz {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "vectorizer: invariant broken: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace vz
