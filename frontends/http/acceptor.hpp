// The listening socket and the io threads: the door of Pistache, of which only the transport is used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vz::http {

class Listener;

class Acceptor final {
 public:
    enum class Opened { kOk, kInUse, kFailed };

    // Binds and serves. `listener` outlives the acceptor. Not kOk: `why` is for people.
    static Opened open(Listener& listener, const std::string& host, uint16_t port, int threads, std::unique_ptr<Acceptor>& out,
                       std::string& why);
    // Stops the threads and joins them. Descriptors of clients of whom the listener was told stay open for it to close.
    ~Acceptor();
    // After the acceptor's end: closes the clients who were accepted so late that no io thread ever saw them. `keep`, sorted: known ones.
    static void close_orphans(const std::string& host, uint16_t port, const std::vector<int>& keep);

    uint16_t port() const;

 private:
    Acceptor();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vz::http
