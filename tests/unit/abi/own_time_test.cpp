#include "engine/abi/own_time.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <time.h>

#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace vz {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

nanoseconds cpu_time() {
    timespec used = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

void burn(milliseconds time) {
    const nanoseconds end = cpu_time() + time;
    while (cpu_time() < end) continue;
}

// The calling thread and all that it starts.
void use_one_cpu() {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(::sched_getcpu(), &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
}

// A wait for the CPU before the work began may be taken off, too: on a busy machine it takes several attempts.
bool is_told_in_time(const std::function<void(milliseconds)>& work) {
    for (int attempt = 0; attempt < 50; ++attempt) {
        const OwnTime own;
        work(milliseconds(40));
        if (own.ms() >= 20) return true;
    }
    return false;
}

TEST(OwnTime, IsWhatAThreadSleptOrComputed) {
    std::thread([] {
        EXPECT_TRUE(is_told_in_time([](milliseconds time) { std::this_thread::sleep_for(time); }));
        EXPECT_TRUE(is_told_in_time(burn));
    }).join();
}

// By its clock and as it is told, on a CPU that four others want.
void expect_less_than_half(const std::function<void()>& work) {
    std::thread([&] {
        use_one_cpu();
        std::vector<std::jthread> others(4);
        for (std::jthread& other : others) {
            other = std::jthread([](const std::stop_token& ends) {
                while (!ends.stop_requested()) continue;
            });
        }
        const auto begun = std::chrono::steady_clock::now();
        const OwnTime own;
        work();
        const milliseconds told(own.ms());
        EXPECT_LT(told, (std::chrono::steady_clock::now() - begun) / 2);
    }).join();
}

TEST(OwnTime, IsNotWhatAThreadWaitedForItsCpu) {
    expect_less_than_half([] { burn(milliseconds(30)); });
}

// A completion that submits what is refused at once has another one within it.
TEST(OwnTime, IsNotWhatItWaitedBeforeAnotherWithinWasTold) {
    expect_less_than_half([] {
        burn(milliseconds(30));
        static_cast<void>(OwnTime().ms());
    });
}

}  // namespace
}  // namespace vz
