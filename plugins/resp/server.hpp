// The listener and its clients, a thread each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "plugins/resp/reply_budget.hpp"
#include "vectorizer/vectorizer.hpp"

namespace resp {

struct ServerOptions {
    std::string host = "127.0.0.1";  // an IPv4 address
    uint16_t port = 6380;            // 0: any free one
    uint32_t clients_max = 256;
    // A client that shows no key in time, where one is needed; that asks nothing for so long; that takes nothing of its
    // replies. Each would keep its thread. 0: any time.
    std::chrono::milliseconds login_timeout{10'000};
    std::chrono::milliseconds idle_timeout{3'600'000};
    std::chrono::milliseconds write_timeout{60'000};
};

class Access;

// start, drain, idle and stop on one thread.
class Server {
 public:
    // `access` outlives the server.
    Server(vz::EngineView engine, Access& access, ServerOptions options)
        : engine_(engine), access_(access), options_(std::move(options)) {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens, or leaves nothing behind.
    vz::Expected<void> start();
    // "127.0.0.1:6380". After start.
    std::string address() const;
    // No new client, no new byte from one; what was read is answered.
    void drain();
    bool idle() const { return busy_.load() == 0; }
    void stop();

 private:
    struct Client {
        uint64_t id;
        int socket;
        std::chrono::steady_clock::time_point known;  // when it was last let in, at first when it came
        bool is_gone = false;                         // guarded by mutex_
        std::thread thread;
    };

    void accept_clients();
    // More of what the client sends. False: it is over with the client.
    bool receive(const Client& client, bool is_admitted, std::string* received) const;
    void serve(Client& client);
    void shut_down(int how);
    void reap();

    const vz::EngineView engine_;
    Access& access_;
    ReplyBudget replies_;
    const ServerOptions options_;
    uint16_t port_ = 0;
    int listener_ = -1;
    std::thread acceptor_;
    std::atomic<bool> is_draining_ = false;
    std::atomic<uint32_t> busy_ = 0;  // clients whose requests are being executed or answered
    std::mutex mutex_;                // guards clients_
    std::list<Client> clients_;
    uint64_t last_id_ = 0;  // the acceptor's
};

}  // namespace resp
