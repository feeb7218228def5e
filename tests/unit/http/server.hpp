// A host with a configuration in memory, a mount with handlers that show what they got, and a client that speaks bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "frontends/http/http.h"
#include "tests/support/comes.hpp"

namespace vz::http::test {

struct Host;

struct HostTable : vz_host {
    Host* owner;
};

struct Host {
    explicit Host(std::map<std::string, std::string> config);
    HostTable table{};
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    std::map<std::string, std::string> config;
    std::string rejected_key;
    std::atomic<uint32_t> health{VZ_HEALTH_READY};
    std::mutex series_mutex;
    // name{label=value,...} and value; of a histogram how much was observed.
    std::vector<std::pair<std::string, double>> series;
    std::string name = "test";
};

// The configuration of a test: loopback, any free port, one worker.
std::map<std::string, std::string> plain_config();

// Keys and values over those of plain_config().
using Changes = std::vector<std::pair<std::string, std::string>>;

class Client;

// A listener of its own with these routes:
//   POST /echo (any body)     the body again
//   POST /json                the body again
//   POST /none, DELETE /items/{name}   "done"
//   GET /items/{name}         the name
//   GET /items/special        "special"
//   GET /files/*              the rest
//   GET /query?limit&filter   "limit=1;filter=x;" as decoded
//   GET /big?bytes            so many bytes
//   POST /changed?bytes       the same, after something was changed: takes a place among the writes of "c"
//   POST /size                the size of the body
//   GET /make?pieces&bytes    so many pieces of so many bytes are made for the request: "made", or 503
//   GET /kept                 "done" by a worker that keep_worker() has waiting
//   GET /held                 answered when release() is called; counts when nobody waits for it any more
//   POST /guarded/{name}      "done" to a key that may write there
//   GET /searched             "done", after two parts of its time were the engine's
//   GET /open                 "done", without a key too
//   POST /admin               "done" to an admin
//   POST /write/{name}        held; takes a place among the collection's writes
class Server {
 public:
    explicit Server(const Changes& changes = {});
    ~Server();
    vz_status start(vz_error* error = nullptr);
    void drain() { vzh_drain(mount); }
    bool idle() { return vzh_idle(mount) == 1; }
    void stop();
    uint16_t port() const;
    // A figure as of now; -1: there is none of this name, or the figures are refused.
    int64_t figure(const std::string& series);
    // Waits until `count` requests are held.
    void wait_held(size_t count);
    void release();
    // The only worker does nothing between the two.
    void keep_worker();
    void free_worker();

    Host host;
    vzh_mount* mount = nullptr;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<vzh_request*> held;
    std::atomic<int> abandoned{0};  // requests to /held
    bool is_worker_kept = false;

 private:
    std::unique_ptr<Client> keeper_;
};

struct Reply {
    int status = 0;
    std::string head;
    std::string body;
    bool closed = false;  // the connection ended while it was read
    std::string field(std::string_view name) const;
};

class Client {
 public:
    explicit Client(uint16_t port);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    void send(std::string_view bytes);
    // In two packets, cut after `at` bytes.
    void send_cut(std::string_view bytes, size_t at);
    void end_sending();
    void close_now();
    // One whole answer. head_only: of a HEAD request.
    Reply read(bool head_only = false);
    // Everything until the server closes; "" and timed_out after `ms` without a byte.
    std::string read_to_end(int ms = 3000);
    bool timed_out = false;
    int descriptor = -1;

 private:
    std::string pending_;
};

// Memory of this process, which the server is part of.
uint64_t resident_bytes();
// A sanitizer keeps memory of its own for each byte of the process, and what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kResidentIsInUse = false;
#else
inline constexpr bool kResidentIsInUse = true;
#endif

// One request on a connection of its own.
Reply ask(uint16_t port, std::string_view request, bool head_only = false);
std::string get(std::string_view path, std::string_view fields = "");
std::string post(std::string_view path, std::string_view body, std::string_view fields = "");

}  // namespace vz::http::test
