// The frontends of a server, through their lives. On the host's main thread.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugins/host/config.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/life_signs.hpp"
#include "plugins/host/services.hpp"

namespace vz::host {

// Whoever does not return in time, or wrote over what is not its own, ends the process here.
class Frontends final {
 public:
    // Both outlive it, and the engine of `services` is closed before it goes.
    Frontends(const Config& config, Services& services) : config_(config), services_(services) {}
    Frontends(const Frontends&) = delete;
    Frontends& operator=(const Frontends&) = delete;

    // Those of the configuration and the two of the house. 0, or an exit code after a sentence on standard error, also
    // for a key that none of them asked for. Then start() may follow; stop() does in any case.
    int create();
    int start();
    // They take up `now`. Otherwise why one refuses: all go by `before`, as they did.
    std::string reload(const Config& now, const Config& before);
    void drain();
    // Names of those that still have something to do.
    std::vector<std::string> busy() const;
    void stop();

    // Name and address, as far as each has reported it.
    std::vector<std::pair<std::string, std::string>> addresses() const;
    std::vector<HttpAddress> http_addresses() const;

 private:
    int create_one(const std::string& name);
    bool make(const std::string& name, const std::string& library);
    void leave_out(Instance& instance);

    const Config& config_;
    Services& services_;
    std::vector<std::unique_ptr<Instance>> instances_;
    std::set<std::string> optional_;
    bool is_problem_of_config_ = false;
};

}  // namespace vz::host
