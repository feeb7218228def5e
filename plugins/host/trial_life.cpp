#include "plugins/host/trial_life.hpp"

#include <thread>

namespace vz::host {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kDrainLimit(10'000);
constexpr milliseconds kPromptStop(5'000);
constexpr milliseconds kAtOnce(500);

std::string failure_of(const char* function, const vz_error& error) {
    return std::string(function) + " fails: " + (*error.message != 0 ? error.message : "without a message");
}

}  // namespace

void expect_intact(const Stage& stage, const Instance& instance) {
    if (!instance.damage().empty()) stage.fail(instance.damage());
}

void create(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "create", [&] { return instance.create(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK) stage.fail(failure_of("create", error));
}

void start(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "start", [&] { return instance.start(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK) stage.fail(failure_of("start", error));
}

void reload(const Stage& stage, Instance& instance) {
    vz_error error = {};
    const vz_status status = attempt(stage, "reload", [&] { return instance.reload(&error); });
    expect_intact(stage, instance);
    if (status != VZ_OK) stage.finding(failure_of("reload", error));
}

void drain(const Stage& stage, Instance& instance) {
    const auto began = Clock::now();
    {
        const Step step = stage.step("drain");
        instance.drain();
    }
    expect_intact(stage, instance);
    if (Clock::now() - began > kAtOnce) stage.finding("drain waits; it is to return at once");
    const Step step = stage.step("idle");
    while (!instance.idle() && Clock::now() - began < kDrainLimit) std::this_thread::sleep_for(milliseconds(5));
    if (!instance.idle()) stage.finding("it is not idle 10 s after drain, though nobody asked it for anything");
}

void stop(const Stage& stage, Instance& instance) {
    const Step step = stage.step("stop");
    const auto began = Clock::now();
    instance.stop();
    expect_intact(stage, instance);
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    if (took > kPromptStop)
        stage.finding("stop took " + std::to_string(took.count()) + " ms; the host ends the process after 5,000");
}

void destroy(const Stage& stage, Instance& instance) {
    const Step step = stage.step("destroy");
    instance.destroy();
}

void live(const Stage& stage, Instance& instance, Life life) {
    create(stage, instance);
    start(stage, instance);
    std::this_thread::sleep_for(kRunning);
    reload(stage, instance);
    if (life.is_drained) drain(stage, instance);
    stop(stage, instance);
    destroy(stage, instance);
}

void Belongings::expect_nothing_new(const std::string& when) const {
    // A joined thread may be listed for a moment.
    for (int tries = 0; tries < 100 && threads_of_process().size() > before_.threads.size(); ++tries)
        std::this_thread::sleep_for(milliseconds(10));
    const size_t threads = threads_of_process().size();
    if (threads > before_.threads.size())
        stage_.finding(std::to_string(threads - before_.threads.size()) + " threads are alive " + when);
    const std::set<std::string> open = descriptors_of_process();
    for (const std::string& descriptor : open) {
        if (!before_.descriptors.contains(descriptor)) stage_.finding("descriptor " + descriptor + " is open " + when);
    }
    for (const std::string& descriptor : before_.descriptors) {
        if (!open.contains(descriptor)) stage_.finding("descriptor " + descriptor + ", not its own, is closed " + when);
    }
    for (const std::string& child : children_of_process()) stage_.finding("process " + child + " is its child " + when);
    if (has_had_children()) stage_.finding("it started a process, which has ended");
    const vz_engine_stats stats = stage_.stats();
    if (stats.results_held != 0) stage_.finding(std::to_string(stats.results_held) + " results are held " + when);
    if (stats.queued_ops != 0) stage_.finding(std::to_string(stats.queued_ops) + " operations are in flight " + when);
}

}  // namespace vz::host
