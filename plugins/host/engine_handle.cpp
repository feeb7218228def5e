#include "plugins/host/engine_handle.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "plugins/host/exit_code.hpp"

namespace vz::host {

EngineHandle::~EngineHandle() { close(); }

int EngineHandle::open(const std::string& directory, const vz_engine_options& options) {
    vz_error error = {};
    const vz_status status = vz_engine_open({directory.data(), directory.size()}, &options, &engine_, &error);
    if (status == VZ_OK) return 0;
    engine_ = nullptr;
    std::fprintf(stderr, "vectorizer: cannot open %s: %s\n", directory.c_str(), error.message);
    if (error.reason == VZ_REASON_IN_USE) {
        std::fprintf(stderr,
                     "Another process serves this directory. Stop it, or choose another one with --data-dir.\n");
    }
    if (status == VZ_CORRUPTION && std::strstr(error.message, "vectorizer check") == nullptr)
        std::fprintf(stderr,
                     "`vectorizer check %s` tells what is damaged, and what `vectorizer repair` would give up.\n",
                     directory.c_str());
    return exit_code(error);
}

vz_status EngineHandle::try_open(const std::string& directory, const vz_engine_options& options) {
    const vz_status status = vz_engine_open({directory.data(), directory.size()}, &options, &engine_, nullptr);
    if (status != VZ_OK) engine_ = nullptr;
    return status;
}

int EngineHandle::close() {
    if (engine_ == nullptr) return 0;
    is_closing_ = true;
    vz_error error = {};
    const vz_status status = vz_engine_close(engine_, &error);
    engine_ = nullptr;
    if (status == VZ_OK) return 0;
    std::fprintf(stderr, "vectorizer: the data directory was not closed in order: %s\n", error.message);
    return exit_code(error);
}

int report_failure(const char* what, const vz_error& error) {
    std::fprintf(stderr, "\nvectorizer: %s: %s\n", what, error.message);
    return exit_code(error);
}

std::string expand_home(const std::string& path) {
    if (path != "~" && !path.starts_with("~/")) return path;
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any thread
    return (home == nullptr ? std::string() : std::string(home)) + path.substr(1);
}

std::string default_data_directory() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    if (const char* named = std::getenv("VECTORIZER_DATA_DIR"); named != nullptr && *named != 0) return named;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != 0)
        return std::string(data) + "/vectorizer";
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any thread
    return std::string(home != nullptr && *home != 0 ? home : "/var/lib") + "/.local/share/vectorizer";
}

}  // namespace vz::host
