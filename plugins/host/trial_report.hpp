// What a trial tells the checker. It lies in memory that both processes share: a plugin may close descriptors that are
// not its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace vz::host {

class TrialReport {
 public:
    struct Unmap {
        void operator()(TrialReport* report) const;
    };
    using Shared = std::unique_ptr<TrialReport, Unmap>;
    // Shared with the processes that are forked from now on. Null: there is no memory.
    static Shared make();

    // The trial's process, its main thread. A finding is one line; what does not fit any more is left out.
    void add(std::string finding);
    // What the plugin is asked for now; a text of the program. Null: nothing.
    void enter(const char* function) { function_.store(function); }
    // The trial came to its end. A process that ends without it was ended by the plugin.
    void end() { has_ended_.store(true); }

    // The checker. Each finding once, in order.
    std::vector<std::string> findings() const;
    const char* function() const { return function_.load(); }
    bool has_ended() const { return has_ended_.load(); }

 private:
    static constexpr size_t kBytesMax = 64 << 10;

    std::atomic<const char*> function_ = nullptr;
    std::atomic<bool> has_ended_ = false;
    std::atomic<size_t> size_ = 0;
    char text_[kBytesMax];
};

}  // namespace vz::host
