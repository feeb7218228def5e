// A bound on what this process has in memory, pages of files that it reads included.
#pragma once

#include <cstdint>
#include <string>

namespace vz::ann {

// While it lives, this process is in a control group of its own (version 1 or 2) below its present one. What it had
// before stays with that.
class MemoryLimit {
 public:
    explicit MemoryLimit(uint64_t bytes);
    ~MemoryLimit();
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

    // Empty: the bound holds. Otherwise why the system does not let us have one.
    const std::string& refusal() const { return refusal_; }

 private:
    std::string parent_;
    std::string group_;
    std::string refusal_;
};

}  // namespace vz::ann
