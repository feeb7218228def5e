// The disk that a trial of the checker wants: what this process asks it for is done late, or fails.
#pragma once

#include <cstdint>

namespace vz::host {

enum class Disk : uint8_t {
    kSound,
    kSlow,    // each sync takes 2 s more
    kBroken,  // each sync fails
};

// From now on, for all threads.
void use_disk(Disk disk);

}  // namespace vz::host
