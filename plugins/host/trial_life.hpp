// The life of a frontend as the checker asks for it: what goes wrong on the way is a finding, or the end of the trial.
#pragma once

#include <chrono>
#include <string>

#include "plugins/host/instance.hpp"
#include "plugins/host/trial_stage.hpp"

namespace vz::host {

inline constexpr std::chrono::milliseconds kRunning(100);  // between start and stop

// Fails the trial if the frontend wrote over what is not its own.
void expect_intact(const Stage& stage, const Instance& instance);

// What the call returns; it is known as `function` while it runs.
template <class Call>
vz_status attempt(const Stage& stage, const char* function, Call call) {
    const Step step = stage.step(function);
    return call();
}

void create(const Stage& stage, Instance& instance);
void start(const Stage& stage, Instance& instance);
// Its configuration, read again, is the one it has.
void reload(const Stage& stage, Instance& instance);
// Returns when it is idle, or should have been.
void drain(const Stage& stage, Instance& instance);
void stop(const Stage& stage, Instance& instance);
void destroy(const Stage& stage, Instance& instance);

struct Life {
    bool is_drained = true;
};

// All of it.
void live(const Stage& stage, Instance& instance, Life life = {});

// Threads, processes, descriptors, results and operations, before and after.
class Belongings {
 public:
    explicit Belongings(const Stage& stage, Possessions before = {}) : stage_(stage), before_(std::move(before)) {}
    void expect_nothing_new(const std::string& when) const;

 private:
    const Stage& stage_;
    const Possessions before_;
};

}  // namespace vz::host
