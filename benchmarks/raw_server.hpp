// The least that can answer a search over HTTP: one thread, one epoll, the same JSON in and out, hits made up. In a
// process of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace vz::bench {

class RawServer final {
 public:
    RawServer();
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    uint16_t port() const { return port_; }
    pid_t id() const { return id_; }

 private:
    uint16_t port_ = 0;
    pid_t id_ = -1;
};

}  // namespace vz::bench
