// One request from its complete head to the last byte of its answer. Pooled by the listener; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/access/keys.hpp"
#include "frontends/http/http.h"
#include "frontends/http/memory.hpp"
#include "frontends/http/parser.hpp"
#include "frontends/http/router.hpp"
#include "frontends/http/target.hpp"
#include "frontends/http/turns.hpp"
#include "frontends/http/workers.hpp"

namespace vz::http {

class Connection;
class Listener;

// A verdict that ends a request before a handler sees it.
struct Refusal {
    uint32_t status = 0;  // 0: none
    const char* type = "";
    std::string message;
    std::string details;  // a JSON object, or empty
    bool close = false;

    explicit operator bool() const { return status != 0; }
};

// Details of a refusal: {"name":"value"}, {"limit_bytes":n}.
std::string json_limit(uint64_t bytes);
std::string json_object(std::string_view name, std::string_view value);
void append_json_string(std::string_view text, std::string& out);

}  // namespace vz::http

struct vzh_request {
    explicit vzh_request(vz::http::Listener& owner) : listener(owner) {}

    vz::http::Listener& listener;
    std::shared_ptr<vz::http::Connection> connection;
    const vz::http::Endpoint* endpoint = nullptr;
    vz::http::Head head;
    vz::http::Refusal refusal;
    vzh_view view{};
    std::shared_ptr<const vz::access::KeyRing> ring;  // absent: there are no keys, and everyone may do everything
    const vz::access::ApiKey* key = nullptr;          // of the ring

    vz::http::Parser parser;
    vz::http::Arena arena;
    vz::http::Body body;
    vz::http::Body inflated;
    vz::http::Body answer;
    std::array<vz_kv, vz::http::kSegmentsMax> params;
    std::array<vz_kv, vz::http::kParametersMax> query;
    std::array<char, 36> made_id;
    std::string lower_type;        // content type in lower case
    std::string extra_fields;      // of the answer, "Name: value\r\n" each
    std::string answer_type;       // content type, while the answer is compressed
    std::string error_type;        // of a refusal
    std::string first_collection;  // that it asked for
    std::string head_text;         // of the answer, when it is sent
    std::string_view file;         // a static body that is sent instead of `answer`
    std::vector<std::string> writes_held;
    uint64_t body_charged = 0;    // of the listener's budget for bodies
    uint64_t memory_taken = 0;    // for what was made of the body
    uint64_t memory_charged = 0;  // of the same, for what of that is not free
    uint64_t answer_charged = 0;  // of the same, and of the answers' part of it
    int64_t begun_ns = 0;
    int64_t posted_ns = 0;  // when it was last handed to a worker
    int64_t queue_ns = 0;   // it waited for workers
    int64_t engine_ns = 0;  // it was with the engine
    std::string_view plan;  // of its searches; empty: there was none
    uint32_t effort = 0;    // likewise
    uint32_t k = 0;         // of its searches the greatest; 0: it does not search
    uint64_t sent = 0;
    uint32_t status = 0;
    bool counted = false;  // among the requests in flight
    bool close = false;    // the connection, after the answer
    bool cors = false;     // the origin is a configured one
    bool owed = false;     // the answer is not for refusing any more: it passes its limit, and the budget of memory
    bool starved = false;  // the answer last wanted memory that was not to be had

    vz::http::Job job;
    void (*on_worker)(vzh_request& r) = nullptr;
    vzh_function deferred = nullptr;
    void* deferred_user = nullptr;
    vz::http::Turns* turns = nullptr;  // where it has, or waits for, the turn of `turn`; nullptr: nowhere
    std::string turn;
    vzh_function cancel = nullptr;  // when the request is abandoned; guarded by the connection, like cancel_user
    void* cancel_user = nullptr;

    // Of the key: whether it has the permission at all; for this collection; for the whole server.
    bool may(uint32_t permission) const;
    bool may(std::string_view collection, uint32_t permission) const;
    bool is_limited() const { return key != nullptr && key->is_limited(); }

    vzh_mount* mount() const { return endpoint != nullptr ? endpoint->mount : nullptr; }
    bool is_head() const { return head.method == "HEAD"; }
    std::string_view answer_body() const {
        return file.data() != nullptr ? file : std::string_view(answer.data(), answer.size());
    }

    // For the access log. What no collection can be called is left out.
    void note_collection(std::string_view name) {
        if (first_collection.empty() && name.size() <= VZ_NAME_BYTES_MAX) first_collection = name;
    }
    // Goes on on a worker.
    void post(void (*function)(vzh_request& r));
    // The same, as the frontend said last.
    void go_on();
    // Whoever waits for the turn that it has goes on.
    void end_turn();
    // Whether this answer is compressed for those who take it so.
    bool may_be_gzip() const;
    // Sends. The request is gone afterwards.
    void reply(uint32_t status, std::string_view content_type);
    void send_reply(std::string_view content_type);
    void refuse(uint32_t status, std::string_view type, std::string_view message, std::string_view details);
    void refuse(const vz::http::Refusal& refusal);
    void text(uint32_t status, std::string_view text);
    // The answer's body is this short text.
    void write(std::string_view text);
    void field(std::string_view name, std::string_view value);
    // Ready for the next request.
    void reset();
};
