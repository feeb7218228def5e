// A directory that lives as long as its object.
#pragma once

#include <string>

namespace vz::e2e {

class TemporaryDirectory final {
 public:
    // Created below $VZ_TEST_DIRECTORY, else the system's folder for temporary files. Ends the process if it cannot be.
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
    std::string path_;
};

}  // namespace vz::e2e
