#include "plugins/host/watchdog.hpp"

#include <cstdio>
#include <cstdlib>

#include "plugins/host/blame.hpp"
#include "plugins/host/exit_code.hpp"

namespace vz::host {

Watchdog::Watchdog(std::chrono::milliseconds limit) : limit_(limit) {
    const auto body = [](void* self) -> void* {
        static_cast<Watchdog*>(self)->watch();
        return nullptr;
    };
    is_watching_ = ::pthread_create(&thread_, nullptr, body, this) == 0;
}

Watchdog::~Watchdog() {
    if (!is_watching_) return;
    {
        const std::scoped_lock lock(mutex_);
        has_returned_ = true;
    }
    returned_.notify_one();
    ::pthread_join(thread_, nullptr);
}

void Watchdog::watch() {
    std::unique_lock lock(mutex_);
    if (returned_.wait_for(lock, limit_, [this] { return has_returned_; })) return;
    const Blame::Asked asked = Blame::asked();
    std::fprintf(stderr, "vectorizer: frontend '%s' did not return from %s within %lld ms\n",
                 asked.instance != nullptr ? asked.instance : "", asked.function != nullptr ? asked.function : "",
                 static_cast<long long>(limit_.count()));
    std::_Exit(kExitFrontend);
}

}  // namespace vz::host
