#include "frontends/http/connection.hpp"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "frontends/http/clock.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/request.hpp"

namespace vz::http {
namespace {

// How long the client may still send after an answer that closes: a close with unread bytes would destroy the answer on
// its way.
constexpr int64_t kLingerMs = 2000;
constexpr size_t kWriteTurnBytes = 4 * 1024 * 1024;

enum class Sent { kAll, kPart, kNothing, kBroken };

// One attempt to send what is left of the head and the body.
Sent send_once(int descriptor, vzh_request& r) {
    const auto body = r.is_head() ? std::string_view() : r.answer_body();
    const auto total = r.head_text.size() + body.size();
    iovec parts[2];
    size_t count = 0;
    if (r.sent < r.head_text.size()) {
        parts[count++] = {r.head_text.data() + r.sent, r.head_text.size() - r.sent};
    }
    const auto from = r.sent > r.head_text.size() ? r.sent - r.head_text.size() : 0;
    if (from < body.size()) {
        parts[count++] = {const_cast<char*>(body.data() + from), body.size() - from};  // sendmsg only reads
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    ssize_t sent = 0;
    do {
        sent = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kNothing : Sent::kBroken;
    r.sent += static_cast<uint64_t>(sent);
    return r.sent == total ? Sent::kAll : Sent::kPart;
}

}  // namespace

Connection::Connection(Listener& listener, Descriptor descriptor)
    : listener_(listener), descriptor_(std::move(descriptor)) {
    resume_job_.run = &Connection::resume;
    resume_job_.subject = this;
    read_peer();
    wait_for(Waiting::kFirstByte);
}

void Connection::read_peer() {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char text[INET6_ADDRSTRLEN] = {};
    if (getpeername(descriptor_.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address)->sin_addr, text, sizeof text);
    } else {
        inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr, text, sizeof text);
    }
    peer_ = text;
    constexpr std::string_view kMapped = "::ffff:";
    if (peer_.starts_with(kMapped) && peer_.find('.') != std::string::npos) peer_.erase(0, kMapped.size());
    is_loopback_ = peer_ == "::1" || peer_.starts_with("127.");
}

void Connection::wait_for(Waiting what) {
    waiting_ = what;
    const auto& settings = listener_.settings();
    const auto span = what == Waiting::kClose         ? kLingerMs
                      : what == Waiting::kNextRequest ? static_cast<int64_t>(settings.idle_timeout_ms)
                                                      : static_cast<int64_t>(settings.receive_timeout_ms);
    deadline_ms_.store(clock_ms() + span, std::memory_order_relaxed);
}

void Connection::refuse_all() {
    advancing_ = true;
    refuse_now(503, "service_unavailable", "Too many connections", json_object("reason", "overloaded"));
    advance({});
}

void Connection::send(vzh_request& r) {
    {
        const std::lock_guard lock(mutex_);
        answered_ = true;
    }
    switch (send_once(descriptor_.number(), r)) {
        case Sent::kAll: finish(false); return;
        case Sent::kBroken: finish(true); return;
        default: break;
    }
    listener_.budget().settle_answer(r);
    {
        const std::lock_guard lock(mutex_);
        writing_ = true;
        answered_ = false;
    }
    if (!listener_.writer().add(*this)) finish(true);
}

Connection::Progress Connection::write_more() {
    auto& r = *request_;
    const auto before = r.sent;
    for (;;) {
        switch (send_once(descriptor_.number(), r)) {
            case Sent::kAll: return Progress::kDone;
            case Sent::kBroken: return Progress::kBroken;
            case Sent::kNothing: return Progress::kWaits;
            case Sent::kPart:
                if (r.sent - before >= kWriteTurnBytes) return Progress::kWaits;
        }
    }
}

void Connection::written(Progress last) { finish(last == Progress::kBroken); }

int64_t Connection::taken() const {
    int held = 0;
    if (ioctl(descriptor_.number(), SIOCOUTQ, &held) != 0) held = 0;
    return static_cast<int64_t>(request_->sent) - held;
}

void Connection::give_up() {
    request_->error_type = "slow_reader";
    abort();
}

// The answer is out. Called by whoever sent its last byte; what waits goes on, here or on a worker.
void Connection::finish(bool broken) {
    const auto self = shared_from_this();
    const bool close_after = request_->close || broken;
    listener_.ended(*request_, broken);
    listener_.give_back(request_);
    std::unique_lock lock(mutex_);
    request_ = nullptr;
    running_ = writing_ = answered_ = false;
    if (broken) {
        closing_ = true;
        shutdown(descriptor_.number(), SHUT_RDWR);
    } else if (close_after || overrun_ || listener_.draining()) {
        start_closing();
    } else {
        wait_for(Waiting::kNextRequest);
    }
    if (advancing_) return;
    if (closing_ || (in_.empty() && input_ended_)) {
        if (!closing_) start_closing();
        const bool now = over();
        lock.unlock();
        if (now) leave();
    } else if (!in_.empty()) {
        advancing_ = true;
        resume_self_ = self;
        listener_.workers().post(resume_job_);
    }
}

void Connection::resume(void* subject) {
    auto& connection = *static_cast<Connection*>(subject);
    const auto self = std::move(connection.resume_self_);
    {
        const std::lock_guard lock(connection.mutex_);
        connection.take_waiting();
    }
    connection.advance(connection.work_.view());
}

// With the mutex held. No more is parsed; the client has a moment to read the answer and close.
void Connection::start_closing() {
    closing_ = true;
    in_.clear();
    listener_.budget().count_waiting(0, waiting_charged_);
    shutdown(descriptor_.number(), SHUT_WR);
    wait_for(Waiting::kClose);
}

bool Connection::over() const { return input_ended_ && closing_ && !advancing_ && !running_ && !writing_; }

void Connection::leave() {
    vzh_request* partial = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (left_) return;
        left_ = true;
        listener_.budget().count_waiting(0, waiting_charged_);
        partial = request_;
        request_ = nullptr;
    }
    const auto self = shared_from_this();
    if (partial != nullptr) listener_.give_back(partial);
    listener_.forget(*this);
}

