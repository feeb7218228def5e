// One request on its way through the engine: memory from the request's arena, one op at a time, one answer.
//
// A handler makes a Call (or a struct derived from it) with begin(), submits, and returns; each completion continues in
// the function it was given, on an engine thread, where only [done] functions may be called. Every path ends in exactly
// one answer: fail() or deliver().
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "frontends/codec/failure.hpp"
#include "frontends/http/http.h"
#include "frontends/json/arena.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/json/writer.hpp"
#include "frontends/rest/jobs.hpp"
#include "frontends/text/abi_text.hpp"

// The plugin's state; one per instance.
struct vz_frontend {
    const vz_host* host;
    vz_engine* engine;
    vzh_mount* mount;
    const vz_health_service* health;
    uint64_t results_max;       // limits.results
    uint64_t batch_points_max;  // limits.batch_points
    int64_t started_ms;
    bool auto_create = true;
    uint32_t searches_inline;              // small ones may run on the thread that read them
    std::atomic<int64_t> inline_again_ns;  // not before this moment: one took too long
    std::atomic<bool> is_draining;
    std::mutex keys_mutex;  // one change of the stored keys at a time
    vz::rest::Jobs jobs;
};

namespace vz::rest {

using text::borrowed;
using text::view;

// A search that takes longer is no longer small (a shared core may well take a thread its turn away for some
// milliseconds), and for how long none runs on an io thread then.
inline constexpr int64_t kInlineTooLongNs = 5'000'000;
inline constexpr int64_t kInlinePauseNs = 100'000'000;

inline constexpr const char* kJsonType = "application/json; charset=utf-8";

struct Call;
using Continue = void (*)(Call& call);
using Write = void (*)(Call& call, json::Writer& out);

struct Call {
    vz_frontend* frontend;
    vzh_request* request;
    const vzh_view* view;
    json::Arena arena;
    codec::Names names;
    vz_op op;
    vz_op* only;        // &op, where it is the only one
    vz_op* const* ops;  // those that are with the engine, or were last
    uint64_t op_count;
    vz_error error;
    vz_change change;
    vz_result* result;  // released by deliver() and fail()
    Continue next;
    vz_uuid turn;  // of which collection it has, or had last, or waits for; zero: of all that are not there
    Write write;
    uint64_t number;  // answer of count and checkpoint
    int64_t begun_ns;
    int64_t submitted_ns;

    std::string_view param(uint32_t index) const { return text::view(view->params[index].value); }
};

// How a search of the request was done, for those who look for slow ones.
void note_search(const Call& call, const vz_rows& rows);

json::Arena arena_of(vzh_request* request);

int64_t steady_ns();

// What the request, or the configuration, allows it.
int64_t timeout_ms(const Call& call);

// A zeroed Call or struct derived from it; nullptr: the request was answered (503).
template <typename T>
T* begin(vzh_request* request, const vzh_view* view) {
    static_assert(std::is_base_of_v<Call, T>);
    T* call = arena_of(request).make<T>();
    if (call == nullptr) {
        vzh_refuse(request, 503, "service_unavailable", borrowed("out of memory"),
                   borrowed(R"({"reason":"overloaded"})"));
        return nullptr;
    }
    call->frontend = static_cast<vz_frontend*>(view->user);
    call->request = request;
    call->view = view;
    call->arena = arena_of(request);
    call->change.struct_size = sizeof(vz_change);
    call->begun_ns = steady_ns();
    return call;
}

// Hands ops to the engine; `ops` lives as long as they. The one that ends last is to call ended(). Otherwise VZ_OK is
// not the answer, and none of them runs.
vz_status submit_ops(Call& call, vz_op* const* ops, uint32_t count);
// All of these have ended.
void ended(Call& call);
// Submits one op; `next` runs when it has ended, whatever its status (op.status, error), or is not taken at all.
void submit(Call& call, uint32_t kind, std::string_view collection, const void* request, void* answer, Continue next);
// Runs `next` on a worker thread, where everything but waiting is allowed.
void on_worker(Call& call, Continue next);
// The same, once no other request alters the collection that the call names: until the answer, or end_turn(). Which one
// that is may change meanwhile: it is the one that is named when the turn has come.
void in_turn(Call& call, Continue next);
void end_turn(Call& call);

// Ends the request with this failure.
void fail(Call& call, const codec::Failure& failure);
// Ends the request with what the op's status means.
void fail_op(Call& call);
// The same for a synchronous call that left its vz_error in call.error.
void fail_status(Call& call, vz_status status);

// What was wrong with one item of a batch; nullptr data: nothing.
struct ItemFault {
    vz_str error_type;
    vz_str message;
};
// Keeps the failure's texts as long as the request lives.
ItemFault keep(const Call& call, const codec::Failure& failure);
// Members "status", "error", "error_type" of an item's answer.
void write_fault(json::Writer& out, const ItemFault& fault);

// Writes the answer and ends the request with 200: here, or on a worker if about `bytes` will be more than a completion
// should write. The result's mapped bytes are checked before the answer leaves.
void deliver(Call& call, uint64_t bytes, Write write);

// The collection in force from here on, named by `field` of the request; asks for permission. False: the request was
// answered.
bool enter(Call& call, std::string_view collection, uint32_t permission, std::string_view field = "collection");

// Whether the request's key may know of the collection, or alias, of this name.
bool sees(const Call& call, vz_str name);

// The request id of the Idempotency-Key, for the given part of the request.
vz_uuid request_id(const Call& call, uint64_t part);
// Sets the header that tells a repeated request from a new one.
void note_outcome(Call& call, uint32_t outcome);
// Whether the engine did this part for an equal request before. On a worker; nullopt: the request was answered.
std::optional<bool> was_done(Call& call, uint64_t part);
// Makes the engine remember the request for what it does in other ways; `change.outcome` tells a repeat. On a worker.
vz_status remember(Call& call);

}  // namespace vz::rest
