// The listening socket and the io threads: the door of libevent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace vz::http {

class Listener;

class Acceptor final {
 public:
    enum class Opened { kOk, kInUse, kFailed };

    // Binds and serves. `listener` outlives the acceptor. Not kOk: `why` is for people.
    static Opened open(Listener& listener, const std::string& host, uint16_t port, int threads,
                       std::unique_ptr<Acceptor>& out, std::string& why);
    // Stops the threads and joins them; the connections are told that their input has ended.
    ~Acceptor();

    uint16_t port() const;

 private:
    Acceptor();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vz::http