void Connection::input_ended(bool is_gone) {
    std::unique_lock lock(mutex_);
    input_ended_ = true;
    // A client that only sends no more may well wait for its answer.
    gone_ = is_gone;
    if (gone_) cancel_running();
    if (advancing_ || running_ || writing_) return;
    closing_ = true;
    shutdown(descriptor_.number(), SHUT_RDWR);
    lock.unlock();
    leave();
}

void Connection::give_up_input() {
    const std::lock_guard lock(mutex_);
    advancing_ = on_io_thread_ = false;
}

bool Connection::on_abandoned(vzh_request& r, vzh_function cancel, void* user) {
    const std::lock_guard lock(mutex_);
    const bool is_late = gone_ || r.endpoint->mount->state.load() == MountState::kStopped;
    r.cancel = is_late ? nullptr : cancel;
    r.cancel_user = user;
    return !is_late;
}

void Connection::abandon(const vzh_mount& mount) {
    const std::lock_guard lock(mutex_);
    if (is_with_handler() && request_->endpoint->mount == &mount) cancel_running();
}

// With the mutex held, so that the request does not end meanwhile.
void Connection::cancel_running() {
    if (is_with_handler()) request_->cancel(request_, request_->cancel_user);
}

// With the mutex held. A request that said what to do when it is abandoned.
bool Connection::is_with_handler() const {
    return running_ && !writing_ && !answered_ && request_ != nullptr && request_->cancel != nullptr;
}

void Connection::expire(int64_t now_ms) {
    const auto deadline = deadline_ms_.load(std::memory_order_relaxed);
    if (deadline == 0 || now_ms < deadline) return;
    {
        const std::lock_guard lock(mutex_);
        if (advancing_ || running_ || writing_) return;
        if (deadline_ms_.load(std::memory_order_relaxed) != deadline) return;
        const bool arrived = !in_.empty() || in_body_;
        if (closing_ || !arrived) {
            closing_ = true;
            deadline_ms_.store(0, std::memory_order_relaxed);
            shutdown(descriptor_.number(), SHUT_RDWR);
            return;
        }
        advancing_ = true;
    }
    refuse_now(408, "request_timeout", "The request was not complete in time", "");
    advance({});
}

void Connection::close_if_idle() {
    const std::lock_guard lock(mutex_);
    if (waits()) start_closing();
}

bool Connection::is_idle() {
    const std::lock_guard lock(mutex_);
    return waits();
}

// With the mutex held. Nothing of a request is here, and one may come.
bool Connection::waits() const {
    return !advancing_ && !running_ && !writing_ && !closing_ && !in_body_ && in_.empty();
}

void Connection::abort() { shutdown(descriptor_.number(), SHUT_RDWR); }

}  // namespace vz::http
