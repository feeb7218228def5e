#include "plugins/host/instance.hpp"

#include <array>
#include <cstring>

#include "plugins/host/blame.hpp"

namespace vz::host {
namespace {

constexpr uint64_t kGuard = 0x647261756720ULL;

// The plugin's place for an error, with guards behind it.
struct GuardedError {
    vz_error error = {};
    std::array<uint64_t, 32> guards;

    GuardedError() { guards.fill(kGuard); }
    bool is_whole() const {
        for (const uint64_t guard : guards) {
            if (guard != kGuard) return false;
        }
        return true;
    }
};

// The plugin's error as the host goes on with it, whatever stood in it.
void take_error(const GuardedError& from, vz_error* to) {
    *to = from.error;
    to->field[sizeof(to->field) - 1] = 0;
    to->message[sizeof(to->message) - 1] = 0;
}

class Call {
 public:
    Call(const Instance& instance, const char* function) { Blame::enter(instance.name().c_str(), function); }
    ~Call() { Blame::leave(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
};

}  // namespace

Instance::Instance(Services& services, std::string name, const vz_frontend_descriptor& descriptor)
    : name_(std::move(name)), descriptor_(descriptor), host_(services, name_), host_as_given_(*host_.get()) {
    Blame::add(name_, reinterpret_cast<const void*>(descriptor.create));
}

void Instance::grow_host() {
    host_.grow();
    host_as_given_ = *host_.get();
}

void Instance::look_for_damage(const char* function, const void* guards) {
    const bool is_error_whole = guards == nullptr || static_cast<const GuardedError*>(guards)->is_whole();
    const bool is_host_whole = std::memcmp(host_.get(), &host_as_given_, sizeof(vz_host)) == 0 && host_.is_tail_whole();
    if (is_error_whole && is_host_whole) return;
    damage_ =
        std::string(function) + " wrote " + (is_error_whole ? "into its vz_host" : "past the end of its vz_error");
}

vz_status Instance::create(vz_error* error) {
    const Call call(*this, "create");
    GuardedError guarded;
    const vz_status status = descriptor_.create(host_.get(), &frontend_, &guarded.error);
    look_for_damage("create", &guarded);
    take_error(guarded, error);
    if (status != VZ_OK || frontend_ != nullptr) return status;
    std::strncpy(error->message, "create succeeded and gave no frontend", sizeof(error->message) - 1);
    return VZ_MISUSE;
}

vz_status Instance::start(vz_error* error) {
    const Call call(*this, "start");
    GuardedError guarded;
    const vz_status status = descriptor_.start(frontend_, &guarded.error);
    started_ = status == VZ_OK;
    look_for_damage("start", &guarded);
    take_error(guarded, error);
    if (started_) host_.services().health.started(name_);
    return status;
}

vz_status Instance::reload(vz_error* error) {
    const Call call(*this, "reload");
    const auto* reload = static_cast<const vz_reload_extension*>(descriptor_.extension(frontend_, VZ_EXTENSION_RELOAD));
    if (reload == nullptr) return VZ_OK;
    if (reload->reload == nullptr) {
        std::strncpy(error->message, "its " VZ_EXTENSION_RELOAD " has no function", sizeof(error->message) - 1);
        return VZ_MISUSE;
    }
    GuardedError guarded;
    const vz_status status = reload->reload(frontend_, &guarded.error);
    look_for_damage("reload", &guarded);
    take_error(guarded, error);
    return status;
}

void Instance::drain() {
    const Call call(*this, "drain");
    host_.services().health.report(name_, VZ_HEALTH_DRAINING, "the server is stopping");
    descriptor_.drain(frontend_);
    look_for_damage("drain", nullptr);
}

bool Instance::idle() {
    const Call call(*this, "idle");
    return descriptor_.idle(frontend_) != 0;
}

void Instance::stop() {
    if (!started_) return;
    const Call call(*this, "stop");
    descriptor_.stop(frontend_);
    started_ = false;
    look_for_damage("stop", nullptr);
}

void Instance::destroy() {
    const Call call(*this, "destroy");
    descriptor_.destroy(frontend_);
    host_.close();
}

}  // namespace vz::host
