#include "plugins/host/writable.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace vz::host {
namespace {

namespace fs = std::filesystem;

std::string refuse(const std::string& path, const std::string& why) { return "cannot write to " + path + ": " + why; }

std::string refuse_access(const std::string& path, int access) {
    if (::access(path.c_str(), access) == 0) return "";
    return refuse(path, std::error_code(errno, std::generic_category()).message());
}

}  // namespace

std::string refuse_file(const std::string& path) {
    if (path.empty()) return "";
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) return refuse(path, "it is a directory");
    if (fs::exists(status)) return refuse_access(path, W_OK);
    const std::string folder = fs::path(path).parent_path().string();
    return refuse_access(folder.empty() ? "." : folder, W_OK | X_OK);
}

std::string refuse_directory(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) return refuse_access(path, W_OK | X_OK);
    if (fs::exists(status)) return refuse(path, "it is no directory");
    if (error && error != std::errc::no_such_file_or_directory) return refuse(path, error.message());
    const std::string above = fs::absolute(path, error).parent_path().string();
    return above == path ? refuse(path, "it is not there") : refuse_directory(above);
}

}  // namespace vz::host
