#include "plugins/host/watchdog.hpp"

#include <cstdio>
#include <cstdlib>

#include "plugins/host/blame.hpp"
#include "plugins/host/exit_code.hpp"

namespace vz::host {

Watchdog::Watchdog(std::chrono::milliseconds limit) : thread_([this, limit] { watch(limit); }) {}

Watchdog::~Watchdog() {
    {
        const std::scoped_lock lock(mutex_);
        has_returned_ = true;
    }
    returned_.notify_one();
    thread_.join();
}

void Watchdog::watch(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (returned_.wait_for(lock, limit, [this] { return has_returned_; })) return;
    const Blame::Asked asked = Blame::asked();
    std::fprintf(stderr, "vectorizer: frontend '%s' did not return from %s within %lld ms\n",
                 asked.instance != nullptr ? asked.instance : "", asked.function != nullptr ? asked.function : "",
                 static_cast<long long>(limit.count()));
    std::_Exit(kExitFrontend);
}

}  // namespace vz::host
