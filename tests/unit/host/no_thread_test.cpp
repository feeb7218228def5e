// Where the process may make no more threads, the host ends in order all the same.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>

#include "plugins/host/log.hpp"
#include "plugins/host/watchdog.hpp"

namespace {

std::atomic<bool> is_full{false};

}  // namespace

// In place of the C library's, for all that is linked here.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                              void* argument) {
    if (is_full) return EAGAIN;
    using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
    return create(thread, attributes, body, argument);
}

namespace vz::host {
namespace {

TEST(NoThread, APluginIsAskedWithoutAWatchdogAndTheLogIsWritten) {
    ASSERT_TRUE(Log::open("", VZ_LOG_INFO, LogFormat::kText));
    is_full = true;
    { const Watchdog watchdog(std::chrono::seconds(1)); }
    Log::write(VZ_LOG_INFO, "server.stopped", "the end");
    EXPECT_TRUE(Log::close());
}

TEST(NoThread, WhereThereIsOneTheWatchdogEndsWithItsScope) {
    is_full = false;
    { const Watchdog watchdog(std::chrono::hours(1)); }
}

}  // namespace
}  // namespace vz::host
