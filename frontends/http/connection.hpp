// One client: bytes in, requests out one at a time, answers back in order.
//
// The mutex guards the flags and the bytes that wait. What parses is owned by whoever set `advancing_`: an io thread
// with fresh input, or a worker that goes on after an answer. Lock order: a connection's mutex before any of the
// listener's, and none while a handler runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "frontends/http/backlog.hpp"
#include "frontends/http/descriptor.hpp"
#include "frontends/http/head_scan.hpp"
#include "frontends/http/http.h"
#include "frontends/http/workers.hpp"

struct vzh_mount;
struct vzh_request;

namespace vz::http {

class Listener;

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
    enum class Progress { kWaits, kDone, kBroken };

    // The descriptor is closed with the connection, so that a late answer cannot meet a reused number.
    Connection(Listener& listener, Descriptor descriptor);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int descriptor() const { return descriptor_.number(); }
    // The client's address without its port, and whether it is this machine.
    std::string_view peer() const { return peer_; }
    bool is_local() const { return is_loopback_; }

    // [io thread] Bytes arrived; the client will send no more, and, is_gone, takes no more.
    void input(std::string_view bytes);
    void input_ended(bool is_gone);
    // [io thread] input() threw: what it began is over.
    void give_up_input();
    // [io thread, before any input] 503, and the end: there are too many connections.
    void refuse_all();

    // [any] Sends the request's head_text and answer_body(). The request is gone afterwards.
    void send(vzh_request& r);
    // [writer] The next part of the answer; and, once that said kDone or kBroken, the end of the request.
    Progress write_more();
    void written(Progress last);
    // [writer] Bytes of the answer that are with the client: what its socket here still holds is not. Less than 0
    // behind an earlier answer.
    int64_t taken() const;
    // [writer] The client takes too little for too long: the socket is shut, and write_more finds it broken.
    void give_up();

    // [writer] Closes what has waited beyond its time.
    void expire(int64_t now_ms);
    // [any] What to do when nobody waits for the answer to `r` any more, false: nobody does already; and does it, if a
    // request of the mount is with its handler.
    bool on_abandoned(vzh_request& r, vzh_function cancel, void* user);
    void abandon(const vzh_mount& mount);
    // [any] Between two requests, or before the first.
    bool is_idle();
    // [any] Closes at once if nothing is in flight; shuts both directions whatever is in flight.
    void close_if_idle();
    void abort();

 private:
    enum class Step { kMore, kBodyComplete, kDispatched };
    enum class Waiting : uint8_t { kFirstByte, kRequest, kNextRequest, kClose };

    void read_peer();
    bool wait_with(std::string_view bytes);
    void take_waiting();
    void gather(std::string_view rest);
    void advance(std::string_view bytes);
    Step step(std::string_view& bytes);
    Step step_head(std::string_view& bytes);
    Step step_body(std::string_view& bytes);
    Step take_counted(std::string_view& bytes);
    Step take_chunked(std::string_view& bytes);
    bool receive_into_body();
    Step begin_request();
    Step dispatch();
    Step refuse_now(uint32_t status, const char* type, const char* message, std::string details);
    Step refuse_head(Verdict verdict);
    void wait_for(Waiting what);
    void finish(bool broken);
    void start_closing();
    bool waits() const;
    void cancel_running();
    bool is_with_handler() const;
    bool over() const;
    void leave();
    static void resume(void* connection);

    Listener& listener_;
    const Descriptor descriptor_;
    std::string peer_;
    bool is_loopback_ = false;

    std::mutex mutex_;
    Backlog in_;                    // bytes that wait for their turn
    uint64_t waiting_charged_ = 0;  // for them, of the listener's budget for bodies
    bool advancing_ = false;
    bool running_ = false;   // a request is with its handler
    bool writing_ = false;   // the rest of an answer is with the writer
    bool answered_ = false;  // the client may hold the whole answer already: what arrives is its next request
    bool closing_ = false;   // no more is parsed; what arrives is dropped
    bool input_ended_ = false;
    bool gone_ = false;     // the client takes no more
    bool overrun_ = false;  // too much was pipelined: the last answer closes
    bool left_ = false;     // the listener has forgotten us

    // Of the owner of advancing_.
    HeadScan scan_;
    vzh_request* request_ = nullptr;
    Backlog work_;  // what is being parsed, unless that still lies with the transport
    bool in_body_ = false;
    bool chunked_ = false;
    bool discard_ = false;  // the body of a request that is refused already
    bool on_io_thread_ = false;
    uint64_t body_left_ = 0;
    uint64_t body_timed_ = 0;  // bytes of the body at which its clock starts again

    std::atomic<int64_t> deadline_ms_{0};  // 0: none
    Waiting waiting_ = Waiting::kFirstByte;
    Job resume_job_;
    std::shared_ptr<Connection> resume_self_;
};

}  // namespace vz::http
