// Where memory that runs out ends what a request asked for, and not the process: the arena throws, as the containers
// do.
#pragma once

#include <new>

namespace vz::graphql {

// False: memory ran out in `step`, which is over.
template <typename Step>
[[nodiscard]] bool within_memory(Step step) noexcept {
    try {
        step();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

}  // namespace vz::graphql
