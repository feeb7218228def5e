// The door of dlopen.
#include "plugins/host/loader.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "plugins/host/descriptor.hpp"

namespace vz::host {
namespace {

std::string plugin_path(const std::string& library) {
    if (library.find('/') != std::string::npos) return library;
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    return (program.parent_path() / ".." / "lib" / "vectorizer" / "frontends" / library).lexically_normal().string();
}

}  // namespace

Loaded load_frontend(const std::string& library) {
    const std::string path = plugin_path(library);
    if (path[0] != '/') return {nullptr, "'" + library + "' is neither a file name nor an absolute path"};
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return {nullptr, "there is no file " + path};
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) return {nullptr, std::string("it cannot be loaded: ") + ::dlerror()};
    const auto entry = reinterpret_cast<vz_frontend_entry_fn>(::dlsym(handle, VZ_FRONTEND_ENTRY_V1));
    if (entry == nullptr) return {nullptr, path + " exports no " VZ_FRONTEND_ENTRY_V1 ": it is no frontend"};
    const vz_frontend_descriptor* descriptor = entry(VZ_ABI_VERSION);
    if (const std::string problem = descriptor_problem(descriptor); !problem.empty())
        return {nullptr, path + ": " + problem};
    return {descriptor, ""};
}

}  // namespace vz::host
