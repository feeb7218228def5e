// Where a trial of the checker takes place: a fresh engine with a collection in it, the frontend's library, and all
// that a frontend is given.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "plugins/host/config.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/loader.hpp"
#include "plugins/host/plugin_trial.hpp"
#include "plugins/host/process_state.hpp"
#include "plugins/host/services.hpp"
#include "vectorizer/engine.h"

namespace vz::host {

// What the engine's log says about broken rules. No trial goes on after a plugin has closed the engine.
class Misuses {
 public:
    explicit Misuses(TrialReport& report) : report_(report) {}
    // From now on it is the checker that closes it.
    void expect_closing() { is_closing_.store(true); }
    static void log(void* self, const vz_log_record* record) noexcept;
    std::vector<std::string> found() const;

 private:
    TrialReport& report_;
    std::atomic<bool> is_closing_ = false;
    mutable std::mutex mutex_;
    bool is_suspect_ = false;  // by one long completion: it may have been the machine
    std::vector<std::string> found_;
};

// What the plugin is asked for, while it is.
class Step {
 public:
    Step(const TrialInput& input, const char* function);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

 private:
    TrialReport& report_;
};

// What a process has of its own.
struct Possessions {
    std::set<std::string> threads = threads_of_process();
    std::set<std::string> descriptors = descriptors_of_process();
};

class Stage {
 public:
    // Fails the trial where there is no such stage, or the library does not load.
    explicit Stage(const TrialInput& input);

    std::unique_ptr<Instance> instance(const std::string& suffix = "");
    vz_status write() const;
    vz_engine_stats stats() const;
    std::vector<std::string> misuses() const { return misuses_.found(); }
    // False: results are held that point into it.
    bool close_engine();
    void finding(const std::string& text) const { input_.report->add(text); }
    // Ends the trial: what follows would say nothing.
    [[noreturn]] void fail(const std::string& text) const;
    const vz_frontend_descriptor& descriptor() const { return *loaded_.descriptor; }
    Step step(const char* function) const { return {input_, function}; }
    const Possessions& before_loading() const { return before_loading_; }
    const Manners& manners_before_loading() const { return manners_before_loading_; }

    Config config;

 private:
    const TrialInput& input_;
    std::string name_;
    Misuses misuses_;
    Possessions before_loading_;
    Manners manners_before_loading_;
    vz_engine* engine_ = nullptr;
    Loaded loaded_;
    std::unique_ptr<Services> services_;
};

}  // namespace vz::host
