// What arrives on a connection becomes requests, one at a time.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "frontends/http/connection.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/request.hpp"

namespace vz::http {
namespace {

constexpr size_t kPipelinedBytesMax = 1024 * 1024;
constexpr size_t kSmallBodyBytes = 64 * 1024;
// A body of which so much is left is read where it lies: what the transport below reads at a time is copied.
constexpr size_t kTransportReadBytes = 4096;
constexpr uint64_t kBodyClockBytes = 1024 * 1024;

}  // namespace

void Connection::input(std::string_view bytes) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return;
        if (advancing_ || running_ || writing_) {
            // Behind an answer that is still due, a client may send a little ahead. Once it has the answer, or while we
            // parse, the bytes are of a request that is due now, and are bounded as that is.
            const bool ahead = (running_ || writing_) && !answered_;
            const uint64_t most = kPipelinedBytesMax + (ahead ? 0 : listener_.body_bytes_max());
            // Where the budget is full, what is due is refused in words: see charge_body().
            if (!overrun_ && in_.size() + bytes.size() <= most && (wait_with(bytes) || !ahead)) return;
            overrun_ = true;
            if (!running_ && !writing_) {
                closing_ = true;
                shutdown(descriptor_.number(), SHUT_RDWR);
            }
            return;
        }
        advancing_ = true;
        if (!in_.empty()) {
            take_waiting();
            work_.append(bytes);
            bytes = work_.view();
        }
    }
    on_io_thread_ = true;
    advance(bytes);
}

// With the mutex held. More bytes for later. false: there is no room for them.
bool Connection::wait_with(std::string_view bytes) {
    in_.append(bytes);
    return listener_.budget().count_waiting(in_.capacity(), waiting_charged_);
}

// With the mutex held. What waited is parsed now.
void Connection::take_waiting() {
    work_.swap(in_);
    listener_.budget().count_waiting(0, waiting_charged_);
}

// With the mutex held. What is left to parse, wherever it lies, is in work_, and behind it what arrived meanwhile.
void Connection::gather(std::string_view rest) {
    if (work_.empty()) {
        work_.append(rest);
    } else {
        work_.keep(rest);
    }
    if (in_.empty()) return;
    work_.append(in_.view());
    in_.clear();
}

// Parses until bytes run out, a request is on its way, or the connection closes. The caller has set advancing_.
void Connection::advance(std::string_view bytes) {
    const auto self = shared_from_this();
    for (;;) {
        const auto made = step(bytes);
        std::unique_lock lock(mutex_);
        if (closing_) {
            advancing_ = false;
            on_io_thread_ = false;
            const bool now = over();
            lock.unlock();
            if (now) leave();
            return;
        }
        const bool busy = running_ || writing_;
        if (made == Step::kDispatched && !busy && !bytes.empty()) continue;
        if (!busy && !in_.empty()) {
            // More arrived while we were at it.
            gather(bytes);
            bytes = work_.view();
            continue;
        }
        gather(bytes);
        in_.swap(work_);
        listener_.budget().count_waiting(in_.capacity(), waiting_charged_);
        on_io_thread_ = false;
        if (!busy && input_ended_) {
            // The client is done sending, and what is left is no whole request.
            closing_ = true;
            shutdown(descriptor_.number(), SHUT_RDWR);
        }
        advancing_ = false;
        const bool now = over();
        lock.unlock();
        if (now) leave();
        return;
    }
}

Connection::Step Connection::step(std::string_view& bytes) { return in_body_ ? step_body(bytes) : step_head(bytes); }

Connection::Step Connection::step_head(std::string_view& bytes) {
    if (bytes.empty()) return Step::kMore;
    if (waiting_ == Waiting::kNextRequest) wait_for(Waiting::kRequest);
    const auto verdict = scan_.look(bytes);
    if (verdict == Verdict::kMore) return Step::kMore;
    if (verdict != Verdict::kComplete) return refuse_head(verdict);
    request_ = listener_.take_request();
    request_->connection = shared_from_this();
    const char* reason = "";
    if (!request_->parser.head(bytes.substr(scan_.begin(), scan_.size() - scan_.begin()), request_->head, reason)) {
        return refuse_now(400, "bad_request", reason, json_object("reason", reason));
    }
    bytes.remove_prefix(scan_.size());
    const auto made = begin_request();
    if (made != Step::kMore) return made;
    return in_body_ ? step_body(bytes) : dispatch();
}

// The head is known: everything that can be said before the body is read.
Connection::Step Connection::begin_request() {
    auto& r = *request_;
    chunked_ = scan_.chunked();
    body_left_ = scan_.content_length().value_or(0);
    scan_.reset();
    r.close = !r.head.keep_alive;
    const bool has_body = chunked_ || body_left_ != 0;
    listener_.admit(r, has_body ? (chunked_ ? UINT64_MAX : body_left_) : 0, descriptor_.number());
    if (!has_body) return Step::kMore;

    if (r.refusal) {
        // A small body is read and dropped, so that the connection can go on; more is not worth it.
        const bool small = !chunked_ && body_left_ <= kSmallBodyBytes;
        if (r.refusal.close || r.head.expect != Expect::kNothing || !small) {
            r.refusal.close = true;
            return dispatch();
        }
        discard_ = true;
    } else if (r.head.expect == Expect::kContinue && r.head.version_11) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        if (::send(descriptor_.number(), kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
            static_cast<ssize_t>(kContinue.size())) {
            abort();
        }
    }
    in_body_ = true;
    body_timed_ = 0;
    return Step::kMore;
}

