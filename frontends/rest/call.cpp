#include "frontends/rest/call.hpp"

#include <chrono>
#include <cstring>

#include "frontends/codec/own_name.hpp"
#include "frontends/codec/points.hpp"
#include "frontends/codec/request_id.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/codec/time.hpp"

namespace vz::rest {
namespace {

void done(vz_op* op) VZ_NOEXCEPT {
    Call& call = *static_cast<Call*>(op->user);
    ended(call);
    call.next(call);
}

bool only_reads(const Call& call) { return (call.view->route->permission & ~VZH_WHOLE) < VZH_WRITE; }

// Of a request that only reads. VZ_BUSY: the op is over already.
void abandoned(vzh_request*, void* user) VZ_NOEXCEPT {
    const Call& call = *static_cast<Call*>(user);
    for (uint64_t i = 0; i < call.op_count; ++i) static_cast<void>(vz_cancel(call.frontend->engine, call.ops[i]));
}

void worked(vzh_request*, void* user) VZ_NOEXCEPT {
    Call& call = *static_cast<Call*>(user);
    call.next(call);
}

void turn_has_come(vzh_request* request, void* user) VZ_NOEXCEPT;

void take_turn(Call& call, const vz_uuid& collection) {
    call.turn = collection;
    const vz_str subject{reinterpret_cast<const char*>(call.turn.bytes), sizeof call.turn.bytes};
    vzh_take_turn(call.request, subject, &turn_has_come, &call);
}

// While it was waited for, an alias may have moved, or the collection have come into being.
void turn_has_come(vzh_request*, void* user) VZ_NOEXCEPT {
    Call& call = *static_cast<Call*>(user);
    const vz_uuid now = codec::identity(call.frontend->engine, call.names.collection);
    if (std::memcmp(&now, &call.turn, sizeof now) != 0) return take_turn(call, now);
    call.next(call);
}

json::Target answer_of(vzh_request* request) {
    return {request,
            [](void* user, uint64_t at_least, uint64_t* size) {
                return vzh_space(static_cast<vzh_request*>(user), at_least, size);
            },
            [](void* user, uint64_t bytes) { vzh_wrote(static_cast<vzh_request*>(user), bytes); },
            [](void* user, uint64_t bytes) { vzh_truncate(static_cast<vzh_request*>(user), bytes); }};
}

void release(Call& call) {
    vz_result_release(call.result);
    call.result = nullptr;
}

void write_answer(Call& call) {
    if (!only_reads(call)) vzh_acted(call.request);
    bool complete = false;
    {
        json::Writer out(answer_of(call.request));
        call.write(call, out);
        out.flush();
        complete = !out.failed();
    }
    if (!complete && vzh_is_starved(call.request) != 0) {
        fail(call, codec::overloaded());
        return;
    }
    if (!complete) {
        const std::string_view limit = call.names.limit;
        fail(call, codec::validation(limit, "the answer is too large; lower `" + std::string(limit) +
                                                "` or set `with_vector` to false"));
        return;
    }
    if (call.result != nullptr) {
        const vz_status status = vz_result_check(call.result, &call.error);
        if (status != VZ_OK) {
            fail_status(call, status);
            return;
        }
        release(call);
    }
    vzh_reply(call.request, 200, kJsonType);
}

// The engine found a payload to be no JSON. Then the body that it is a slice of is none either, and the slow pass finds
// the place.
bool is_in_body(const Call& call) {
    return call.error.reason == VZ_REASON_PAYLOAD && call.view->route->body == VZH_BODY_JSON;
}

void tell_place(Call& call) {
    json::Error error{json::Fault::kSyntax, "body", {}, 0};
    const char* reason = nullptr;
    const bool is_json = json::check_json(view(call.view->body), &error.offset, &reason, json::kWholeDepthMax);
    if (is_json || reason == json::kTooDeep) return fail(call, codec::from_engine(call.error, call.names));
    error.reason = reason;
    fail(call, codec::from_reader(error));
}

}  // namespace

int64_t timeout_ms(const Call& call) {
    return codec::timeout_ms({call.view->query, call.view->query_count},
                             vzh_limit(call.frontend->mount, "default_timeout_ms"));
}

void note_search(const Call& call, const vz_rows& rows) {
    if (rows.plan != 0) vzh_searched(call.request, codec::plan_name(rows.plan), rows.effort);
}

int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

json::Arena arena_of(vzh_request* request) {
    return {request, [](void* owner, uint64_t bytes, uint64_t align) {
                return vzh_arena(static_cast<vzh_request*>(owner), bytes, align);
            }};
}

vz_status submit_ops(Call& call, vz_op* const* ops, uint32_t count) {
    call.ops = ops;
    call.op_count = count;
    // Where something may have been changed already, the rest is done too, and told.
    if (only_reads(call) && vzh_on_abandoned(call.request, &abandoned, &call) != 0) return VZ_CANCELLED;
    call.submitted_ns = steady_ns();
    const vz_status status = vz_submit(call.frontend->engine, ops, count);
    if (status == VZ_OK) return VZ_OK;  // the request may have been answered by now
    if (only_reads(call)) vzh_on_abandoned(call.request, nullptr, nullptr);
    return status;
}

void ended(Call& call) {
    if (only_reads(call)) vzh_on_abandoned(call.request, nullptr, nullptr);
    vzh_engine_took(call.request, steady_ns() - call.submitted_ns);
}

void submit(Call& call, uint32_t kind, std::string_view collection, const void* request, void* answer, Continue next) {
    call.op = vz_op{};
    call.op.struct_size = sizeof(vz_op);
    call.op.kind = kind;
    call.op.collection = borrowed(collection);
    call.op.request = request;
    call.op.answer = answer;
    call.op.done = &done;
    call.op.user = &call;
    call.op.error = &call.error;
    call.error = vz_error{};
    call.error.item = VZ_NO_ITEM;
    call.next = next;
    call.only = &call.op;
    const vz_status status = submit_ops(call, &call.only, 1);
    if (status == VZ_OK) return;
    // What was done before it has to be told all the same, as where it ends so.
    call.op.status = status;
    next(call);
}

void on_worker(Call& call, Continue next) {
    call.next = next;
    vzh_defer(call.request, &worked, &call);
}

void in_turn(Call& call, Continue next) {
    call.next = next;
    take_turn(call, codec::identity(call.frontend->engine, call.names.collection));
}

void end_turn(Call& call) { vzh_end_turn(call.request); }

void fail(Call& call, const codec::Failure& failure) {
    if (call.result != nullptr) release(call);
    if (failure.retry_after_s != 0)
        vzh_header(call.request, "Retry-After", borrowed(std::to_string(failure.retry_after_s)));
    vzh_refuse(call.request, failure.http, failure.error_type.c_str(), borrowed(failure.message),
               borrowed(failure.details));
}

void fail_op(Call& call) { fail_status(call, call.op.status); }

void fail_status(Call& call, vz_status status) {
    // A refused submit leaves no error; an error never contradicts the status it came with.
    if (call.error.status != status) {
        call.error = vz_error{};
        call.error.status = status;
        call.error.item = VZ_NO_ITEM;
    }
    if (status == VZ_DEADLINE_EXCEEDED) call.names.timeout_ms = timeout_ms(call);
    if (is_in_body(call)) return on_worker(call, &tell_place);
    fail(call, codec::from_engine(call.error, call.names));
}

ItemFault keep(const Call& call, const codec::Failure& failure) {
    ItemFault fault{borrowed(call.arena.copy(failure.error_type)), borrowed(call.arena.copy(failure.message))};
    if (fault.error_type.data == nullptr) fault.error_type = borrowed("service_unavailable");
    if (fault.message.data == nullptr) fault.message = borrowed("out of memory");
    return fault;
}

void write_fault(json::Writer& out, const ItemFault& fault) {
    out.field("status", "error");
    out.field("error", view(fault.message));
    out.field("error_type", view(fault.error_type));
}

void deliver(Call& call, uint64_t bytes, Write write) {
    call.write = write;
    if (bytes > codec::kInlineAnswerBytes) {
        on_worker(call, &write_answer);
    } else {
        write_answer(call);
    }
}

bool enter(Call& call, std::string_view collection, uint32_t permission, std::string_view field) {
    // None has a longer name, and it would stand in logs, in tables and in the answer.
    if (collection.size() > VZ_NAME_BYTES_MAX) {
        fail(call, codec::validation(field, "must have at most 255 bytes"));
        return false;
    }
    call.names.collection = collection;
    call.names.write = permission != VZH_READ;
    if (vzh_allowed(call.request, borrowed(collection), permission) == 0) return false;
    // An alias opens nothing outside of the scope of a limited key, and no further place for writes.
    if (permission != VZH_WRITE && vzh_sees(call.request, vz_str{}, permission) != 0) return true;
    const std::string own = codec::own_name(call.frontend->engine, collection);
    return own.empty() || own == collection || vzh_allowed(call.request, borrowed(own), permission) != 0;
}

bool sees(const Call& call, vz_str name) { return vzh_sees(call.request, name, VZH_READ) != 0; }

vz_uuid request_id(const Call& call, uint64_t part) {
    const vzh_view& sent = *call.view;
    return codec::request_id({sent.key_id, sent.method, sent.path, sent.idempotency_key}, part);
}

void note_outcome(Call& call, uint32_t outcome) {
    if (outcome == VZ_REPLAYED) vzh_header(call.request, "Idempotent-Replay", borrowed("true"));
}

std::optional<bool> was_done(Call& call, uint64_t part) {
    if (call.view->idempotency_key.size == 0) return false;
    vz_change asked{};
    asked.struct_size = sizeof asked;
    asked.request_id = request_id(call, part);
    vz_error error{};
    // No collection has an empty name: asked to drop it, the engine does nothing but look for the request.
    const vz_status status = vz_collection_drop(call.frontend->engine, borrowed(""), &asked, &error);
    if (status == VZ_OK || status == VZ_NOT_FOUND) return status == VZ_OK;
    call.error = error;
    fail_status(call, status);
    return std::nullopt;
}

vz_status remember(Call& call) {
    // Removing a value that never was is the least that the engine remembers a request for.
    vz_value never{};
    never.struct_size = sizeof never;
    never.key = borrowed("rest/request");
    vz_value_request request{};
    request.struct_size = sizeof request;
    request.value_count = 1;
    request.values = &never;
    call.change.request_id = request_id(call, 0);
    return vz_value_put(call.frontend->engine, &request, &call.change, &call.error);
}

}  // namespace vz::rest
