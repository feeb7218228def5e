// One configured frontend: the seven functions of its descriptor, called so that it is named when it misbehaves.
#pragma once

#include <memory>
#include <string>

#include "plugins/host/services.hpp"
#include "vectorizer/frontend.h"

namespace vz::host {

// On the host's main thread, in the order of the life that frontend.h draws.
class Instance {
 public:
    Instance(Services& services, std::string name, const vz_frontend_descriptor& descriptor);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const std::string& name() const { return name_; }
    const vz_frontend_descriptor& descriptor() const { return descriptor_; }
    const HostView& host() const { return host_; }
    // As a host of a later minor would be. Before create.
    void grow_host();

    vz_status create(vz_error* error);
    vz_status start(vz_error* error);
    // Tells it that the configuration was read again, if it wants to know.
    vz_status reload(vz_error* error);
    void drain();
    bool idle();
    // Only what was started.
    void stop();
    void destroy();

    // What it wrote over that is not its own; empty: nothing. Looked at after each call.
    const std::string& damage() const { return damage_; }

 private:
    void look_for_damage(const char* function, const void* guards);

    const std::string name_;
    const vz_frontend_descriptor& descriptor_;
    HostView host_;
    vz_host host_as_given_;
    vz_frontend* frontend_ = nullptr;
    bool started_ = false;
    std::string damage_;
};

}  // namespace vz::host
