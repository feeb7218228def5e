// An open engine of this process, closed when it goes out of scope.
#pragma once

#include <atomic>
#include <string>

#include "vectorizer/engine.h"

namespace vz::host {

class EngineHandle {
 public:
    EngineHandle() = default;
    ~EngineHandle();
    EngineHandle(const EngineHandle&) = delete;
    EngineHandle& operator=(const EngineHandle&) = delete;

    // 0, or the exit code after a sentence on standard error.
    int open(const std::string& directory, const vz_engine_options& options);
    // The same without a word.
    vz_status try_open(const std::string& directory, const vz_engine_options& options);
    // 0, or the exit code after a sentence on standard error.
    int close();
    // Any thread. An engine that is being closed while this is false is closed by somebody else.
    bool is_closing() const { return is_closing_.load(std::memory_order_relaxed); }
    vz_engine* get() const { return engine_; }

 private:
    vz_engine* engine_ = nullptr;
    std::atomic<bool> is_closing_{false};
};

// The exit code, after a sentence on standard error.
int report_failure(const char* what, const vz_error& error);

// "~" and "~/x" within $HOME; all else as it is.
std::string expand_home(const std::string& path);

// $VECTORIZER_DATA_DIR, $XDG_DATA_HOME/vectorizer or ~/.local/share/vectorizer: the first that is set.
std::string default_data_directory();

}  // namespace vz::host
