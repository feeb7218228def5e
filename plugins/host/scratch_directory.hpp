// A directory below the system's temporary one, gone with everything in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace vz::host {

class ScratchDirectory {
 public:
    ScratchDirectory() {
        std::error_code ignored;
        path_ = (std::filesystem::temp_directory_path(ignored) / "vz-check-XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) path_.clear();
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    const std::string& path() const { return path_; }  // empty: it could not be made

 private:
    std::string path_;
};

}  // namespace vz::host
