#include "tests/e2e/support/temporary_directory.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace vz::e2e {

TemporaryDirectory::TemporaryDirectory() {
    const char* const chosen = std::getenv("VZ_TEST_DIRECTORY");
    const std::filesystem::path base = chosen != nullptr ? chosen : std::filesystem::temp_directory_path();
    path_ = (base / "vz-e2e-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) {
        std::perror(path_.c_str());
        std::exit(1);
    }
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace vz::e2e
