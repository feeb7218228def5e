// The libraries of this process, and which of them need which.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vz::host {

// As they are now; any thread.
class LoadedObjects {
 public:
    struct Code {
        uintptr_t begin = 0, end = 0;
        bool is_needed = false;  // by the object that was asked for, which may not be the only one
    };

    LoadedObjects();
    // Of the object that `address` lies in, and of all that it needs and the program itself does not.
    std::vector<Code> code_of(const void* address) const;

 private:
    struct Object {
        std::string name;  // that others need it by
        std::vector<std::string> needs;
        std::vector<Code> code;
    };
    std::vector<size_t> closure(size_t begin) const;

    std::vector<Object> objects_;  // the program is the first
};

}  // namespace vz::host