Connection::Step Connection::step_body(std::string_view& bytes) {
    const auto made = chunked_ ? take_chunked(bytes) : take_counted(bytes);
    if (made != Step::kBodyComplete) return made;
    in_body_ = false;
    discard_ = false;
    return dispatch();
}

Connection::Step Connection::take_counted(std::string_view& bytes) {
    auto& body = request_->body;
    const auto part = bytes.substr(0, std::min<uint64_t>(body_left_, bytes.size()));
    if (!discard_) {
        const auto wanted = body_left_ <= kSmallBodyBytes ? body_left_ : part.size();
        if (!body.reserve_more(wanted) || !body.append(part.data(), part.size())) {
            return refuse_now(503, "service_unavailable", "The server is out of memory",
                              json_object("reason", "overloaded"));
        }
    }
    body_left_ -= part.size();
    bytes.remove_prefix(part.size());
    if (body_left_ > 0 && !discard_ && on_io_thread_ && body_left_ > kTransportReadBytes && !receive_into_body()) {
        return refuse_now(503, "service_unavailable", "The server is out of memory",
                          json_object("reason", "overloaded"));
    }
    if (!discard_ && !listener_.budget().charge_body(*request_)) {
        return refuse_now(503, "service_unavailable", "Too many request bodies are in memory",
                          json_object("reason", "overloaded"));
    }
    if (body.size() - body_timed_ >= kBodyClockBytes) {
        body_timed_ = body.size();
        wait_for(Waiting::kRequest);
    }
    return body_left_ == 0 ? Step::kBodyComplete : Step::kMore;
}

// Straight from the socket to where the body lies, up to a mebibyte: what the transport below reads is copied. false:
// no memory.
bool Connection::receive_into_body() {
    auto& body = request_->body;
    uint64_t read = 0;
    while (body_left_ > 0 && read < kBodyClockBytes) {
        // Room grows with what has arrived, never by what was announced.
        if (body.room() == 0 && !body.reserve_more(std::min<uint64_t>(body_left_, kSmallBodyBytes))) return false;
        const auto room = std::min<uint64_t>(body.room(), body_left_);
        const auto got = recv(descriptor_.number(), body.end(), room, MSG_DONTWAIT);
        if (got <= 0) return true;  // the transport's own read sees what is wrong, or that nothing is left
        body.grew(static_cast<size_t>(got));
        body_left_ -= static_cast<uint64_t>(got);
        read += static_cast<uint64_t>(got);
    }
    return true;
}

Connection::Step Connection::take_chunked(std::string_view& bytes) {
    auto& body = request_->body;
    size_t used = 0;
    const auto limit = listener_.body_bytes_max();
    const auto outcome = request_->parser.chunks(bytes, used, body, limit);
    bytes.remove_prefix(used);
    switch (outcome) {
        case Chunks::kBad:
            return refuse_now(400, "bad_request", "The chunked body is malformed",
                              json_object("reason", "the chunked body is malformed"));
        case Chunks::kFramingTooLong:
            return refuse_now(400, "bad_request", "An extension or the trailer of the chunked body is too long",
                              json_limit(kFramingBytesMax));
        case Chunks::kTooLarge:
            return refuse_now(413, "payload_too_large", "The request body is too large", json_limit(limit));
        case Chunks::kNoMemory:
            return refuse_now(503, "service_unavailable", "The server is out of memory",
                              json_object("reason", "overloaded"));
        default: break;
    }
    if (!listener_.budget().charge_body(*request_)) {
        return refuse_now(503, "service_unavailable", "Too many request bodies are in memory",
                          json_object("reason", "overloaded"));
    }
    if (body.size() - body_timed_ >= kBodyClockBytes) {
        body_timed_ = body.size();
        wait_for(Waiting::kRequest);
    }
    return outcome == Chunks::kDone ? Step::kBodyComplete : Step::kMore;
}

Connection::Step Connection::dispatch() {
    auto& r = *request_;
    {
        const std::lock_guard lock(mutex_);
        running_ = true;
    }
    deadline_ms_.store(0, std::memory_order_relaxed);
    in_body_ = false;
    listener_.deliver(r);
    return Step::kDispatched;
}

// Ends the request that is being received, and with it the connection.
Connection::Step Connection::refuse_now(uint32_t status, const char* type, const char* message, std::string details) {
    if (request_ == nullptr) {
        request_ = listener_.take_request();
        request_->connection = shared_from_this();
    }
    auto& r = *request_;
    listener_.identify(r);
    r.extra_fields.clear();  // of a verdict on the head that this one replaces
    r.refusal = {status, type, message, std::move(details), true};
    return dispatch();
}

Connection::Step Connection::refuse_head(Verdict verdict) {
    const auto reason = [&] { return json_object("reason", scan_.reason()); };
    const auto limit = [](size_t bytes) { return json_limit(bytes); };
    switch (verdict) {
        case Verdict::kUriTooLong:
            return refuse_now(414, "uri_too_long", "The request line is too long", limit(kRequestLineBytesMax));
        case Verdict::kHeadTooLarge:
            return refuse_now(431, "headers_too_large", "The request's header fields are too large",
                              limit(kHeadBytesMax));
        case Verdict::kVersion:
            return refuse_now(505, "bad_request", "This server speaks HTTP/1.1",
                              json_object("reason", "unknown HTTP version"));
        case Verdict::kTransferCoding:
            return refuse_now(501, "unimplemented", "The only transfer coding here is chunked",
                              json_object("feature", "Transfer-Encoding"));
        case Verdict::kTls: return refuse_now(400, "tls", "this port speaks plain HTTP, put TLS in a proxy\n", "");
        default: return refuse_now(400, "bad_request", "The request is malformed", reason());
    }
}

}  // namespace vz::http
